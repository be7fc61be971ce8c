"""The quick look before a trained model is used, and before made-up yeast is written: no torch, nothing computed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.workflow import Notice
from genodesk.engine.model_folder import read_document
from genodesk.workflows.get_yeast.asked import check_to_explain, check_to_predict, fields_to_sweep, places_of
from genodesk.workflows.get_yeast.check import check_out, check_reading, check_yeast, look
from genodesk.workflows.get_yeast.checks import (
    check_model_motifs,
    check_predicts,
    check_training_data,
    folder_to_judge,
)
from genodesk.workflows.get_yeast.condition_sheet import read_sheet
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.encoding import ConditionEncoder
from genodesk.workflows.get_yeast.settings import TrainSettings, YeastSettings
from genodesk.workflows.get_yeast.settings_actions import (
    DemoDataSettings,
    EvaluateSettings,
    ExplainSettings,
    PredictSettings,
)
from genodesk.workflows.get_yeast.yeast import load_yeast


def check_evaluate(settings: EvaluateSettings) -> list[Notice]:
    """The model, and the data where some are given, or that its training has kept something to judge it by."""
    if not settings.yeast.given:
        folder_to_judge(settings.run, _document(settings.run))
    return _check(settings.run, settings.yeast, measured=True)


def check_predict(settings: PredictSettings) -> list[Notice]:
    """The model, the data where some are given, and the table of cultures."""
    if settings.yeast.data is None and settings.yeast.reading.conditions is not None:
        raise UserError(
            "--conditions completes a data file, but no file is named.",
            "Name cultures to predict with --cultures, or the file with --data as well.",
            "--conditions",
        )
    # A table of cultures may be scaled without any data.
    scaled = () if settings.cultures is None else ("conditions_scaled",)
    notices = _check(settings.run, settings.yeast, measured=False, also_of=scaled)
    if settings.cultures is not None:
        sheet = read_sheet(settings.cultures, (), settings.yeast.reading.conditions_scaled)
        notices += [Notice(text, setting="cultures") for text in sheet.notices]
        check_to_predict(len(sheet.conditions))
    elif settings.yeast.data is not None:
        check_to_predict(len(look(settings.yeast.data, settings.yeast.reading).samples))
    return notices


def check_explain(settings: ExplainSettings) -> list[Notice]:
    """The model, the data where some are given, and the names of motifs, conditions, regions and the culture."""
    document = _document(settings.run)
    places_of(settings.knock_out, document["inputs"]["motif_names"], "motif", "--knock-out")
    fields_to_sweep(ConditionEncoder.from_json(document["encoder"]), settings.sweep)
    notices = _check(settings.run, settings.yeast, measured=False)
    if settings.yeast.data is not None or settings.regions or settings.culture is not None:
        used = settings if settings.yeast.given else TrainSettings.model_validate(document["settings"])
        check_to_explain(_seen(used.yeast, used.runtime.seed), settings.regions, settings.culture)
    return notices


def check_demo_data(settings: DemoDataSettings) -> list[Notice]:
    """The place of the file."""
    return check_out(settings.out)


def _check(run: Path, yeast: YeastSettings, *, measured: bool, also_of: Sequence[str] = ()) -> list[Notice]:
    document = _document(run)
    check_reading(yeast, also_of)
    if not yeast.given:
        used = document["settings"]["yeast"]["data"]
        check_training_data(None if used is None else Path(used))
        return []
    motifs = document["inputs"]["motif_names"]
    notices, data = check_yeast(yeast, measured=measured)
    absent = check_model_motifs(motifs, motifs if data is None else data.motif_names, str(yeast.data))
    return [*notices, Notice(absent, setting="data")] if absent else notices


def _seen(yeast: YeastSettings, seed: int) -> YeastData:
    """The data, as far as a quick look tells."""
    return load_yeast(yeast, seed) if yeast.data is None else look(yeast.data, yeast.reading)


def _document(run: Path) -> dict[str, Any]:
    document = read_document(run, "get-yeast")
    check_predicts(document, run)
    return document
