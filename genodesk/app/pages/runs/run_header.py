"""The head of a run: what it is, how it stands in one line, and what can be done with it now."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from genodesk.app.amounts import bytes_words, when
from genodesk.app.pages.runs.record import RunRecord
from genodesk.app.pages.runs.use_menu import uses_of_model
from genodesk.app.run_list import is_over
from genodesk.app.run_words import (
    computer,
    is_silent,
    lasted,
    learns,
    run_name,
    share_done,
    standing_words,
    steps_per_second,
)
from genodesk.app.widgets import Bar, ElidedLabel, button, disable, enable, icon_button, row, set_tone
from genodesk.core.workflow import workflow_names
from genodesk.jobs.status import RunStatus

_NARROW_PX = 720


class RunHeader(QWidget):
    """Signals say what was clicked; nothing is done here."""

    pause_wanted = Signal()
    stop_wanted = Signal(bool)
    resume_wanted = Signal()
    again_wanted = Signal()
    deletion_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = ElidedLabel("", "title")
        self.facts = ElidedLabel("", mute=True)
        self.bar = Bar(self.tr("Progress"))
        self.said = ElidedLabel("", "small", mute=True)
        self.pause = button(
            self.tr("Pause"),
            self.pause_wanted.emit,
            icon="pause",
            tip=self.tr("Saves the work and frees the device; resume goes on from there."),
        )
        self.stop = button(
            self.tr("Stop"), self._stop, icon="stop", tip=self.tr("Finishes this step, saves the work and ends.")
        )
        self.stop_now = button(
            self.tr("Stop now"),
            self._stop_now,
            kind="danger",
            icon="stop",
            tip=self.tr("Ends at once; what was done since the last saved state is lost."),
        )
        self.resume = button(
            self.tr("Resume"),
            self.resume_wanted.emit,
            kind="primary",
            icon="resume",
            tip=self.tr("Goes on from the last saved state."),
        )
        self.again = button(
            self.tr("Run again…"),
            self.again_wanted.emit,
            icon="again",
            tip=self.tr("Opens the wizard with the settings of this run, to change some and start anew."),
        )
        self.again.setAccessibleName(self.tr("Run again with changes"))
        self.export = button(self.tr("Export…"), icon="export", tip=self.tr("Figures and tables of this run as files."))
        self.export.setAccessibleName(self.tr("Export"))
        self.menu = QMenu(self.export)
        self.export.setMenu(self.menu)
        self.delete = icon_button("trash", self.tr("Delete: move this run to the trash"), self.deletion_wanted.emit)
        self.using = button(
            self.tr("Use this model…"),
            kind="primary",
            icon="play",
            tip=self.tr("Ask it, test it on other data, or compute with it."),
        )
        self.using.setAccessibleName(self.tr("Use this model"))
        self.uses = QMenu(self.using)
        self.using.setMenu(self.uses)
        self._asked = ""
        self._uses_of: tuple[str, str] = ("", "")  # the run, and how it stood when its uses were looked up
        self._usable = False
        buttons = (self.pause, self.stop, self.stop_now, self.resume, self.using, self.again, self.export, self.delete)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        line = row(self.title, *buttons)
        line.setStretch(0, 1)
        whole.addLayout(line)
        whole.addWidget(self.facts)
        whole.addWidget(self.bar)
        whole.addWidget(self.said)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW_PX
        for made, text in (
            (self.using, self.tr("Use this model…")),
            (self.again, self.tr("Run again…")),
            (self.export, self.tr("Export…")),
        ):
            made.setText("" if narrow else text)

    def show_run(self, record: RunRecord) -> None:
        """Shows another run."""
        self._asked = ""
        self.refresh(record)

    def tell_asked(self, request: str) -> None:
        """What was asked and is not taken up yet is said at once: a request, or "resume". Empty where it is over."""
        self._asked = request

    def refresh(self, record: RunRecord) -> None:
        """Shows how the run stands now."""
        status = record.status
        over = is_over(status)
        if over != (self._asked == "resume"):
            self._asked = ""
        title = run_name(status)
        if self.title.text() != title:
            self.title.setText(title)
        facts = " · ".join(part for part in self._facts(record) if part)
        if self.facts.text() != facts:
            self.facts.setText(facts)
            set_tone(self.facts, "bad" if status.state == "failed" else "")
        stopping = not over and (status.state == "stopping" or self._asked == "stop")
        _show(self.pause, not over and not stopping)
        _show(self.stop, not over and not stopping)
        _show(self.stop_now, stopping)
        _show(self.resume, over and status.state != "finished")
        _show(self.using, over and self._can_be_used(status))
        _show(self.delete, over)
        _show(self.bar, not over and not is_silent(status))
        if not over:
            self.bar.set_share(share_done(status))
        self._say(record)
        self._allow(status)

    def _say(self, record: RunRecord) -> None:
        """The newest words of a run that goes; a training that counts its steps needs none."""
        status = record.status
        quiet = is_over(status) or not record.said or (learns(status) and share_done(status) is not None)
        _show(self.said, not quiet)
        if not quiet and self.said.text() != record.said[-1].text:
            self.said.setText(record.said[-1].text)
            set_tone(self.said, "warn" if record.said[-1].level == "warning" else "")

    def _can_be_used(self, status: RunStatus) -> bool:
        """Whether it has left a model; looked up once, as a disk may be slow."""
        if self._uses_of != (status.id, status.state):
            self._uses_of = (status.id, status.state)
            self._usable = bool(uses_of_model(status))
        return self._usable

    def _allow(self, status: RunStatus) -> None:
        waits = self.tr("It was asked already and saves its work first.")
        if status.state == "pausing" or self._asked == "pause":
            disable(self.pause, waits)
        else:
            enable(self.pause)
        if self._asked == "stop-now":
            disable(self.stop_now, self.tr("It was asked already and ends in a moment."))
        else:
            enable(self.stop_now)
        known = status.workflow in workflow_names()
        unknown = self.tr("The workflow {name} is not installed here.").format(name=status.workflow)
        if not known:
            disable(self.resume, unknown)
        elif self._asked == "resume":
            disable(self.resume, self.tr("It is being started."))
        elif status.alive is None:
            disable(self.resume, self.tr("Only {computer} can tell whether it has ended.").format(computer=status.host))
        elif not status.resumable:
            disable(self.resume, self.tr("Its last process is still ending."))
        else:
            enable(self.resume)
        if known:
            enable(self.again)
        else:
            disable(self.again, unknown)

    def _facts(self, record: RunRecord) -> list[str]:
        status = record.status
        place = ", ".join(part for part in (computer(status), record.device) if part)
        if is_over(status):
            ran = lasted(status)
            took = self.tr("took {time}").format(time=ran) if ran else ""
            if status.attempts > 1:
                took = self.tr("in {n} attempts").format(n=status.attempts)
            return [*standing_words(status), took, place, when(status.created)]
        speed, memory = steps_per_second(status), status.metrics.get("train", {}).get("memory_mb")
        return [
            *standing_words(status),
            self.tr("{n} steps/s").format(n=f"{speed:,.3g}") if speed else "",
            bytes_words(memory * 1e6) if memory else "",
            place,
        ]

    def _stop(self) -> None:
        self.stop_wanted.emit(False)

    def _stop_now(self) -> None:
        self.stop_wanted.emit(True)


def _show(widget: QWidget | QPushButton, shown: bool) -> None:
    if widget.isHidden() == shown:
        widget.setVisible(shown)
