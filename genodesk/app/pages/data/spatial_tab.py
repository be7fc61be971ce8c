"""The Spatial tab: cells where they lie in the tissue, one slice or all, any two of three axes."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.data.choices import choice_box, choose, fill, find, labelled
from genodesk.app.pages.data.coloured_cells import ColouredCells
from genodesk.app.pages.data.description import unit_taken
from genodesk.app.pages.data.inspected import place_name, places_in, refuse_other
from genodesk.app.pages.data.slice_card import SliceCard
from genodesk.app.pages.data.stated_unit import state_unit, unit_of
from genodesk.app.tasks import Tasks
from genodesk.app.widgets import Card, button, label
from genodesk.core.errors import UserError

_UNITS = ("", "µm", "mm", "pixel", "spot")


class SpatialTab(QWidget):
    """A map of the tissue. Places and slices are read by the engine; the unit is the file's, or the person's word."""

    def __init__(self, desk: Desk, path: Path, found: dict[str, Any]) -> None:
        super().__init__()
        self.desk = desk
        self.path = path
        self.tasks = Tasks(desk.tell)
        self.places = places_in(found, "space")
        self._n = found["sizes"]["cells"]
        self.cells = ColouredCells(desk, path, found)
        self.slices = SliceCard(found["slice_columns"])
        self.slices.column_chosen.connect(self._read_slices)
        self.slices.slice_chosen.connect(self._show_slice)
        self.place = choice_box(self.tr("Coordinates"), [(place_name(place), place["key"]) for place in self.places])
        self.axes = choice_box(self.tr("Axes"))
        self.unit = choice_box(self.tr("Unit"), [(unit or self.tr("not stated"), unit) for unit in _UNITS])
        self.place.currentIndexChanged.connect(lambda _: self._place_changed())
        self.axes.currentIndexChanged.connect(lambda _: self.load())
        self.unit.currentIndexChanged.connect(lambda _: self._unit_changed())
        self.place_card = self._place_card()
        for card in (self.slices, self.place_card):
            self.cells.side.insertWidget(self.cells.side.count() - 1, card)
        self.slices.setHidden(not found["slice_columns"])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.cells)
        self._positions: np.ndarray | None = None
        self._axis_names = ("x", "y")
        self._place_changed()

    def load(self) -> None:
        """Reads the places, then the colours and the slices."""
        self.cells.content.show_loading(
            self.tr("Reading the places of the cells"),
            button(self.tr("Cancel"), self._cancelled),
        )
        self.tasks.start(self._load(), "load", on_error=self._show_error)

    def state(self) -> dict[str, Any]:
        """Colour, slice, coordinates and axes."""
        return {
            **self.cells.state(),
            **self.slices.state(),
            "place": self.place.currentData(),
            "axes": list(self.axes.currentData()),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes them up again, as far as the file still has them."""
        self.slices.restore(state)
        self.cells.restore(state)
        choose(self.place, state.get("place"))
        if isinstance(state.get("axes"), list):
            choose(self.axes, tuple(state["axes"]))

    def shut(self) -> None:
        """Ends what is being read."""
        self.tasks.cancel()
        self.cells.shut()

    async def _load(self) -> None:
        axes = self.axes.currentData()
        answer = await self.desk.engine.ask(
            "preview", kind="spatial", path=str(self.path), coordinates=self.place.currentData(), axes=list(axes)
        )
        refuse_other(answer["cells"], self._n)
        self._positions = np.load(answer["coordinates"], mmap_mode="r", allow_pickle=False)
        names = _axis_names(self.places[self.place.currentIndex()])
        self._axis_names = (names[axes[0]], names[axes[1]])
        self._put_places()
        if self.slices.column:
            self._read_slices(self.slices.column)

    def _put_places(self) -> None:
        taken = unit_taken(self.unit.currentData())
        self.unit_taken.setText(taken)
        self.unit_taken.setVisible(bool(taken))
        if self._positions is not None:
            unit = self.unit.currentData()
            told = self.tr("{axes} in {unit}") if unit else self.tr("{axes}, unit not stated")
            words = told.format(axes=", ".join(self._axis_names), unit=unit)
            self.cells.show_places(self._positions, unit, self._axis_names, words)

    def _read_slices(self, column: str) -> None:
        self.tasks.start(self._load_slices(column), "slices", on_error=self.slices.show_error)

    async def _load_slices(self, column: str) -> None:
        answer = await self.desk.engine.ask("preview", kind="colour", path=str(self.path), column=column, labels=True)
        refuse_other(answer["cells"], self._n)
        codes = np.load(answer["colour"]["values"], mmap_mode="r", allow_pickle=False)
        self.slices.set_slices(codes, answer["colour"]["categories"])

    def _show_slice(self, mask: np.ndarray | None, name: str) -> None:
        if self._positions is not None:
            self.cells.show_part(mask, name)

    def _place_changed(self) -> None:
        place = self.places[self.place.currentIndex()]
        names = _axis_names(place)
        pairs = list(combinations(range(place["dimensions"]), 2))
        fill(self.axes, [(" – ".join(names[axis] for axis in pair), pair) for pair in pairs])
        self.axes_line.setHidden(len(pairs) == 1)
        stated = unit_of(self.desk.settings, self.path, place)
        if find(self.unit, stated) < 0:
            self.unit.addItem(stated, stated)
        fill(self.unit, [(self.unit.itemText(i), self.unit.itemData(i)) for i in range(self.unit.count())], stated)
        self.load()

    def _unit_changed(self) -> None:
        state_unit(self.desk.settings, self.path, self.place.currentData(), self.unit.currentData())
        self._put_places()

    def _cancelled(self) -> None:
        self.tasks.cancel()
        self._show_error(UserError(self.tr("Reading was cancelled."), self.tr("The file itself is unchanged.")))

    def _show_error(self, error: UserError) -> None:
        self.cells.content.show_error(error, button(self.tr("Try again"), self.load, icon="again"))

    def _place_card(self) -> Card:
        card = Card(self.tr("Places"))
        self.axes_line = labelled(self.tr("Axes"), self.axes)
        place_line = labelled(self.tr("Coordinates"), self.place)
        if len(self.places) == 1:
            place_line.hide()
        for line in (place_line, self.axes_line, labelled(self.tr("Unit"), self.unit)):
            card.body.addWidget(line)
        self.unit_taken = label("", "small", wrap=True, mute=True)
        card.body.addWidget(self.unit_taken)
        return card


def _axis_names(place: dict[str, Any]) -> list[str]:
    if place["key"].startswith("obs:"):
        return place["key"].removeprefix("obs:").split(",")
    return ["x", "y", "z"][: place["dimensions"]]
