"""The quick look before a training and before genes are generated: no torch, nothing computed."""

import os
import shutil
from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.core.workflow import Notice
from genodesk.engine.data.destination import check_destination
from genodesk.engine.nn.dnabert2_config import check_dnabert2
from genodesk.workflows.genechat.download_place import MODEL_NAME, check_part
from genodesk.workflows.genechat.language import fit_check, read_language, weights_of, what_is_trained
from genodesk.workflows.genechat.pairs import check_place, read_header
from genodesk.workflows.genechat.servers import LOCAL, parsed
from genodesk.workflows.genechat.settings import LanguageSettings, TrainSettings
from genodesk.workflows.genechat.settings_actions import DemoDataSettings, DownloadSettings, ImportSettings

_LONGEST_NAME = 200  # bytes; folders of work beside it have longer ones
_HIGH_RATE = 5e-4  # for a language model that knows something already


def check_train(settings: TrainSettings) -> list[Notice]:
    """The genes, the two models, and what of memory they need."""
    if settings.training.max_steps is None and settings.training.epochs is None:
        raise UserError("The training has no length.", "Set --epochs or --max-steps.", "training")
    notices = _check_genes(settings)
    if settings.encoder.dna_encoder is not None:
        check_dnabert2(settings.encoder.dna_encoder)
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


def check_download(settings: DownloadSettings) -> list[Notice]:
    """The name, the addresses and the place of the folder; the hub is not asked."""
    if not MODEL_NAME.fullmatch(settings.model):
        raise UserError(
            f"{settings.model or 'Nothing'} is no name of a model.",
            "Write USER/NAME as it stands above the model's page.",
            "--model",
        )
    address = parsed(settings.service)
    if not address.hostname or (address.scheme != "https" and address.hostname not in LOCAL):
        raise UserError("This is no address of a hub.", "Give one that begins with https://.", "--service")
    if not settings.revision.strip():
        raise UserError("No revision is named.", "Leave --revision away for the newest.", "--revision")
    _check_new(settings.out)
    check_part(settings)
    free = shutil.disk_usage(settings.out.parent).free
    return [
        Notice(
            f"The model comes over the internet and can have tens of GB; {free / 1e9:,.0f} GB are free there.",
            setting="out",
            calm=True,
        )
    ]


def check_import(settings: ImportSettings) -> list[Notice]:
    """The checkpoint, the folders of both models and the place of the new one."""
    if not settings.checkpoint.is_file():
        raise UserError("There is no such checkpoint.", "Check the path.", str(settings.checkpoint))
    check_dnabert2(settings.dna_encoder)
    read_language(settings.language)
    _check_new(settings.out)
    return []


def _check_genes(settings: TrainSettings) -> list[Notice]:
    if not settings.genes.given:
        raise settings.genes.missing()
    if settings.genes.data is None:
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


def _check_language(settings: LanguageSettings, device: str) -> list[Notice]:
    assert settings.language is not None
    about = read_language(settings.language)
    if device != "cpu":
        return []  # which device it will be, and how much memory it has, is asked by the run, which has torch
    training = what_is_trained(settings) == "full"
    fit = fit_check(settings.language, "cpu", weights_of(settings), settings.quantise, training=training)
    if fit.fits:
        return []
    return [
        Notice(
            f"{about.path.name} needs {fit.needed / 1e9:.1f} GB of memory; {fit.free / 1e9:.1f} GB are free.",
            "Choose a smaller model, or a computer with more memory.",
            "language",
        )
    ]


def _check_new(folder: Path) -> None:
    """Raises UserError where a model folder cannot be written."""
    if len(os.fsencode(folder.name)) > _LONGEST_NAME:
        raise UserError("The name of the new folder is too long.", "Name another.", "--out")
    if folder.exists():
        raise UserError("Something has this name already; no model is overwritten.", "Name a new folder.", str(folder))
    check_destination(folder)
    if not os.access(folder.parent, os.W_OK):
        raise UserError(f"Nothing may be written into {folder.parent}.", "Name another folder.", "--out")
