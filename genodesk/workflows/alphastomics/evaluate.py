"""The action `test`: a trained model on placed cells, scored per slice beside baselines and chance."""

import re
from dataclasses import replace
from typing import Any

import numpy as np

from genodesk.engine.live_run import Run
from genodesk.engine.training.checkpoint import CheckpointStore
from genodesk.workflows.alphastomics import checks, judge, pictures
from genodesk.workflows.alphastomics.predict import Estimator
from genodesk.workflows.alphastomics.reference import load_reference
from genodesk.workflows.alphastomics.scaling import Scaling
from genodesk.workflows.alphastomics.settings import TrainSettings
from genodesk.workflows.alphastomics.settings_actions import TestSettings
from genodesk.workflows.alphastomics.slices import SliceSet
from genodesk.workflows.alphastomics.tissue import load_tissue
from genodesk.workflows.alphastomics.trained import Trained, load_trained

MOST_FIGURES = 12  # of single slices; the table holds the scores of all


def test(settings: TestSettings, run: Run) -> dict[str, Any]:
    """Scores the model on the slices of `data`, or, where none are given, on those its training held out.

    `metrics` are those of the point estimate (`--estimate`), `estimates` those of every way to ask the network,
    `baselines` those of methods without it, fitted on the run's training cells.
    """
    trained = load_trained(settings.run, run.device.torch_name)
    reference: SliceSet | None
    if not settings.tissue.given:
        trained, slices, reference = _before_refit(settings, trained, run)
    else:
        slices = _given(settings, trained, run)
        reference = load_reference(settings.run, trained.scaling)
    slices = judge.large_enough(slices, run.warning, str(settings.tissue.data or settings.run))
    if reference is None:
        run.warning(
            "The training cells are not at hand, so no baselines can be fitted.",
            "Test with the run folder instead of the shared model folder to see them.",
        )
    checks.check_consensus(settings.estimate, settings.asking.samples)
    estimator = Estimator.of(trained, settings.asking, run, settings.runtime.seed)
    point, kinds = _kinds(trained, settings)
    scores, answers = judge.score_estimates(
        estimator, slices, kinds, lambda done, of: run.progress(done, of, unit="slices")
    )
    seed = settings.runtime.seed
    baselines = judge.score_baselines(reference, slices, trained.mode, seed) if reference is not None else {}
    for number, one in enumerate(slices.slices[:MOST_FIGURES]):
        answer = answers[point][one.name]
        figure = f"truth_{number:02d}_{re.sub(r'[^A-Za-z0-9_+-]+', '_', one.name)[:60]}"
        run.figure(pictures.truth_beside(slices, one, answer, trained.mode, figure))
    decisive = judge.DECISIVE[trained.mode].metric
    run.figure(pictures.baselines_beside(decisive, scores, baselines))
    run.table("scores", judge.score_table(scores, baselines))
    seen = _share_seen(reference, slices) if reference is not None else 0.0
    warnings = []
    if seen > 0.05:
        warnings.append(
            f"{seen:.0%} of these cells are among those the model was trained on, so the scores flatter it."
        )
        run.warning(warnings[-1], "Judge it on cells it has not seen.")
    return {
        "point_estimate": point,
        "metrics": scores[point].headline,
        "chance": scores[point].mean.get("chance", {}),
        "estimates": {kind: made.headline for kind, made in scores.items()},
        "baselines": {name: made.headline for name, made in baselines.items()},
        "per_slice": scores[point].per_slice,
        "baselines_per_slice": {name: made.each(decisive) for name, made in baselines.items()},
        "cells": sum(len(one) for one in slices),
        "warnings": warnings,
    }


def _share_seen(reference: SliceSet, slices: SliceSet) -> float:
    """The share of cells whose expression is to the last digit that of a training cell."""
    known = {row.tobytes() for one in reference for row in one.expression.astype(np.float16)}
    asked = [row.tobytes() for one in slices for row in one.expression.astype(np.float16)]
    return sum(row in known for row in asked) / len(asked)


def _kinds(trained: Trained, settings: TestSettings) -> tuple[str, tuple[str, ...]]:
    """The estimate that the metrics judge, and all that are made; one sample agrees with nobody."""
    if trained.mode == "joint":
        return "sample", ("sample",)
    made = ("one_step", "sample", "consensus") if settings.asking.samples > 1 else ("one_step", "sample")
    return settings.estimate, made


def _given(settings: TestSettings, trained: Trained, run: Run) -> SliceSet:
    loaded = load_tissue(settings.tissue, seed=settings.runtime.seed, sliced=False)
    slices, warnings = loaded.in_units_of(trained.scaling, trained.label_names)
    for warning in (*loaded.warnings, *warnings):
        run.warning(warning)
    return slices


def _before_refit(settings: TestSettings, trained: Trained, run: Run) -> tuple[Trained, SliceSet, SliceSet]:
    """The model as it was before it was refitted on the held-out slices too, those slices, and the other ones."""
    best = CheckpointStore(settings.run / "checkpoints", warn=run.warning).best()
    if best is None:
        raise checks.nothing_held_out(str(settings.run))
    run.log("Scoring the slices that training held out, with the weights from before the refit.")
    weights = {**best.tensors("model"), **best.tensors("average")}
    trained.network.load_state_dict(weights)
    trained = replace(trained, scaling=Scaling.from_dict(best.document["extra"]["scaling"]))
    used = TrainSettings.model_validate(trained.document["settings"])
    loaded = load_tissue(used.tissue, seed=used.runtime.seed)
    slices, _ = loaded.in_units_of(trained.scaling, trained.label_names)
    others = [name for name in slices.names if name not in trained.held_out]
    return trained, slices.select(trained.held_out), slices.select(others)
