"""One model fitted to some entries of the data: linear model, network on top of it, then the effects of known regions.

Knows nothing of what is held out for the test: it is given the entries to learn and the regions to watch meanwhile.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from genodesk.core.workflow import Best
from genodesk.engine.live_run import Run
from genodesk.engine.training.loop import fit
from genodesk.engine.training.optim import planned_steps
from genodesk.engine.training.task import FitResult
from genodesk.workflows.get_yeast.condition_kernel import Cultures
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.encoding import ConditionEncoder
from genodesk.workflows.get_yeast.film import Conditions, design
from genodesk.workflows.get_yeast.inputs import RegionInputs
from genodesk.workflows.get_yeast.lora import adapter_tensors, merge_lora
from genodesk.workflows.get_yeast.network import build
from genodesk.workflows.get_yeast.region_effects import RegionEffects, fit_region_effects, no_effects
from genodesk.workflows.get_yeast.ridge import HeldBack, LinearModel, fit_linear, folds
from genodesk.workflows.get_yeast.settings import TrainSettings
from genodesk.workflows.get_yeast.task import ExpressionTask, predict_all
from genodesk.workflows.get_yeast.trained import Trained, kept_places
from genodesk.workflows.get_yeast.windows import neighbour_windows, stretches

BEST = Best("validation", "loss", "min")
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
TRUSTS = (0.0, 0.5, 1.0)


class Fitting:
    """A fresh network for the entries `known` [S, R]; `watched` entries say how long and how much of it to use.

    How strongly the linear model is held back and how far known regions trust the view of conditions are chosen where
    they are not given.
    """

    def __init__(
        self,
        settings: TrainSettings,
        run: Run,
        data: YeastData,
        known: np.ndarray,
        watched: np.ndarray | None = None,
        *,
        held_back: HeldBack | None = None,
        trust: float | None = None,
    ) -> None:
        assert data.expression is not None
        self.settings, self.run, self.data = settings, run, data
        self.expression = data.expression
        there = np.isfinite(self.expression)
        self.known = known & there
        self.watched = None if watched is None else watched & there
        self.inputs = RegionInputs.fit(data, self.known.any(axis=0))
        self.encoder = ConditionEncoder.fit(data.conditions[self.known.any(axis=1)])
        self.regions = self.inputs.tensors(data)
        encoded = Conditions.of(self.encoder.encode(data.conditions))
        self.conditions = encoded if settings.model.use_conditions else encoded.blank()
        self.windows = neighbour_windows(data.regions, settings.model.window)
        self.held_back, self.trust = held_back, trust
        torch.manual_seed(settings.runtime.seed)
        self.network = build(settings.model, settings.lora, self.inputs, self.encoder.sizes, run.log)
        learned = torch.from_numpy(np.flatnonzero(self.known.any(axis=0)))
        self.network.skip.set_scale(self.regions.take(learned))
        self._columns = self.network.skip.linear_columns(self.regions).numpy()  # what the linear model sees of regions

    @property
    def steps_per_epoch(self) -> int:
        """Batches in which every window meets every culture once."""
        return self._task(lambda _: {}).steps_per_epoch

    def planned_steps(self) -> int:
        """The number of updates the settings ask for."""
        return planned_steps(self.settings.training, self.steps_per_epoch)

    def train_path(
        self, stage: str, first_step: int, total: int, extra: Mapping[str, Any], text: str = ""
    ) -> FitResult:
        """Fits the linear model, then the network on top of it; goes on from a saved state of the same stage.

        `text` stands beside the progress of the network and says what it is trained for.
        """
        self.run.progress(first_step, first_step + total, text="Fitting the linear model")
        self._start_from_linear_model()
        watch = self.watched is not None
        result = fit(
            self._task(self._look if watch else lambda _: {}),
            self.settings.training,
            self.run,
            seed=self.settings.runtime.seed,
            best=BEST if watch else None,
            stage=stage,
            first_step=first_step,
            total_steps=total,
            extra=extra,
            restore_best=watch,
            text=text,
        )
        self.adapters = adapter_tensors(self.network) if self.settings.lora.lora else {}
        merge_lora(self.network)
        self.network.requires_grad_(False)
        return result

    def choose_share(self) -> float:
        """How much of the network to add to the linear model: what fits the watched entries best."""
        assert self.watched is not None
        errors = []
        for done, share in enumerate(SHARES):
            self.run.progress(done, len(SHARES), unit="shares", text="Choosing how much of the network to use")
            self.network.share.fill_(share)
            errors.append(self._look(0)["loss"])
        share = SHARES[int(np.argmin(errors))]
        self.network.share.fill_(share)
        return share

    def finished(self, known: np.ndarray | None = None) -> Trained:
        """The model, with the effects of the regions in `known` entries (those learned, where none are given)."""
        known = self.known if known is None else known & np.isfinite(self.expression)
        cultures = Cultures.of(self.conditions, self.encoder)
        effects = no_effects(cultures.design.shape[1])
        if self.settings.model.region_effects:
            path = predict_all(self.network, self.regions, self.conditions, self.windows, self._device)
            self.trust = self._chosen_trust(known, cultures) if self.trust is None else self.trust
            effects = self._effects(path, known, cultures, self.trust)
        samples, seen = known.any(axis=1), known.any(axis=0)
        kept = np.ix_(samples, np.flatnonzero(seen)[kept_places(int(seen.sum()))])
        totals = np.where(known, self.expression, 0.0).sum(axis=0)
        return Trained(
            network=self.network,
            inputs=self.inputs,
            encoder=self.encoder,
            effects=effects,
            level_ids=tuple(str(name) for name in self.data.regions.ids[seen]),
            level=(totals[seen] / known.sum(axis=0)[seen]).astype(np.float32),
            sample_ids=tuple(str(name) for name in self.data.samples[samples]),
            kept_values=np.where(known[kept], self.expression[kept], np.nan).astype(np.float32),
            window=self.settings.model.window,
            use_conditions=self.settings.model.use_conditions,
            document={},
            device=self._device,
        )

    def _chosen_trust(self, known: np.ndarray, cultures: Cultures) -> float:
        """How much of the view of conditions helps known regions in conditions left out.

        Told by the linear model, which can be fitted anew without each of them in no time.
        """
        errors = np.zeros(len(TRUSTS))
        columns = cultures.design.numpy()
        all_folds = list(folds(self.data.condition_group))
        for done, left_out in enumerate(all_folds):
            self.run.progress(done, len(all_folds), unit="parts", text="Fitting what known regions add")
            rest, asked = known & ~left_out[:, None], known & left_out[:, None]
            if not rest.any() or not asked.any():
                continue
            made = self._linear_model(columns, rest)
            path = np.logaddexp(0, columns @ made.conditions @ made.regions.T @ self._columns.T).astype(np.float32)
            size = float(((self.expression - self.expression[rest].mean())[asked] ** 2).sum()) or 1.0
            for number, trust in enumerate(TRUSTS):
                effects = self._effects(path, rest, cultures, trust)
                added = effects.of(
                    self.data.regions.ids, cultures.design, cultures.recorded, torch.from_numpy(path)
                ).numpy()
                errors[number] += float(((path + added - self.expression)[asked] ** 2).sum()) / size
        return TRUSTS[int(np.argmin(errors))] if errors.any() else 1.0

    def _effects(self, path: np.ndarray, known: np.ndarray, cultures: Cultures, trust: float) -> RegionEffects:
        return fit_region_effects(
            self.expression, path, known, self.data.regions.ids, cultures, self.data.condition_group, trust
        )

    def _linear_model(self, columns: np.ndarray, known: np.ndarray) -> LinearModel:
        return fit_linear(
            self._columns,
            columns,
            self.expression,
            known,
            stretches(self.data.regions),
            self.data.condition_group,
            self.network.sizes.bilinear_rank,
            self.network.skip.at_large,
            self.held_back,
        )

    def _start_from_linear_model(self) -> None:
        columns = design(self.conditions, self.encoder.sizes).numpy()
        made = self._linear_model(columns, self.known)
        self.held_back = made.held_back
        self.run.log("A linear model of motifs and conditions is fitted; the network learns what it misses.")
        self.network.skip.set_linear(torch.from_numpy(made.regions).float(), torch.from_numpy(made.conditions).float())

    def _task(self, judge: Callable[[int], dict[str, float]]) -> ExpressionTask:
        return ExpressionTask(
            self.network,
            self.regions,
            self.conditions,
            self.expression,
            self.known,
            self.windows,
            judge,
            windows_per_batch=self.settings.training.batch_size,
            samples_per_batch=self.settings.samples_per_batch,
            seed=self.settings.runtime.seed,
            device=self._device,
        )

    def _look(self, step: int) -> dict[str, float]:
        """Loss and correlation of the motif path on the watched entries."""
        del step
        assert self.watched is not None
        columns = np.append(self.watched.any(axis=0), False)
        windows = self.windows[columns[self.windows].any(axis=1)]
        samples = np.flatnonzero(self.watched.any(axis=1))
        told = predict_all(
            self.network, self.regions.of_samples(samples), self.conditions.take(torch.from_numpy(samples)), windows,
            self._device,
        )  # fmt: skip
        entries = self.watched[samples]
        predicted, truth = told[entries].astype(np.float64), self.expression[samples][entries].astype(np.float64)
        together = np.corrcoef(predicted, truth)[0, 1] if truth.size > 2 and predicted.std() > 0 else 0.0
        return {"loss": float(((predicted - truth) ** 2).mean()), "motif_pearson": float(np.nan_to_num(together))}

    @property
    def _device(self) -> str:
        return str(self.run.device.torch_name)
