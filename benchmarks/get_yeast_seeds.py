"""What we claim about how well GET yeast predicts, on five synthetic yeasts: new data and new weights with every seed.

Trains by the default settings on each kind of split, one thread, and prints Pearson correlations on what was held out
beside the baselines of the same run, the same without conditions for as many epochs, knock-outs beside their true
effects on genes the model has not seen, and how far integrated gradients miss what they should sum to. Exits with 1
below the goals. Takes about twenty minutes of one core.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genodesk.workflows.get_yeast.attribution import integrated_gradients, knock_outs, one_of_each
from genodesk.workflows.get_yeast.synthetic import FACTORS, make_yeast
from genodesk.workflows.get_yeast.trained import load_trained

SPLITS = {"regions": "new genes", "conditions": "new conditions", "both": "new genes in new conditions"}
SEEDS = 5
CULTURES = 16  # over which knock-outs and gradients are taken
POINTS = 24
GOALS = {"regions": 0.90, "conditions": 0.92, "both": 0.88}
BELOW_WITHOUT_CONDITIONS, KNOCK_OUT_GOAL, GAP_GOAL, SECONDS_GOAL = 0.03, 0.9, 0.02, 60.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many seeds, from 0 up")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            for split in SPLITS:
                rows.append(measured(Path(folder), split, seed))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    found = {split: summary([row for row in rows if row["split"] == split]) for split in SPLITS}
    document = {"runs": rows, "splits": found, "ok": reached(found)}
    print(json.dumps(document) if options.json else table(found, document["ok"], options.seeds))
    return 0 if document["ok"] else 1


def measured(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """One training with conditions and one without, and on new genes what the model says of motifs."""
    place = folder / f"{split}_{seed}"
    result, seconds = trained_as_by_default(place, split, seed)
    blind = "--no-use-conditions", "--no-refit"
    without, _ = trained_as_by_default(folder / f"{split}_{seed}_without", split, seed, *blind)
    made = {
        "split": split,
        "seed": seed,
        "seconds": seconds,
        "pearson": result["metrics"]["pearson"],
        "without_conditions": without["metrics"]["pearson"],
        "baselines": {name: scores["pearson"] for name, scores in result["baselines"].items()},
    }
    return made | (of_motifs(place, seed) if split == "regions" else {})


def trained_as_by_default(place: Path, split: str, seed: int, *options: str) -> tuple[dict[str, Any], float]:
    """What `train` returns, and the seconds of processor time it took, from start to end of its process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [
        sys.executable, "-m", "genodesk.engine.cli", "get-yeast", "train", "--difficulty", "demo", "--split", split,
        "--seed", str(seed), "--device", "cpu", "--run-dir", str(place), *options, "--json",
    ]  # fmt: skip
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=alone)
    if done.returncode:
        raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return json.loads(done.stdout), (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def of_motifs(run: Path, seed: int) -> dict[str, float]:
    """On genes the judged model has not learned from: Pearson of knock-outs of all factors with their true effects,
    and the gap of integrated gradients."""
    data, truth = make_yeast("demo", seed)
    trained = load_trained(run, before_refit=True)
    genes, cultures = ~trained.seen(data), one_of_each(data, CULTURES)
    part = data.take(samples=cultures, regions=genes)
    told = knock_outs(trained, part, FACTORS)
    true = np.stack([truth.knocked_out(name)[np.ix_(cultures, genes)].mean(axis=0) for name in FACTORS])
    return {
        "knock_outs": float(np.corrcoef(told.ravel(), true.ravel())[0, 1]),
        "gap": integrated_gradients(trained, part, POINTS).gap,
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Mean, least and greatest over the seeds of every number."""
    columns = {name: [row[name] for row in rows] for name in rows[0] if name not in ("split", "seed", "baselines")}
    columns["fall_without_conditions"] = [row["pearson"] - row["without_conditions"] for row in rows]
    for name in rows[0]["baselines"]:
        known = [row["baselines"].get(name) for row in rows]
        if None not in known:
            columns[name] = known
    return {name: [float(np.mean(values)), min(values), max(values)] for name, values in columns.items()}


def reached(found: dict[str, dict[str, list[float]]]) -> bool:
    """Whether all goals are: means of correlations, the fall in each mean, the slowest run."""
    motifs = found["regions"]["knock_outs"][0] >= KNOCK_OUT_GOAL and found["regions"]["gap"][2] <= GAP_GOAL
    above = all(
        found[split]["pearson"][0] > found[split][name][0]
        for split in ("regions", "both")
        for name in ("ridge_motif_condition", "boosting")
    )
    return (
        motifs
        and above
        and all(found[split]["pearson"][0] >= goal for split, goal in GOALS.items())
        and all(found[split]["fall_without_conditions"][0] >= BELOW_WITHOUT_CONDITIONS for split in SPLITS)
        and all(found[split]["seconds"][2] <= SECONDS_GOAL for split in SPLITS)
    )


def table(found: dict[str, dict[str, list[float]]], ok: bool, seeds: int) -> str:
    """The numbers for people: mean over the seeds, least to greatest."""
    lines = [f"Pearson on what was held out, {seeds} seeds: mean (least to greatest)"]
    for split, words in SPLITS.items():
        lines.append(f"{words} (goal {GOALS[split]:.2f})")
        lines += [f"  {name.replace('_', ' ')}: {mean:.3f} ({least:.3f} to {most:.3f})" for name, (mean, least, most) in
                  found[split].items() if name not in ("seconds", "gap")]  # fmt: skip
        lines.append("  processor seconds: {:.0f} ({:.0f} to {:.0f})".format(*found[split]["seconds"]))
    lines.append(f"Integrated gradients miss their sum by at most {found['regions']['gap'][2]:.1e}.")
    return "\n".join([*lines, "All goals reached." if ok else "A goal was missed."])


if __name__ == "__main__":
    sys.exit(main())
