"""Yeast by mouse alone with the real engine: from a file over what is dropped to figures; and what bad files say."""

from pathlib import Path

import pytest
import yeast_files
from by_hand import click, drop, export, pick, type_into
from on_screen import all_text
from wizards import settled, step_of, train_page

SMALL = {
    "Steps": 60,
    "Batch size": 4,
    "Neighbour window": 8,
    "Width": 16,
    "Layers": 1,
    "Attention heads": 2,
    "Evaluate every": 20,
    "Log every": 2,
}


@pytest.fixture
def packed(tmp_path) -> Path:
    return yeast_files.packed(tmp_path)


@pytest.fixture
def wizard_for(window, until):
    """The wizard of an action with files chosen, once the engine has looked into them."""

    async def wizard_for(action: str = "train", **reading: object):
        page = train_page(window)
        page.take(workflow="get-yeast", action=action, values={"yeast": reading}, preset="standard")
        await until(lambda: settled(page.wizard), seconds=30)
        return page.wizard

    return wizard_for


@pytest.mark.slow
async def test_from_yeast_files_to_figures_without_a_terminal(window, until, packed, tmp_path):
    window.open_first([])
    await until(lambda: window.page is not None)
    drop(window, packed)
    await until(lambda: getattr(window.page, "file", None) is not None, seconds=30)
    pick(window.page.using, "Train GET yeast…")
    wizard = window.page.wizard
    await until(lambda: settled(wizard) and wizard.next.isEnabled(), seconds=30)
    data = wizard.stack.currentWidget()
    assert "3 motif columns are zero everywhere and are dropped" in all_text(data.notices)
    drop(data, yeast_files.sheet(tmp_path))
    await until(lambda: "GSM107" in all_text(data.notices), seconds=30)
    told = all_text(data.notices)
    assert "1 of 8 samples have no row in 条件 sheet.csv, so all their conditions are missing: GSM107." in told
    assert "1 rows of 条件 sheet.csv belong to no sample of the data: GSM999." in told
    assert "A 0 in 加药培养终点, 碳源, 预培养时间 is taken for not recorded." in told
    assert "Doses by mass have no molar mass" in told
    assert ("Motifs", "6 of 9") in data.facts.rows()
    assert "held out" in data.form.rows["split"].problem

    click(wizard.next)
    step = wizard.stack.currentWidget()
    click(step.presets.chip("quick"))
    click(step.form.fold)
    rows = lambda: {row.leaf.title: row for row in step.form.rows.values()}  # noqa: E731
    await until(lambda: set(SMALL) <= set(rows()))
    for title, value in SMALL.items():
        type_into(rows()[title].field.edit, value)
    for _ in ("where", "check"):
        await until(wizard.next.isEnabled, seconds=30)
        click(wizard.next)
    await until(wizard.next.isEnabled, seconds=30)
    check = wizard.stack.currentWidget()
    assert "3 motif columns are zero everywhere and are dropped" in all_text(check.attention)
    assert "is held out." in check.words.text()
    click(wizard.next)

    await until(lambda: getattr(window.page, "panel", None) is not None or window.toasts.shown, seconds=30)
    panel = window.page.panel
    await until(lambda: panel.record is not None and "loss" in panel.record.curves, seconds=60)
    await until(lambda: len(panel.record.curves["loss"]["train"].steps) > 2, seconds=60)
    await until(lambda: panel.header.facts.text().startswith("finished"), seconds=90)
    assert "Predicted against measured" in await figures(panel, until)
    await export(panel, "Predicted against measured", tmp_path / "figure.pdf", until)
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")

    run = str(panel.record.folder.path)
    shown = await used(window, "explain", run, until)
    assert {"Motifs that predictions rest on", "Conditions that predictions rest on"} <= set(shown)
    assert any("losing a motif" in title for title in shown)
    assert await used(window, "predict", run, until) == ["Mean predicted expression of each culture"]


async def test_what_can_be_held_out_follows_how_it_is_split(wizard_for, until, packed, tmp_path):
    wizard = await wizard_for(data=str(packed), reading={"conditions": str(yeast_files.sheet(tmp_path))})
    rows = step_of(wizard, "data").form.rows
    ticks = rows["holdout"].field.focusProxy()
    offered = lambda: [ticks.item(row).text() for row in range(ticks.count())]  # noqa: E731
    await until(lambda: offered() == ["chrI", "chrII", "chrIV"])
    rows["split"].field.box.lineEdit().setText("conditions")
    rows["split"].field.edited.emit()
    await until(lambda: "ypd borrelidin 5uM 9h 30C OD0.7" in offered())
    wizard.draft.set("holdout", ["ypd borrelidin 5uM 9h 30C OD0.7"])
    await until(lambda: settled(wizard) and "borrelidin" in rows["split"].problem, seconds=30)
    assert wizard.checking.verdict.valid


SHEETS = {
    "a temperature no yeast survives": ("GSM,medium,drug,temperature\nGSM100,YPD,none,80\n", "80 °C"),
    "a dose without unit": ("GSM,medium,drug,dose,temperature\nGSM100,YPD,rapamycin,5,30\n", "has no unit"),
    "samples of another study": ("GSM,medium,drug,temperature\nGSM7,YPD,none,30\n", "none of the 8 samples"),
    "the same sample twice": ("GSM,medium,drug\nGSM100,YPD,none\nGSM100,YPD,none\n", "more than once"),
    "nothing about cultures": ("GSM,score\nGSM100,2\n", "No column of this table is a condition"),
}


async def test_a_bad_condition_sheet_says_what_is_wrong_beside_its_field(wizard_for, packed, tmp_path):
    for number, (what, (text, sentence)) in enumerate(SHEETS.items()):
        path = tmp_path / f"sheet {number}.csv"
        path.write_text(text, encoding="utf-8")
        wizard = await wizard_for(data=str(packed), reading={"conditions": str(path)})
        told = step_of(wizard, "data").form.rows["conditions"].problem
        assert sentence in told, what
        assert "--" not in told, what
        assert not wizard.next.isEnabled(), what


async def test_sequences_ask_for_motifs_and_are_not_called_unknown(wizard_for, until, tmp_path):
    fasta, motifs = tmp_path / "regions.fa", tmp_path / "motifs.meme"
    fasta.write_text("".join(f">chrI_{n}00_{n}50\n{'ACGTTGCA' * 6}AC\n" for n in range(1, 9)))
    motifs.write_text(
        "MEME version 4\nALPHABET= ACGT\nMOTIF MA1 ABF1\nletter-probability matrix: w= 2\n1 0 0 0\n0 1 0 0\n"
    )
    wizard = await wizard_for("pretrain", data=str(fasta))
    rows = step_of(wizard, "data").form.rows
    assert rows["data"].problem == ""
    assert "Sequences alone have no motif scores." in rows["motif_file"].problem
    assert wizard.inspecting.found["data"]["title"] == "FASTA, 8 sequences, 400 bp"
    wizard.draft.set("motif_file", str(motifs))
    wizard.draft.set("window", 2)  # eight sequences are one window of the usual size, which leaves none to watch
    await until(lambda: wizard.checking.verdict.valid and settled(wizard), seconds=30)
    assert wizard.inspecting.found["motif_file"]["title"] == "1 motif"
    assert rows["motif_file"].problem == ""


async def test_with_a_condition_sheet_the_file_is_not_said_to_lack_conditions(wizard_for, packed, until, tmp_path):
    sheet = yeast_files.sheet(tmp_path)
    wizard = await wizard_for(data=str(packed))
    data = step_of(wizard, "data")
    assert ("With conditions", "0 of 8") in data.facts.rows()
    wizard.draft.set("conditions", str(sheet))
    await until(lambda: not any("conditions" in name for name, *_ in data.facts.rows()))
    assert ("Samples", "8") in data.facts.rows()
    await until(lambda: wizard.checking.verdict.notes.get("data"), seconds=30)
    assert "kept as labels" in data.form.rows["data"].problem
    assert "kept as labels" not in all_text(data.notices)


async def test_tissue_chosen_for_yeast_says_what_it_lacks(wizard_for, tissue):
    wizard = await wizard_for(data=str(tissue))
    assert "no motif scores of regions" in step_of(wizard, "data").form.rows["data"].problem


@pytest.mark.real_data
async def test_the_measured_yeast_says_before_training_what_becomes_of_it(wizard_for):
    if not yeast_files.SHARED.exists():
        pytest.skip("the measured yeast is not beside the checkout")
    sheet = yeast_files.SHARED / "conditions.csv"
    wizard = await wizard_for(data=str(yeast_files.SHARED / "yeast_3d.zarr"), reading={"conditions": str(sheet)})
    told = all_text(step_of(wizard, "data").notices)
    assert "48 motif columns are zero everywhere and are dropped: virtual_motif_1 to virtual_motif_48." in told
    assert "2 of 60 samples have no row in conditions.csv, so all their conditions are missing: GSM7768081" in told
    assert "is taken for not recorded." in told
    assert "Doses by mass have no molar mass" in told
    assert wizard.checking.verdict.valid


async def used(window, action, run, until) -> list[str]:
    """What the figures of another action are called, started from its card with the model of a run."""
    page = train_page(window)
    click(page.cards["get-yeast"].others[action])
    await until(lambda: settled(page.wizard), seconds=30)
    model = step_of(page.wizard, "data").form.rows["run"].field
    await until(lambda: model.box.findData(run) >= 0)
    model.choose(run)
    page.wizard.go("check")
    await until(page.wizard.next.isEnabled, seconds=30)
    click(page.wizard.next)
    panel = window.show_page("runs").panel
    await until(lambda: panel.record is not None and panel.record.status.action == action, seconds=30)
    await until(lambda: panel.header.facts.text().startswith("finished"), seconds=90)
    return await figures(panel, until)


async def figures(panel, until) -> list[str]:
    """The titles of all figures of a finished run; each one is drawn."""
    tab = panel.show_tab("figures")
    await until(lambda: tab.list.count() == len(panel.record.figures) > 0)
    titles = []
    for row in range(tab.list.count()):
        tab.list.setCurrentRow(row)
        await until(lambda: tab.view.figure is not None and tab.view.path == tab.figure())
        titles.append(tab.list.item(row).text())
    return titles
