"""The quick look before a training and before genes are generated: no torch, nothing computed."""

from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.core.workflow import Notice
from genodesk.workflows.genechat.language import fit_check, read_language
from genodesk.workflows.genechat.pairs import check_place, read_header
from genodesk.workflows.genechat.settings import LanguageSettings, TrainSettings
from genodesk.workflows.genechat.settings_actions import DemoDataSettings

_HIGH_RATE = 5e-4  # for a language model that knows something already


def check_train(settings: TrainSettings) -> list[Notice]:
    """The genes, the two models, and what of memory they need."""
    if settings.training.max_steps is None and settings.training.epochs is None:
        raise UserError("The training has no length.", "Set --epochs or --max-steps.", "training")
    notices = _check_genes(settings)
    if settings.encoder.dna_encoder is not None:
        _check_encoder(settings.encoder.dna_encoder)
    if settings.language.language is not None:
        notices += _check_language(settings.language, settings.runtime.device)
        if settings.training.learning_rate > _HIGH_RATE:
            notices.append(
                Notice(
                    f"A learning rate of {settings.training.learning_rate:g} is high for a language model that was "
                    "trained before.",
                    "The preset `published` uses 0.0001.",
                    "learning_rate",
                )
            )
    return notices


def check_demo_data(settings: DemoDataSettings) -> list[Notice]:
    """The place of the folder."""
    check_place(settings.out)
    return []


def no_data() -> UserError:
    """Neither a prepared folder nor generated genes were given."""
    return UserError(
        "No genes are given.",
        "Name a prepared folder with --data, or try generated genes: --difficulty demo.",
        "--data",
    )


def _check_genes(settings: TrainSettings) -> list[Notice]:
    if settings.genes.data is None:
        if settings.genes.difficulty is None:
            raise no_data()
        return []
    counts = read_header(settings.genes.data).counts
    for part, purpose in (("train", "to learn from"), ("validation", "to choose the best state by")):
        if not counts.get(part):
            raise UserError(
                f"This set of pairs has none {purpose}.", "Prepare it again with more genes.", str(settings.genes.data)
            )
    if not counts.get("test"):
        return [Notice("No pairs are kept for a test, so the model will not be judged.", setting="data")]
    return []


def _check_encoder(folder: Path) -> None:
    """Raises UserError where the folder of a DNA encoder cannot be one; its weights are read by the run."""
    if not folder.is_dir():
        raise UserError("There is no such folder of a DNA encoder.", "Check the path.", str(folder))
    for name in ("config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise UserError(f"This folder of a DNA encoder holds no {name}.", "Copy it again, whole.", str(folder))


def _check_language(settings: LanguageSettings, device: str) -> list[Notice]:
    assert settings.language is not None
    about = read_language(settings.language)
    if device not in ("auto", "cpu"):
        return []  # memory of a device is asked by the run, which has torch
    fit = fit_check(settings.language, "cpu", settings.weights, settings.quantise)
    if fit.fits:
        return []
    return [
        Notice(
            f"{about.path.name} needs {fit.needed / 1e9:.1f} GB of memory; {fit.free / 1e9:.1f} GB are free.",
            "Choose a smaller model, or a computer with more memory.",
            "language",
        )
    ]
