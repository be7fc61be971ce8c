"""Answers about sequences: the records of a FASTA or GenBank file in parts; of one its bases, features and GC track."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.sequence_codes import reverse_complement, translated
from genodesk.engine.data.sequence_record import SequenceFeature
from genodesk.engine.data.sequences import SequenceFile
from genodesk.engine.data.sequences_summary import as_row
from genodesk.engine.serve_session import Question

MOST_ROWS = 1000
MOST_BASES = 100_000
MOST_WINDOWS = 2000
LEAST_WINDOW = 50  # bases: the share of G and C in fewer says little
_STEP = 2**20


def sequences(question: Question) -> dict[str, Any]:
    """{path, first?, count?, find?} -> {kind, rows, total, matches, notices}: records in the order of the file, at most
    1,000, those whose id or description contains `find`, any case. `total` counts all, `matches` those found.

    A row is {id, description, length, gc, n, soft_masked}; gc is a share, null where no base is known.
    """
    first, number, sought = _wanted(question)
    file = _file(question)
    found = file.records
    if sought:
        found = [r for r in found if sought in r.id.casefold() or sought in r.description.casefold()]
    return {
        "kind": file.kind,
        "rows": [as_row(record) for record in found[first : first + number]],
        "total": len(file.records),
        "matches": len(found),
        "notices": file.notices,
    }


def sequence(question: Question) -> dict[str, Any]:
    """{path, id, start?, count?, strand?} -> {id, length, start, bases, protein, soft_masked}.

    `start` counts from 0 on the strand of the file; on strand "-" the bases are the reverse complement of that part,
    at most 100,000. `protein` are their whole codons in the standard code. `soft_masked` are (start, end) on the
    strand of the file.
    """
    start, number, strand = question.number("start"), question.number("count", 1000), question.params.get("strand", "+")
    if start < 0 or number < 0 or strand not in ("+", "-"):
        raise UserError("start and count must be at least 0, strand + or -.", "Mend the request.", "request")
    file, id = _file(question), question.text("id")
    length = file.summary(id).length
    start = min(start, length)
    end = min(start + min(number, MOST_BASES), length)
    part = file.part(id, start, end)
    bases = reverse_complement(part.sequence) if strand == "-" else part.sequence
    return {
        "id": id,
        "length": length,
        "start": start,
        "bases": bases,
        "protein": translated(bases),
        "soft_masked": (part.soft_masked + start).tolist(),
    }


def sequence_track(question: Question) -> dict[str, Any]:
    """{path, id} -> {length, gc, gc_window, features}: what is drawn of a whole sequence, as .npy files.

    `gc` is float32, each value of `gc_window` bases, NaN where none is known; `features` is int64 [n, 3]: start, end
    and whether on the other strand, of all that do not span the whole sequence.
    """
    file, id = _file(question), question.text("id")
    length = file.summary(id).length
    window = max(LEAST_WINDOW, math.ceil(length / MOST_WINDOWS))
    features = [(f.start, f.end, f.strand == "-") for f in file.features.get(id, ()) if f.end - f.start < length]
    return {
        "length": length,
        "gc": question.session.save(_gc_track(file, id, window, question)),
        "gc_window": window,
        "features": question.session.save(np.array(features, np.int64).reshape(-1, 3)),
    }


def features(question: Question) -> dict[str, Any]:
    """{path, id, first?, count?, find?} -> {rows, total, matches}: annotated parts of a sequence in the order of the
    file, at most 1,000, those whose kind, name or any qualifier contains `find`, any case.

    A row is {kind, name, gene, start, end, strand, parts, qualifiers}, on the strand of the file.
    """
    first, number, sought = _wanted(question)
    file, id = _file(question), question.text("id")
    file.summary(id)  # says so where there is no such sequence
    every = file.features.get(id, ())
    found = [f for f in every if sought in _words(f)] if sought else every
    return {
        "rows": [_as_json(feature) for feature in found[first : first + number]],
        "total": len(every),
        "matches": len(found),
    }


def _wanted(question: Question) -> tuple[int, int, str]:
    """first, count and find of a question about rows. Raises UserError."""
    first, number, find = question.number("first"), question.number("count", 100), question.params.get("find", "")
    if first < 0 or number < 1 or not isinstance(find, str):
        raise UserError("first must be at least 0, count at least 1 and find text.", "Mend the request.", "request")
    return first, min(number, MOST_ROWS), find.strip().casefold()


def _file(question: Question) -> SequenceFile:
    return question.session.sequences(Path(question.text("path")), question.raise_if_cancelled)


def _gc_track(file: SequenceFile, id: str, window: int, question: Question) -> np.ndarray:
    """float32 [windows]: the share of G and C among the known bases of each window."""
    length = file.summary(id).length
    step = max(1, _STEP // window) * window
    tracks = []
    for start in range(0, length, step):
        question.raise_if_cancelled()
        codes = file.part(id, start, min(start + step, length)).codes
        begins = np.arange(0, len(codes), window)
        gc = np.add.reduceat(((codes == 1) | (codes == 2)).astype(np.int64), begins)
        known = np.add.reduceat((codes < 4).astype(np.int64), begins)
        tracks.append(np.where(known > 0, gc / np.maximum(known, 1), np.nan).astype(np.float32))
    return np.concatenate(tracks)


def _words(feature: SequenceFeature) -> str:
    """All that is written of a feature, to search in."""
    return " ".join((feature.kind, *(" ".join(values) for values in feature.qualifiers.values()))).casefold()


def _as_json(feature: SequenceFeature) -> dict[str, Any]:
    return {
        "kind": feature.kind,
        "name": feature.name,
        "gene": feature.gene,
        "start": feature.start,
        "end": feature.end,
        "strand": feature.strand,
        "parts": [list(part) for part in feature.parts],
        "qualifiers": {key: list(values) for key, values in feature.qualifiers.items()},
    }
