"""Several runs side by side: their curves in one plot, the settings and scores in which they differ."""

import pytest
from hand_made_run import losses, make_run, write_events
from PySide6.QtWidgets import QApplication
from runs_on_screen import look_at, shown_page

from genodesk.app.plots.export import ExportPanel
from genodesk.core.events import Begin, MetricValues, Result
from genodesk.core.ids import new_run_id


@pytest.fixture
def page(desk):
    yield from shown_page(desk)


async def test_several_runs_are_drawn_together_with_the_settings_that_differ(page, until, tmp_path):
    one = make_run(losses(5), settings={"steps": 5}, place=tmp_path / "short")
    two = make_run(losses(9), settings={"steps": 9}, place=tmp_path / "long")
    for folder in (one, two):
        await look_at(page, until, folder)
    page.list.select([one.info.id, two.info.id])
    compare = page.compare
    await until(lambda: sorted(compare.curves.plot.names()) == ["long", "short"])
    assert len(compare.curves.plot.points("long")[0]) == 9
    table = compare.table.table
    cells = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]
    names = [table.horizontalHeaderItem(column).text() for column in range(3)]
    assert [dict(zip(names, row, strict=True)) for row in cells] == [{"Setting": "Steps", "short": "5", "long": "9"}]
    page.list.select([one.info.id])
    await until(lambda: page.panel.record.folder.path == one.path)


async def test_the_number_most_runs_have_comes_first_and_those_without_another_are_named(page, until, tmp_path):
    one = make_run([*losses(5), *losses(5, "validation")], place=tmp_path / "with")
    two = make_run(losses(9), place=tmp_path / "without")
    curves = await compare(page, until, one, two)
    await until(lambda: sorted(curves.drawn()) == ["with", "without"])
    assert [curves.numbers.itemText(i) for i in range(2)] == ["Loss · train", "Loss · validation"]
    assert not page.compare.without.isVisible()
    choose(curves, 1)
    assert curves.drawn() == ["with"]
    assert page.compare.without.text() == "Without this number: without"


async def test_a_replaced_run_is_drawn_anew_among_the_others(page, until, tmp_path):
    one, two = (make_run(losses(n), place=tmp_path / f"run {n}") for n in (5, 9))
    curves = await compare(page, until, one, two)
    await until(lambda: len(curves.drawn()) == 2)
    one.events.unlink()
    write_events(one, [Begin(run=one.info.id, generation=new_run_id()), MetricValues(step=3, values={"loss": 7.0})])
    await until(lambda: len(curves.drawn()) == 2 and list(curves.plot.points("run 5")[1]) == [7.0])
    assert len(curves.plot.points("run 9")[0]) == 9


async def test_a_run_that_can_no_longer_be_read_is_told_of_once(page, until, tmp_path):
    one, two = (make_run(losses(n), place=tmp_path / f"run {n}") for n in (5, 9))
    for folder in (one, two):
        await look_at(page, until, folder)
    known = {status.id: status for status in page.desk.runs.runs}
    (two.path / "run.json").write_text("{")
    page.list.select([one.info.id, two.info.id])
    for _ in range(3):
        page.compare.show_runs([known[run_id] for run_id in page.list.selected()])
    assert page.said == ["run.json in this folder cannot be read."]
    assert page.compare.names() == ["run 5"]


async def test_scores_of_a_run_that_ends_meanwhile_appear(page, until, tmp_path):
    one, two = (make_run(losses(5), place=tmp_path / name) for name in ("a", "b"))
    await compare(page, until, one, two)
    table = page.compare.table
    table.which.chip("scores").click()
    assert ("Best Loss", ["0.400", "0.400"]) in table.rows()
    two.result_file.write_text('{"metrics": {"loss": 0.125}}')
    write_events(two, [Result(path="result.json")])
    await until(lambda: table.table.rowCount() == 3)
    title, cells = table.rows()[-1]
    assert (title, dict(zip(page.compare.names(), cells, strict=True))) == ("Loss", {"a": "–", "b": "0.125"})


async def test_exported_curves_bear_the_methods_of_the_runs_they_show(page, until, tmp_path):
    one, two = (make_run(losses(n), place=tmp_path / f"run {n}", settings={"steps": n}) for n in (5, 9))
    curves = await compare(page, until, one, two)
    await until(lambda: len(curves.drawn()) == 2)
    curves.export.click()
    (panel,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, ExportPanel) and one.isVisible()]
    await until(panel.methods.text, seconds=30)
    assert panel.methods.text().count("Genodesk") == 2
    panel.close()


async def compare(page, until, *folders):
    """Selects runs and returns the card of their curves."""
    for folder in folders:
        await page.desk.runs.add(folder.path)
    await until(lambda: all(page.desk.runs.find(folder.path) for folder in folders))
    page.list.select([folder.info.id for folder in folders])
    return page.compare.curves


def choose(curves, row):
    curves.numbers.setCurrentIndex(row)
    curves.numbers.activated.emit(row)
