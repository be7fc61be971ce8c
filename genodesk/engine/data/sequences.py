"""A file of sequences of any known format, told by its content: numbers of every record, and any part of any record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.core.sequence_files import Duplicates
from genodesk.engine.data.byte_blocks import ByteBlocks, packing, unpacked_size
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.fasta_index import FastaIndex
from genodesk.engine.data.genbank import read_genbank
from genodesk.engine.data.limits import check_fits
from genodesk.engine.data.sequence_codes import WHITE_SPACE, count, reverse_complement
from genodesk.engine.data.sequence_record import (
    RecordSummary,
    SequenceFeature,
    SequenceNotices,
    SequenceRecord,
    summary_of,
)

_FASTQ = re.compile(rb"@[^\n]*\n[A-Za-z.*-]+\r?\n\+")
_GENBANK_FOLD = 8  # memory of a GenBank file that is held, times its size


Part = Callable[[int, int, int], tuple[np.ndarray, np.ndarray]]  # number of the record, start, end -> codes, runs


class SequenceFile:
    """`kind` "fasta" or "genbank"; `packing` "", "gzip", "bgzf" or "zstd"; `records` in the order of the file;
    `features` of records by id (GenBank); `notices` of what was read otherwise than it stands.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        packing: str,
        records: list[RecordSummary],
        notices: SequenceNotices,
        part: Part,
        features: Mapping[str, tuple[SequenceFeature, ...]],
    ) -> None:
        self.path = path
        self.kind = kind
        self.packing = packing
        self.records = records
        self.notices = notices.sentences()
        self.features = features
        self._part = part
        self._numbers = {record.id: number for number, record in enumerate(records)}

    def summary(self, id: str) -> RecordSummary:
        """The numbers of one record. Raises UserError for an unknown id."""
        return self.records[self._number(id)]

    def fetch(self, id: str, start: int = 0, end: int | None = None, strand: str = "+") -> str:
        """The bases `start` to `end` of a record, in capitals of ACGTN; on strand "-" their reverse complement.

        Places are counted on the strand of the file. Raises UserError for an unknown id or a part outside.
        """
        bases = self.part(id, start, end).sequence
        return reverse_complement(bases) if strand == "-" else bases

    def part(self, id: str, start: int = 0, end: int | None = None) -> SequenceRecord:
        """The record cut to `start` to `end`, without features; soft-masked runs count from `start`.

        Raises UserError for an unknown id or a part outside.
        """
        number = self._number(id)
        record = self.records[number]
        end = record.length if end is None else end
        if not 0 <= start <= end <= record.length:
            raise UserError(
                f"{id} has {record.length:,} bases, so {start:,} to {end:,} is no part of it.",
                "Choose a part inside.",
                str(self.path),
            )
        return SequenceRecord(id, record.description, *self._part(number, start, end))

    def _number(self, id: str) -> int:
        if id not in self._numbers:
            hint = did_you_mean(id, self._numbers, f"There are: {first_few(self._numbers)}.")
            raise UserError(f"There is no sequence {id}.", hint, str(self.path))
        return self._numbers[id]


def open_sequences(
    path: Path | str, *, duplicates: Duplicates | None = None, between_blocks: Callable[[], None] = lambda: None
) -> SequenceFile:
    """Looks through a FASTA or GenBank file once; later only the parts asked for are read. A GenBank file is held.

    `between_blocks` may raise to give up. Raises UserError for any other kind, and for what is no DNA.
    """
    path = Path(path)
    if known_kind(path) == "genbank":
        check_genbank_fits(path)
        return _held(path, duplicates, between_blocks)
    index = FastaIndex(path, duplicates, between_blocks)
    return SequenceFile(path, "fasta", index.packing, index.records, index.notices, index.part, {})


def check_genbank_fits(path: Path) -> None:
    """Raises UserError where a GenBank file, packed or not, takes more memory than can be spared."""
    check_fits(_GENBANK_FOLD * unpacked_size(path), path, "", "Convert it to FASTA, with GFF3 beside it.")


def known_kind(path: Path) -> str:
    """`fasta` or `genbank`, packed or not, by how the content begins. Raises UserError for anything else."""
    kind = sequence_kind(path)
    if kind is None and not _beginning(path):
        raise UserError("The file is empty: it holds no sequences.", "Choose a file with sequences.", str(path))
    if kind == "fastq":
        raise UserError(
            "This is FASTQ, reads with qualities, which is neither FASTA nor GenBank.",
            "Convert it: seqtk seq -A FILE > FILE.fasta.",
            str(path),
        )
    if kind is None:
        raise UserError(
            "This is neither FASTA nor GenBank: it holds no sequences, since it does not begin with > or LOCUS.",
            "Choose a file with sequences; in FASTA each begins with a line of > and its id.",
            str(path),
        )
    return kind


def sequence_kind(path: Path) -> str | None:
    """`fasta`, `genbank` or `fastq` by how the content begins, else None."""
    start = _beginning(path)
    if start.startswith(b">"):
        return "fasta"
    if start.startswith(b"LOCUS  "):
        return "genbank"
    return "fastq" if _FASTQ.match(start.replace(b"\r\n", b"\n").replace(b"\r", b"\n")) else None


def _beginning(path: Path) -> bytes:
    """The first block of the content, without what is blank before the first sign."""
    start = next((block for _, block in ByteBlocks(path)), b"")
    return start.removeprefix(b"\xef\xbb\xbf").lstrip(WHITE_SPACE)


def _held(path: Path, duplicates: Duplicates | None, between_records: Callable[[], None]) -> SequenceFile:
    """A GenBank file, its records in memory."""
    notices = SequenceNotices()
    held = list(read_genbank(path, duplicates=duplicates, between_records=between_records, notices=notices))
    records = [summary_of(record.id, record.description, count(record.sequence.encode())) for record in held]

    def part(number: int, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        return held[number].codes[start:end], held[number].soft_masked

    features = {record.id: record.features for record in held}
    return SequenceFile(path, "genbank", packing(path), records, notices, part, features)
