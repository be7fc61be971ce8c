"""Reads binding motifs as matrices of letter probabilities from MEME and JASPAR text."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from genodesk.core.errors import UserError

PSEUDOCOUNT = 0.1  # sites shared out by the background, as FIMO adds them
SITES = 20.0  # the number that MEME assumes where a motif does not tell its own
_NUMBERS = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Motif:
    """A motif of W positions: counts float64 [W, 4] of A, C, G, T."""

    name: str
    counts: np.ndarray

    def log_odds(self, background: np.ndarray) -> np.ndarray:
        """log2 of the letters' probabilities over the background's [4]: float64 [W, 4], in bits."""
        total = self.counts.sum(axis=1, keepdims=True)
        probabilities = (self.counts + PSEUDOCOUNT * background) / (total + PSEUDOCOUNT)
        return np.log2(probabilities / background)


def read_motifs(path: Path) -> list[Motif]:
    """All motifs of a MEME or JASPAR file, named ID.NAME where both are given. Raises UserError naming the line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise UserError("There is no such file.", "Check the name.", str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            "The motif file is not readable text.", "Download it again as MEME or JASPAR.", str(path)
        ) from error
    motifs = _meme(lines, path) if any(line.startswith("MOTIF") for line in lines) else _jaspar(lines, path)
    if not motifs:
        raise UserError(
            "The file holds no motifs: no line begins with MOTIF (MEME) or > (JASPAR).",
            "Download the matrices in MEME or JASPAR format.",
            str(path),
        )
    names = [motif.name for motif in motifs]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        raise UserError(f"Motif {repeated} occurs more than once.", "Keep one matrix for each name.", str(path))
    return motifs


def _meme(lines: list[str], path: Path) -> list[Motif]:
    alphabet = next((line.partition("=")[2].strip() for line in lines if line.startswith("ALPHABET")), "ACGT")
    if not alphabet.upper().startswith("ACGT"):
        raise UserError(f"The motifs are over {alphabet}, not over DNA.", "Give DNA motifs (ACGT).", str(path))
    motifs, name, number = [], "", 0
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        if line.startswith("MOTIF"):
            name = _name(line.split()[1:], f"{path}, line {number}")
        elif line.startswith("letter-probability matrix") and name:
            sites = re.search(r"nsites\s*=\s*([\d.]+)", line)
            first = number
            rows = []
            while number < len(lines) and (found := _NUMBERS.findall(lines[number])) and _only_numbers(lines[number]):
                rows.append([float(value) for value in found])
                number += 1
            motifs.append(_motif(name, rows, f"{path}, line {first}", float(sites[1]) if sites else SITES))
            name = ""
    return motifs


def _jaspar(lines: list[str], path: Path) -> list[Motif]:
    starts = [number for number, line in enumerate(lines) if line.startswith(">")]
    motifs: list[Motif] = []
    for start, stop in pairwise([*starts, len(lines)]):
        where = f"{path}, line {start + 1}"
        name = _name(lines[start][1:].split(), where)
        rows = {}
        for row, line in enumerate(line for line in lines[start + 1 : stop] if line.strip()):
            letter = re.match(r"\s*([ACGT])\b", line, re.IGNORECASE)
            text = line[letter.end() :] if letter else line
            rows[letter[1].upper() if letter else "ACGT"[row % 4]] = [float(value) for value in _NUMBERS.findall(text)]
        if set(rows) != set("ACGT") or len({len(row) for row in rows.values()}) != 1:
            raise UserError(
                f"Motif {name} has no four rows of equal length for A, C, G and T.",
                "Download the matrices again in JASPAR format.",
                where,
            )
        motifs.append(
            _motif(name, [list(column) for column in zip(*(rows[letter] for letter in "ACGT"), strict=True)], where)
        )
    return motifs


def _motif(name: str, rows: list[list[float]], where: str, sites: float = 1.0) -> Motif:
    counts = np.array(rows, dtype=np.float64) if rows and {len(row) for row in rows} == {4} else np.zeros((0, 4))
    if not len(counts) or (counts < 0).any() or (counts.sum(axis=1) <= 0).any():
        raise UserError(
            f"Motif {name} is no matrix of four letters with numbers from 0 up.", "Download it again.", where
        )
    if np.allclose(counts.sum(axis=1), 1.0, atol=0.02):
        counts = counts * (sites if sites > 1 else SITES)
    return Motif(name, counts)


def _name(words: list[str], where: str) -> str:
    if not words:
        raise UserError("A motif has no name.", "Write its name in this line.", where)
    joined = words[0] if len(words) == 1 or words[1] in words[0] else f"{words[0]}.{words[1]}"
    return joined.replace("/", "-")


def _only_numbers(line: str) -> bool:
    return not _NUMBERS.sub("", line).strip()
