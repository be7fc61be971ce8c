"""Slices as tensors: one slice on a device, and several padded to one length.

It knows nothing of how cells are drawn, of noise or of networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genodesk.workflows.alphastomics.masking import Masks
from genodesk.workflows.alphastomics.slices import Slice


@dataclass(frozen=True)
class Batch:
    """Padded slices before noise: what the network is given, what it should answer, and the noise's level and seed."""

    seen: Tensor
    """[slices, cells, genes]: expression as the network is given it."""
    extra: Tensor
    """[slices, cells, 1]"""
    expression: Tensor
    """[slices, cells, genes], clean."""
    position: Tensor
    """[slices, cells, 3], clean."""
    padding: Tensor
    """[slices, cells], True for real cells, which come first."""
    axes: Tensor
    """[slices, 3], True for the coordinates the tissue has."""
    times: Tensor
    """[slices], noise level 1..timesteps."""
    noise_seeds: tuple[int, ...]
    """Of every slice's noise."""
    partner_seeds: tuple[int, ...]
    """Of the cells that the loss compares a slice's cells with."""
    masks: Masks | None


def padded(examples: Sequence[Batch]) -> Batch:
    """The examples stacked, shorter ones filled up with cells that do not count."""
    cells = max(example.padding.shape[1] for example in examples)
    masks = [example.masks for example in examples if example.masks is not None]
    return Batch(
        seen=stacked([example.seen for example in examples], cells),
        extra=stacked([example.extra for example in examples], cells),
        expression=stacked([example.expression for example in examples], cells),
        position=stacked([example.position for example in examples], cells),
        padding=stacked([example.padding for example in examples], cells),
        axes=torch.cat([example.axes for example in examples]),
        times=torch.cat([example.times for example in examples]),
        noise_seeds=tuple(seed for example in examples for seed in example.noise_seeds),
        partner_seeds=tuple(seed for example in examples for seed in example.partner_seeds),
        masks=Masks(stacked([m.expression for m in masks], cells), stacked([m.position for m in masks], cells))
        if masks
        else None,
    )


def taken(batch: Batch, rows: Sequence[int]) -> Batch:
    """The batch with only these slices."""
    tensors: dict[str, Any] = {
        part.name: value[rows] for part in fields(batch) if isinstance(value := getattr(batch, part.name), Tensor)
    }
    return replace(
        batch,
        **tensors,
        noise_seeds=tuple(batch.noise_seeds[row] for row in rows),
        partner_seeds=tuple(batch.partner_seeds[row] for row in rows),
        masks=None if batch.masks is None else Masks(batch.masks.expression[rows], batch.masks.position[rows]),
    )


def stacked(tensors: Sequence[Tensor], cells: int) -> Tensor:
    """Tensors [1, fewer cells, ...] filled up with zeros and put together."""
    return torch.cat([nn.functional.pad(t, (0, 0) * (t.ndim - 2) + (0, cells - t.shape[1])) for t in tensors])


def moved(device: str, batch: Batch) -> Batch:
    """The batch on a device."""
    if device == "cpu":
        return batch
    tensors: dict[str, Any] = {
        part.name: value.to(device) for part in fields(batch) if isinstance(value := getattr(batch, part.name), Tensor)
    }
    masks = batch.masks
    if masks is not None:
        masks = Masks(masks.expression.to(device), masks.position.to(device))
    return replace(batch, **tensors, masks=masks)


def slice_tensors(one: Slice, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """(expression [cells, genes], extra [cells, 1], position [cells, 3]) of a slice on a device."""
    return (
        torch.from_numpy(one.expression).to(device),
        torch.from_numpy(one.extra).to(device),
        torch.from_numpy(np.ascontiguousarray(one.position)).to(device),
    )


def axes_mask(dims: int) -> Tensor:
    """bool [3]: which coordinates the tissue has."""
    return torch.arange(3) < dims
