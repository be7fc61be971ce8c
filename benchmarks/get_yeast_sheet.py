"""What we claim about GET yeast on a measured sheet: whole chromosomes and whole condition groups kept back in turn.

Give it what `get-yeast prepare` reads. Trains by the default settings once for each part that is kept back and prints
the Pearson correlation there beside the simple methods of the same run. Exits with 1 where the model is worse than the
mean profile on a condition group, or on chromosomes below the goal or far behind the best simple method. Takes about a
minute a part on two cores.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from genodesk.workflows.get_yeast.data import read_yeast

CHROMOSOMES = (("chrV", "chrXI"), ("chrIV", "chrXIV"))
REGIONS_GOAL, BEHIND_BEST = 0.30, 0.03
PROFILE = "region_mean"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="what prepare reads: a packed zarr, a table, sequences")
    parser.add_argument("--conditions", help="the condition sheet")
    parser.add_argument("--only", choices=("regions", "conditions"), help="one kind of split")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    sheet = ("--conditions", options.conditions) if options.conditions else ()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "yeast.h5ad"
        engine(
            "prepare", "--data", options.data, *sheet, "--out", str(data), "--run-dir", str(Path(folder) / "prepare")
        )
        groups = sorted({group for group in read_yeast(data).condition_group if group})
        parts = [("regions", pair) for pair in CHROMOSOMES] + [("conditions", (group,)) for group in groups]
        rows = [
            measured(data, Path(folder) / f"run_{number}", *part)
            for number, part in enumerate(parts)
            if options.only in (None, part[0])
        ]
    document = {"rows": rows, "ok": all(reached(row) for row in rows)}
    print(json.dumps(document) if options.json else table(rows, document["ok"]))
    return 0 if document["ok"] else 1


def measured(data: Path, run: Path, split: str, held_out: tuple[str, ...]) -> dict[str, Any]:
    """The scores of a training that has not seen the parts held out."""
    names = [word for name in held_out for word in ("--holdout", name)]
    result = engine(
        "train", "--data", str(data), "--split", split, *names, "--no-refit", "--device", "cpu", "--run-dir", str(run)
    )
    told = {name: scores["pearson"] for name, scores in result["baselines"].items()}
    baselines = {name: pearson for name, pearson in told.items() if pearson is not None}  # None: not for such a part
    return {"split": split, "held_out": held_out, "pearson": result["metrics"]["pearson"], "baselines": baselines}


def engine(action: str, *words: str) -> dict[str, Any]:
    """The document a command of the engine prints."""
    command = [sys.executable, "-m", "genodesk.engine.cli", "get-yeast", action, *words, "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr + done.stdout)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def reached(row: dict[str, Any]) -> bool:
    """Whether the model holds what we promise of such a part."""
    if row["split"] == "conditions":
        return row["pearson"] >= row["baselines"][PROFILE]
    return row["pearson"] >= max(REGIONS_GOAL, max(row["baselines"].values()) - BEHIND_BEST)


def table(rows: list[dict[str, Any]], ok: bool) -> str:
    """The numbers for people."""
    lines = ["Pearson on what was kept back: this model, then the simple methods, the best first"]
    for row in rows:
        best = sorted(row["baselines"].items(), key=lambda item: -item[1])
        told = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in best)
        lines.append(f"{' and '.join(row['held_out'])}: {row['pearson']:.3f}; {told}")
    return "\n".join([*lines, "All promises kept." if ok else "A promise was broken."])


if __name__ == "__main__":
    sys.exit(main())
