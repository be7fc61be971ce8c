"""Every kind of file gives the same regions, motifs, accessibility, expression and conditions."""

import anndata
import numpy as np
import pandas as pd
import pytest
from yeast_tables import (
    MOTIFS,
    REGIONS,
    SAMPLES,
    SCORES,
    SHEET,
    expression,
    expression_table,
    flat,
    measured,
    packed,
    regions_table,
    sheet,
)

from genodesk.engine.inspection import inspect_file
from genodesk.workflows.get_yeast.data import read_yeast, to_anndata, write_yeast
from genodesk.workflows.get_yeast.region_features import region_features
from genodesk.workflows.get_yeast.settings_reading import ReadSettings

KEPT = [0, 1, 3]


def assert_regions(data):
    """The four regions with the three motifs that occur, each divided by its maximum."""
    assert list(data.regions.ids) == REGIONS
    assert list(data.regions.chrom) == ["chrI", "chrI", "chrII", "chrII"]
    assert (list(data.regions.start), list(data.regions.end)) == ([100, 900, 50, 600], [400, 1500, 250, 700])
    assert data.motif_names == [MOTIFS[number] for number in KEPT]
    assert data.dropped_motifs == ["virtual_motif_1"]
    assert data.motifs.dtype == np.float32
    assert np.array_equal(data.motifs, SCORES[:, KEPT] / SCORES[:, KEPT].max(axis=0))
    assert list(data.motif_scale) == [4, 4, 3]


def test_the_packed_zarr_is_decoded_by_its_names(tmp_path):
    data = read_yeast(packed(tmp_path))
    assert_regions(data)
    assert list(data.samples) == SAMPLES
    assert np.array_equal(data.expression, expression())
    assert data.accessibility.shape == (3, 4)
    assert (data.accessibility[0, 3], data.accessibility[2, 3]) == (0.5, 0.25)
    assert list(data.conditions["medium"]) == ["ypd", None, None]
    assert list(data.conditions["drug"]) == ["none", "borrelidin", None]
    assert data.conditions.loc["S2", "dose_molar"] == 5e-6


def test_a_sheet_wins_over_what_the_file_says(tmp_path):
    data = read_yeast(packed(tmp_path), ReadSettings(conditions=sheet(tmp_path)))
    assert list(data.conditions["medium"]) == ["ypd", "ypgly", "sc"]
    assert list(data.labels["菌株"]) == ["W303", "W303", "BY4741"]


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx"])
def test_a_flat_table_of_every_kind_reads_alike(tmp_path, kind):
    path = tmp_path / f"flat table.{kind}"
    table = flat()
    if kind == "xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, index=False, sep="\t" if kind == "tsv" else ",")
    data = read_yeast(path)
    assert_regions(data)
    assert list(data.samples) == SAMPLES
    assert np.array_equal(data.expression, expression())
    assert data.accessibility.tolist() == [0.5] * 4
    assert list(data.conditions["drug"]) == ["none", "rapamycin", None]
    assert data.conditions.loc["S2", "dose_molar"] == pytest.approx(2e-7)
    assert any("remark" in notice for notice in data.notices)


@pytest.mark.parametrize(("encoding", "mark"), [("gb18030", ","), ("utf-8", ";"), ("utf-8", "\t")])
def test_tables_are_read_as_spreadsheets_save_them(tmp_path, encoding, mark):
    plain = read_yeast(packed(tmp_path), ReadSettings(conditions=sheet(tmp_path)))
    other = tmp_path / "other.csv"
    other.write_bytes(SHEET.replace("μ", "u").replace(",", mark).encode(encoding))
    data = read_yeast(packed(tmp_path), ReadSettings(conditions=other))
    pd.testing.assert_frame_equal(data.conditions, plain.conditions)
    assert any("GB 18030" in notice for notice in data.notices) == (encoding == "gb18030")
    assert inspect_file(other)["title"] == "3 cultures, 9 of 11 conditions recorded"


def test_rows_of_a_flat_table_may_stand_in_any_order_and_be_missing(tmp_path):
    table = flat().sample(frac=1, random_state=3)
    table[(table["sample"] != "S2") | (table["peak_id"] != REGIONS[2])].to_csv(tmp_path / "flat.csv", index=False)
    data = read_yeast(tmp_path / "flat.csv")
    expected = expression()
    expected[1, 2] = np.nan
    found = pd.DataFrame(data.expression, index=data.samples, columns=data.regions.ids)
    np.testing.assert_array_equal(found.loc[SAMPLES, REGIONS].to_numpy(), expected)
    assert any("1 of 12 expression values are missing" in notice for notice in data.notices)


def test_without_a_sample_column_equal_conditions_are_one_sample(tmp_path):
    flat().drop(columns="sample").to_csv(tmp_path / "flat.csv", index=False)
    data = read_yeast(tmp_path / "flat.csv")
    assert list(data.samples) == ["sample1", "sample2", "sample3"]
    assert np.array_equal(data.expression, expression())


@pytest.mark.parametrize("turned", [False, True])
def test_regions_expression_and_sheet_come_together(tmp_path, turned):
    reading = ReadSettings(conditions=sheet(tmp_path), expression=expression_table(tmp_path, turned=turned))
    data = read_yeast(regions_table(tmp_path), reading)
    assert_regions(data)
    assert list(data.samples) == SAMPLES
    assert np.array_equal(data.expression, expression())
    assert data.accessibility is None
    assert list(data.conditions["medium"]) == ["ypd", "ypgly", "sc"]


def test_places_may_stand_in_columns_of_their_own(tmp_path):
    table = pd.DataFrame(SCORES, columns=MOTIFS).assign(gene=list("abcd"), chrom="chrV", start=range(4), end=9)
    table.to_csv(tmp_path / "genes.csv", index=False)
    data = read_yeast(tmp_path / "genes.csv")
    assert list(data.regions.ids) == list("abcd")
    assert (data.regions.chrom[0], list(data.regions.start), data.regions.end[0]) == ("chrV", [0, 1, 2, 3], 9)
    assert data.expression is None
    assert len(data.samples) == 0


def test_new_regions_and_a_sheet_are_enough_to_predict_for(tmp_path):
    data = read_yeast(regions_table(tmp_path), ReadSettings(conditions=sheet(tmp_path)))
    assert list(data.samples) == SAMPLES
    assert data.expression is None
    assert to_anndata(data).shape == (3, 4)


def test_sequences_are_searched_for_the_motifs_of_a_file(tmp_path):
    (tmp_path / "regions.fa").write_text(
        ">chrI_10_40\nAAAAAAAAAACCGGGTTACCAAAAAAAAAA\n>chrI_90_120\n" + "AT" * 15 + "\n"
    )
    (tmp_path / "m.jaspar").write_text(">MA1\tXYZ1\n" + "\n".join(
        f"{letter} [ {' '.join('20' if base == letter else '0' for base in 'CCGGGTTACC')} ]" for letter in "ACGT"
    ))  # fmt: skip
    data = read_yeast(tmp_path / "regions.fa", ReadSettings(motif_file=tmp_path / "m.jaspar"))
    assert data.motif_names == ["MA1.XYZ1"]
    assert data.motifs[:, 0].tolist() == [1.0, 0.0]
    assert list(data.regions.start) == [10, 90]


def test_a_sheet_beside_a_prepared_file_leaves_its_other_columns(tmp_path):
    write_yeast(read_yeast(packed(tmp_path), ReadSettings(conditions=sheet(tmp_path))), tmp_path / "y.h5ad")
    other = sheet(tmp_path, "GSM,medium,batch,菌株\nS1,YPD,a,\nS2,SC,b,S288C\n", "other.csv")
    data = read_yeast(tmp_path / "y.h5ad", ReadSettings(conditions=other))
    assert data.conditions["medium"].tolist() == ["ypd", "sc", None]
    assert data.labels["菌株"].tolist() == ["W303", "S288C", "BY4741"]
    assert data.labels["batch"].tolist()[:2] == ["a", "b"]
    write_yeast(data, tmp_path / "z.h5ad")
    assert read_yeast(tmp_path / "z.h5ad").labels["菌株"].tolist() == ["W303", "S288C", "BY4741"]


@pytest.mark.parametrize("kind", ["h5ad", "zarr"])
def test_a_prepared_file_gives_back_the_same_data(tmp_path, kind):
    data = read_yeast(packed(tmp_path), ReadSettings(conditions=sheet(tmp_path)))
    path = tmp_path / f"prepared.{kind}"
    write_yeast(data, path)
    again = read_yeast(path)
    for name in ("motifs", "expression", "accessibility", "motif_scale"):
        np.testing.assert_array_equal(getattr(again, name), getattr(data, name))
    for name in ("ids", "chrom", "start", "end"):
        np.testing.assert_array_equal(getattr(again.regions, name), getattr(data.regions, name))
    pd.testing.assert_frame_equal(again.conditions, data.conditions, check_names=False)
    assert list(again.condition_group) == list(data.condition_group)
    assert list(again.labels["菌株"]) == list(data.labels["菌株"])
    assert again.notices == []


def test_the_prepared_file_is_an_anndata_as_others_read_it(tmp_path):
    write_yeast(read_yeast(packed(tmp_path), ReadSettings(conditions=sheet(tmp_path))), tmp_path / "y.h5ad")
    adata = anndata.read_h5ad(tmp_path / "y.h5ad")
    assert adata.varm["motif"].columns.tolist() == ["MA1.ABF1", "MA2.RAP1", "MA3.GAL4"]
    assert adata.var.loc["chrII_50_250", "chrom"] == "chrII"
    assert adata.layers["accessibility"].shape == (3, 4)
    assert np.isnan(adata.obs.loc["S2", "preculture_temperature_c"])
    assert adata.obs.loc["S2", "condition_group"].startswith("ypgly")


def test_a_part_of_a_prepared_file_keeps_its_scale(tmp_path):
    write_yeast(read_yeast(packed(tmp_path)), tmp_path / "y.h5ad")
    anndata.read_h5ad(tmp_path / "y.h5ad")[:2, :2].write_h5ad(tmp_path / "part.h5ad")
    part = read_yeast(tmp_path / "part.h5ad")
    assert part.motifs.tolist() == [[0.5, 0.0, np.float32(1 / 3)], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize("kind", ["h5ad", "zarr"])
def test_regions_without_expression_are_kept_as_well(tmp_path, kind):
    data = read_yeast(regions_table(tmp_path), ReadSettings(conditions=sheet(tmp_path)))
    write_yeast(data, tmp_path / f"new.{kind}")
    again = read_yeast(tmp_path / f"new.{kind}")
    assert again.expression is None
    assert np.array_equal(again.motifs, data.motifs)


def test_classes_of_a_prepared_file_are_read_whatever_their_spelling(tmp_path):
    write_yeast(read_yeast(packed(tmp_path)), tmp_path / "y.h5ad")
    adata = anndata.read_h5ad(tmp_path / "y.h5ad")
    adata.obs["medium"] = ["YEPD", "ypd", "SD"]
    adata.write_h5ad(tmp_path / "own.h5ad")
    assert list(read_yeast(tmp_path / "own.h5ad").conditions["medium"]) == ["ypd", "ypd", "sc"]


def test_reading_twice_scales_once(tmp_path):
    write_yeast(read_yeast(packed(tmp_path)), tmp_path / "a.h5ad")
    write_yeast(read_yeast(tmp_path / "a.h5ad"), tmp_path / "b.h5ad")
    assert np.array_equal(read_yeast(tmp_path / "a.h5ad").motifs, read_yeast(tmp_path / "b.h5ad").motifs)


def test_motifs_align_by_name_and_scale_and_absent_ones_are_zero(tmp_path):
    data = read_yeast(packed(tmp_path))
    before = data.motifs.copy()
    aligned = data.aligned_motifs(["MA3.GAL4", "new", "MA1.ABF1"], np.array([6.0, 1.0, 4.0]))
    assert aligned[:, 0].tolist() == pytest.approx((SCORES[:, 3] / 6).tolist())
    assert not aligned[:, 1].any()
    assert np.array_equal(aligned[:, 2], data.motifs[:, 0])
    assert np.array_equal(data.motifs, before)


def test_a_part_holds_the_same_samples_and_regions_throughout(tmp_path):
    data = read_yeast(packed(tmp_path))
    part = data.take(np.array([False, True, True]), np.array([3, 0]))
    assert (list(part.samples), list(part.regions.ids)) == (["S2", "S3"], [REGIONS[3], REGIONS[0]])
    assert np.array_equal(part.expression, expression()[1:][:, [3, 0]])
    assert part.accessibility[1].tolist() == [0.25, 0.5]
    assert list(part.conditions.index) == ["S2", "S3"]


def test_widths_and_gaps_come_from_the_places(tmp_path):
    values, names = region_features(read_yeast(packed(tmp_path)))
    assert names == ("log_width", "log_gap_before", "log_gap_after")
    np.testing.assert_allclose(
        10**values - 1, [[300, 500, 500], [600, 500, 500], [200, 350, 350], [100, 350, 350]], 1e-4
    )


def test_ids_without_places_read_and_say_so(tmp_path):
    pd.DataFrame(SCORES, columns=MOTIFS, index=pd.Index(list("abcd"), name="gene")).to_csv(tmp_path / "genes.csv")
    data = read_yeast(tmp_path / "genes.csv")
    assert data.regions.chrom is None
    assert region_features(data)[0].shape == (4, 0)
    assert any("chromosomes" in notice for notice in data.notices)


def test_missing_scores_and_accessibility_are_filled_and_told(tmp_path):
    table = flat()
    table.loc[table["peak_id"] == REGIONS[0], ["MA1.ABF1", "accessibility"]] = np.nan
    table.to_csv(tmp_path / "flat.csv", index=False)
    data = read_yeast(tmp_path / "flat.csv")
    assert data.motifs[0, 0] == data.accessibility[0] == 0
    assert sum("filled with 0" in notice for notice in data.notices) == 2


@pytest.mark.real_data
def test_the_measured_flat_table_is_recognised_as_scaled_and_accepted_when_asked():
    data = read_yeast(measured("gsm_example_with_condition.csv"), ReadSettings(conditions_scaled=True))
    assert data.motifs.shape == (200, 234)
    assert data.conditions.loc["sample1", ["medium", "drug", "drug_temperature_c"]].tolist() == [
        "sc", "hydrogen peroxide", 0.5,
    ]  # fmt: skip
    assert len(data.dropped_motifs) == 48
