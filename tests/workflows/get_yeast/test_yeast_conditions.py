"""How the words of a condition sheet become typed conditions: units, names, zeros, groups and what is said of them."""

import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from yeast_tables import SAMPLES, measured, sheet

from genodesk.core.errors import UserError
from genodesk.core.settings import leaves
from genodesk.engine.inspection import inspect_file
from genodesk.workflows.get_yeast import units
from genodesk.workflows.get_yeast.condition_cells import parse_conditions
from genodesk.workflows.get_yeast.condition_sheet import read_sheet
from genodesk.workflows.get_yeast.conditions import CONDITION_COLUMNS, condition_groups, empty_conditions
from genodesk.workflows.get_yeast.headers import Header, read_header, read_one_hot
from genodesk.workflows.get_yeast.settings_actions import PredictSettings
from genodesk.workflows.get_yeast.vocabulary import class_name, plain


def of_cells(**cells: object):
    """Conditions and notices of one sample from cells by header."""
    table = pd.DataFrame({name: [str(value)] for name, value in cells.items()}, index=[2])
    read = parse_conditions(table, ["s"], "sheet.csv")
    return read.conditions.iloc[0], read.notices


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("20h", 20),
        ("90 min", 1.5),
        ("3-4h", 3.5),
        ("1 h 30 min", 1.5),
        ("２ 天", 48),
        ("0.5小时", 0.5),
        ("9", 9),
        ("0h", 0),
    ],
)
def test_times_parse_with_their_units(text, hours):
    assert units.hours(plain(text)) == pytest.approx(hours)


@pytest.mark.parametrize(
    ("text", "amount", "kind"),
    [
        ("5μM", 5e-6, "molar"), ("5µM", 5e-6, "molar"), ("5 uM", 5e-6, "molar"), ("10 mM", 1e-2, "molar"),
        ("200nM", 2e-7, "molar"), ("1e-3 M", 1e-3, "molar"), ("3 mmol/L", 3e-3, "molar"), ("2-4 µM", 3e-6, "molar"),
        ("1μg/mL", 1e-3, "mass"), ("1 mg/mL", 1.0, "mass"), ("20 g/L", 20.0, "mass"), ("2 % w/v", 20.0, "mass"),
        ("50 ng/mL", 5e-5, "mass"),
    ],
)  # fmt: skip
def test_doses_parse_to_molar_or_grams_per_litre(text, amount, kind):
    assert units.dose(plain(text)) == (pytest.approx(amount), kind)


def test_a_dose_is_the_same_number_as_typed_in_molar():
    assert units.dose("5uM")[0] == 5e-6


@pytest.mark.parametrize(("text", "what"), [("5", "no unit"), ("5 drops", "neither"), ("much", "not a number")])
def test_a_dose_without_a_sound_unit_is_refused(text, what):
    with pytest.raises(ValueError, match=what):
        units.dose(text)


def test_temperatures_and_densities_parse():
    assert units.celsius(plain("30 ℃")) == units.celsius("30C") == 30
    assert units.celsius("25-30") == 27.5
    assert units.optical_density("OD600 = 0.7") == units.optical_density("0.6-0.8") == pytest.approx(0.7)
    with pytest.raises(ValueError, match="instead of °C"):
        units.celsius("86 F")


@pytest.mark.parametrize(
    ("name", "field", "unit"),
    [
        ("培养基", "medium", ""), ("碳源", "carbon_source", ""), ("氮源", "nitrogen_source", ""),
        ("预培养时间", "preculture_time_h", ""), ("预培养温度", "preculture_temperature_c", ""),
        ("预培养终点", "preculture_od600", ""), ("药物", "drug", ""), ("浓度", "dose", ""),
        ("加药培养温度", "drug_temperature_c", ""), ("加药培养时间", "drug_time_h", ""),
        ("加药培养终点", "drug_od600", ""), ("Pre-culture time (min)", "preculture_time_h", "min"),
        ("Dose (µM)", "dose", "uM"), ("dose_molar", "dose", "M"), ("dose_g_per_l", "dose", "g/L"),
        ("Concentration", "dose", ""), ("OD600", "drug_od600", ""), ("Sample ID", "sample", ""),
    ],
)  # fmt: skip
def test_columns_are_found_by_chinese_and_english_names(name, field, unit):
    assert read_header(name) == Header(field, unit)


def test_other_columns_are_no_conditions():
    assert [read_header(name) for name in ("菌株", "Mark", "MA0265.1.ABF1", "virtual_motif_1")] == [None] * 4


def test_one_hot_names_give_field_and_value():
    assert read_one_hot("培养基=YPD") == ("培养基", "YPD")
    assert read_one_hot("media_SC") == ("media", "SC")
    assert read_one_hot("carbon_source_glucose") == ("carbon_source", "glucose")
    assert read_one_hot("virtual_motif_1") is None


def test_aliases_mean_the_same_and_zero_means_none_only_for_drugs():
    assert class_name("medium", "YEPD") == class_name("medium", " ypd ") == "ypd"
    assert {class_name("medium", word) for word in ("SC", "SD", "CSM")} == {"sc"}
    assert class_name("carbon_source", "Dextrose") == "glucose"
    assert [class_name("drug", word) for word in ("0", "0.0", "none", "无")] == ["none"] * 4
    assert [class_name("medium", word) for word in ("0", "unknown", "", "nan")] == [None] * 4
    assert class_name("drug", "unknown") is None
    assert class_name("drug", "PeAfpA") == "PeAfpA"


def test_a_sheet_becomes_typed_columns(tmp_path):
    read = read_sheet(sheet(tmp_path), SAMPLES)
    assert tuple(read.conditions.columns) == CONDITION_COLUMNS
    one, two, three = (read.conditions.loc[name] for name in SAMPLES)
    assert (one.medium, one.drug, one.drug_time_h, one.preculture_temperature_c) == ("ypd", "none", 1.5, 30)
    assert (two.medium, two.carbon_source, two.dose_molar, two.drug_time_h) == ("ypgly", "glycerol", 5e-6, 3.5)
    assert (three.medium, three.drug, three.dose_g_per_l) == ("sc", "PeAfpA", 1e-3)
    assert list(read.labels["菌株"]) == ["W303", "W303", "BY4741"]


def test_rows_without_ids_are_numbered_and_keep_their_first_column(tmp_path):
    path = sheet(tmp_path, "medium,drug,dose\nYPD,0,0\n,,\nSC,rapamycin,200 nM\n", "new.csv")
    read = read_sheet(path, ())
    assert read.conditions["medium"].to_dict() == {"culture1": "ypd", "culture2": "sc"}
    assert "new.csv names no samples, so its rows are called culture1 to culture2." in read.notices
    assert not read.named
    one = sheet(tmp_path, "medium,drug\nYPD,none\n", "one.csv")
    assert "one.csv names no samples, so its row is called culture1." in read_sheet(one, ()).notices
    told = inspect_file(path)
    assert "names no samples" in told["sentence"]
    assert (told["setting"], told["good"]) == ("conditions", [])


def test_a_column_of_a_condition_that_happens_to_hold_the_ids_is_kept(tmp_path):
    read = read_sheet(sheet(tmp_path, "medium,temperature\nYPD,30\nSC,37\n"), ["SC", "YPD"])
    assert read.conditions["medium"].tolist() == ["sc", "ypd"]


def test_rows_that_name_no_sample_are_told(tmp_path):
    read = read_sheet(sheet(tmp_path, "GSM,medium\nS1,YPD\n,SC\n,\n"), ())
    assert list(read.conditions.index) == ["S1"]
    assert read.notices == ["条件 sheet.csv: rows without an id in column GSM are left out: 3."]
    with pytest.raises(UserError, match="No row of the sheet names its sample"):
        read_sheet(sheet(tmp_path, "GSM,medium\n,YPD\n,SC\n"), ())


def workbook(path: Path, rows: list[tuple[object, ...]], merged: str = "") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    book.save(path)
    return path


def test_what_is_merged_down_the_rows_of_a_workbook_holds_for_all_of_them(tmp_path):
    rows = [("GSM", "medium", "drug"), ("S1", "YPD", "none"), ("S2", None, "x"), ("S3", "SC", "x")]
    read = read_sheet(workbook(tmp_path / "a.xlsx", rows, "B2:B3"), ())
    assert read.conditions["medium"].to_dict() == {"S1": "ypd", "S2": "ypd", "S3": "sc"}
    beyond = read_sheet(workbook(tmp_path / "b.xlsx", rows, "B4:B9"), ())
    assert beyond.conditions["medium"].to_dict() == {"S1": "ypd", "S2": None, "S3": "sc"}


def test_formulas_of_a_workbook_give_their_results(tmp_path):
    rows = [("GSM", "medium", "temperature", "strain"), ("S1", "YPD", 30, "a"), ("S2", "SC", "=C2+7", '=""')]
    path = workbook(tmp_path / "calculated.xlsx", rows)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    name = "xl/worksheets/sheet1.xml"
    text = (
        parts[name]
        .decode()
        .replace("<f>C2+7</f><v></v>", "<f>C2+7</f><v>37</v>")
        .replace("<f>C2+7</f><v />", "<f>C2+7</f><v>37</v>")
    )
    parts[name] = text.replace('r="D3"', 'r="D3" t="str"').encode()  # as Excel saves an empty text
    with zipfile.ZipFile(path, "w") as file:
        for part, content in parts.items():
            file.writestr(part, content)
    read = read_sheet(path, ())
    assert read.conditions["drug_temperature_c"].tolist() == [30, 37]
    assert read.labels["strain"].tolist() == ["a", ""]


def test_missing_never_becomes_zero(tmp_path):
    read = read_sheet(sheet(tmp_path), SAMPLES)
    assert np.isnan(read.conditions.loc["S2", "preculture_temperature_c"])
    assert np.isnan(read.conditions.loc["S3", "drug_od600"])
    assert read.conditions.loc["S1", "carbon_source"] is None
    assert any("A 0 in" in notice and "预培养温度" in notice for notice in read.notices)


def test_a_dose_without_a_drug_does_not_apply():
    conditions, notices = of_cells(drug="none", dose="5 µM")
    assert np.isnan(conditions.dose_molar)
    assert any("a dose but no drug" in notice for notice in notices)


def test_a_dose_without_any_word_of_a_drug_is_kept_and_told():
    conditions, notices = of_cells(drug="", dose="5 µM")
    assert conditions.dose_molar == 5e-6
    assert any("a dose but no drug is named: s" in notice for notice in notices)


@pytest.mark.parametrize("cells", [{"dose": "10,5 µM"}, {"drug_time_h": "1,5 h"}, {"drug_temperature_c": "30-30,5"}])
def test_a_decimal_comma_is_refused_with_the_word_point(cells):
    with pytest.raises(UserError, match="write decimals with a point"):
        of_cells(drug="rapamycin", **cells)


def test_a_dose_of_zero_with_its_unit_means_no_drug():
    assert of_cells(drug="rapamycin", dose="0 nM")[0].drug == "none"


def test_a_zero_in_one_dose_column_does_not_take_the_drug_away():
    for cells in ({"dose_molar": "5e-6", "dose_g_per_l": 0}, {"dose_g_per_l": 0, "dose_molar": "5e-6"}):
        assert of_cells(drug="rapamycin", **cells)[0][["drug", "dose_molar"]].tolist() == ["rapamycin", 5e-6]
    assert of_cells(drug="rapamycin", dose_molar=0, dose_g_per_l="0.002")[0].dose_g_per_l == 0.002
    assert of_cells(drug="rapamycin", dose_molar=0, dose_g_per_l=0)[0].drug == "none"


@pytest.mark.parametrize("unit", ["0", "NA", ""])
def test_a_missing_unit_beside_no_dose_is_nothing_to_refuse(unit):
    assert of_cells(drug="none", dose=0, unit=unit)[0].drug == "none"
    assert of_cells(drug="rapamycin", dose="200 nM", unit=unit)[0].dose_molar == pytest.approx(2e-7)


def test_a_drug_without_a_dose_is_kept_and_told():
    conditions, notices = of_cells(drug="rapamycin", dose="")
    assert conditions.drug == "rapamycin"
    assert np.isnan(conditions.dose_molar)
    assert any("a drug without a dose" in notice for notice in notices)


@pytest.mark.parametrize("mass", ["914.2", "914.2 g/mol", "0.9142 kDa"])
def test_a_molar_mass_turns_grams_into_moles(mass):
    assert of_cells(drug="rapamycin", dose="914.2 mg/L", molar_mass=mass)[0].dose_molar == pytest.approx(1e-3)
    by_header = of_cells(**{"drug": "x", "dose": "914.2 mg/L", "MW (kDa)": "0.9142"})[0]
    assert by_header.dose_molar == pytest.approx(1e-3)


@pytest.mark.parametrize("mass", ["", "NA", "-", "0"])
def test_without_a_molar_mass_grams_stay_grams(mass):
    conditions, notices = of_cells(drug="rapamycin", dose="914.2 mg/L", molar_mass=mass)
    assert (conditions.dose_g_per_l, np.isnan(conditions.dose_molar)) == (pytest.approx(0.9142), True)
    assert any("no molar mass" in notice for notice in notices)


def test_a_unit_can_stand_in_the_header_or_beside_the_dose():
    assert of_cells(**{"drug": "rapamycin", "dose (nM)": 200})[0].dose_molar == pytest.approx(2e-7)
    assert of_cells(drug="rapamycin", dose=200, dose_unit="nM")[0].dose_molar == pytest.approx(2e-7)
    assert of_cells(**{"drug_time_min": 90})[0].drug_time_h == 1.5


def test_typed_columns_read_back_what_they_say():
    conditions, _ = of_cells(drug="x", dose_molar="5e-06", dose_g_per_l="", drug_temperature_c="37.0", drug_time_h=2)
    assert (conditions.dose_molar, conditions.drug_temperature_c, conditions.drug_time_h) == (5e-6, 37, 2)
    assert np.isnan(conditions.dose_g_per_l)


def test_four_degrees_warn_and_eighty_are_refused():
    _, notices = of_cells(temperature="4 °C")
    assert any("4 °C" in notice and "outside the usual" in notice for notice in notices)
    with pytest.raises(UserError, match="80 °C") as caught:
        of_cells(temperature="80")
    assert "column temperature" in caught.value.where


def test_equal_conditions_are_one_group_and_strains_do_not_count(tmp_path):
    text = "sample,medium,drug,dose,strain\na,YPD,rapamycin,200 nM,x\nb,yepd,Rapamycin,0.2 µM,y\nc,YPD,0,0,x\nd,,,,x\n"
    read = read_sheet(sheet(tmp_path, text), list("abcd"))
    assert list(condition_groups(read.conditions)) == ["ypd rapamycin 200nM"] * 2 + ["ypd no-drug", ""]


def test_a_group_spells_its_drug_as_the_data_first_do():
    conditions = empty_conditions(["a", "b", "c"])
    conditions["drug"] = ["PeAfpA", "peafpa", "none"]
    assert list(condition_groups(conditions)) == ["PeAfpA", "PeAfpA", "no-drug"]


def test_both_temperatures_count_for_the_group():
    conditions = empty_conditions(["a", "b"])
    conditions["drug_temperature_c"] = 30.0
    conditions.loc["a", "preculture_temperature_c"] = 25.0
    assert len(set(condition_groups(conditions))) == 2


@pytest.mark.real_data
def test_the_measured_sheet_reads_as_it_was_written():
    samples = ["GSM7768059", "GSM7768081", "GSM8287119", "GSM7432826", "GSM7899972"]
    read = read_sheet(measured("conditions.csv"), samples)
    rows = [read.conditions.loc[name] for name in samples]
    assert (rows[0].medium, rows[0].drug, rows[0].dose_molar, rows[0].drug_od600) == ("ypd", "borrelidin", 5e-6, 0.7)
    assert rows[1].isna().all()
    assert (rows[2].preculture_time_h, rows[2].preculture_temperature_c, rows[2].drug) == (10, 30, "none")
    assert (rows[3].drug, rows[3].dose_g_per_l, rows[3].drug_time_h) == ("PeAfpA", 4e-3, 20)
    assert (rows[4].medium, rows[4].drug_temperature_c) == ("ypgly", 28)
    assert "GSM7768081" in read.notices[0]


def test_the_help_of_cultures_names_columns_that_are_read():
    (told,) = [leaf.help for leaf in leaves(PredictSettings) if leaf.name == "cultures"]
    columns = told.split("Columns: ")[1].split(", and time")[0].split(", ")
    assert [read_header(name).field for name in columns] == [
        "sample", "medium", "carbon_source", "nitrogen_source", "drug", "dose",
    ]  # fmt: skip
    for part in ("culture", "preculture"):
        assert part in told
        assert all(read_header(f"{part} {what}") is not None for what in ("time", "temperature", "OD600"))
