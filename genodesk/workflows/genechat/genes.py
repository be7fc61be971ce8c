"""Genes with their sequences and what is known of them, from whatever files a person has.

FASTA alone, GenBank alone, or either with a table of functions; a genome in FASTA with its GFF3.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.fasta import read_fasta
from genodesk.engine.data.genbank import read_genbank
from genodesk.engine.data.sequence_codes import decode
from genodesk.engine.data.sequence_record import SequenceNotices
from genodesk.engine.data.sequences import SequenceFile, known_kind, open_sequences
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


@dataclass(frozen=True)
class Gene:
    """A gene: `sequence` in capitals ACGTN, read on its own strand; `description` says what it does, "" if unknown.

    `notes` are (source, id, text), everything that the files say of it, each from where it was found.
    """

    id: str
    name: str
    sequence: str
    description: str
    notes: tuple[Note, ...] = ()


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
    between: Callable[[], None] = lambda: None,
) -> FoundGenes:
    """The genes of a file; `annotation` is a GFF3 for a genome, or a table of `functions`.

    Sequences above `longest` bases are not read in. `between` is called now and then and may raise to give up. Raises
    UserError for bad files, for ids that occur twice and for a table that speaks of none of the genes.
    """
    if annotation is not None and functions is None and is_function_table(annotation):
        annotation, functions = None, annotation
    rows = read_functions(functions, between) if functions is not None else []
    collecting = _Collecting(path, longest, between)
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

    def __init__(self, path: Path, longest: int | None, between: Callable[[], None]) -> None:
        self.path, self.longest, self.between = path, longest, between
        self.found = FoundGenes()
        self.ids: dict[str, str] = {}  # id -> name

    def from_records(self) -> None:
        """Every record of FASTA is a gene; of GenBank every gene that it marks, else the record."""
        notices = SequenceNotices()
        if known_kind(self.path) == "genbank":
            for record in read_genbank(self.path, between_records=self.between, notices=notices):
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
        else:
            for record in read_fasta(self.path, between_blocks=self.between, notices=notices):
                name, told = read_header(record.id, record.description)
                notes = [("FASTA header", record.id, told)] if told else []
                place = Place(record.id, name, record.id, 0, len(record.codes), "+", notes)
                self.add(place, len(record.codes), partial(decode, record.codes))
        self.found.notices += notices.sentences()

    def from_genome(self, annotation: Path) -> None:
        """The genes that a GFF3 marks on the sequences of the file."""
        genome: SequenceFile = open_sequences(self.path)
        places = gff_genes(annotation, self.between)
        lengths = {record.id: record.length for record in genome.records}
        self.found.notices += [*genome.notices, *check_on_genome(places, lengths, annotation)]
        for number, place in enumerate(place for place in places if place.sequence in lengths):
            if number % 100 == 0:
                self.between()
            strand = "-" if place.strand == "-" else "+"
            read = partial(genome.fetch, place.sequence, place.start, place.end, strand)
            self.add(place, place.end - place.start, read)

    def add(self, place: Place, length: int, read: Callable[[], str]) -> None:
        """Takes one gene in, if it is not too long."""
        name = place.id if place.id not in self.ids else f"{place.sequence}:{place.id}"
        if name in self.ids:
            raise UserError(
                f"The gene {name} occurs more than once.", "Give every gene an id of its own.", str(self.path)
            )
        self.ids[name] = place.name
        if self.longest is not None and length > self.longest:
            self.found.too_long[name] = length
            return
        said = list(dict.fromkeys(text.rstrip(". ") for _, _, text in place.notes))
        notes = tuple((source, name, text) for source, _, text in place.notes)
        self.found.genes.append(Gene(name, place.name, read(), "; ".join(said), notes))


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
