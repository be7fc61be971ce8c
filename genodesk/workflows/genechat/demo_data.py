"""The action `demo-data`: generated gene families as a set to train from, their sequences and functions beside."""

import csv
import io
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genodesk.core.disk import write_atomically
from genodesk.engine.live_run import CallRun
from genodesk.workflows.genechat.families import split_pairs
from genodesk.workflows.genechat.pairs import Pair, save_pairs
from genodesk.workflows.genechat.settings_actions import DemoDataSettings
from genodesk.workflows.genechat.synthetic import make_families
from genodesk.workflows.genechat.synthetic_words import FAMILIES

FASTA, TABLE = "genes.fasta", "genes.csv"
_BASES_A_LINE = 70


def demo_data(settings: DemoDataSettings, _: CallRun) -> dict[str, Any]:
    """Writes a set of pairs, split by members, with genes.fasta and genes.csv of all its genes inside."""
    pairs = make_families(settings.seed, settings.number_of_genes, settings.families, settings.difficulty)
    parts = split_pairs(pairs, "members", settings.seed)
    save_pairs(settings.out, parts, {"source": "generated", "difficulty": settings.difficulty, "split": "members"})
    write_genes(settings.out, pairs)
    return {
        "folder": str(settings.out),
        "fasta": str(settings.out / FASTA),
        "functions": str(settings.out / TABLE),
        "genes": settings.number_of_genes,
        "pairs": {part: len(rows) for part, rows in parts.items()},
    }


def write_genes(folder: Path, pairs: Sequence[Pair]) -> None:
    """Writes genes.fasta and a table id, function of the genes in these pairs, in their order."""
    functions = {words.name: words.description for words in FAMILIES}
    genes: Mapping[str, Pair] = {pair.gene: pair for pair in pairs}
    records = (
        f">{name} generated, not a real gene\n{textwrap.fill(pair.sequence, _BASES_A_LINE)}\n"
        for name, pair in genes.items()
    )
    write_atomically(folder / FASTA, "".join(records).encode())
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("id", "function"))
    writer.writerows((name, functions[pair.family]) for name, pair in genes.items())
    write_atomically(folder / TABLE, table.getvalue().encode())
