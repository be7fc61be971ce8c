"""Training: on all but what is held out, which tells how well; then on everything, for as long as proved best.

The result's numbers are those of the first model, on entries it has never seen. Each model has two stages: what motifs
and conditions say, for as long as chromosomes kept aside gain from it; then the effects of known regions on top.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.engine.live_run import Run
from genodesk.engine.training.curves import loss_figure
from genodesk.engine.training.distributed import share
from genodesk.engine.training.loop import resume_point
from genodesk.workflows.get_yeast import METHODS
from genodesk.workflows.get_yeast.baselines import BASELINES, Baselines, fit_baselines
from genodesk.workflows.get_yeast.checks import BEFORE_REFIT
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.fitting import Fitting
from genodesk.workflows.get_yeast.judge import ON_HELD_OUT, judged, remarks_on, show
from genodesk.workflows.get_yeast.lora import save_adapter
from genodesk.workflows.get_yeast.model import count_parameters
from genodesk.workflows.get_yeast.network import licence_notice
from genodesk.workflows.get_yeast.region_features import region_features
from genodesk.workflows.get_yeast.ridge import HeldBack
from genodesk.workflows.get_yeast.settings import TrainSettings
from genodesk.workflows.get_yeast.splits import Split, make_split
from genodesk.workflows.get_yeast.trained import Trained, save_trained
from genodesk.workflows.get_yeast.watched import watched_entries
from genodesk.workflows.get_yeast.yeast import load_yeast

SELECT, REFIT = "select", "refit"


def train(settings: TrainSettings, run: Run) -> dict[str, Any]:
    """Trains, judges, refits and leaves `model/` with `baselines/`, and in `before_refit/` both as they were judged.

    Returns the result document.
    """
    data = load_yeast(settings.yeast, settings.runtime.seed)
    for notice in data.notices:
        run.warning(notice)
    split = make_split(data, settings.split, settings.runtime.seed)
    run.log(f"{len(data.samples)} samples, {len(data.regions):,} regions, {len(data.motif_names)} motifs.")
    run.log(split.described)
    remarks = remarks_on(data, split, settings)
    if not settings.split.refit:
        run.log(*remarks)
    licence = licence_notice(settings.model)
    if licence:
        run.warning(licence)
    saved = resume_point(run)
    if saved is not None and saved.document["stage"] == REFIT:
        selection = saved.document["extra"]["selection"]
    else:
        selection = _select(settings, run, data, split)
    if settings.split.refit:
        _refit(settings, run, data, selection)
    drawing = loss_figure(run.folder.tables / "metrics.csv")
    if drawing is not None:
        run.figure(drawing)
    if run.rank:
        return {}
    return {**selection, "refit": settings.split.refit, "remarks": remarks}


def _select(settings: TrainSettings, run: Run, data: YeastData, split: Split) -> dict[str, Any]:
    """Trains without what is held out and scores that; returns the scores, and for how long to refit, as JSON."""
    watched = watched_entries(data, split, settings.runtime.seed)
    path_learns = split.train & ~watched.any(axis=0)
    fitting = Fitting(settings, run, data, path_learns, watched)
    total = fitting.planned_steps()
    per_epoch = fitting.steps_per_epoch
    run.log(
        "The validation numbers while training are of motifs and conditions alone, on regions kept aside; they are not "
        "the result, which also rests on what was measured of each region."
    )
    result = fitting.train_path(SELECT, 0, total, {})
    if run.rank:
        return dict(share({}, run))
    network_share = fitting.choose_share()
    how = "the linear model and the network together" if network_share else "the linear model alone"
    run.log(f"Regions kept aside are predicted best by {how}.")
    trained = fitting.finished(split.train)
    assert fitting.held_back is not None
    chosen = result.best_step or result.steps
    selection = {
        **_judge(settings, run, data, split, trained),
        "split": split.kind,
        "held_out": split.described,
        "network_share": network_share,
        "held_back": asdict(fitting.held_back),
        "trust": fitting.trust,
        "best_step": chosen,
        "steps": result.steps,
        "best_epochs": max(chosen, total // 2) / per_epoch,
        "parameters": count_parameters(trained.network)[0],
    }
    if selection["metrics"]["pearson"] is not None:  # what the run is listed by
        run.metric(result.steps, {"pearson": selection["metrics"]["pearson"]}, split="test")
    about = _about(settings, selection)
    if settings.split.refit:
        save_trained(run.folder.path / BEFORE_REFIT, trained, settings, about)
    else:
        _save(settings, run, fitting, trained, {**about, "not_refitted": remarks_on(data, split, settings)[0]})
    return dict(share(selection, run))


def _judge(settings: TrainSettings, run: Run, data: YeastData, split: Split, trained: Trained) -> dict[str, Any]:
    """Scores and figures on the test entries, of the model and of the baselines fitted to the same training entries."""
    assert data.expression is not None
    entries = split.test & np.isfinite(data.expression)
    run.log("Fitting baselines on the same training data.")
    place = run.folder.path / BEFORE_REFIT if settings.split.refit else run.folder.path
    baselines = _baselines(settings, run, data, split.train, place)
    run.progress(0, 1 + len(METHODS), unit="methods", text="Scoring what was held out")
    made = judged(data, entries, trained, baselines, settings.runtime.seed)
    show(run, data, entries, made, ON_HELD_OUT)
    return {**made.document, "test_entries": int(entries.sum())}


def _baselines(settings: TrainSettings, run: Run, data: YeastData, entries: np.ndarray, place: Path) -> Baselines:
    """The baselines fitted to these entries [S, R], saved beside the model that learned from the same."""

    def tell(done: int, total: int) -> None:
        run.progress(done, total, unit="methods", text="Fitting the baselines")

    made = fit_baselines(data, region_features(data)[0], entries, settings.runtime.seed, tell)
    made.save(place / BASELINES)
    return made


def _refit(settings: TrainSettings, run: Run, data: YeastData, selection: Mapping[str, Any]) -> None:
    """Trains on everything for as many epochs and held back as the selection found best.

    Leaves the model and the baselines fitted to everything as well.
    """
    assert data.expression is not None
    held_back = HeldBack(**selection["held_back"])
    everything = np.ones(data.expression.shape, dtype=bool)
    fitting = Fitting(settings, run, data, everything, held_back=held_back, trust=selection["trust"])
    steps = max(1, round(selection["best_epochs"] * fitting.steps_per_epoch))
    run.log(f"Training once more on everything for {steps:,} steps.")
    fitting.train_path(REFIT, selection["steps"], steps, {"selection": dict(selection)}, "Refitting on everything")
    if run.rank:
        return
    fitting.network.share.fill_(selection["network_share"])
    run.log("Fitting baselines on everything as well.")
    _baselines(settings, run, data, everything, run.folder.path)
    _save(settings, run, fitting, fitting.finished(), _about(settings, selection))


def _save(settings: TrainSettings, run: Run, fitting: Fitting, trained: Trained, about: Mapping[str, Any]) -> None:
    save_trained(run.folder.model, trained, settings, about)
    run.artifact("model", "model")
    if fitting.adapters:
        weights = save_adapter(run.folder.model, fitting.adapters, settings.lora)
        run.artifact(f"model/{weights}", "weights")


def _about(settings: TrainSettings, selection: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("metrics", "baselines", "held_out", "split", "best_epochs", "network_share", "parameters")
    return {**{name: selection[name] for name in kept}, "licence": licence_notice(settings.model)}
