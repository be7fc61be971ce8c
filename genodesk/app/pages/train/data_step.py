"""DataStep: the first step of the wizard. Choose the files; what is in them is told beside them and offered below."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from genodesk.app.amounts import bytes_words, when
from genodesk.app.drop_zone import paths_of
from genodesk.app.forms.draft import Draft
from genodesk.app.forms.files import FileField, PathField, RunField, fitting
from genodesk.app.forms.form import Form
from genodesk.app.forms.row import FormRow
from genodesk.app.pages.train.inspecting import Inspecting, found_words
from genodesk.app.run_list import has_model
from genodesk.app.run_names import short_name
from genodesk.app.widgets import Bar, Card, FactsTable, Picture, button, clear, column, label, row, scrolled, set_tone
from genodesk.core.settings import Leaf

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

SIDE_WIDTH = 288  # px, of the cards at the right of every step


class DataStep(QWidget):
    """The settings that name data and their parts."""

    def __init__(
        self,
        desk: "Desk",
        draft: Draft,
        leaves: tuple[Leaf, ...],
        inspecting: Inspecting,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._draft = draft
        self._inspecting = inspecting
        self._summaries: dict[str, QLabel] = {}
        self._offers: dict[str, QPushButton] = {}
        self._noticed: list[str] = []
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        card = Card(_tr("Data"))
        line.addWidget(card, 1)
        self.form = Form(
            draft, leaves, recent=lambda: desk.settings.recent_files, built=self._built, known=[_tr("Data")]
        )
        card.body.addWidget(scrolled(self.form))
        self.inside, self.notices = Card(_tr("In this file")), Card(_tr("Before it starts"))
        self.notices.hide()
        side = QWidget()
        side.setLayout(column(self.inside, self.notices, 1, spacing=16))
        beside = scrolled(side)
        beside.setFixedWidth(SIDE_WIDTH)
        line.addWidget(beside)
        self.facts = FactsTable()
        self.busy = Bar(_tr("Looking into the file"))
        self.busy.set_share(None)
        self.words = label("", "small", wrap=True, mute=True)
        for widget in (self.busy, self.words, self.facts):
            self.inside.body.addWidget(widget)
        self.warnings = QVBoxLayout()
        self.warnings.setSpacing(8)
        self.inside.body.addLayout(self.warnings)
        self._run_fields: list[RunField] = []
        self._wants_run = any(leaf.file is not None and leaf.file.role == "run" for leaf in leaves)
        if self._wants_run:
            desk.runs.changed.connect(self._offer_runs)
        self.setAcceptDrops(True)
        inspecting.changed.connect(self.refresh)
        self.refresh()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._wanted(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        for path in self._wanted(event):
            self._field_for(path).choose(str(path))

    def refresh(self) -> None:
        """Shows what is known about the files now."""
        for asked in self.form.rows.values():
            self._show_found(asked)
        self._show_inside()

    def show_notices(self, texts: list[str]) -> None:
        """Says what a run will drop from the files or fill in; called with every verdict."""
        if texts == self._noticed:
            return
        self._noticed = texts
        clear(self.notices.body)
        for text in texts:
            mark, told = Picture("warning", "warn", 16), label(text, "small", wrap=True, selectable=True)
            line = row(mark, told, spacing=8)
            line.setAlignment(mark, Qt.AlignmentFlag.AlignTop)
            line.setStretch(1, 1)
            notice = QWidget()
            notice.setLayout(line)
            self.notices.body.addWidget(notice)
        self.notices.setVisible(bool(texts))

    def shut(self) -> None:
        """Forgets the list of runs."""
        if self._wants_run:
            self._desk.runs.changed.disconnect(self._offer_runs)

    def _wanted(self, event: QDragEnterEvent | QDropEvent) -> list[Path]:
        """The files that are dragged over the step, if it asks for some; settings files are for the window."""
        asked = bool(self._file_fields())
        return [path for path in paths_of(event) if asked and path.suffix.lower() not in (".yaml", ".yml")]

    def _field_for(self, path: Path) -> PathField:
        """Where a dropped file goes: to a setting that asks for its ending, an empty one if there is one, else to the
        first that asks for any.
        """
        fields = self._file_fields()
        by_ending = [field for field in fields if field.kind.suffixes and fitting([path], field.kind)]
        empty = (field for field in by_ending if not field.value())
        return next(empty, next(iter(by_ending), fields[0]))

    def _file_fields(self) -> list[PathField]:
        return [row.field for row in self.form.rows.values() if isinstance(row.field, PathField)]

    def _built(self, row: FormRow) -> None:
        if isinstance(row.field, PathField) and row.field.kind.role != "output":
            summary = label("", "small", wrap=True, selectable=True)
            summary.hide()
            below = QWidget()
            lines = column(summary, spacing=4)
            below.setLayout(lines)
            self._summaries[row.leaf.name] = summary
            if isinstance(row.field, FileField) and not self._offers and not row.field.kind.folder:
                self._offers[row.leaf.name] = self._offer(row.field)
                lines.addWidget(self._offers[row.leaf.name], 0, Qt.AlignmentFlag.AlignLeft)
            row.add_below(below)
        if isinstance(row.field, RunField):
            self._run_fields.append(row.field)
            self._offer_runs()
        self._show_found(row)

    def _show_found(self, row: FormRow) -> None:
        """What is in the file of a field, or what may be offered for a setting."""
        if row.leaf.offers:
            row.field.set_offers(self._inspecting.offers(row.leaf))
        offer = self._offers.get(row.leaf.name)
        if offer is not None:
            offer.setVisible(bool(offer.text()) and not row.field.value())
        summary = self._summaries.get(row.leaf.name)
        if summary is not None:
            found = self._inspecting.found.get(row.leaf.name)
            summary.setText(found_words(found) if found else "")
            summary.setVisible(found is not None)
            set_tone(summary, "warn" if found and found["warnings"] else "good")

    def _offer(self, field: FileField) -> QPushButton:
        """The file that was looked at last, one press away; nothing is chosen before that."""
        last = next(iter(fitting(self._desk.settings.recent_files, field.kind)), None)
        made = button("", kind="link")
        if last is not None:
            made.setText(_tr("Use {name}, which you opened last").format(name=last.name))
            made.setToolTip(str(last))
            made.clicked.connect(lambda: field.choose(str(last)))
        return made

    def _offer_runs(self) -> None:
        """The finished runs of this workflow that left a model, the newest first."""
        runs = [
            (f"{short_name(status)} · {when(status.created)} · {status.folder.name[-8:]}", str(status.folder))
            for status in self._desk.runs.runs
            if status.workflow == self._draft.workflow.name and has_model(status)
        ]
        for field in self._run_fields:
            field.set_runs(runs)

    def _show_inside(self) -> None:
        found = self._inspecting.main()
        self.busy.setVisible(bool(self._inspecting.looking))
        self.facts.set_rows(self._told_here(found) if found else [])
        self.facts.setVisible(found is not None)
        if self._inspecting.looking:
            self.words.setText(_tr("Looking into the file…"))
        elif found is None and self._inspecting.errors:
            self.words.setText(_tr("It could not be looked into. Below its field stands what is wrong."))
        elif found is None:
            self.words.setText(_tr("Choose a file to see what is in it. It is only read, never changed."))
        self.words.setVisible(found is None or bool(self._inspecting.looking))
        clear(self.warnings)
        for warning in (found or {}).get("warnings", []):
            told = label(warning, "small", wrap=True, selectable=True)
            set_tone(told, "warn")
            self.warnings.addWidget(told)

    def _told_here(self, found: dict[str, Any]) -> list[tuple[str, ...]]:
        """The facts of a file, but for those of what another chosen file gives in its place."""
        others = [
            field.leaf.name
            for field in self._file_fields()
            if field.value() and self._inspecting.found.get(field.leaf.name) is not found
        ]
        return [fact for fact in _facts(found) if not any(name in fact[0].lower() for name in others)]


def _facts(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """What the engine told of a file, as rows of a table."""
    rows: list[tuple[str, ...]] = [(name, value) for name, value in found.get("facts", [])]
    sizes = found.get("sizes", {})
    for name, title in (("cells", _tr("Cells")), ("genes", _tr("Genes"))):
        if name in sizes:
            rows.append((title, f"{sizes[name]:,}"))
    if found.get("matrix"):
        rows.append((_tr("Values"), str(found["matrix"]["values"])))
    if "coordinates" in found:
        places = [place["key"] for place in found["coordinates"] if place["kind"] == "space"]
        rows.append((_tr("Coordinates"), ", ".join(places) or _tr("none")))
    if "columns" in found and "sizes" in found:
        rows.append((_tr("Columns"), f"{len(found['columns']):,}"))
    if found.get("layers"):
        rows.append((_tr("Layers"), ", ".join(found["layers"])))
    if "rows" in found:
        rows.append((_tr("Rows"), f"{found['rows']:,}"))
    if "values" in found:
        rows.append((_tr("Weights"), f"{found['values']:,}"))
    if "size_bytes" in found:
        rows.append((_tr("Size"), bytes_words(found["size_bytes"])))
    return rows


def _tr(text: str) -> str:
    return QCoreApplication.translate("DataStep", text)
