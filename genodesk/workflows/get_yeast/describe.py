"""Yeast data in plain words, before anything is trained: what is there, what is missing, what is dropped or filled."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genodesk.engine.described import Described
from genodesk.workflows.get_yeast.assemble import in_runs, kind_of
from genodesk.workflows.get_yeast.check import look, unknown_cultures
from genodesk.workflows.get_yeast.conditions import CATEGORIES
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.describe_parts import recorded
from genodesk.workflows.get_yeast.describe_tables import (
    expression_rows,
    motif_rows,
    region_rows,
    sample_rows,
)
from genodesk.workflows.get_yeast.settings import SPLITS
from genodesk.workflows.get_yeast.settings_reading import ReadSettings
from genodesk.workflows.get_yeast.splits import region_blocks

MOST_CLASSES = 40  # of a column of samples that can be held out


def describe(path: Path) -> Described:
    """Data of any kind that `prepare` takes, read as the run reads them. Raises UserError."""
    data = look(path, ReadSettings())
    samples, regions, motifs = len(data.samples), len(data.regions), len(data.motif_names)
    tables = {"samples": sample_rows(data)} if samples else {}
    tables |= {"regions": region_rows(data), "motifs": motif_rows(data)}
    if data.expression is not None:
        tables["expression"] = expression_rows(data)
    parts = (f"{samples:,} sample{'s' * (samples != 1)}" if samples else "", f"{regions:,} regions")
    return Described(
        title=f"{' x '.join(filter(None, parts))}, {motifs:,} motif{'s' * (motifs != 1)}",
        sentence=_sentence(data),
        facts=_facts(data),
        good=_in_order(data),
        warnings=[*_dropped_before(path, data), *data.notices, *unknown_cultures(data)],
        overviews=[recorded(data.conditions)] if (data.condition_group != "").any() else [],
        tables=tables,
        names={"splits": _splits(data)},
        classes=_held_out(data),
    )


def _sentence(data: YeastData) -> str:
    samples, regions = len(data.samples), len(data.regions)
    if data.expression is None:
        what = f"{regions:,} regions of the genome, without measured expression"
    else:
        told = "predicted expression" if data.predicted_by else "expression"
        what = f"The {told} of {regions:,} regions of the genome in {samples:,} cultures of yeast"
    parts = [f"the scores of {len(data.motif_names):,} motifs"]
    if data.accessibility is not None:
        parts.append("its accessibility" if data.accessibility.ndim == 1 else "its accessibility in every sample")
    told = f"{what}. Each region is described by {' and '.join(parts)}."
    known = int((data.condition_group != "").sum())
    if samples and known:
        share = "all of them" if known == samples else f"{known:,} of {samples:,}"
        return f"{told} How the cultures were grown is known for {share}."
    return f"{told} How the cultures were grown is not known." if samples else told


def _facts(data: YeastData) -> list[tuple[str, str]]:
    facts = [("Regions", f"{len(data.regions):,}")]
    if data.regions.chrom is not None:
        facts.append(("Chromosomes", f"{len(set(data.regions.chrom)):,}"))
    motifs, dropped = len(data.motif_names), len(data.dropped_motifs)
    facts.append(("Motifs", f"{motifs:,} of {motifs + dropped:,}" if dropped else f"{motifs:,}"))
    facts.append(("Accessibility", _accessibility(data)))
    if len(data.samples):
        groups = data.condition_group
        facts += [
            ("Samples", f"{len(data.samples):,}"),
            ("With conditions", f"{int((groups != '').sum()):,} of {len(groups):,}"),
            ("Different conditions", f"{len(set(groups) - {''}):,}"),
        ]
    if data.expression is not None:
        facts.append(("Expression", _span(data.expression)))
        missing, size = int(np.isnan(data.expression).sum()), data.expression.size
        facts.append(("Missing expression", f"{missing:,} of {size:,} values" if missing else "none"))
    return facts


def _accessibility(data: YeastData) -> str:
    if data.accessibility is None:
        return "not given"
    return _span(data.accessibility) + ("" if data.accessibility.ndim == 1 else ", by sample")


def _span(values: np.ndarray) -> str:
    there = values[np.isfinite(values)]
    return f"{there.min():.4g} to {there.max():.4g}" if there.size else "no values"


def _in_order(data: YeastData) -> list[str]:
    told = ["Every sample, region and motif has a name of its own."]
    if data.regions.chrom is not None:
        told.append("The places of all regions are known, so whole chromosomes can be held out.")
    if data.expression is not None and not np.isnan(data.expression).any():
        told.append("No expression value is missing.")
    return told


def _dropped_before(path: Path, data: YeastData) -> list[str]:
    """What prepare left out of a prepared file; of other files the reading itself tells what it drops."""
    if not data.dropped_motifs or kind_of(path) != "prepared":
        return []
    return [
        f"{len(data.dropped_motifs):,} motif columns were zero everywhere and were left out when this file was "
        f"prepared: {in_runs(data.dropped_motifs)}."
    ]


def _splits(data: YeastData) -> list[str]:
    """The ways in which these data can be split, as the setting takes them."""
    return [*SPLITS, *(f"column:{name}" for name in _columns(data))] if data.expression is not None else []


def _held_out(data: YeastData) -> dict[str, Sequence[str]]:
    """By the way of splitting, what can be held out."""
    if data.expression is None:
        return {}
    blocks = list(dict.fromkeys(region_blocks(data)[0].tolist()))
    groups = sorted(set(data.condition_group) - {""})
    alike = [
        str(name)
        for name, group in zip(data.samples, data.condition_group, strict=True)
        if group and (data.condition_group == group).sum() > 1
    ]
    found = {"regions": blocks, "conditions": groups, "both": [*blocks, *groups], "replicates": alike}
    return {**found, **{f"column:{name}": values for name, values in _columns(data).items()}}


def _columns(data: YeastData) -> dict[str, list[str]]:
    """Columns of samples with a few values each, and these values."""
    labels = {} if data.labels is None else {str(name): data.labels[name] for name in data.labels}
    found = {}
    for name, values in {**labels, **{name: data.conditions[name] for name in CATEGORIES}}.items():
        classes = sorted({str(value) for value in values[values.notna()]} - {""})
        if 2 <= len(classes) <= MOST_CLASSES:
            found[name] = classes
    return found
