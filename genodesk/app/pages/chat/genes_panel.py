"""GenesPanel: the genes of the open file, searched by id, name or function, and the ways to open others."""

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QRect, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QMenu, QPushButton

from genodesk.app.pages.chat.genes_model import GENE, GenesModel, below, title_of
from genodesk.app.widgets import Card, Content, ElidedLabel, LinePainter, button, label, row, set_tone, write
from genodesk.app.widgets.lines import Index
from genodesk.app.widgets.text import plain_tip

_ROW_HEIGHT = 46
_INSET = 10
_NOTICES = 2  # sentences shown; the rest is told where the pointer rests on them


class GenesPanel(Card):
    """`chosen` gives the id of a gene. What opens files is asked of the page by signals."""

    chosen = Signal(str)
    file_wanted = Signal()
    annotation_wanted = Signal()
    annotation_unwanted = Signal()
    paste_wanted = Signal()
    again_wanted = Signal()

    def __init__(self, model: GenesModel) -> None:
        super().__init__(self.tr("Genes"))
        self.source = ElidedLabel("", "small", mute=True, middle=True)
        self.annotation = ElidedLabel("", "small", mute=True, middle=True)
        self.without = button(self.tr("Leave it out"), self.annotation_unwanted.emit, kind="link")
        self.without.setAccessibleName(self.tr("Leave the annotation out"))
        self.notices = label("", "small", wrap=True, selectable=True)
        set_tone(self.notices, "warn")
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(self.tr("Find a gene"))
        self.search.setAccessibleName(self.tr("Find a gene"))
        self.model = model
        self.view = QListView()
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setUniformItemSizes(True)
        self.view.setItemDelegate(LinePainter(self.view, _ROW_HEIGHT, _paint_gene, gap=(0, 1)))
        self.view.setMouseTracking(True)
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.tr("Genes"))
        self.view.selectionModel().selectionChanged.connect(self._choose)
        self.nothing = label(self.tr("No gene is called that."), "small", mute=True, wrap=True)
        self.search.textChanged.connect(self._search)
        self.content = Content(self.view)
        self.opening = button(self.tr("Open…"), icon="open")
        self.opening.setMenu(self._menu())
        self.body.addWidget(self.source)
        self.body.addWidget(self.annotation)
        self.body.addLayout(row(self.without, 1))
        for widget in (self.notices, self.search, self.nothing):
            self.body.addWidget(widget)
        self.body.addWidget(self.content, 1)
        self.body.addWidget(self.opening)
        self._annotated = False
        self._current = ""
        self._setting = False
        self.show_none()

    def show_none(self) -> None:
        """No file is open."""
        self._name("", [])
        self._empty(self.tr("No genes yet"), self.tr("Open a FASTA or GenBank file, or drop one here."))

    def show_loading(self, file: str) -> None:
        """A file is being read."""
        self.search.hide()
        self.nothing.hide()
        self.content.show_loading(self.tr("Looking into {name}").format(name=file))

    def show_count(self, total: int) -> None:
        """How many genes of a long file are there by now."""
        if self.model.count() < total:
            said = self.tr("{done:,} of {total:,} genes").format(done=self.model.count(), total=total)
            self.content.show_loading(said)

    def mark(self, on: bool) -> None:
        """Whether a file is dragged over the page, which would be opened here."""
        self.setProperty("chosen", "true" if on else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    def show_error(self, file: str, annotation: Sequence[str], unread: str) -> None:
        """A file could not be read, the annotation of the name `unread` where there is one; the page says why."""
        self._name(file, annotation)
        self.without.setVisible(bool(annotation))
        again = button(self.tr("Try again"), self.again_wanted.emit, icon="again")
        told = self.tr("{name} cannot be read.").format(name=unread) if unread else self.tr("They could not be read.")
        self._empty(self.tr("No genes"), told, again)

    def show_notices(self, sentences: Sequence[str]) -> None:
        """What is to be told of the files."""
        self.notices.setVisible(bool(sentences))
        more = len(sentences) - _NOTICES
        shown = [*sentences[:_NOTICES], *([self.tr("{count} further remarks").format(count=more)] if more > 0 else [])]
        self.notices.setText("\n".join(shown))
        self.notices.setToolTip(plain_tip("\n".join(sentences)) if more > 0 else "")

    def show_genes(self, file: str, annotation: Sequence[str], current: str) -> None:
        """The genes that the model was given, one of them chosen."""
        self._name(file, annotation)
        self.search.clear()
        self.nothing.hide()
        self.model.search("")
        self.search.setVisible(self.model.rowCount() > 1)
        self.content.show_content()
        self.set_current(current)

    def set_current(self, identity: str) -> None:
        """Marks the gene that is asked about."""
        self._current = identity
        row = self.model.row_of(identity)
        self._setting = True
        if row >= 0:
            self.view.setCurrentIndex(self.model.index(row))
            self.view.scrollTo(self.model.index(row))
        self._setting = False

    def _name(self, file: str, annotation: Sequence[str]) -> None:
        self._annotated = bool(annotation)
        self.without.hide()
        self.show_notices(())
        self.source.setText(file)
        self.source.setVisible(bool(file))
        self.annotation.setText(self.tr("with {names}").format(names=", ".join(annotation)) if annotation else "")
        self.annotation.setVisible(bool(annotation))

    def _menu(self) -> QMenu:
        menu = QMenu(self.opening)
        menu.addAction(self.tr("Sequences (FASTA, GenBank)…"), self.file_wanted.emit)
        menu.addAction(self.tr("Annotation (table, GFF3)…"), self.annotation_wanted.emit)
        menu.addAction(self.tr("Paste a sequence…"), self.paste_wanted.emit)
        without = menu.addAction(self.tr("Leave the annotation out"), self.annotation_unwanted.emit)
        menu.aboutToShow.connect(lambda: without.setVisible(self._annotated))
        return menu

    def _empty(self, title: str, text: str, *buttons: QPushButton) -> None:
        self.search.hide()
        self.nothing.hide()
        self.content.show_empty("data", title, text, *buttons)

    def _search(self, text: str) -> None:
        self.model.search(text)
        self.nothing.setVisible(not self.model.rowCount())
        self.set_current(self._current)

    def _choose(self, selected: QItemSelection) -> None:
        if selected.indexes() and not self._setting:
            self._current = selected.indexes()[0].data(GENE)["id"]
            self.chosen.emit(self._current)


def _paint_gene(painter: QPainter, area: QRect, index: Index) -> None:
    """A gene in two lines: its name, and its length with its id."""
    gene = index.data(GENE)
    inside = area.adjusted(_INSET, 4, -_INSET, -4)
    half = inside.height() // 2
    write(painter, inside.adjusted(0, 0, 0, -half), title_of(gene), "heading", "text")
    write(painter, inside.adjusted(0, half, 0, 0), below(gene), "small", "mute")
