"""From noise to a slice of any size with a trained network, in memory that is linear in the cells.

A large slice is sampled in two rounds: random anchor cells first, as a slice of their own, then chunks of similar cells
that see the anchors and themselves, held in the anchors' frame. Knows no files and no units.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor, nn

from genodesk.core.errors import Stopped
from genodesk.workflows.alphastomics.consensus import align
from genodesk.workflows.alphastomics.diffusion import Mode, Schedule, known_extra, position_noise, reverse_step


@dataclass(frozen=True)
class Sample:
    """One slice as it stands: given values, predicted values, and zeros where nothing is predicted yet."""

    expression: Tensor
    """[cells, genes]"""
    position: Tensor
    """[cells, 3], centred"""


class FollowSteps(Protocol):
    """Called after every network call with calls done, calls in all, and the clean slice as predicted so far."""

    def __call__(self, done: int, total: int, sample: Sample) -> None: ...


@dataclass(frozen=True)
class Sampling:
    """How to sample. Slices above `max_cells` are placed by `anchors`, then in chunks of `chunk` cells."""

    mode: Mode
    schedule: Schedule = field(default_factory=Schedule)
    steps: int = 30
    deterministic: bool = False
    max_cells: int = 8000
    anchors: int = 512
    chunk: int = 1536


def sample_slice(
    network: nn.Module,
    sampling: Sampling,
    expression: Tensor,
    position: Tensor,
    generator: torch.Generator,
    *,
    extra: Tensor | None = None,
    axes: Tensor | None = None,
    callback: FollowSteps | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Sample:
    """Sample what the mode asks for with exactly `sampling.steps` network calls per cell.

    expression [cells, genes] and position [cells, 3] on the network's device: what the mode gives is read, of the rest
    only the shape (zeros will do). extra [cells, extra inputs], axes [3] bool. The generator lives on the CPU.
    Raises UserError for an impossible number of steps and Stopped once `should_stop()` is true.
    """
    cells = len(position)
    axes = torch.ones(3, dtype=torch.bool, device=position.device) if axes is None else axes
    wanted = Sample(
        expression=expression if sampling.mode == "expr_to_pos" else torch.zeros_like(expression),
        position=_centred(position) if sampling.mode == "pos_to_expr" else torch.zeros_like(position),
    )
    extra = known_extra(extra, sampling.mode)
    rounds = _rounds(sampling, wanted, generator)
    times = sampling.schedule.sampling_times(sampling.steps)
    follow = _Follower(callback, should_stop, total=len(rounds) * sampling.steps)
    with torch.no_grad(), _evaluating(network):
        for members, placed in rounds:
            part = Sample(wanted.expression[members], wanted.position[members])
            known = torch.arange(len(members), device=position.device) < placed
            state = _Reverse(network, sampling, part, known=known, axes=axes, generator=generator)
            for now, then in pairwise(times):
                part = state.step(now, then, None if extra is None else extra[members])
                wanted = _written(wanted, part, members, cells)
                follow(wanted)
    return replace(wanted, position=_centred(wanted.position) * axes)


def one_step(
    network: nn.Module,
    sampling: Sampling,
    expression: Tensor,
    position: Tensor,
    generator: torch.Generator,
    *,
    extra: Tensor | None = None,
    axes: Tensor | None = None,
) -> Sample:
    """The network's direct answer at full noise, one call per cell; large slices are cut up as in `sample_slice`."""
    single = replace(sampling, steps=1)
    return sample_slice(network, single, expression, position, generator, extra=extra, axes=axes)


def neighbourhoods(features: Tensor, size: int) -> list[Tensor]:
    """Cells [cells, features] divided into groups of at most `size` similar ones, as index tensors.

    Median cuts along the widest of the first 16 principal axes; time is cells * log(cells), memory linear.
    """
    spread = features - features.mean(dim=0)
    axes = torch.linalg.eigh((spread.T @ spread).double())[1][:, -16:].to(spread.dtype)
    return _halved(spread @ axes, torch.arange(len(features), device=features.device), size)


def _halved(places: Tensor, members: Tensor, size: int) -> list[Tensor]:
    if len(members) <= size:
        return [members]
    own = places[members]
    order = own[:, own.var(dim=0).argmax()].argsort(stable=True)
    middle = len(members) // 2
    return _halved(places, members[order[:middle]], size) + _halved(places, members[order[middle:]], size)


def _rounds(sampling: Sampling, given: Sample, generator: torch.Generator) -> list[tuple[Tensor, int]]:
    """(member cells, how many of the first of them are placed already) for every run of the sampler over the slice."""
    cells, device = len(given.position), given.position.device
    if cells <= sampling.max_cells:
        return [(torch.arange(cells, device=device), 0)]
    order = torch.randperm(cells, generator=generator).to(device)
    anchors, others = order[: sampling.anchors], order[sampling.anchors :]
    if sampling.mode == "joint":
        chunks = list(others.split(sampling.chunk))
    else:
        features = given.expression if sampling.mode == "expr_to_pos" else given.position
        chunks = [others[group] for group in neighbourhoods(features[others], sampling.chunk)]
    return [(anchors, 0)] + [(torch.cat([anchors, chunk]), len(anchors)) for chunk in chunks]


def _written(whole: Sample, part: Sample, members: Tensor, cells: int) -> Sample:
    if len(members) == cells:
        return part
    whole.expression[members] = part.expression
    whole.position[members] = part.position
    return whole


class _Reverse:
    """The noisy state of one group of cells on its way to the clean one; `known` cells keep their clean values."""

    def __init__(
        self,
        network: nn.Module,
        sampling: Sampling,
        clean: Sample,
        *,
        known: Tensor,
        axes: Tensor,
        generator: torch.Generator,
    ) -> None:
        self.network, self.schedule, self.sampling = network, sampling.schedule, sampling
        self.clean, self.known, self.axes, self.generator = clean, known, axes, generator
        self.last_answer: Tensor | None = None
        self.makes_positions = sampling.mode != "pos_to_expr"
        self.makes_expression = sampling.mode != "expr_to_pos"
        self.padding = torch.ones(1, len(known), dtype=torch.bool, device=known.device)
        self.position, self.expression = clean.position, clean.expression
        last = self.schedule.timesteps
        if self.makes_positions:
            self.position = self._noised(clean.position, self.schedule.position, last, self._position_noise())
        if self.makes_expression:
            self.expression = self._noised(clean.expression, self.schedule.expression, last, self._expression_noise())

    def step(self, now: int, then: int, extra: Tensor | None) -> Sample:
        """One network call; returns the clean values as predicted at step `now`."""
        prediction = self.network(
            self.expression[None],
            self.position[None],
            torch.full((1,), now / self.schedule.timesteps, device=self.position.device),
            self.padding,
            extra=None if extra is None else extra[None],
            axes=self.axes[None],
        )
        clean = self.clean
        if self.makes_positions:
            position = self._in_frame(prediction.position[0].float())
            noise = self._position_noise() if self._is_noisy(then) else None
            self.last_answer = position
            self.position = reverse_step(self.position, position, self.schedule.position, now, then=then, noise=noise)
            clean = replace(clean, position=position)
        if self.makes_expression:
            expression = torch.where(self.known[:, None], clean.expression, prediction.expression[0].float())
            noise = self._expression_noise() if self._is_noisy(then) else None
            self.expression = reverse_step(
                self.expression, expression, self.schedule.expression, now, then=then, noise=noise
            )
            clean = replace(clean, expression=expression)
        return clean

    def _in_frame(self, predicted: Tensor) -> Tensor:
        """Predictions are blind to turning and mirroring: all of them are laid over something that stays.

        Over the known cells, else over the last prediction, so that the network's own frame, which its first answer
        from pure noise chose, is kept; where expression is made as well there is no such frame, and the noisy
        positions take its place.
        """
        if bool(self.known.any()):
            laid_over = align(predicted, self.clean.position, on=self.known)
            return torch.where(self.known[:, None], self.clean.position, laid_over) * self.axes
        if self.makes_expression:
            predicted = align(predicted, self.position)
        elif self.last_answer is not None:
            predicted = align(predicted, self.last_answer)
        return _centred(predicted) * self.axes

    def _noised(self, clean: Tensor, signal: Tensor, time: int, noise: Tensor) -> Tensor:
        """The state at step `time`: noise around the clean values of known cells and around zero elsewhere."""
        level = float(signal[time])
        return level * clean * self.known[:, None] + (1 - level**2) ** 0.5 * noise

    def _is_noisy(self, then: int) -> bool:
        return then > 0 and not self.sampling.deterministic

    def _position_noise(self) -> Tensor:
        return position_noise(self.padding, self.generator, self.axes[None])[0]

    def _expression_noise(self) -> Tensor:
        return torch.randn(self.clean.expression.shape, generator=self.generator).to(self.clean.expression)


class _Follower:
    """Counts network calls, tells the callback, and stops where asked."""

    def __init__(self, callback: FollowSteps | None, should_stop: Callable[[], bool] | None, total: int) -> None:
        self.callback, self.should_stop, self.total, self.done = callback, should_stop, total, 0

    def __call__(self, sample: Sample) -> None:
        self.done += 1
        if self.callback is not None:
            self.callback(self.done, self.total, sample)
        if self.should_stop is not None and self.should_stop():
            raise Stopped


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def _centred(position: Tensor) -> Tensor:
    return position - position.mean(dim=0)
