"""Which page shows what a person opens. Loaded with the first file, not with the window."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genodesk.core.sequence_files import ANNOTATION, FASTA, GENBANK, GFF3, bare_suffix


def about_genes(paths: Sequence[Path]) -> list[Path]:
    """Those of the files that GeneChat reads together; none where there is no GFF3 among them."""
    if not any(page_of(path)[0] == "chat" for path in paths):
        return []
    sequences = (*FASTA, *GENBANK)
    has_sequences = any(bare_suffix(path) in sequences for path in paths)
    taken = (*sequences, *(ANNOTATION if has_sequences else GFF3).suffixes)
    return [path for path in paths if bare_suffix(path) in taken]


def page_of(path: Path) -> tuple[str, dict[str, Any]]:
    """The page that shows what lies there, and what that is given."""
    # Path.is_file raises where the folder belongs to somebody else; the page says so in words.
    if os.path.isfile(path / "run.json"):  # noqa: PTH113
        return "runs", {"run": str(path)}
    if path.suffix.lower() in (".yaml", ".yml") and os.path.isfile(path):  # noqa: PTH113
        return "train", {"settings_file": str(path)}
    if bare_suffix(path) in GFF3.suffixes:
        return "chat", {"files": [str(path)]}
    return "data", {"path": str(path)}
