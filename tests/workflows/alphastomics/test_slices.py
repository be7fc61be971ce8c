"""Slices come out in model units from training statistics only, and unusable data are refused in one sentence."""

import json

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics import checks
from genodesk.workflows.alphastomics.scaling import Scaling, fit_scaling, slice_names
from genodesk.workflows.alphastomics.slices import SliceSet, align_genes, make_slices
from genodesk.workflows.alphastomics.tissue import check_cells


def _tissue(cells: int = 60, genes: int = 24, dims: int = 2) -> anndata.AnnData:
    rng = np.random.default_rng(0)
    obs = pd.DataFrame(
        {"slice_id": np.repeat(["a", "b", "c"], cells // 3), "cell_type": rng.choice(["x", "y"], cells)},
        index=[f"cell_{number}" for number in range(cells)],
    )
    var = pd.DataFrame(index=[f"gene_{number}" for number in range(genes)])
    counts = sparse.csr_matrix(rng.poisson(2.0, (cells, genes)).astype(np.float32))
    place = rng.normal(size=(cells, dims)) * 100.0 + 1000.0
    return anndata.AnnData(X=counts, obs=obs, var=var, obsm={"spatial": place, "X_umap": place[:, :2]})


def _make(tissue: anndata.AnnData, train: list[str] | None = None, **options: object) -> SliceSet:
    scaling = fit_scaling(tissue, train, slice_key="slice_id", coordinate_key="spatial", **options)  # type: ignore[arg-type]
    return make_slices(tissue, scaling, slice_key="slice_id", coordinate_key="spatial", label_key="cell_type")


def test_training_slices_have_mean_zero_variance_one_and_centred_unit_positions() -> None:
    slices = _make(_tissue(), ["a", "b"])
    train = slices.select(["a", "b"])
    expression = np.concatenate([one.expression for one in train])
    assert expression.dtype == np.float32
    assert np.abs(expression.mean(axis=0)).max() < 1e-5
    assert expression.std(axis=0) == pytest.approx(np.ones(24), abs=1e-4)
    extra = np.concatenate([one.extra for one in train])
    assert (extra.shape, extra.mean(), extra.std()) == ((40, 1), pytest.approx(0, abs=1e-5), pytest.approx(1, abs=1e-4))
    position = np.concatenate([one.position for one in train])
    assert (position[:, :2] ** 2).mean() == pytest.approx(1.0, abs=1e-5)
    for one in slices:
        assert np.abs(one.position.mean(axis=0)).max() < 1e-5
        assert (one.position[:, 2] == 0).all()


def test_held_out_slices_do_not_touch_the_statistics() -> None:
    tissue, changed = _tissue(), _tissue()
    rows = (changed.obs["slice_id"] == "c").to_numpy()
    dense = changed.X.toarray()
    dense[rows] *= 7
    changed.X = sparse.csr_matrix(dense)
    changed.obsm["spatial"][rows] *= 3.0
    options = {"slice_key": "slice_id", "coordinate_key": "spatial"}
    assert fit_scaling(tissue, ["a", "b"], **options) == fit_scaling(changed, ["a", "b"], **options)
    assert fit_scaling(tissue, **options) != fit_scaling(changed, **options)


def test_places_and_expression_go_back_to_where_they_came_from() -> None:
    tissue = _tissue(dims=3)
    slices = _make(tissue)
    one = slices["b"]
    rows = (tissue.obs["slice_id"] == "b").to_numpy()
    assert slices.scaling.to_original(one.position, one.origin) == pytest.approx(tissue.obsm["spatial"][rows], abs=1e-3)
    counts = tissue.X[rows].toarray()
    logs = np.log1p(counts * slices.scaling.target_sum / counts.sum(axis=1, keepdims=True))
    assert slices.scaling.to_log(one.expression) == pytest.approx(logs, abs=1e-4)


def test_z_spacing_stacks_the_slices() -> None:
    slices = _make(_tissue(), z_spacing=50.0)
    heights = [slices.scaling.to_original(one.position, one.origin)[:, 2] for one in slices]
    assert [set(height) for height in heights] == [{0.0}, {50.0}, {100.0}]
    assert all((one.position[:, 2] == 0).all() for one in slices)


def test_scaling_survives_json_and_refuses_another_version() -> None:
    scaling = _make(_tissue()).scaling
    stored = json.loads(json.dumps(scaling.to_dict()))
    assert Scaling.from_dict(stored) == scaling
    del stored["dims"]
    with pytest.raises(UserError, match="dims"):
        Scaling.from_dict(stored)


def test_dense_sparse_and_integer_counts_give_the_same_slices() -> None:
    tissue = _tissue()
    dense, whole = tissue.copy(), tissue.copy()
    dense.X = tissue.X.toarray()
    whole.X = tissue.X.toarray().astype(np.int32)
    first = _make(tissue)["a"].expression
    assert _make(dense)["a"].expression == pytest.approx(first, abs=1e-6)
    assert _make(whole)["a"].expression == pytest.approx(first, abs=1e-6)


def test_already_normalised_values_are_only_scaled() -> None:
    tissue = _tissue()
    tissue.X = sparse.csr_matrix(np.log1p(tissue.X.toarray() / 3))
    slices = _make(tissue, already_normalised=True)
    assert slices.scaling.to_log(slices["a"].expression) == pytest.approx(tissue.X[:20].toarray(), abs=1e-4)
    assert (slices["a"].extra == 0).all()


def test_genes_are_found_by_name_and_absent_ones_take_their_mean() -> None:
    tissue = _tissue()
    scaling = _make(tissue).scaling
    shuffled = tissue[:, ::-1][:, :22].copy()  # without gene_0 and gene_1
    aligned, warnings = align_genes(shuffled, scaling.genes, "new.h5ad")
    assert list(aligned.var_names) == list(scaling.genes)
    assert warnings == ["new.h5ad: 2 of the model's 24 genes are absent and take their mean (gene_0, gene_1)."]
    expression = make_slices(aligned, scaling, slice_key="slice_id", coordinate_key="spatial")["a"].expression
    assert (expression[:, :2] == 0).all()
    assert np.abs(expression[:, 2:]).max() > 0
    with pytest.raises(UserError, match="13 of the model's 24 genes are absent"):
        align_genes(tissue[:, 13:].copy(), scaling.genes)


def test_slices_can_be_taken_by_name_and_by_cell() -> None:
    slices = _make(_tissue())
    assert slices.names == ("a", "b", "c")
    assert slices.select(["c", "a"]).names == ("a", "c")
    some = slices["a"].take(np.array([3, 1]))
    assert len(some) == 2
    assert some.cell_names.tolist() == ["cell_3", "cell_1"]
    assert np.array_equal(some.origin, slices["a"].origin)


def test_codes_follow_given_class_names_and_unknown_classes_are_minus_one() -> None:
    tissue = _tissue()
    scaling = _make(tissue).scaling
    options = {"slice_key": "slice_id", "coordinate_key": None, "label_key": "cell_type", "label_names": ["y", "z"]}
    one = make_slices(tissue, scaling, **options)["a"]  # type: ignore[arg-type]
    types = tissue.obs["cell_type"].to_numpy()[:20]
    assert one.labels is not None
    assert one.labels.tolist() == [0 if name == "y" else -1 for name in types]
    assert not one.placed


def test_without_a_slice_column_all_cells_are_one_slice() -> None:
    assert slice_names(_tissue(), None) == ["all"]


def test_healthy_data_pass_without_a_word() -> None:
    assert _check(_tissue()) == []


def _check(tissue: anndata.AnnData, already_normalised: bool = False) -> list[str]:
    return check_cells(tissue, slice_key="slice_id", placed=True, already_normalised=already_normalised, where="x.h5ad")


def _broken(kind: str) -> anndata.AnnData:
    tissue = _tissue(genes=4) if kind == "genes" else _tissue()
    if kind == "nan":
        tissue.X.data[3] = np.nan
    elif kind == "infinite place":
        tissue.obsm["spatial"][7, 1] = np.inf
    elif kind == "normalised":
        tissue.X = tissue.X / 3
    elif kind == "scaled":
        tissue.X = tissue.X.toarray() - 1.0
    elif kind == "cells":
        tissue.obs_names = ["same", "same", *tissue.obs_names[2:]]
    elif kind == "gene names":
        tissue.var_names = ["same", "same", *tissue.var_names[2:]]
    elif kind == "empty":
        tissue = tissue[:0].copy()
    elif kind == "slice missing":
        tissue.obs["slice_id"] = tissue.obs["slice_id"].where(np.arange(60) > 2)
    return tissue


@pytest.mark.filterwarnings("ignore:.*names are not unique")
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nan", "1 values that are NaN or infinite, the first in cell 'cell_0'"),
        ("infinite place", "Coordinates hold 1 values .* 'cell_7'"),
        ("normalised", "it holds fractions"),
        ("scaled", "it holds negative values"),
        ("cells", "1 cell names occur more than once, 'same'"),
        ("gene names", "1 gene names occur more than once, 'same'"),
        ("empty", "The matrix is empty"),
        ("genes", "4 genes are too few"),
        ("slice missing", "3 cells have no slice"),
    ],
)
def test_unusable_data_are_refused_in_one_sentence(kind: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        _check(_broken(kind))
    assert caught.value.where == "x.h5ad"
    assert caught.value.hint


def test_normalised_data_pass_when_said_to_be() -> None:
    assert _check(_broken("normalised"), already_normalised=True) == []


def test_few_genes_are_warned_about() -> None:
    warnings = _check(_tissue(genes=19))
    assert len(warnings) == 1
    assert "only 19 genes" in warnings[0]


def test_coordinates_are_named_and_an_embedding_is_not_space() -> None:
    with pytest.raises(UserError, match="no coordinates called 'xy'") as caught:
        checks.check_coordinate_key("xy", ["spatial", "X_umap"], "x")
    assert "Available: spatial." in caught.value.hint
    for embedding in ("X_umap", "X_tsne", "X_pca"):
        with pytest.raises(UserError, match="embedding of expression"):
            checks.check_coordinate_key(embedding, [embedding], "x")
    with pytest.raises(UserError, match="shape"):
        checks.check_coordinate_shape((10, 4), 10, "x")


def test_a_missing_column_names_the_nearest_and_one_slice_cannot_be_split() -> None:
    with pytest.raises(UserError, match="no column 'slice'") as caught:
        checks.check_column("slice", ["slice_id", "region"], "x")
    assert caught.value.hint == "Did you mean 'slice_id'? Available: slice_id, region."
    with pytest.raises(UserError, match=r"only one slice \('a'\)"):
        checks.check_slices_for_split(["a", "a"], "x")


def test_an_unknown_training_slice_is_named() -> None:
    with pytest.raises(UserError, match="no slice 'd'"):
        fit_scaling(_tissue(), ["a", "d"], slice_key="slice_id", coordinate_key="spatial")
