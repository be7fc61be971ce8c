"""A form shows every setting with its sentence, takes what a person types, and never loses or bends it."""

from pathlib import Path
from typing import Literal

import pytest
from by_hand import drop
from left_behind import clear_deferred
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.field import Field, NumberField, number_of, range_text
from genodesk.app.forms.files import FileField, FilesField, PathField, RunField
from genodesk.app.forms.form import Form
from genodesk.app.forms.row import FormRow, field_for, value_words
from genodesk.core.errors import UserError
from genodesk.core.layers import Layer
from genodesk.core.settings import FileKind, Settings, group, leaves, setting
from genodesk.core.workflow import Action, Workflow


class Inner(Settings):
    rate: float = setting(0.5, title="Rate", gt=0, le=1, unit="per s", help="How fast.")
    steps: int = setting(600, title="Steps", ge=1, le=10_000, help="How many.")
    limit: int | None = setting(None, title="Limit", ge=0, help="At most.")
    deep: bool = setting(False, title="Deep", advanced=True, help="Whether.")


class Every(Settings):
    data: Path | None = setting(None, title="File", file=FileKind((".h5ad",)), help="What to read.")
    more: tuple[Path, ...] = setting((), title="More", file=FileKind((".txt",)), help="What else to read.")
    run: Path | None = setting(None, title="Model", file=FileKind(role="run", folder=True), help="Which model.")
    kind: Literal["round", "square"] | None = setting(
        None, title="Kind", help="Which one.", choice_titles={"round": "like a ball"}
    )
    way: Literal["short", "long"] | None = setting(
        None, title="Way", help="Which way.", choice_titles={"": "the better one"}
    )
    forms: tuple[Literal["h5ad", "csv"], ...] = setting(("csv",), title="Forms", help="Which forms.")
    words: tuple[str, ...] = setting((), title="Words", help="Some words.")
    numbers: tuple[float, ...] = setting((1.0,), title="Numbers", help="Some numbers.")
    column: str = setting("cell", title="Column", offers="columns", help="Which column.")
    chosen: tuple[str, ...] = setting((), title="Chosen", offers="categories:column", help="Which classes.")
    inner: Inner = group(Inner, title="Inner")


QUICK = {"inner": {"steps": 10, "rate": 0.1}}
ACTION = Action("try", "Try", "Tries.", Every, "m:f", presets={"quick": QUICK, "limited": {"inner": {"limit": 9}}})
WORKFLOW = Workflow("odd", "Odd", "Odd.", (ACTION,))
LEAVES = {leaf.name: leaf for leaf in leaves(Every)}


@pytest.fixture
def draft(loop):
    return Draft(WORKFLOW, ACTION)


@pytest.fixture
def put(loop):
    """Gives a widget a place in a window that is cleared away at the end."""
    window = QWidget()

    def put(widget):
        widget.setParent(window)
        return widget

    yield put
    window.deleteLater()
    clear_deferred()


def type_into(edit, text: str) -> None:
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClicks(edit, text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1e-3", 0.001), ("1,000", 1000), (".5", 0.5), ("-2", -2), ("1e", None), ("0,5", None), ("nan", None), ("", None)],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert number_of(text, None) == number


@pytest.mark.parametrize(
    ("name", "text", "value", "complaint"),
    [
        ("steps", "1e3", 1000, ""),
        ("steps", "2.5", "2.5", "A whole number is needed."),
        ("steps", "twelve", "twelve", "“twelve” is not a number."),
        ("steps", "0", 0, "Allowed: 1 – 10,000."),
        ("steps", "", "", "A number is needed."),
        ("rate", "0,5", "0,5", "Write decimals with a point: 0.5"),
        ("rate", "0", 0, "Allowed: above 0, at most 1."),
        ("limit", "", None, ""),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_in_place_and_stays(draft, name, text, value, complaint, put):
    row = put(FormRow(draft, LEAVES[name]))
    assert isinstance(row.field, NumberField)
    type_into(row.field.edit, text)
    assert draft.value(name) == value
    assert row.problem == complaint
    again = put(FormRow(draft, LEAVES[name]))
    assert again.field.edit.text() == ("1000" if text == "1e3" else text)
    assert again.problem == complaint


def test_no_field_lacks_what_every_field_can_do():
    for field in {*Field.__subclasses__(), *PathField.__subclasses__()} - {PathField}:
        missing = [name for name in dir(field) if getattr(getattr(field, name), "__isabstractmethod__", False)]
        assert not missing, field


def test_every_kind_of_setting_has_a_field_that_keeps_its_value(put):
    values = {
        "data": "/a/b.h5ad",
        "more": ["/a.txt", "/b.txt"],
        "run": "/runs/one",
        "kind": "square",
        "way": "long",
        "forms": ["h5ad"],
        "words": ["one", "two words"],
        "numbers": [1, 0.25],
        "column": "anything",
        "chosen": ["x", "y"],
        "rate": 1e-05,
        "steps": 7,
        "limit": None,
        "deep": True,
    }
    for name, value in values.items():
        field = put(field_for(LEAVES[name]))
        field.set_value(value)
        assert field.value() == value, name
        assert field.complaint() == "", name
        assert field.focusProxy().accessibleName() == LEAVES[name].title, name
        assert field.focusProxy().focusPolicy() & Qt.FocusPolicy.TabFocus, name


def test_a_choice_is_shown_in_its_plain_words(put):
    field = put(field_for(LEAVES["kind"]))
    assert [field.box.itemText(row) for row in range(field.box.count())] == ["none", "like a ball", "square"]


def test_an_empty_choice_may_have_its_own_words(put):
    way = LEAVES["way"]
    field = put(field_for(way))
    assert [field.box.itemText(row) for row in range(field.box.count())] == ["the better one", "short", "long"]
    assert field.value() is None
    assert [value_words(way, None), value_words(LEAVES["kind"], None)] == ["the better one", "none"]


def test_names_from_the_data_are_offered_and_others_can_be_typed(draft, put):
    row = put(FormRow(draft, LEAVES["column"]))
    row.field.set_offers(["slice", "cell_type"])
    assert row.field.value() == "cell"
    assert [row.field.box.itemText(place) for place in range(row.field.box.count())] == ["slice", "cell_type"]
    row.field.box.setCurrentIndex(1)
    row.field.box.activated.emit(1)
    assert draft.value("column") == "cell_type"
    type_into(row.field.box.lineEdit(), "other")
    assert draft.value("column") == "other"


def test_classes_are_ticked_where_they_are_known(draft, put):
    row = put(FormRow(draft, LEAVES["chosen"]))
    type_into(row.field.focusProxy(), "s1, s9")
    assert draft.value("chosen") == ["s1", "s9"]
    row.field.set_offers(["s1", "s2"])
    ticks = row.field.focusProxy()
    assert [ticks.item(place).text() for place in range(ticks.count())] == ["s1", "s2", "s9"]
    ticks.item(1).setCheckState(Qt.CheckState.Checked)
    ticks.item(2).setCheckState(Qt.CheckState.Unchecked)
    assert draft.value("chosen") == ["s1", "s2"]


def test_a_file_that_is_dropped_on_its_field_is_chosen(draft, tmp_path, put):
    row = put(FormRow(draft, LEAVES["data"]))
    assert isinstance(row.field, FileField)
    path = tmp_path / "测试 data.h5ad"
    drop(row.field, path)
    assert draft.value("data") == str(path)


def test_recent_files_of_the_right_kind_are_offered(draft, tmp_path, put):
    row = put(FormRow(draft, LEAVES["data"], lambda: [tmp_path / "a.h5ad", tmp_path / "b.csv"]))
    menu = row.field.browse.menu()
    menu.fill()
    assert [entry.text() for entry in menu.actions() if entry.text()] == ["A file…", "A folder…", "a.h5ad"]
    menu.actions()[-1].trigger()
    assert draft.value("data") == str(tmp_path / "a.h5ad")


def test_several_files_are_added_and_removed(draft, put):
    field = put(FormRow(draft, LEAVES["more"])).field
    assert isinstance(field, FilesField)
    for path in ("/a.txt", "/b.txt", "/a.txt"):
        field.choose(path)
    assert field.value() == ["/a.txt", "/b.txt"]
    field.list.setCurrentRow(0)
    field.remove()
    assert field.value() == ["/b.txt"]


def test_finished_runs_are_offered_by_name_and_a_folder_can_be_chosen(draft, put):
    row = put(FormRow(draft, LEAVES["run"]))
    assert isinstance(row.field, RunField)
    row.field.set_runs([("AlphaSTomics · Train · 14:03", "/runs/one")])
    assert row.field.value() is None
    row.field.box.setCurrentIndex(0)
    row.field.box.activated.emit(0)
    assert draft.value("run") == "/runs/one"
    row.field.choose("/elsewhere")
    row.field.set_runs([("AlphaSTomics · Train · 14:05", "/runs/two")])
    assert draft.value("run") == row.field.value() == "/elsewhere"


def test_a_change_of_preset_keeps_what_was_chosen_by_hand_and_offers_the_way_back(draft, put):
    form = put(Form(draft, [LEAVES["rate"], LEAVES["steps"]]))
    form.build()
    rows = form.rows
    type_into(rows["rate"].field.edit, "0.3")
    assert not rows["rate"].back.isHidden()
    draft.set_preset("quick")
    assert (draft.value("rate"), draft.value("steps")) == (0.3, 10)
    assert draft.changed_names == ["rate"]
    assert rows["steps"].back.isHidden()
    assert "0.1 per s" in rows["rate"].back.toolTip()
    rows["rate"].back.click()
    assert draft.value("rate") == 0.1
    assert rows["rate"].field.edit.text() == "0.1"
    assert draft.changed_names == []


def test_a_draft_comes_back_as_it_was_and_leaves_out_what_no_longer_exists(draft):
    draft.set_preset("quick")
    draft.set("steps", "12x")
    draft.set("words", ["a"])
    state = draft.state()
    state["values"]["gone"] = 1
    again = Draft(WORKFLOW, ACTION)
    again.restore(state)
    assert (again.preset, again.value("steps"), again.value("words")) == ("quick", "12x", ["a"])
    assert again.nested() == {"words": ["a"], "inner": {"steps": "12x"}}
    with pytest.raises(UserError, match="--steps"):
        again.settings()


def test_values_on_top_keep_the_rest_and_values_with_a_preset_replace_it(draft, tmp_path):
    draft.set("steps", 5)
    draft.fill(Layer({"data": "in.h5ad"}, "file", tmp_path))
    assert (draft.value("steps"), draft.value("data")) == (5, str(tmp_path / "in.h5ad"))
    draft.fill(Layer({"inner": {"rate": 0.2}}), "quick")
    assert draft.nested() == {"inner": {"rate": 0.2}}
    with pytest.raises(UserError, match="no setting called setps"):
        draft.fill(Layer({"inner": {"setps": 1}}, "file"))
    assert draft.nested() == {"inner": {"rate": 0.2}}


async def test_the_fold_tells_what_is_in_it_and_opens_for_what_needs_attention(draft, until, put):
    form = put(Form(draft, list(LEAVES.values())))
    assert form.fold.text() == "▸ Advanced (1)"
    assert "deep" not in form.rows
    draft.set("deep", True)
    form.show_problems({"deep": ("Too deep.", "bad")})
    assert form.fold.text() == "▸ Advanced (1) · 1 changed · 1 to mend"
    form.fold.click()
    await until(lambda: "deep" in form.rows)
    assert form.rows["deep"].problem == "Too deep."


def test_the_way_back_works_from_an_emptied_field(draft, put):
    draft.set_preset("limited")
    form = put(Form(draft, [LEAVES["limit"]]))
    form.build()
    row = form.rows["limit"]
    type_into(row.field.edit, "")
    assert draft.value("limit") is None
    row.back.click()
    assert (draft.value("limit"), row.field.edit.text()) == (9, "9")


def test_starting_over_forgets_everything_but_what_is_always_preferred(loop):
    draft = Draft(WORKFLOW, ACTION, preferred={"kind": "round"})
    assert not draft.is_touched
    draft.set_preset("quick")
    draft.set("kind", "square")
    draft.set("steps", 5)
    draft.run_name = "a walk"
    draft.fitted_to = "/in.h5ad"
    draft.reset_all()
    assert (draft.preset, draft.nested(), draft.run_name, draft.fitted_to) == ("standard", {"kind": "round"}, "", "")
    assert not draft.is_touched
    draft.fill(Layer({"inner": {"rate": 0.2}}), "quick")
    assert draft.nested() == {"kind": "round", "inner": {"rate": 0.2}}


def test_what_is_being_typed_or_chosen_is_left_alone_while_the_same_things_are_offered_again(draft, put):
    form = put(Form(draft, [LEAVES["column"], LEAVES["chosen"]]))
    form.build()
    column, classes = form.rows.values()
    column.field.set_offers(["slice", "cell_type"])
    column.field.box.lineEdit().setCursorPosition(2)
    column.field.set_offers(["slice", "cell_type"])
    assert column.field.box.lineEdit().cursorPosition() == 2
    classes.field.set_offers(["s1", "s2"])
    ticks = classes.field.focusProxy()
    ticks.setCurrentRow(1)
    QTest.keyClick(ticks, Qt.Key.Key_Space)
    classes.field.set_offers(["s1", "s2"])
    assert (draft.value("chosen"), ticks.currentRow()) == (["s2"], 1)
    draft.set("chosen", ["s9"])
    assert classes.field.value() == ["s9"]


def test_a_single_value_in_the_place_of_several_is_shown_as_it_is(draft, put):
    draft.fill(Layer({"words": 3, "more": "/a.txt", "forms": "csv", "chosen": 7}, "file"))
    form = put(Form(draft, [LEAVES[name] for name in ("words", "more", "forms", "chosen")]))
    form.build()
    shown = {name: row.field.value() for name, row in form.rows.items()}
    assert shown == {"words": ["3"], "more": ["/a.txt"], "forms": ["csv"], "chosen": ["7"]}
    assert draft.value("words") == 3


def test_the_home_of_nobody_is_no_fault(draft, put):
    row = put(FormRow(draft, LEAVES["data"]))
    type_into(row.field.edit, "~nobody-of-that-name/in.h5ad")
    assert draft.value("data") == "~nobody-of-that-name/in.h5ad"
    type_into(row.field.edit, "~/in.h5ad")
    assert draft.value("data") == str(Path.home() / "in.h5ad")


def test_a_problem_is_heard_as_well_as_seen(draft, put):
    row = put(FormRow(draft, LEAVES["steps"]))
    assert row.field.edit.accessibleDescription() == "How many."
    type_into(row.field.edit, "twelve")
    assert row.field.edit.accessibleDescription() == "“twelve” is not a number. How many."


def test_what_is_below_stays_where_it_is_when_a_problem_is_gone(draft, put):
    row = put(FormRow(draft, LEAVES["steps"]))
    row.tell("Steps are needed.")
    height = row.sizeHint().height()
    row.tell("")
    assert row.problem == ""
    assert row.sizeHint().height() == height


def test_words_have_the_whole_width_of_a_field(draft, put):
    row = put(FormRow(draft, LEAVES["words"]))
    row.resize(700, row.sizeHint().height())
    assert row.field.focusProxy().width() > 0.9 * row.field.width()
    assert row.field.focusProxy().fontMetrics().horizontalAdvance("Saccharomyces cerevisiae") < 0.9 * row.field.width()


def test_the_range_is_told_in_words():
    assert range_text(LEAVES["steps"]) == "1 – 10,000"
    assert range_text(LEAVES["limit"]) == "at least 0"
    assert range_text(LEAVES["column"]) == ""
