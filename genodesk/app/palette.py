"""The command palette (Ctrl+K): every command, recent file and run, found by typing a part of its name."""

from contextlib import suppress
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from genodesk.app.amounts import when
from genodesk.app.commands import Command, keys_in_words
from genodesk.app.desk import Desk
from genodesk.app.icons import icon
from genodesk.app.theme import theme
from genodesk.app.widgets import LinePainter, label, write
from genodesk.app.widgets.lines import Index

_WIDTH, _TALLEST, _ROW = 640, 440, 40
_TOP = 72
_MOST_RUNS = 30
_ENTRY = Qt.ItemDataRole.UserRole


class CommandPalette(QWidget):
    """Lies above the window while it is open: a search box and what it finds."""

    def __init__(self, desk: Desk, window: QMainWindow) -> None:
        super().__init__(window)
        self._desk = desk
        self._window = window
        self._others: list[Command] = []  # recent files, runs, what workflows can do
        self._before: QWidget | None = None
        self._box = QFrame(self)
        self._box.setObjectName("palette")
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Type a command, a file or a run"))
        self.search.setAccessibleName(self.tr("Search all commands, files and runs"))
        self.search.addAction(icon("search", "mute"), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Found"))
        self.list.setItemDelegate(LinePainter(self.list, _ROW, _paint_entry))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self._nothing = label(self.tr("Nothing is called that."), mute=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        whole = QVBoxLayout(self._box)
        whole.setContentsMargins(8, 8, 8, 8)
        whole.setSpacing(8)
        whole.addWidget(self.search)
        whole.addWidget(self.list, 1)
        whole.addWidget(self._nothing, 1)
        self.search.textChanged.connect(self._find)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._choose)
        self.hide()

    def appear(self) -> None:
        """Opens with an empty search box that has the keyboard."""
        self._before = self._window.focusWidget()
        self._others = [*_recent_files(self._desk), *_runs(self._desk), *_actions(self._desk)]
        self.search.clear()
        self._find("")
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def toggle(self) -> None:
        """Opens it, or closes it where it is open."""
        if self.isVisible():
            self.hide()
        else:
            self.appear()

    def place(self) -> None:
        """Fits the window."""
        self.setGeometry(self._window.rect())
        width = min(_WIDTH, self.width() - 48)
        rows = max(1, self.list.count())
        height = min(_TALLEST, self.height() - _TOP - 48, 28 + self.search.sizeHint().height() + rows * _ROW)
        self._box.setGeometry((self.width() - width) // 2, _TOP, width, height)

    def entries(self) -> list[Command]:
        """What is found just now."""
        return [self.list.item(number).data(_ENTRY) for number in range(self.list.count())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take_key(Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        """The keyboard goes back to where it was."""
        super().hideEvent(event)
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._box.geometry().contains(event.position().toPoint()):
            self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 60 if theme().name == "light" else 120))
        painter.end()

    def _take_key(self, key: Qt.Key) -> bool:
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -8,
            Qt.Key.Key_PageDown: 8,
            Qt.Key.Key_Backtab: -1,
            Qt.Key.Key_Tab: 1,
        }
        if key in steps:
            self._move(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentItem())
        elif key == Qt.Key.Key_Escape:
            self.hide()
        else:
            return False
        return True

    def _move(self, step: int) -> None:
        number = self.list.count()
        if number:
            wanted = self.list.currentRow() + step
            self.list.setCurrentRow(wanted % number if abs(step) == 1 else min(max(wanted, 0), number - 1))

    def _find(self, text: str) -> None:
        words = text.casefold().split()
        own = [command for command in self._desk.commands.matching(text) if command.name != "palette"]
        self.list.clear()
        for entry in [*own, *(entry for entry in self._others if entry.matches(words))]:
            item = QListWidgetItem(entry.title)
            item.setData(_ENTRY, entry)
            said = (entry.title, entry.group, keys_in_words(entry.shortcut), entry.why_not)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in said if part))
            item.setToolTip(entry.why_not or entry.words)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(self.list.count() > 0)
        self._nothing.setVisible(self.list.count() == 0)
        self.place()

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        entry: Command = item.data(_ENTRY)
        self.hide()
        if entry.why_not:
            self._desk.toast(entry.why_not)
        else:
            entry.run()


def _paint_entry(painter: QPainter, area: QRect, index: Index) -> None:
    """Its title, what it belongs to, and at the right its shortcut or why it cannot be done."""
    entry: Command = index.data(_ENTRY)
    room = area.adjusted(12, 0, -12, 0)
    for beside in (entry.why_not or keys_in_words(entry.shortcut), entry.group):
        half = room.adjusted(room.width() - room.width() // 2, 0, 0, 0)
        room.setRight(room.right() - write(painter, half, beside, "small", "mute", right=True) - 16)
    colour = "mute" if entry.why_not else "text"
    write(painter, room, entry.title, "body", colour, elide=Qt.TextElideMode.ElideMiddle)


def _recent_files(desk: Desk) -> list[Command]:
    group = _tr("Recent file")
    return [
        Command(f"open {path}", path.name, partial(desk.open_path, path), group, words=str(path))
        for path in desk.settings.recent_files
    ]


def _actions(desk: Desk) -> list[Command]:
    """The way to the form of everything that a workflow can do."""
    from genodesk.app.pages.train.workflow_cards import actions_here
    from genodesk.core.workflow import get_workflow, workflow_names

    workflows = []
    for name in workflow_names():
        with suppress(Exception):  # a workflow that cannot be loaded says so on the page of trainings
            workflows.append(get_workflow(name))
    return [
        Command(
            f"open {workflow.name} {action.name}",
            f"{workflow.title}: {action.title}…",
            partial(desk.go, "train", workflow=workflow.name, action=action.name),
            _tr("Train"),
            words=action.summary,
        )
        for workflow in workflows
        for action in actions_here(workflow)
    ]


def _runs(desk: Desk) -> list[Command]:
    from genodesk.app.run_names import alike
    from genodesk.app.run_words import run_name, state_word

    group = _tr("Run")
    runs = desk.runs.runs[:_MOST_RUNS]
    twins = alike(runs)
    return [
        Command(
            f"show {status.id}",
            f"{run_name(status)} · {state_word(status)} · {when(status.created, exact=status.id in twins)}",
            partial(desk.go, "runs", run=str(status.folder)),
            group,
            words=str(status.folder),
        )
        for status in runs
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("CommandPalette", text)
