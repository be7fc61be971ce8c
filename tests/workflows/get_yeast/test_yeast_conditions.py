"""How the words of a condition sheet become typed conditions: units, names, zeros, groups and what is said of them."""

import numpy as np
import pandas as pd
import pytest
from yeast_tables import SAMPLES, measured, sheet

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast import units
from genodesk.workflows.get_yeast.condition_sheet import parse_conditions, read_sheet
from genodesk.workflows.get_yeast.conditions import CONDITION_COLUMNS, condition_groups, empty_conditions
from genodesk.workflows.get_yeast.headers import Header, read_header, read_one_hot
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


def test_a_dose_of_zero_with_its_unit_means_no_drug():
    assert of_cells(drug="rapamycin", dose="0 nM")[0].drug == "none"


def test_a_drug_without_a_dose_is_kept_and_told():
    conditions, notices = of_cells(drug="rapamycin", dose="")
    assert conditions.drug == "rapamycin"
    assert np.isnan(conditions.dose_molar)
    assert any("a drug without a dose" in notice for notice in notices)


def test_a_molar_mass_turns_grams_into_moles():
    assert of_cells(drug="rapamycin", dose="914.2 mg/L", molar_mass="914.2")[0].dose_molar == pytest.approx(1e-3)


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
