"""PasteSheet: a sheet to paste a gene into, with a name for it. It stands beside the window and waits for nothing."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QPlainTextEdit, QWidget

from genodesk.app.pages.chat.subject import Subject
from genodesk.app.widgets import button, column, disable, enable, label, row

_SIZE = (560, 360)


class PasteSheet(QDialog):
    """`pasted` gives the text and the name, which may be empty."""

    pasted = Signal(str, str)

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Paste a sequence"))
        self.resize(*_SIZE)
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("pasted"))
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("ATGGCC…")
        self.text.textChanged.connect(self._tell)
        called, bases = label(self.tr("Name of the gene")), label(self.tr("Its bases, or FASTA with its own names"))
        for words, field in ((called, self.name), (bases, self.text)):
            words.setBuddy(field)
        self.done_button = button(self.tr("Read it"), self.accept, kind="primary")
        leave = button(self.tr("Cancel"), self.reject)
        self.setLayout(
            column(called, self.name, bases, self.text, row(1, leave, self.done_button), margins=(16, 16, 16, 16))
        )
        self.accepted.connect(lambda: self.pasted.emit(self.text.toPlainText(), self.name.text()))
        self._tell()

    def _tell(self) -> None:
        if self.text.toPlainText().strip():
            enable(self.done_button)
        else:
            disable(self.done_button, self.tr("Paste a sequence first."))


def ask_for_bases(owner: QWidget, subject: Subject) -> None:
    """Asks for the bases of a gene, which is then asked about."""
    sheet = PasteSheet(owner)
    sheet.pasted.connect(subject.paste)
    sheet.show()
