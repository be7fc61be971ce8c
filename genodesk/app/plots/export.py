"""ExportPanel: a figure for the paper. The engine's renderer draws preview and file, so both are the printed page."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from genodesk.app.plots.export_choices import Choice, Choices
from genodesk.app.plots.export_files import Source, figure_of, first_folder, runs_of, size_in_words
from genodesk.app.plots.export_place import ExportPlace
from genodesk.app.plots.export_preview import ExportPreview
from genodesk.app.plots.load import save
from genodesk.app.plots.raster_thread import computed
from genodesk.app.tasks import Tasks
from genodesk.app.theme import theme
from genodesk.app.timers import once
from genodesk.app.wheel import WheelGuard
from genodesk.app.widgets import Bar, Card, button, column, disable, enable, label, row, scrolled, set_tone
from genodesk.app.window_place import before
from genodesk.core.errors import UserError
from genodesk.core.figure import Figure
from genodesk.core.figure_text import clean

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_SETTLE_MS = 250
_SIDE = 372
_LEAST_DPI, _MOST_DPI = 60, 220  # of a preview
_KEY = "export"
_open: set["ExportPanel"] = set()


class ExportPanel(QWidget):
    """A window beside the others; nothing waits for it. Made by `ExportPanel.open`, gone when it is closed."""

    def __init__(self, desk: "Desk", source: Source, parent: QWidget | None = None, runs: Sequence[Path] = ()) -> None:
        super().__init__(parent, Qt.WindowType.Dialog)
        if parent is None:
            theme().dress(self)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._desk = desk
        self._source = source
        self._runs = runs or runs_of(source)
        self._temporary = tempfile.TemporaryDirectory(prefix="genodesk-export-", ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name)
        self._count = 0
        self._figure_file: Path | None = source if isinstance(source, Path) else None
        self.tasks = Tasks(self._say)
        figure = figure_of(source)
        kept = desk.settings.get(_KEY, {})
        several = figure is not None and len(figure.panels) > 1
        self.choices = Choices(Choice.of(kept, "double" if several else "single"))
        self.preview = ExportPreview()
        self.place = ExportPlace(first_folder(kept) / (figure.name if figure else "figure"))
        self.save_button = button(self.tr("Save"), self._start_saving, kind="primary", icon="save")
        self.copy_button = button(self.tr("Copy picture"), self._start_copying, icon="copy")
        self.close_button = button(self.tr("Close"), self.close)
        self._busy = Bar(self.tr("The file is being written"))
        self._said = label("", "small", wrap=True, selectable=True)
        self.methods = label("", "small", wrap=True, selectable=True)
        self.copy_methods = button(self.tr("Copy text"), self._copy_methods, kind="quiet", icon="copy")
        self._methods_card = Card(self.tr("For the methods section"), self.copy_methods)
        self._soon = once(
            self, _SETTLE_MS, lambda: self.tasks.start(self._draw(), "preview", on_error=self._no_preview)
        )
        self._build(figure)
        self._follow_format()
        self.choices.changed.connect(self._change)
        self.place.changed.connect(self._name_save)
        self.place.kind_typed.connect(self.choices.set_format)
        self.place.save_wanted.connect(self._start_saving)
        self.tasks.start(self._begin(), "begin", on_error=self._no_preview)

    @classmethod
    def open(
        cls, desk: "Desk", source: Source, parent: QWidget | None = None, runs: Sequence[Path] = ()
    ) -> "ExportPanel":
        """Opens one for a saved figure, or for one made in the desk together with its arrays by file name.

        `runs` are the folders of the runs that such a figure shows; a saved figure lies in its own.
        """
        holder = parent or QApplication.activeWindow()
        panel = cls(desk, source, holder, runs)
        _open.add(panel)
        panel.setGeometry(before(holder.window() if holder is not None else None, panel.sizeHint()))
        panel.show()
        WheelGuard(panel)
        panel.save_button.setFocus()
        return panel

    def said(self) -> str:
        """What is told above the buttons."""
        return self._said.text()

    def sizeHint(self) -> QSize:
        return QSize(1180, 740)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().isValid():
            self._soon.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._soon.stop()
        self.tasks.cancel()
        self._remember()
        self._temporary.cleanup()
        _open.discard(self)
        super().closeEvent(event)

    def _build(self, figure: Figure | None) -> None:
        title = clean(figure.title) if figure is not None else ""
        self.setWindowTitle(self.tr("Export {title}").format(title=title) if title else self.tr("Export figure"))
        self._busy.hide()
        self._said.hide()
        self._methods_card.hide()
        self._methods_card.body.addWidget(self.methods)
        shown = Card()
        shown.body.addWidget(self.preview)
        settings = Card()
        settings.body.addWidget(self.choices)
        side = QWidget()
        side.setLayout(column(settings, self._methods_card, 1, spacing=12, margins=(0, 0, 12, 0)))
        area = scrolled(side)
        area.setFixedWidth(_SIDE)
        upper = row(shown, area, spacing=16)
        upper.setStretch(0, 1)
        buttons = row(self.place, self.save_button, self.copy_button, self.close_button)
        buttons.setStretch(0, 1)
        lower = column(self._busy, self._said, buttons, spacing=8)
        whole = column(upper, lower, spacing=12, margins=(16, 16, 16, 16))
        whole.setStretch(0, 1)
        self.setLayout(whole)

    async def _begin(self) -> None:
        """Saves what exists only in the desk, shows the first preview and asks for the methods sentence."""
        if not isinstance(self._source, Path):
            figure, arrays = self._source
            try:
                self._figure_file = await computed(lambda: save(figure, arrays, self._folder / "figure"))
            except OSError:
                raise UserError(
                    self.tr("The figure could not be prepared."), self.tr("Free some space on the disk."), ""
                ) from None
        self.tasks.start(self._draw(), "preview", on_error=self._no_preview)
        if self._runs:
            self.tasks.start(self._tell_methods(), "methods", on_error=lambda _: self._methods_card.hide())

    async def _tell_methods(self) -> None:
        sentences = [(await self._desk.engine.ask("methods", run=str(run)))["sentence"] for run in self._runs]
        self.methods.setText("\n\n".join(dict.fromkeys(sentences)))
        self._methods_card.show()

    async def _draw(self) -> None:
        if self._figure_file is None:
            return
        self.preview.set_busy(True)
        choice = self.choices.choice()
        if choice.format == "csv":
            file = await self._render("csv", choice, choice.dpi)
            self.preview.show_numbers(file, self.tr("{size} of numbers").format(size=size_in_words(file)))
            return
        dpi = min(max(round(self.preview.paper_width() / (choice.mm / 25.4)), _LEAST_DPI), _MOST_DPI)
        file = await self._render("png", choice, dpi)
        image = await computed(lambda: QImage(str(file)))
        high = image.height() / dpi * 25.4
        told = f"{choice.mm:g} × {high:.0f} mm"
        if choice.format == "png":
            pixels = (round(choice.mm / 25.4 * choice.dpi), round(high / 25.4 * choice.dpi))
            told += " · " + self.tr("{across} × {down} pixels").format(across=f"{pixels[0]:,}", down=f"{pixels[1]:,}")
        self.preview.show_picture(image, told)

    async def _render(self, suffix: str, choice: Choice, dpi: int) -> Path:
        """A fresh file in the panel's own folder."""
        self._count += 1
        out = self._folder / f"{self._count}.{suffix}"
        await self._ask(out, choice.mm, dpi)
        return out

    async def _ask(self, out: Path, mm: float, dpi: int) -> None:
        if self._figure_file is None:
            raise UserError(self.tr("The figure is still being prepared."), self.tr("Try again in a moment."), "")
        await self._desk.engine.ask("render", figure=str(self._figure_file), out=str(out), width=mm, dpi=dpi)

    def _start_saving(self) -> None:
        if self.save_button.isEnabled():
            self.tasks.start(self._save(), "save", on_error=self._say)

    async def _save(self) -> None:
        self._follow_format()
        choice, out = self.choices.choice(), self.place.path()
        if not out.name or out.is_dir():
            raise UserError(self.tr("The file has no name."), self.tr("Type one, or choose it with Browse."), "")
        with self._working(self.tr("The file is being written.")):
            await self._ask(out, choice.mm, choice.dpi)
        self._remember(out.parent)
        self._tell(self.tr("Saved {name}, {size}.").format(name=out.name, size=size_in_words(out)), "good")
        action = (self.tr("Show in folder"), lambda: _show_folder(out.parent))
        self._desk.toast(self.tr("Saved {name}").format(name=out.name), str(out.parent), "good", action)
        self._name_save()

    def _start_copying(self) -> None:
        self.tasks.start(self._copy(), "copy", on_error=self._say)

    async def _copy(self) -> None:
        choice = self.choices.choice()
        with self._working(self.tr("The picture is being drawn.")):
            file = await self._render("png", choice, choice.dpi)
            image = await computed(lambda: QImage(str(file)))
        if image.isNull():
            raise UserError(self.tr("The picture is too large for the clipboard."), self.tr("Choose a lower dpi."), "")
        QGuiApplication.clipboard().setImage(image)
        self._tell(self.tr("The picture is on the clipboard."), "good")

    def _copy_methods(self) -> None:
        QGuiApplication.clipboard().setText(self.methods.text())
        self._tell(self.tr("The text is on the clipboard."), "good")

    def _change(self) -> None:
        self._follow_format()
        self._soon.start()

    def _follow_format(self) -> None:
        """The name of the file, and what can be done with it, follow the chosen kind."""
        kind = self.choices.choice().format
        self.place.follow(kind)
        if kind == "csv":
            disable(self.copy_button, self.tr("Numbers are no picture. Choose PDF, SVG or PNG."))
        else:
            enable(self.copy_button)
        self._name_save()

    def _name_save(self) -> None:
        self.save_button.setText(self.tr("Replace the file") if self.place.path().is_file() else self.tr("Save"))

    def _remember(self, folder: Path | None = None) -> None:
        kept = self._desk.settings.get(_KEY, {})
        where = {"folder": str(folder)} if folder is not None else {}
        self._desk.settings.set(_KEY, {**kept, **where, **self.choices.choice().as_dict()})

    def _no_preview(self, error: UserError) -> None:
        self.preview.show_error(error)

    def _say(self, error: UserError) -> None:
        self._tell(str(error), "bad")

    def _tell(self, text: str, tone: str) -> None:
        set_tone(self._said, tone)
        self._said.setText(text)
        self._said.show()

    @contextmanager
    def _working(self, reason: str) -> Iterator[None]:
        """While it lasts the buttons are off and the bar moves; the keyboard comes back to the one that was pressed."""
        pressed = self.focusWidget()
        for made in (self.save_button, self.copy_button):
            disable(made, reason)
        moved_to = self.focusWidget()
        self._said.hide()
        self._busy.set_share(None)
        self._busy.show()
        try:
            yield
        except asyncio.CancelledError:
            raise  # only a panel that is closed is cancelled; its widgets may be gone by now
        except BaseException:
            self._rest(pressed, moved_to)
            raise
        self._rest(pressed, moved_to)

    def _rest(self, pressed: QWidget | None, moved_to: QWidget | None) -> None:
        self._busy.hide()
        enable(self.save_button)
        self._follow_format()
        if pressed is not None and self.focusWidget() is moved_to:
            pressed.setFocus()


def _show_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
