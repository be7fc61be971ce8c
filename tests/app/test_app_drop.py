"""Files that are dropped anywhere on the window open where they belong."""

from by_hand import drag_over, dragged, let_go
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QDragLeaveEvent
from PySide6.QtWidgets import QApplication


async def test_dropped_things_open_in_their_places(window, wanted, toy, tmp_path):
    run = toy.finish(steps=3)
    settings = tmp_path / "settings.yaml"
    settings.touch()
    cells = tmp_path / "a b.h5ad"
    data = dragged(run.path, settings, cells)
    assert drag_over(window, data)
    assert window.drop_zone.isVisible(), "the window shows that a file may be dropped"
    let_go(window, data)
    assert not window.drop_zone.isVisible()
    assert wanted == [
        ("runs", {"run": str(run.path)}),
        ("train", {"settings_file": str(settings)}),
        ("data", {"path": str(cells)}),
    ]


async def test_a_drag_that_leaves_takes_the_veil_away(window, wanted):
    data = dragged("/a.h5ad")
    drag_over(window, data)
    assert window.drop_zone.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.drop_zone.isVisible()


async def test_text_that_is_dragged_is_not_taken_for_a_file(window, wanted):
    data = QMimeData()
    data.setText("ACGT")
    assert not drag_over(window, data)
    assert not window.drop_zone.isVisible()
