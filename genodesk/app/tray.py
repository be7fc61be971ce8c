"""The tray at the foot of the window: what is running, how far it is, and where it runs. It computes nothing.

The list of runs is first asked for in `begin`, so that the window is painted before the list is loaded.
"""

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from genodesk.app.amounts import when
from genodesk.app.commands import keys_in_words
from genodesk.app.desk import Desk
from genodesk.app.tasks import Tasks
from genodesk.app.theme import tokens
from genodesk.app.timers import every, once
from genodesk.app.widgets import Bar, ElidedLabel, button, disable, enable, label
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from genodesk.jobs.status import RunStatus

_BAR_WIDTH = 160
_NAME_WIDEST = 280
_GOOD_NEWS_MS = 4000
_CLOCK_MS = 1000


class Tray(QWidget):
    """Shows the newest run that is going; the others are one click away."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("tray")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(tokens()["tray_height"])
        self.setAccessibleName(self.tr("What is running"))
        self._desk = desk
        self._tasks = Tasks(desk.tell)
        self._shown: RunStatus | None = None
        self._asked = ""
        self._was_away = False
        self.count = label("", "small", mute=True)
        self.name = button("", self._open, kind="quiet", tip=self.tr("Show this run"))
        self.name.setMaximumWidth(_NAME_WIDEST)
        self.bar = Bar(self.tr("Progress of the run"))
        self.bar.setFixedWidth(_BAR_WIDTH)
        self.far = ElidedLabel("", "small", mute=True)
        self.stop = button(self.tr("Stop"), self._stop, kind="quiet", icon="stop", tip=self.tr("Stop this run"))
        self.more = button("", lambda: desk.go("runs"), kind="link", tip=self.tr("Show all runs"))
        self.reading = label("", "small")
        self.computer = label(_this_computer(), "small", mute=True)
        self.commands = button(
            keys_in_words("Ctrl+K"),
            lambda: desk.commands.get("palette").run(),
            kind="keys",
            tip=self.tr("All commands, recent files and runs"),
        )
        self.commands.setAccessibleName(self.tr("All commands"))
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 0, 8, 0)
        line.setSpacing(12)
        for widget in (self.count, self.name, self.bar, self.far, self.stop, self.more):
            line.addWidget(widget)
        line.setStretchFactor(self.far, 1)
        line.addStretch(0)
        for widget in (self.reading, self.computer, self.commands):
            line.addWidget(widget)
        self._good_news = once(self, _GOOD_NEWS_MS, self.reading.hide)
        self._clock = every(self, _CLOCK_MS, self._refresh)  # the time that is left moves on between two events, too
        self.reading.hide()
        self._show_runs([])
        desk.engine.state_changed.connect(self._show_reading)

    def begin(self) -> None:
        """Follows the runs from now on."""
        self._desk.runs.changed.connect(self._refresh)
        self._desk.runs.ended.connect(self._tell_end)
        self._refresh()

    def shut(self) -> None:
        """Ends what it has begun."""
        self._good_news.stop()
        self._clock.stop()
        self._tasks.cancel()

    def _refresh(self) -> None:
        from genodesk.app.run_list import is_over

        self._show_runs([status for status in self._desk.runs.runs if not is_over(status)])

    def _show_runs(self, going: "list[RunStatus]") -> None:
        self._shown = going[0] if going else None
        for widget in (self.name, self.bar, self.stop):
            widget.setVisible(bool(going))
        self.more.setVisible(len(going) > 1)
        self.count.setText(self.tr("No run is going") if not going else self._how_many(len(going)))
        if not going:
            self.far.setText("")
            self._clock.stop()
            return
        if not self._clock.isActive():
            self._clock.start()
        from genodesk.app.run_words import how_far, is_silent, run_name, share_done

        newest = going[0]
        name = run_name(newest)
        self.name.setText(self.name.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDEST - 24))
        self.name.setAccessibleName(name)
        self.bar.set_share(share_done(newest))
        self.bar.setVisible(not is_silent(newest))
        self.far.setText(how_far(newest))
        self.more.setText(self.tr("and {n} more").format(n=len(going) - 1))
        if newest.id == self._asked or newest.state in ("stopping", "pausing"):
            disable(self.stop, self.tr("It has been asked already and saves its work first."))
        else:
            enable(self.stop)

    def _how_many(self, number: int) -> str:
        return self.tr("1 run") if number == 1 else self.tr("{n} runs").format(n=number)

    def _open(self) -> None:
        if self._shown is not None:
            self._desk.go("runs", run=str(self._shown.folder))

    def _stop(self) -> None:
        if self._shown is not None:
            self._asked = self._shown.id
            disable(self.stop, self.tr("It has been asked already and saves its work first."))
            self._tasks.start(
                self._desk.runs.ask(self._shown.folder, "stop"), f"stop {self._asked}", on_error=self._not_asked
            )

    def _not_asked(self, error: UserError) -> None:
        """The run has not heard it: it may be asked once more."""
        self._asked = ""
        self._refresh()
        self._desk.tell(error)

    def _tell_end(self, status: "RunStatus") -> None:
        from genodesk.app.run_words import run_name

        if status.id == self._asked:
            self._asked = ""
        text, level = {
            "finished": (self.tr("{name} is finished"), "good"),
            "stopped": (self.tr("{name} has stopped"), "info"),
            "paused": (self.tr("{name} is paused"), "info"),
        }.get(status.state, (self.tr("{name} has failed"), "bad"))
        reason = status.error.message if status.error is not None and level == "bad" else ""
        reason = reason or self.tr("Started {time}").format(time=when(status.created))
        show = (self.tr("Show"), lambda: self._desk.go("runs", run=str(status.folder)))
        self._desk.toast(text.format(name=run_name(status)), reason, level, show)

    def _show_reading(self, state: str) -> None:
        """Whether files can be read just now; said only where something is or was amiss."""
        self._good_news.stop()
        if state == "restarting":
            self._was_away = True
            self.reading.setText(self.tr("The part that reads files is being started again…"))
        elif state == "ready" and self._was_away:
            self._was_away = False
            self.reading.setText(self.tr("Files can be read again."))
            self._good_news.start()
        self.reading.setVisible(state == "restarting" or self._good_news.isActive())


def _this_computer() -> str:
    cores = os.cpu_count() or 1
    if cores == 1:
        return _tr("This computer · CPU, 1 core")
    return _tr("This computer · CPU, {n} cores").format(n=cores)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tray", text)
