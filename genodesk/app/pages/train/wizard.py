"""Wizard: the frame around the steps that lead from data to a started run. Everything chosen lives in the draft."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from genodesk.app.forms.draft import Draft
from genodesk.app.pages.train.check_step import CheckStep
from genodesk.app.pages.train.checking import Checking, file_notices, shown_problems
from genodesk.app.pages.train.data_step import DataStep
from genodesk.app.pages.train.draft_panel import DraftPanel
from genodesk.app.pages.train.inspecting import Inspecting, found_words
from genodesk.app.pages.train.settings_step import SettingsStep
from genodesk.app.pages.train.steps import CHECK, DATA, SETTINGS, WHERE, parts_of
from genodesk.app.pages.train.where_step import WhereStep
from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.app.widgets import ElidedLabel, Segments, button, column, disable, enable, row
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from genodesk.app.desk import Desk
    from genodesk.jobs.status import RunStatus


class Wizard(DraftPanel):
    """The steps of one action. `started` is sent with the status of the new run."""

    started = Signal(object)
    moved = Signal()

    def __init__(self, desk: "Desk", draft: Draft) -> None:
        super().__init__(desk, draft)
        self._tasks = Tasks(self._failed_to_start)
        self._starting = False
        self._estimates: dict[str, dict[str, Any]] = {}  # what was told of settings, for both steps that show it
        self._asked: set[str] = set()  # steps the person has wanted to leave
        parts = parts_of(draft.action.settings)
        self._parts = parts
        self.inspecting = Inspecting(desk, draft, parts.data, self)
        self.checking = Checking(desk, draft, self)
        self.order = [*parts.by_step, CHECK]
        self.pages: dict[str, DataStep | SettingsStep | WhereStep | CheckStep] = {}
        titles = {DATA: _tr("Data"), SETTINGS: _tr("Settings"), WHERE: _tr("Where"), CHECK: _tr("Check")}
        options = [(step, f"{number} {titles[step]}") for number, step in enumerate(self.order, start=1)]
        self.chips = Segments(options, name=_tr("Steps"))
        self.chips.chosen.connect(self.go)
        self.stack = QStackedWidget()
        self.subtitle = ElidedLabel(draft.action.summary, mute=True)
        title = ElidedLabel(f"{draft.action.title} · {draft.workflow.title}", "title")
        head = row(column(title, self.subtitle, spacing=4), self.chips, spacing=16)
        head.setStretch(0, 1)
        self.back = button(_tr("Back"), lambda: self.move(-1), tip=_tr("Alt+Left"))
        self.next = button("", lambda: self.move(1), kind="primary", tip=_tr("Alt+Right"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(16)
        whole.addLayout(head)
        whole.addWidget(self.taken_up)
        whole.addWidget(self.stack, 1)
        whole.addLayout(row(self.cancel, self.over, 1, self.back, self.next))
        for keys, step in (("Alt+Left", -1), ("Alt+Right", 1)):
            QShortcut(QKeySequence(keys), self).activated.connect(lambda step=step: self._by_key(step))
        self._titles = titles
        self._reached = self.order[0]
        # Questions need the event loop, which may not run yet while a state is restored.
        self._first = once(self, 0, self._begin)
        self._first.start()
        self.inspecting.changed.connect(self._refresh)
        # An engine that answers again also looks into the files again that it could not read when it died.
        self.checking.changed.connect(self.inspecting.look)
        draft.changed.connect(self._draft_changed)

    @property
    def step(self) -> str:
        """The step in front."""
        shown = self.stack.currentWidget()
        return next((step for step, page in self.pages.items() if page is shown), self.order[0])

    def go(self, step: str) -> None:
        """Brings a step to the front; a name that is none brings the first."""
        step = step if step in self.order else self.order[0]
        self._reached = max(self._reached, step, key=self.order.index)
        self.stack.setCurrentWidget(self.pages.get(step) or self._build(step))
        self.chips.set_current(step)
        self._refresh()
        self.moved.emit()

    def move(self, steps: int) -> None:  # type: ignore[override]
        """Goes on or back; from the last step on means start."""
        if steps > 0:
            self._asked.add(self.step)
            if self.step == CHECK:
                self.start()
                return
        place = self.order.index(self.step) + steps
        if 0 <= place < len(self.order):
            pressed = self.next.hasFocus() or self.back.hasFocus()
            self.go(self.order[place])
            if pressed and not (self.next.hasFocus() or self.back.hasFocus()):  # what was pressed is switched off now
                self.take_focus()

    def take_focus(self) -> None:
        """Gives the first field of the step in front to the keyboard."""
        page = self.pages[self.step]
        if isinstance(page, CheckStep):
            self.back.setFocus()
        else:
            page.form.take_focus()

    def go_to_setting(self, name: str) -> None:
        """Brings the step that asks for a setting to the front, and the setting to the person's hand."""
        step = self._parts.step_of(name)
        self._asked.add(step)
        self.go(step)
        page = self.pages[step]
        if not isinstance(page, CheckStep):
            page.form.go_to(name)

    def start(self) -> None:
        """Starts the run, once. Where that fails, everything stays as it is."""
        if not self._starting:
            self._starting = True
            self._name_buttons()
            self._tasks.start(self._start(), "start")

    def shut(self) -> None:
        """Ends every open question."""
        self._first.stop()
        self.draft.changed.disconnect(self._draft_changed)
        self._tasks.cancel()
        self.inspecting.shut()
        self.checking.shut()
        for page in self.pages.values():
            page.shut()

    def _build(self, step: str) -> DataStep | SettingsStep | WhereStep | CheckStep:
        """Makes a step when it is first wanted."""
        page: DataStep | SettingsStep | WhereStep | CheckStep
        if step == DATA:
            page = DataStep(self._desk, self.draft, self._parts.data, self.inspecting, self.stack)
        elif step == SETTINGS:
            page = SettingsStep(self._desk, self.draft, self._parts.settings, self._estimates, self.stack)
        elif step == WHERE:
            page = WhereStep(self._desk, self.draft, self._parts.where, self.stack)
        else:
            page = CheckStep(self._desk, self.draft, self.inspecting, self._estimates, self.stack)
            page.wanted.connect(self.go_to_setting)
            page.place.changed.connect(self._refresh)
            page.place.changed.connect(self.moved)
        self.pages[step] = page
        self.stack.addWidget(page)
        return page

    def _begin(self) -> None:
        """Looks at the files and checks the draft at once."""
        self.inspecting.look()
        self.checking.check()

    async def _start(self) -> None:
        check = self.pages[CHECK]
        assert isinstance(check, CheckStep)
        place = check.place.path()
        status: RunStatus = await self._desk.runs.submit(
            self.draft.workflow.name,
            self.draft.action.name,
            self.draft.nested(),
            self.draft.preset,
            str(place) if place is not None else None,
        )
        self._starting = False
        self.draft.run_name = self.draft.run_folder = ""  # the next run is another one
        self.started.emit(status)

    def _failed_to_start(self, error: UserError) -> None:
        self._starting = False
        self._desk.tell(error)
        self._refresh()

    def _by_key(self, step: int) -> None:
        """Goes on or back; where the way on is closed, to what closes it."""
        if step < 0 or self.next.isEnabled():
            self.move(step)
            return
        self._desk.toast(self.next.toolTip(), level="warn")
        verdict = self.checking.verdict
        here = [name for name in (verdict.problems if verdict is not None else ()) if self._concerns_here(name)]
        if here and self.step != CHECK:
            self.go_to_setting(here[0])

    def _draft_changed(self, _name: str) -> None:
        self._refresh()

    def _refresh(self) -> None:
        verdict = self.checking.verdict
        valid = verdict.valid if verdict is not None and not self.checking.pending else None
        for step, page in self.pages.items():
            if isinstance(page, CheckStep):
                if step == self.step:
                    page.refresh(verdict)
                page.estimate.wake(step == self.step, valid)
                continue
            if isinstance(page, DataStep):
                told = file_notices(verdict, self.draft) if verdict is not None else {}
                page.show_notices([text for texts in told.values() for text in texts])
            page.form.show_problems(shown_problems(verdict, self.inspecting.errors, self.draft, step in self._asked))
            if isinstance(page, SettingsStep):
                page.command.set_verdict(verdict)
                page.estimate.wake(step == self.step, valid)
        found = self.inspecting.main()
        self.subtitle.setText(found_words(found) if found and self.step != DATA else self.draft.action.summary)
        for step in self.order:
            chip = self.chips.chip(step)
            if self.order.index(step) <= self.order.index(self._reached):
                enable(chip)
            else:
                disable(chip, _tr("Go on step by step to here."))
        self._name_buttons()

    def _name_buttons(self) -> None:
        place = self.order.index(self.step)
        last = self.step == CHECK
        self.next.setText(
            _tr("Start") if last else _tr("Next: {step}").format(step=self._titles[self.order[place + 1]].lower())
        )
        self.over.setVisible(self.draft.is_touched)
        starting = _tr("The run is being started.") if self._starting else ""
        for made, reason in (
            (self.cancel, starting),
            (self.over, starting),
            (self.back, starting or ("" if place else _tr("This is the first step."))),
            (self.next, starting or self._why_not_on()),
        ):
            if reason:
                disable(made, reason)
            else:
                enable(made)

    def _why_not_on(self) -> str:
        """Why the next step has to wait; empty where it has not."""
        verdict = self.checking.verdict
        if verdict is None:
            return _tr("The settings are being checked.") if self.step == CHECK else ""
        here = [text for name, texts in verdict.problems.items() for text in texts if self._concerns_here(name)]
        if here:
            return here[0]
        if self.step == CHECK:
            if self.checking.pending:
                return _tr("The settings are being checked.")
            page = self.pages[CHECK]
            return page.place.complaint() if isinstance(page, CheckStep) else ""
        return ""

    def _concerns_here(self, name: str) -> bool:
        return self.step == CHECK or (name in self.draft.leaves and self._parts.step_of(name) == self.step)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Wizard", text)
