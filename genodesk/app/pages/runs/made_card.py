"""The card of a run that trains nothing: what it does now, and in the end what it made and where that lies."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.amounts import when
from genodesk.app.pages.runs.failure_card import settings_of_action
from genodesk.app.pages.runs.made import Made, made_of, without_repeats
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.train.checking import in_titles
from genodesk.app.run_list import is_over
from genodesk.app.run_words import action_title, progress_words
from genodesk.app.widgets import Card, ElidedLabel, FactsTable, button, clear, column, disable, label, row, set_tone
from genodesk.core.scores import sentences

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_LINES = 6  # of what the run says, the newest
_WIDEST_FACTS_PX = 560  # where names and numbers are still read together


class MadeCard(RunPart):
    """`show_tab` brings another tab of the run to the front."""

    def __init__(self, desk: "Desk", show_tab: Callable[[str], object]) -> None:
        super().__init__(desk)
        self.card = Card(" ")
        self.said = label("", wrap=True, selectable=True)
        self.places = column(spacing=12)
        self.facts = FactsTable()
        self.facts.setMaximumWidth(_WIDEST_FACTS_PX)
        self.notes = label("", "small", wrap=True, selectable=True)
        self.figures = button("", lambda: show_tab("figures"), icon="chart")
        self.tables = button("", lambda: show_tab("table"), icon="table")
        self.log = button(self.tr("Show the log"), lambda: show_tab("log"), icon="log")
        body = self.card.body
        body.addWidget(self.said)
        body.addLayout(self.places)
        body.addWidget(self.facts)
        body.addWidget(self.notes)
        body.addLayout(row(self.figures, self.tables, self.log, 1))
        body.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.card)
        self._shown: object = None

    def clear(self) -> None:
        self._shown = None

    def refresh(self) -> None:
        assert self.record is not None
        record, status = self.record, self.record.status
        said, drawn = len(record.said), len(record.figures)
        now = (status.state, is_over(status), status.has_result, status.progress, said, drawn, record.files)
        if now == self._shown:
            return
        self._shown = now
        result = (record.folder.result() if status.has_result else None) or {}
        made = made_of(result, record.folder.path)
        done = status.state == "finished"
        self.card.heading.setText(self.tr("What it made") if done else action_title(status))
        self._say(made)
        self._show_places(made.places)
        self.facts.set_rows(made.facts)
        self.facts.setVisible(bool(made.facts))
        known = {*sentences(result, "warnings"), *sentences(result, "remarks")}
        self._note(made, known)
        self._lead()

    def _say(self, made: Made) -> None:
        """In one sentence how it stands."""
        assert self.record is not None
        status, tone = self.record.status, ""
        if not is_over(status):
            text = progress_words(status.progress) or self.tr("It has begun. How far it is appears here soon.")
        elif status.state == "finished":
            info = [message.text for message in self.record.said if message.level == "info"]
            text = "" if made.places or made.facts else (info[-1] if info else self.tr("It is done."))
        elif status.state == "paused":
            text = self.tr("It is paused. What it makes is told here when it was resumed and is finished.")
        else:
            text, tone = self.tr("It was stopped before it was done: resume it to go on."), "warn"
        self.said.setText(text)
        self.said.setVisible(bool(text))
        set_tone(self.said, tone)

    def _note(self, made: Made, known: set[str]) -> None:
        """What the run said: while it goes the newest lines, in the end whatever a person should know."""
        assert self.record is not None
        said = self.record.said
        told: list[str] = []
        if self.record.status.state == "finished":
            warned = [message.text for message in said if message.level == "warning"]
            new = [text for text in (*warned, *made.sentences) if not any(text.startswith(one) for one in known)]
            told = [in_titles(text, settings_of_action(self.record.status)) for text in without_repeats(new)[-_LINES:]]
        elif not is_over(self.record.status):
            told = [f"{when(message.time, exact=True)}  {message.text}" for message in said[-_LINES:]]
        self.notes.setText("\n".join(told))
        self.notes.setVisible(bool(told))

    def _lead(self) -> None:
        """The ways to figures, tables and the log."""
        assert self.record is not None
        figures, folder = len(self.record.figures), self.record.folder.tables
        tables = len(list(folder.glob("*.csv"))) if folder.is_dir() else 0
        self.figures.setText(self.tr("1 figure") if figures == 1 else self.tr("{n} figures").format(n=figures))
        self.tables.setText(self.tr("1 table") if tables == 1 else self.tr("{n} tables").format(n=tables))
        self.figures.setVisible(bool(figures))
        self.tables.setVisible(bool(tables))

    def _show_places(self, places: tuple[Path, ...]) -> None:
        clear(self.places)
        for path in places:
            self.places.addWidget(self._place(path))

    def _place(self, path: Path) -> QWidget:
        """A file or folder with the ways to it; switched off where it is not there any more."""
        opened = button(self.tr("Open"), lambda: self.desk.open_path(path), icon="data")
        opened.setAccessibleName(self.tr("Open {name}").format(name=path.name))
        shown = button(self.tr("Show in folder"), lambda: _show_in_folder(path), icon="open")
        shown.setAccessibleName(self.tr("Show {name} in its folder").format(name=path.name))
        if not path.exists():
            for way in (opened, shown):
                disable(way, self.tr("It is not there any more."))
        lies = ElidedLabel(str(path.parent), "small", mute=True, middle=True)
        words = column(label(path.name, "heading", selectable=True), lies, spacing=2)
        line = row(words, opened, shown)
        line.setStretch(0, 1)
        made = QWidget()
        made.setLayout(line)
        return made


def _show_in_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
