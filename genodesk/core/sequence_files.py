"""The endings of files of sequences and annotation, for dialogs and settings; what a file is, its content tells."""

from genodesk.core.settings import FileKind

FASTA = (".fasta", ".fa", ".fna", ".ffn", ".fas")
GENBANK = (".gb", ".gbk", ".gbff", ".genbank")
PACKED = (".gz", ".bgz", ".zst")
GFF3 = FileKind((".gff3", ".gff", ".gz"))
FUNCTIONS = FileKind((".csv", ".tsv", ".txt", ".xlsx"))
SEQUENCES = FileKind((*FASTA, *GENBANK, *PACKED))
ANNOTATION = FileKind((*FUNCTIONS.suffixes, *GFF3.suffixes))
