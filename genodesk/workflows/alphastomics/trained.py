"""A trained model as people keep and share it: the network with everything needed to use it on new cells."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from genodesk.core.errors import UserError
from genodesk.core.settings import plain
from genodesk.engine.model_folder import find_model, read_model, write_model
from genodesk.workflows.alphastomics.denoiser import build_network
from genodesk.workflows.alphastomics.diffusion import Mode, Schedule
from genodesk.workflows.alphastomics.model import ModelSizes
from genodesk.workflows.alphastomics.scaling import Scaling
from genodesk.workflows.alphastomics.settings import DiffusionSettings, MaskingSettings, ModelSettings, TrainSettings

WORKFLOW = "alphastomics"


@dataclass(frozen=True)
class Trained:
    """A network, the noise it was trained on, and the units of its inputs and outputs."""

    network: nn.Module
    sizes: ModelSizes
    schedule: Schedule
    mode: Mode
    scaling: Scaling
    label_names: tuple[str, ...]
    held_out: tuple[str, ...]
    document: Mapping[str, Any]


def network_sizes(model: ModelSettings, masking: MaskingSettings, genes: int) -> ModelSizes:
    """The widths the settings ask for, for this many genes."""
    shape = model.model_dump(exclude={"network", "training_mode"})
    extra = 1 if model.network == "standard" else 0
    return ModelSizes(genes=genes, extra_inputs=extra, enable_masking=masking.enable_masking, **shape)


def noise_schedule(settings: DiffusionSettings) -> Schedule:
    """The schedule the settings ask for."""
    return Schedule(settings.timesteps, settings.nu_expression, settings.nu_position)


def save_trained(
    folder: Path,
    network: nn.Module,
    settings: TrainSettings,
    scaling: Scaling,
    label_names: tuple[str, ...],
    held_out: tuple[str, ...],
    about: Mapping[str, Any],
) -> None:
    """Writes the model folder. `about` holds what the card tells: steps, metrics, baselines, data."""
    sizes = network_sizes(settings.model, settings.masking, len(scaling.genes))
    document = {
        "network": settings.model.network,
        "sizes": asdict(sizes),
        "diffusion": plain(settings.diffusion),
        "training_mode": settings.model.training_mode,
        "scaling": scaling.to_dict(),
        "label_names": list(label_names),
        "held_out": list(held_out),
        "settings": plain(settings),
        "about": dict(about),
    }
    write_model(folder, WORKFLOW, network.state_dict(), document, _card(settings, scaling, about))


def load_trained(path: Path, device: str = "cpu") -> Trained:
    """The model in a run or model folder, in evaluation mode on the device. Raises UserError."""
    document, tensors = read_model(path, WORKFLOW)
    try:
        sizes = ModelSizes(**document["sizes"])
        network = build_network(document["network"], sizes)
        network.load_state_dict(tensors)
        return Trained(
            network=network.to(device).eval(),
            sizes=sizes,
            schedule=noise_schedule(DiffusionSettings.model_validate(document["diffusion"])),
            mode=document["training_mode"],
            scaling=Scaling.from_dict(document["scaling"]),
            label_names=tuple(document["label_names"]),
            held_out=tuple(document["held_out"]),
            document=document,
        )
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise UserError(
            "model.json does not describe the weights beside it.", "Copy the model folder again.", str(find_model(path))
        ) from None


def _card(settings: TrainSettings, scaling: Scaling, about: Mapping[str, Any]) -> str:
    """A model card in Markdown: what it is for, what it saw, how good it is, what it must not be used for."""
    task = {
        "expr_to_pos": "places cells in the tissue from their expression",
        "pos_to_expr": "paints expression onto positions",
        "joint": "generates cells with positions and expression",
    }[settings.model.training_mode]
    metrics = "\n".join(
        f"| {name} | {value:.4g} |"
        for name, value in about.get("metrics", {}).items()
        if isinstance(value, int | float)
    )
    return f"""# AlphaSTomics model

Masked diffusion over expression and position; this model {task}.

* genes: {len(scaling.genes)}
* trained for {about.get("steps", "?")} steps on {about.get("cells", "?")} cells of {about.get("slices", "?")} slices
* positions in {scaling.coordinate_unit}

| measured on held-out slices before the refit | value |
| --- | --- |
{metrics}

Use it on tissue of the same kind, measured with the same genes. Positions are known only up to turning and mirroring.
"""
