"""Positions that are known only up to turning, mirroring and moving: laying them over each other and averaging them."""

from collections.abc import Sequence

import torch
from torch import Tensor

# Cells whose distances to all landmarks are held at a time.
BLOCK = 8192


def align(moving: Tensor, fixed: Tensor, on: Tensor | None = None) -> Tensor:
    """`moving` [cells, 3] turned, mirrored and moved so that its cells `on` (bool; None: all) lie closest to `fixed`.

    The least-squares solution of Kabsch (1976); the scale is kept, a mirror image is allowed.
    """
    from_cells, to_cells = (moving, fixed) if on is None else (moving[on], fixed[on])
    from_centre, to_centre = from_cells.mean(dim=0), to_cells.mean(dim=0)
    left, _, right = torch.linalg.svd((from_cells - from_centre).T @ (to_cells - to_centre))
    return (moving - from_centre) @ (left @ right) + to_centre


def consensus(samples: Sequence[Tensor], generator: torch.Generator, landmarks: int = 512) -> tuple[Tensor, Tensor]:
    """One placement from several samples [cells, 3] of the same cells, and how uncertain every cell's place is.

    Distances are averaged over the samples and turned into positions [cells, 3] by multidimensional scaling of
    `landmarks` random cells, to which the others are added (de Silva & Tenenbaum 2004); memory is linear in cells.
    The uncertainty [cells] is the root mean square distance of a cell's sampled places, laid over the consensus,
    from its place there, in the unit of the positions; it tells surer cells from less sure ones and is smaller than
    the error, since samples share the network's mistakes. The consensus lies over the first sample.
    """
    first = samples[0]
    chosen = torch.randperm(len(first), generator=generator)[:landmarks].sort().values.to(first.device)
    used = (first != 0).any(dim=0)
    position = align(_landmark_scaling(samples, chosen, int(used.sum())).to(first.dtype), first) * used
    laid_over = torch.stack([align(sample, position) for sample in samples])
    spread = (laid_over - position).square().sum(dim=-1).mean(dim=0).sqrt()
    return position, spread


def _landmark_scaling(samples: Sequence[Tensor], landmarks: Tensor, dims: int) -> Tensor:
    """Positions [cells, 3] whose distances to the landmark cells are close to the means over the samples."""
    between = _mean_distances(samples, landmarks, landmarks).square()
    means = between.mean(dim=0)
    inner = -0.5 * (between - means - means[:, None] + means.mean())
    values, vectors = torch.linalg.eigh(inner)
    projection = vectors[:, -dims:] / values[-dims:].clamp_min(1e-12).sqrt()
    blocks = torch.arange(len(samples[0]), device=landmarks.device).split(BLOCK)
    places = torch.cat(
        [-0.5 * (_mean_distances(samples, block, landmarks).square() - means) @ projection for block in blocks]
    )
    return torch.nn.functional.pad(places - places.mean(dim=0), (0, 3 - places.shape[1]))


def _mean_distances(samples: Sequence[Tensor], cells: Tensor, landmarks: Tensor) -> Tensor:
    """Mean over samples of the distances [cells, landmarks], in float64."""
    distance = torch.zeros(len(cells), len(landmarks), dtype=torch.float64, device=landmarks.device)
    for sample in samples:
        distance += torch.cdist(sample[cells].double(), sample[landmarks].double())
    return distance / len(samples)
