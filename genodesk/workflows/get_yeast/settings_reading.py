"""How yeast data of any kind are read: the files beside the main one, and what a person says about them. Light."""

from pathlib import Path

from genodesk.core.settings import FileKind, Settings, setting

YEAST = FileKind((".h5ad", ".zarr", ".csv", ".tsv", ".xlsx", ".fasta", ".fa", ".fna", ".gz"))
TABLE = FileKind((".csv", ".tsv", ".xlsx"))
MOTIFS = FileKind((".meme", ".jaspar", ".pfm", ".txt"))


class ReadSettings(Settings):
    """The files that complete the main one. A prepared file needs none of them."""

    conditions: Path | None = setting(
        None, title="Condition sheet", help="Table of samples and how they were grown; wins over other conditions.",
        file=TABLE,
    )  # fmt: skip
    expression: Path | None = setting(
        None, title="Expression table", help="Regions by samples, for a table of regions or sequences.", file=TABLE
    )
    motif_file: Path | None = setting(
        None, title="Motif file", help="MEME or JASPAR matrices to find in sequences.", file=MOTIFS
    )
    target_column: str | None = setting(
        None, title="Expression column", advanced=True, help="Column of a flat table; found by its name if left empty."
    )
    conditions_scaled: bool = setting(
        False,
        title="Conditions are scaled",
        advanced=True,
        help="Accept numbers without unit that somebody scaled already, as they are.",
    )
