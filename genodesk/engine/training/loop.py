"""The one training loop: a task gives losses and evaluations, the loop does everything between them.

It knows no model family. Whatever happens at step n follows from the seed, the settings and n alone, and everything
else is in the checkpoint; so a run that was stopped or killed ends with the numbers of one that was not.
"""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import torch

from genodesk.core.errors import Stopped, UserError
from genodesk.core.training_settings import TrainingSettings
from genodesk.core.workflow import Best
from genodesk.engine.training import distributed
from genodesk.engine.training.averaging import WeightAverage
from genodesk.engine.training.checkpoint import Saved
from genodesk.engine.training.loss_window import LossWindow
from genodesk.engine.training.optim import (
    learning_rate,
    load_optimizer,
    make_optimizer,
    optimizer_tensors,
    planned_steps,
)
from genodesk.engine.training.random_state import random_state, seed_torch, set_random_state
from genodesk.engine.training.sampling import torch_seeds
from genodesk.engine.training.task import FitResult, Task, TrainingRun

_PROGRESS_EVERY = 1.0  # seconds


def fit(
    task: Task,
    settings: TrainingSettings,
    run: TrainingRun,
    *,
    seed: int,
    best: Best | None = None,
    stage: str = "train",
    first_step: int = 0,
    total_steps: int | None = None,
    extra: Mapping[str, Any] | None = None,
    restore_best: bool = False,
    text: str = "",
) -> FitResult:
    """Trains `task.model` in place, continuing from the newest checkpoint of this `stage` if the run has one.

    A later stage passes the steps already made as `first_step` (they count in what is shown and saved); `extra` is
    JSON for its checkpoints, found again through `resume_point`, by which the caller skips stages that are over.
    `total_steps` overrides what the settings say; `text` stands beside the progress and says what the stage is for.
    Afterwards the model is in evaluation mode and holds the averaged weights (if there is an average) of the last step,
    or of the best evaluation with `restore_best`.

    Raises Stopped after saving when the run should stop, also where the task's evaluation raises it, and UserError
    where the loss is not finite or the settings cannot work; out of memory is left to torch's own error.
    """
    distributed.start(run)
    fitting = _Fitting(
        task,
        settings,
        run,
        seed=seed,
        best=best,
        stage=stage,
        first_step=first_step,
        total=total_steps or planned_steps(settings, task.steps_per_epoch),
        extra=extra or {},
        text=text,
    )
    fitting.resume()
    state = fitting.state
    if fitting.owes_evaluation and fitting.evaluate():
        fitting.note_best()
    while state.steps < fitting.total and not state.stopped_early:
        if distributed.all_should_stop(run):
            fitting.save()
            raise Stopped
        fitting.update()
        at_end = state.steps == fitting.total
        if at_end or state.steps % settings.log_every == 0:
            fitting.log()
        try:
            improved = fitting.owes_evaluation and fitting.evaluate()
        except Stopped:  # a resumed run begins with it
            fitting.save()
            raise
        if improved or state.stopped_early or at_end or state.steps % settings.checkpoint_every == 0:
            fitting.save(best=improved)
    fitting.finish(restore_best)
    return state


def resume_point(run: TrainingRun) -> Saved | None:
    """The newest whole checkpoint of the run, after everything later or half-written was removed; None at the start.

    Its `document` names the `stage`, the `steps` made in it and the caller's `extra`.
    """
    distributed.start(run)
    step = -1
    if run.rank == 0:
        saved = run.checkpoints.newest()
        step = saved.step if saved is not None else -1
        run.checkpoints.discard_after(step)
    step = distributed.share(step, run)
    return run.checkpoints.at(step) if step >= 0 else None


class _Fitting:
    """One stage under way: everything that `fit` orders, in that order."""

    def __init__(
        self,
        task: Task,
        settings: TrainingSettings,
        run: TrainingRun,
        *,
        seed: int,
        best: Best | None,
        stage: str,
        first_step: int,
        total: int,
        extra: Mapping[str, Any],
        text: str,
    ) -> None:
        self.task, self.settings, self.run = task, settings, run
        self.seed, self.best, self.stage, self.first_step, self.extra = seed, best, stage, first_step, extra
        self.total, self.text = total, text
        self.state = FitResult()
        self._saved_step = -1
        if settings.warmup_steps >= self.total and run.rank == 0:
            run.warning(
                f"The warm-up ({settings.warmup_steps} steps) is as long as the training ({self.total} steps).",
                "Shorten --warmup-steps, or the full learning rate is never reached.",
            )
        run.checkpoints.keep = settings.keep
        self._accelerator = distributed.accelerator(settings.precision, run)
        self._device = torch.device(run.device.torch_name)
        self._model = self._accelerator.prepare_model(task.model.to(self._device))
        self._weights = [weight for weight in task.model.parameters() if weight.requires_grad]
        self._optimizer = make_optimizer(task.model, settings)
        self._scaler = self._accelerator.scaler
        self._average = WeightAverage(task.model, settings.ema_decay) if settings.ema_decay else None
        self._window = LossWindow(run)
        self._generator = torch.Generator(self._device)
        self._window_start = self._progress_time = time.perf_counter()
        self._window_steps = 0
        self._model.train()

    def resume(self) -> None:
        saved = resume_point(self.run)
        if saved is None or saved.document["stage"] != self.stage:
            return
        document = saved.document
        if document["seed"] != self.seed:
            raise UserError("The run was begun with another seed.", "Resume it with its own settings.", str(saved.path))
        self._load_weights(saved)
        load_optimizer(self._optimizer, self.task.model, saved.tensors("optimizer"))
        if self._scaler is not None:
            self._scaler.load_state_dict(document["scaler"])
        for name, value in document["result"].items():
            setattr(self.state, name, value)
        self._window.values = document["window"]
        set_random_state(saved.tensors("random"), document["numpy_random"], self.run.rng, self._device)
        self._saved_step = self.state.steps
        if self.state.best_step == self.state.steps:
            self.note_best()  # the process may have ended between saving and this

    @property
    def owes_evaluation(self) -> bool:
        """Whether held-out data are looked at after this step and were not yet."""
        steps, history = self.state.steps, self.state.history
        due = steps > 0 and (steps == self.total or steps % self.settings.evaluate_every == 0)
        return due and not (history and history[-1]["step"] == steps)

    def note_best(self) -> None:
        """The checkpoint of this step is the best one."""
        if self.run.rank == 0:
            self.run.checkpoints.mark_best(self._shown_step)

    def update(self) -> None:
        """One update of the weights from `accumulate` batches."""
        step, settings, run = self.state.steps, self.settings, self.run
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate(step, self.total, settings)
        for batch in range(step * settings.accumulate, (step + 1) * settings.accumulate):
            epoch, index = divmod(batch, self.task.steps_per_epoch)
            own, given = torch_seeds(self.seed, epoch, index, run.rank)
            seed_torch(own, self._device)
            self._generator.manual_seed(given)
            last = batch == (step + 1) * settings.accumulate - 1
            with nullcontext() if last else self._accelerator.no_sync(self._model):
                loss, parts = self.task.loss(self._model, epoch, index, run.rank, run.world_size, self._generator)
                share = loss / settings.accumulate
                (share if self._scaler is None else self._scaler.scale(share)).backward()
            self._window.add(self._shown_step + 1, {**parts, "loss": loss})
        self._window.add(self._shown_step + 1, {"gradient_norm": self._apply_gradients()})
        self.state.steps += 1
        self._window_steps += 1
        if self._average is not None:
            self._average.update(self.state.steps)
        self._progress()

    def log(self) -> None:
        """A point of the loss curve: means since the last one."""
        self._take_in()
        now = time.perf_counter()
        values = {
            **self._window.means(),
            "learning_rate": self._optimizer.param_groups[0]["lr"],
            "steps_per_second": self._window_steps / max(now - self._window_start, 1e-9),
            "memory_mb": _memory_mb(self._device),
        }
        self._window_start, self._window_steps = now, 0
        if self.run.rank == 0:
            self.run.metric(self._shown_step, values, epoch=self._epoch)

    def evaluate(self) -> bool:
        """Looks at held-out data with the averaged weights. Whether that was the best so far."""
        values: dict[str, float] = {}
        with self._aside():
            if self.run.rank == 0:
                with self._average.in_place() if self._average is not None else nullcontext(), torch.no_grad():
                    self.task.model.eval()
                    measured = self.task.evaluate(self.task.model, self._shown_step)
                    values = {name: float(value) for name, value in measured.items()}
                self._model.train()
            values = distributed.share(values, self.run)
        if not values:
            return False
        self.state.history.append({"step": self.state.steps, **values})
        if self.run.rank == 0:
            split = self.best.split if self.best is not None else "validation"
            self.run.metric(self._shown_step, values, split=split, epoch=self._epoch)
        if self.best is None:
            return False
        value, patience = values[self.best.metric], self.settings.early_stop_patience
        return self.state.judge(value, self.best.direction, patience)

    def save(self, best: bool = False) -> None:
        """Writes a checkpoint of this step, unless there is one or no step was made yet."""
        if self.state.steps in (0, self._saved_step):
            return
        with self._aside():
            self._take_in()
            if self.run.rank == 0:
                path = self._write_checkpoint()
                if best and path is not None:
                    self.note_best()
        self._saved_step = self.state.steps
        self._progress(always=True)  # a run that stops here says how far it came

    def finish(self, restore_best: bool) -> None:
        """Leaves the plain model with the weights to be used."""
        distributed.share(None, self.run)  # rank 0 has written what the others may read now
        if restore_best and self.state.best_step is not None:
            saved = self.run.checkpoints.best()
            if saved is not None and saved.step == self.first_step + self.state.best_step:
                self._load_weights(saved)
            elif self.run.rank == 0:
                self.run.warning("The state of the best evaluation was not saved; the last weights are used instead.")
        if self._average is not None:
            self._average.copy_to_model()
        self._accelerator.unwrap_model(self._model, keep_fp32_wrapper=False)
        vars(self.task.model).pop("forward", None)  # accelerate puts the class's own back on the object: a copy breaks
        self.task.model.eval()
        self._progress(always=True)

    def _apply_gradients(self) -> torch.Tensor:
        """Clips, updates and clears; returns the gradient's norm before clipping."""
        if self._scaler is not None:
            self._scaler.unscale_(self._optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self._weights, self.settings.clip_norm or math.inf)
        if self._scaler is None:
            self._optimizer.step()
        else:  # leaves the step out where a float16 gradient overflowed, and scales less from then on
            self._scaler.step(self._optimizer)
            self._scaler.update()
        self._optimizer.zero_grad()
        return norm

    @property
    def _shown_step(self) -> int:
        return self.first_step + self.state.steps

    @property
    def _epoch(self) -> float:
        return self.state.steps * self.settings.accumulate / self.task.steps_per_epoch

    def _take_in(self) -> None:
        self._window.take_in(must_be_finite=("loss", "gradient_norm") if self._scaler is None else ("loss",))

    def _write_checkpoint(self) -> Path | None:
        model, scaler = self.task.model, self._scaler
        tensors = {
            "model": model.state_dict(),
            "average": self._average.tensors() if self._average is not None else {},
            "optimizer": optimizer_tensors(self._optimizer, model),
            "random": random_state(self._device),
        }
        next_epoch, next_batch = divmod(self.state.steps * self.settings.accumulate, self.task.steps_per_epoch)
        document = {
            "stage": self.stage,
            "steps": self.state.steps,
            "epoch": next_epoch,
            "batch": next_batch,
            "seed": self.seed,
            "result": asdict(self.state),
            "window": self._window.values,
            "scaler": scaler.state_dict() if scaler is not None else None,
            "numpy_random": self.run.rng.bit_generator.state,
            "extra": dict(self.extra),
        }
        return self.run.checkpoints.save(self._shown_step, tensors, document)

    def _load_weights(self, saved: Saved) -> None:
        self.task.model.load_state_dict(saved.tensors("model"))
        if self._average is not None:
            self._average.load(saved.tensors("average"))

    def _progress(self, always: bool = False) -> None:
        now = time.perf_counter()
        if self.run.rank == 0 and (always or now - self._progress_time >= _PROGRESS_EVERY):
            self._progress_time = now
            self.run.progress(self._shown_step, self.first_step + self.total, text=self.text)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Time spent within does not count as training time."""
        start = time.perf_counter()
        yield
        self._window_start += time.perf_counter() - start


def _memory_mb(device: torch.device) -> float:
    """The most memory held on a GPU so far, else the process's own memory now, in MB (1e6 bytes)."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    return psutil.Process().memory_info().rss / 1e6
