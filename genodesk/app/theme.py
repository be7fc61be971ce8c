"""The look: light and dark colours, four sizes of type, and the style sheet made of them.

All values come from resources/themes/tokens.json; widgets that paint ask `theme()` for a colour when they paint.
"""

import json
from functools import cache
from string import Template
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from genodesk.core.resources import resource

CHOICES = ("system", "light", "dark")
_CHINESE = ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC")
_ROLES = {
    QPalette.ColorRole.Window: "bg",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "panel",
    QPalette.ColorRole.AlternateBase: "bg",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "panel",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.ToolTipBase: "panel",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.PlaceholderText: "mute",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "accentText",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.Mid: "line",
}


class Theme(QObject):
    """The colours of now. There is one, `theme()`."""

    changed = Signal()
    _sheet_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.choice = "system"
        self.name = "light"
        self._app: QApplication | None = None
        self._sheet = ""

    def apply(self, app: QApplication, choice: str = "system") -> None:
        """Colours the application, now and whenever the system or the person changes between light and dark."""
        self._app = app
        app.setStyle("Fusion")
        app.setFont(font("body"))
        app.styleHints().colorSchemeChanged.connect(self._take_up, Qt.ConnectionType.UniqueConnection)
        self.set_choice(choice)

    def dress(self, window: QWidget) -> None:
        """Gives a window, and with it all that is put inside, the style sheet of now and of every later change.

        The sheet is not the application's: with such a one Qt styles a widget anew each time that one of the boxes
        around it is put into another, and a page would take twice as long to open.
        """
        window.setStyleSheet(self._sheet)
        self._sheet_changed.connect(window.setStyleSheet)

    def set_choice(self, choice: str) -> None:
        """`system`, `light` or `dark`; anything else counts as `system`."""
        self.choice = choice if choice in CHOICES else "system"
        self._take_up()

    def colour(self, name: str) -> QColor:
        """A colour by its name in the token file."""
        return QColor(self.css(name))

    def css(self, name: str) -> str:
        """The same as #RRGGBB."""
        shade: str = tokens()["colours"][self.name][name]
        return shade

    def _take_up(self) -> None:
        assert self._app is not None, "the theme is applied to an application first"
        scheme = self._app.styleHints().colorScheme()
        system = "dark" if scheme == Qt.ColorScheme.Dark else "light"
        self.name = system if self.choice == "system" else self.choice
        palette = QPalette()
        for role, colour in _ROLES.items():
            palette.setColor(role, self.colour(colour))
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("mute"))
        # What has not been shown yet would keep the rules it has read, were the old sheet not taken off first.
        self._sheet_changed.emit("")
        self._app.setPalette(palette)
        sheet = Template(resource("themes/style.qss").read_text(encoding="utf-8"))
        sizes = {f"{name}_px": f"{size[0]}px" for name, size in tokens()["type_px"].items()}
        icons = {"icons": resource(f"icons/{self.name}").as_posix()}
        self._sheet = sheet.substitute(tokens()["colours"][self.name], **sizes, **icons)
        self._sheet_changed.emit(self._sheet)
        self.changed.emit()


@cache
def theme() -> Theme:
    """The one theme of this process."""
    return Theme()


@cache
def tokens() -> dict[str, Any]:
    """The token file."""
    document: dict[str, Any] = json.loads(resource("themes/tokens.json").read_text(encoding="utf-8"))
    return document


def font(kind: str) -> QFont:
    """The system's font in one of the sizes title, heading, body, small, or mono; Chinese fonts stand behind it."""
    pixels, weight = tokens()["type_px"][kind]
    which = QFontDatabase.SystemFont.FixedFont if kind == "mono" else QFontDatabase.SystemFont.GeneralFont
    chosen = QFontDatabase.systemFont(which)
    chosen.setFamilies([chosen.family(), *_CHINESE])
    chosen.setPixelSize(pixels)
    chosen.setWeight(QFont.Weight(weight))
    return chosen
