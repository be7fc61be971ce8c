"""CommandCard: the draft as the command and the settings file that do the same without the desk, to copy or save."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication, QShowEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.files import ask_for_path
from genodesk.app.pages.train.checking import Verdict, in_titles, still_missing
from genodesk.app.theme import font
from genodesk.app.widgets import Card, Segments, button, disable, enable, label, row
from genodesk.core.command_text import command_text, command_words
from genodesk.core.disk import write_atomically
from genodesk.core.errors import UserError
from genodesk.core.settings import FileKind
from genodesk.core.settings_file import settings_document
from genodesk.core.yaml_text import write_yaml

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


class CommandCard(Card):
    """Two views of the same: the command, and the file."""

    def __init__(self, desk: "Desk", draft: Draft, parent: QWidget | None = None) -> None:
        super().__init__(_tr("The same from a terminal"))
        self.setParent(parent)
        self.views = Segments([("command", _tr("Command")), ("file", _tr("Settings file"))], name=_tr("Shown as"))
        self._desk = desk
        self._draft = draft
        self._folder: Path | None = None
        self._verdict: Verdict | None = None
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(font("mono"))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.setAccessibleName(_tr("The same from a terminal"))
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.trouble = label("", wrap=True, mute=True)
        self.copy = button(_tr("Copy"), self._copy)
        self.save = button(_tr("Save as YAML…"), self._ask_where)
        self.body.addLayout(row(self.views, 1))
        self.body.addWidget(self.text, 1)
        self.body.addWidget(self.trouble, 1, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(row(self.copy, self.save, 1))
        self.views.chosen.connect(lambda _view: self.refresh())

    def set_run_folder(self, folder: Path | None) -> None:
        """The folder of the run, where it is not named by date; it belongs to the command."""
        self._folder = folder
        self.refresh()

    def set_verdict(self, verdict: Verdict | None) -> None:
        """What the engine thinks of the draft; what it misses is told in the place of the command."""
        self._verdict = verdict
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Shows the draft as it is now, if somebody sees it."""
        if not self.isVisible():
            return
        shown = reason = told = ""
        if missing := still_missing(self._draft, self._verdict):
            reason = _tr("Not complete yet: {titles}").format(titles=", ".join(missing))
        else:
            try:
                shown = self.command() if self.views.current() == "command" else self.yaml()
            except UserError as error:
                reason = _tr("The settings do not make sense yet.")
                told = in_titles(f"{error.message} {error.hint}".strip(), self._draft.leaves.values())
        self.trouble.setText(f"{reason} {told}".strip())
        for made in (self.copy, self.save):
            if reason:
                disable(made, reason)
            else:
                enable(made)
        self.text.setVisible(bool(shown))
        self.trouble.setHidden(bool(shown))
        if self.text.toPlainText() != shown:
            self.text.setPlainText(shown)

    def command(self) -> str:
        """The command, as one pastes it. Raises UserError where the settings make no sense."""
        draft = self._draft
        words = command_words(draft.workflow.name, draft.action, draft.settings(), draft.preset, self._folder)
        return command_text(words)

    def yaml(self) -> str:
        """The settings file. Raises UserError where the settings make no sense."""
        draft = self._draft
        return write_yaml(settings_document(draft.workflow.name, draft.action.name, draft.preset, draft.settings()))

    def save_to(self, path: str) -> None:
        """Writes the settings file and says so, or why it could not be."""
        place = Path(path) if Path(path).suffix.lower() in (".yaml", ".yml") else Path(f"{path}.yaml")
        try:
            write_atomically(place, self.yaml().encode())
        except OSError as error:
            self._desk.toast(
                _tr("The settings could not be saved ({why}).").format(why=error.strerror or error),
                _tr("Choose another folder."),
                "bad",
            )
        except UserError as error:
            self._desk.tell(error)
        else:
            self._desk.toast(_tr("Settings saved"), str(place), "good")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self._desk.toast(_tr("Copied"))

    def _ask_where(self) -> None:
        dialog = ask_for_path(self, self.save_to, FileKind((".yaml", ".yml"), "output"), "save")
        dialog.selectFile(f"{self._draft.workflow.name}-{self._draft.action.name}.yaml")


def _tr(text: str) -> str:
    return QCoreApplication.translate("CommandCard", text)
