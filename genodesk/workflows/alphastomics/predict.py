"""What a trained network says about a slice: its direct answer, samples, and what several samples agree on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import nn

from genodesk.engine.live_run import Run
from genodesk.workflows.alphastomics.batch import axes_mask, slice_tensors
from genodesk.workflows.alphastomics.consensus import consensus
from genodesk.workflows.alphastomics.diffusion import Mode, Schedule
from genodesk.workflows.alphastomics.sampler import FollowSteps, Sample, Sampling, one_step, sample_slice
from genodesk.workflows.alphastomics.settings_actions import EstimateSettings
from genodesk.workflows.alphastomics.slices import Slice
from genodesk.workflows.alphastomics.trained import Trained

Array = np.ndarray


@dataclass(frozen=True)
class Answer:
    """One estimate for a slice in model units."""

    position: Array
    """[cells, 3], centred; the slice's own where it was given."""
    expression: Array
    """[cells, genes], z-scores; the slice's own where it was given."""
    spread: Array | None = None
    """[cells]: how far samples lie from what they agree on, in the unit of what was predicted."""


@dataclass(frozen=True)
class Estimator:
    """Asks one network about slices. Every estimate starts from the seed, so it does not depend on what came before."""

    network: nn.Module
    schedule: Schedule
    mode: Mode
    dims: int
    seed: int
    device: str = "cpu"
    steps: int = 30
    samples: int = 8
    deterministic: bool = False
    should_stop: Callable[[], bool] | None = None

    def one_step(self, one: Slice) -> Answer:
        """The network's direct answer at full noise."""
        expression, extra, position = slice_tensors(one, self.device)
        with torch.no_grad():
            sample = one_step(
                self.network,
                self._sampling,
                expression,
                position,
                self._generator(0),
                extra=extra,
                axes=self._axes,
            )
        return _answer(sample)

    def sample(self, one: Slice, number: int = 0, callback: FollowSteps | None = None) -> Answer:
        """Sample `number` of the slice. Raises Stopped when asked to stop."""
        return _answer(self._draw(one, number, callback))

    def consensus(self, one: Slice, drawn: list[Answer] | None = None) -> Answer:
        """What `samples` samples (two or more) agree on, and their spread; `drawn` are the first of them, if known."""
        answers = list(drawn or [])
        answers += [self.sample(one, number) for number in range(len(answers), self.samples)]
        if self.mode == "pos_to_expr":
            stack = np.stack([answer.expression for answer in answers])
            spread = np.sqrt(stack.var(axis=0).mean(axis=1))
            return replace(answers[0], expression=stack.mean(axis=0), spread=spread)
        places = [torch.from_numpy(answer.position) for answer in answers]
        position, spread = consensus(places, self._generator(self.samples))
        return replace(answers[0], position=position.numpy(), spread=spread.numpy())

    @classmethod
    def of(cls, trained: Trained, asking: EstimateSettings, run: Run, seed: int, deterministic: bool = False) -> Self:
        """Asks a trained model as the settings say, on the run's device, until the run should stop."""
        return cls(
            trained.network,
            trained.schedule,
            trained.mode,
            trained.scaling.dims,
            seed,
            run.device.torch_name,
            steps=asking.steps,
            samples=asking.samples,
            deterministic=deterministic,
            should_stop=run.should_stop,
        )

    def _draw(self, one: Slice, number: int, callback: FollowSteps | None) -> Sample:
        expression, extra, position = slice_tensors(one, self.device)
        return sample_slice(
            self.network,
            self._sampling,
            expression,
            position,
            self._generator(number),
            extra=extra,
            axes=self._axes,
            callback=callback,
            should_stop=self.should_stop,
        )

    @property
    def _sampling(self) -> Sampling:
        return Sampling(self.mode, self.schedule, self.steps, self.deterministic)

    @property
    def _axes(self) -> torch.Tensor:
        return axes_mask(self.dims).to(self.device)

    def _generator(self, number: int) -> torch.Generator:
        return torch.Generator().manual_seed(int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0]))


def _answer(sample: Sample) -> Answer:
    return Answer(sample.position.cpu().numpy(), sample.expression.cpu().numpy())
