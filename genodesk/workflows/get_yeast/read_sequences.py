"""Sequences of regions (FASTA, plain or gzip) and a motif file: the scores are computed by scanning."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.fasta import read_fasta
from genodesk.engine.data.sequence_record import SequenceNotices
from genodesk.workflows.get_yeast.data import place_of_ids
from genodesk.workflows.get_yeast.found import Found
from genodesk.workflows.get_yeast.motif_file import Motif, read_motifs
from genodesk.workflows.get_yeast.pwm import scan

KINDS = (".fasta", ".fa", ".fna")
Scanner = Callable[[Sequence[str], Sequence[Motif]], np.ndarray]  # float32 [sequences, motifs]


def is_sequences(path: Path) -> bool:
    """Whether the name is that of a FASTA file, plain or gzip."""
    return Path(path.name.removesuffix(".gz")).suffix.lower() in KINDS


def read_sequences(path: Path, motif_file: Path | None, scanner: Scanner = scan) -> Found:
    """Regions with a score for each motif of the file, as `scanner` finds them; no samples. Raises UserError."""
    if motif_file is None:
        raise UserError(
            "Sequences alone have no motif scores.", "Name a MEME or JASPAR file with --motif-file.", str(path)
        )
    names, sequences, notices = read_regions(path)
    motifs = read_motifs(motif_file)
    shortest = min(map(len, sequences))
    notices.append(f"{len(motifs)} motifs of {motif_file.name} were searched in {len(sequences):,} sequences.")
    if shortest < max(len(motif.counts) for motif in motifs):
        short = [name for name, sequence in zip(names, sequences, strict=True) if len(sequence) == shortest]
        notices.append(f"Some sequences are shorter than some motifs, which score 0 there: {first_few(short)}.")
    ids = np.array(names, dtype=object)
    scores = scanner(sequences, motifs)
    return Found(place_of_ids(ids), scores, [motif.name for motif in motifs], notices=notices)


def read_regions(path: Path) -> tuple[list[str], list[str], list[str]]:
    """Ids of regions, their sequences in capitals of ACGTN, and what was read otherwise than it stands.

    Raises UserError naming record, line and column.
    """
    notices = SequenceNotices()
    records = [(record.id, record.sequence) for record in read_fasta(path, notices=notices)]
    return [name for name, _ in records], [sequence for _, sequence in records], notices.sentences()
