"""The action `prepare`: genes and what is said of them, from files of many kinds, into one set of pairs to train on."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from genodesk.engine.live_run import Run
from genodesk.workflows.genechat.cleaning import NO_SEQUENCE, Dropped, clean, report, too_long
from genodesk.workflows.genechat.families import find_families, split_pairs
from genodesk.workflows.genechat.genes import find_genes
from genodesk.workflows.genechat.pairs import Pair, save_pairs
from genodesk.workflows.genechat.settings_actions import PrepareSettings, SetSettings
from genodesk.workflows.genechat.upstream_json import is_upstream, read_upstream

_ASIDE = {
    "family": "whole families, so tests ask about genes unlike any in training",
    "members": "members of families whose others are in training",
    "random": "genes by chance",
}


def prepare(settings: PrepareSettings, run: Run) -> dict[str, Any]:
    """Writes the set of pairs into the folder `out`. Returns its report."""
    run.progress(0, 3, text="Reading")
    pairs, dropped, notices = read_pairs(settings, run.raise_if_stopped)
    return write_set(run, pairs, dropped, notices, settings.rules, settings.out, run.raise_if_stopped)


def read_pairs(
    settings: PrepareSettings, between: Callable[[], None] = lambda: None
) -> tuple[list[Pair], list[Dropped], list[str]]:
    """(pairs as the files have them, what cannot become one, notices). Raises UserError."""
    question = settings.rules.question
    if is_upstream(settings.data):
        return read_upstream(settings.data, question)
    found = find_genes(
        settings.data,
        settings.annotation,
        settings.functions,
        longest=settings.rules.longest_gene,
        most_held=None,
        duplicates=settings.duplicates,
        between=between,
    )
    pairs = [
        Pair(gene.id, gene.name, gene.sequence, question, gene.description, "", gene.notes[0][0] if gene.notes else "")
        for gene in found.genes
    ]
    dropped = [Dropped(name, too_long(settings.rules.longest_gene)) for name in found.too_long]
    dropped += [Dropped(name, NO_SEQUENCE) for name in found.without_sequence]
    return pairs, dropped, found.notices


def write_set(
    run: Run,
    pairs: Sequence[Pair],
    dropped: Sequence[Dropped],
    notices: Sequence[str],
    rules: SetSettings,
    out: Path,
    between: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Cleans pairs, groups them into families, splits and writes them; tells what was dropped. Returns the report."""
    kept, unfit = clean(pairs, rules.shortest_gene, rules.longest_gene)
    every = [*dropped, *unfit]
    run.progress(1, 3, text="Looking for genes of like sequence")
    sequences = list(dict.fromkeys(pair.sequence for pair in kept))
    family = dict(zip(sequences, find_families(sequences, between), strict=True))
    kept = [replace(pair, family=family[pair.sequence]) for pair in kept]
    parts = split_pairs(kept, rules.split, rules.seed)
    told = report(parts, every, notices, rules.split)
    run.progress(2, 3, text="Writing")
    between()
    save_pairs(out, parts, told)
    run.log(
        f"{len(parts['train']):,} pairs to train on; {len(parts['validation']):,} and {len(parts['test']):,} are kept "
        f"aside: {_ASIDE[rules.split]}."
    )
    for reason, number in Counter(one.reason for one in every).most_common():
        run.warning(f"{number:,} left out because {reason}.")
    for notice in told["notices"]:
        run.warning(notice)
    run.table("dropped", {"id": [one.id for one in every], "reason": [one.reason for one in every]})
    run.table("pairs", _table(parts))
    run.progress(3, 3)
    return {"folder": str(out), **told}


def _table(parts: dict[str, list[Pair]]) -> dict[str, list[Any]]:
    """One row a pair, without its sequence."""
    rows = [(part, pair) for part, pairs in parts.items() for pair in pairs]
    return {
        "part": [part for part, _ in rows],
        "id": [pair.id for _, pair in rows],
        "gene": [pair.gene for _, pair in rows],
        "family": [pair.family for _, pair in rows],
        "bases": [len(pair.sequence) for _, pair in rows],
        "prompt": [pair.prompt for _, pair in rows],
        "answer": [pair.answer for _, pair in rows],
        "source": [pair.source for _, pair in rows],
    }
