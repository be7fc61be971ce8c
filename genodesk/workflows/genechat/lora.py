"""LoRA through peft (Hu et al. 2021, arXiv 2106.09685): small trainable additions beside a frozen language model."""

from pathlib import Path
from typing import Any

from torch import nn

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.settings import LoraSettings

FOLDER, WEIGHTS = "lora", "adapter_model.safetensors"


def add_lora(language: Any, settings: LoraSettings) -> Any:
    """The frozen model with additions beside the named linear layers of every block; they alone are trained."""
    from peft import LoraConfig, get_peft_model

    check_targets(language, settings.lora_targets)
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,  # type: ignore[arg-type]
        lora_dropout=settings.lora_dropout,
        target_modules=list(settings.lora_targets),
        bias="none",
    )
    return get_peft_model(language, config)


def check_targets(language: nn.Module, targets: tuple[str, ...]) -> None:
    """Raises UserError unless the model has layers of every one of these names."""
    linear = {
        name.rpartition(".")[2]
        for name, module in language.named_modules()
        if name and hasattr(module, "weight") and not list(module.children()) and module.weight.ndim == 2
    }
    missing = [target for target in targets if target not in linear]
    if missing or not targets:
        raise UserError(
            f"The language model has no layers called {', '.join(missing) or 'by any of the given names'}.",
            f"Name some of its own with --lora-targets: {', '.join(sorted(linear))}.",
            "--lora-targets",
        )


def save_lora(language: Any, folder: Path) -> None:
    """Writes the additions as a folder that peft reads."""
    language.save_pretrained(str(folder), save_embedding_layers=False)


def load_lora(language: Any, folder: Path) -> Any:
    """The model with the additions of a folder beside it. Raises UserError where they do not fit."""
    from peft import PeftModel

    if not (folder / WEIGHTS).is_file():  # peft would look for pickled ones, and then on the network
        raise UserError(f"The LoRA folder holds no {WEIGHTS}.", "Copy the model folder again, whole.", str(folder))
    try:
        return PeftModel.from_pretrained(language, str(folder), local_files_only=True, use_safetensors=True)
    except Exception as error:  # peft raises whatever torch, safetensors and its own checks raise
        raise UserError(
            "The LoRA additions do not fit the language model.", "Copy the model folder again.", str(folder)
        ) from error
