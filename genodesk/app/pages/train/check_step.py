"""CheckStep: the last step of the wizard. In words what will happen, what differs from the preset, and the command."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.row import value_words
from genodesk.app.pages.train.checking import Verdict
from genodesk.app.pages.train.command_card import CommandCard
from genodesk.app.pages.train.estimate_card import EstimateCard
from genodesk.app.pages.train.inspecting import Inspecting, found_words
from genodesk.app.pages.train.run_place import RunPlace
from genodesk.app.pages.train.settings_step import preset_title
from genodesk.app.widgets import Card, FactsTable, button, clear, column, label, row, scrolled, set_tone

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


class CheckStep(QWidget):
    """`wanted` names a setting that needs attention and that the person wants to go to."""

    wanted = Signal(str)

    def __init__(
        self,
        desk: "Desk",
        draft: Draft,
        inspecting: Inspecting,
        estimates: dict[str, dict[str, Any]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._inspecting = inspecting
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        inside = QWidget()
        line.addWidget(scrolled(inside), 1)
        left = QVBoxLayout(inside)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(16)
        self.attention = Card(_tr("Needs attention"))
        what, changed, named = Card(_tr("What will happen")), Card(_tr("Chosen by you")), Card(_tr("Name and folder"))
        self.estimate = EstimateCard(desk, draft, estimates, inside)
        self.estimate.setHidden(not draft.action.estimate)
        for card in (self.attention, self.estimate, what, changed):
            left.addWidget(card)
        left.addStretch(1)
        self.words = label("", wrap=True, selectable=True)
        what.body.addWidget(self.words)
        self._problems = QVBoxLayout()
        self._problems.setSpacing(8)
        self.attention.body.addLayout(self._problems)
        self.same = label(_tr("Nothing: everything is as it was proposed."), mute=True, wrap=True)
        changed.body.addWidget(self.same)
        self.differing = FactsTable()
        changed.body.addWidget(self.differing)
        self.place = RunPlace(draft, desk.settings)
        named.body.addWidget(self.place)
        self.command = CommandCard(desk, draft, self)
        self.place.changed.connect(lambda: self.command.set_run_folder(self.place.path()))
        right = column(named, self.command, spacing=16)
        right.setStretch(1, 1)
        line.addLayout(right, 1)

    def refresh(self, verdict: Verdict | None) -> None:
        """Shows the draft and what the engine thinks of it now."""
        draft = self._draft
        self.words.setText(summary(draft, self._inspecting, verdict))
        names = draft.changed_names
        rows = [(draft.leaves[name].title, value_words(draft.leaves[name], draft.value(name))) for name in names]
        self.differing.set_rows(rows)
        self.differing.setVisible(bool(rows))
        self.same.setVisible(not rows)
        self.command.set_verdict(verdict)
        self._show_problems(verdict)

    def shut(self) -> None:
        """Ends the estimate."""
        self.estimate.shut()

    def _show_problems(self, verdict: Verdict | None) -> None:
        clear(self._problems)
        told = [("bad", *item) for item in verdict.problems.items()] if verdict is not None else []
        told += [("warn", *item) for item in verdict.notices.items()] if verdict is not None else []
        self.attention.setVisible(bool(told))
        for tone, name, texts in told:
            self._problems.addWidget(self._problem(tone, name, texts))

    def _problem(self, tone: str, name: str, texts: list[str]) -> QWidget:
        """Sentences, and below them the way to the setting they are about."""
        made = QWidget()
        line = column(spacing=4)
        for text in texts:
            words = label(text, wrap=True, selectable=True)
            set_tone(words, tone)
            line.addWidget(words)
        if name in self._draft.leaves:
            title = _tr("Go to {title}").format(title=self._draft.leaves[name].title)
            go = button(title, lambda: self.wanted.emit(name), kind="link")
            line.addLayout(row(go, 1))
        made.setLayout(line)
        return made


def summary(draft: Draft, inspecting: Inspecting, verdict: Verdict | None = None) -> str:
    """What will happen, in sentences."""
    workflow, action = draft.workflow, draft.action
    sentences = [f"{workflow.title}: {action.summary}"]
    files = [leaf for leaf in draft.leaves.values() if leaf.file is not None and leaf.file.role in ("data", "run")]
    for leaf in files:
        value = draft.value(leaf.name)
        paths = value if isinstance(value, list) else [value] if value else []
        found = inspecting.found.get(leaf.name)
        named = ", ".join(Path(str(path)).name for path in paths)
        if named:
            sentences.append(f"{leaf.title}: {named}" + (f" ({found_words(found)})." if found else "."))
    sentences += [text for texts in (verdict.notes.values() if verdict is not None else ()) for text in texts]
    if len(action.preset_names) > 1:
        named = preset_title(draft.preset)
        sentences.append(_tr("Whatever is not listed below is as the preset {name} says.").format(name=named))
    sentences.append(_tr("It goes on when the window is closed, and can be stopped and continued at any time."))
    return "\n".join(sentences)


def _tr(text: str) -> str:
    return QCoreApplication.translate("CheckStep", text)
