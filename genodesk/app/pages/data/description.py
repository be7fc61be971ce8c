"""An inspected file in plain words: headline, sentence, facts, checks, columns. Reads the answer of `inspect` only."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication

from genodesk.app.amounts import bytes_words
from genodesk.app.pages.data.inspected import (
    is_cells,
    is_described,
    is_sequences,
    place_name,
    places_in,
    slice_column,
    slice_sizes,
)
from genodesk.app.pages.data.sequence_words import (
    sequences_facts,
    sequences_good_news,
    sequences_overviews,
    sequences_sentence,
)
from genodesk.app.pages.train.checking import in_titles
from genodesk.core.settings import leaves
from genodesk.core.workflow import get_workflow

translate = QCoreApplication.translate

TRAINING_UNIT = "µm"
"""The unit in which a training takes coordinates where nobody says another."""
_CATEGORIES_TOLD = 20
_SMALL_SLICES_TOLD = 3
_FEW_CELLS = 0.5  # of the median: a slice with fewer judges a model badly


@dataclass(frozen=True)
class Check:
    """Something that was looked at: `good`, or worth a person's attention."""

    good: bool
    text: str


def headline(found: dict[str, Any]) -> str:
    """The line below the file's name: "3,316 cells · 33 genes · 6 slices · raw counts · 319 kB"."""
    if not is_cells(found):
        return " · ".join((found["title"], bytes_words(found["size_bytes"])))
    parts = [
        translate("DataDescription", "{n} cells").format(n=_number(found["sizes"]["cells"])),
        translate("DataDescription", "{n} genes").format(n=_number(found["sizes"]["genes"])),
    ]
    column = slice_column(found)
    if column is not None and column.get("n_categories"):
        parts.append(translate("DataDescription", "{n} slices").format(n=_number(column["n_categories"])))
    if found["matrix"] is not None:
        parts.append(_values_text(found["matrix"]["values"]))
    return " · ".join((*parts, bytes_words(found["size_bytes"])))


def sentence(found: dict[str, Any]) -> str:
    """What the file is, for somebody who has never seen one of its kind."""
    if is_cells(found):
        return _cells_sentence(found)
    if is_described(found):
        return str(found["sentence"])
    if is_sequences(found):
        return sequences_sentence(found)
    return {
        "arrays": translate(
            "DataDescription",
            "A zarr store of plain arrays. It holds no cells and genes, so it is listed here and not drawn.",
        ),
        "run": translate("DataDescription", "The folder of a run: its settings, curves, figures and results."),
        "model": translate("DataDescription", "A model: trained weights together with a description of their network."),
        "safetensors": translate("DataDescription", "Trained weights in a format that can be read without risk."),
        "table": translate(
            "DataDescription", "A table in text form. Its first row is taken for the names of the columns."
        ),
        "workbook": translate(
            "DataDescription",
            "A workbook. Its first sheet is read, and the first row of that is taken for the names of the columns.",
        ),
    }.get(
        found["kind"],
        translate("DataDescription", "Trained weights that were looked at without running anything that is in them."),
    )


def facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, value) of whatever can be told in a word or two, in the order people ask for it."""
    told = _cells_facts(found) if is_cells(found) else _other_facts(found)
    return [*told, (translate("DataDescription", "Size"), bytes_words(found["size_bytes"]))]


def checks(found: dict[str, Any]) -> list[Check]:
    """What is in order, then what deserves attention; the warnings are the engine's own sentences."""
    good = [Check(True, text) for text in _good_news(found)]
    return good + [Check(False, text) for text in (*_warnings(found), *_units(found), *_small_slices(found))]


def overviews(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Short tables that stand below: title, columns, rows of texts."""
    return sequences_overviews(found) if is_sequences(found) else list(found.get("overviews", []))


def unit_taken(unit: str) -> str:
    """What a training makes of coordinates whose unit is `unit`; empty where that is known, and handed to it."""
    if unit:
        return ""
    taken = translate(
        "DataDescription", "A training takes the coordinates as {taken} unless you change that under Advanced."
    )
    return taken.format(taken=TRAINING_UNIT)


def values_of(column: dict[str, Any]) -> str:
    """What a column holds: its most frequent categories with their counts, or the range of its numbers."""
    if column["kind"] == "categorical":
        told = list(column["categories"].items())[:_CATEGORIES_TOLD]
        listed = ", ".join(f"{name} {_number(count)}" for name, count in told)
        rest = column["n_categories"] - len(told)
        return (
            translate("DataDescription", "{listed} and {n} more").format(listed=listed, n=_number(rest))
            if rest > 0
            else listed
        )
    low, high = column.get("range", (None, None))
    return (
        translate("DataDescription", "{low} to {high}").format(low=f"{low:,.4g}", high=f"{high:,.4g}")
        if low is not None
        else ""
    )


def kind_text(column: dict[str, Any]) -> str:
    """The kind of a column in a word: "11 labels", "numbers", "yes / no", "text"."""
    if column["kind"] == "categorical":
        return translate("DataDescription", "{n} labels").format(n=_number(column["n_categories"]))
    return {
        "numeric": translate("DataDescription", "numbers"),
        "boolean": translate("DataDescription", "yes / no"),
        "text": translate("DataDescription", "text"),
    }.get(column["kind"], translate("DataDescription", "not readable"))


def _cells_sentence(found: dict[str, Any]) -> str:
    values = found["matrix"]["values"] if found["matrix"] is not None else ""
    what = translate("DataDescription", "{cells} cells with the expression of {genes} genes").format(
        cells=_number(found["sizes"]["cells"]), genes=_number(found["sizes"]["genes"])
    )
    counted = {
        "raw counts": translate("DataDescription", "as raw counts"),
        "log-normalised": translate("DataDescription", "as log-normalised values"),
        "normalised": translate("DataDescription", "as normalised values"),
        "scaled": translate("DataDescription", "as scaled values"),
        "all zero": translate("DataDescription", "all of it zero"),
    }.get(values, translate("DataDescription", "kept in layers"))
    places = places_in(found, "space")
    where = (
        translate(
            "DataDescription",
            "The place of every cell in the tissue is known, so it can be drawn and used to learn from.",
        )
        if places
        else translate(
            "DataDescription", "The cells have no places in a tissue, so only their table and embeddings can be shown."
        )
    )
    names = ", ".join(found["genes"][:3])
    called = (
        translate("DataDescription", "The genes are called {names} and so on.")
        if found["sizes"]["genes"] > 3
        else translate("DataDescription", "The genes are called {names}.")
    ).format(names=names)
    return f"{what}, {counted}. {called} {where}"


def _cells_facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    told = [
        (translate("DataDescription", "Format"), found["format"]),
        (translate("DataDescription", "Cells"), _number(found["sizes"]["cells"])),
        (translate("DataDescription", "Genes"), _number(found["sizes"]["genes"])),
    ]
    matrix = found["matrix"]
    if matrix is not None:
        told.append((translate("DataDescription", "Values"), _values_text(matrix["values"])))
        told.append(
            (translate("DataDescription", "Above zero"), f"{matrix['filled'] * 100:.2g} %")
            if matrix["encoding"] != "dense"
            else ("", "")
        )
    told.append(
        (translate("DataDescription", "Places"), _listed([place_name(place) for place in places_in(found, "space")]))
    )
    column = slice_column(found)
    if column is not None:
        number = f", {_number(column['n_categories'])}" if column.get("n_categories") else ""
        told.append((translate("DataDescription", "Slices"), f"{column['name']}{number}"))
    told.append(
        (translate("DataDescription", "Embeddings"), _listed([place["key"] for place in places_in(found, "embedding")]))
    )
    if found["layers"]:
        told.append((translate("DataDescription", "Layers"), _listed(list(found["layers"]))))
    return [row for row in told if row[0]]


def _other_facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    kind = found["kind"]
    if is_sequences(found):
        return sequences_facts(found)
    if kind == "data":
        return [(name, value) for name, value in found["facts"]]
    if kind == "workbook":
        return [
            (translate("DataDescription", "Sheets"), _listed(found["sheets"])),
            (translate("DataDescription", "Columns of the first"), _number(len(found["columns"]))),
        ]
    if kind == "table":
        separator = {
            ",": translate("DataDescription", "comma"),
            "\t": translate("DataDescription", "tab"),
            ";": translate("DataDescription", "semicolon"),
        }[found["delimiter"]]
        return [
            (translate("DataDescription", "Rows"), _number(found["rows"])),
            (translate("DataDescription", "Columns"), _number(len(found["columns"]))),
            (translate("DataDescription", "Separator"), separator),
        ]
    if kind == "arrays":
        return [
            (name, f"{' x '.join(_number(n) for n in told['shape'])}, {told['dtype']}")
            for name, told in found["arrays"].items()
        ]
    if kind == "run":
        about = found["run"]
        state = found["exit"]["state"] if found["exit"] else translate("DataDescription", "not finished")
        return [
            (translate("DataDescription", "Workflow"), about["workflow"]),
            (translate("DataDescription", "Action"), about["action"]),
            (translate("DataDescription", "State"), state),
            (translate("DataDescription", "Created"), about["created"]),
        ]
    if kind == "model":
        names = ("architecture", "model_type", "workflow")
        about = [
            (name.replace("_", " ").capitalize(), str(found["config"][name]))
            for name in names
            if name in found["config"]
        ]
        return [
            *about,
            (translate("DataDescription", "Values"), _number(found["values"])),
            (translate("DataDescription", "Files"), _listed(list(found["files"]))),
        ]
    return [
        (translate("DataDescription", "Tensors"), _number(found["count"])),
        (translate("DataDescription", "Values"), _number(found["numbers"])),
    ]


def _warnings(found: dict[str, Any]) -> list[str]:
    """The engine's own sentences; options of the command line bear the titles that the wizard shows."""
    if "workflow" not in found:
        return list(found["warnings"])
    known = [leaf for action in get_workflow(found["workflow"]).actions for leaf in leaves(action.settings)]
    return [in_titles(text, known) for text in found["warnings"]]


def _good_news(found: dict[str, Any]) -> list[str]:
    if is_described(found):
        return list(found["good"])
    if is_sequences(found):
        return sequences_good_news(found)
    if not is_cells(found):
        return []
    told = []
    if found["matrix"] is not None and found["matrix"]["values"] == "raw counts":
        told.append(translate("DataDescription", "The values are raw counts."))
    places = places_in(found, "space")
    if places:
        told.append(
            translate("DataDescription", "Places of the cells found: {place}.").format(place=place_name(places[0]))
        )
    column = slice_column(found)
    if column is not None and column.get("n_categories"):
        told.append(
            translate("DataDescription", "{n} slices found in the column {name}.").format(
                n=column["n_categories"], name=column["name"]
            )
        )
    if not any(found["repeated_names"].values()):
        told.append(translate("DataDescription", "Every cell and every gene has a name of its own."))
    return told


def _units(found: dict[str, Any]) -> list[str]:
    """What to know of the unit of the places that a training would use."""
    places = places_in(found, "space") if is_cells(found) else []
    if not places or places[0]["unit"]:
        return []
    told = translate("DataDescription", "The file does not say in which unit the coordinates are.")
    return [f"{told} {unit_taken('')}"]


def _small_slices(found: dict[str, Any]) -> list[str]:
    sizes = slice_sizes(found)
    if len(sizes) < 3:
        return []
    median = sorted(sizes.values())[len(sizes) // 2]
    small = [(name, n) for name, n in sizes.items() if n < _FEW_CELLS * median]
    told = translate(
        "DataDescription",
        "The slice {name} has only {n} cells, few beside the others ({median}): it judges a model badly.",
    )
    if len(small) > _SMALL_SLICES_TOLD:
        small = small[-1:]  # the largest come first
        told = translate(
            "DataDescription",
            "Many slices are small beside the others ({median} cells), {name} has only {n}: they judge a model badly.",
        )
    return [told.format(name=name, n=_number(n), median=_number(median)) for name, n in small]


def _values_text(values: str) -> str:
    return {
        "raw counts": translate("DataDescription", "raw counts"),
        "log-normalised": translate("DataDescription", "log-normalised"),
        "normalised": translate("DataDescription", "normalised"),
        "scaled": translate("DataDescription", "scaled"),
        "all zero": translate("DataDescription", "all zero"),
    }.get(values, values)


def _listed(names: list[str], most: int = 4) -> str:
    if len(names) > most:
        return translate("DataDescription", "{names} and {n} more").format(
            names=", ".join(names[:most]), n=_number(len(names) - most)
        )
    return ", ".join(names) or translate("DataDescription", "none")


def _number(n: int) -> str:
    return f"{n:,}"
