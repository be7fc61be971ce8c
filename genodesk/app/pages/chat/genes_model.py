"""The genes of a file as a list of any length, searched by id, name and function."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, Qt

from genodesk.app.widgets.lines import Index
from genodesk.app.widgets.text import plain_tip

Gene = dict[str, Any]
"""As the worker tells it: id, name, bases, description, and whether it is annotated."""
GENE = Qt.ItemDataRole.UserRole


class GenesModel(QAbstractListModel):
    """The genes in which every word of the search occurs."""

    def __init__(self) -> None:
        super().__init__()
        self.annotated = False
        """Whether anything is written about any gene."""
        self._genes: list[Gene] = []
        self._texts: list[str] = []
        self._places: dict[str, int] = {}
        self._shown: Sequence[int] = []

    def clear(self) -> None:
        """Holds no gene."""
        self.beginResetModel()
        self._genes, self._texts, self._places, self._shown = [], [], {}, []
        self.annotated = False
        self.endResetModel()

    def add(self, genes: Sequence[Gene]) -> None:
        """Takes further genes; they are there for `search`, which shows them."""
        self._places |= {gene["id"]: place for place, gene in enumerate(genes, start=len(self._genes))}
        self._genes += genes
        self._texts += [f"{gene['id']} {gene['name']} {gene['description']}".casefold() for gene in genes]
        self.annotated = self.annotated or any(gene["annotated"] for gene in genes)

    def search(self, text: str) -> None:
        """Shows the genes that contain all words of the text."""
        words = text.casefold().split()
        self.beginResetModel()
        if words:
            self._shown = [row for row, known in enumerate(self._texts) if all(word in known for word in words)]
        else:
            self._shown = range(len(self._genes))
        self.endResetModel()

    def gene(self, row: int) -> Gene:
        """The gene in a row."""
        return self._genes[self._shown[row]]

    def find(self, identity: str) -> Gene | None:
        """The gene of an id, shown or not."""
        place = self._places.get(identity)
        return None if place is None else self._genes[place]

    def count(self) -> int:
        """How many genes there are, shown or not."""
        return len(self._genes)

    def first(self) -> str:
        """The id of the first gene, "" where there is none."""
        return str(self._genes[0]["id"]) if self._genes else ""

    def row_of(self, identity: str) -> int:
        """The row of a gene, -1 where it is not shown."""
        place = self._places.get(identity, -1)
        row = bisect_left(self._shown, place)
        return row if place >= 0 and row < len(self._shown) and self._shown[row] == place else -1

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
            return plain_tip("\n".join(part for part in (gene["id"], gene["name"], gene["description"]) if part))
        return None


def title_of(gene: Gene) -> str:
    """What a gene is called: its name, else its id."""
    return str(gene["name"] or gene["id"])


def below(gene: Gene) -> str:
    """Its length, and its id where that is not its name."""
    length = f"{gene['bases']:,} bp"
    return length if title_of(gene) == gene["id"] else f"{gene['id']} · {length}"
