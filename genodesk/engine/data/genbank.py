"""GenBank files: sequences with their annotated features, parsed by Biopython and validated as FASTA is."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.sequence_files import Duplicates
from genodesk.engine.data.byte_blocks import UnpackedFile
from genodesk.engine.data.fasta import unique
from genodesk.engine.data.sequence_codes import WRONG, count, encode, first_wrong
from genodesk.engine.data.sequence_record import SequenceFeature, SequenceNotices, SequenceRecord, is_dna, not_dna

_STRANDS = {1: "+", -1: "-"}
_LOCUS = re.compile(r"LOCUS\s.*?\s(\d{1,15}) (?:bp|aa)\s")


def read_genbank(
    path: Path | str,
    *,
    duplicates: Duplicates | None = None,
    between_records: Callable[[], None] = lambda: None,
    notices: SequenceNotices | None = None,
) -> Iterator[SequenceRecord]:
    """The records one after the other. Raises UserError for a record without sequence, for protein and damage, and for
    repeated ids unless renamed.

    Features whose place is not told in this record are left out. The format knows no soft-masking.
    """
    path = Path(path)
    notices = SequenceNotices() if notices is None else notices
    number = 0
    ids: dict[str, int] = {}
    for number, (record, promised) in enumerate(_parsed(path), start=1):
        between_records()
        name = record.id if record.id not in ("", "<unknown id>", ".") else record.name
        where = f"{path}: record {number:,}, {name}"
        name = unique(name, ids, notices, duplicates, partial(str, where))
        text = _bases(record, where)
        if promised is not None and len(text) != promised:
            raise UserError(
                f"This GenBank record cannot be read: it holds {len(text):,} of the {promised:,} bases it promises.",
                "The file is damaged or incomplete: download it again.",
                where,
            )
        counts = count(text)
        if record.annotations.get("molecule_type") == "protein" or not is_dna(counts):
            raise not_dna(name, counts, where)
        if counts[WRONG]:
            wrong = first_wrong(text)
            raise UserError(
                f"{chr(text[wrong])} at base {wrong + 1:,} stands for no base.", "Correct it, or write N.", where
            )
        notices.take(name, counts)
        features = tuple(feature for feature in map(_feature, record.features) if feature is not None)
        yield SequenceRecord(name, record.description, encode(text), features=features)
    if not number:
        raise UserError("The file holds no GenBank records.", "Download it again.", str(path))


class _Lines(io.TextIOWrapper):
    """The lines of the file; `promised` is the length in the latest LOCUS line, None where it tells none."""

    promised: int | None = None

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # as TextIOWrapper's own
        line = super().readline(size)
        if line.startswith("LOCUS"):
            found = _LOCUS.match(line)
            self.promised = int(found[1]) if found else None
        return line


def _parsed(path: Path) -> Iterator[tuple[Any, int | None]]:
    """Biopython's records, each with the length that its first line promises; what it raises on a damaged file becomes
    one sentence."""
    from Bio import BiopythonWarning, SeqIO

    with _Lines(io.BufferedReader(UnpackedFile(path)), encoding="utf-8", errors="replace") as file:
        records = iter(SeqIO.parse(file, "genbank"))
        number = 0
        while True:
            number += 1
            try:
                with warnings.catch_warnings():  # remarks about unusual lines, which nobody could act on
                    warnings.simplefilter("ignore", BiopythonWarning)
                    record = next(records, None)
            except (UserError, MemoryError):
                raise
            except Exception as error:  # Biopython raises ValueError, AssertionError, IndexError and others
                raise UserError(
                    "This GenBank record cannot be read.",
                    "The file is damaged or incomplete: download it again.",
                    f"{path}: record {number:,}",
                ) from error
            if record is None:
                return
            yield record, file.promised


def _bases(record: Any, where: str) -> bytes:
    from Bio.Seq import UndefinedSequenceError

    try:
        text = bytes(record.seq).upper()
    except UndefinedSequenceError:
        text = b""
    if not text:
        raise UserError(
            "This GenBank record holds no sequence, only its description.",
            "Download it as GenBank (full), which ends with ORIGIN and the bases.",
            where,
        )
    return text


def _feature(found: Any) -> SequenceFeature | None:
    parts = []
    for part in found.location.parts if found.location is not None else ():
        if part.ref is not None:  # it stands in another record
            continue
        try:
            parts.append((int(part.start), int(part.end), _STRANDS.get(part.strand, ".")))
        except TypeError:  # an end that is not known
            return None
    if not parts:
        return None
    strands = {strand for _, _, strand in parts}
    qualifiers = {key: tuple(str(value) for value in values) for key, values in found.qualifiers.items()}
    return SequenceFeature(
        kind=found.type,
        start=min(start for start, _, _ in parts),
        end=max(end for _, end, _ in parts),
        strand=strands.pop() if len(strands) == 1 else ".",
        parts=tuple(parts),
        qualifiers=qualifiers,
    )
