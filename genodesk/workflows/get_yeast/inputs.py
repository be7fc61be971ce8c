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
from genodesk.workflows.get_yeast.known_regions import NOWHERE, KnownRegions
from genodesk.workflows.get_yeast.region_features import place_features, region_features
from genodesk.workflows.get_yeast.windows import neighbour_windows

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
    """How data become tensors: motif names in order and the maxima they were divided by, and scales of places.

    `known` are all regions of the data it was fitted with, among which each of them has its place.
    """

    motif_names: tuple[str, ...]
    motif_scale: tuple[float, ...] | None
    place_names: tuple[str, ...]
    place_mean: tuple[float, ...]
    place_spread: tuple[float, ...]
    accessibility_scale: float
    known: KnownRegions

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
            known=KnownRegions.of(data.regions),
        )

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What the columns are of, in their order: motifs, and places."""
        return self.motif_names, self.place_names

    @property
    def width(self) -> int:
        """Numbers per region: motifs, accessibility, place."""
        return len(self.motif_names) + 1 + len(self.place_names)

    def tensors(self, data: YeastData) -> RegionTensors:
        """The regions of any data. Motifs they lack are absent (0); an unknown accessibility is full."""
        scale = None if self.motif_scale is None else np.asarray(self.motif_scale, dtype=np.float32)
        motifs = data.aligned_motifs(list(self.motif_names), scale)
        even = (self.places(data) - np.asarray(self.place_mean)) / np.asarray(self.place_spread)
        place = np.clip(even, -MOST, MOST).astype(np.float32)
        if data.accessibility is None:
            accessible = np.ones((1, len(data.regions)), dtype=np.float32)
        else:
            accessible = np.nan_to_num(np.atleast_2d(data.accessibility)) / self.accessibility_scale
        return RegionTensors(
            torch.from_numpy(motifs), torch.from_numpy(place), torch.from_numpy(accessible.astype(np.float32))
        )

    def places(self, data: YeastData) -> np.ndarray:
        """Width and gaps of the regions, float32 [R, F] in log10 of 1 + bp.

        Those of known regions are as they were among all of these, the others' among the data. The mean of training
        where a place is unknown.
        """
        made = np.tile(np.asarray(self.place_mean, dtype=np.float32), (len(data.regions), 1))
        features, names = region_features(data)
        if names == self.place_names:
            made = features
        features, names = place_features(self.known.regions)
        if names == self.place_names:
            rows = self.known.rows(data.regions)
            made[rows != NOWHERE] = features[rows[rows != NOWHERE]]
        return made

    def windows(self, data: YeastData, size: int) -> np.ndarray:
        """`neighbour_windows` of the regions; known ones, where no others are among them, have those of training."""
        return neighbour_windows(data.regions, size, self.known.windows_of(data.regions, size))

    def lost_neighbours(self, data: YeastData, size: int) -> list[str]:
        """Sentences about regions that are seen without the neighbours they had in training, or were not there."""
        if not self.known.ids:
            return ["This model holds no places of regions, so neighbours are looked for in these data alone."]
        new, alone = int((self.known.rows(data.regions) == NOWHERE).sum()), self.known.alone(data.regions, size)
        told = []
        if new:
            told.append(
                f"{new:,} of {len(data.regions):,} regions are not where training knew any, so their neighbours are "
                "looked for in these data alone. Give all regions of their chromosomes."
            )
        if alone:
            told.append(
                f"{alone:,} of {len(data.regions):,} regions are here without some of their neighbours of training, "
                "which changes their predictions a little. Give all regions of their chromosomes."
            )
        return told

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model folder."""
        return {
            "motif_names": list(self.motif_names),
            "motif_scale": None if self.motif_scale is None else list(self.motif_scale),
            "place_names": list(self.place_names),
            "place_mean": list(self.place_mean),
            "place_spread": list(self.place_spread),
            "accessibility_scale": self.accessibility_scale,
            "regions": self.known.to_json(),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """What `to_json` gave, of which `regions` may be absent. Raises UserError for anything else."""
        try:
            scale, known = document["motif_scale"], document.get("regions")
            return cls(
                tuple(map(str, document["motif_names"])),
                None if scale is None else tuple(map(float, scale)),
                tuple(map(str, document["place_names"])),
                tuple(map(float, document["place_mean"])),
                tuple(map(float, document["place_spread"])),
                float(document["accessibility_scale"]),
                KnownRegions() if known is None else KnownRegions.from_json(known),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UserError(
                "The model's description of regions is damaged.", "Copy the model folder again.", "inputs"
            ) from None
