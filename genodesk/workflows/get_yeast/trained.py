"""A trained model as people keep and share it: the network, what known regions do besides, how data become inputs."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from genodesk.core.errors import UserError
from genodesk.core.settings import plain
from genodesk.engine.model_folder import find_model, read_document, read_model, write_model
from genodesk.workflows.get_yeast.checks import check_predicts, folder_to_judge
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.encoding import ConditionEncoder
from genodesk.workflows.get_yeast.film import Conditions, design
from genodesk.workflows.get_yeast.inputs import RegionInputs, RegionTensors
from genodesk.workflows.get_yeast.model import GetSizes, YeastNetwork, YeastSizes
from genodesk.workflows.get_yeast.region_effects import RegionEffects
from genodesk.workflows.get_yeast.settings import TrainSettings
from genodesk.workflows.get_yeast.task import predict_all

WORKFLOW = "get-yeast"
HASH_SHOWN = 12  # digits, of the weights in the name of a model
KEPT = 64  # regions of which a model keeps the values of each sample it has learned


@dataclass(frozen=True)
class Trained:
    """A network with everything needed to use it on new regions and cultures.

    `level` [regions of `level_ids`] is each region's mean expression in training, NaN where it was never measured;
    `sample_ids` are the samples measured there. `kept_values` float32 [samples, regions of `kept_ids`] are some of what
    it learned of them, NaN where it did not, None in models that kept none: they tell these samples from others.
    """

    network: YeastNetwork
    inputs: RegionInputs
    encoder: ConditionEncoder
    effects: RegionEffects
    level_ids: tuple[str, ...]
    level: np.ndarray
    sample_ids: tuple[str, ...]
    kept_values: np.ndarray | None
    window: int
    use_conditions: bool
    document: Mapping[str, Any]
    device: str = "cpu"

    @property
    def kept_ids(self) -> tuple[str, ...]:
        """The regions of which some values were kept."""
        return tuple(self.level_ids[place] for place in kept_places(len(self.level_ids)))

    @property
    def motif_names(self) -> tuple[str, ...]:
        """The motifs the network knows, in its order."""
        return self.inputs.motif_names

    def predict(
        self,
        data: YeastData,
        conditions: pd.DataFrame | None = None,
        motifs: np.ndarray | None = None,
        *,
        varied: bool = False,
    ) -> np.ndarray:
        """Expression float32 [S, R], from 0 up, of the regions of `data` under its conditions, or under others.

        `motifs` [R, M], in the order of `motif_names`, stand in for those of the data (a knock-out). With `varied` the
        other conditions are what the culture of `data` (one, or each its own) would have met in the same experiment.
        """
        path = self.motif_path(data, conditions, varied=varied)
        # Added for the region as it is: a knock-out must not change it.
        added = self.region_part(data, conditions, path, varied=varied)
        told = path if motifs is None else self.motif_path(data, conditions, motifs, varied=varied)
        return np.maximum(told + added, 0.0)

    def motif_path(
        self,
        data: YeastData,
        conditions: pd.DataFrame | None = None,
        motifs: np.ndarray | None = None,
        *,
        varied: bool = False,
    ) -> np.ndarray:
        """What motifs, accessibility and place say alone, float32 [S, R]."""
        regions = self.region_tensors(data, conditions, varied=varied)
        if motifs is not None:
            regions = regions.with_motifs(torch.from_numpy(np.asarray(motifs, dtype=np.float32)))
        windows = self.inputs.windows(data, self.window)
        return predict_all(self.network, regions, self.conditions(data, conditions), windows, self.device)

    def region_part(
        self,
        data: YeastData,
        conditions: pd.DataFrame | None = None,
        path: np.ndarray | None = None,
        *,
        varied: bool = False,
    ) -> np.ndarray:
        """What known regions add to `path` (that of these data where none is given), float32 [S, R]; 0 for others."""
        path = self.motif_path(data, conditions, varied=varied) if path is None else path
        asked, sizes = self.conditions(data, conditions), self.encoder.sizes
        own = design(self.conditions(data), sizes) if varied else None
        return self.effects.of(
            data.regions.ids, design(asked, sizes), asked.recorded, torch.from_numpy(path), own
        ).numpy()

    def seen(self, data: YeastData) -> np.ndarray:
        """Which regions were measured in training, bool [R]."""
        return np.isfinite(self.training_level(data))

    def training_level(self, data: YeastData) -> np.ndarray:
        """Each region's mean expression in training, float32 [R]; NaN for regions not seen."""
        place = dict(zip(self.level_ids, self.level, strict=True))
        return np.array([place.get(str(name), np.nan) for name in data.regions.ids], dtype=np.float32)

    def lost_neighbours(self, data: YeastData) -> list[str]:
        """Sentences about regions that the model sees among other neighbours than in training, or did not know."""
        return self.inputs.lost_neighbours(data, self.window)

    def conditions(self, data: YeastData, conditions: pd.DataFrame | None = None) -> Conditions:
        """The encoded conditions of the data, or others, as tensors."""
        known = Conditions.of(self.encoder.encode(data.conditions if conditions is None else conditions))
        return known if self.use_conditions else known.blank()

    def region_tensors(
        self, data: YeastData, conditions: pd.DataFrame | None = None, *, varied: bool = False
    ) -> RegionTensors:
        """The regions as the network sees them. Under other conditions their accessibility is the samples' mean, under
        varied ones that of the culture."""
        regions = self.inputs.tensors(data)
        if conditions is None or varied or regions.accessibility.shape[0] == 1:
            return regions
        return RegionTensors(regions.motifs, regions.place, regions.accessibility.mean(dim=0, keepdim=True))

    def path_of(self, data: YeastData) -> Callable[[Tensor], Tensor]:
        """The motif path [S, R] of these regions as a function of motif scores [R, M], which carries gradients back."""
        regions, conditions = self.region_tensors(data), self.conditions(data).to(self.device)
        windows = self.inputs.windows(data, self.window)
        rows = torch.from_numpy(np.maximum(windows, 0)).to(self.device)
        real = torch.from_numpy(windows >= 0).to(self.device)
        place = torch.empty(len(data.regions), dtype=torch.int64, device=self.device)
        place[rows[real]] = torch.arange(int(real.sum()), device=self.device)

        def path(motifs: Tensor) -> Tensor:
            there = regions.with_motifs(motifs).to(self.device).take(rows)
            return self.network(there, conditions, real)[:, real][:, place]

        return path


def kept_places(regions: int) -> np.ndarray:
    """Which of so many regions of training, in their order, stand for all: spread evenly, so that parts hold some."""
    return np.unique(np.linspace(0, regions - 1, min(KEPT, regions)).astype(np.int64))


def save_trained(folder: Path, trained: Trained, settings: TrainSettings, about: Mapping[str, Any]) -> None:
    """Writes a model folder. `about` holds what the card tells: metrics, baselines, what was held out."""
    document = {
        "kind": "trained",
        "sizes": asdict(trained.network.sizes),
        "inputs": trained.inputs.to_json(),
        "encoder": trained.encoder.to_json(),
        "effects": trained.effects.to_json(),
        "level_ids": list(trained.level_ids),
        "sample_ids": list(trained.sample_ids),
        "window": trained.window,
        "use_conditions": trained.use_conditions,
        "settings": plain(settings),
        "about": dict(about),
    }
    tensors = {f"network.{name}": tensor for name, tensor in trained.network.state_dict().items()}
    tensors |= trained.effects.tensors() | {"level": torch.from_numpy(trained.level.astype(np.float32))}
    if trained.kept_values is not None:
        tensors["kept_values"] = torch.from_numpy(trained.kept_values.astype(np.float32))
    write_model(folder, WORKFLOW, tensors, document, _card(trained, about, settings.split.refit))


def load_trained(path: Path, device: str = "cpu", *, before_refit: bool = False) -> Trained:
    """The model in a run or model folder, in evaluation mode. Raises UserError.

    With `before_refit` the one that was judged, which has not seen the held-out part.
    """
    known = read_document(path, WORKFLOW)
    check_predicts(known, path)
    document, tensors = read_model(folder_to_judge(path, known) if before_refit else path, WORKFLOW)
    try:
        sizes = document["sizes"]
        region = GetSizes(**sizes["region"])
        network = YeastNetwork(YeastSizes(**{**sizes, "region": region, "classes": tuple(sizes["classes"])}))
        network.load_state_dict(
            {name.removeprefix("network."): t for name, t in tensors.items() if name.startswith("network.")}
        )
        return Trained(
            network=network.to(device).eval(),
            inputs=RegionInputs.from_json(document["inputs"]),
            encoder=ConditionEncoder.from_json(document["encoder"]),
            effects=RegionEffects.from_saved(tensors, document["effects"]),
            level_ids=tuple(map(str, document["level_ids"])),
            level=tensors["level"].numpy(),
            sample_ids=tuple(map(str, document.get("sample_ids", ()))),
            kept_values=tensors["kept_values"].numpy() if "kept_values" in tensors else None,
            window=int(document["window"]),
            use_conditions=bool(document["use_conditions"]),
            document=document,
            device=device,
        )
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError):
        raise UserError(
            "model.json does not describe the weights beside it.", "Copy the model folder again.", str(find_model(path))
        ) from None


def name_of_model(path: Path) -> str:
    """What a run or model folder is called, without where it lies, and the beginning of its weights' sha256.

    For example "my-yeast (weights 3fa9c2d1e5b0)". Raises UserError where no model lies there.
    """
    folder = find_model(path.resolve())
    run = folder.parent if (folder.parent / "run.json").is_file() else folder
    return f"{run.name} (weights {read_document(folder, WORKFLOW)['weights_sha256'][:HASH_SHOWN]})"


def _card(trained: Trained, about: Mapping[str, Any], refit: bool) -> str:
    """A model card in Markdown: what it is for, what it saw, how good it is, what it must not be used for."""
    rows = "\n".join(
        f"| {name} | {value:.4g} |"
        for name, value in about.get("metrics", {}).items()
        if isinstance(value, int | float)
    )
    notice = f"\n{about['licence']}\n" if about.get("licence") else ""
    not_learned = f"\n* {about['not_refitted']}" if about.get("not_refitted") else ""
    return f"""# GET yeast model

Predicts expression of yeast regions from {len(trained.motif_names)} motifs, accessibility and culture conditions.

* regions with a level of their own: {len(trained.effects.ids)}
* {about.get("held_out", "")}{not_learned}

| measured on what was held out{", before the refit" * refit} | value |
| --- | --- |
{rows}

Predictions for regions or conditions unlike those of training are extrapolations and are flagged as such.
{notice}"""
