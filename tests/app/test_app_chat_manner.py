"""How answers are made is chosen in a sheet, holds for the next answers and comes back after a restart."""

import pytest
from by_hand import click, found, type_into
from chats import StandIn, answered, open_demonstration, open_stand_in
from PySide6.QtCore import QCoreApplication, QEvent

from genodesk.app.pages.chat.manner import MannerSheet, kept_manner
from genodesk.app.pages.chat.talking import FREELY


def opened(page):
    """The sheet, with the keyboard in its first field."""
    click(page, "Answer settings")
    sheet = page.findChild(MannerSheet)
    assert sheet.focusWidget() is sheet.form.rows["temperature"].field.focusProxy()
    return sheet


def closed(page):
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return page.findChild(MannerSheet) is None


def write(sheet, name, text):
    type_into(sheet.form.rows[name].field.focusProxy(), text)


async def test_what_is_chosen_holds_for_the_next_answers(window, until, tmp_path):
    worker = StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)
    assert (worker.questions[-1]["speaking"], worker.questions[-1]["seed"]) == ({}, 0)

    sheet = opened(page)
    assert set(sheet.form.rows) == {"temperature", "top_p", "repetition_penalty", "most_tokens", "seed"}
    assert sheet.usual.toolTip() == "Everything is as usual."
    write(sheet, "temperature", "0.3")
    write(sheet, "most_tokens", "40")
    write(sheet, "seed", "7")
    click(sheet, "Use them")
    assert closed(page)
    assert found(page, "Answer settings").text() == "Answer settings (changed)…"
    page.talking.ask("Where does it work?")
    await answered(page, until)
    assert worker.questions[-1]["speaking"] == {"temperature": 0.3, "most_tokens": 40}
    assert worker.questions[-1]["seed"] == 7

    page.talking.again(1)
    await answered(page, until)
    assert worker.questions[-1]["speaking"] == {"temperature": FREELY, "most_tokens": 40}
    assert worker.questions[-1]["seed"] == 8
    page.talking.again(1)
    await answered(page, until)
    assert worker.questions[-1]["seed"] == 9
    page.talking.ask("And when?")
    await answered(page, until)
    assert worker.questions[-1]["seed"] == 7, "each question begins with the seed of the sheet"
    page.begin()
    page.talking.ask("And in another conversation?")
    await answered(page, until)
    assert (worker.questions[-1]["seed"], worker.questions[-1]["speaking"]["temperature"]) == (7, 0.3)

    sheet = opened(page)
    click(sheet, "Back to usual")
    click(sheet, "Use them")
    page.talking.ask("Why?")
    await answered(page, until)
    assert (worker.questions[-1]["speaking"], worker.questions[-1]["seed"]) == ({}, 0)
    assert found(page, "Answer settings").text() == "Answer settings…"


async def test_nothing_changes_by_a_number_out_of_range_or_by_cancelling(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    sheet = opened(page)
    for name, text, told in (("temperature", "9", "Allowed: 0 – 5."), ("most_tokens", "few", "“few” is not a number.")):
        write(sheet, name, text)
        assert sheet.form.rows[name].problem == told
        assert not sheet.done_button.isEnabled()
        assert sheet.done_button.toolTip()
    click(sheet, "Back to usual")
    assert sheet.done_button.isEnabled()
    write(sheet, "temperature", "1")
    click(sheet, "Cancel")
    assert closed(page)
    assert page.talking.manner == {}


async def test_it_comes_back_after_a_restart(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    page.talking.set_manner({"temperature": 1.2, "seed": 3})
    kept = page.state()
    page.talking.set_manner({})
    page.restore(kept)
    assert page.talking.manner == {"temperature": 1.2, "seed": 3}
    sheet = opened(page)
    assert sheet.form.rows["temperature"].field.value() == 1.2
    click(sheet, "Cancel")


def test_what_no_longer_makes_sense_is_left_out(loop):
    assert kept_manner({"temperature": 99, "top_p": 0.5, "fasta": "/a", "voice": "deep"}) == {"top_p": 0.5}
    assert kept_manner(None) == kept_manner(["temperature"]) == {}
    for value in ({"a": 1}, "7", True, 3.0, [7], None):
        assert kept_manner({"seed": value, "top_p": 0.5}) == {"top_p": 0.5}


@pytest.mark.slow
async def test_the_model_does_as_it_is_told(window, until):
    page = await open_demonstration(window, until)
    page.subject.begin()
    page.talking.set_manner({"most_tokens": 3})
    page.talking.ask("What does this gene do?")
    turn = await answered(page, until)
    assert turn.document["ending"] == "length"
    assert turn.document["provenance"]["settings"]["most_tokens"] == 3
