"""Files for the Data page that are made from a good one."""

from pathlib import Path

import anndata

N_CELLS = 300  # of the tissue


def cut(tissue: Path, path: Path) -> None:
    """Half of the file."""
    path.write_bytes(tissue.read_bytes()[: tissue.stat().st_size // 2])


def some(tissue: Path, path: Path, n: int) -> None:
    """Its first `n` cells."""
    anndata.read_h5ad(tissue)[:n].copy().write_h5ad(path)
