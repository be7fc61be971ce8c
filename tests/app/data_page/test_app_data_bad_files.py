"""A file that cannot be opened tells on the Data page what is wrong, and keeps nobody from the next."""

import gzip
import os
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
from data_files import N_CELLS, cut, some
from on_screen import all_text


def plain_hdf5(_: Path, path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)


def places_in_words(tissue: Path, path: Path) -> None:
    cells = anndata.read_h5ad(tissue)
    cells.obsm["spatial"] = pd.DataFrame({"x": np.arange(N_CELLS), "y": ["left"] * N_CELLS}, index=cells.obs_names)
    cells.write_h5ad(path)


def half_packed(_: Path, path: Path) -> None:
    packed = gzip.compress(f">a\n{'ACGTTGCA' * 9000}\n".encode())
    path.write_bytes(packed[: len(packed) // 2])


BAD = {
    "half of a file": ("cut.h5ad", cut, "cut short"),
    "text called h5ad": ("a.h5ad", lambda _, path: path.write_text("cell,gene\n1,2\n"), "The file is text"),
    "an empty file": ("empty.h5ad", lambda _, path: path.write_bytes(b""), "The file is empty"),
    "nothing at all": ("absent.h5ad", lambda _, path: None, "There is no such file"),
    "a picture": ("photo.jpg", lambda _, path: path.write_bytes(b"\xff\xd8\xff"), "not known here"),
    "protein": ("genes.faa.txt", lambda _, path: path.write_text(">a\nMKLVFFAEDV\n"), "looks like protein"),
    "a gap": ("gap.fa", lambda _, path: path.write_text(">a\nACGT\nAC-T\n"), "gap of an alignment"),
    "half of a packed file": ("cut.fa.gz", half_packed, "ends too early"),
    "reads": ("reads.fastq", lambda _, path: path.write_text("@r\nACGT\n+\nIIII\n"), "This is FASTQ"),
    "nothing called FASTA": ("text.fna", lambda _, path: path.write_text("hello"), "neither FASTA nor GenBank"),
    "a folder without anything": ("folder", lambda _, path: path.mkdir(), "This folder is empty"),
    "a folder of anything": ("pictures", lambda _, path: (path / "trip").mkdir(parents=True), "of no known kind"),
    "a pipe": ("pipe.csv", lambda _, path: os.mkfifo(path), "neither a file nor a folder"),
    "a name too long for any disk": ("x" * 300, lambda _, path: None, "There is no such file"),
    "an HDF5 file without cells": ("plain.h5", plain_hdf5, "not AnnData"),
    "a matrix without cells": ("bare.h5ad", lambda tissue, path: some(tissue, path, 0), "0 cells and 12 genes"),
    "places that are words": ("words.h5ad", places_in_words, "'y' is not numeric"),
    "a quotation mark that stays open": (
        "open.csv",
        lambda _, path: path.write_text('a,b\n"1' + "x" * 200_000),
        "never closed",
    ),
    "a table with zeros in it": ("zeros.csv", lambda _, path: path.write_bytes(b"a,b\0\n"), "is not text"),
    "a table without rows": ("blank.csv", lambda _, path: path.write_text("\n\n"), "is empty"),
}


async def test_bad_files_tell_what_is_wrong_and_the_next_good_one_opens(page, tissue, tmp_path, until):
    for what, (name, make, words) in BAD.items():
        path = tmp_path / name
        make(tissue, path)
        page.take(path=str(path))
        await until(lambda: page.content.error is not None, seconds=30)
        assert words in page.content.error.message, what
        shown = all_text(page.content)
        assert words in shown, what
        assert str(path) in shown, what
        assert page.content.error.hint in shown, what
        assert page.using.toolTip() == "The file could not be opened.", what
        assert page.file is None
    page.take(path=str(tissue))
    await until(lambda: page.file is not None)
