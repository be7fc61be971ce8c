"""The wizard leads from a file to a started run and tells problems where they belong."""

from pathlib import Path

import pytest
from by_hand import click, drop, type_into
from hub_stand_in import HubStandIn, hub_stand_in
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from wizards import odd_tissue, settled, step_of, train_page, wizard_of

from genodesk.app.pages.train.checking import in_titles
from genodesk.app.pages.train.device_cards import device_words
from genodesk.app.pages.train.estimate_card import estimate_rows
from genodesk.app.pages.train.page import TrainPage
from genodesk.app.pages.train.steps import parts_of
from genodesk.app.pages.train.workflow_cards import BrokenCard
from genodesk.core.resources import resource
from genodesk.core.run import RunFolder
from genodesk.core.settings import leaves
from genodesk.core.workflow import get_workflow
from genodesk.core.yaml_text import parse_yaml
from genodesk.jobs.status import read


@pytest.fixture
def page(window):
    return train_page(window)


@pytest.fixture(scope="module")
def tissue(tmp_path_factory) -> Path:
    return odd_tissue(tmp_path_factory.mktemp("测试 data"))


def test_settings_are_asked_for_in_the_step_they_belong_to():
    train = parts_of(get_workflow("alphastomics").action("train").settings)
    assert [leaf.name for leaf in train.data][:5] == ["data", "difficulty", "slice_key", "coordinate_key", "label_key"]
    assert "holdout" in [leaf.name for leaf in train.data]
    assert {"cells_per_batch", "hidden_dim", "max_steps"} <= {leaf.name for leaf in train.settings}
    assert [leaf.name for leaf in train.where] == ["device", "threads", "seed", "processes"]
    toy = parts_of(get_workflow("toy").action("train").settings)
    assert [leaf.name for leaf in toy.data] == ["data"]
    assert "steps" in [leaf.name for leaf in toy.settings]
    for action in get_workflow("alphastomics").actions:
        parts = parts_of(action.settings)
        assert len([*parts.data, *parts.settings, *parts.where]) == len(list(leaves(action.settings)))


def test_the_words_of_the_command_line_become_the_titles_of_the_form():
    fields = list(leaves(get_workflow("alphastomics").action("train").settings))
    told = in_titles("hidden_dim 97 is wrong. Name it with --slice-key COLUMN or --data FILE.", fields)
    assert told == "“Width” 97 is wrong. Name it with “Slice column” or “Data file”."
    assert in_titles("Try --difficulty demo, or set --heads 4.", fields) == (
        "Try “Synthetic tissue: demo”, or set “Attention heads” 4."
    )
    own = "There is no column 'slice_key' in /data/batch_size/ffn_dim.h5ad."
    assert in_titles(own, fields) == own


def test_every_workflow_has_a_card_and_a_broken_one_a_calm_one(desk, monkeypatch):
    def load(name: str):
        if name == "toy":
            raise ImportError("no such module")
        return get_workflow(name)

    monkeypatch.setattr("genodesk.app.pages.train.page.get_workflow", load)
    page = TrainPage(desk)
    assert isinstance(page.cards["toy"], BrokenCard)
    card = page.cards["alphastomics"]
    assert card.first.text() == "Train…"
    assert not card.demo.isHidden()
    assert [made.text() for made in card.others.values()][:3] == ["Test…", "Sample…", "Extract embeddings…"]
    page.shut()
    page.deleteLater()


async def test_a_workflow_is_trained_by_keyboard_from_data_to_run(page, desk, window, until, home, tmp_path):
    """The toy workflow knows nothing of the desk: what works for it works for any."""
    data = tmp_path / "测试 data" / "notes.txt"
    data.parent.mkdir(exist_ok=True)
    data.write_text("a\n")
    wanted: list[dict] = []
    desk.page_wanted.disconnect()
    desk.page_wanted.connect(lambda name, arguments: wanted.append({"page": name, **arguments}))
    window.activateWindow()
    await until(window.isActiveWindow)
    wizard = wizard_of(page, "toy")
    assert wizard.order == ["data", "settings", "where", "check"]
    await until(lambda: settled(wizard))
    step_of(wizard, "data").form.rows["data"].field.choose(str(data))
    QTest.keyClick(wizard, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert wizard.step == "settings"
    settings = step_of(wizard, "settings")
    steps = settings.form.rows["steps"]
    steps.field.edit.setFocus()
    steps.field.edit.selectAll()
    QTest.keyClicks(steps.field.edit, "3")
    settings.presets.chip("quick").click()
    QTest.keyClick(wizard, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    devices = step_of(wizard, "where").devices.cards
    await until(lambda: "cores" in devices["cpu"].facts.text())
    devices["cpu"].choice.click()
    QTest.keyClick(wizard, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert wizard.step == "check"
    await until(lambda: settled(wizard) and wizard.next.isEnabled())
    assert wizard.next.text() == "Start"
    check = step_of(wizard, "check")
    assert check.place.shown.text() == "The run will be shown as “notes · Toy”; its folder is named by date and time."
    check.place.name.setText("a walk 1")
    assert check.place.shown.text() == "The run will be shown as “a walk 1 · Toy”."
    assert f"--run-dir '{home}/runs/a walk 1'" in check.command.text.toPlainText()
    assert check.differing.rows() == [("Steps", "3"), ("Data", str(data)), ("Device", "cpu")]
    QTest.keyClick(wizard, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    await until(lambda: wanted, 30)

    folder = home / "runs" / "a walk 1"
    assert wanted == [{"page": "runs", "run": str(folder)}]
    saved = RunFolder.open(folder).settings_document()
    assert (saved["steps"], saved["data"], saved["runtime"]["device"]) == (3, str(data), "cpu")
    assert page.wizard is None
    await until(lambda: read(folder).state == "finished", 30)
    assert page.cards["toy"].kept.text() == "Your settings are kept: Train."


async def test_a_file_is_looked_into_and_its_columns_are_offered(page, desk, until, tissue):
    wizard = wizard_of(page, "alphastomics")
    data = step_of(wizard, "data")
    form = data.form
    await until(lambda: settled(wizard))
    assert form.rows["data"].problem.startswith("No data are given.")
    assert wizard.next.toolTip().startswith("No data are given.")
    form.rows["data"].field.choose(str(tissue))
    await until(lambda: wizard.draft.value("slice_key") == "section")
    await until(lambda: settled(wizard) and wizard.next.isEnabled())
    assert wizard.draft.value("coordinate_key") == "xy"
    facts = dict(data.facts.rows())
    assert (facts["Cells"], facts["Genes"], facts["Coordinates"]) == ("120", "30", "xy")
    assert desk.settings.recent_files == [tissue]
    assert "There is no column 'cell_type'" in form.rows["label_key"].problem
    ticks = form.rows["holdout"].field
    await until(lambda: ticks.value() == [] and ticks.focusProxy().metaObject().className() != "QLineEdit")
    ticks.focusProxy().item(1).setCheckState(Qt.CheckState.Checked)
    assert wizard.draft.value("holdout") == ["2"]
    await until(lambda: settled(wizard) and wizard.checking.verdict.valid)

    form.rows["slice_key"].field.box.lineEdit().setText("setcion")
    form.rows["slice_key"].field.edited.emit()
    await until(lambda: form.rows["slice_key"].problem)
    assert "Did you mean 'section'?" in form.rows["slice_key"].problem
    assert wizard.next.toolTip() == form.rows["slice_key"].problem
    wizard.go("check")
    assert not wizard.next.isEnabled()
    wizard.pages["check"].wanted.emit("slice_key")
    assert (wizard.step, wizard.draft.value("slice_key")) == ("data", "setcion")


async def test_a_problem_in_the_fold_is_brought_into_sight(page, window, until):
    window.resize(1100, 700)
    page.take(workflow="alphastomics", action="train", values={"tissue": {"difficulty": "demo"}}, preset="quick")
    wizard = page.wizard
    wizard.draft.set("ffn_dim", "2.5")
    await until(lambda: settled(wizard) and not wizard.checking.verdict.valid)
    check = step_of(wizard, "check")
    assert [card.text() for card in check.findChildren(QPushButton) if "Go to" in card.text()] == [
        "Go to Feed-forward width"
    ]
    check.wanted.emit("ffn_dim")
    row = wizard.pages["settings"].form.rows["ffn_dim"]
    await until(lambda: row.height() > 0 and not row.visibleRegion().isEmpty())
    assert row.field.edit.hasFocus()
    assert row.problem == "A whole number is needed."


async def test_a_damaged_file_says_so_beside_its_field(page, until, tmp_path):
    bad = tmp_path / "half.h5ad"
    bad.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 100)
    wizard = wizard_of(page, "alphastomics")
    row = step_of(wizard, "data").form.rows["data"]
    row.field.choose(str(bad))
    await until(lambda: wizard.inspecting.errors and settled(wizard) and row.problem)
    assert wizard.draft.value("data") == str(bad)
    assert not wizard.next.isEnabled()
    told = [text.text() for text in row.findChildren(QLabel) if not text.isHidden() and "damaged" in text.text()]
    assert told == [row.problem]


async def test_a_dropped_file_goes_to_the_setting_that_asks_for_its_kind(page, tissue, until):
    wizard = wizard_of(page, "alphastomics", "test")
    step = step_of(wizard, "data")
    drop(step, tissue)
    assert (wizard.draft.value("data"), wizard.draft.value("run")) == (str(tissue), None)
    drop(step, tissue.parent)
    assert wizard.draft.value("run") == str(tissue.parent)


@pytest.mark.slow
async def test_what_it_will_take_is_told_once_settings_make_sense(page, until):
    page.take(workflow="alphastomics", action="train", values={"tissue": {"difficulty": "demo"}}, preset="quick")
    wizard = page.wizard
    card = step_of(wizard, "settings").estimate
    await until(card.facts.rows, 60)
    names = [name for name, *_ in card.facts.rows()]
    assert names == ["Parameters", "Memory", "One step", "Time here"]
    asked = card._asked
    wizard.go("data")
    wizard.go("settings")
    assert card._asked == asked
    wizard.draft.set("hidden_dim", 97)
    await until(lambda: card.facts.rows() == [])
    assert "Told as soon as" in card.note.text()


def test_memory_is_judged_by_what_is_free():
    def tone(needed: float) -> str:
        rows = estimate_rows({"memory_bytes": needed, "memory_available_bytes": 10e9})
        return rows[0][2]

    assert (tone(1e9), tone(8e9), tone(9.5e9)) == ("good", "warn", "bad")


def test_what_is_trained_is_not_called_what_a_cell_uses():
    assert estimate_rows({"parameters": 9000, "trained_parameters": 200}) == [
        ("Parameters", "9,000"),
        ("Trained", "200"),
    ]
    assert estimate_rows({"parameters": 9000, "active_parameters": 200})[1] == ("Used for each cell", "200")


def test_a_device_that_is_not_ready_says_why():
    machine = {
        "chosen": {"kind": "cpu", "name": "Xeon", "reason": "An Ascend NPU was found, but torch_npu is not installed."},
        "missing": {"npu": "An Ascend NPU was found, but torch_npu is not installed."},
        "processor": "Xeon",
        "cores": 8,
        "memory_mb": 32768,
        "free_memory_mb": 16384,
        "accelerators": [{"kind": "cuda", "name": "H100", "memory_mb": 81920, "free_mb": 40960}],
    }
    assert device_words("cpu", machine) == ("Xeon, 8 cores, 16 of 32 GB memory free", True)
    assert device_words("cuda", machine) == ("H100, 40 of 80 GB memory free", True)
    assert device_words("npu", machine) == ("An Ascend NPU was found, but torch_npu is not installed.", False)


async def test_the_command_and_the_file_can_be_copied_and_saved(page, until, tmp_path, home):
    page.take(workflow="toy", action="train", values={"steps": 4}, preset="quick")
    card = step_of(page.wizard, "settings").command
    card.copy.click()
    assert QApplication.clipboard().text() == "genodesk-engine toy train \\\n  --preset quick \\\n  --steps 4"
    card.save_to(str(tmp_path / "saved"))
    document = parse_yaml((tmp_path / "saved.yaml").read_text(), "saved")
    assert (document["workflow"], document["preset"], document["steps"]) == ("toy", "quick", 4)
    page.wizard.draft.set("steps", "many")
    assert not card.copy.isEnabled()
    assert card.copy.toolTip() == "The settings do not make sense yet."


async def test_there_is_no_command_while_something_is_missing(page, until, tmp_path):
    wizard = wizard_of(page, "genechat", "train")
    card = step_of(wizard, "check").command
    await until(lambda: settled(wizard))
    assert card.trouble.text() == card.copy.toolTip() == "Not complete yet: Prepared genes"
    wizard.draft.set("difficulty", "demo")
    await until(lambda: settled(wizard))
    assert "--difficulty demo" in card.text.toPlainText()
    assert card.copy.isEnabled()
    assert card.save.isEnabled()
    card = step_of(wizard_of(page, "genechat", "fetch"), "settings").command
    assert card.trouble.text() == "Not complete yet: Organism, Write the set to"
    card = step_of(wizard_of(page, "genechat", "fetch"), "check").command
    assert not card.copy.isEnabled()
    assert not card.save.isEnabled()


async def test_the_key_that_leads_on_leads_to_what_is_missing(page, window, desk, until):
    told: list[str] = []
    desk.toasted.connect(lambda text, *_: told.append(text))
    window.activateWindow()
    await until(window.isActiveWindow)
    wizard = wizard_of(page, "alphastomics", "test")
    await until(lambda: settled(wizard))
    row = step_of(wizard, "data").form.rows["run"]
    assert (row.problem, row.field.focusProxy().property("wrong")) == ("“Model” is needed.", None)
    QTest.keyClick(wizard, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert (wizard.step, told) == ("data", ["“Model” is needed."])
    assert row.field.focusProxy().hasFocus()
    assert row.field.focusProxy().property("wrong") is True


async def test_the_demonstration_starts_at_once(page, desk, until):
    wanted: list[dict] = []
    desk.page_wanted.disconnect()
    desk.page_wanted.connect(lambda name, arguments: wanted.append(arguments))
    card = page.cards["toy"]
    card.demo.click()
    assert not card.demo.isEnabled()
    await until(lambda: wanted, 30)
    folder = Path(wanted[0]["run"])
    assert RunFolder.open(folder).settings_document()["steps"] == 10
    await until(card.demo.isEnabled)
    await until(lambda: read(folder).state == "finished", 30)


async def test_a_model_is_downloaded_by_its_wizard(page, desk, until, tmp_path):
    wanted: list[dict] = []
    desk.page_wanted.disconnect()
    desk.page_wanted.connect(lambda name, arguments: wanted.append(arguments))
    model = resource("models/genechat-demo/language_model")
    with hub_stand_in(HubStandIn({"lab/speaks": model})) as hub:
        wizard = wizard_of(page, "genechat", "download")
        form = step_of(wizard, "settings").form
        wizard.draft.set("service", hub.address)
        for name, text in {"model": "speaks", "out": str(tmp_path / "模型")}.items():
            type_into(form.rows[name].field.focusProxy(), text)
        await until(lambda: settled(wizard) and form.rows["model"].problem)
        assert "no name of a model" in form.rows["model"].problem
        type_into(form.rows["model"].field.focusProxy(), "lab/speaks")
        wizard.go("check")
        await until(lambda: settled(wizard) and wizard.next.isEnabled())
        click(wizard.next)
        await until(lambda: wanted, 30)
        await until(lambda: read(Path(wanted[0]["run"])).state == "finished", 60)
    assert (tmp_path / "模型" / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()
