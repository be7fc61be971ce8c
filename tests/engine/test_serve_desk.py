"""What the desk's pages ask of the interactive worker: tables in parts, colours alone, genes by name, components."""

import threading
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from genodesk.core.errors import UserError
from genodesk.engine.serve_answers import ANSWERS
from genodesk.engine.serve_session import Cancelled, Question, Session

N = 400


@pytest.fixture(scope="module")
def tissue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 cells of two kinds that express different genes, with every kind of column."""
    random = np.random.default_rng(0)
    kind = np.repeat([0, 1], N // 2)
    rate = np.where((np.arange(40) < 20) == kind[:, None].astype(bool), 0.5, 4.0)
    cells = anndata.AnnData(
        sparse.csr_matrix(random.poisson(rate).astype(np.float32)),
        obs=pd.DataFrame(
            {
                "type": pd.Categorical.from_codes(kind, ["neuron", "glia"]),
                "strip": random.integers(8, 11, N),
                "share": (np.arange(N) / 10).astype(np.float32),
                "note": [f"note {i % 3}" for i in range(N)],
                "barcode": [f"AC{i}" for i in range(N)],
                "kept": kind.astype(bool),
            },
            index=[f"cell{i}" for i in range(N)],
        ),
        var=pd.DataFrame({"feature_name": [f"Gad{i}" for i in range(40)]}, index=[f"ENSG{i:05}" for i in range(40)]),
        obsm={"spatial": random.normal(size=(N, 3)), "X_pca": random.normal(size=(N, 12))},
    )
    path = tmp_path_factory.mktemp("cells") / "组织 1.h5ad"
    cells.write_h5ad(path)
    return path


@pytest.fixture
def ask(tmp_path: Path, tissue: Path):
    session = Session(tmp_path)

    def asked(method: str, cancelled: threading.Event | None = None, **params: Any) -> dict[str, Any]:
        return ANSWERS[method](Question(session, {"path": str(tissue), **params}, cancelled or threading.Event()))

    yield asked
    session.close()


def test_rows_of_genes_and_of_cells_come_with_all_their_columns(ask):
    genes = ask("preview", kind="table", of="var", start=38, rows=5)
    assert genes["columns"] == ["", "feature_name"]
    assert genes["rows"] == [["ENSG00038", "Gad38"], ["ENSG00039", "Gad39"]]
    assert genes["total"] == 40
    cells = ask("preview", kind="table", start=3, rows=1)
    assert cells["columns"] == ["", "type", "strip", "share", "note", "barcode", "kept"]
    assert cells["rows"][0][0:2] == ["cell3", "neuron"]
    assert cells["rows"][0][3:] == [0.3, "note 0", "AC3", False], "a number in four bytes is told as it was written"


def test_names_alone_can_be_asked_for(ask):
    assert ask("preview", kind="table", start=7, rows=1, columns=[])["rows"] == [["cell7"]]


def test_names_of_chosen_cells_come_in_the_order_asked(ask):
    assert ask("names", cells=[399, 0, 7])["names"] == ["cell399", "cell0", "cell7"]
    for cells in ([400], [-1], [True], "all"):
        with pytest.raises(UserError):
            ask("names", cells=cells)


def test_any_rows_of_a_table_in_text_can_be_asked_for(ask, tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("gene,score\n" + "".join(f"g{i},{i}\n" for i in range(1500)) + "g1500\n")
    found = ask("preview", kind="table", of="rows", path=str(sheet), start=1498, rows=10)
    assert found["rows"] == [["g1498", "1498"], ["g1499", "1499"], ["g1500", ""]]
    assert (found["columns"], found["total"], found["width"]) == (["gene", "score"], 1501, 2)
    sheet.write_text("gene\ng0\n")
    assert ask("preview", kind="table", of="rows", path=str(sheet))["total"] == 1


def test_of_very_many_columns_the_first_are_told(ask, tmp_path):
    sheet = tmp_path / "wide.csv"
    sheet.write_text("\n".join([",".join(f"g{i}" for i in range(3000)), ",".join("1" * 3000)]))
    found = ask("preview", kind="table", of="rows", path=str(sheet))
    assert (len(found["columns"]), len(found["rows"][0]), found["width"]) == (1000, 1000, 3000)


def test_what_is_missing_is_no_class(ask, tissue, tmp_path):
    cells = anndata.read_h5ad(tissue)
    cells.obs["run"] = pd.array([1, None, 2, 10] * (N // 4), dtype="Int64")
    path = tmp_path / "missing.h5ad"
    cells.write_h5ad(path)
    found = ask("preview", kind="colour", column="run", labels=True, path=str(path))["colour"]
    assert found["categories"] == ["1", "2", "10"]
    assert np.load(found["values"])[:4].tolist() == [0, -1, 1, 2]


def test_a_full_disk_is_told_in_words(ask, monkeypatch):
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("genodesk.engine.serve_session.np.save", full)
    with pytest.raises(UserError, match="no room"):
        ask("preview", kind="colour", column="share")


def test_a_colour_comes_without_the_places(ask):
    by_gene = ask("preview", kind="colour", gene="ENSG00003")
    assert set(by_gene) == {"cells", "colour"}
    assert np.load(by_gene["colour"]["values"]).shape == (N,)
    by_number = ask("preview", kind="colour", column="share")["colour"]
    assert by_number["kind"] == "continuous"
    text = ask("preview", kind="colour", column="note")["colour"]
    assert text["categories"] == ["note 0", "note 1", "note 2"]
    assert np.load(text["values"])[:4].tolist() == [0, 1, 2, 0]


def test_the_arrays_of_long_ago_are_removed(ask, tmp_path, monkeypatch):
    monkeypatch.setattr("genodesk.engine.serve_session.ARRAYS_KEPT", 3)
    paths = [ask("preview", kind="colour", column="share")["colour"]["values"] for _ in range(5)]
    assert [Path(path).exists() for path in paths] == [False, False, True, True, True]


def test_whole_numbers_can_be_asked_for_as_classes_in_their_order(ask):
    slices = ask("preview", kind="colour", column="strip", labels=True)["colour"]
    assert slices["categories"] == ["8", "9", "10"]
    assert slices["kind"] == "category"


def test_two_axes_of_a_wide_array_come_alone(ask, tissue):
    expected = anndata.read_h5ad(tissue).obsm["X_pca"][:, [11, 0]]
    found = ask("preview", kind="spatial", coordinates="X_pca", axes=[11, 0])
    np.testing.assert_allclose(np.load(found["coordinates"]), expected, rtol=1e-6)
    with pytest.raises(UserError, match="12 axes"):
        ask("preview", kind="spatial", coordinates="X_pca", axes=[12])


def test_genes_are_found_by_either_name_the_best_match_first(ask):
    by_symbol = ask("genes", containing="gad1")
    assert by_symbol["also"][:3] == ["Gad1", "Gad10", "Gad11"], "the exact name comes first"
    assert by_symbol["names"][0] == "ENSG00001"
    assert by_symbol["matches"] == 11
    assert ask("genes", containing="00039")["names"] == ["ENSG00039"]
    everything = ask("genes", most=5)
    assert (len(everything["names"]), everything["matches"]) == (5, 40)


def test_components_tell_the_two_kinds_apart_and_say_what_was_done(ask):
    found = ask("components")
    places = np.load(found["coordinates"])
    first = places[:, 0]
    assert places.shape == (N, 10)
    assert (first[: N // 2].max() < first[N // 2 :].min()) or (first[: N // 2].min() > first[N // 2 :].max())
    assert found["explained"][0] > 3 * found["explained"][1]
    assert found["text"] == "Principal components of log-normalised counts in X: 40 genes, all cells, seed 0."
    np.testing.assert_array_equal(places, np.load(ask("components")["coordinates"]))


@pytest.mark.parametrize("stored", [sparse.csc_matrix, np.asarray])
def test_components_do_not_depend_on_how_the_matrix_is_stored(ask, tissue, tmp_path, stored):
    cells = anndata.read_h5ad(tissue)
    dense = cells.X.toarray()
    cells.X = stored(dense)
    other = tmp_path / "other.h5ad"
    cells.write_h5ad(other)
    mine, theirs = (np.load(ask("components", path=str(path))["coordinates"]) for path in (tissue, other))
    np.testing.assert_allclose(mine[:, 0], theirs[:, 0], rtol=1e-3, atol=1e-3)


def test_components_of_many_cells_are_fitted_on_some_and_place_all(ask, monkeypatch):
    every = np.load(ask("components")["coordinates"])[:, 0]
    monkeypatch.setattr("genodesk.engine.components.FIT_CELLS", 200)
    monkeypatch.setattr("genodesk.engine.components.FIT_RUNS", 20)
    monkeypatch.setattr("genodesk.engine.components.RUN", 150)
    found = ask("components")
    some = np.load(found["coordinates"])[:, 0]
    assert len(some) == N
    assert abs(np.corrcoef(every, some)[0, 1]) > 0.98
    assert "200 cells drawn over the file, all 400 placed" in found["text"]


def test_components_of_a_dense_matrix_hold_no_more_than_fits(ask, monkeypatch):
    monkeypatch.setattr("genodesk.engine.components.FIT_VALUES", 4000)
    monkeypatch.setattr("genodesk.engine.components.RUN_VALUES", 1000)
    found = ask("components")
    drawn = int(found["text"].split(" cells drawn")[0].split()[-1])
    assert 50 < drawn < 200
    assert np.isfinite(np.load(found["coordinates"])).all()


def test_a_cancelled_reading_ends_between_its_steps(ask):
    cancelled = threading.Event()
    cancelled.set()
    for method, params in (("components", {}), ("preview", {"kind": "colour", "gene": "ENSG00001"})):
        with pytest.raises(Cancelled):
            ask(method, cancelled, **params)


def test_a_column_of_names_is_no_colour(ask, monkeypatch):
    monkeypatch.setattr("genodesk.engine.serve_cells.MOST_CATEGORIES", 300)
    with pytest.raises(UserError, match="'barcode' holds 400 different values"):
        ask("preview", kind="colour", column="barcode")


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("preview", {"kind": "table", "of": "uns"}, "There is no table 'uns'"),
        ("preview", {"kind": "picture"}, "no preview called picture"),
        ("preview", {"kind": "colour", "gene": "Gad3"}, "no gene 'Gad3'"),
        ("genes", {"containing": 3}, "containing must be text"),
        ("components", {"layer": "raw"}, "no layer 'raw'"),
        ("methods", {"run": "/absent"}, ""),
    ],
)
def test_a_wrong_question_is_answered_in_words(ask, method, params, words):
    with pytest.raises(UserError) as refused:
        ask(method, **params)
    assert words in refused.value.message
    assert refused.value.hint


def test_the_devices_of_this_computer_are_told_with_the_one_that_would_compute(ask):
    found = ask("devices")
    assert found["cores"] >= 1
    assert found["chosen"]["reason"]
