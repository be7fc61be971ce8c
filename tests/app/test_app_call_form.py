"""What leaves no run: a form of its settings, one button, what it made in a sentence, and the way to the file."""

import pytest
from by_hand import click, found, type_into
from on_screen import all_text
from wizards import settled, train_page

from genodesk.app.pages.train.call_answer import listed, openable, sentence
from genodesk.app.pages.train.call_form import CallForm
from genodesk.app.pages.train.workflow_cards import actions_here
from genodesk.core.workflow import get_workflow, workflow_names


@pytest.fixture
def form_of(window):
    """The form of an action, as its card opens it, with all rows."""

    def form_of(workflow: str, action: str):
        page = train_page(window)
        click(page.cards[workflow].others[action])
        page.wizard.form.build()
        return page.wizard

    return form_of


def done(form) -> bool:
    return form.answer.isVisible() or form.trouble.isVisible()


def test_every_action_that_has_no_page_of_its_own_stands_on_a_card(window):
    cards = train_page(window).cards
    for name in workflow_names():
        workflow = get_workflow(name)
        reached = {action.name for action in actions_here(workflow)}
        assert {action.name for action in workflow.actions} - reached <= set(workflow.answers), name
        assert len(cards[name].others) == len(reached) - 1


async def test_made_up_yeast_is_written_and_opened_without_a_terminal(form_of, window, wanted, until, tmp_path):
    form = form_of("get-yeast", "demo-data")
    out = tmp_path / "测试 made" / "my yeast.h5ad"
    await until(lambda: form.go_on.toolTip() == "“File” is needed.")
    rows = form.form.rows
    for name, value in {"genes": 32, "number_of_conditions": 4}.items():
        type_into(rows[name].field.edit, value)
    rows["out"].field.choose(str(out))
    await until(lambda: "There is no folder" in rows["out"].problem)
    assert not form.go_on.isEnabled()
    out.parent.mkdir()
    form.checking.check()
    await until(form.go_on.isEnabled)
    click(form.go_on)
    assert (form.cancel.isEnabled(), form.go_on.toolTip()) == (False, "It is at work.")
    await until(lambda: done(form), seconds=50)
    assert form.trouble.text() == ""
    assert form.answer.said.text() == "my yeast.h5ad was written: 4 samples, 32 regions, 40 motifs."
    click(form.answer, "Open")
    assert wanted[-1] == ("data", {"path": str(out)})
    await until(lambda: "Replaces my yeast.h5ad" in rows["out"].problem)
    assert form.cancel.isEnabled()


@pytest.mark.slow
async def test_the_form_of_every_yeast_action_opens_and_is_checked(window, until):
    page = train_page(window)
    for action in get_workflow("get-yeast").actions:
        page.open_action("get-yeast", action.name)
        assert isinstance(page.wizard, CallForm) == (action.kind == "call")
        if action.kind == "call":
            await until(lambda: page.wizard.checking.verdict is not None, seconds=30)
        else:
            await until(lambda: settled(page.wizard), seconds=30)
        told = page.wizard.checking.verdict.problems
        assert "inside Genodesk" not in str(told), action.name
        assert f"{action.title} · GET yeast" in all_text(page.wizard)


async def test_an_answer_without_a_file_is_told_and_the_settings_come_back(form_of, window, until):
    form = form_of("toy", "add")
    type_into(form.form.rows["numbers"].field.edit, "4, 5")
    await until(form.go_on.isEnabled)
    assert "genodesk-engine toy add \\\n  --numbers 4" in form.command.text.toPlainText()
    click(form.go_on)
    await until(lambda: done(form), seconds=30)
    assert form.answer.facts.rows() == [("Sum", "9")]
    click(form.cancel)
    page = train_page(window)
    assert page.wizard is None
    click(page.cards["toy"].others["add"])
    assert page.wizard.draft.value("numbers") == [4.0, 5.0]
    assert page.wizard.taken_up.isVisible()


async def test_what_cannot_be_done_says_why_and_may_be_tried_again(form_of, window, until, monkeypatch):
    form = form_of("toy", "add")
    await until(form.go_on.isEnabled)

    async def refuses(words, stdin=""):
        return 2, '{"error": {"message": "It is too large.", "hint": "Try --numbers 1.", "where": "--numbers"}}', ""

    monkeypatch.setattr(window.desk.engine, "command", refuses)
    click(form.go_on)
    await until(lambda: done(form))
    assert form.trouble.text() == "Numbers: It is too large. Try “Numbers” 1."
    assert form.go_on.isEnabled()


async def test_what_is_at_work_can_be_stopped_and_is_not_left_before(form_of, window, until, tmp_path):
    form = form_of("toy", "add")
    page, settings = train_page(window), tmp_path / "other.yaml"
    settings.write_text("workflow: toy\naction: train\n")
    await until(form.go_on.isEnabled)
    click(form.go_on)
    for asked in ({"workflow": "toy", "action": "add", "values": {"numbers": [7]}}, {"settings_file": str(settings)}):
        window.desk.go("train", **asked)
        assert page.wizard is form
        assert window.toasts.shown[-1].text == "It is at work. Stop it first, or wait for its end."
    assert (form.draft.value("numbers"), form.bar.isVisible()) == ([1.0, 2.0], True)
    click(found(form, "Stop"))
    assert (form.go_on.isEnabled(), form.bar.isVisible()) == (True, False)


async def test_what_ended_without_an_answer_is_written_down(form_of, window, until, monkeypatch, caplog):
    form = form_of("toy", "add")
    await until(form.go_on.isEnabled)

    async def dies(words, stdin=""):
        return 137, "", "Killed"

    monkeypatch.setattr(window.desk.engine, "command", dies)
    click(form.go_on)
    await until(lambda: done(form))
    assert form.trouble.text() == "It ended without an answer. Try again; the desk's log may tell more."
    assert "toy add ended with 137: Killed" in caplog.text


async def test_the_disk_is_asked_what_would_be_replaced_only_with_a_check(form_of, until, monkeypatch, tmp_path):
    form = form_of("get-yeast", "demo-data")
    out = form.form.rows["out"]
    there, other, asked = tmp_path / "a.h5ad", tmp_path / "b.h5ad", []
    monkeypatch.setattr(
        "genodesk.app.pages.train.call_form.os.path.exists", lambda path: asked.append(path) or path == there
    )
    out.field.choose(str(there))
    await until(lambda: "would be replaced" in out.problem)
    asked.clear()
    form.draft.set("genes", 33)
    assert "would be replaced" in out.problem
    form.draft.set("out", str(other))
    assert "would be replaced" not in out.problem
    assert asked == []
    await until(lambda: other in asked)


def test_what_was_made_is_told_plainly(tmp_path):
    out = tmp_path / "genes"
    out.mkdir()
    (out / "genes.fasta").touch()
    answer = {"folder": str(out), "fasta": str(out / "genes.fasta"), "genes": 600, "pairs": {"train": 1200, "test": 90}}
    assert sentence(answer, [out]) == "genes was written: 600 genes."
    assert listed(answer) == [("Pairs", "train 1,200, test 90")]
    assert openable(answer, [out]) == [out / "genes.fasta"]
    assert sentence({}, [out, out / "a.csv"]) == "genes was written. a.csv was written."
    assert sentence({"genes": 6}, [out, out / "a.csv"]) == "genes was written. a.csv was written. Done: 6 genes."
    assert sentence({"genes": 6}, []) == "Done: 6 genes."
    rows = {"configurations": [{"name": "small", "parameters": 1200, "step_ms": 0.5}]}
    assert sentence(rows, []) == "Done."
    assert listed(rows) == [("small", "parameters 1,200 · step ms 0.5")]
