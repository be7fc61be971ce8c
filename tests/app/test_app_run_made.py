"""A run that trains nothing tells what it does and what it made; nothing on its first page reads as a failure."""

import pytest
from by_hand import click, found
from hand_made_run import draw, losses, make_run, move_elsewhere, write_events
from on_screen import all_text
from runs_on_screen import look_at, shown_page

from genodesk.app.pages.runs.made import made_of, without_repeats
from genodesk.core.events import Log, Progress, Warned
from genodesk.core.settings import leaves
from genodesk.core.workflow import get_workflow

DEVICE = Log(text="Computing on AMD EPYC (cpu). No GPU or NPU was found.")
AGAIN = "The hub cannot be reached; asking again in {s} s."


@pytest.fixture
def page(desk):
    yield from shown_page(desk)


def prepared(tmp_path, events=(), **values):
    """A run of an action that writes a file."""
    needed = {leaf.name for leaf in leaves(get_workflow("genechat").action("download").settings) if leaf.required}
    assert needed <= {"model", "out"}
    settings = {"model": "lab/model", "out": str(tmp_path / "made here")}
    return make_run(events, workflow="genechat", action="download", settings=settings, **values)


async def test_what_was_made_stands_on_the_first_page_with_the_ways_to_it(page, until, tmp_path):
    made = tmp_path / "yeast 数据.h5ad"
    made.write_text("")
    result = {"file": str(made), "samples": 60, "regions": 2956, "pairs": {"train": 236, "test": 29}}
    notice = Warned(message="2 of 60 samples have no row.")
    folder = prepared(tmp_path, [DEVICE, notice], result=result)
    overview = (await look_at(page, until, folder)).parts["overview"]
    await until(lambda: "yeast 数据.h5ad" in all_text(overview))
    assert overview.made.isVisible()
    assert not overview.loss.isVisible()
    assert not overview.scores.isVisible()
    assert "left no" not in all_text(overview)
    assert overview.made.card.heading.text() == "What it made"
    assert ("Samples", "60") in overview.made.facts.rows()
    assert ("Regions", "2,956") in overview.made.facts.rows()
    assert ("Pairs", "train 236, test 29") in overview.made.facts.rows()
    assert overview.made.notes.text() == "2 of 60 samples have no row."
    click(overview, "Open yeast")
    assert page.wanted == [("data", {"path": str(made)})]


async def test_figures_and_tables_are_one_click_away_and_what_is_gone_is_not_offered(page, until, tmp_path):
    folder = prepared(tmp_path, result={"file": str(tmp_path / "gone.h5ad"), "files": ["tables/rows.csv"]})
    write_events(folder, [draw(folder, None)])
    folder.tables.mkdir()
    (folder.tables / "rows.csv").write_text("a\n1\n")
    panel = await look_at(page, until, folder)
    overview = panel.parts["overview"]
    await until(lambda: "gone.h5ad" in all_text(overview))
    assert not found(overview, "Open gone.h5ad").isEnabled()
    assert found(overview, "Open gone.h5ad").toolTip() == "It is not there any more."
    click(overview, "1 table")
    assert panel.tab() == "table"
    panel.show_tab("overview")
    click(overview, "1 figure")
    assert panel.tab() == "figures"


async def test_scores_of_a_run_that_trains_nothing_stand_beside_what_it_made(page, until, tmp_path):
    result = {"metrics": {"loss": 0.5}, "genes": 29, "warnings": ["It flatters."], "model_hash": "ab" * 32}
    folder = prepared(tmp_path, [Warned(message="It flatters.")], result=result)
    overview = (await look_at(page, until, folder)).parts["overview"]
    assert overview.scores.isVisible()
    assert not overview.loss.isVisible()
    assert overview.made.facts.rows() == [("Genes", "29")]
    assert all_text(overview).count("It flatters.") == 1


async def test_while_it_goes_its_progress_and_its_newest_words_are_in_sight(page, until, tmp_path):
    going = [DEVICE, Progress(done=3, total=9, unit="MB", text="model.safetensors"), Warned(message=AGAIN.format(s=16))]
    folder = prepared(tmp_path, going, state="running")
    move_elsewhere(folder, "gpu-node-07")
    panel = await look_at(page, until, folder)
    overview = panel.parts["overview"]
    told = all_text(overview)
    assert overview.made.said.text() == "model.safetensors · 3 of 9 MB"
    assert AGAIN.format(s=16) in overview.made.notes.text()
    assert "first numbers" not in told
    assert "curves begin" not in told
    assert panel.header.said.isVisible()
    assert panel.header.said.text() == AGAIN.format(s=16)
    assert panel.header.said.property("tone") == "warn"


async def test_a_training_that_counts_its_steps_says_no_more_than_these(page, until):
    folder = make_run([*losses(3), Log(text="Fitting baselines."), Progress(done=3, total=9)], state="running")
    move_elsewhere(folder, "gpu-node-07")
    panel = await look_at(page, until, folder)
    assert not panel.header.said.isVisible()
    write_events(folder, [Progress(done=9, total=9)])
    await until(panel.header.said.isVisible)
    assert panel.header.said.text() == "Fitting baselines."


async def test_one_that_failed_says_why_and_nothing_else(page, until, tmp_path):
    overview = (await look_at(page, until, prepared(tmp_path, state="failed", cause="error"))).parts["overview"]
    assert overview.failure.isVisible()
    assert not any(card.isVisible() for card in (overview.made, overview.loss, overview.scores))


def test_a_result_is_told_in_counts_and_sentences_without_what_only_programs_read(tmp_path):
    result = {
        "folder": "/models/esm",
        "commit": "0f" * 20,
        "bytes": 26_000_000,
        "converted": True,
        "dropped": ["a", "b"],
        "groups": {str(n): n for n in range(9)},
        "notices": ["Genes are few."],
        "files": ["tables/a.csv", "cells.h5ad"],
    }
    made = made_of(result, tmp_path)
    assert [str(place) for place in made.places] == ["/models/esm", str(tmp_path / "cells.h5ad")]
    assert made.facts == (("Bytes", "26.0 MB"), ("Converted", "yes"), ("Dropped", "2"))
    assert made.sentences == ("Genes are few.",)


def test_attempts_that_only_count_on_are_told_once():
    assert without_repeats([AGAIN.format(s=1.0), "Other.", AGAIN.format(s=32.0)]) == [AGAIN.format(s=32.0), "Other."]
