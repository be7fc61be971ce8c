"""What the desk promises, measured: start, memory, standstills, pictures of a million cells, long curves, chat.

Every line is a fresh process of the real desk (desk_probe.py) without a screen. Exits with 1 when a goal is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

STARTS = 7
PROBE = Path(__file__).with_name("desk_probe.py")
GOALS: dict[str, tuple[str, float]] = {
    "first_paint_s": ("<", 0.7),
    "uss_mb": ("<", 150),
    "heavy": ("<", 1),
    "loaded_at_first_paint": ("<", 1),
    "failed_pages": ("<", 1),
    "longest_gap_ms": ("<", 50),
    "frames_per_s": (">=", 15),
    "redraw_ms": ("<", 30),
    "stop_heard_ms": ("<", 100),
    "first_word_s": ("<", 2),
    "chat_longest_gap_ms": ("<", 50),
}
"""What is promised of a number; of a list, that it is empty."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--seconds", type=float, default=20, help="how long the desk is kept busy")
    options = parser.parse_args()
    probe("paint")  # warms the disk's cache
    starts = [probe("paint") for _ in range(STARTS)]
    measured = {
        "first_paint_s": median(start["first_paint_s"] for start in starts),
        "fastest_first_paint_s": min(start["first_paint_s"] for start in starts),
    }
    for thing, seconds in (("pages", 3.0), ("busy", options.seconds), ("curve", 1.0), ("stop", 1.0), ("chat", 5.0)):
        measured = {**probe(thing, seconds), **measured}
    missed = [name for name, goal in GOALS.items() if not is_met(measured[name], goal)]
    if options.json:
        print(json.dumps({**measured, "missed": missed}))
    else:
        for name, value in measured.items():
            print(line(name, value))
    return 1 if missed else 0


def probe(thing: str, seconds: float = 1.0) -> dict[str, Any]:
    """One measurement in a desk of its own, with a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = {"GENODESK_HOME": str(Path(folder) / "测试 data"), "GENODESK_STARTED": str(time.monotonic())}
        command = [sys.executable, str(PROBE), thing, str(seconds)]
        done = subprocess.run(command, env={**os.environ, **place}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{thing}: {done.stderr}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def is_met(value: Any, goal: tuple[str, float]) -> bool:
    """Whether a number, or the length of a list, keeps its promise."""
    sign, bound = goal
    number = len(value) if isinstance(value, list) else value
    return number < bound if sign == "<" else number >= bound


def line(name: str, value: Any) -> str:
    """The value beside its goal."""
    told = (
        f"{value:.3g}" if isinstance(value, float) else ", ".join(value) or "none" if isinstance(value, list) else value
    )
    if name not in GOALS:
        return f"{name:24} {told}"
    sign, bound = GOALS[name]
    goal = "none" if isinstance(value, list) else f"{sign} {bound:g}"
    return f"{name:24} {told!s:28} goal {goal:8} {'' if is_met(value, GOALS[name]) else 'MISSED'}"


if __name__ == "__main__":
    sys.exit(main())
