"""Genes with their sequences and what is known of them, from whatever files a person has.

FASTA alone, GenBank alone, or either with a table of functions; a genome in FASTA with its GFF3.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.sequence_files import Duplicates
from genodesk.engine.data.byte_blocks import unpacked_size
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.fasta import read_fasta, unique
from genodesk.engine.data.genbank import read_genbank
from genodesk.engine.data.sequence_codes import decode
from genodesk.engine.data.sequence_record import SequenceNotices
from genodesk.engine.data.sequences import SequenceFile, check_genbank_fits, known_kind, open_sequences
from genodesk.workflows.genechat.annotated_genes import (
    Note,
    Place,
    check_on_genome,
    genbank_genes,
    gff_genes,
    read_pieces,
)
from genodesk.workflows.genechat.function_table import FunctionRow, is_function_table, read_functions
from genodesk.workflows.genechat.gene_headers import read_header

MOST_HELD = 500_000_000  # bases of a file in memory; of a larger one, a gene is read when it is asked for

_NOT_HELD = "The file is large, so its genes are read when they are asked for and not compared with each other."

Read = Callable[[int, int], str]


@dataclass(frozen=True)
class InFile:
    """A sequence that stays in its file: its length, and what reads its bases `start` to `end`."""

    length: int
    read: Read


@dataclass(frozen=True)
class Gene:
    """A gene: `bases` in capitals ACGTN, on its own strand, or where they stand; `description` says what it does, "" if
    unknown.

    `notes` are (source, id, text), everything that the files say of it, each from where it was found.
    """

    id: str
    name: str
    bases: str | InFile
    description: str
    notes: tuple[Note, ...] = ()

    @property
    def length(self) -> int:
        """Its number of bases."""
        return len(self.bases) if isinstance(self.bases, str) else self.bases.length

    @property
    def sequence(self) -> str:
        """All of its bases. Raises UserError where they stand in a file that has changed since."""
        return self.part(0, self.length)

    def part(self, start: int, end: int) -> str:
        """Its bases `start` to `end`. Raises UserError as `sequence`."""
        return self.bases[start:end] if isinstance(self.bases, str) else self.bases.read(start, end)


@dataclass
class FoundGenes:
    """Genes in the order of the file, and what was not taken: lengths of those too long, rows without a sequence."""

    genes: list[Gene] = field(default_factory=list)
    too_long: dict[str, int] = field(default_factory=dict)
    without_sequence: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def find_genes(
    path: Path,
    annotation: Path | None = None,
    functions: Path | None = None,
    *,
    longest: int | None = None,
    most_held: int | None = MOST_HELD,
    duplicates: Duplicates = "error",
    between: Callable[[], None] = lambda: None,
) -> FoundGenes:
    """The genes of a file; `annotation` is a GFF3 for a genome, or a table of `functions`.

    Sequences above `longest` bases are not read in; those of FASTA files with more than `most_held` bases stay in the
    file. `between` is called now and then and may raise to give up. Raises UserError for bad files, for ids that occur
    twice unless they are renamed, and for a table that speaks of none of the genes.
    """
    if annotation is not None and functions is None and is_function_table(annotation):
        annotation, functions = None, annotation
    rows = read_functions(functions, between) if functions is not None else []
    collecting = _Collecting(path, longest, most_held, duplicates, between)
    if annotation is not None:
        collecting.from_genome(annotation)
    else:
        collecting.from_records()
    found = collecting.found
    if not found.genes and not found.too_long:
        raise UserError("The file holds no genes.", "Choose a file with sequences.", str(path))
    if functions is not None:
        _join(found, rows, functions, collecting.ids)
    return found


class _Collecting:
    """Gathers the genes of one file."""

    def __init__(
        self,
        path: Path,
        longest: int | None,
        most_held: int | None,
        duplicates: Duplicates,
        between: Callable[[], None],
    ) -> None:
        self.path, self.longest, self.duplicates, self.between = path, longest, duplicates, between
        self.most_held = math.inf if most_held is None else most_held
        self.found = FoundGenes()
        self.ids: dict[str, str] = {}  # id -> name
        self._numbers: dict[str, int] = {}
        self._notices = SequenceNotices()

    def from_records(self) -> None:
        """Every record of FASTA is a gene; of GenBank every gene that it marks, else the record."""
        if known_kind(self.path) == "genbank":
            self._from_genbank()
        elif unpacked_size(self.path) > self.most_held:
            file = open_sequences(self.path, duplicates=self.duplicates, between_blocks=self.between)
            self.found.notices += [*file.notices, _NOT_HELD]
            for record in file.records:
                read = partial(_on_strand, file, record.id, 0, record.length, "+")
                self._add_record(record.id, record.description, InFile(record.length, read))
        else:
            for found in read_fasta(
                self.path, duplicates=self.duplicates, between_blocks=self.between, notices=self._notices
            ):
                self._add_record(found.id, found.description, found.codes)
        self.found.notices += self._notices.sentences()

    def from_genome(self, annotation: Path) -> None:
        """The genes that a GFF3 marks on the sequences of the file."""
        genome = open_sequences(self.path, duplicates=self.duplicates, between_blocks=self.between)
        places, told = gff_genes(annotation, self.between)
        lengths = {record.id: record.length for record in genome.records}
        self.found.notices += [*genome.notices, *told, *check_on_genome(places, lengths, annotation)]
        places = [place for place in places if place.sequence in lengths]
        held = sum(place.end - place.start for place in places) <= self.most_held
        if not held:
            self.found.notices.append(_NOT_HELD)
        for number, place in enumerate(places):
            if number % 100 == 0:
                self.between()
            read = partial(_on_strand, genome, place.sequence, place.start, place.end, place.strand)
            length = place.end - place.start
            self.add(place, length, partial(read, 0, length) if held else partial(InFile, length, read))
        self.found.notices += self._notices.sentences()

    def add(self, place: Place, length: int, bases: Callable[[], str | InFile]) -> None:
        """Takes one gene in, if it is not too long. Raises UserError for an id that occurred before."""
        name = place.id if place.id not in self.ids else f"{place.sequence}:{place.id}"
        name = unique(name, self._numbers, self._notices, self.duplicates, partial(str, self.path))
        self.ids[name] = place.name
        if self.longest is not None and length > self.longest:
            self.found.too_long[name] = length
            return
        said = list(dict.fromkeys(text.rstrip(". ") for _, _, text in place.notes))
        notes = tuple((source, name, text) for source, _, text in place.notes)
        self.found.genes.append(Gene(name, place.name, bases(), "; ".join(said), notes))

    def _from_genbank(self) -> None:
        check_genbank_fits(self.path)
        for record in read_genbank(
            self.path, duplicates=self.duplicates, between_records=self.between, notices=self._notices
        ):
            marked = False
            sequence = record.sequence
            for place, pieces in genbank_genes(record):
                marked = True
                length = sum(end - start for start, end, _ in pieces)
                self.add(place, length, partial(read_pieces, sequence, pieces))
            if not marked:
                notes = [("GenBank definition", record.id, record.description)]
                whole = Place(record.id, record.id, record.id, 0, len(record.codes), "+", notes)
                self.add(whole, len(record.codes), partial(decode, record.codes))

    def _add_record(self, id: str, description: str, bases: np.ndarray | InFile) -> None:
        """A record of FASTA, whose header may say what it does."""
        name, told = read_header(id, description)
        length = bases.length if isinstance(bases, InFile) else len(bases)
        place = Place(id, name, id, 0, length, "+", [("FASTA header", id, told)] if told else [])
        self.add(place, length, lambda: bases if isinstance(bases, InFile) else decode(bases))


def _on_strand(file: SequenceFile, id: str, first: int, last: int, strand: str, start: int, end: int) -> str:
    """The bases `start` to `end` of what lies from `first` to `last` of a sequence, counted on its own strand."""
    if strand == "-":
        return file.fetch(id, last - end, last - start, "-")
    return file.fetch(id, first + start, first + end)


def _join(found: FoundGenes, rows: list[FunctionRow], table: Path, ids: dict[str, str]) -> None:
    """Gives genes the functions of a table, whose words replace those of the file; by id, else by the gene's name."""
    by_id = {row.id: row for row in rows}
    by_name = {row.name: row for row in rows if row.name}
    for number, gene in enumerate(found.genes):
        row = by_id.get(gene.id) or by_id.get(gene.name) or by_name.get(gene.name)
        if row is None:
            continue
        if row.text:
            note = (table.name, row.id, row.text)
            name = row.name if row.name and gene.name == gene.id else gene.name
            found.genes[number] = replace(gene, name=name, description=row.text, notes=(note, *gene.notes))
    known = {*ids, *ids.values()}
    found.without_sequence = [row.id for row in rows if row.id not in known and row.name not in known]
    if len(found.without_sequence) == len(rows):
        raise UserError(
            f"None of the ids of this table is in the sequences: the table has {first_few(list(by_id), 3)}, "
            f"the sequences {first_few(list(ids), 3)}.",
            "Use the same ids in both files.",
            str(table),
        )
