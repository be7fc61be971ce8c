"""From whatever kind of file to checked data: chooses the reader, drops empty motifs, scales, and adds conditions."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.store import open_store
from genodesk.workflows.get_yeast.checks import check_accessibility, check_any_motif, check_expression, check_unique
from genodesk.workflows.get_yeast.condition_cells import CultureSheet, parse_conditions
from genodesk.workflows.get_yeast.condition_sheet import read_sheet
from genodesk.workflows.get_yeast.conditions import condition_groups, empty_conditions
from genodesk.workflows.get_yeast.data import YeastData, read_prepared
from genodesk.workflows.get_yeast.found import Found
from genodesk.workflows.get_yeast.pwm import scan
from genodesk.workflows.get_yeast.read_expression import read_expression
from genodesk.workflows.get_yeast.read_flat import read_flat
from genodesk.workflows.get_yeast.read_packed import is_packed, read_packed
from genodesk.workflows.get_yeast.read_sequences import Scanner, is_sequences, read_sequences
from genodesk.workflows.get_yeast.settings_reading import ReadSettings
from genodesk.workflows.get_yeast.tables import is_table

MOST_NEGATIVE = 0.2  # of the scores that are not 0: beyond it they are no sums over binding sites
LOG_CEILING = 25.0  # logarithms of expression stay below
KINDS = "h5ad or zarr, CSV, TSV or XLSX, FASTA"


def read_any(path: Path, reading: ReadSettings, scanner: Scanner = scan) -> YeastData:
    """Checked data of a file of any kind. Raises UserError naming file, place and remedy.

    `scanner` scores motifs in sequences; a quick look passes one that does not.
    """
    kind = kind_of(path)
    _refuse_idle(path, kind, reading)
    if kind == "prepared":
        data = read_prepared(path)
        return data if reading.conditions is None else with_sheet(data, reading.conditions, reading.conditions_scaled)
    if kind == "packed":
        found = read_packed(path)
    elif kind == "table":
        found = read_flat(path, reading.target_column)
    else:
        found = read_sequences(path, reading.motif_file, scanner)
    if reading.expression is not None:
        if found.expression is not None:
            raise UserError(
                f"{path.name} holds expression already.", "Leave out --expression, or the column.", "--expression"
            )
        found.expression, found.samples, notices = read_expression(reading.expression, found.regions.ids)
        found.notices += notices
        found.sheet = None
    return _assembled(found, path, reading)


def kind_of(path: Path) -> str:
    """`prepared`, `packed`, `table` or `sequences`. Raises UserError for anything else."""
    if not path.exists():
        raise UserError("There is no such file.", "Check the name, and that its disk is connected.", str(path))
    if path.is_dir() or path.suffix.lower() == ".h5ad":
        with open_store(path) as store:
            return "packed" if is_packed(store) else "prepared"
    if is_table(path):
        return "table"
    if is_sequences(path):
        return "sequences"
    raise UserError(f"Files ending in {path.suffix or 'nothing'} are not known here.", f"Give {KINDS}.", str(path))


def with_sheet(data: YeastData, sheet: Path, scaled: bool) -> YeastData:
    """The same data with the conditions of a sheet, and its other columns beside theirs. Raises UserError."""
    read = read_sheet(sheet, data.samples, scaled)
    return replace(
        data,
        conditions=read.conditions,
        condition_group=condition_groups(read.conditions),
        labels=_both(read.labels, data.labels),
        scaled=scaled,
        notices=data.notices + read.notices,
    )


def _both(new: pd.DataFrame, old: pd.DataFrame | None) -> pd.DataFrame:
    """The columns of both, row by row; where a cell is filled in both, the new one."""
    joined = new.copy()
    for name, cells in () if old is None else old.astype(object).set_axis(new.index, axis=0).items():
        joined[name] = cells if name not in new else new[name].where(new[name].notna() & (new[name] != ""), cells)
    return joined


def _refuse_idle(path: Path, kind: str, reading: ReadSettings) -> None:
    """Raises UserError for a file that was named but that this kind of data has no use for."""
    uses = {"expression": ("table", "sequences"), "motif_file": ("sequences",), "target_column": ("table",)}
    for name, kinds in uses.items():
        if getattr(reading, name) is not None and kind not in kinds:
            raise UserError(
                f"{path.name} ({kind}) needs no {name.replace('_', ' ')}.",
                "Leave it out.",
                f"--{name.replace('_', '-')}",
            )


def _assembled(found: Found, path: Path, reading: ReadSettings) -> YeastData:
    where = str(path)
    for names, what in ((found.samples, "sample"), (found.regions.ids, "region"), (found.motif_names, "motif")):
        check_unique(names, what, where)
    notices = list(found.notices)
    if found.regions.chrom is None:
        notices.append("Region ids do not read chrom_start_end, so chromosomes, widths and neighbours are not known.")
    motifs, names, scale, dropped = _motifs(found, where, notices)
    if found.expression is not None:
        check_expression(found.expression, found.samples, found.regions.ids, str(reading.expression or path))
        notices += _about_expression(found.expression)
    cultures = _cultures(found, reading, where)
    samples = found.samples if len(found.samples) else cultures.conditions.index.to_numpy(dtype=object)
    return YeastData(
        regions=found.regions,
        motifs=motifs,
        motif_names=names,
        accessibility=_accessibility(found.accessibility, where, notices),
        expression=found.expression,
        samples=samples,
        conditions=cultures.conditions,
        condition_group=condition_groups(cultures.conditions),
        labels=cultures.labels,
        motif_scale=scale,
        scaled=reading.conditions_scaled,
        notices=notices + cultures.notices,
        dropped_motifs=dropped,
    )


def _motifs(found: Found, where: str, notices: list[str]) -> tuple[np.ndarray, list[str], np.ndarray, list[str]]:
    """Scores from 0 to 1 of the motifs that occur at all, their names and maxima, and the names of the others."""
    scores = found.motifs
    missing, negative = np.isnan(scores), scores < 0
    if np.isinf(scores).any() or negative.sum() > MOST_NEGATIVE * np.count_nonzero(scores):
        region, motif = np.argwhere(np.isinf(scores) | negative)[0]
        raise UserError(
            f"Motif {found.motif_names[motif]} has the score {scores[region, motif]:g} at region "
            f"{found.regions.ids[region]}, and 0 must mean absent.",
            "Give scores from 0 up, such as sums over binding sites, not standardised ones.",
            where,
        )
    if missing.any():
        notices.append(f"{int(missing.sum()):,} missing motif scores are filled with 0 (absent).")
    if negative.any():
        weak = [found.motif_names[number] for number in np.flatnonzero(negative.any(axis=0))]
        notices.append(
            f"{int(negative.sum()):,} negative motif scores, weaker than chance, are set to 0 (absent): "
            f"{first_few(weak)}."
        )
    if missing.any() or negative.any():
        scores = np.where(missing | negative, np.float32(0), scores)
    check_any_motif(scores, where)
    greatest = scores.max(axis=0, initial=0.0)
    kept = greatest > 0
    dropped = [name for name, keep in zip(found.motif_names, kept, strict=True) if not keep]
    if dropped:
        notices.append(f"{len(dropped)} motif columns are zero everywhere and are dropped: {in_runs(dropped)}.")
    names = [name.replace("/", "-") for name, keep in zip(found.motif_names, kept, strict=True) if keep]
    return scores[:, kept] / greatest[kept], names, greatest[kept], dropped


def in_runs(names: Sequence[str]) -> str:
    """All names, where those that only count on (x_1, x_2, x_3) are told as `x_1 to x_3`."""
    runs: list[list[tuple[str, int, str]]] = []
    for prefix, number, name in sorted(map(_numbered, names)):
        if runs and number >= 0 and runs[-1][-1][:2] == (prefix, number - 1):
            runs[-1].append((prefix, number, name))
        else:
            runs.append([(prefix, number, name)])
    return ", ".join(run[0][2] if len(run) == 1 else f"{run[0][2]} to {run[-1][2]}" for run in runs)


def _numbered(name: str) -> tuple[str, int, str]:
    """What stands before the number at the end of a name, the number or -1, and the name."""
    bare = name.rstrip("0123456789")
    return bare, int(name[len(bare) :] or -1), name


def _accessibility(values: np.ndarray | None, where: str, notices: list[str]) -> np.ndarray | None:
    if values is None:
        return None
    check_accessibility(values, where)
    missing = np.isnan(values)
    if missing.any():
        notices.append(f"{int(missing.sum()):,} missing values of accessibility are filled with 0 (closed).")
    return np.where(missing, np.float32(0), values)


def _about_expression(expression: np.ndarray) -> list[str]:
    notices = []
    missing = int(np.isnan(expression).sum())
    if missing:
        notices.append(
            f"{missing:,} of {expression.size:,} expression values are missing; they are left out of scores."
        )
    greatest = float(np.nanmax(expression, initial=0.0))
    if greatest > LOG_CEILING:
        notices.append(f"Expression goes up to {greatest:,.0f}, so it is no logarithm; log(1 + TPM) trains better.")
    return notices


def _cultures(found: Found, reading: ReadSettings, where: str) -> CultureSheet:
    """How the samples were grown: as the sheet says, else the file itself, else nothing is known."""
    if reading.conditions is not None:
        return read_sheet(reading.conditions, found.samples, reading.conditions_scaled)
    if found.sheet is not None:
        return parse_conditions(found.sheet, list(found.samples), where, reading.conditions_scaled)
    notices = ["Nothing is said about how the samples were grown."] if len(found.samples) else []
    conditions = empty_conditions(found.samples)
    return CultureSheet(conditions, conditions[[]], notices)
