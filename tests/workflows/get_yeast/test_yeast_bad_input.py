"""Files that cannot be right: `prepare` exits with 2, one sentence, its place and a remedy, and writes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import openpyxl
import pandas as pd
import pytest
from yeast_tables import MOTIFS, SCORES, SHEET, expression_table, flat, packed, regions_table, sheet

from genodesk.core.errors import UserError
from genodesk.engine.inspection import inspect_file
from genodesk.workflows.get_yeast.data import read_yeast, write_yeast


@pytest.fixture
def prepare(refused: Callable[..., dict[str, str]], tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Gives files to prepare, which must be refused."""

    def run(data: Path, message: str, place: str, **settings: Any) -> dict[str, str]:
        return refused("prepare", message, place, data=data, out=tmp_path / "out.h5ad", **settings)

    return run


def with_cell(old: str, new: str) -> str:
    assert old in SHEET
    return SHEET.replace(old, new)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        (SHEET.replace("S1,", "T1,").replace("S2,", "T2,").replace("S3,", "T3,"), "none of the 3 samples", "sheet.csv"),
        (SHEET + "S2,W303,YPD,0,0,0,0,0,30,9h,0.7\n", "Sample S2 occurs more than once", "row 5, column GSM"),
        (with_cell("5μM", "5"), "'5' of sample S2 has no unit", "row 3, column 浓度"),
        (with_cell("5μM", "5 drops"), "has the unit 'drops'", "row 3, column 浓度"),
        (with_cell("5μM", "-5μM"), "below 0", "row 3, column 浓度"),
        (with_cell("W303,YPD,0,5h,30,", "W303,YPD,0,5h,80,"), "S1 has a temperature of 80 °C", "column 预培养温度"),
        (with_cell(",28,", ",3 °C,"), "temperature of 3 °C", "column 加药培养温度"),
        (with_cell(",0.7", ",50"), "S2 has an OD600 of 50", "column 加药培养终点"),
        (with_cell(",0.7", ",mid-log"), "'mid-log' is not a number", "row 3, column 加药培养终点"),
        (with_cell("3-4h", "3 weeks"), "'weeks' instead of h", "row 3, column 加药培养时间"),
        ("GSM,temperature,dose\nS1,0.5,0.3\nS2,-0.2,0.1\n", "look scaled already", "sheet.csv"),
        ("GSM,medium,培养基\nS1,YPD,SC\n", "both say the medium", "sheet.csv"),
        ("GSM,strain\nS1,W303\n", "No column of this table is a condition", "sheet.csv"),
        (
            SHEET.replace(",", ";").replace("0.7", "0,7"),
            "'0,7' has a comma",
            "row 3, column 加药培养终点",
        ),
        ("GSM,drug,dose,MW\nS1,x,1 mg/L,914 nM\n", "molar mass '914 nM' of sample S1 is in 'nM'", "row 2, column MW"),
        ("GSM,drug,dose,MW\nS1,x,1 mg/L,-9\n", "molar mass '-9' of sample S1 is not above 0", "row 2, column MW"),
        ("GSM,medium\n,YPD\n,SC\n", "its column GSM, taken for their ids, holds none;", "sheet.csv"),
        ("GSM,medium\n,\n,\n", "All rows of the sheet are empty", "sheet.csv"),
        ("GSM,medium\n", "no rows", "sheet.csv"),
        ("", "empty", "sheet.csv"),
    ],
)
def test_a_bad_sheet_is_refused_with_its_place(prepare, tmp_path, text, message, place):
    path = sheet(tmp_path, text)
    error = prepare(packed(tmp_path), message, place, conditions=path)
    assert path.name in error["where"]


@pytest.mark.parametrize(("encoding", "message"), [("utf-16", "UTF-16"), ("utf-16-be", "UTF-16"), ("cp1252", "UTF-8")])
def test_a_sheet_in_another_encoding_says_how_to_save_it(prepare, tmp_path, encoding, message):
    path = tmp_path / "sheet.csv"
    text = "GSM,medium,strain\nS1,YPD,mutant Sørensen\nS2,SC,é\n" if encoding == "cp1252" else SHEET
    path.write_bytes(text.encode(encoding))
    error = prepare(packed(tmp_path), message, "sheet.csv", conditions=path)
    assert "CSV in UTF-8" in error["hint"]
    with pytest.raises(UserError, match=message):  # the same as on the page of data
        inspect_file(path)


def test_merged_headers_of_a_workbook_are_named(prepare, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["GSM", "culture", None])
    book.active.append(["S1", "YPD", 30])
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "sheet.xlsx")
    error = prepare(packed(tmp_path), "B1:C1", "sheet.xlsx", conditions=tmp_path / "sheet.xlsx")
    assert "Unmerge" in error["hint"]


def test_a_formula_without_a_result_and_a_value_without_a_name_are_told(prepare, tmp_path):
    book = openpyxl.Workbook()
    for row in (("GSM", "temperature"), ("S1", 30), ("S2", "=B2+7")):
        book.active.append(row)
    book.save(tmp_path / "sheet.xlsx")
    prepare(packed(tmp_path), "The formula in cell B3", "sheet.xlsx", conditions=tmp_path / "sheet.xlsx")
    book.active["B3"], book.active["C2"] = 37, "heat"
    book.save(tmp_path / "sheet.xlsx")
    prepare(packed(tmp_path), "'heat' stands in a column without a name", "row 2", conditions=tmp_path / "sheet.xlsx")
    book.active["D1"] = "drug"
    book.save(tmp_path / "sheet.xlsx")
    message = "'heat' stands in a column without a name"
    prepare(packed(tmp_path), message, "row 2, column 3", conditions=tmp_path / "sheet.xlsx")


def test_a_workbook_that_is_none_is_told(prepare, tmp_path):
    (tmp_path / "sheet.xlsx").write_text("GSM,medium\n")
    prepare(packed(tmp_path), "not a readable XLSX", "sheet.xlsx", conditions=tmp_path / "sheet.xlsx")


def test_scaled_conditions_are_taken_as_they_are_when_a_person_says_so(here, tmp_path):
    path = sheet(tmp_path, "GSM,temperature,dose,drug\nS1,0.5,0.3,x\nS2,-0.2,0.1,x\n")
    given = {"data": packed(tmp_path), "conditions": path, "out": tmp_path / "y.h5ad"}
    answer = here("get-yeast", "prepare", "--json", "--conditions-scaled", run_dir=tmp_path / "run", **given)
    assert answer.code == 0, answer.err
    assert any("taken as they are" in notice for notice in answer.document["notices"])
    cultures = anndata.read_h5ad(tmp_path / "y.h5ad").obs
    assert cultures["drug_temperature_c"].tolist()[:2] == [0.5, -0.2]
    assert cultures["dose_molar"].tolist()[:2] == [0.3, 0.1]


@pytest.mark.parametrize(
    ("change", "message", "place"),
    [
        (
            lambda t: t.assign(target=t["target"].where(t.index != 5, -1.0)),
            "1 expression value is negative",
            "flat.csv",
        ),
        (lambda t: t.assign(target=t["target"].where(t.index != 5, np.inf)), "is infinite", "flat.csv"),
        (lambda t: t.assign(**dict.fromkeys(MOTIFS, 0.0)), "All 4 motif columns are zero", "flat.csv"),
        (lambda t: pd.concat([t, t.iloc[[2]]]), "occurs more than once in sample S1", "row 14"),
        (
            lambda t: t.assign(sample="S1", drug="none", temperature=30, medium="YPD"),
            "more than once in sample",
            "row 6",
        ),
        (lambda t: t.assign(target=t["target"].astype(str).str.replace(".", ",")), "'0,0' is not a number", "row 2"),
        (lambda t: t.assign(temperature=[30, 31, *t["temperature"][2:]]), "changes within sample S1", "row 3"),
        (lambda t: t.assign(**{MOTIFS[0]: np.arange(12.0)}), "MA1.ABF1 differs between rows of one region", "row 6"),
        (lambda t: t.assign(**{name: t[name] - 1.1 for name in MOTIFS}), "0 must mean absent", "flat.csv"),
        (lambda t: t.drop(columns="peak_id"), "No column names the regions", "flat.csv"),
        (lambda t: t.drop(columns=MOTIFS).drop(columns="remark"), "no motif columns", "flat.csv"),
        (lambda t: t.assign(accessibility=-1.0), "negative", "flat.csv"),
        (lambda t: t.assign(media_SC=2), "holds 2, not 0 or 1", "flat.csv"),
        (lambda t: t.assign(medium_SC=0.0), "'medium' and 'medium_SC' both say the medium", "flat.csv"),
        (lambda t: t.rename(columns={"dose (nM)": "dose"}), "has no unit", "column dose"),
    ],
)
def test_a_bad_flat_table_is_refused_with_its_place(prepare, tmp_path, change, message, place):
    change(flat()).to_csv(tmp_path / "flat.csv", index=False)
    error = prepare(tmp_path / "flat.csv", message, place)
    assert "flat.csv" in error["where"]


def test_rows_of_unequal_length_are_refused(prepare, tmp_path):
    path = tmp_path / "flat.csv"
    flat().to_csv(path, index=False)
    path.write_text(path.read_text() + "S4,chrI_1_2,1,2,3,4,5,6,7,8,9,10,11,12\n")
    prepare(path, "do not all have 13 columns", "flat.csv")


def test_decimal_commas_are_told_with_their_place_and_not_taken_for_words(prepare, tmp_path):
    scores = flat().assign(accessibility=1, target=range(12))
    scores[MOTIFS[0]] += 0.5
    scores.to_csv(tmp_path / "flat.csv", index=False, sep=";", decimal=",")
    error = prepare(tmp_path / "flat.csv", "is not a number", f"row 2, column {MOTIFS[0]}")
    assert "point as decimal sign" in error["hint"]


def test_a_row_with_too_few_cells_is_told_with_their_number(prepare, tmp_path):
    path = tmp_path / "flat.csv"
    flat().to_csv(path, index=False)
    lines = path.read_text().splitlines()
    lines[4] = ",".join(lines[4].split(",")[:9])
    path.write_text("\n".join(lines) + "\n")
    prepare(path, "This row has 9 cells, the header 13.", "row 5")


def test_expression_under_a_name_of_its_own_is_asked_for(prepare, tmp_path):
    flat().rename(columns={"target": "signal"}).to_csv(tmp_path / "flat.csv", index=False)
    error = prepare(tmp_path / "flat.csv", "No column is called expression", "flat.csv, row ")
    assert "signal" in error["message"]
    assert "--target-column signal" in error["hint"]


def test_tissue_is_called_tissue_and_sent_where_it_belongs(prepare, tmp_path):
    cells = anndata.AnnData(np.ones((3, 4), np.float32), obsm={"spatial": np.zeros((3, 2))})
    cells.write_h5ad(tmp_path / "tissue.h5ad")
    error = prepare(tmp_path / "tissue.h5ad", "This is tissue", "tissue.h5ad")
    assert "alphastomics" in error["hint"]
    assert "prepare" not in error["hint"]


def test_a_column_named_for_expression_must_be_there(prepare, tmp_path):
    flat().to_csv(tmp_path / "flat.csv", index=False)
    error = prepare(tmp_path / "flat.csv", "no column 'targte'", "flat.csv", target_column="targte")
    assert "target" in error["hint"]


def test_packed_data_with_names_that_do_not_fit_are_refused(prepare, tmp_path):
    import zarr

    path = packed(tmp_path)
    root = zarr.open_group(path, mode="a")
    root.create_array("motif_names", shape=(4,), dtype="str", overwrite=True)[:] = np.array(MOTIFS, dtype="T")
    # One name fewer, accessibility, means that the matrix still fits; two fewer do not.
    assert read_yeast(path).accessibility[0, 0] == 0.5
    root.create_array("motif_names", shape=(3,), dtype="str", overwrite=True)[:] = np.array(MOTIFS[:3], dtype="T")
    prepare(path, "names ask for", "matrix")


def test_packed_data_without_names_are_refused(prepare, tmp_path):
    import zarr

    path = packed(tmp_path)
    del zarr.open_group(path, mode="a")["peak_ids"]
    prepare(path, "lack the names peak_ids", path.name)


def test_motifs_that_differ_between_samples_are_refused(prepare, tmp_path):
    import zarr

    path = packed(tmp_path)
    zarr.open_group(path, mode="a")["matrix"][1, 2, 0] = 9.0
    prepare(path, "MA1.ABF1 at region chrI_900_1500 differs between samples", "matrix")


def test_a_sample_of_two_classes_is_refused(prepare, tmp_path):
    path = packed(tmp_path, one_hots={"培养基=YPD": [1, 0, 0], "培养基=SC": [1, 0, 0]})
    prepare(path, "are both 1", "row 1")


def test_repeated_samples_are_refused(prepare, tmp_path):
    import zarr

    path = packed(tmp_path)
    zarr.open_group(path, mode="a")["sample_ids"][:] = np.array(["S1", "S1", "S3"], dtype="T")
    prepare(path, "1 sample id occurs more than once: S1", path.name)


def test_only_empty_motifs_are_refused(prepare, tmp_path):
    prepare(packed(tmp_path, scores=np.zeros_like(SCORES)), "All 4 motif columns are zero", "packed")


def test_repeated_samples_and_negative_values_of_an_expression_table_are_refused(prepare, tmp_path):
    path = expression_table(tmp_path)
    table = pd.read_csv(path, sep="\t", index_col=0)
    table.set_axis(["S1", "S2", "S2"], axis=1).to_csv(path, sep="\t")
    prepare(regions_table(tmp_path), "called 'S2'", str(path), expression=path)
    (table - 1).to_csv(path, sep="\t")
    prepare(regions_table(tmp_path), "4 expression values are negative", str(path), expression=path)


def test_expression_of_other_regions_is_refused(prepare, tmp_path):
    path = tmp_path / "expression.csv"
    pd.DataFrame({"gene": ["YAL001C"], "S1": [1.0]}).to_csv(path, index=False)
    prepare(regions_table(tmp_path), "none of the 4 regions", "expression.csv", expression=path)


@pytest.mark.parametrize("name", ["motif_file", "expression", "target_column"])
def test_a_file_that_packed_data_do_not_need_is_refused(prepare, tmp_path, name):
    value = "x" if name == "target_column" else expression_table(tmp_path)
    prepare(packed(tmp_path), "needs no", f"--{name.replace('_', '-')}", **{name: value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ACGT\n", "no FASTA"),
        (">a\nACGT\n>a\nAC\n", "more than once"),
        (">a\nMKVLLE\n", "not DNA"),
        (">a\n", "are empty"),
    ],
)
def test_bad_sequences_are_refused(prepare, tmp_path, text, message):
    (tmp_path / "r.fa").write_text(text)
    (tmp_path / "m.jaspar").write_text(">m\n1\n0\n0\n0\n")
    prepare(tmp_path / "r.fa", message, "r.fa", motif_file=tmp_path / "m.jaspar")


def test_sequences_need_a_motif_file(prepare, tmp_path):
    (tmp_path / "r.fa").write_text(">a\nACGT\n")
    prepare(tmp_path / "r.fa", "no motif scores", "r.fa")


def test_a_damaged_file_is_refused(prepare, tmp_path):
    write_yeast(read_yeast(packed(tmp_path)), tmp_path / "y.h5ad")
    whole = (tmp_path / "y.h5ad").read_bytes()
    (tmp_path / "cut.h5ad").write_bytes(whole[: len(whole) // 2])
    prepare(tmp_path / "cut.h5ad", "cut short", "cut.h5ad")


@pytest.mark.parametrize(("name", "message"), [("absent.csv", "no such file"), ("notes.docx", "not known here")])
def test_files_that_are_absent_or_of_another_kind_are_refused(prepare, tmp_path, name, message):
    (tmp_path / "notes.docx").write_text("x")
    prepare(tmp_path / name, message, name)
