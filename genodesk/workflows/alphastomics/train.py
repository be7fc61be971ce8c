"""Training in two stages: on all but the held-out slices, which tell how long and how well; then on all of them.

The result's numbers are those of the first stage, measured on slices that the measured network has never seen.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from genodesk.engine.data.columns import first_few
from genodesk.engine.live_run import Run
from genodesk.engine.training.curves import loss_figure
from genodesk.engine.training.distributed import share
from genodesk.engine.training.loop import fit, resume_point
from genodesk.engine.training.optim import planned_steps
from genodesk.engine.training.task import FitResult
from genodesk.workflows.alphastomics import judge, pictures
from genodesk.workflows.alphastomics.denoiser import build_network
from genodesk.workflows.alphastomics.holdout import choose_holdout
from genodesk.workflows.alphastomics.model import count_parameters
from genodesk.workflows.alphastomics.predict import Estimator
from genodesk.workflows.alphastomics.reference import save_reference
from genodesk.workflows.alphastomics.scaling import Scaling
from genodesk.workflows.alphastomics.settings import TrainSettings
from genodesk.workflows.alphastomics.slices import Slice, SliceSet
from genodesk.workflows.alphastomics.task import TissueTask
from genodesk.workflows.alphastomics.tissue import Tissue, load_tissue
from genodesk.workflows.alphastomics.trained import network_sizes, noise_schedule, save_trained

SELECT, REFIT = "select", "refit"
JUDGED_CELLS = 2_000  # of a held-out slice: sampling more takes minutes; `test` scores all


def train(settings: TrainSettings, run: Run) -> dict[str, Any]:
    """Trains, judges, refits and leaves `model/`. Returns the result document."""
    tissue = load_tissue(settings.tissue, seed=settings.runtime.seed)
    for warning in tissue.warnings:
        run.warning(warning)
    held_out = _held_out(settings, tissue)
    run.log(f"{tissue.cells.n_obs:,} cells of {len(tissue.slices)} slices; held out: {first_few(held_out)}.")
    saved = resume_point(run)
    selection: dict[str, Any]
    if saved is not None and saved.document["stage"] == REFIT:
        selection = saved.document["extra"]["selection"]
    else:
        stage = _Stage(settings, run, tissue, tuple(name for name in tissue.slices if name not in held_out), held_out)
        selection = stage.select()
        if not settings.slices.refits(len(tissue.slices)):
            return stage.finish(selection)
    stage = _Stage(settings, run, tissue, tissue.slices, held_out)
    stage.refit(selection)
    return stage.finish(selection)


class _Stage:
    """One fresh network on one choice of training slices."""

    def __init__(
        self, settings: TrainSettings, run: Run, tissue: Tissue, training: tuple[str, ...], held_out: tuple[str, ...]
    ) -> None:
        self.settings, self.run, self.held_out = settings, run, held_out
        self.refits = settings.slices.refits(len(tissue.slices))
        self.scaling: Scaling = tissue.fit_scaling(training)
        slices, _ = tissue.in_units_of(self.scaling, keep_counts=settings.slices.count_thinning < 1)
        self.training: SliceSet = slices.select(training)
        self.judged: SliceSet = _at_most(JUDGED_CELLS, slices.select(held_out))
        torch.manual_seed(settings.runtime.seed)
        sizes = network_sizes(settings.model, settings.masking, len(self.scaling.genes))
        self.network = build_network(settings.model.network, sizes)
        self.schedule = noise_schedule(settings.diffusion)
        self.mode = settings.model.training_mode
        self.best = judge.DECISIVE[self.mode]

    def select(self) -> dict[str, Any]:
        """Trains without the held-out slices, scores them with the best weights; returns the scores as JSON."""
        total = planned_steps(self.settings.training, self._task(0).steps_per_epoch)
        result = self._fit(SELECT, 0, total, {"scaling": self.scaling.to_dict()}, watch=True)
        return share(self._score(result, total) if self.run.rank == 0 else {}, self.run)

    def _score(self, result: FitResult, total: int) -> dict[str, Any]:
        """Numbers and figures of the stage, as `select` returns them."""
        baselines = judge.score_baselines(self.training, self.judged, self.mode, self.settings.runtime.seed)
        kinds = ("one_step", "sample", "consensus") if self.mode == "expr_to_pos" else ("sample",)
        estimator = self._estimator()
        scores, answers = judge.score_estimates(
            estimator, self.judged, kinds, lambda done, of: self.run.progress(done, of, unit="slices", text="scoring")
        )
        point = kinds[0]
        first = next(iter(self.judged))
        self.run.figure(pictures.truth_beside(self.judged, first, answers[point][first.name], self.mode))
        self.run.figure(pictures.baselines_beside(self.best.metric, scores, baselines))
        self.run.table("scores", judge.score_table(scores, baselines))
        points = [(look["step"], look[self.best.metric]) for look in result.history]
        self.run.figure(pictures.score_curve(self.best.metric, points, judge.best_baseline(baselines, self.mode)))
        chosen = result.best_step or result.steps
        return {
            "point_estimate": point,
            "metrics": scores[point].headline,
            "chance": scores[point].mean.get("chance", {}),
            "estimates": {kind: made.headline for kind, made in scores.items()},
            "baselines": {name: made.headline for name, made in baselines.items()},
            "per_slice": {name: _numbers(values) for name, values in scores[point].per_slice.items()},
            "held_out": list(self.held_out),
            "best_step": chosen,
            "steps": result.steps,
            # One slice is a noisy judge of length: never train for less than half of what was planned.
            "refit_steps": max(chosen, total // 2),
        }

    def refit(self, selection: Mapping[str, Any]) -> None:
        """Trains on all slices for the number of steps that the selection found."""
        self.run.log(f"Training once more on all {len(self.training)} slices for {selection['refit_steps']:,} steps.")
        self._fit(REFIT, selection["steps"], selection["refit_steps"], {"selection": dict(selection)}, watch=False)

    def finish(self, selection: Mapping[str, Any]) -> dict[str, Any]:
        """Writes the model and the training cells the baselines need; returns the result document."""
        if self.run.rank:  # rank 0 writes for all
            return {}
        drawing = loss_figure(self.run.folder.tables / "metrics.csv")
        if drawing is not None:
            self.run.figure(drawing)
        total, active = count_parameters(self.network)
        about = {
            "metrics": selection["metrics"],
            "baselines": selection["baselines"],
            "steps": selection["refit_steps"] if self.refits else selection["best_step"],
            "cells": sum(len(one) for one in self.training),
            "slices": len(self.training),
            "parameters": total,
        }
        folder = self.run.folder.model
        names = self.training.label_names
        save_trained(folder, self.network, self.settings, self.scaling, names, self.held_out, about)
        save_reference(self.run.folder.path / "reference.safetensors", self.training, self.settings.runtime.seed)
        self.run.artifact("model", "model")
        return {**selection, "parameters": total, "active_parameters": active, "refit": self.refits}

    def _fit(self, stage: str, first_step: int, total: int, extra: Mapping[str, Any], *, watch: bool) -> FitResult:
        task = self._task(total, watch=watch)
        return fit(
            task,
            self.settings.training,
            self.run,
            seed=self.settings.runtime.seed,
            best=self.best if watch else None,
            stage=stage,
            first_step=first_step,
            total_steps=total,
            extra=extra,
            restore_best=watch,
        )

    def _task(self, total: int, *, watch: bool = False) -> TissueTask:
        return TissueTask(
            self.network,
            self.training,
            self.settings,
            self.schedule,
            self._look if watch else lambda _: {},
            device=self.run.device.torch_name,
            total_steps=total,
        )

    def _look(self, step: int) -> dict[str, float]:
        """Held-out scores of the network as it is, its loss there, and the picture of the first slice."""
        # A stop waits for the end of this look, because the step is saved only after it.
        estimator = replace(self._estimator(), should_stop=None)
        answers = {
            one.name: estimator.sample(one) if self.mode == "joint" else estimator.one_step(one) for one in self.judged
        }
        scores = judge.score_answers(self.judged, answers, self.mode, self.settings.runtime.seed).headline
        first = next(iter(self.judged))
        drawing = pictures.truth_beside(self.judged, first, answers[first.name], self.mode)
        self.run.figure(drawing, step=step)
        return {"loss": self._held_out_loss(), **scores}

    def _held_out_loss(self) -> float:
        """The training loss on fixed batches of the held-out slices."""
        task = TissueTask(
            self.network,
            self.judged,
            self.settings,
            self.schedule,
            lambda _: {},
            device=self.run.device.torch_name,
            total_steps=1,
        )
        generator = torch.Generator(self.run.device.torch_name).manual_seed(0)
        losses = [task.loss(self.network, 0, index, 0, 1, generator)[0] for index in range(2)]
        return float(torch.stack(losses).mean())

    def _estimator(self) -> Estimator:
        return Estimator(
            self.network,
            self.schedule,
            self.mode,
            self.scaling.dims,
            self.settings.runtime.seed,
            self.run.device.torch_name,
            should_stop=self.run.should_stop,
        )


def _held_out(settings: TrainSettings, tissue: Tissue) -> tuple[str, ...]:
    sizes = dict.fromkeys(tissue.slices, 0)
    for name, number in tissue.cells.obs[tissue.slice_key].astype(str).value_counts().items():
        sizes[name] = int(number)
    return choose_holdout(tissue.slices, sizes, settings.slices.holdout, settings.runtime.seed, tissue.where)


def _at_most(cells: int, slices: SliceSet) -> SliceSet:
    """The slices with at most so many cells each, evenly spread over the file."""

    def taken(one: Slice) -> Slice:
        return one.take(np.linspace(0, len(one) - 1, cells).astype(int)) if len(one) > cells else one

    return replace(slices, slices=tuple(taken(one) for one in slices))


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if isinstance(value, int | float)}
