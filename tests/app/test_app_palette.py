"""Every command, recent file and run is found by a part of its name, and a command that is off says why."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from genodesk.app.commands import Command, Commands, shortcut_list

Key, Ctrl = Qt.Key, Qt.KeyboardModifier.ControlModifier


async def test_no_two_commands_share_a_shortcut_and_all_are_listed(window):
    keys = [key for command in window.desk.commands.all() for key in command.shortcut.split("; ") if key]
    assert len(keys) == len(set(keys))
    listed = dict(shortcut_list(window.desk.commands))
    assert listed["Ctrl+3, Ctrl+T"] == "Train"
    assert listed["Ctrl+K"] == "All commands"


def test_a_command_is_found_by_its_title_its_group_or_another_word_for_it():
    commands = Commands()
    commands.add(
        Command("a", "Open a file…", print, "File", words="h5ad"),
        Command("b", "Full screen", print, "Appearance"),
        Command("c", "File it", print),
    )
    assert [command.name for command in commands.matching("file")] == ["c", "a"]
    assert [command.name for command in commands.matching("H5AD open")] == ["a"]
    assert [command.name for command in commands.matching("appear")] == ["b"]
    assert commands.matching("nothing of the sort") == []


async def test_the_palette_finds_runs_and_gives_the_keyboard_back(window):
    window.activateWindow()
    window.show_page("settings")
    window.rail.buttons["data"].setFocus()
    QTest.keyClick(window, Key.Key_K, Ctrl)
    box = window.palette_box
    assert box.search.hasFocus()
    QTest.keyClicks(box.search, "zzz")
    assert "Nothing is called that." in [label.text() for label in box.findChildren(QLabel) if label.isVisible()]
    QTest.keyClick(box.search, Key.Key_Escape)
    assert not box.isVisible()
    assert window.rail.buttons["data"].hasFocus()
    QTest.keyClick(window, Key.Key_K, Ctrl)
    QTest.keyClicks(box.search, "welc")
    QTest.keyClick(box.search, Key.Key_Return)
    assert not box.isVisible()
    assert window.desk.settings.get("page") == "welcome"


async def test_the_palette_offers_recent_files_and_runs(window, wanted, toy, tmp_path, until):
    run = toy.finish(steps=3)
    file = tmp_path / "皮层 cells.h5ad"
    file.touch()
    window.desk.settings.add_recent(file)
    await until(lambda: window.desk.runs.runs)
    box = window.palette_box
    box.appear()
    box.search.setText("皮层")
    assert [entry.title for entry in box.entries()] == [file.name]
    QTest.keyClick(box.search, Key.Key_Return)
    box.appear()
    QTest.keyClicks(box.search, "toy finished")
    QTest.keyClick(box.search, Key.Key_Return)
    assert wanted == [("data", {"path": str(file)}), ("runs", {"run": str(run.path)})]


async def test_the_palette_leads_to_the_form_of_everything_a_workflow_can_do(window, wanted):
    box = window.palette_box
    box.appear()
    box.search.setText("get yeast synthetic")
    assert [entry.title for entry in box.entries()] == ["GET yeast: Synthetic yeast…"]
    QTest.keyClick(box.search, Key.Key_Return)
    assert wanted == [("train", {"workflow": "get-yeast", "action": "demo-data"})]


async def test_a_command_that_is_off_says_why(window):
    done = []
    window.desk.commands.add(Command("x", "Extract", lambda: done.append(1), reason=lambda: "Open a file first."))
    box = window.palette_box
    box.appear()
    QTest.keyClicks(box.search, "extract")
    assert "Open a file first." in box.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    QTest.keyClick(box.search, Key.Key_Return)
    assert not done
    assert [toast.text for toast in window.toasts.shown] == ["Open a file first."]


async def test_arrows_in_the_palette_go_round(window):
    box = window.palette_box
    box.appear()
    QTest.keyClick(box.search, Key.Key_Up)
    assert box.list.currentRow() == box.list.count() - 1
    QTest.keyClick(box.search, Key.Key_Down)
    assert box.list.currentRow() == 0


async def test_a_click_beside_the_palette_closes_it(window):
    window.palette_box.appear()
    QTest.mouseClick(window.palette_box, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not window.palette_box.isVisible()
