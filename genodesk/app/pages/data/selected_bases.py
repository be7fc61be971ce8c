"""SelectedBases: what is selected of a sequence, read as it stands, from the other strand or as protein; and copied."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.data.subsequence import (
    BASES,
    PROTEIN,
    PROTEIN_REVERSE,
    REVERSE,
    Reader,
    as_fasta,
    subsequence,
)
from genodesk.app.tasks import Tasks
from genodesk.app.theme import font
from genodesk.app.timers import once
from genodesk.app.widgets import ElidedLabel, Segments, button, column, row

MOST_COPIED = 1_000_000
_PREVIEWED = 1500  # bases
_LINES = 3
_SETTLE_MS = 80


class SelectedBases(QWidget):
    """The forms of a part. `set_sequence` says of which sequence, `take` which part."""

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._desk = desk
        self._tasks = tasks
        self._id = ""
        self._read: Reader | None = None
        self._part = (0, 0)
        self.told = ElidedLabel("")
        self.forms = Segments(
            [
                (BASES, self.tr("Bases")),
                (REVERSE, self.tr("Reverse complement")),
                (PROTEIN, self.tr("Protein")),
                (PROTEIN_REVERSE, self.tr("Protein, other strand")),
            ],
            name=self.tr("Read the selection as"),
        )
        self.forms.chosen.connect(lambda _: self._show())
        self.copying = button(self.tr("Copy"), self.copy, icon="copy", tip=self.tr("Copy the letters alone (Ctrl+C)"))
        self.copying_fasta = button(self.tr("Copy as FASTA"), lambda: self.copy(fasta=True), icon="copy")
        self.preview = QPlainTextEdit()
        self.preview.setReadOnly(True)
        self.preview.setTabChangesFocus(True)
        self.preview.setAccessibleName(self.tr("Selected part"))
        self.preview.setFont(font("mono"))
        self.preview.setFixedHeight(_LINES * self.preview.fontMetrics().lineSpacing() + 24)
        self._settle = once(self, _SETTLE_MS, self._show)
        first = row(self.told, self.copying, self.copying_fasta)
        first.setStretch(0, 1)
        whole = column(first, row(self.forms, 1), self.preview)
        self.setLayout(whole)
        self.take(0, 0)

    def set_sequence(self, id: str, read: Reader) -> None:
        """Another sequence, of which nothing is selected."""
        self._id, self._read = id, read
        self.take(0, 0)

    def take(self, start: int, end: int) -> None:
        """What is selected now; equal where it is but a place."""
        self._part = (start, end)
        if start == end:
            self._settle.stop()
            self.told.setText(self.tr("Select bases with the mouse, or with Shift and the arrow keys"))
            self.preview.clear()
        else:
            told = self.tr("{first} to {last} · {n} bases")
            self.told.setText(told.format(first=f"{start + 1:,}", last=f"{end:,}", n=f"{end - start:,}"))
            self._settle.start()
        for widget in (self.copying, self.copying_fasta, self.forms, self.preview):
            widget.setVisible(start != end)

    def choose_form(self, form: str) -> None:
        """Reads the selection as one of the forms."""
        self.forms.set_current(form)
        self._show()

    def copy(self, *, fasta: bool = False) -> None:
        """Puts the selection on the clipboard in the chosen form."""
        start, end = self._part
        if end - start > MOST_COPIED:
            self._desk.toast(
                self.tr("{n} bases are too many to copy.").format(n=f"{end - start:,}"),
                self.tr("Select at most {n}.").format(n=f"{MOST_COPIED:,}"),
                "warn",
            )
        elif start != end:
            self._tasks.start(self._copy(start, end, fasta=fasta), "copy")

    def shut(self) -> None:
        """Reads nothing any more."""
        self._settle.stop()

    async def _copy(self, start: int, end: int, *, fasta: bool) -> None:
        assert self._read is not None
        id, form = self._id, self.forms.current()
        text = await subsequence(self._read, start, end, form)
        QGuiApplication.clipboard().setText(as_fasta(id, start, end, form, text) if fasta else text)
        told = (
            self.tr("{n} amino acids copied.") if form in (PROTEIN, PROTEIN_REVERSE) else self.tr("{n} bases copied.")
        )
        self._desk.toast(told.format(n=f"{len(text):,}"), level="good")

    def _show(self) -> None:
        if self._part[0] != self._part[1]:
            self._tasks.start(self._preview(*self._part), "preview")

    async def _preview(self, start: int, end: int) -> None:
        """The beginning of the part in the chosen form, as its strand is read."""
        assert self._read is not None
        form = self.forms.current()
        cut = end - start > _PREVIEWED
        if cut and form in (REVERSE, PROTEIN_REVERSE):
            start = end - _PREVIEWED
        text = await subsequence(self._read, start, min(end, start + _PREVIEWED), form)
        none = self.tr("Three bases make an amino acid.")
        self.preview.setPlainText(text + ("…" if cut else "") or none)
