"""The quick look before a trained model is used, and before made-up yeast is written: no torch, nothing computed."""

from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.core.workflow import Notice
from genodesk.engine.model_folder import read_document
from genodesk.workflows.get_yeast.check import check_out, check_yeast
from genodesk.workflows.get_yeast.condition_sheet import read_sheet
from genodesk.workflows.get_yeast.conditions import CONDITION_COLUMNS
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.settings import YeastSettings
from genodesk.workflows.get_yeast.settings_actions import (
    DemoDataSettings,
    EvaluateSettings,
    ExplainSettings,
    PredictSettings,
)


def check_evaluate(settings: EvaluateSettings) -> list[Notice]:
    """The model, and the data where some are given."""
    return _check(settings.run, settings.yeast, measured=True)


def check_predict(settings: PredictSettings) -> list[Notice]:
    """The model, the data where some are given, and the table of cultures."""
    notices = _check(settings.run, settings.yeast, measured=False)
    if settings.cultures is not None:
        sheet = read_sheet(settings.cultures, (), settings.yeast.reading.conditions_scaled)
        notices += [Notice(text, setting="cultures") for text in sheet.notices]
    return notices


def check_explain(settings: ExplainSettings) -> list[Notice]:
    """The model, the data where some are given, and the names of motifs and conditions."""
    known = [str(name) for name in _document(settings.run)["inputs"]["motif_names"]]
    _check_names(settings.knock_out, known, "motif", "--knock-out")
    _check_names(settings.sweep, list(CONDITION_COLUMNS), "condition", "--sweep")
    return _check(settings.run, settings.yeast, measured=False)


def check_demo_data(settings: DemoDataSettings) -> list[Notice]:
    """The place of the file."""
    check_out(settings.out)
    return []


def _check(run: Path, yeast: YeastSettings, *, measured: bool) -> list[Notice]:
    names = [str(name) for name in _document(run)["inputs"]["motif_names"]]
    if yeast.data is None:
        return []
    notices, data = check_yeast(yeast, measured=measured)
    return notices + (_about_motifs(names, data, str(yeast.data)) if data is not None else [])


def _about_motifs(names: list[str], data: YeastData, where: str) -> list[Notice]:
    absent = set(names) - set(data.motif_names)
    if len(absent) == len(names):
        raise UserError("None of the model's motifs is in these data.", "Use the motifs it was trained with.", where)
    if not absent:
        return []
    return [Notice(f"{len(absent)} of the model's {len(names)} motifs are not in these data and count as absent.")]


def _check_names(asked: tuple[str, ...], known: list[str], what: str, option: str) -> None:
    for name in asked:
        if name not in known:
            raise UserError(
                f"There is no {what} called {name}.", did_you_mean(name, known, f"{known[0]} is one."), option
            )


def _document(run: Path) -> dict[str, Any]:
    document = read_document(run, "get-yeast")
    if document.get("kind") != "trained":
        raise UserError(
            "This model was pretrained on motifs only and predicts no expression.",
            "Train from it: get-yeast train --checkpoint with this folder.",
            str(run),
        )
    return document
