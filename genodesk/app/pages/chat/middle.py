"""Middle: the conversation or, before anything was asked, what can be done here and whom a question would be about."""

import os
from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

from genodesk.app.pages.chat.genes_model import title_of
from genodesk.app.pages.chat.subject import DEMONSTRATION, Subject
from genodesk.app.pages.chat.thread_view import ThreadView
from genodesk.app.widgets import Content, button
from genodesk.core.resources import resource


class Middle(Content):
    """Shows the state that the subject is in. What the person wants of it is signalled."""

    sample_wanted = Signal()
    file_wanted = Signal()
    again_wanted = Signal()
    without_wanted = Signal()

    def __init__(self, thread: ThreadView) -> None:
        super().__init__(thread)

    def show_subject(self, subject: Subject, *, asked: bool) -> None:
        """The thread once something was `asked`, else what comes before it."""
        if asked:
            self.show_content()
        elif not subject.about.path:
            self.show_empty(
                "chat",
                self.tr("Ask what a gene does"),
                self.tr("A model reads its DNA and answers; what your own annotation says stands beside it."),
                *self._ways_in(),
            )
        elif subject.error is not None:
            again = button(self.tr("Try again"), self.again_wanted.emit, icon="again")
            other = button(self.tr("Open another file…"), self.file_wanted.emit, kind="primary", icon="open")
            without = button(self.tr("Leave the annotation out"), self.without_wanted.emit, kind="primary")
            self.show_error(subject.error, without if subject.about.annotation else other, again)
        elif subject.reads:
            self.show_loading(self.tr("Reading the genes"))
        elif subject.gene is None:
            self.show_empty("chat", self.tr("Choose a gene"), next(iter(subject.notices), ""))
        else:
            text = self.tr("The answer comes from its DNA alone. It may be wrong: hold it against the evidence.")
            if subject.guessed:
                text = self.tr(
                    "The demonstration model knows generated genes only, so about this one it guesses. "
                    "Train a model of your own, or choose one above."
                )
            self.show_empty("chat", self.tr("Ask about {name}").format(name=title_of(subject.gene)), text)

    def _ways_in(self) -> Iterator[QPushButton]:
        if os.path.isfile(resource(DEMONSTRATION) / "genes.fasta"):  # noqa: PTH113
            yield button(self.tr("See it work"), self.sample_wanted.emit, kind="primary", icon="play")
        yield button(self.tr("Open sequences…"), self.file_wanted.emit, icon="open")
