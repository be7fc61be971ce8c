"""What is kept back to judge a model: whole chromosomes, whole condition groups, both, single replicates, or by chance.

Cultures grown alike are never on both sides, unless replicates or chance are asked for; which rows are alike is told
by the typed conditions alone. Knows no model.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.workflows.get_yeast.conditions import CONDITION_COLUMNS, GROUP
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.settings import SplitSettings

Array = np.ndarray

RANDOM_SHARES = (0.8, 0.1)  # training, validation; the rest is the test
BLOCKS = 10  # of neighbours in the file's order, where the chromosomes of regions are not known
NAMES_SHOWN = 4
PARTS = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation",
    "test": "test",
}  # fmt: skip


@dataclass(frozen=True)
class Split:
    """Entries to learn from, to choose by and to judge with: bool [S, R] each, without an entry in two of them.

    `described` says in a sentence what the test is about, `held_out` names it; `aside` says in words what the
    validation is about, "" where it is empty. What a model without a refit has not learned, `watched.py` says.
    """

    train: Array
    validation: Array
    test: Array
    kind: str
    described: str
    held_out: list[str]
    aside: str


def make_split(data: YeastData, settings: SplitSettings, seed: int) -> Split:
    """The split the settings ask for; what they leave open is drawn by the seed.

    Raises UserError for names that are not there, and where nothing would be left to train on or to judge with.
    """
    if data.expression is None:
        raise UserError("These data hold no expression, so nothing can be kept back to judge by.", "", "--split")
    kind, asked = settings.split, settings.holdout
    rng = np.random.default_rng([seed, 11])
    if kind.startswith("column:"):
        split = _by_column(data, kind, asked, rng)
    else:
        makers: dict[str, Callable[[YeastData, Sequence[str], np.random.Generator], Split]] = {
            "regions": _by_regions,
            "conditions": _by_conditions,
            "both": _by_both,
            "replicates": _by_replicates,
            "random": _by_chance,
        }
        split = makers[kind](data, asked, rng)
    measured = np.isfinite(data.expression)
    for entries, what in ((split.train, "to train on"), (split.test, "to judge with")):
        if not (entries & measured).any():
            raise UserError(
                f"The split leaves no measured expression {what}.",
                "Hold out other chromosomes or condition groups.",
                "--holdout",
            )
    return split


def region_blocks(data: YeastData) -> tuple[Array, str]:
    """The chromosome of each region, text [R], and what these are called; stretches of the file where unknown."""
    if data.regions.chrom is not None:
        return data.regions.chrom.astype(str), "chromosome"
    number = len(data.regions)
    blocks = np.arange(number) * min(BLOCKS, max(number, 1)) // max(number, 1)
    return np.array([f"block {block + 1}" for block in blocks]), "block"


def _by_regions(data: YeastData, asked: Sequence[str], rng: np.random.Generator) -> Split:
    blocks, what = region_blocks(data)
    test, validation = _choose(blocks, asked, rng, what)
    entries = (np.isin(blocks, names)[None].repeat(len(data.samples), axis=0) for names in (test, validation))
    said = f"New regions: all of {_listed(what, test)} is held out."
    return _split("regions", entries, said, test, _listed(what, validation))


def _by_conditions(data: YeastData, asked: Sequence[str], rng: np.random.Generator) -> Split:
    groups = data.condition_group.astype(str)
    test, validation = _choose(groups, _as_groups(data, asked), rng, "condition group")
    entries = (np.isin(groups, names)[:, None].repeat(len(data.regions), axis=1) for names in (test, validation))
    said = f"New conditions: all samples of {_listed('condition group', test)} are held out."
    number = int(np.isin(groups, validation).sum())
    aside = f"{_listed('condition group', validation)} ({number} sample{'s' * (number != 1)})" if validation else ""
    return _split("conditions", entries, said, test, aside)


def _by_both(data: YeastData, asked: Sequence[str], rng: np.random.Generator) -> Split:
    blocks, what = region_blocks(data)
    groups = data.condition_group.astype(str)
    names = {_bare(name) for name in blocks}
    of_regions = [name for name in asked if _bare(name) in names]
    of_groups = _as_groups(data, [name for name in asked if _bare(name) not in names])
    regions = _choose(blocks, of_regions, rng, what)
    conditions = _choose(groups, of_groups, rng, "condition group")
    if not (regions[1] and conditions[1]):  # a validation needs both: one alone would be kept back for nothing
        regions, conditions = (regions[0], []), (conditions[0], [])
    test, validation = (
        np.isin(groups, cultures)[:, None] & np.isin(blocks, places)[None]
        for cultures, places in zip(conditions, regions, strict=True)
    )
    # What shares a region or a condition with the test is no new ground, so it is neither learned nor judged.
    train = ~np.isin(groups, (*conditions[0], *conditions[1]))[:, None] & ~np.isin(blocks, (*regions[0], *regions[1]))
    held_out, aside = (
        f"{_listed(what, places)} in {_listed('condition group', cultures)}" if places else ""
        for cultures, places in zip(conditions, regions, strict=True)
    )
    said = f"New regions in new conditions: {held_out} is held out."
    return Split(train, validation, test, "both", said, [*regions[0], *conditions[0]], aside)


def _by_replicates(data: YeastData, asked: Sequence[str], rng: np.random.Generator) -> Split:
    """One sample of every group that has several; of groups with at least three, another for validation."""
    groups = data.condition_group.astype(str)
    chosen = [_matched(name, data.samples.astype(str), "sample") for name in asked]
    test, validation = np.zeros(len(groups), dtype=bool), np.zeros(len(groups), dtype=bool)
    for group in sorted(set(groups[groups != ""]), key=str.casefold):
        rows = rng.permutation(np.flatnonzero(groups == group))
        if len(rows) < 2:
            continue
        named = [row for row in rows if data.samples[row] in chosen]
        if named or not asked:
            test[named or rows[:1]] = True
        rest = [row for row in rows if not test[row]]
        if len(rest) > 1:
            validation[rest[0]] = True
    lonely = [name for name in chosen if not test[data.samples.astype(str) == name].any()]
    if lonely or not test.any():
        raise UserError(
            f"Sample {lonely[0]} has no replicate." if lonely else "No condition was measured more than once.",
            "Keep back regions or conditions instead, with --split regions or --split conditions.",
            "--split",
        )
    names = [str(name) for name in data.samples[test]]
    entries = (rows[:, None].repeat(len(data.regions), axis=1) for rows in (test, validation))
    said = f"Replicates: {_listed('sample', names)} held out; others grown alike are in training."
    return _split("replicates", entries, said, names, _samples(data, validation))


def _by_chance(data: YeastData, asked: Sequence[str], rng: np.random.Generator) -> Split:
    if asked:
        raise UserError("A random split holds out no named part.", "Leave --holdout away.", "--holdout")
    drawn = rng.random((len(data.samples), len(data.regions)))
    test, validation = drawn >= sum(RANDOM_SHARES), (drawn >= RANDOM_SHARES[0]) & (drawn < sum(RANDOM_SHARES))
    said = (
        "Random tenth of all values, optimistic: their regions, their conditions and replicates of their samples are "
        "in training."
    )
    return _split("random", (test, validation), said, [], "another random tenth of all values")


def _by_column(data: YeastData, kind: str, asked: Sequence[str], rng: np.random.Generator) -> Split:
    """By the values of a column of samples; one that says train, validation and test is taken at its word."""
    values = _column(data, kind.removeprefix("column:"))
    known = np.unique(values[values != ""])
    parts = [PARTS.get(value.casefold(), "") for value in values]
    if not asked and all(PARTS.get(value.casefold()) for value in known) and len(known) > 1:
        test, validation = np.array(parts) == "test", np.array(parts) == "validation"
        said = f"As the column {kind.removeprefix('column:')} says: {int(test.sum())} samples are held out."
        names = [str(name) for name in data.samples[test]]
        aside = _samples(data, validation)
    else:
        names, chosen = _choose(values, asked, rng, "value")
        test, validation = np.isin(values, names), np.isin(values, chosen)
        said = f"All samples whose {kind.removeprefix('column:')} is {' or '.join(names)} are held out."
        aside = f"all samples whose {kind.removeprefix('column:')} is {chosen[0]}" if chosen else ""
    groups = data.condition_group.astype(str)
    shared = set(groups[test & (groups != "")]) & set(groups[~test])
    if shared:
        said += f" {len(shared)} of their conditions {'is' if len(shared) == 1 else 'are'} in training as well."
    entries = (rows[:, None].repeat(len(data.regions), axis=1) for rows in (test, validation))
    return _split(kind, entries, said, names, aside)


def _split(kind: str, entries: Iterable[Array], described: str, held_out: list[str], aside: str) -> Split:
    """The split that keeps these entries for (test, validation) and trains on all others."""
    test, validation = entries
    return Split(~(test | validation), validation, test, kind, described, held_out, aside)


def _choose(members: Array, asked: Sequence[str], rng: np.random.Generator, what: str) -> tuple[list[str], list[str]]:
    """(test, validation): names among `members`, the test as asked; one drawn among those of usual size where not.

    Validation is another one, or none where too few are there. Members without a name ("") always stay in training.
    Raises UserError.
    """
    names, sizes = np.unique(members[members != ""], return_counts=True)
    in_order = np.argsort([str(name).casefold() for name in names], kind="stable")  # drawn alike however spelled
    names, sizes = names[in_order], sizes[in_order]
    test = sorted({_matched(name, names, what) for name in asked})
    if not test and len(names) < 2:
        told = f"All data belong to one {what}" if len(names) else f"Nothing is known of any {what}"
        raise UserError(
            f"{told}, so none can be held out.",
            "Split another way: --split regions, conditions, replicates or random.",
            "--split",
        )
    if len(test) == len(names) and (members != "").all():
        raise UserError(
            f"Every {what} is held out, so nothing is left to train on.", "Hold out fewer of them.", "--holdout"
        )
    order = [str(name) for name in rng.permutation(names[sizes >= np.median(sizes) / 2])]
    test = test or order[:1]
    left = [name for name in order if name not in test]
    return test, left[: min(1, max(len(names) - len(test) - 1, 0))]


def _matched(name: str, names: Array, what: str) -> str:
    """The known name that is meant, whatever its case and with or without chr. Raises UserError naming the nearest."""
    for known in names:
        if _bare(known) == _bare(name):
            return str(known)
    known_names = [str(known) for known in names]
    listed = ", ".join(known_names[:8]) + (", ..." if len(known_names) > 8 else "")
    raise UserError(
        f"There is no {what} {name!r} to hold out.",
        did_you_mean(name, known_names, f"There are: {listed}."),
        "--holdout",
    )


def _as_groups(data: YeastData, asked: Sequence[str]) -> list[str]:
    """Condition groups by their own names or by the name of one of their samples."""
    of_sample = dict(zip(data.samples.astype(str), data.condition_group.astype(str), strict=True))
    return [of_sample.get(name) or name for name in asked]


def _column(data: YeastData, name: str) -> Array:
    """The values of a column of samples as text, "" where missing. Raises UserError."""
    labels = data.labels
    if name == GROUP:
        return data.condition_group.astype(str)
    if labels is not None and name in labels:
        values = labels[name]
    elif name in CONDITION_COLUMNS:
        values = data.conditions[name]
    else:
        columns = [*(labels.columns if labels is not None else ()), GROUP, *CONDITION_COLUMNS]
        raise UserError(
            f"The samples have no column {name!r}.",
            did_you_mean(name, [str(column) for column in columns], f"There are: {', '.join(map(str, columns))}."),
            "--split",
        )
    return np.array(["" if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)])


def _bare(name: str) -> str:
    return str(name).casefold().removeprefix("chr")


def _samples(data: YeastData, rows: Array) -> str:
    return _listed("sample", [str(name) for name in data.samples[rows]])


def _listed(what: str, names: Sequence[str]) -> str:
    """The names after what they are, "" where there are none."""
    if not names:
        return ""
    if what == "chromosome":  # said once: "chromosome XIII", not "chromosome chrXIII"
        names = [re.sub(r"^chr(omosome)?[ _]?(?=.)", "", str(name), flags=re.IGNORECASE) for name in names]
    shown = ", ".join(names[:NAMES_SHOWN]) + (
        f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    )
    return f"{what if len(names) == 1 else what + 's'} {shown}"
