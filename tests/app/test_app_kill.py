"""Processes die: the desk loses no run and no event, and a desk whose reader of files died reads on."""

import json
import subprocess
import sys
from pathlib import Path

import psutil

from genodesk.core.events import EventReader, MetricValues

STEPS = 120


def points(folder):
    return [event.step for event in EventReader(folder.events) if isinstance(event, MetricValues)]


async def killed_desk(home: Path, folder: Path, until) -> None:
    """A desk of its own that has been showing the run, killed with -9."""
    desk = subprocess.Popen([sys.executable, "-m", "genodesk.app.main", str(folder)])
    try:
        remembered = home / "desk.json"
        await until(lambda: remembered.exists() and json.loads(remembered.read_text()).get("page") == "runs")
    finally:
        desk.kill()
        desk.wait()


async def test_a_killed_desk_loses_no_run_and_no_event(toy, home, until, request):
    run = toy.start(steps=STEPS, step_seconds=0.03)
    await killed_desk(home, run.path, until)
    at_death = points(run)[-1:] or [0]
    assert toy.supervisor(run).is_running()

    window = request.getfixturevalue("window")
    window.open_first([])
    await until(lambda: window.page is not None)
    await until(lambda: window.page is not None and window.desk.settings.get("page") == "runs")
    panel = window.page.panel
    await until(lambda: panel.record is not None)
    assert panel.record.folder.path == run.path
    await until(lambda: panel.header.bar.isVisible() and "running" in panel.header.facts.text())
    await until(window.tray.name.isVisible)
    shown = panel.record.curves.setdefault("loss", {})
    await until(lambda: "train" in shown and shown["train"].steps[-1] > at_death[0])

    await until(lambda: "finished" in panel.header.facts.text(), seconds=20)
    await until(lambda: shown["train"].steps[-1] == STEPS)
    assert list(shown["train"].steps) == points(run)
    assert len(set(points(run))) == len(points(run))
    rows = (run.tables / "metrics.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == list(range(1, STEPS + 1))


async def test_files_are_read_again_after_the_reading_process_was_killed(window, tmp_path, until):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    for file in (first, second):
        file.write_text("cell,age\na,1\nb,2\n")
    page = window.show_page("data", path=str(first))
    await until(lambda: page.file is not None)
    psutil.Process(window.desk.engine.pid).kill()
    await until(lambda: window.tray.reading.isVisible() and "started again" in window.tray.reading.text())
    window.show_page("data", path=str(second))
    await until(lambda: page.file is not None and page.heading.text() == "second.csv")
    assert "can be read again" in window.tray.reading.text()
