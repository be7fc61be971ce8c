"""GFF3 annotation, read line by line: what lies where on which sequence, with its attributes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from genodesk.core.errors import UserError
from genodesk.engine.data.byte_blocks import UnpackedFile

_BETWEEN = 20_000  # lines
_PLACE = re.compile(r"\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GffFeature:
    """One line: 0-based `start`, `end` behind the last base, `strand` "+", "-" or "."; attributes are decoded."""

    sequence: str
    source: str
    kind: str
    start: int
    end: int
    strand: str
    attributes: Mapping[str, tuple[str, ...]]

    @property
    def id(self) -> str:
        """Its own id, "" where it bears none."""
        return self._first("ID")

    @property
    def name(self) -> str:
        """What people call it, "" where it bears no name."""
        return self._first("gene") or self._first("Name") or self._first("locus_tag")

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of what it belongs to."""
        return self.attributes.get("Parent", ())

    def _first(self, key: str) -> str:
        return self.attributes.get(key, ("",))[0]


def read_gff(path: Path | str, *, between_blocks: Callable[[], None] = lambda: None) -> Iterator[GffFeature]:
    """The features in the order of the file, up to ##FASTA. Raises UserError naming the line, and for GTF."""
    path = Path(path)
    found = 0
    with io.TextIOWrapper(io.BufferedReader(UnpackedFile(path)), encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if number % _BETWEEN == 0:
                between_blocks()
            if line.startswith(("##FASTA", ">")):
                break
            if line.startswith("#") or not line.strip():
                continue
            found += 1
            yield _feature(line.rstrip("\r\n"), f"{path}: line {number:,}")
    if not found:
        raise UserError("The file holds no annotation.", "Choose a GFF3 file.", str(path))


def _feature(line: str, where: str) -> GffFeature:
    columns = line.split("\t")
    if len(columns) != 9:
        raise UserError(
            f"This line has {len(columns)} columns, and GFF3 has 9, parted by tabs.", "Choose a GFF3 file.", where
        )
    sequence, source, kind, first, last, _, strand, _, told = columns
    if "=" not in told and ' "' in told:
        raise UserError("This is GTF, and GFF3 is read here.", "Convert it: gffread FILE -o FILE.gff3.", where)
    if not (_PLACE.fullmatch(first) and _PLACE.fullmatch(last) and 1 <= int(first) <= int(last)):
        raise UserError(
            f"{first[:20]} to {last[:20]} is no part of a sequence.",
            "Give whole numbers from 1, the smaller one first.",
            where,
        )
    return GffFeature(
        unquote(sequence),
        source,
        unquote(kind),
        int(first) - 1,
        int(last),
        strand if strand in ("+", "-") else ".",
        _attributes(told),
    )


def _attributes(told: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for item in told.split(";"):
        key, sign, values = item.strip().partition("=")
        if sign:
            found[unquote(key)] = tuple(unquote(value) for value in values.split(","))
    return found
