"""Cells on a plane beside what explains them: colour chooser, legend, selection, read-out, export.

The Spatial and the Embedding tab say where the cells lie and add their own cards.
"""

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.data.colour_chooser import Choice, ColourChooser
from genodesk.app.pages.data.inspected import layer_of, refuse_other, telling_column
from genodesk.app.pages.data.selection_card import SelectionCard
from genodesk.app.plots.cells import CellsView
from genodesk.app.plots.legend import Legend
from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.app.widgets import (
    Card,
    Content,
    ElidedLabel,
    button,
    disable,
    enable,
    icon_button,
    label,
    row,
    scrolled,
    set_tone,
)
from genodesk.core.errors import UserError
from genodesk.core.figure import ColourScale, Figure

SIDE = 296
_GENES_OFFERED = 60
_HOVER_MS = 80
_NAMES_AT_ONCE = 10_000


class ColouredCells(QWidget):
    """The map at the left, cards at the right (`side`)."""

    def __init__(self, desk: Desk, path: Path, found: dict[str, Any]) -> None:
        super().__init__()
        self.desk = desk
        self.path = path
        self.tasks = Tasks(desk.tell)
        self.view = CellsView()
        self.legend = Legend()
        self.legend.follow(self.view)
        self.values: np.ndarray | None = None
        self.scale: ColourScale | None = None
        self._n = found["sizes"]["cells"]
        self._layer = layer_of(found)
        self._axes = ("x", "y")
        self._told = ""
        self._part = ""
        self._ready = False
        self._pointed = -1
        self.chooser = ColourChooser(found["columns"], self._find_genes, self.tasks)
        self.chooser.chosen.connect(self.colour_by)
        self.trouble = label("", "small", wrap=True)
        set_tone(self.trouble, "bad")
        self.trouble.hide()
        self.busy_text = ElidedLabel("", "small", mute=True)
        self.busy = QWidget()
        line = row(self.busy_text, button(self.tr("Cancel"), self._stop_colour, kind="link"), spacing=8)
        line.setStretch(0, 1)
        self.busy.setLayout(line)
        self.busy.hide()
        self.colour_card = Card(self.tr("Colour by"))
        for widget in (self.chooser, self.busy, self.trouble, self.legend):
            self.colour_card.body.addWidget(widget)
        self.selection = SelectionCard()
        self.selection.cleared.connect(self._clear_selection)
        self.selection.names_wanted.connect(lambda: self.tasks.start(self._copy_names(), "names"))
        self.content = Content(self._map())
        self.side = QVBoxLayout()
        self._lay_out()
        self._hover = once(self, _HOVER_MS, self._ask_name)
        self.view.picked.connect(self._point)
        self.view.lassoed.connect(self._select)
        self.view.status_changed.connect(lambda _: self._tell_status())
        column = telling_column(found)
        self.chooser.set_choice({"column": column} if column else {})

    def show_places(self, positions: np.ndarray, unit: str, axes: tuple[str, str], told: str) -> None:
        """Puts the cells at positions [cells, 2] along two named axes; `told` says in words what those mean."""
        self._axes, self._told = axes, told
        self.view.set_cells(positions, unit)
        self._ready = True
        self.selection.clear()
        self.content.show_content()
        enable(self.exporting)
        self._tell_status()
        if self.values is None or len(self.values) != len(positions):
            self.colour_by(self.chooser.choice)

    def colour_by(self, choice: Choice) -> None:
        """Colours by {"column": name}, {"gene": name}, or {}: one colour. Values are read by the engine."""
        self.chooser.set_choice(choice)
        self.trouble.hide()
        if not self._ready:
            return
        if not choice:
            self.tasks.cancel("colour")
            self._put_colours(None, None)
            return
        name = next(iter(choice.values()))
        self.busy_text.setText(self.tr("Reading {name} …").format(name=name))
        self.busy.show()
        self.tasks.start(self._colour(choice), "colour", on_error=self._no_colour)

    def show_part(self, mask: np.ndarray | None, name: str) -> None:
        """Shows only the cells of a mask [cells], called `name`; all for None."""
        self._part = name
        self.view.set_shown(mask)
        self.view.fit()

    def figure(self) -> tuple[Figure, dict[str, np.ndarray]]:
        """What is on show as a figure for print, with its arrays by file name."""
        title = ", ".join(filter(None, (self.scale.label if self.scale is not None else self.path.stem, self._part)))
        name = "".join(letter if letter.isalnum() else "_" for letter in f"{self.path.stem}_{title}")[:80]
        figure, arrays = self.view.to_figure(name, title)
        panel = figure.panels[0]
        across, up = (
            axis.model_copy(update={"label": n}) for axis, n in zip((panel.x, panel.y), self._axes, strict=True)
        )
        return figure.model_copy(update={"panels": (panel.model_copy(update={"x": across, "y": up}),)}), arrays

    def set_note(self, text: str) -> None:
        """A sentence below the cells about where their places come from; none where it is empty."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def state(self) -> dict[str, Any]:
        """The colour."""
        return {"colour": self.chooser.choice}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes up the colour again."""
        choice = state.get("colour")
        if isinstance(choice, dict) and all(isinstance(text, str) for text in choice.values()):
            self.colour_by({key: name for key, name in choice.items() if key in ("column", "gene")})

    def shut(self) -> None:
        """Ends what is being read."""
        self._hover.stop()
        self.tasks.cancel()

    async def _colour(self, choice: Choice) -> None:
        part: dict[str, Any] = {"layer": self._layer, **choice}
        answer = await self.desk.engine.ask("preview", kind="colour", path=str(self.path), **part)
        refuse_other(answer["cells"], self._n)
        told = answer["colour"]
        values = np.load(told["values"], mmap_mode="r", allow_pickle=False)
        scale = ColourScale(kind=told["kind"], label=told["label"], categories=tuple(told.get("categories", ())))
        self._put_colours(values, scale)

    def _put_colours(self, values: np.ndarray | None, scale: ColourScale | None) -> None:
        self.busy.hide()
        self.values, self.scale = values, scale
        self.view.set_colours(values, scale)
        self.selection.tell(values, scale)

    def _stop_colour(self) -> None:
        self.tasks.cancel("colour")
        self.chooser.set_choice({})
        self._put_colours(None, None)

    def _no_colour(self, error: UserError) -> None:
        self._put_colours(None, None)
        self.trouble.setText(f"{error.message} {error.hint}")
        self.trouble.show()

    async def _find_genes(self, text: str) -> list[tuple[str, str]]:
        answer = await self.desk.engine.ask("genes", path=str(self.path), containing=text, most=_GENES_OFFERED)
        return list(zip(answer["names"], answer["also"], strict=True))

    def _point(self, cell: int) -> None:
        """Tells at once what is known here, and a moment later the name of the cell."""
        self._pointed = cell
        self.tasks.cancel("name")
        self._hover.stop()
        self.readout.setText(self._value_at(cell) if cell >= 0 else self.tr("Point at a cell to read it"))
        if cell >= 0:
            self._hover.start()

    def _ask_name(self) -> None:
        """A file that cannot be read any more is told once below the pointer, not in a toast for every cell."""
        self.tasks.start(
            self._name_cell(self._pointed), "name", on_error=lambda error: self.readout.setText(error.message)
        )

    async def _name_cell(self, cell: int) -> None:
        answer = await self.desk.engine.ask(
            "preview", kind="table", path=str(self.path), start=cell, rows=1, columns=[]
        )
        value = self._value_at(cell)
        self.readout.setText(" · ".join(filter(None, (answer["rows"][0][0], value))))

    def _value_at(self, cell: int) -> str:
        if self.values is None or self.scale is None:
            return ""
        value = self.values[cell]
        if self.scale.kind == "category":
            told = self.scale.categories[value] if 0 <= value < len(self.scale.categories) else self.tr("not known")
        else:
            told = f"{value:.4g}" if np.isfinite(value) else self.tr("not known")
        return f"{self.scale.label}: {told}"

    def _select(self, mask: np.ndarray) -> None:
        self.selection.take(mask)
        self.selection.tell(self.values, self.scale)

    async def _copy_names(self) -> None:
        if self.selection.mask is None:
            return
        chosen = np.flatnonzero(self.selection.mask)
        names: list[str] = []
        for start in range(0, len(chosen), _NAMES_AT_ONCE):
            part = chosen[start : start + _NAMES_AT_ONCE].tolist()
            names += (await self.desk.engine.ask("names", path=str(self.path), cells=part))["names"]
        QGuiApplication.clipboard().setText("\n".join(names))
        self.desk.toast(self.tr("{n} names copied.").format(n=f"{len(names):,}"), level="good")

    def _clear_selection(self) -> None:
        self.view.set_lasso(self.lasso.isChecked())
        self.selection.clear()

    def _set_lasso(self, on: bool) -> None:
        self.view.set_lasso(on)
        self.selection.clear()
        if on:
            self.view.setFocus()

    def _export(self) -> None:
        from genodesk.app.plots.export import ExportPanel

        ExportPanel.open(self.desk, self.figure())

    def _tell_status(self) -> None:
        self.status.setText(" · ".join(filter(None, (self.view.status(), self._told))))

    def _map(self) -> QWidget:
        self.lasso = icon_button("lasso", self.tr("Draw around cells to select them"))
        self.lasso.setCheckable(True)
        self.lasso.toggled.connect(self._set_lasso)
        fit = icon_button("fit", self.tr("Fit the view to the cells shown (0)"), self.view.fit)
        self.exporting: QPushButton = button(self.tr("Export…"), self._export, icon="export")
        disable(self.exporting, self.tr("The cells are still being read."))
        self.status = ElidedLabel("", "small", mute=True)
        self.readout = ElidedLabel(self.tr("Point at a cell to read it"), mute=True)
        self.readout.setAccessibleName(self.tr("Cell under the pointer"))
        self.note = label("", "small", wrap=True, mute=True, selectable=True)
        self.note.hide()
        inside = QWidget()
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        tools = row(self.readout, self.lasso, fit, self.exporting, spacing=4)
        tools.setStretch(0, 1)
        whole.addLayout(tools)
        whole.addWidget(self.view, 1)
        whole.addWidget(self.status)
        whole.addWidget(self.note)
        return inside

    def _lay_out(self) -> None:
        card = Card()
        card.body.addWidget(self.content)
        cards = QWidget()
        self.side.setContentsMargins(0, 0, 0, 0)
        self.side.setSpacing(12)
        self.side.addWidget(self.selection)
        self.side.addWidget(self.colour_card)
        self.side.addStretch(1)
        cards.setLayout(self.side)
        beside = scrolled(cards)
        beside.setFixedWidth(SIDE)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 16, 0, 0)
        whole.setSpacing(16)
        whole.addWidget(card, 1)
        whole.addWidget(beside)
