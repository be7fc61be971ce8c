"""The noise that training adds and sampling takes away: schedule, noising of a batch, and one reverse step.

Knows tensors and the mode; networks, losses and how a large slice is cut up are not its business.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics.model import centred

Mode = Literal["joint", "expr_to_pos", "pos_to_expr"]


@dataclass(frozen=True)
class Schedule:
    """Signal and noise at step t = 0 (clean) ... timesteps (noise), one exponent nu for each modality.

    f(u) = cos^2(pi/2 * (u^nu + 0.008) / 1.008), u = t / (timesteps + 2); signal(t) is the product over steps up to t of
    1 - min(1 - f(u_i) / f(u_{i-1}), 0.9999) and itself the coefficient of the clean value; the noise's is
    sqrt(1 - signal^2).
    """

    timesteps: int = 1000
    nu_expression: float = 1.0
    nu_position: float = 1.0

    @cached_property
    def expression(self) -> Tensor:
        """signal(t) of expression, [timesteps + 1], float64."""
        return _signal(self.timesteps, self.nu_expression)

    @cached_property
    def position(self) -> Tensor:
        """signal(t) of positions, [timesteps + 1], float64."""
        return _signal(self.timesteps, self.nu_position)

    def draw_times(self, slices: int, generator: torch.Generator, at_full_noise: float = 0.0) -> Tensor:
        """Steps to train at, [slices], uniform over 1..timesteps; a share `at_full_noise` of them at the last step."""
        times = torch.randint(1, self.timesteps + 1, (slices,), generator=generator)
        last = torch.rand(slices, generator=generator) < at_full_noise
        return times.masked_fill(last, self.timesteps)

    def sampling_times(self, steps: int) -> list[int]:
        """steps + 1 strictly falling times from `timesteps` to 0. Raises UserError if there are not that many."""
        if not 1 <= steps <= self.timesteps:
            raise UserError(
                f"{steps} sampling steps are not possible with {self.timesteps} noise levels.",
                f"Ask for 1 to {self.timesteps} steps.",
                "steps",
            )
        return torch.linspace(self.timesteps, 0, steps + 1, dtype=torch.float64).round().long().tolist()


@dataclass(frozen=True)
class NoisySlices:
    """What a network gets to see."""

    expression: Tensor
    """[slices, cells, genes]"""
    position: Tensor
    """[slices, cells, 3]"""
    extra: Tensor | None
    """[slices, cells, extra inputs]; zeros unless expression is given, whose summary they are."""
    time: Tensor
    """[slices], step / timesteps."""


def add_noise(
    schedule: Schedule,
    expression: Tensor,
    position: Tensor,
    padding: Tensor,
    times: Tensor,
    *,
    mode: Mode,
    generator: torch.Generator,
    extra: Tensor | None = None,
    axes: Tensor | None = None,
) -> NoisySlices:
    """Noise what the mode asks to predict and give the rest clean. Shapes as in `NoisySlices`; times [slices].

    The noise of positions is centred over real cells and zero in axes [slices, 3] the tissue lacks.
    """
    if mode != "pos_to_expr":
        signal, noise = _coefficients(schedule.position, times, position)
        position = signal * position + noise * position_noise(padding, generator, axes)
    if mode != "expr_to_pos":
        signal, noise = _coefficients(schedule.expression, times, expression)
        expression = signal * expression + noise * torch.randn(expression.shape, generator=generator).to(expression)
    time = (times.to(position) / schedule.timesteps).to(position.dtype)
    return NoisySlices(expression, position, known_extra(extra, mode), time)


def known_extra(extra: Tensor | None, mode: Mode) -> Tensor | None:
    """The extra inputs where expression is given; zeros elsewhere, since they would tell about what is asked."""
    return extra if extra is None or mode == "expr_to_pos" else torch.zeros_like(extra)


def position_noise(padding: Tensor, generator: torch.Generator, axes: Tensor | None = None) -> Tensor:
    """Standard normal noise [slices, cells, 3], centred over real cells, zero in padded cells and missing axes.

    Drawn on the CPU, so that a seed means the same on every device.
    """
    noise = torch.randn(*padding.shape, 3, generator=generator).to(padding.device)
    if axes is not None:
        noise = noise * axes[:, None, :]
    return centred(noise, padding)


def reverse_step(noisy: Tensor, clean: Tensor, signal: Tensor, now: int, *, then: int, noise: Tensor | None) -> Tensor:
    """From step `now` to the earlier step `then`, given the predicted clean values and the schedule's signal.

    With `noise` the ancestral draw from q(x_then | x_now, x_0) (Ho et al. 2020, eq. 6-7, for this signal and noise);
    without it the deterministic step (Song et al. 2021, eq. 12 with sigma 0). Step 0 returns `clean` itself.
    """
    if then == 0:
        return clean
    a_now, a_then = float(signal[now]), float(signal[then])
    v_now, v_then = 1 - a_now**2, 1 - a_then**2
    if noise is None:
        direction = (noisy - a_now * clean) / math.sqrt(v_now)
        return a_then * clean + math.sqrt(v_then) * direction
    kept = a_now / a_then
    v_between = v_now - kept**2 * v_then
    mean = (kept * v_then * noisy + a_then * v_between * clean) / v_now
    return mean + math.sqrt(v_between * v_then / v_now) * noise


def _signal(timesteps: int, nu: float) -> Tensor:
    u = torch.arange(timesteps + 1, dtype=torch.float64) / (timesteps + 2)
    f = torch.cos(0.5 * math.pi * (u**nu + 0.008) / 1.008).square()
    beta = (1 - f[1:] / f[:-1]).clamp(max=0.9999)
    return torch.cat([torch.ones(1, dtype=torch.float64), (1 - beta).cumprod(dim=0)])


def _coefficients(table: Tensor, times: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    signal = table.to(times.device)[times][:, None, None]
    return signal.to(like), (1 - signal.square()).sqrt().to(like)
