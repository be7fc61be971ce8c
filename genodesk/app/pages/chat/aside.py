"""Conversations that are not shown: deleted, with a way back for a moment, or answered while another one was."""

from PySide6.QtCore import QCoreApplication

from genodesk.app.desk import Desk
from genodesk.app.pages.chat.history import Conversation
from genodesk.app.pages.chat.subject import Subject
from genodesk.core.errors import UserError


def forget(desk: Desk, subject: Subject) -> None:
    """Deletes the conversation of now; where the disk refuses that or the way back, it is told."""
    try:
        gone = subject.forget()
    except OSError as error:
        desk.tell(_refused(_tr("The conversation could not be deleted ({why})."), error))
        return

    def bring_back() -> None:
        try:
            gone.restore()
        except OSError as error:  # it is shown all the same
            desk.tell(_refused(_tr("The conversation could not be written again ({why})."), error))
        subject.take_up(gone)

    desk.toast(_tr("The conversation was deleted."), action=(_tr("Undo"), bring_back))


def tell_ended(desk: Desk, subject: Subject, conversation: Conversation) -> None:
    """An answer has come, or will not come, in a conversation that is not shown."""
    gene, last = ", ".join(conversation.about.genes), conversation.turns[-1]
    came = last.state == "answered"
    told = _tr("There is an answer about {gene}.") if came else _tr("There is no answer about {gene}.")

    def show() -> None:
        desk.go("chat")
        subject.take_up(conversation)

    desk.toast(told.format(gene=gene), last.question, "good" if came else "warn", (_tr("Show"), show))


def _refused(told: str, error: OSError) -> UserError:
    hint = _tr("Look whether the disk is full or may not be written to; the conversation can still be exported.")
    return UserError(told.format(why=error.strerror or error), hint, str(error.filename or ""))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Aside", text)
