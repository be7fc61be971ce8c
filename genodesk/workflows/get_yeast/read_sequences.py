"""Sequences of regions (FASTA, plain or gzip) and a motif file: the scores are computed by scanning."""

import gzip
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.checks import check_unique
from genodesk.workflows.get_yeast.conditions import first_few
from genodesk.workflows.get_yeast.data import place_of_ids
from genodesk.workflows.get_yeast.found import Found
from genodesk.workflows.get_yeast.motif_file import Motif, read_motifs
from genodesk.workflows.get_yeast.pwm import scan

KINDS = (".fasta", ".fa", ".fna")
Scanner = Callable[[Sequence[str], Sequence[Motif]], np.ndarray]  # float32 [sequences, motifs]
ODD_SHARE = 0.1  # of letters that are neither ACGT nor N: beyond it the text is no DNA


def is_sequences(path: Path) -> bool:
    """Whether the name is that of a FASTA file, plain or gzip."""
    return Path(path.name.removesuffix(".gz")).suffix.lower() in KINDS


def read_sequences(path: Path, motif_file: Path | None, scanner: Scanner = scan) -> Found:
    """Regions with a score for each motif of the file, as `scanner` finds them; no samples. Raises UserError."""
    if motif_file is None:
        raise UserError(
            "Sequences alone have no motif scores.", "Name a MEME or JASPAR file with --motif-file.", str(path)
        )
    names, sequences = read_fasta(path)
    motifs = read_motifs(motif_file)
    shortest = min(map(len, sequences))
    notices = [f"{len(motifs)} motifs of {motif_file.name} were searched in {len(sequences):,} sequences."]
    if shortest < max(len(motif.counts) for motif in motifs):
        short = [name for name, sequence in zip(names, sequences, strict=True) if len(sequence) == shortest]
        notices.append(f"Some sequences are shorter than some motifs, which score 0 there: {first_few(short)}.")
    ids = np.array(names, dtype=object)
    scores = scanner(sequences, motifs)
    return Found(place_of_ids(ids), scores, [motif.name for motif in motifs], notices=notices)


def read_fasta(path: Path) -> tuple[list[str], list[str]]:
    """First words of the header lines, and the sequences in capitals. Raises UserError naming the line."""
    names: list[str] = []
    parts: list[list[str]] = []
    try:
        with (gzip.open if path.name.endswith(".gz") else open)(path, "rt", encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                text = line.strip()
                if text.startswith(">"):
                    if not text[1:].split():
                        raise UserError(
                            "A sequence has no name.", "Write its id behind the >.", f"{path}, line {number}"
                        )
                    names.append(text[1:].split()[0])
                    parts.append([])
                elif text and not names:
                    raise UserError(
                        "The file does not begin with > and a name, so it is no FASTA.",
                        "Give regions as FASTA, each with its id.",
                        f"{path}, line {number}",
                    )
                elif text:
                    parts[-1].append(text.upper())
    except FileNotFoundError as error:
        raise UserError("There is no such file.", "Check the name.", str(path)) from error
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise UserError("The sequences cannot be read.", "Copy or download the file again.", str(path)) from error
    if not names:
        raise UserError("The file holds no sequences.", "Give regions as FASTA, each with its id.", str(path))
    check_unique(names, "region", str(path))
    sequences = ["".join(lines) for lines in parts]
    for name, sequence in zip(names, sequences, strict=True):
        odd = len(sequence) - sum(sequence.count(letter) for letter in "ACGTN")
        if not sequence or odd > ODD_SHARE * len(sequence):
            problem = "is empty" if not sequence else "is not DNA"
            raise UserError(f"The sequence {name} {problem}.", "Give DNA in the letters A, C, G, T and N.", str(path))
    return names, sequences
