"""What the person's own annotation says of a gene and of the sequences most like it: numbered, beside the answer.

Never a part of what the model reads: whatever an annotation says is shown as it is and steers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from genodesk.workflows.genechat.genes import Gene
from genodesk.workflows.genechat.identifiers import invented
from genodesk.workflows.genechat.shared_words import shared_words
from genodesk.workflows.genechat.sketch import SketchIndex
from genodesk.workflows.genechat.windows import LONGEST_GENE

NEAREST = 3
LONGEST_TEXT = 600


@dataclass(frozen=True)
class Evidence:
    """One source: its number, where it comes from, whose it is and all that it says."""

    n: int
    source: str
    id: str
    text: str


class Annotated:
    """The genes that somebody has opened, and what is written about them."""

    def __init__(self, genes: Sequence[Gene]) -> None:
        self.genes = tuple(genes)
        self._described = tuple(gene for gene in genes if gene.notes and _comparable(gene))
        self._index: SketchIndex | None = None  # made when first asked

    def evidence(self, asked: Sequence[Gene], between: Callable[[], None] = lambda: None) -> list[Evidence]:
        """What the annotation says of the genes asked about, then of up to three sequences most like the first.

        Compared are genes in memory, none longer than is read of one. The texts are whole, in one line each.
        `between` is called now and then while sequences are compared and may raise to give up.
        """
        found: list[tuple[str, str, str]] = []
        for gene in asked:
            found += [(source, identity, text) for source, identity, text in gene.notes]
        for gene, identity in self._nearest(asked[0], between):
            source, _, text = gene.notes[0]
            name = f" ({gene.name})" if gene.name and gene.name != gene.id else ""
            found.append((f"most alike in {source}: {gene.id}{name}, {identity}", gene.id, text))
        return [
            Evidence(number, source, identity, " ".join(text.split()))
            for number, (source, identity, text) in enumerate(found, start=1)
        ]

    def _nearest(self, gene: Gene, between: Callable[[], None]) -> list[tuple[Gene, str]]:
        if not self._described or not 0 < gene.length <= LONGEST_GENE:
            return []
        if self._index is None:
            self._index = SketchIndex([gene.sequence for gene in self._described], between)
        between()
        near = self._index.nearest(gene.sequence, NEAREST + 1)
        others = [(self._described[one.index], one) for one in near]
        return [
            (other, f"{'about ' if one.estimated else ''}{one.identity:.0%} identical over {one.covered:.0%}")
            for other, one in others
            if other.id != gene.id
        ][:NEAREST]


def beside(answer: str, evidence: Sequence[Evidence], asked: Sequence[Gene]) -> dict[str, Any]:
    """{evidence, agrees, invented}: the sources as JSON, which words of the answer they share, identifiers in none.

    `agrees` [{n, words}] tells of shared words that neither text denies; whether source and answer mean the same is for
    the reader. Long texts are compared whole and shown shortened.
    """
    agrees = [{"n": one.n, "words": shared_words(answer, one.text)} for one in evidence]
    known = [one.text for one in evidence] + [one.id for one in evidence] + [one.source for one in evidence]
    known += [f"{gene.id} {gene.name} {gene.description}" for gene in asked]
    return {
        "evidence": [{**asdict(one), "text": _shortened(one.text)} for one in evidence],
        "agrees": [one for one in agrees if one["words"]],
        "invented": invented(answer, known),
    }


def _comparable(gene: Gene) -> bool:
    return isinstance(gene.bases, str) and 0 < gene.length <= LONGEST_GENE


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1].rsplit(" ", 1)[0] + "…"
