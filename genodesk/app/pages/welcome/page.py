"""The welcome page: see it work on data that the program makes, or open data of your own. It starts runs, no more."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from genodesk.app.amounts import when
from genodesk.app.desk import Desk
from genodesk.app.page import Page
from genodesk.app.pages.welcome.demo_card import DemoCard
from genodesk.app.pages.welcome.recent_line import RecentLine
from genodesk.app.run_names import alike
from genodesk.app.run_words import how_far, run_name
from genodesk.app.widgets import Card, Picture, button, clear, column, label, row, scrolled
from genodesk.core.layers import Layer, build
from genodesk.core.settings import plain
from genodesk.core.workflow import Demo, Workflow, get_workflow, workflow_names

_RECENT = 4
_RIGHT = 352


class WelcomePage(Page):
    """What to do first, and what was done last."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.header(
            self.tr("Welcome to Genodesk"),
            self.tr("Look at your data, train a model on it, watch it learn, and take the figure with you."),
        )
        known = [get_workflow(name) for name in workflow_names()]
        self.demos = {each.name: self._demo(each, each.demo) for each in known if each.demo is not None}
        self.files, self.latest = QVBoxLayout(), QVBoxLayout()
        self.files.setSpacing(0)
        self.latest.setSpacing(0)
        self._shown_runs: list[tuple[str, str]] = []
        right = QWidget()
        side = column(self._own_data(), self._latest_runs(), spacing=16)
        side.setStretch(0, 1)
        right.setLayout(side)
        left = QWidget()
        left.setLayout(column(*self.demos.values(), spacing=16))
        beside = scrolled(right)
        beside.setFixedWidth(_RIGHT)
        self.body.addLayout(row(scrolled(left), beside, spacing=16), 1)
        desk.settings.changed.connect(self._take_setting)
        desk.runs.changed.connect(self._show_runs)

    def shown(self) -> None:
        self._show_files()
        self._show_runs()

    def shut(self) -> None:
        self.desk.settings.changed.disconnect(self._take_setting)
        self.desk.runs.changed.disconnect(self._show_runs)
        super().shut()

    def see(self, workflow: Workflow, demo: Demo) -> None:
        """Starts the demonstration and goes to its run."""
        self.demos[workflow.name].begin()
        self.tasks.start(self._see(workflow, demo), f"see {workflow.name}")

    async def _see(self, workflow: Workflow, demo: Demo) -> None:
        card = self.demos[workflow.name]
        action = workflow.action(demo.action)
        settings = build(
            action.settings,
            Layer(action.preset(demo.preset), demo.preset),
            Layer(demo.settings, workflow.title),
        )
        try:
            status = await self.desk.runs.submit(workflow.name, action.name, plain(settings), demo.preset)
        finally:
            card.end()
        self.desk.go("runs", run=str(status.folder))

    def _demo(self, workflow: Workflow, demo: Demo) -> DemoCard:
        return DemoCard(
            workflow,
            demo,
            lambda: self.see(workflow, demo),
            lambda: self.desk.go("train", workflow=workflow.name, action=demo.action),
        )

    def _own_data(self) -> Card:
        commands = self.desk.commands
        self.open_file = button(self.tr("Open a file…"), lambda: commands.get("open file").run(), icon="open")
        self.open_folder = button(self.tr("Open a folder…"), lambda: commands.get("open folder").run())
        picture = Picture("download", "accent", 32)
        what = label(self.tr("Drop a file anywhere on this window"))
        kinds = label(self.tr("h5ad, zarr, 10x h5, csv, xlsx, FASTA, GenBank"), "small", mute=True)
        here = QFrame()
        here.setObjectName("drophere")
        inside = column(1, picture, what, kinds, spacing=4, margins=(8, 16, 8, 16))
        for item in (picture, what, kinds):
            inside.setAlignment(item, Qt.AlignmentFlag.AlignHCenter)
        inside.addSpacing(12)
        inside.addLayout(row(1, self.open_file, self.open_folder, 1))
        inside.addStretch(1)
        here.setLayout(inside)
        card = Card(self.tr("Open your own data"))
        card.body.addWidget(here, 1)
        card.body.addLayout(self.files)
        return card

    def _latest_runs(self) -> Card:
        card = Card(self.tr("Latest runs"), button(self.tr("All runs"), lambda: self.desk.go("runs"), kind="link"))
        self.no_runs = label(self.tr("What you train appears here, and goes on when this window is closed."), wrap=True)
        self.no_runs.setProperty("mute", True)
        card.body.addWidget(self.no_runs)
        card.body.addLayout(self.latest)
        return card

    def _take_setting(self, key: str) -> None:
        if key == "recent_files":
            self._show_files()

    def _show_files(self) -> None:
        clear(self.files)
        for path in self.desk.settings.recent_files[:_RECENT]:
            self.files.addWidget(RecentLine("file", path.name, str(path.parent), partial(self.desk.open_path, path)))

    def _show_runs(self) -> None:
        runs = self.desk.runs.runs[:_RECENT]
        twins = alike(runs)
        times = [when(status.created, exact=status.id in twins) for status in runs]
        now = [(status.id, f"{how_far(status)} · {time}") for status, time in zip(runs, times, strict=True)]
        if now == self._shown_runs or not self.isVisible():
            return
        self._shown_runs = now
        self.no_runs.setVisible(not runs)
        clear(self.latest)
        for status, (_, words) in zip(runs, now, strict=True):
            show = lambda folder=str(status.folder): self.desk.go("runs", run=folder)  # noqa: E731
            self.latest.addWidget(RecentLine("runs", run_name(status), words, show))
