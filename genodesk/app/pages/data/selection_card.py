"""What a lasso has caught: how many cells, of which classes or with which mean, and how to let go."""

import numpy as np
from PySide6.QtCore import Signal

from genodesk.app.widgets import Card, FactsTable, button
from genodesk.core.figure import ColourScale

_MOST_CLASSES = 8


class SelectionCard(Card):
    """Hidden while nothing is selected. `cleared` and `names_wanted` are the person's wishes."""

    cleared = Signal()
    names_wanted = Signal()

    def __init__(self) -> None:
        self.clearing = button(self.tr("Clear"), kind="link")
        super().__init__(" ", self.clearing)
        self.clearing.clicked.connect(lambda _: self.cleared.emit())
        self.facts = FactsTable()
        self.copying = button(self.tr("Copy names"), self.names_wanted.emit, icon="copy")
        self.body.addWidget(self.facts)
        self.body.addWidget(self.copying)
        self.mask: np.ndarray | None = None  # type: ignore[assignment]
        self.hide()

    def take(self, mask: np.ndarray) -> None:
        """A new selection [cells]; one without cells hides the card."""
        n = int(np.count_nonzero(mask))
        self.mask = mask if n else None
        self.heading.setText(self.tr("{n} cells selected").format(n=f"{n:,}"))
        self.setVisible(n > 0)

    def clear(self) -> None:
        """Nothing is selected any more."""
        self.mask = None
        self.hide()

    def tell(self, values: np.ndarray | None, scale: ColourScale | None) -> None:
        """Counts the classes of the selected cells, or averages their quantity."""
        if self.mask is None:
            return
        if values is None or scale is None or len(values) != len(self.mask):
            self.facts.set_rows([])
        elif scale.kind == "category":
            self.facts.set_rows(self._classes(values[self.mask], scale))
        else:
            self.facts.set_rows(self._quantity(values[self.mask], values, scale))

    def _classes(self, codes: np.ndarray, scale: ColourScale) -> list[tuple[str, str]]:
        counts = np.bincount(codes[codes >= 0], minlength=len(scale.categories))
        order = [int(code) for code in np.argsort(-counts, kind="stable") if counts[code]]
        rows = [(scale.categories[code], f"{counts[code]:,}") for code in order[:_MOST_CLASSES]]
        rest, unknown = sum(int(counts[code]) for code in order[_MOST_CLASSES:]), int((codes < 0).sum())
        rows += [(self.tr("other"), f"{rest:,}")] if rest else []
        return rows + ([(self.tr("not known"), f"{unknown:,}")] if unknown else [])

    def _quantity(self, selected: np.ndarray, every: np.ndarray, scale: ColourScale) -> list[tuple[str, str]]:
        return [
            (self.tr("Mean {name}").format(name=scale.label), _mean(selected)),
            (self.tr("Mean of all cells"), _mean(every)),
        ]


def _mean(values: np.ndarray) -> str:
    known = values[np.isfinite(values)]
    return f"{known.mean():.4g}" if known.size else "–"
