"""The optimiser and its learning rate. The rate is a pure function of the step, so a schedule needs no saved state."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from genodesk.core.errors import UserError
from genodesk.core.training_settings import TrainingSettings


def planned_steps(settings: TrainingSettings, steps_per_epoch: int) -> int:
    """The number of updates that the settings ask for. Raises UserError where they give neither steps nor epochs."""
    if settings.max_steps is not None:
        return settings.max_steps
    if settings.epochs is None:
        raise UserError("The training has no length.", "Set max_steps or epochs.", "training")
    return math.ceil(settings.epochs * steps_per_epoch / settings.accumulate)


def make_optimizer(model: nn.Module, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019) over the trainable weights; biases, norms and other vectors do not decay."""
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            vector = parameter.ndim <= 1 or name.rpartition(".")[2] == "bias"
            (free if vector else decayed).append(parameter)
    fused = all(parameter.device.type in ("cpu", "cuda") for parameter in (*decayed, *free))
    groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=settings.learning_rate, fused=fused)


def learning_rate(step: int, total: int, settings: TrainingSettings) -> float:
    """The rate of update `step` (0 is the first) of `total`.

    It rises linearly over `warmup_steps` updates, reaching the full rate at the last of them, then stays, falls along
    half a cosine or falls linearly; after the last update it would be zero.
    """
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    done = (step - settings.warmup_steps) / max(1, total - settings.warmup_steps)
    match settings.schedule:
        case "cosine":
            return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
        case "linear":
            return settings.learning_rate * (1 - done)
    return settings.learning_rate


def optimizer_tensors(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """The optimiser's memory by weight: `NAME|exp_avg`, `NAME|exp_avg_sq`, `NAME|step`."""
    return {
        f"{name}|{key}": value
        for name, parameter in model.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def load_optimizer(optimizer: torch.optim.Optimizer, model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Puts back what `optimizer_tensors` gave. Rates and decays stay as the settings say."""
    by_name: dict[str, dict[str, Tensor]] = {}
    for label, tensor in tensors.items():
        name, _, key = label.rpartition("|")
        by_name.setdefault(name, {})[key] = tensor
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    in_order = [names[id(parameter)] for group in optimizer.param_groups for parameter in group["params"]]
    state = {number: by_name[name] for number, name in enumerate(in_order) if name in by_name}
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
