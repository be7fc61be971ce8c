"""Which files are yeast data, told from what `inspect` has seen of them. Light, so that other files cost nothing."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.data.store import open_store
from genodesk.engine.described import Described
from genodesk.workflows.get_yeast.columns import Columns, find_columns
from genodesk.workflows.get_yeast.headers import DOSE_UNIT, MOLAR_MASS, SAMPLE, read_header
from genodesk.workflows.get_yeast.settings_reading import MOTIFS, TABLE

PACKED = frozenset(("matrix", "peak_ids", "sample_ids", "motif_names"))
_PLACE = re.compile(r".+?[_:]\d+[_-]\d+")
_TABLES, _ANNDATA = ("table", "workbook"), ("h5ad", "zarr")
_MOTIFS = frozenset(MOTIFS.suffixes) - frozenset((".txt",))
_FEW = 3  # columns: with fewer motifs, or fewer conditions without medium and drug, a table is taken for another's


def reads(path: Path, found: Mapping[str, Any], asked: bool) -> Described | None:
    """The description of yeast data, a condition sheet or motifs; see engine/described.py."""
    kind = found.get("kind", "")
    if asked and path.suffix.lower() in _MOTIFS:
        from genodesk.workflows.get_yeast.describe_parts import describe_motifs

        return describe_motifs(path)
    if kind in _TABLES and path.suffix.lower() in TABLE.suffixes:
        names, rows = [str(name).strip() for name in found["columns"]], found["first_rows"]
        if (_says_culture(names) and not _is_regions(names, rows)) or (asked and _only_cultures(names)):
            from genodesk.workflows.get_yeast.describe_parts import describe_sheet

            return describe_sheet(path)
        own = asked or _is_regions(names, rows)
    elif kind in _ANNDATA:
        own = asked or _has_motifs(path)
    elif kind == "arrays":
        own = asked or set(found["arrays"]) >= PACKED
    else:
        own = False
    if not own:
        return None
    from genodesk.workflows.get_yeast.describe import describe

    return describe(path)


def _has_motifs(path: Path) -> bool:
    with open_store(path) as store:
        return store.node("varm/motif") is not None


def _is_regions(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table holds regions with motifs: at least two of place, culture and measurement say so."""
    try:
        columns = find_columns(names, None, "")
    except UserError:
        return False
    cells = {name: [row[place] for row in rows if place < len(row)] for place, name in enumerate(names)}
    motifs = sum(_are_numbers(cells[name]) for name in columns.motifs)
    ids = cells.get(columns.region, [])
    placed = bool(ids) and all(_PLACE.fullmatch(text.strip()) for text in ids)
    grown = bool(columns.one_hots) or _says_culture(columns.conditions)
    measured = any(name and _are_numbers(cells[name]) for name in (columns.target, columns.accessibility))
    return _enough(columns, placed, grown, measured, motifs)


def _enough(columns: Columns, placed: bool, grown: bool, measured: bool, motifs: int) -> bool:
    if placed and motifs >= _FEW:
        return True
    return motifs > 0 and (placed or columns.placed) + grown + measured >= 2


def _says_culture(names: Sequence[str]) -> bool:
    """Whether columns tell how cultures were grown."""
    headers = (read_header(name) for name in names)
    fields = {header.field for header in headers if header is not None} - {SAMPLE, DOSE_UNIT, MOLAR_MASS}
    return len(fields) >= _FEW and bool(fields & {"medium", "drug"})


def _only_cultures(names: Sequence[str]) -> bool:
    """Whether a table tells anything of how cultures were grown and names no regions."""
    try:
        find_columns(names, None, "")
    except UserError:
        fields = {header.field for header in map(read_header, names) if header is not None}
        return bool(fields - {SAMPLE, DOSE_UNIT, MOLAR_MASS})
    return False


def _are_numbers(cells: Sequence[str]) -> bool:
    told = [text.strip() for text in cells if text.strip()]
    try:
        [float(text) for text in told]
    except ValueError:
        return False
    return bool(told)
