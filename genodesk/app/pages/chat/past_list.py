"""PastList: every conversation of before, the newest first, found by gene, file or any of its questions."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QWidget

from genodesk.app.amounts import when
from genodesk.app.pages.chat.history import Conversation, conversations
from genodesk.app.plots.raster_thread import computed
from genodesk.app.tasks import Tasks
from genodesk.app.widgets import Content, LinePainter, column, write
from genodesk.app.widgets.lines import Index

_SIZE = (480, 440)
_ROW_HEIGHT = 46
_PAST = Qt.ItemDataRole.UserRole


class PastList(QFrame):
    """Stands below the widget that it belongs to until something is chosen; `opened` gives a conversation."""

    opened = Signal(object)

    def __init__(self, owner: QWidget, folder: Path, current: Path, tasks: Tasks) -> None:
        super().__init__(owner, Qt.WindowType.Popup)
        self.setObjectName("palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self._owner, self._folder, self._current = owner, folder, current
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(self.tr("Find by gene, file or question"))
        self.search.setAccessibleName(self.tr("Find a conversation"))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Conversations"))
        self.list.setItemDelegate(LinePainter(self.list, _ROW_HEIGHT, _paint, gap=(0, 1)))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.content = Content(self.list)
        self.setLayout(column(self.search, self.content, margins=(8, 8, 8, 8)))
        self.search.textChanged.connect(self._find)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        self._chosen = False
        self._tasks = tasks

    def appear(self) -> None:
        """Opens and reads the conversations."""
        self.content.show_loading(self.tr("Reading the conversations"))
        edge = self._owner.mapToGlobal(QPoint(self._owner.width() - self.width(), self._owner.height() + 4))
        self.move(edge)
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)
        reading = self._tasks.start(self._read(), "past")
        self.destroyed.connect(reading.cancel)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
            if step is not None:
                self._move(step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if (item := self.list.currentItem()) is not None and not item.isHidden():
                    self._choose(item)
                return True
        return super().eventFilter(watched, event)

    async def _read(self) -> None:
        found = await computed(lambda: conversations(self._folder))
        for past in found:
            if past.path != self._current:
                item = QListWidgetItem(title_of(past))
                item.setData(_PAST, past)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title_of(past)}, {_below(past)}")
                self.list.addItem(item)
        self._find(self.search.text())

    def _shown(self) -> list[QListWidgetItem]:
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item for item in items if not item.isHidden()]

    def _find(self, text: str) -> None:
        words = text.casefold().split()
        for row in range(self.list.count()):
            item = self.list.item(row)
            said = _words(item.data(_PAST))
            item.setHidden(not all(word in said for word in words))
        shown = self._shown()
        self.list.setCurrentRow(self.list.row(shown[0]) if shown else -1)
        if shown:
            self.content.show_content()
        else:
            self.content.show_empty("search", self.tr("None found"), self.tr("Search for another word."))

    def _move(self, step: int) -> None:
        shown, now = self._shown(), self.list.currentItem()
        if now in shown:
            self.list.setCurrentItem(shown[min(max(shown.index(now) + step, 0), len(shown) - 1)])

    def _choose(self, item: QListWidgetItem) -> None:
        if not self._chosen:  # a click may also count as an activation
            self._chosen = True
            past = item.data(_PAST)
            self.close()
            self.opened.emit(past)


def title_of(past: Conversation) -> str:
    """The gene and the first question."""
    return f"{', '.join(past.about.genes)}: {past.title}"


def _below(past: Conversation) -> str:
    return f"{Path(past.about.path).name} · {when(past.time.isoformat())}"


def _words(past: Conversation) -> str:
    """All that a conversation is found by, in small letters."""
    asked = (turn.question for turn in past.turns)
    return " ".join((*past.about.genes, Path(past.about.path).name, *asked)).casefold()


def _paint(painter: QPainter, area: QRect, index: Index) -> None:
    """A conversation in two lines: gene and question, file and time."""
    past = index.data(_PAST)
    inside = area.adjusted(10, 4, -10, -4)
    half = inside.height() // 2
    write(painter, inside.adjusted(0, 0, 0, -half), title_of(past), "body", "text")
    write(painter, inside.adjusted(0, half, 0, 0), _below(past), "small", "mute")
