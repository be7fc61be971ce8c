"""What yeast data and models must fulfil, over plain arrays and names: a UserError names the first that does not."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few

BEFORE_REFIT = "before_refit"  # in a run: the model that was judged, if the run's own one has seen everything


def check_unique(names: Any, what: str, where: str) -> None:
    """Raises UserError when a name occurs twice."""
    index = pd.Index(names)
    repeated = index[index.duplicated()].unique()
    if len(repeated):
        raise UserError(
            f"{len(repeated)} {what} {'ids occur' if len(repeated) > 1 else 'id occurs'} more than once: "
            f"{first_few(repeated)}.",
            f"Give every {what} an id of its own, or remove the repeated ones.",
            where,
        )


def check_expression(expression: np.ndarray, samples: np.ndarray, regions: np.ndarray, where: str) -> None:
    """Raises UserError for negative or infinite values of [S, R], with the first one's sample and region."""
    for wrong, what in ((expression < 0, "negative"), (np.isinf(expression), "infinite")):
        number = int(np.count_nonzero(wrong))
        if number:
            sample, region = np.argwhere(wrong)[0]
            raise UserError(
                f"{number:,} expression {'values are' if number > 1 else 'value is'} {what}, the first in sample "
                f"{samples[sample]} at region {regions[region]}.",
                "Give expression from 0 up, for instance log(1 + TPM), and leave missing values empty.",
                where,
            )


def check_accessibility(values: np.ndarray, where: str) -> None:
    """Raises UserError for negative or infinite values of [R] or [S, R]; NaN is missing."""
    if np.isinf(values).any() or (values < 0).any():
        raise UserError("Accessibility holds negative or infinite values.", "Give values from 0 up.", where)


def check_any_motif(scores: np.ndarray, where: str) -> None:
    """Raises UserError unless some score of [R, M] tells regions apart."""
    if not scores.any():
        raise UserError(
            f"All {scores.shape[1]} motif columns are zero everywhere, so nothing tells the regions apart.",
            "Give motif scores of these regions, or sequences with --motif-file.",
            where,
        )


def check_not_predicted(predicted_by: str, where: str) -> None:
    """Raises UserError for expression that a model has predicted."""
    if predicted_by:
        raise UserError(
            "The expression in this file was predicted by a model, and predictions are not measurements.",
            "Name the file of measured expression with --data.",
            where,
        )


def check_measured(expression: np.ndarray | None, where: str) -> None:
    """Raises UserError unless some expression was measured."""
    if expression is None or not np.isfinite(expression).any():
        raise UserError(
            "These data hold no measured expression.",
            "Name a table of expression with --expression, or the column with --target-column.",
            where,
        )


def check_model_motifs(model: Collection[str], data: Collection[str], where: str) -> str:
    """What is to be said of motifs that the data lack, "" for nothing. Raises UserError where they lack them all."""
    absent = len(set(model) - set(data))
    if absent == len(model):
        raise UserError("None of the model's motifs is in these data.", "Use the motifs it was trained with.", where)
    return f"{absent} of the model's {len(model)} motifs are not in these data and count as absent." if absent else ""


def check_predicts(document: Mapping[str, Any], path: Path) -> None:
    """Raises UserError for the document of a model that was only pretrained."""
    if document.get("kind") != "trained":
        raise UserError(
            "This model was pretrained on motifs only and predicts no expression.",
            "Train from it: get-yeast train --checkpoint with this folder.",
            str(path),
        )


def check_training_data(data: Path | None) -> None:
    """Raises UserError where the file that a model was trained on is gone."""
    if data is not None and not data.exists():
        raise UserError(
            "The data this model was trained on are no longer where they were.", "Name data with --data.", str(data)
        )


def folder_to_judge(run: Path, document: Mapping[str, Any]) -> Path:
    """The folder of the model that has not seen what its training held out. Raises UserError where none was kept."""
    if (run / BEFORE_REFIT).is_dir():
        return run / BEFORE_REFIT
    if document["settings"]["split"]["refit"]:
        raise UserError(
            "This model has seen everything, also what its training held out, so nothing is left to judge it by.",
            "Name data it has not seen with --data, or the folder of its run.",
            str(run),
        )
    return run


def numbers_of(column: pd.Series, where: str, *, whole: bool = False) -> np.ndarray:
    """The column as float64, or as int64 where `whole`. Raises UserError for text, and for gaps in whole numbers."""
    values = pd.to_numeric(column.astype(object), errors="coerce").to_numpy(dtype=np.float64)
    bad = np.isnan(values) & (column.notna().to_numpy() | whole)
    if bad.any():
        row = int(bad.argmax())
        raise UserError(
            f"{column.iloc[row]!r} of {column.index[row]} is not a number.",
            "Correct this column and save again.",
            where,
        )
    return values.astype(np.int64) if whole else values
