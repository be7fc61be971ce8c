"""Where a conversation is exported to, asked of the person, and the writing of it."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.chat.export import as_json, as_markdown
from genodesk.app.pages.chat.history import Conversation
from genodesk.core.disk import write_atomically
from genodesk.core.errors import UserError


def ask_where(owner: QWidget, desk: Desk, conversation: Conversation) -> QFileDialog:
    """Opens the system's dialog, then writes the conversation as Markdown or JSON."""
    dialog = QFileDialog(owner, _tr("Export the conversation"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters([_tr("Markdown (*.md)"), _tr("JSON (*.json)")])
    dialog.setDefaultSuffix("md")
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("json" if "json" in chosen else "md"))
    gene = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in conversation.about.genes[0])
    dialog.selectFile(f"genechat-{gene}")
    dialog.fileSelected.connect(lambda chosen: export_to(Path(chosen), desk, conversation))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def export_to(path: Path, desk: Desk, conversation: Conversation) -> None:
    """Writes the conversation; JSON where the file's name ends so, else Markdown."""
    write = as_json if path.suffix.lower() == ".json" else as_markdown
    try:
        write_atomically(path, write(conversation).encode())
    except OSError as error:
        why = _tr("The conversation could not be written ({why}).").format(why=error.strerror)
        desk.tell(UserError(why, _tr("Choose another folder."), str(path)))
        return
    desk.toast(_tr("Exported {name}").format(name=path.name), str(path.parent), "good")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Export", text)
