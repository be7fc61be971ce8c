"""The Sequences tab: the sequences of a file at the left, the chosen one with its bases, GC track and features."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.data.bases_view import BasesView
from genodesk.app.pages.data.found_table import FoundTable
from genodesk.app.pages.data.selected_bases import SelectedBases
from genodesk.app.pages.data.sequence_pages import SequencePages
from genodesk.app.pages.data.sequence_track import SequenceTrack
from genodesk.app.pages.data.subsequence import BASES, PROTEIN, PROTEIN_REVERSE, REVERSE, place_of
from genodesk.app.tasks import Tasks
from genodesk.app.widgets import (
    Card,
    Content,
    ElidedLabel,
    button,
    column,
    disable,
    enable,
    icon_button,
    label,
    row,
    set_tone,
)
from genodesk.core.errors import UserError

_NARROWEST_SIDE, _WIDEST_SIDE, _SIDE_SHARE = 348, 400, 0.31
_GO_WIDTH = 168
_STRANDS = {"+": "+", "-": "−", ".": ""}


class SequencesTab(QWidget):
    """Everything is asked of the engine in parts: rows that are looked at, bases in view."""

    def __init__(self, desk: Desk, path: Path, found: dict[str, Any]) -> None:
        super().__init__()
        self.desk = desk
        self.path = path
        self.tasks = Tasks(desk.tell)
        self.record: dict[str, Any] | None = None
        self.feature: dict[str, Any] | None = None
        self.pages: SequencePages | None = None
        self._came_back: dict[str, Any] | None = None
        self.records = FoundTable(
            self.tr("Sequences"),
            [(self.tr("Name"), 0), (self.tr("Length"), 86), (self.tr("GC"), 68), (self.tr("N"), 56)],
            self._find_records,
            self.tasks,
            placeholder=self.tr("Find a sequence"),
            words={1: _grouped, 2: _percent, 3: _grouped},
        )
        self.features = FoundTable(
            self.tr("Features"),
            [(self.tr("Name"), 0), (self.tr("Kind"), 86), (self.tr("From"), 80), ("+/−", 44)],
            self._find_features,
            self.tasks,
            placeholder=self.tr("Find a feature"),
            words={2: _grouped},
        )
        self.features.setVisible(bool(found.get("features")))
        self.records.setVisible(found["records"] > 1)
        self.records.chosen.connect(lambda values: self.show_record(values[-1]))
        self.features.chosen.connect(lambda values: self.show_feature(values[-1]))
        self.name, self.facts = ElidedLabel("", "heading"), ElidedLabel("", "small", mute=True)
        self.note = label("", "small", wrap=True, mute=True, selectable=True)
        self.goto = QLineEdit()
        self.asking = button(self.tr("Ask GeneChat"), self._ask_chat, icon="chat")
        self.exporting = icon_button("export", self.tr("Export GC and features as a figure"), self._export)
        self.track, self.bases = SequenceTrack(), BasesView()
        self.selected = SelectedBases(desk, self.tasks)
        self.content = Content(self._middle())
        self._lay_out()
        self._connect()
        self.content.show_loading(self.tr("Reading the sequences"))
        self.records.load()

    @property
    def ready(self) -> bool:
        """Whether a sequence is shown and all of it that is in view has arrived."""
        return self.pages is not None and self.pages.has(*self.bases.in_view())

    def show_record(self, record: dict[str, Any]) -> None:
        """Shows a sequence from its beginning."""
        if self.record is not None and self.record["id"] == record["id"] and self.content.error is None:
            return
        self.record, self.feature = record, None
        id, length = record["id"], record["length"]
        self.name.setText(id)
        self.facts.setText(self._told(record))
        self.note.hide()
        self._trouble("")
        self.goto.clear()
        read = partial(self._read, id)
        before, self.pages = self.pages, SequencePages(length, read, self.tasks)
        self.pages.setParent(self.bases)
        self.pages.failed.connect(self._show_error)
        self.selected.set_sequence(id, read)
        self.track.clear(length)
        disable(self.exporting, self.tr("The sequence is still being read."))
        self.bases.show_pages(self.pages)
        if before is not None:
            before.shut()
            before.deleteLater()
        self.content.show_content()
        self.tasks.start(self._show_track(id), "track", on_error=self._show_error)
        if self.features.isVisibleTo(self):
            self.features.search.clear()
            self.features.load()

    def show_feature(self, feature: dict[str, Any]) -> None:
        """Goes to an annotated part, selects it and reads it on its strand: as protein where it is one in one piece."""
        self.bases.select(feature["start"], feature["end"])
        other, parts = feature["strand"] == "-", len(feature["parts"])
        protein = feature["kind"] == "CDS" and parts == 1
        self.selected.choose_form((PROTEIN_REVERSE if other else PROTEIN) if protein else (REVERSE if other else BASES))
        told = [f"{feature['kind']} {feature['name']}".strip(), *feature["qualifiers"].get("product", [])[:1]]
        if parts > 1:
            told.append(self.tr("joined of {n} parts; what lies between is selected too").format(n=parts))
        self.note.setText(" · ".join(dict.fromkeys(told)))
        self.note.show()
        self.feature = feature

    def go_to(self, text: str) -> None:
        """Goes to a position, or selects a range, as a person has written it."""
        if self.record is None:
            return
        try:
            start, end = place_of(text, self.record["length"])
        except UserError as error:
            self._trouble(f"{error.message} {error.hint}")
            return
        self._trouble("")
        self.bases.select(start, end)

    def gene_names(self) -> list[str]:
        """What GeneChat may call the gene of the chosen feature, the most exact first; else the sequence's id."""
        if self.record is None:
            return []
        id, feature = self.record["id"], self.feature
        if feature is None:
            return [id]
        if feature["gene"]:
            return [f"{id}:{feature['gene']}", feature["gene"]]
        return [f"{id}:{feature['start'] + 1}-{feature['end']}"]

    def state(self) -> dict[str, Any]:
        """The sequence and the first base in view."""
        return {"record": self.record, "base": self.bases.in_view()[0]}

    def restore(self, state: dict[str, Any]) -> None:
        """Shows them again."""
        if isinstance(state.get("record"), dict) and isinstance(state.get("base"), int):
            self._came_back = state

    def shut(self) -> None:
        """Ends what is being read."""
        for part in (self.records, self.features, self.selected, self.pages):
            if part is not None:
                part.shut()
        self.tasks.cancel()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._side.setFixedWidth(max(_NARROWEST_SIDE, min(round(_SIDE_SHARE * self.width()), _WIDEST_SIDE)))

    async def _find_records(self, text: str, first: int, number: int) -> tuple[list[list[Any]], int, int]:
        answer = await self.desk.engine.ask("sequences", path=str(self.path), find=text, first=first, count=number)
        rows = [[row["id"], row["length"], row["gc"], row["n"], row] for row in answer["rows"]]
        if self.record is None and rows:
            self._show_first(rows[0][-1])
        return rows, answer["matches"], answer["total"]

    def _show_first(self, record: dict[str, Any]) -> None:
        """The sequence that was shown last time, else the first."""
        state, self._came_back = self._came_back, None
        shown = state["record"] if state is not None else record
        self.show_record(shown)
        if state is not None:
            self.bases.go_to(min(state["base"], shown["length"] - 1))

    async def _find_features(self, text: str, first: int, number: int) -> tuple[list[list[Any]], int, int]:
        assert self.record is not None
        answer = await self.desk.engine.ask(
            "features", path=str(self.path), id=self.record["id"], find=text, first=first, count=number
        )
        rows = [
            [row["name"] or row["kind"], row["kind"], row["start"] + 1, _STRANDS[row["strand"]], row]
            for row in answer["rows"]
        ]
        return rows, answer["matches"], answer["total"]

    async def _read(self, id: str, start: int, number: int, strand: str = "+") -> dict[str, Any]:
        part: dict[str, Any] = {"start": start, "count": number, "strand": strand}
        return await self.desk.engine.ask("sequence", path=str(self.path), id=id, **part)

    async def _show_track(self, id: str) -> None:
        answer = await self.desk.engine.ask("sequence_track", path=str(self.path), id=id)
        gc, features = (np.load(answer[name], allow_pickle=False) for name in ("gc", "features"))
        self.track.show_track(answer["length"], gc, answer["gc_window"], features)
        enable(self.exporting)
        self._mark_place()

    def _told(self, record: dict[str, Any]) -> str:
        told = [self.tr("{n} bases").format(n=f"{record['length']:,}")]
        if record["gc"] is not None:
            told.append(self.tr("GC {share}").format(share=_percent(record["gc"])))
        if record["n"]:
            told.append(self.tr("{n} not known (N)").format(n=f"{record['n']:,}"))
        if record["soft_masked"]:
            told.append(self.tr("{n} soft-masked (small letters)").format(n=f"{record['soft_masked']:,}"))
        return " · ".join([*told, *([record["description"]] if record["description"] else [])])

    def _ask_chat(self) -> None:
        if self.record is not None:
            self.desk.go("chat", path=str(self.path), names=self.gene_names())

    def _export(self) -> None:
        from genodesk.app.plots.export import ExportPanel

        if self.record is not None:
            ExportPanel.open(self.desk, self.track.figure(self.record["id"]))

    def _mark_place(self) -> None:
        self.track.show_place(self.bases.in_view(), self.bases.selection)

    def _select(self, start: int, end: int) -> None:
        self.note.hide()
        self.feature = None
        self.selected.take(start, end)
        self._mark_place()

    def _trouble(self, text: str) -> None:
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self.goto.setProperty("wrong", bool(text))
        self.goto.style().unpolish(self.goto)
        self.goto.style().polish(self.goto)

    def _show_error(self, error: UserError) -> None:
        def again() -> None:
            if self.record is not None:
                self._came_back = self.state()
            self.record = None
            self.records.load()

        self.content.show_error(error, button(self.tr("Try again"), again, icon="again"))

    def _middle(self) -> QWidget:
        self.goto.setPlaceholderText(self.tr("Position or range"))
        self.goto.setAccessibleName(self.tr("Go to a position or a range"))
        self.goto.setToolTip(self.tr("Go to a position, for example 1,200, or select a range, for example 1,200-1,500"))
        self.goto.setFixedWidth(_GO_WIDTH)
        self.trouble = label("", "small", wrap=True)
        set_tone(self.trouble, "bad")
        self.trouble.hide()
        self.note.hide()
        heading = row(self.name, self.goto, self.exporting, self.asking)
        heading.setStretch(0, 1)
        middle = QWidget()
        whole = column(heading, self.trouble, self.facts, self.track, self.bases, self.note, self.selected, spacing=8)
        whole.setStretchFactor(self.bases, 1)
        middle.setLayout(whole)
        return middle

    def _lay_out(self) -> None:
        card = Card()
        card.body.addWidget(self.content)
        self._side = side = QWidget()
        lists = column(self.records, self.features, spacing=12)
        lists.setStretch(0, 1)
        lists.setStretch(1, 1)
        side.setLayout(lists)
        side.setVisible(self.records.isVisibleTo(side) or self.features.isVisibleTo(side))
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 16, 0, 0)
        whole.setSpacing(16)
        whole.addWidget(side)
        whole.addWidget(card, 1)

    def _connect(self) -> None:
        self.records.failed.connect(lambda error: self._show_error(error) if self.record is None else None)
        self.goto.returnPressed.connect(lambda: self.go_to(self.goto.text()))
        self.track.wanted.connect(self.bases.go_to)
        self.bases.moved.connect(self._mark_place)
        self.bases.selected.connect(self._select)
        self.bases.copy_wanted.connect(self.selected.copy)


def _grouped(value: int) -> str:
    return f"{value:,}"


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
