"""One inspected file in tabs. A tab is built when it is first looked at; which ones there are follows from the kind."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.data.inspected import is_cells, is_described, is_sequences, places_in
from genodesk.app.pages.data.stated_unit import unit_of
from genodesk.app.pages.data.summary_tab import SummaryTab
from genodesk.app.widgets import Tabs

if TYPE_CHECKING:
    from genodesk.app.pages.data.spatial_tab import SpatialTab


class FileView(QWidget):
    """Tabs about the file at `path`, of which `inspect` told `found`, as `state` has kept them; `tab` is in front."""

    def __init__(self, desk: Desk, path: Path, found: dict[str, Any], state: dict[str, Any], tab: str = "") -> None:
        super().__init__()
        self.desk = desk
        self.path = path
        self.found = found
        self._built: dict[str, QWidget] = {}
        self._makers = self._tabs_of_kind()
        self._states = {key: state[key] for key in self._makers if isinstance(state.get(key), dict)}
        self.tabs = Tabs(self.tr("Parts of the file"))
        self._keys = list(self._makers)
        self._rooms: list[QVBoxLayout] = []
        for title, _ in self._makers.values():
            room = QWidget()
            room.setObjectName("canvas")
            inside = QVBoxLayout(room)
            inside.setContentsMargins(0, 0, 0, 0)
            self._rooms.append(inside)
            self.tabs.addTab(room, title)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.tabs)
        usual = "table" if found["kind"] in ("table", "workbook") else "summary"
        first = next(key for key in (tab, state.get("tab"), usual) if key in self._keys)
        self.tabs.setCurrentIndex(self._keys.index(first))
        self._build(self._keys.index(first))
        self.tabs.currentChanged.connect(self._build)

    @property
    def current(self) -> str:
        """The key of the tab in front: summary, table, sequences, spatial, embedding, or that of a workflow's table."""
        return self._keys[self.tabs.currentIndex()]

    def show_tab(self, key: str) -> QWidget | None:
        """Brings a tab to the front and returns what it shows; None where this file has no such tab."""
        if key not in self._keys:
            return None
        self.tabs.setCurrentIndex(self._keys.index(key))
        return self._built[key]

    def coordinates(self) -> tuple[str, str]:
        """The coordinates that the Spatial tab shows, or would show, and their unit; both may be empty."""
        places = places_in(self.found, "space")
        chosen = self.state().get("spatial", {}).get("place")
        place = next((place for place in places if place["key"] == chosen), next(iter(places), None))
        return (place["key"], unit_of(self.desk.settings, self.path, place)) if place is not None else ("", "")

    def gene_names(self) -> list[str]:
        """What the gene that the Sequences tab shows may be called; empty before that was looked at."""
        tab = self._built.get("sequences")
        return tab.gene_names() if tab is not None else []  # type: ignore[attr-defined]

    def state(self) -> dict[str, Any]:
        """The tab in front and what each tab keeps."""
        kept = {key: tab.state() for key, tab in self._built.items() if hasattr(tab, "state")}
        return {"tab": self.current, **self._states, **kept}

    def shut(self) -> None:
        """Ends what the tabs do."""
        for tab in self._built.values():
            if hasattr(tab, "shut"):
                tab.shut()

    def _tabs_of_kind(self) -> dict[str, tuple[str, Callable[[], QWidget]]]:
        tabs: dict[str, tuple[str, Callable[[], QWidget]]] = {"summary": (self.tr("Summary"), self._summary)}
        if is_cells(self.found) or self.found["kind"] in ("table", "workbook"):
            tabs["table"] = (self.tr("Table"), self._table)
        if is_sequences(self.found):
            tabs["sequences"] = (self.tr("Sequences"), self._sequences)
        if is_described(self.found):
            for told in self.found["tables"]:
                tabs[told["name"]] = (told["title"], partial(self._described_table, told))
        if is_cells(self.found):
            if places_in(self.found, "space"):
                tabs["spatial"] = (self.tr("Spatial"), self._spatial)
            tabs["embedding"] = (self.tr("Embedding"), self._embedding)
        return tabs

    def _build(self, number: int) -> None:
        key = self._keys[number]
        if key in self._built:
            return
        tab = self._makers[key][1]()
        self._built[key] = tab
        self._rooms[number].addWidget(tab)
        if key in self._states:
            tab.restore(self._states.pop(key))  # type: ignore[attr-defined]

    def _summary(self) -> QWidget:
        tab = SummaryTab(self.path, self.found)
        tab.column_wanted.connect(self._show_column)
        return tab

    def _table(self) -> QWidget:
        from genodesk.app.pages.data.table_tab import TableTab

        return TableTab(self.desk, self.path, self.found)

    def _described_table(self, told: dict[str, Any]) -> QWidget:
        from genodesk.app.pages.data.table_tab import TableTab

        return TableTab(self.desk, self.path, self.found, told)

    def _sequences(self) -> QWidget:
        from genodesk.app.pages.data.sequences_tab import SequencesTab

        return SequencesTab(self.desk, self.path, self.found)

    def _spatial(self) -> "SpatialTab":
        from genodesk.app.pages.data.spatial_tab import SpatialTab

        return SpatialTab(self.desk, self.path, self.found)

    def _embedding(self) -> QWidget:
        from genodesk.app.pages.data.embedding_tab import EmbeddingTab

        return EmbeddingTab(self.desk, self.path, self.found)

    def _show_column(self, name: str) -> None:
        tab = self.show_tab("spatial") or self.show_tab("embedding")
        if tab is not None:
            tab.cells.colour_by({"column": name})  # type: ignore[attr-defined]
