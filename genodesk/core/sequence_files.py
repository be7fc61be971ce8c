"""The endings of files of sequences and annotation, for dialogs and settings; what a file is, its content tells."""

from pathlib import Path
from typing import Any, Literal

from genodesk.core.settings import FileKind, setting

FASTA = (".fasta", ".fa", ".fna", ".ffn", ".fas")
GENBANK = (".gb", ".gbk", ".gbff", ".genbank")
PACKED = (".gz", ".bgz", ".zst")
GFF3 = FileKind((".gff3", ".gff", ".gz"))
FUNCTIONS = FileKind((".csv", ".tsv", ".txt", ".xlsx"))
SEQUENCES = FileKind((*FASTA, *GENBANK, *PACKED))
ANNOTATION = FileKind((*FUNCTIONS.suffixes, *GFF3.suffixes))


def bare_suffix(path: Path) -> str:
    """The ending in small letters, of a packed file that of what is packed: `.gff3` of `Genes.GFF3.gz`."""
    return (Path(path.stem) if path.suffix.lower() in PACKED else path).suffix.lower()


Duplicates = Literal["error", "rename"]


def repeated_ids() -> Any:
    """A field of a settings class: what becomes of ids that occur more than once in a file of sequences."""
    return setting(
        "error",
        title="Repeated ids",
        help="Whether ids that occur more than once stop the action or are numbered.",
        advanced=True,
        choice_titles={"error": "stop", "rename": "number them"},
    )
