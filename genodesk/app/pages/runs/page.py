"""The page of runs: all of them in a list, and beside it the one that is chosen, or several compared."""

from pathlib import Path
from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from genodesk.app.desk import Desk
from genodesk.app.page import Page
from genodesk.app.pages.runs.list_panel import ListPanel
from genodesk.app.pages.runs.run_commands import COMMANDS, run_commands
from genodesk.app.pages.runs.run_panel import RunPanel
from genodesk.app.run_words import run_name
from genodesk.app.widgets import Content, button
from genodesk.core.errors import UserError
from genodesk.jobs.status import RunStatus

_NARROW_PX = 1000


class RunsPage(Page):
    """Shows the newest run where nothing else was asked for."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(16, 16, 24, 16)
        self.list = ListPanel()
        self.panel = RunPanel(desk, self.tasks)
        self.compare: Any = None
        self.right = QStackedWidget()
        self.right.addWidget(self.panel)
        self.detail = Content(self.right)
        both = QWidget()
        line = QHBoxLayout(both)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(20)
        line.addWidget(self.list)
        line.addWidget(self.detail, 1)
        self.content = Content(both)
        self.body.addWidget(self.content)
        self._wanted: Path | None = None  # a run that was asked for and is not on the list yet
        self._active = False
        self.list.chosen.connect(self._choose)
        self.list.deletion_wanted.connect(self._delete)
        desk.runs.changed.connect(self._take_runs)
        self._take_runs()

    def take(self, **arguments: Any) -> None:
        if isinstance(arguments.get("run"), str):
            self._wanted = Path(arguments["run"]).absolute()
            if self.desk.runs.find(self._wanted) is None:
                self.tasks.start(self._add(self._wanted), "add")
            self._take_runs()

    def shown(self) -> None:
        self._active = True
        self.desk.runs.show(True)
        self.list.set_active(True)
        self.panel.set_active(True)
        self.desk.commands.add(*run_commands(self))
        self._take_runs()

    def hidden(self) -> None:
        self._active = False
        self.desk.commands.remove(*COMMANDS)
        self.desk.runs.show(False)
        self.list.set_active(False)
        self.panel.set_active(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.list.set_narrow(self.width() < _NARROW_PX)

    def state(self) -> dict[str, Any]:
        return {"runs": self.list.selected(), "tab": self.panel.tab()}

    def restore(self, state: dict[str, Any]) -> None:
        runs = state.get("runs")
        if isinstance(runs, list):
            self.list.remember([run for run in runs if isinstance(run, str)])
        if isinstance(state.get("tab"), str):
            self.panel.show_tab(state["tab"])
        self._take_runs()

    def shut(self) -> None:
        self.desk.runs.changed.disconnect(self._take_runs)
        self.hidden()
        self.panel.shut()
        if self.compare is not None:
            self.compare.leave()
        super().shut()

    def _delete(self) -> None:
        if len(self.list.selected()) == 1:
            self.panel.confirm_deletion()
        else:
            self.desk.toast(self.tr("Select one run to delete it."))

    async def _add(self, folder: Path) -> None:
        try:
            found = (await self.desk.runs.add(folder)).folder  # of a copy, the run that is known already
        except UserError:
            if self._wanted == folder:
                self._wanted = None
            raise
        if self._wanted == folder:  # it was not shown meanwhile, and no other run was asked for
            self._wanted = found
            self._take_runs()

    def _take_runs(self) -> None:
        runs = self.desk.runs.runs
        if not runs:
            self._show_none()
            return
        self.content.show_content()
        self.list.set_runs(runs)
        wanted = self.desk.runs.find(self._wanted) if self._wanted is not None else None
        if wanted is not None:
            self._wanted = None
            self.list.select([wanted.id])
        elif not self.list.selected() and self._wanted is None:
            self.list.select([self.list.first() or runs[0].id])

    def _show_none(self) -> None:
        self.panel.leave()
        if self.compare is not None:
            self.compare.leave()
        if not self.desk.runs.loaded:
            self.content.show_loading(self.tr("Looking for runs…"))
            return
        see = button(self.tr("See it work"), lambda: self.desk.go("welcome"), kind="primary", icon="play")
        train = button(self.tr("Train a model"), lambda: self.desk.go("train"), icon="train")
        self.content.show_empty(
            "runs",
            self.tr("No runs yet"),
            self.tr("Whatever you train or compute appears here, live, with its curves, figures and numbers."),
            see,
            train,
        )

    def _choose(self, run_ids: list[str]) -> None:
        """Shows what is selected: a run, or several side by side."""
        by_id = {run.id: run for run in self.desk.runs.runs}
        runs = [by_id[run_id] for run_id in run_ids if run_id in by_id]
        if len(runs) > 1:
            self._show_several(runs)
        elif runs:
            self._show_one(runs[0])

    def _show_one(self, run: RunStatus) -> None:
        if self.compare is not None:
            self.compare.leave()
        try:
            self.panel.show_run(run)
        except UserError as error:
            self.detail.show_error(error)
            return
        self.setWindowTitle(run_name(run))
        self.detail.show_content()
        self.right.setCurrentWidget(self.panel)
        self.panel.set_active(self._active)

    def _show_several(self, runs: list[RunStatus]) -> None:
        if self.compare is None:
            from genodesk.app.pages.runs.compare import Compare

            self.compare = Compare(self.desk)
            self.right.addWidget(self.compare)
        self.panel.set_active(False)
        self.compare.show_runs(runs)
        self.detail.show_content()
        self.right.setCurrentWidget(self.compare)
