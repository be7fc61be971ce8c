"""Pairs of a gene and what is said of it, and the folder in which a prepared set of them lies.

The folder holds an Arrow dataset for each part and pairs.json, a short header that a check reads without Arrow.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from genodesk.core.disk import write_json
from genodesk.core.errors import UserError

FORMAT = 1
HEADER = "pairs.json"
PARTS = ("train", "validation", "test")
_SET, _PART = (HEADER, "dataset_dict.json"), ("dataset_info.json", "state.json")  # files of a set and of each part
_BEFORE = ".before"
_HINT = "Name a folder that `genodesk-engine genechat prepare` has written."


@dataclass(frozen=True)
class Pair:
    """A question about a gene and its answer.

    `id` is unique within a set, `gene` is the gene's name, `sequence` is upper-case ACGTN, `family` names genes of like
    sequence (which a split by family keeps together), `source` says where the answer comes from.
    """

    id: str
    gene: str
    sequence: str
    prompt: str
    answer: str
    family: str
    source: str


@dataclass(frozen=True)
class PairsHeader:
    """What pairs.json says: the number of pairs of each part, and the report of how the set was made."""

    counts: dict[str, int]
    report: dict[str, Any]


def save_pairs(folder: Path, parts: Mapping[str, Sequence[Pair]], report: Mapping[str, Any]) -> None:
    """Writes the folder, whole or not at all; a set of pairs that is there already is replaced, and whatever else lies
    in its folder stays. Raises UserError."""
    from datasets import Dataset, DatasetDict, Features, Value, disable_progress_bars

    check_place(folder)
    disable_progress_bars()
    kind = Features({name: Value("large_string") for name in _names()})
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        # A part without pairs is not written: datasets cannot read it back.
        columns = {part: {name: [getattr(pair, name) for pair in pairs] for name in _names()}
                   for part, pairs in parts.items() if pairs}  # fmt: skip
        DatasetDict({part: Dataset.from_dict(values, features=kind) for part, values in columns.items()}).save_to_disk(
            made
        )
        counts = {part: len(pairs) for part, pairs in parts.items()}
        write_json(made / HEADER, {"format": FORMAT, "pairs": counts, "report": dict(report)})
        made.chmod(0o755)
        _put(made, folder)
    finally:
        if not (made / _BEFORE).exists():  # nothing else holds the former set
            shutil.rmtree(made, ignore_errors=True)


def _put(made: Path, folder: Path) -> None:
    """Gives a new set the name of the folder. What was there is back where that fails; else what is no set stays."""
    if not folder.exists():
        made.rename(folder)
        return
    folder.rename(made / _BEFORE)
    try:
        made.rename(folder)
    except BaseException:
        (made / _BEFORE).rename(folder)
        raise
    before = folder / _BEFORE
    for place in [place for place in (before, *(before / part for part in PARTS)) if place.is_dir()]:
        for path in [path for path in place.iterdir() if not _is_of_a_set(path.relative_to(before))]:
            kept = folder / path.relative_to(before)
            kept.parent.mkdir(exist_ok=True)
            path.rename(kept)
    shutil.rmtree(before, ignore_errors=True)


def _is_of_a_set(path: Path) -> bool:
    """Whether a file or folder in a prepared folder was written by `save_pairs`."""
    if len(path.parts) == 1:
        return path.name in (*PARTS, *_SET)
    return path.suffix == ".arrow" or path.name in _PART


def load_pairs(folder: Path) -> dict[str, list[Pair]]:
    """The pairs of every part. Raises UserError where the folder holds none or is damaged."""
    from datasets import disable_progress_bars, load_from_disk

    header = read_header(folder)
    disable_progress_bars()
    try:
        found = load_from_disk(str(folder))
        parts = {part: _pairs(found[part]) if number else [] for part, number in header.counts.items()}
    except Exception as error:  # datasets and Arrow share no base class for "this folder is damaged"
        raise UserError("This set of pairs is damaged.", "Prepare it again.", str(folder)) from error
    if {part: len(pairs) for part, pairs in parts.items()} != header.counts:
        raise UserError("This set of pairs is incomplete.", "Prepare it again.", str(folder))
    return parts


def read_header(folder: Path) -> PairsHeader:
    """pairs.json alone. Raises UserError where it is missing, unreadable or newer than this program."""
    if not folder.is_dir():
        raise UserError("There is no such folder.", _HINT, str(folder))
    try:
        document = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        version = int(document["format"])
        counts = {str(part): int(number) for part, number in document["pairs"].items()}
        report = dict(document["report"])
    except FileNotFoundError:
        raise UserError("This folder holds no pairs of genes and answers.", _HINT, str(folder)) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError("pairs.json in this folder cannot be read.", "Prepare the set again.", str(folder)) from None
    if version > FORMAT:
        raise UserError("These pairs were made by a newer Genodesk.", "Update Genodesk to use them.", str(folder))
    return PairsHeader(counts, report)


def check_place(folder: Path) -> None:
    """Raises UserError where a set of pairs cannot be written: no folder above it, or something else stands there, or
    files that lay beside a former set and were not moved."""
    if not folder.parent.is_dir():
        raise UserError(f"There is no folder {folder.parent} to write to.", "Make it first.", "--out")
    if (folder / _BEFORE).exists():
        raise UserError(
            f"This folder holds {_BEFORE}, what is left of a set that was replaced, maybe with files of your own.",
            f"Move what you need out of {_BEFORE}, then delete it.",
            str(folder / _BEFORE),
        )
    if folder.exists() and not (folder / HEADER).is_file():
        raise UserError(
            "Something else has this name already, so the pairs are not written there.",
            "Name another folder with --out.",
            str(folder),
        )


def _pairs(rows: Any) -> list[Pair]:
    columns = rows[:]
    return [Pair(*values) for values in zip(*(columns[name] for name in _names()), strict=True)]


def _names() -> list[str]:
    return [field.name for field in fields(Pair)]
