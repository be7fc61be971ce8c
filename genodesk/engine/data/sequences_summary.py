"""What a file of sequences holds, in numbers, as JSON values."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

from genodesk.engine.data.sequence_record import RecordSummary
from genodesk.engine.data.sequences import SequenceFile

SHOWN = 5
_MOST_KINDS = 12
_NAMES = {"fasta": "FASTA", "genbank": "GenBank"}


def summarise_sequences(file: SequenceFile) -> dict[str, Any]:
    """Title, sizes, composition, the first records and, of GenBank, features by kind. `gc` is a share of ACGT."""
    lengths = sorted((record.length for record in file.records), reverse=True)
    bases, n = sum(lengths), sum(record.n for record in file.records)
    title = f"{_NAMES[file.kind]}, {len(lengths):,} sequence{'s' * (len(lengths) > 1)}, {bases:,} bp"
    kinds = Counter(feature.kind for features in file.features.values() for feature in features)
    return {
        "title": title,
        "packing": file.packing or None,
        "records": len(lengths),
        "bases": bases,
        "gc": _gc(file.records, bases - n),
        "n": n,
        "soft_masked": sum(record.soft_masked for record in file.records),
        "longest": lengths[0],
        "shortest": lengths[-1],
        "n50": _n50(lengths),
        "first_records": [as_row(record) for record in islice(file.records, SHOWN)],
        **({"features": dict(kinds.most_common(_MOST_KINDS))} if kinds else {}),
        "warnings": file.notices,
    }


def as_row(record: RecordSummary) -> dict[str, Any]:
    """A record as JSON values; `gc` is null where no base is known."""
    known = record.length > record.n
    return {**record._asdict(), "gc": record.gc if known else None}


def _gc(records: list[RecordSummary], known: int) -> float | None:
    found = sum(record.gc * (record.length - record.n) for record in records if record.length > record.n)
    return found / known if known else None


def _n50(lengths: list[int]) -> int:
    """The length of the sequence that holds the middle base when the longest come first."""
    left = sum(lengths) / 2
    for length in lengths:
        left -= length
        if left <= 0:
            return length
    return 0
