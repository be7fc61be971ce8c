"""Page: what the window shows one of at a time. A page is built when it is first shown and keeps its state as JSON."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.tasks import Tasks, own_fault
from genodesk.app.widgets import ElidedLabel, column, label, row

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


class Page(QWidget):
    """Base of all pages. `body` is the room below the header."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.desk = desk
        self.tasks = Tasks(desk.tell)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(24, 20, 24, 16)
        self.body.setSpacing(16)

    def header(self, title: str, subtitle: str, *right: QWidget) -> tuple[ElidedLabel, ElidedLabel]:
        """Puts a header at the top; returns its two texts, which may be set anew."""
        large, small = ElidedLabel(title, "title"), ElidedLabel(subtitle, mute=True)
        line = row(column(large, small, spacing=4), *right, spacing=8)
        line.setStretch(0, 1)
        for widget in right:
            line.setAlignment(widget, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(line)
        return large, small

    def take(self, **arguments: Any) -> None:
        """Shows what somebody asked for, for example a file or a run. A page without arguments ignores them."""

    def shown(self) -> None:
        """The page has come to the front."""

    def hidden(self) -> None:
        """Another page has come to the front."""

    def state(self) -> dict[str, Any]:
        """What should come back after a restart, as JSON values."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes up a state; whatever no longer fits is left out."""

    def shut(self) -> None:
        """The page is thrown away: ends its work. Subclasses end theirs and call this."""
        self.tasks.cancel()


class FailedPage(Page):
    """Stands where a page could not be built, so that the rest of the window goes on."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        fault = own_fault()
        self.header(self.tr("This page cannot be shown"), self.tr("The other pages work."))
        self.body.addWidget(label(f"{fault.message} {fault.hint}", wrap=True, selectable=True))
        self.body.addStretch(1)
