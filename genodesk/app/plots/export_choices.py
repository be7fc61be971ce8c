"""What a person chooses about a saved figure: the kind of file, the width on the page, the resolution."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QDoubleSpinBox, QGridLayout, QSizePolicy, QSpinBox, QWidget

from genodesk.app.theme import font, theme
from genodesk.app.widgets import Segments, column, label, row

Format = Literal["png", "svg", "pdf", "csv"]
Width = Literal["single", "double", "custom"]

COLUMNS_MM: dict[str, float] = {"single": 89.0, "double": 183.0}
_NARROWEST, _WIDEST = 40.0, 400.0
_COARSEST, _FINEST = 50, 1200


@dataclass(frozen=True)
class Choice:
    """All of it. `dpi` is that of a PNG, and of clouds of points inside SVG and PDF."""

    format: Format = "pdf"
    width: Width = "single"
    custom_mm: float = 120.0
    dpi: int = 300

    @property
    def mm(self) -> float:
        """The width on the page."""
        return COLUMNS_MM.get(self.width, self.custom_mm)

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Any, usual: Width) -> "Choice":
        """What was stored before, where it still makes sense; `usual` is the width otherwise."""
        kept = stored if isinstance(stored, dict) else {}
        known = cls(width=usual)
        mm, dpi = kept.get("custom_mm"), kept.get("dpi")
        return cls(
            kept["format"] if kept.get("format") in get_args(Format) else known.format,
            kept["width"] if kept.get("width") in get_args(Width) else known.width,
            float(mm) if isinstance(mm, int | float) and _NARROWEST <= mm <= _WIDEST else known.custom_mm,
            dpi if isinstance(dpi, int) and _COARSEST <= dpi <= _FINEST else known.dpi,
        )


class Choices(QWidget):
    """The controls of a choice; `changed` tells that it is another one."""

    changed = Signal()

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.formats = FormatCards(choice.format)
        columns = [(name, f"{mm:g} mm") for name, mm in COLUMNS_MM.items()]
        options = [*columns, ("custom", self.tr("Other"))]
        self.width_kinds = Segments(options, choice.width, self.tr("Width on the page"))
        self.custom = QDoubleSpinBox()
        self.custom.setRange(_NARROWEST, _WIDEST)
        self.custom.setDecimals(0)
        self.custom.setSuffix(" mm")
        self.custom.setValue(choice.custom_mm)
        self.custom.setAccessibleName(self.tr("Width in millimetres"))
        self.dpi = QSpinBox()
        self.dpi.setRange(_COARSEST, _FINEST)
        self.dpi.setSingleStep(50)
        self.dpi.setSuffix(" dpi")
        self.dpi.setValue(choice.dpi)
        self.dpi.setAccessibleName(self.tr("Dots per inch"))
        self._dpi_hint = label("", "small", mute=True, wrap=True)
        self._width_hint = label("", "small", mute=True, wrap=True)
        self._page = QWidget()
        page = column(
            label(self.tr("Width"), "heading"),
            row(self.width_kinds, self._width_hint, 1),
            self.custom,
            label(self.tr("Resolution"), "heading"),
            row(self.dpi, self._dpi_hint),
        )
        page.setContentsMargins(0, 0, 0, 0)
        self._page.setLayout(page)
        whole = column(label(self.tr("Kind of file"), "heading"), self.formats, self._page, spacing=12)
        self.setLayout(whole)
        self.formats.chosen.connect(lambda _: self._tell())
        self.width_kinds.chosen.connect(lambda _: self._tell())
        self.custom.valueChanged.connect(lambda _: self._tell())
        self.dpi.valueChanged.connect(lambda _: self._tell())
        self._dress()

    def set_format(self, kind: str) -> None:
        """Chooses the kind of file, as a click on its card does."""
        if kind in self.formats.cards:
            self.formats.cards[kind].click()

    def choice(self) -> Choice:
        """What is chosen now."""
        kind: Any = self.formats.current
        width: Any = self.width_kinds.current()
        return Choice(kind, width, self.custom.value(), self.dpi.value())

    def _tell(self) -> None:
        self._dress()
        self.changed.emit()

    def _dress(self) -> None:
        choice = self.choice()
        self._page.setVisible(choice.format != "csv")  # numbers have neither width nor resolution
        told = {"single": self.tr("one column"), "double": self.tr("two columns")}
        self._width_hint.setText(told.get(choice.width, ""))
        self.custom.setVisible(choice.width == "custom")
        vector = choice.format in ("svg", "pdf")
        hint = self.tr("for clouds of points inside") if vector else self.tr("journals ask for 300")
        self._dpi_hint.setText(hint)


class FormatCards(QWidget):
    """Four cards of which one is chosen, by click or by the arrow keys."""

    chosen = Signal(str)

    def __init__(self, current: Format) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Kind of file"))
        told = {
            "pdf": self.tr("for the paper"),
            "svg": self.tr("to edit by hand"),
            "png": self.tr("for slides"),
            "csv": self.tr("only the numbers"),
        }
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        self._group = QButtonGroup(self)
        self.cards: dict[str, QAbstractButton] = {}
        for number, (kind, use) in enumerate(told.items()):
            card = _FormatCard(kind.upper(), use)
            card.clicked.connect(lambda _checked=False, kind=kind: self._choose(kind))
            self._group.addButton(card)
            grid.addWidget(card, number // 2, number % 2)
            self.cards[kind] = card
        self.current = ""
        self._set(current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -2, Qt.Key.Key_Down: 2}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        kinds = list(self.cards)
        self._choose(kinds[(kinds.index(self.current) + step) % len(kinds)])
        self.cards[self.current].setFocus(Qt.FocusReason.TabFocusReason)

    def _choose(self, kind: str) -> None:
        if kind != self.current:
            self._set(kind)
            self.chosen.emit(kind)

    def _set(self, kind: str) -> None:
        self.current = kind
        self.cards[kind].setChecked(True)
        for other, card in self.cards.items():
            card.setFocusPolicy(Qt.FocusPolicy.StrongFocus if other == kind else Qt.FocusPolicy.ClickFocus)


class _FormatCard(QAbstractButton):
    def __init__(self, name: str, use: str) -> None:
        super().__init__()
        self.setText(name)
        self._use = use
        self.setCheckable(True)
        self.setAccessibleName(f"{name}, {use}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        wide = QFontMetrics(font("small")).horizontalAdvance(self._use) + 24
        return QSize(max(wide, 96), 54)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The arrow keys belong to the four cards together.
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "text" if self.hasFocus() else "accent" if self.isChecked() else "line"
        painter.setPen(QPen(theme().colour(edge), 2 if self.isChecked() or self.hasFocus() else 1))
        painter.setBrush(theme().colour("soft" if self.isChecked() else "hover" if self.underMouse() else "panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        room = QRectF(self.rect()).adjusted(12, 8, -8, -8)
        left = int(Qt.AlignmentFlag.AlignLeft)
        painter.setFont(font("heading"))
        painter.setPen(theme().colour("accent" if self.isChecked() else "text"))
        painter.drawText(room, left | int(Qt.AlignmentFlag.AlignTop), self.text())
        painter.setFont(font("small"))
        painter.setPen(theme().colour("mute"))
        painter.drawText(room, left | int(Qt.AlignmentFlag.AlignBottom), self._use)
        painter.end()
