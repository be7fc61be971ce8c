"""What the training loop needs to know about tissue: how a batch is drawn from slices, and what its loss is.

A batch holds random cells of single slices, padded to one length. Every example is a function of seed, epoch, batch and
its number in the batch alone, so resumed runs and runs on several processes see the same ones.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor, nn

from genodesk.engine.training.sampling import batch_rng, shard
from genodesk.workflows.alphastomics.batch import Batch, axes_mask, moved, padded, stacked, taken
from genodesk.workflows.alphastomics.consensus import align
from genodesk.workflows.alphastomics.diffusion import NoisySlices, Schedule, add_noise
from genodesk.workflows.alphastomics.losses import LossWeights, denoising_losses
from genodesk.workflows.alphastomics.masking import Masks, draw_masks, progressive_ratio
from genodesk.workflows.alphastomics.model import Prediction
from genodesk.workflows.alphastomics.scaling import Scaling, expression_of
from genodesk.workflows.alphastomics.settings import MaskingSettings, TrainSettings
from genodesk.workflows.alphastomics.slices import Slice, SliceSet


class TissueTask:
    """Training slices, a network, and how it is judged meanwhile (`judge`: step -> metrics)."""

    def __init__(
        self,
        network: nn.Module,
        slices: SliceSet,
        settings: TrainSettings,
        schedule: Schedule,
        judge: Callable[[int], dict[str, float]],
        *,
        device: str,
        total_steps: int,
    ) -> None:
        self.model = network
        self.judge = judge
        self._settings = settings
        self._mode = settings.model.training_mode
        self._schedule = schedule
        self._device = device
        self._total_steps = total_steps
        self._slices = tuple(slices)
        self._scaling = slices.scaling
        self._dims = slices.scaling.dims
        self._shown = shown_losses(settings)
        # Between one slice one vote and one cell one vote: big slices count more, but do not drown the small ones.
        weights = np.sqrt([len(one) for one in self._slices])
        self._weights = weights / weights.sum()
        per_step = settings.training.batch_size * settings.slices.cells_per_batch
        self.steps_per_epoch = max(1, math.ceil(sum(len(one) for one in self._slices) / per_step))

    def loss(
        self, model: nn.Module, epoch: int, index: int, rank: int, world_size: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float | Tensor]]:
        """The loss of batch `index` of `epoch`, of which this rank computes its share, and its parts."""
        del generator  # it differs between ranks; every slice has seeds of its own
        batch = self.batch(epoch, index, rank, world_size)
        prediction = self._ask(model, batch, self._noisy(batch, self._in_own_frame(batch)))
        losses = denoising_losses(
            prediction,
            batch.expression,
            batch.position,
            batch.padding,
            mode=self._mode,
            seeds=batch.partner_seeds,
            masks=batch.masks,
            weights=LossWeights(masked=self._settings.masking.masked_loss_weight),
        )
        return losses.total, {name: part for name, part in losses.parts().items() if name in self._shown}

    def evaluate(self, model: nn.Module, step: int) -> dict[str, float]:
        """The judge's numbers for the network as it is; `model` is the network this task was made with."""
        del model
        return self.judge(step)

    def batch(self, epoch: int, index: int, rank: int = 0, world_size: int = 1) -> Batch:
        """Batch `index` of `epoch`, or the part of it that a rank computes."""
        progress = (epoch * self.steps_per_epoch + index) / max(1, self._total_steps)
        numbers = shard(np.arange(self._settings.training.batch_size), rank, world_size)
        streams = batch_rng(self._settings.runtime.seed, epoch, index).spawn(self._settings.training.batch_size)
        return moved(self._device, padded([self._example(streams[number], progress) for number in numbers]))

    def _example(self, rng: np.random.Generator, progress: float) -> Batch:
        """One slice's random cells, turned, with counts and genes hidden; a batch of one."""
        source = self._slices[int(rng.choice(len(self._slices), p=self._weights))]
        settings = self._settings.slices
        part = source.take(rng.permutation(len(source))[: settings.cells_per_batch])
        position = part.position - part.position.mean(axis=0)
        if settings.rotate:
            position = position @ random_rotation(self._dims, rng)
        seen, extra = part.expression, part.extra
        if self._mode == "expr_to_pos":
            # Expression is given here, so it may be worse than measured; where it is asked for, it must not be.
            if settings.count_thinning < 1:
                seen, extra = thinned(part, settings.count_thinning, self._scaling, rng)
            if settings.gene_dropout:
                seen = seen * (rng.random(seen.shape, dtype=np.float32) >= settings.gene_dropout)
        place = torch.from_numpy(position.astype(np.float32))[None]
        padding = torch.ones(1, len(part), dtype=torch.bool)
        axes = axes_mask(self._dims)[None]
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        return Batch(
            seen=torch.from_numpy(seen)[None],
            extra=torch.from_numpy(extra)[None],
            expression=torch.from_numpy(part.expression)[None],
            position=place,
            padding=padding,
            axes=axes,
            times=self._schedule.draw_times(1, generator, self._settings.diffusion.full_noise_share),
            noise_seeds=(int(rng.integers(2**62)),),
            partner_seeds=(int(rng.integers(2**62)),),
            masks=_masks(self._settings.masking, place, padding, part.expression.shape[1], axes, generator, progress),
        )

    def _in_own_frame(self, batch: Batch) -> Tensor:
        """The clean positions [slices, cells, 3], turned as the network itself would place these cells from pure noise.

        A network that is blind to turning chooses a frame of its own. Noisy positions must be shown to it in that
        frame, as they are while sampling: with positions turned at random it would first have to find out how.
        """
        partly = (batch.times < self._schedule.timesteps).nonzero().flatten().tolist()
        if self._mode != "expr_to_pos" or not partly:
            return batch.position
        asked = taken(batch, partly)
        asked = replace(asked, times=torch.full_like(asked.times, self._schedule.timesteps))
        with torch.no_grad():
            own = self._ask(self.model, asked, self._noisy(asked, asked.position)).position.float()
        shown = batch.position.clone()
        for row, answer in zip(partly, own, strict=True):
            shown[row] = align(batch.position[row], answer, on=batch.padding[row])
        return shown

    def _noisy(self, batch: Batch, position: Tensor) -> NoisySlices:
        """Noise on the positions given, and on expression where the mode asks for it; each slice by its own seed."""
        parts = []
        for row, seed in enumerate(batch.noise_seeds):
            cells = int(batch.padding[row].sum())
            own = slice(row, row + 1)
            parts.append(
                add_noise(
                    self._schedule,
                    batch.seen[own, :cells],
                    position[own, :cells],
                    batch.padding[own, :cells],
                    batch.times[own],
                    mode=self._mode,
                    generator=torch.Generator().manual_seed(seed),
                    extra=batch.extra[own, :cells],
                    axes=batch.axes[own],
                )
            )
        cells = batch.padding.shape[1]
        extras = [part.extra for part in parts if part.extra is not None]
        return NoisySlices(
            stacked([part.expression for part in parts], cells),
            stacked([part.position for part in parts], cells),
            stacked(extras, cells) if extras else None,
            torch.cat([part.time for part in parts]),
        )

    def _ask(self, model: nn.Module, batch: Batch, noisy: NoisySlices) -> Prediction:
        prediction: Prediction = model(
            noisy.expression,
            noisy.position,
            noisy.time,
            batch.padding,
            extra=noisy.extra,
            axes=batch.axes,
            masks=batch.masks,
        )
        return prediction


def shown_losses(settings: TrainSettings) -> set[str]:
    """The parts of the loss worth showing: those this training has, where there are several."""
    mode = settings.model.training_mode
    shown = {"joint": {"expression_loss", "position_loss"}, "expr_to_pos": {"position_loss"}}.get(
        mode, {"expression_loss"}
    )
    shown = shown | ({"masked_loss"} if settings.masking.enable_masking else set())
    shown = shown | ({"balance_loss"} if settings.model.use_moe else set())
    return shown if len(shown) > 1 else set()


def thinned(one: Slice, least: float, scaling: Scaling, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Expression [cells, genes] and extra input [cells, 1] as if every cell had been sequenced less deeply.

    A random share, `least` to 1, of a cell's counts is kept. Binomial thinning is what a lower capture rate does to
    counts, so it is noise that real cells have. Without counts the slice's own values are returned.
    """
    if one.counts is None:
        return one.expression, one.extra
    share = np.repeat(rng.uniform(least, 1.0, len(one)), np.diff(one.counts.indptr))
    kept = rng.binomial(one.counts.data.astype(np.int64), share).astype(np.float32)
    return expression_of(csr_matrix((kept, one.counts.indices, one.counts.indptr), one.counts.shape), scaling)


def random_rotation(dims: int, rng: np.random.Generator) -> np.ndarray:
    """A rotation or reflection of the first `dims` axes, uniform over all, [3, 3] (Mezzadri 2007)."""
    matrix, triangle = np.linalg.qr(rng.standard_normal((dims, dims)))
    whole = np.eye(3)
    whole[:dims, :dims] = matrix * np.sign(np.diag(triangle))
    return whole


def _masks(
    settings: MaskingSettings,
    position: Tensor,
    padding: Tensor,
    genes: int,
    axes: Tensor,
    generator: torch.Generator,
    progress: float,
) -> Masks | None:
    if not settings.enable_masking:
        return None
    share = progressive_ratio(1.0, progress) if settings.progressive_masking else 1.0
    return draw_masks(
        position,
        padding,
        genes,
        pattern=settings.mask_pattern,
        expression_ratio=settings.expression_mask_ratio * share,
        position_ratio=settings.position_mask_ratio * share,
        generator=generator,
        axes=axes,
    )
