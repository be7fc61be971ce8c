"""Genes as an annotation marks them on longer sequences: GenBank records, or a genome in FASTA with its GFF3.

A gene is taken from its first to its last base, introns included, and read on its own strand.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.gff import GffFeature, read_gff
from genodesk.engine.data.sequence_codes import reverse_complement
from genodesk.engine.data.sequence_record import SequenceFeature, SequenceRecord

Note = tuple[str, str, str]
Pieces = tuple[tuple[int, int, str], ...]

_SAYING = ("function", "product", "note")  # the qualifiers that answer what a gene does
_CODING = ("CDS", "mRNA", "tRNA", "rRNA", "ncRNA", "tmRNA", "misc_RNA")
_TRANSCRIPTS = ("mRNA", "transcript", "tRNA", "rRNA", "ncRNA", "snoRNA", "snRNA", "lnc_RNA")
_PARTS_OF_GENES = ("exon", "intron", "five_prime_UTR", "three_prime_UTR", "start_codon", "stop_codon")
_PREFIX = re.compile(r"^(gene|transcript|cds|rna)[-:]", re.IGNORECASE)
_ENSEMBL_SOURCE = re.compile(r"\s*\[Source:[^\]]*\]")


@dataclass
class Place:
    """Where a gene lies, 0-based, `end` behind its last base, and what is said of it."""

    id: str
    name: str
    sequence: str
    start: int
    end: int
    strand: str
    notes: list[Note] = field(default_factory=list)


_Places = dict[tuple[str, str], Place]  # of one ID, by sequence and strand


def genbank_genes(record: SequenceRecord) -> Iterator[tuple[Place, Pieces]]:
    """Each gene of a record, with the pieces to read. Features of one locus tag (or gene name) are one gene."""
    groups: dict[str, list[SequenceFeature]] = {}
    for feature in record.features:
        if feature.kind in (*_CODING, "gene"):
            groups.setdefault(_genbank_id(feature, record.id), []).append(feature)
    for name, features in groups.items():
        whole = next((feature for feature in features if feature.kind == "gene"), features[0])
        called = next((value for feature in features for value in feature.qualifiers.get("gene", ())), name)
        place = Place(name, called, record.id, whole.start, whole.end, whole.strand)
        for key in _SAYING:
            for feature in features:
                for text in feature.qualifiers.get(key, ()):
                    note = (f"GenBank /{key}", name, " ".join(text.split()))
                    if note not in place.notes:
                        place.notes.append(note)
        yield place, _whole(whole.parts)


def read_pieces(sequence: str, pieces: Pieces) -> str:
    """The bases of pieces, each on its strand, one after the other."""
    return "".join(
        reverse_complement(sequence[start:end]) if strand == "-" else sequence[start:end]
        for start, end, strand in pieces
    )


def gff_genes(path: Path, between: Callable[[], None] = lambda: None) -> tuple[list[Place], list[str]]:
    """(the genes of a GFF3 file in its order, notices); what is said of their transcripts and proteins belongs to them.

    Lines with one ID are pieces of one gene where they lie on one strand of one sequence, else genes of their own. A
    file without genes is taken by its transcripts, else by its coding sequences. Raises UserError where it has none.
    """
    places: dict[str, dict[str, _Places]] = {"gene": {}, "transcript": {}, "CDS": {}}
    joined: dict[str, dict[str, None]] = {rank: {} for rank in places}
    parent: dict[str, str] = {}
    told: list[tuple[str, str, GffFeature]] = []
    for number, feature in enumerate(read_gff(path, between_blocks=between)):
        if feature.kind in _PARTS_OF_GENES:
            continue
        rank = _rank(feature.kind)
        own = feature.id or f"line {number}"
        if rank:
            apart = places[rank].setdefault(own, {})
            strand = (feature.sequence, feature.strand)
            known = apart.get(strand)
            if known is not None:
                known.start, known.end = min(known.start, feature.start), max(known.end, feature.end)
                joined[rank][known.name] = None
            else:
                apart[strand] = _gff_place(feature, own, len(apart) + 1)
        if feature.parents:
            parent[own] = feature.parents[0]
        if rank or feature.parents:
            told += [(own, key, feature) for key in ("description", "Note", "function", "product", "note")
                     if key in feature.attributes]  # fmt: skip
    kind = next((rank for rank, found in places.items() if found), None)
    if kind is None:
        raise UserError("The annotation marks no genes.", "Choose a GFF3 file with gene features.", str(path))
    chosen = places[kind]
    for own, key, feature in told:
        apart = chosen.get(_owner(own, parent, chosen), {})
        place = apart.get((feature.sequence, feature.strand)) or next(iter(apart.values()), None)
        if place is not None:
            text = _ENSEMBL_SOURCE.sub("", ", ".join(feature.attributes[key])).strip()
            note = (f"GFF3 {key}", place.id, text)
            if text and note not in place.notes:
                place.notes.append(note)
    several = [next(iter(apart.values())).name for apart in chosen.values() if len(apart) > 1]
    notices = []
    if several:
        notices.append(
            f"Genes marked on several strands or sequences are read as one gene for each: {first_few(several, 3)}."
        )
    if joined[kind] and kind != "CDS":  # coding sequences always come in pieces
        pieces = first_few(joined[kind], 3)
        notices.append(f"Genes marked in several pieces are read from the first to the last: {pieces}.")
    return [place for apart in chosen.values() for place in apart.values()], notices


def check_on_genome(places: list[Place], lengths: dict[str, int], path: Path) -> list[str]:
    """Notices of genes on sequences that the genome lacks; raises UserError where all are, or one ends beyond it."""
    absent = sorted({place.sequence for place in places} - lengths.keys())
    if absent and not any(place.sequence in lengths for place in places):
        raise UserError(
            f"The annotation speaks of {first_few(absent, 3)}, the genome holds {first_few(list(lengths), 3)}.",
            "Use the annotation that belongs to this genome, with the same names of chromosomes.",
            str(path),
        )
    for place in places:
        if place.end > lengths.get(place.sequence, place.end):
            raise UserError(
                f"{place.id} ends at base {place.end:,} of {place.sequence}, which has {lengths[place.sequence]:,}.",
                "Use the annotation of this very assembly.",
                str(path),
            )
    if not absent:
        return []
    number = sum(place.sequence not in lengths for place in places)
    return [f"{number:,} genes lie on sequences that the genome lacks: {first_few(absent, 3)}."]


def _genbank_id(feature: SequenceFeature, record: str) -> str:
    return feature.gene or f"{record}:{feature.start + 1}-{feature.end}"


def _whole(parts: Pieces) -> Pieces:
    """From the first to the last base in one piece; parts that wrap around a circle or lie on both strands stay."""
    forward = parts if parts[0][2] != "-" else parts[::-1]
    starts = [start for start, _, _ in forward]
    if len({strand for _, _, strand in parts}) == 1 and starts == sorted(starts):
        return ((starts[0], max(end for _, end, _ in parts), parts[0][2]),)
    return parts


def _rank(kind: str) -> str:
    if kind in ("gene", "pseudogene") or kind.endswith("_gene"):
        return "gene"
    return "transcript" if kind in _TRANSCRIPTS else "CDS" if kind == "CDS" else ""


def _gff_place(feature: GffFeature, own: str, number: int) -> Place:
    """The place of a line; of an ID that stands in several places, the `number` of this one is part of its id."""
    tag = feature.attributes.get("locus_tag", feature.attributes.get("gene_id", ("",)))[0]
    name = tag or _PREFIX.sub("", own)
    id = name if number == 1 else f"{name}_{number}"
    return Place(id, feature.name or name, feature.sequence, feature.start, feature.end, feature.strand)


def _owner(own: str, parent: dict[str, str], chosen: dict[str, _Places]) -> str:
    """The gene that something belongs to, itself where it is one."""
    for _ in range(5):
        if own in chosen or own not in parent:
            break
        own = parent[own]
    return own
