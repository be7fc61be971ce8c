"""Every state of the window can be used by keys and by ear: controls have names, reasons, and a way to them."""

import looks
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from scenes import SCENES, Stage, play


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
async def test_every_control_has_a_name_a_reason_and_a_way_by_keys(
    scene, window, until, toy, tissue, trained, tmp_path
):
    found: list[str] = []

    async def look(name: str, sheet: QWidget | None = None) -> None:
        shown = sheet or window
        found.extend(f"{name}: no name: {text}" for text in looks.nameless(shown))
        found.extend(f"{name}: off without a reason: {text}" for text in looks.unexplained(shown))
        # These lie above everything and keep the keyboard until Esc.
        if name.startswith("palette") or shown.windowType() == Qt.WindowType.Popup:
            return
        shown.activateWindow()
        await until(lambda: QApplication.activeWindow() is shown)
        found.extend(f"{name}: not reached by Tab: {text}" for text in looks.unreached(shown))

    await play(scene, Stage(window, until, tissue, trained.path, toy, tmp_path), look)
    assert not found, "\n".join(dict.fromkeys(found))


@pytest.fixture
def small(qtbot):
    """A window with one of each fault."""
    made = QWidget()
    qtbot.addWidget(made)
    column = QVBoxLayout(made)
    form = QFormLayout()
    column.addLayout(form)
    named, nameless, off = QLineEdit(), QLineEdit(), QPushButton("Start")
    form.addRow("Name", named)
    column.addWidget(nameless)
    off.setEnabled(False)
    column.addWidget(off)
    tight = QLabel("a sentence that is much too long")
    tight.setFixedWidth(40)
    column.addWidget(tight)
    made.trap = QPlainTextEdit()
    made.trap.setAccessibleName("Notes")
    made.trap.setTabChangesFocus(True)
    column.addWidget(made.trap)
    made.show()
    return made


def test_each_fault_is_seen(small):
    assert looks.nameless(small) == ["QLineEdit '' in "]
    assert looks.unexplained(small) == ["QPushButton 'Start' in "]
    assert [text.split(" needs")[0] for text in looks.cut_texts(small)] == [
        "QLabel 'a sentence that is much too long' in "
    ]
    assert looks.unreached(small) == []


def test_an_entry_of_a_menu_that_is_off_has_to_say_why(qtbot):
    made = QPushButton("Export")
    qtbot.addWidget(made)
    made.setMenu(QMenu(made))
    entry = made.menu().addAction("Nothing yet")
    entry.setEnabled(False)
    holder = QWidget()
    qtbot.addWidget(holder)
    QVBoxLayout(holder).addWidget(made)
    holder.show()
    assert looks.unexplained(holder) == ["entry 'Nothing yet' of QPushButton 'Export' in "]
    entry.setToolTip("Figures appear here as the run makes them.")
    assert looks.unexplained(holder) == ["entry 'Nothing yet' of QPushButton 'Export' in "], "tips are not shown"
    made.menu().setToolTipsVisible(True)
    assert looks.unexplained(holder) == []


def test_a_text_that_was_just_set_is_measured_in_the_room_it_is_painted_in(qapp):
    tray = QWidget()
    count = QLabel("1 run")
    line = QHBoxLayout(tray)
    line.addWidget(count)
    line.addStretch(1)
    tray.resize(400, 40)
    tray.show()
    qapp.processEvents()
    narrow = count.width()
    count.setText("No run is going")
    assert count.width() == narrow
    assert looks.cut_texts(tray) == []
    tray.close()


def test_a_control_that_keeps_the_tab_key_is_seen(small):
    small.trap.setTabChangesFocus(False)
    assert looks.unreached(small) == ["QPlainTextEdit 'Notes' in  keeps the Tab key"]
