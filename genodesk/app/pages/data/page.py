"""The Data page: opens a file, shows it in tabs, keeps the files that are open, and leads on to a training or a chat.

It reads nothing itself: what a file is comes from the engine.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import QFileSystemWatcher
from PySide6.QtWidgets import QMenu, QWidget

from genodesk.app.desk import Desk
from genodesk.app.icons import icon
from genodesk.app.openable import ask_to_open
from genodesk.app.page import Page
from genodesk.app.pages.data.description import headline
from genodesk.app.pages.data.file_view import FileView
from genodesk.app.pages.data.start_view import StartView
from genodesk.app.pages.data.use_for import CHAT, Use, uses_of, with_unit
from genodesk.app.widgets import Card, Content, button, column, disable, enable, label, row
from genodesk.core.disk import Stamp, stamp
from genodesk.core.errors import UserError

_MOST_OPEN = 8


class DataPage(Page):
    """Files of cells, sequences, regions, tables, models and runs, one in front at a time."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.path: Path | None = None
        self.file: FileView | None = None
        self.start: StartView | None = None
        self._states: dict[str, dict[str, Any]] = {}
        self._seen: Stamp = None
        self._broken = False
        self.opening = button(self.tr("Open…"), icon="open")
        self.opening.setMenu(QMenu(self.opening))
        self.opening.menu().aboutToShow.connect(self._fill_open_menu)
        self.using = button(self.tr("Use for…"), kind="primary")
        self.using.setMenu(QMenu(self.using))
        self.heading, self.line = self.header("", "", self.opening, self.using)
        self.stale = self._stale_banner()
        self.body.addWidget(self.stale)
        self.room = QWidget()
        self.room.setLayout(column())
        self.content = Content(self.room)
        self.body.addWidget(self.content, 1)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(lambda _: self._look_at_disk())
        self._watcher.directoryChanged.connect(lambda _: self._look_at_disk())
        self._show_empty()

    def take(self, path: str = "", tab: str = "", **_: Any) -> None:
        """Opens what lies at `path`; `tab` is the one to show first."""
        if path:
            self.open_file(Path(path), tab)

    def open_file(self, path: Path, tab: str = "") -> None:
        """Shows a file, in the state in which it was left. What was in front is remembered."""
        self._close_file()
        self._drop_start()
        self.path = path
        self.heading.setText(path.name)
        self.line.setText(str(path.parent))
        self._cannot_use(self.tr("The file is still being looked at."))
        cancel = button(self.tr("Cancel"), self.close_file)
        self.content.show_loading(self.tr("Looking into {name}").format(name=path.name), cancel)
        self.tasks.start(self._open(path, tab), "open", on_error=lambda error: self._show_error(path, error))

    def close_file(self) -> None:
        """Lets go of the file in front."""
        self.tasks.cancel("open")
        self._close_file()
        self._show_empty()

    def choose(self, *, folder: bool) -> None:
        """Asks for a file, or for a folder such as a zarr store."""
        ask_to_open(self, self.desk, folder=folder, beside=self.path)

    def shown(self) -> None:
        self._look_at_disk()

    def state(self) -> dict[str, Any]:
        self._remember()
        path = str(self.path) if self.path is not None else ""
        if self._broken:  # next time comes back what was last seen in a good state
            path = next((seen for seen in reversed(self._states) if seen != path), "")
        return {"path": path, "files": self._states}

    def restore(self, state: dict[str, Any]) -> None:
        files = state.get("files")
        if isinstance(files, dict):
            self._states = {path: kept for path, kept in files.items() if isinstance(kept, dict)}
        path = state.get("path")
        if isinstance(path, str) and os.path.exists(path):  # noqa: PTH110 - it never raises, whoever owns the folder
            self.open_file(Path(path))

    def shut(self) -> None:
        self._close_file()
        super().shut()

    async def _open(self, path: Path, tab: str) -> None:
        self._seen = stamp(path)
        found = await self.desk.engine.ask("inspect", path=str(path))
        self.desk.settings.add_recent(path)
        self._watcher.addPath(str(path))
        self.line.setText(headline(found))
        self.setWindowTitle(path.name)
        self._offer_uses(path, found)
        await asyncio.sleep(0)  # the window answers between the two
        self.file = FileView(self.desk, path, found, self._states.get(str(path), {}), tab)
        self._put(self.file)

    def _close_file(self) -> None:
        self._remember()
        if self._watcher.files() or self._watcher.directories():
            self._watcher.removePaths([*self._watcher.files(), *self._watcher.directories()])
        if self.file is not None:
            self.file.shut()
            self.file.hide()
            self.file.deleteLater()
            self.file = None
        self.path, self._seen, self._broken = None, None, False
        self.setWindowTitle("")
        self.stale.hide()

    def _remember(self) -> None:
        """Keeps the state of the file in front among those of the files opened last."""
        if self.file is not None:
            key = str(self.file.path)
            self._states.pop(key, None)
            self._states[key] = self.file.state()
            for oldest in list(self._states)[:-_MOST_OPEN]:
                del self._states[oldest]

    def _show_empty(self) -> None:
        self.heading.setText(self.tr("Data"))
        self.line.setText(self.tr("See what is in a file before it is used"))
        self._cannot_use(self.tr("Open a file first."))
        self._drop_start()
        self.start = StartView(self.desk.settings.recent_files, self.desk.open_path)
        self.start.file_wanted.connect(lambda: self.choose(folder=False))
        self.start.folder_wanted.connect(lambda: self.choose(folder=True))
        self.start.sample_wanted.connect(lambda: self.desk.go("welcome"))
        self._put(self.start)

    def _drop_start(self) -> None:
        if self.start is not None:
            self.start.hide()
            self.start.deleteLater()
            self.start = None

    def _put(self, widget: QWidget) -> None:
        room = self.room.layout()
        assert room is not None
        room.addWidget(widget)
        self.content.show_content()

    def _show_error(self, path: Path, error: UserError) -> None:
        self._broken = True
        self._cannot_use(self.tr("The file could not be opened."))
        self.line.setText(self.tr("could not be opened"))
        self.content.show_error(
            error,
            button(self.tr("Open another file…"), lambda: self.choose(folder=False), kind="primary", icon="open"),
            button(self.tr("Try again"), lambda: self.open_file(path), icon="again"),
        )

    def _stale_banner(self) -> Card:
        banner = Card()
        self.changed = label("")
        again = button(self.tr("Load it again"), self.reload, icon="again")
        banner.body.addLayout(row(self.changed, 1, again))
        banner.hide()
        return banner

    def reload(self) -> None:
        """Opens the file in front anew, as it is now."""
        if self.path is not None:
            self.open_file(self.path)

    def _look_at_disk(self) -> None:
        """Says so where the file is not the one any more that was opened."""
        if self.file is not None and self.path is not None:
            now = stamp(self.path)
            self.changed.setText(
                self.tr("The file has changed on the disk since it was opened.")
                if now is not None
                else self.tr("The file is not there any more.")
            )
            self.stale.setVisible(now != self._seen)
            if now is not None:
                self._watcher.addPath(str(self.path))  # a file that was replaced is no longer watched

    def _offer_uses(self, path: Path, found: dict[str, Any]) -> None:
        uses = uses_of(path, found)
        if not uses:
            self._cannot_use(self.tr("No workflow takes files of this kind."))
            return
        menu = self.using.menu()
        menu.clear()
        for use, before in zip(uses, [None, *uses], strict=False):
            if before is not None and before.training != use.training:
                menu.addSeparator()
            menu.addAction(use.text, lambda use=use: self._use(use)).setToolTip(use.summary)
        menu.setToolTipsVisible(True)
        enable(self.using)

    def _use(self, use: Use) -> None:
        page, arguments = use.place
        names = self.file.gene_names() if self.file is not None and use.action == CHAT else []
        if names:
            arguments = {**arguments, "names": names}
        key, unit = self.file.coordinates() if self.file is not None and use.action != CHAT else ("", "")
        if unit:
            arguments = {**arguments, "values": with_unit(use, key, unit)}
        self.desk.go(page, **arguments)

    def _cannot_use(self, reason: str) -> None:
        self.using.menu().clear()
        disable(self.using, reason)

    def _fill_open_menu(self) -> None:
        menu = self.opening.menu()
        menu.clear()
        menu.addAction(icon("file"), self.tr("A file…"), lambda: self.choose(folder=False))
        menu.addAction(icon("open"), self.tr("A folder (zarr, Visium, model)…"), lambda: self.choose(folder=True))
        recent = [path for path in self.desk.settings.recent_files if path != self.path]
        if recent:
            menu.addSection(self.tr("Opened before"))
        for path in recent:
            menu.addAction(path.name, lambda path=path: self.desk.open_path(path)).setToolTip(str(path))
        if self.path is not None:
            menu.addSeparator()
            menu.addAction(icon("close"), self.tr("Close this file"), self.close_file)
        menu.setToolTipsVisible(True)
