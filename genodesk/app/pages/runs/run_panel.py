"""The panel of one run: its head and its tabs. It follows the run's events and asks for drawing only what is seen."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox, QVBoxLayout, QWidget

from genodesk.app.pages.runs.again import halved_batch, settings_of
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.runs.record import RunRecord
from genodesk.app.pages.runs.run_header import RunHeader
from genodesk.app.pages.runs.use_menu import fill as fill_uses
from genodesk.app.pages.runs.use_menu import uses_of_model
from genodesk.app.run_list import is_over
from genodesk.app.run_tail import RunTail
from genodesk.app.run_words import run_name
from genodesk.app.tasks import Tasks
from genodesk.app.timers import every, once
from genodesk.app.widgets import Tabs
from genodesk.core.errors import UserError
from genodesk.core.events import Event, Request
from genodesk.jobs.status import RunStatus

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_REPAINT_MS, _CLOCK_MS = 50, 1000


class RunPanel(QWidget):
    """Shows one run at a time. Tabs are built when they are first seen."""

    def __init__(self, desk: "Desk", tasks: Tasks) -> None:
        super().__init__()
        self.desk = desk
        self._tasks = tasks
        self.record: RunRecord | None = None
        self._tail: RunTail | None = None
        self._active = False
        self.header = RunHeader()
        self.tabs = Tabs(self.tr("Parts of the run"))
        self._rooms: dict[str, QVBoxLayout] = {}
        self.parts: dict[str, RunPart] = {}
        for name, title in (
            ("overview", self.tr("Overview")),
            ("figures", self.tr("Figures")),
            ("table", self.tr("Table")),
            ("log", self.tr("Log")),
            ("settings", self.tr("Settings")),
            ("files", self.tr("Files")),
        ):
            place = QWidget()
            self._rooms[name] = QVBoxLayout(place)
            self._rooms[name].setContentsMargins(0, 12, 0, 0)
            self.tabs.addTab(place, title)
        self.tabs.currentChanged.connect(self._turn)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        whole.addWidget(self.header)
        whole.addWidget(self.tabs, 1)
        self._repaint = once(self, _REPAINT_MS, self.draw_now)
        self._clock = every(self, _CLOCK_MS, self._tick)  # the time that is left moves on between two events, too
        self.header.pause_wanted.connect(lambda: self._ask("pause"))
        self.header.stop_wanted.connect(lambda now: self._ask("stop-now" if now else "stop"))
        self.header.resume_wanted.connect(self._resume)
        self.header.again_wanted.connect(self.run_again)
        self.header.deletion_wanted.connect(self.confirm_deletion)
        self.header.menu.aboutToShow.connect(self._fill_menu)
        self.header.uses.aboutToShow.connect(self._fill_uses)

    def show_run(self, status: RunStatus) -> None:
        """Shows a run; the tab stays. Raises UserError where its folder cannot be read."""
        if self.record is not None and (self.record.status.id, self.record.folder.path) == (status.id, status.folder):
            self.update_status(status)
            return
        self.leave()
        self.record = RunRecord(status)
        self._tail = RunTail(status.folder, self)
        self._tail.set_alive(not is_over(status))
        self._tail.events.connect(self._take)
        self._tail.restarted.connect(self._restart)
        self._tail.caught_up.connect(self._catch_up)
        self.header.show_run(self.record)
        for part in self.parts.values():
            part.show_run(self.record)
        self._turn()

    def update_status(self, status: RunStatus) -> None:
        """Takes the newest status of the run that is shown."""
        if self.record is None or self.record.status == status:
            return
        self.record.status = status
        if self._tail is not None:
            self._tail.set_alive(not is_over(status))
        self._schedule()

    def leave(self) -> None:
        """Follows the run no more."""
        if self._tail is not None:
            self._tail.stop()
            self._tail.deleteLater()
        self._tail = self.record = None
        self._repaint.stop()

    def set_active(self, active: bool) -> None:
        """Draws only while it is in front."""
        self._active = active
        if active:
            self._clock.start()
            self._schedule()
        else:
            self._clock.stop()
            self._repaint.stop()

    def show_tab(self, name: str) -> RunPart:
        """Brings a tab to the front."""
        if name in self._rooms:
            self.tabs.setCurrentIndex(list(self._rooms).index(name))
        return self._part()

    def tab(self) -> str:
        """The name of the tab in front."""
        return list(self._rooms)[self.tabs.currentIndex()]

    def run_again(self, halved: bool = False) -> None:
        """Opens the wizard with this run's settings, with half the batch where that is asked for."""
        if self.record is None:
            return
        try:
            values, preset = settings_of(self.record.folder)
        except UserError as error:
            self.desk.tell(error)
            return
        values = (halved_batch(values) if halved else None) or values
        info = self.record.folder.info
        self.desk.go("train", workflow=info.workflow, action=info.action, values=values, preset=preset)

    def confirm_deletion(self) -> None:
        """Asks before the run goes to the trash."""
        if self.record is None or not is_over(self.record.status):
            return
        status = self.record.status
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Delete this run?"))
        box.setText(self.tr("Move {name} to the trash?").format(name=run_name(status)))
        box.setInformativeText(
            self.tr("Its figures, tables and model go with it:\n{folder}").format(folder=status.folder)
        )
        delete = box.addButton(self.tr("Move to the trash"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(self.tr("Keep it"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.finished.connect(
            lambda _: self._delete(status.folder, run_name(status)) if box.clickedButton() is delete else None
        )
        box.finished.connect(box.deleteLater)
        box.open()

    def shut(self) -> None:
        """Ends everything."""
        self._clock.stop()
        self.leave()
        for part in self.parts.values():
            part.shut()

    def _part(self) -> RunPart:
        """The tab in front, built if this is the first time."""
        name = self.tab()
        if name not in self.parts:
            part = _make(name, self)
            self.parts[name] = part
            self._rooms[name].addWidget(part)
            if self.record is not None:
                part.show_run(self.record)
        return self.parts[name]

    def _turn(self) -> None:
        if self.record is not None:
            self._part()
            self._schedule()

    def _take(self, events: list[Event]) -> None:
        assert self.record is not None
        self.record.add(events)
        self._schedule()

    def _restart(self) -> None:
        assert self.record is not None
        self.record.clear()
        for part in self.parts.values():
            part.show_run(self.record)

    def _catch_up(self) -> None:
        assert self.record is not None
        self.record.caught_up = True
        self._schedule()

    def _schedule(self) -> None:
        if self._active and self.record is not None and not self._repaint.isActive():
            self._repaint.start()

    def _tick(self) -> None:
        if self.record is not None and not is_over(self.record.status):
            self.header.refresh(self.record)

    def draw_now(self) -> None:
        """Draws what is new without waiting for the next repaint."""
        if self.record is not None:
            self.header.refresh(self.record)
            self._part().refresh()

    def _ask(self, request: Request) -> None:
        if self.record is None:
            return
        record = self.record
        asking = self.desk.runs.ask(record.folder.path, request)
        self.header.tell_asked(request)
        self.draw_now()

        def failed(error: UserError) -> None:
            if self.record is record:
                self.header.tell_asked("")
                self._schedule()
            self.desk.tell(error)

        self._tasks.start(asking, on_error=failed)

    def _resume(self) -> None:
        if self.record is None:
            return
        record = self.record
        self.header.tell_asked("resume")
        self.draw_now()

        async def resume() -> None:
            try:
                await self.desk.runs.resume(record.folder.path)
            finally:
                if self.record is record:
                    self.header.tell_asked("")
                    self._schedule()

        self._tasks.start(resume(), f"resume {record.folder.path}")

    def _delete(self, folder: Path, name: str) -> None:
        async def delete() -> None:
            await self.desk.runs.delete(folder)
            self.desk.toast(self.tr("{name} is in the trash now").format(name=name), level="good")

        self._tasks.start(delete())

    def _fill_menu(self) -> None:
        from genodesk.app.pages.runs.export_menu import fill

        if self.record is not None:
            fill(self.header.menu, self.desk, self.record, self)

    def _fill_uses(self) -> None:
        if self.record is not None:
            fill_uses(self.header.uses, self.desk, uses_of_model(self.record.status))


def _make(name: str, panel: RunPanel) -> RunPart:
    """A tab of that name; its module is imported now."""
    desk = panel.desk
    if name == "overview":
        from genodesk.app.pages.runs.overview import Overview

        return Overview(desk, lambda: panel.run_again(halved=True), panel.show_tab)
    if name == "figures":
        from genodesk.app.pages.runs.figures_tab import FiguresTab

        return FiguresTab(desk)
    if name == "table":
        from genodesk.app.pages.runs.table_tab import TableTab

        return TableTab(desk)
    if name == "log":
        from genodesk.app.pages.runs.log_tab import LogTab

        return LogTab(desk)
    if name == "settings":
        from genodesk.app.pages.runs.settings_tab import SettingsTab

        return SettingsTab(desk)
    from genodesk.app.pages.runs.files_tab import FilesTab

    return FilesTab(desk)
