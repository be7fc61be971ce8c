"""The window: rail at the left, one page in the middle, tray of running work below, toasts and palette above all.

It builds a page when that is first wanted, so that the window itself is painted at once.
"""

import importlib
import logging
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from genodesk.app.desk import Desk
from genodesk.app.drop_zone import DropZone, paths_of
from genodesk.app.page import FailedPage, Page
from genodesk.app.palette import CommandPalette
from genodesk.app.rail import Rail
from genodesk.app.shortcuts import Shortcuts
from genodesk.app.tab_order import move_focus
from genodesk.app.theme import theme
from genodesk.app.toasts import Toasts
from genodesk.app.tray import Tray
from genodesk.app.warming import Step, Warming, modules, needed_first, without_qt
from genodesk.app.wheel import WheelGuard
from genodesk.app.window_commands import window_commands
from genodesk.app.window_place import place_of, take_place

_log = logging.getLogger("genodesk")

PAGES = {
    "welcome": "genodesk.app.pages.welcome.page:WelcomePage",
    "data": "genodesk.app.pages.data.page:DataPage",
    "chat": "genodesk.app.pages.chat.page:ChatPage",
    "train": "genodesk.app.pages.train.page:TrainPage",
    "runs": "genodesk.app.pages.runs.page:RunsPage",
    "settings": "genodesk.app.pages.settings.page:SettingsPage",
}
SIZE = (1440, 900)
SMALLEST = (1000, 640)
_KEEPING_MS = 2000


class Window(QMainWindow):
    """The main window. `first_painted` comes once, after its first picture; `loaded` once all code is there."""

    first_painted = Signal()
    step_loaded = Signal()
    loaded = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        theme().dress(self)
        self.setWindowTitle("Genodesk")
        self.setAcceptDrops(True)
        self.setMinimumSize(*SMALLEST)
        self._painted = False
        self._wheel: WheelGuard | None = None
        self._pages: dict[str, Page] = {}
        self._warming: Warming | None = None
        centre = QWidget()
        centre.setObjectName("centre")
        whole = QVBoxLayout(centre)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        self.rail = Rail()
        self.stack = QStackedWidget()
        self.tray = Tray(desk)
        middle.addWidget(self.rail)
        middle.addWidget(self.stack, 1)
        whole.addLayout(middle, 1)
        whole.addWidget(self.tray)
        self.setCentralWidget(centre)
        centre.setFocus()  # until the person moves it, the keyboard's mark stands nowhere
        self.toasts = Toasts(self)
        self.palette_box = CommandPalette(desk, self)
        self.drop_zone = DropZone(self)
        self.rail.chosen.connect(self.show_page)
        desk.page_wanted.connect(self._take_wish)
        desk.toasted.connect(self.toasts.show_toast)
        self.desk.commands.add(*window_commands(self))
        self._shortcuts = Shortcuts(desk, self)
        take_place(self, desk.settings.get("window", ""), QSize(*SIZE))
        self._keeping = QTimer(self)  # a desk that is killed loses the last moments and no more
        self._keeping.setInterval(_KEEPING_MS)
        self._keeping.timeout.connect(self._keep)

    @property
    def page(self) -> Page | None:
        """The page in front, or None before the first."""
        shown = self.stack.currentWidget()
        return shown if isinstance(shown, Page) else None

    def show_page(self, name: str, **arguments: Any) -> Page:
        """Brings a page to the front, built now where it is the first time."""
        before = self.page
        page = self._pages.get(name) or self._build(name)
        if before is not page:
            if before is not None:
                before.hidden()
                self._remember(before)
            self.stack.setCurrentWidget(page)
            self.rail.set_current(name)
            self.desk.settings.set("page", name)
            self._retitle()
            page.shown()
        if arguments:
            page.take(**arguments)
        return page

    def open_first(self, paths: list[Path]) -> None:
        """The page of the last time, or the welcome; then whatever the program was started with.

        What they need is loaded in small steps, between which the window answers.
        """
        last = self.desk.settings.get("page", "welcome")
        first = last if last in PAGES else "welcome"
        others = [name for name in PAGES if name != first]
        steps = [
            *needed_first(),
            Step("run list", partial(importlib.import_module, "genodesk.app.run_list")),
            Step("first page", partial(_load_page, first)),
            Step("tray", partial(importlib.import_module, "genodesk.app.run_words")),
            Step("engine", lambda: None),
            *without_qt(),
            *(step for part in ("forms", "plots", *(f"pages.{name}" for name in others)) for step in modules(part)),
        ]
        self._warming = Warming(steps, self)
        self._warming.done.connect(self.loaded)
        self._warming.reached.connect(lambda step: self._go_on(step, first, paths))

    def open_again(self, paths: list[Path]) -> None:
        """Somebody started the program once more: comes to the front and opens what that start was given."""
        if self.isMinimized():
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.raise_()
        self.activateWindow()
        self.desk.open_paths(paths)

    def rebuild(self) -> None:
        """Builds every page anew, for example after a change of language; their state stays."""
        front = self.desk.settings.get("page", "welcome")
        for name in list(self._pages):
            self._close_page(name)
        self.desk.commands.add(*window_commands(self))
        self.show_page(front)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._wheel = self._wheel or WheelGuard(self)
        self._keeping.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.toasts.place()
        self.palette_box.place()
        self.drop_zone.place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange and self._pages:
            self.rebuild()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_of(event):
            event.acceptProposedAction()
            self.drop_zone.appear()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        del event
        self.drop_zone.hide()

    def focusNextPrevChild(self, forward: bool) -> bool:
        return move_focus((self.centralWidget(), *self.toasts.shown), forward)

    def dropEvent(self, event: QDropEvent) -> None:
        self.drop_zone.hide()
        event.acceptProposedAction()
        self.desk.open_paths(paths_of(event))

    def closeEvent(self, event: QCloseEvent) -> None:
        self._keeping.stop()
        self.desk.settings.set("window", place_of(self))
        for beside in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if beside.isWindow():  # whatever is open beside this window ends with it, by its own rules
                beside.close()
        for name in list(self._pages):
            self._close_page(name)
        if self._warming is not None:
            self._warming.close()
        self.tray.shut()
        self.toasts.shut()
        self.desk.close()
        super().closeEvent(event)

    def _go_on(self, step: str, first: str, paths: list[Path]) -> None:
        self.step_loaded.emit()
        if step == "first page":
            if self.page is None:
                self.show_page(first)
            self.desk.open_paths([path.absolute() for path in paths])
        elif step == "tray":
            self.tray.begin()
        elif step == "engine":
            self.desk.engine.start()

    def _take_wish(self, name: str, arguments: dict[str, Any]) -> None:
        self.show_page(name, **arguments)

    def _build(self, name: str) -> Page:
        try:
            page = _load_page(name)(self.desk)
        except Exception:  # a fault of ours in one page must not take the window with it
            _log.exception("the page %s cannot be built", name)
            page = FailedPage(self.desk)
        try:
            page.restore(self.desk.settings.get(f"page {name}", {}))
        except Exception:  # what was remembered no longer fits; the page begins anew
            _log.exception("the page %s cannot take up its state", name)
        self._pages[name] = page
        page.windowTitleChanged.connect(self._retitle)
        self.stack.addWidget(page)
        return page

    def _keep(self) -> None:
        """Remembers place and page; the settings write only what is another than before."""
        self.desk.settings.set("window", place_of(self))
        if self.page is not None and not self._remember(self.page):
            self._keeping.stop()  # it stands in the log once

    def _remember(self, page: Page) -> bool:
        """Whether the page could tell its state."""
        if isinstance(page, FailedPage):  # which has no state and must not take away that of the page it stands for
            return True
        name = next(name for name, other in self._pages.items() if other is page)
        try:
            self.desk.settings.set(f"page {name}", page.state())
        except Exception:  # it keeps the state of before, and the window can still be closed
            _log.exception("the page %s cannot tell its state", name)
            return False
        return True

    def _retitle(self) -> None:
        """The window is called after what its page shows, for example a file, where the page gives itself a title."""
        named = self.page.windowTitle() if self.page is not None else ""
        self.setWindowTitle(f"{named} - Genodesk" if named else "Genodesk")

    def _close_page(self, name: str) -> None:
        page = self._pages[name]
        self._remember(page)
        del self._pages[name]
        try:
            page.shut()
        except Exception:  # a fault of ours in one page must not keep the window open
            _log.exception("the page %s cannot be ended", name)
        self.stack.removeWidget(page)
        page.deleteLater()


def _load_page(name: str) -> type[Page]:
    module, _, kind = PAGES[name].partition(":")
    page: type[Page] = getattr(importlib.import_module(module), kind)
    return page
