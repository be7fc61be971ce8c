"""GenesPanel: the genes of the open file, searched by id, name or function, and the ways to open others."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from genodesk.app.theme import font, theme
from genodesk.app.widgets import Card, Content, ElidedLabel, button
from genodesk.core.errors import UserError

Index = QModelIndex | QPersistentModelIndex
Gene = dict[str, Any]
GENE = Qt.ItemDataRole.UserRole
_ROW_HEIGHT = 46
_INSET = 10


class GenesModel(QAbstractListModel):
    """The genes in which every word of the search occurs."""

    def __init__(self) -> None:
        super().__init__()
        self._genes: list[Gene] = []
        self._texts: list[str] = []
        self._shown: list[int] = []

    def set_genes(self, genes: list[Gene]) -> None:
        """Takes other genes."""
        self._genes = genes
        self._texts = [f"{gene['id']} {gene['name']} {gene['description']}".casefold() for gene in genes]
        self.search("")

    def search(self, text: str) -> None:
        """Shows the genes that contain all words of the text."""
        words = text.casefold().split()
        self.beginResetModel()
        self._shown = [row for row, known in enumerate(self._texts) if all(word in known for word in words)]
        self.endResetModel()

    def gene(self, row: int) -> Gene:
        """The gene in a row."""
        return self._genes[self._shown[row]]

    def find(self, identity: str) -> Gene | None:
        """The gene of an id, shown or not."""
        return next((gene for gene in self._genes if gene["id"] == identity), None)

    def row_of(self, identity: str) -> int:
        """The row of a gene, -1 where it is not shown."""
        return next((row for row, at in enumerate(self._shown) if self._genes[at]["id"] == identity), -1)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        gene = self.gene(index.row())
        if role == GENE:
            return gene
        if role == Qt.ItemDataRole.DisplayRole:
            return title_of(gene)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{title_of(gene)}, {below(gene)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (gene["id"], gene["name"], gene["description"]) if part)
        return None


class GenesPanel(Card):
    """`chosen` gives the id of a gene. What opens files is asked of the page by signals."""

    chosen = Signal(str)
    file_wanted = Signal()
    annotation_wanted = Signal()
    paste_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(self.tr("Genes"))
        self.source = ElidedLabel("", "small", mute=True, middle=True)
        self.annotation = ElidedLabel("", "small", mute=True, middle=True)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(self.tr("Find a gene"))
        self.search.setAccessibleName(self.tr("Find a gene"))
        self.model = GenesModel()
        self.view = QListView()
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setUniformItemSizes(True)
        self.view.setItemDelegate(_GeneLines(self.view))
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.tr("Genes"))
        self.view.selectionModel().currentChanged.connect(self._choose)
        self.search.textChanged.connect(self._search)
        self.content = Content(self.view)
        self.opening = button(self.tr("Open…"), icon="open")
        self.opening.setMenu(self._menu())
        for widget in (self.source, self.annotation, self.search):
            self.body.addWidget(widget)
        self.body.addWidget(self.content, 1)
        self.body.addWidget(self.opening)
        self._current = ""
        self.show_none()

    def show_none(self) -> None:
        """No file is open."""
        self._name("", [])
        self.model.set_genes([])
        self.search.hide()
        self.content.show_empty("data", self.tr("No genes yet"), self.tr("Open a FASTA or GenBank file, or drop one."))

    def show_loading(self, name: str) -> None:
        """A file is being read."""
        self.search.hide()
        self.content.show_loading(self.tr("Looking into {name}").format(name=name))

    def show_error(self, error: UserError) -> None:
        """A file could not be read."""
        self.search.hide()
        self.content.show_error(error)

    def show_genes(self, genes: list[Gene], file: str, annotation: list[str], current: str) -> None:
        """The genes of a file, one of them chosen."""
        self._name(file, annotation)
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self.search.setVisible(len(genes) > 1)
        self.model.set_genes(genes)
        self.content.show_content()
        self.set_current(current)

    def set_current(self, identity: str) -> None:
        """Marks the gene that is asked about."""
        self._current = identity
        row = self.model.row_of(identity)
        self.view.selectionModel().blockSignals(True)
        if row >= 0:
            self.view.setCurrentIndex(self.model.index(row))
            self.view.scrollTo(self.model.index(row))
        self.view.selectionModel().blockSignals(False)
        self.view.viewport().update()

    def _name(self, file: str, annotation: list[str]) -> None:
        self.source.setText(file)
        self.source.setVisible(bool(file))
        self.annotation.setText(self.tr("with {names}").format(names=", ".join(annotation)))
        self.annotation.setVisible(bool(annotation))

    def _menu(self) -> QMenu:
        menu = QMenu(self.opening)
        menu.addAction(self.tr("Sequences (FASTA, GenBank)…"), self.file_wanted.emit)
        menu.addAction(self.tr("Annotation (table, GFF3)…"), self.annotation_wanted.emit)
        menu.addAction(self.tr("Paste a sequence…"), self.paste_wanted.emit)
        return menu

    def _search(self, text: str) -> None:
        self.model.search(text)
        self.set_current(self._current)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self._current = index.data(GENE)["id"]
            self.chosen.emit(self._current)


class _GeneLines(QStyledItemDelegate):
    """A gene in two lines: its name, and its length with its id."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(0, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        gene = index.data(GENE)
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        area = option.rect.adjusted(0, 1, 0, -1)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("soft" if selected else "hover"))
            painter.drawRoundedRect(area, 6, 6)
        inside = area.adjusted(_INSET, 4, -_INSET, -4)
        self._line(
            painter, inside, title_of(gene), "heading", theme().colour("accent" if selected else "text"), top=True
        )
        self._line(painter, inside, below(gene), "small", theme().colour("mute"), top=False)
        painter.restore()

    def _line(self, painter: QPainter, area: Any, text: str, kind: str, colour: QColor, *, top: bool) -> None:
        painter.setFont(font(kind))
        painter.setPen(colour)
        place = Qt.AlignmentFlag.AlignTop if top else Qt.AlignmentFlag.AlignBottom
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(place | Qt.AlignmentFlag.AlignLeft), shown)


def title_of(gene: Gene) -> str:
    """What a gene is called: its name, else its id."""
    return str(gene["name"] or gene["id"])


def below(gene: Gene) -> str:
    """Its length, and its id where that is not its name."""
    length = f"{gene['bases']:,} bp"
    return length if title_of(gene) == gene["id"] else f"{gene['id']} · {length}"
