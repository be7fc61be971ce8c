"""What the network sees of regions: motif scores by name, accessibility, and their place on evened-out scales.

Scales are fitted on training regions once and belong to the model; data are never changed in place.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.region_features import region_features

MOST = 4.0  # deviations: beyond them a place is as unusual as the network needs to know


@dataclass(frozen=True)
class RegionTensors:
    """Regions, each once: `motifs` [..., M], `place` [..., F], `accessibility` [1 or S, ...].

    The accessibility has a first axis of 1 where it is the same in all samples.
    """

    motifs: Tensor
    place: Tensor
    accessibility: Tensor

    def take(self, regions: Tensor, samples: Tensor | None = None) -> "RegionTensors":
        """These regions (indices of any shape, which becomes that of the regions) for these samples."""
        accessible = self.accessibility
        if samples is not None and accessible.shape[0] > 1:
            accessible = accessible[samples]
        return RegionTensors(self.motifs[regions], self.place[regions], accessible[:, regions])

    def of_samples(self, samples: np.ndarray) -> "RegionTensors":
        """The regions as they are in these samples."""
        if self.accessibility.shape[0] == 1:
            return self
        return replace(self, accessibility=self.accessibility[torch.from_numpy(samples)])

    def to(self, device: str | torch.device) -> "RegionTensors":
        """The same on a device."""
        return RegionTensors(self.motifs.to(device), self.place.to(device), self.accessibility.to(device))

    def with_motifs(self, motifs: Tensor) -> "RegionTensors":
        """The same regions with other motif scores."""
        return replace(self, motifs=motifs)


@dataclass(frozen=True)
class RegionInputs:
    """How data become tensors: motif names in order and the maxima they were divided by, and scales of places."""

    motif_names: tuple[str, ...]
    motif_scale: tuple[float, ...] | None
    place_names: tuple[str, ...]
    place_mean: tuple[float, ...]
    place_spread: tuple[float, ...]
    accessibility_scale: float

    @classmethod
    def fit(cls, data: YeastData, regions: np.ndarray) -> Self:
        """From the training regions (a mask [R]) of data whose motifs are the model's."""
        features, names = region_features(data)
        rows = features[regions]
        open_to = data.accessibility
        most = 1.0 if open_to is None else float(np.nanmax(open_to[..., regions], initial=0.0))
        return cls(
            motif_names=tuple(data.motif_names),
            motif_scale=None if data.motif_scale is None else tuple(map(float, data.motif_scale)),
            place_names=tuple(names),
            place_mean=tuple(map(float, rows.mean(axis=0))),
            place_spread=tuple(float(value) or 1.0 for value in rows.std(axis=0)),
            accessibility_scale=most if most > 0 else 1.0,
        )

    @property
    def width(self) -> int:
        """Numbers per region: motifs, accessibility, place."""
        return len(self.motif_names) + 1 + len(self.place_names)

    def tensors(self, data: YeastData) -> RegionTensors:
        """The regions of any data. Motifs they lack are absent (0); an unknown accessibility is full."""
        scale = None if self.motif_scale is None else np.asarray(self.motif_scale, dtype=np.float32)
        motifs = data.aligned_motifs(list(self.motif_names), scale)
        features, names = region_features(data)
        place = np.zeros((len(data.regions), len(self.place_names)), dtype=np.float32)
        if tuple(names) == self.place_names:
            even = (features - np.asarray(self.place_mean)) / np.asarray(self.place_spread)
            place = np.clip(even, -MOST, MOST).astype(np.float32)
        if data.accessibility is None:
            accessible = np.ones((1, len(data.regions)), dtype=np.float32)
        else:
            accessible = np.nan_to_num(np.atleast_2d(data.accessibility)) / self.accessibility_scale
        return RegionTensors(
            torch.from_numpy(motifs), torch.from_numpy(place), torch.from_numpy(accessible.astype(np.float32))
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model folder."""
        return {
            "motif_names": list(self.motif_names),
            "motif_scale": None if self.motif_scale is None else list(self.motif_scale),
            "place_names": list(self.place_names),
            "place_mean": list(self.place_mean),
            "place_spread": list(self.place_spread),
            "accessibility_scale": self.accessibility_scale,
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """What `to_json` gave. Raises UserError for anything else."""
        try:
            scale = document["motif_scale"]
            return cls(
                tuple(map(str, document["motif_names"])),
                None if scale is None else tuple(map(float, scale)),
                tuple(map(str, document["place_names"])),
                tuple(map(float, document["place_mean"])),
                tuple(map(float, document["place_spread"])),
                float(document["accessibility_scale"]),
            )
        except (KeyError, TypeError, ValueError):
            raise UserError(
                "The model's description of regions is damaged.", "Copy the model folder again.", "inputs"
            ) from None
