"""The Embedding tab: cells on a map of their expression, as the file brings it or as principal components made here."""

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.data.choices import choice_box, choose, fill, labelled
from genodesk.app.pages.data.coloured_cells import ColouredCells
from genodesk.app.pages.data.inspected import layer_of, places_in, refuse_other
from genodesk.app.tasks import Tasks
from genodesk.app.widgets import Card, Content, button
from genodesk.core.errors import UserError

_COMPUTED = "computed"
_MOST_AXES = 50


class EmbeddingTab(QWidget):
    """Any two axes of an embedding. Components are computed by the engine when they are asked for, never before."""

    def __init__(self, desk: Desk, path: Path, found: dict[str, Any]) -> None:
        super().__init__()
        self.desk = desk
        self.path = path
        self.tasks = Tasks(desk.tell)
        self.n_cells = found["sizes"]["cells"]
        self.embeddings = {place["key"]: place["dimensions"] for place in places_in(found, "embedding")}
        self._layer = layer_of(found)
        self.components: np.ndarray | None = None
        self.explained: list[float] = []
        self.cells = ColouredCells(desk, path, found)
        self.which = choice_box(self.tr("Embedding"), [(key, key) for key in self.embeddings])
        self.across, self.up = choice_box(self.tr("Axis across")), choice_box(self.tr("Axis up"))
        self.done = ""
        self.computing = button(self.tr("Compute principal components"), self.compute, icon="play")
        self.cells.side.insertWidget(self.cells.side.count() - 1, self._card())
        self.content = Content(self.cells)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.content)
        self.which.currentIndexChanged.connect(lambda _: self._embedding_changed())
        for box in (self.across, self.up):
            box.currentIndexChanged.connect(lambda _: self.load())
        if self.embeddings:
            self._embedding_changed()
        else:
            self._offer()

    def compute(self) -> None:
        """Asks the engine for principal components and shows them."""
        self.content.show_loading(
            self.tr("Computing principal components of {n} cells").format(n=f"{self.n_cells:,}"),
            button(self.tr("Cancel"), self._cancel),
        )
        self.tasks.start(self._compute(), "load", on_error=self._not_computed)

    def load(self) -> None:
        """Shows the two chosen axes."""
        if self.which.currentData() == _COMPUTED:
            self._show_components()
            return
        self.cells.content.show_loading(self.tr("Reading the embedding"))
        self.tasks.start(self._load(), "load", on_error=self._show_error)

    def state(self) -> dict[str, Any]:
        """Colour, embedding and axes. What was computed is not kept."""
        return {**self.cells.state(), "embedding": self.which.currentData(), "axes": self._axes()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes them up again, as far as the file still has them."""
        self.cells.restore(state)
        choose(self.which, state.get("embedding"))
        axes = state.get("axes")
        if isinstance(axes, list) and len(axes) == 2 and self.embeddings:
            choose(self.across, axes[0])
            choose(self.up, axes[1])

    def shut(self) -> None:
        """Ends what is being read or computed."""
        self.tasks.cancel()
        self.cells.shut()

    async def _load(self) -> None:
        key, axes = self.which.currentData(), self._axes()
        answer = await self.desk.engine.ask("preview", kind="spatial", path=str(self.path), coordinates=key, axes=axes)
        refuse_other(answer["cells"], self.n_cells)
        self._show(np.load(answer["coordinates"], mmap_mode="r", allow_pickle=False))

    async def _compute(self) -> None:
        answer = await self.desk.engine.ask("components", path=str(self.path), layer=self._layer)
        refuse_other(answer["cells"], self.n_cells)
        self.components = np.load(answer["coordinates"], mmap_mode="r", allow_pickle=False)
        self.explained = answer["explained"]
        self.done = answer["text"]
        options = [(key, key) for key in self.embeddings]
        fill(self.which, [*options, (self.tr("PCA, computed here"), _COMPUTED)], _COMPUTED)
        self._embedding_changed()

    def _embedding_changed(self) -> None:
        computed = self.which.currentData() == _COMPUTED
        self.cells.set_note(self.done if computed else "")
        self.computing.setVisible(self.components is None)
        n = len(self.explained) if computed else min(self.embeddings[self.which.currentData()], _MOST_AXES)
        axes = [(self._axis_name(i), i) for i in range(n)]
        fill(self.across, axes, 0)
        fill(self.up, axes, 1)
        self.content.show_content()
        self.load()

    def _show_components(self) -> None:
        assert self.components is not None
        self._show(np.ascontiguousarray(self.components[:, self._axes()]))

    def _show(self, positions: np.ndarray) -> None:
        axes = (self.across.currentText(), self.up.currentText())
        self.cells.show_places(positions, "", axes, ", ".join(axes))

    def _axes(self) -> list[int]:
        return [self.across.currentData() or 0, self.up.currentData() or 0]

    def _axis_name(self, axis: int) -> str:
        if self.which.currentData() == _COMPUTED:
            return self.tr("PC {i} ({share})").format(i=axis + 1, share=f"{self.explained[axis] * 100:.1f} %")
        return f"{self.which.currentText().removeprefix('X_')} {axis + 1}"

    def _offer(self) -> None:
        self.content.show_empty(
            "cells",
            self.tr("This file brings no embedding"),
            self.tr(
                "Principal components of the expression show which cells resemble each other. They are computed "
                "here, from at most 50,000 cells, and every cell is placed."
            ),
            button(self.tr("Compute principal components"), self.compute, kind="primary", icon="play"),
        )

    def _cancel(self) -> None:
        self.tasks.cancel("load")
        if self.embeddings or self.components is not None:
            self.content.show_content()
            self.load()  # which computing had called off
        else:
            self._offer()

    def _not_computed(self, error: UserError) -> None:
        self.content.show_error(error, button(self.tr("Back"), self._cancel))

    def _show_error(self, error: UserError) -> None:
        self.cells.content.show_error(error, button(self.tr("Try again"), self.load, icon="again"))

    def _card(self) -> Card:
        card = Card(self.tr("Embedding"))
        for widget in (self.which, labelled(self.tr("Across"), self.across), labelled(self.tr("Up"), self.up)):
            card.body.addWidget(widget)
        card.body.addWidget(self.computing)
        return card
