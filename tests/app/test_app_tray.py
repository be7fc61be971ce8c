"""The tray at the foot of the window: what is running, how far it is, and how it is stopped."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from genodesk.core.errors import UserError


async def test_the_tray_shows_the_run_stops_it_and_tells_its_end(window, wanted, toy, until):
    tray = window.tray
    tray.begin()
    assert tray.count.text() == "No run is going"
    run = toy.start(steps=2000, step_seconds=0.01)
    await until(lambda: "step" in tray.far.text())
    assert tray.count.text() == "1 run"
    assert "Toy" in tray.name.accessibleName()
    await until(lambda: tray.bar.value() > 0)
    QTest.mouseClick(tray.name, Qt.MouseButton.LeftButton)
    assert wanted == [("runs", {"run": str(run.path)})]
    QTest.mouseClick(tray.stop, Qt.MouseButton.LeftButton)
    assert not tray.stop.isEnabled()
    assert tray.stop.toolTip()
    await until(lambda: window.toasts.shown)
    assert "has stopped" in window.toasts.shown[0].text
    assert tray.count.text() == "No run is going"
    assert not tray.bar.isVisible()


async def test_a_run_that_did_not_hear_the_request_may_be_asked_again(window, wanted, toy, until, monkeypatch):
    tray = window.tray
    tray.begin()
    run = toy.start(steps=2000, step_seconds=0.01)
    await until(tray.stop.isVisible)

    async def deaf(folder, request):
        raise UserError("The request could not be written.", "Free some space on the disk.", "")

    with monkeypatch.context() as patch:
        patch.setattr(window.desk.runs, "ask", deaf)
        QTest.mouseClick(tray.stop, Qt.MouseButton.LeftButton)
        await until(lambda: window.toasts.shown)
    assert tray.stop.isEnabled()
    await window.desk.runs.ask(run.path, "stop-now")
    await until(lambda: tray.count.text() == "No run is going", seconds=20)


async def test_of_several_runs_the_tray_shows_the_newest_and_counts_the_others(window, wanted, toy, until):
    window.tray.begin()
    runs = [toy.start(steps=2000, step_seconds=0.02) for _ in range(3)]
    await until(lambda: window.tray.count.text() == "3 runs")
    assert window.tray.more.text() == "and 2 more"
    QTest.mouseClick(window.tray.more, Qt.MouseButton.LeftButton)
    assert wanted == [("runs", {})]
    for run in runs:
        await window.desk.runs.ask(run.path, "stop-now")
    await until(lambda: window.tray.count.text() == "No run is going", seconds=20)


async def test_the_tray_says_when_files_cannot_be_read_and_when_they_can_again(window):
    states = window.desk.engine.state_changed
    for state in ("starting", "ready"):
        states.emit(state)
        assert not window.tray.reading.isVisible()
    states.emit("restarting")
    assert "started again" in window.tray.reading.text()
    assert window.tray.reading.isVisible()
    states.emit("ready")
    assert window.tray.reading.text() == "Files can be read again."
