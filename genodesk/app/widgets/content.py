"""Content that may be empty, on its way, or impossible: each state says calmly what is and what can be done."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from genodesk.app.widgets.containers import row
from genodesk.app.widgets.picture import Picture
from genodesk.app.widgets.text import label
from genodesk.core.errors import UserError

_ICON = 40
_WIDEST = 560
_FIRST = 1000  # the stretch of what is given room before that around it


class Content(QStackedWidget):
    """Shows either its content, or one of three designed states in the middle of the free room."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self._state: QWidget | None = None
        self.error: UserError | None = None
        self.addWidget(content)

    def show_content(self) -> None:
        """The content itself."""
        self.error = None
        self.setCurrentWidget(self._content)
        self._drop()

    def show_empty(self, icon_name: str, title: str, text: str, *buttons: QPushButton) -> None:
        """Nothing is there yet: what belongs here, and how it gets here."""
        self.error = None
        self._show([Picture(icon_name, "mute", _ICON), _centred(title, "heading"), _centred(text, mute=True)], buttons)

    def show_loading(self, text: str, *buttons: QPushButton) -> None:
        """Something is on its way."""
        self.error = None
        busy = QProgressBar()
        busy.setRange(0, 0)
        busy.setFixedWidth(160)
        busy.setTextVisible(False)
        busy.setAccessibleName(text)
        self._show([busy, _centred(text, mute=True)], buttons)

    def show_error(self, error: UserError, *buttons: QPushButton) -> None:
        """Something a person can mend: the sentence, the place, the remedy."""
        self.error = error
        parts: list[QWidget] = [Picture("error", "bad", _ICON), _centred(error.message, "heading")]
        parts += [_centred(text, mute=True) for text in (error.where, error.hint) if text]
        self._show(parts, buttons)

    def _show(self, parts: list[QWidget], buttons: tuple[QPushButton, ...]) -> None:
        state = QWidget()
        whole = QVBoxLayout(state)
        whole.setContentsMargins(8, 24, 8, 24)
        whole.setSpacing(8)
        whole.addStretch(2)
        for part in parts:
            # Between stretches, not aligned: an aligned text is not given the height of its lines.
            line = row(1, part, 1)
            line.setStretchFactor(part, _FIRST)
            whole.addLayout(line)
        if buttons:
            whole.addSpacing(8)
            whole.addLayout(row(1, *buttons, 1))
        whole.addStretch(3)
        self.addWidget(state)
        self.setCurrentWidget(state)
        self._drop()
        self._state = state

    def _drop(self) -> None:
        if self._state is not None:
            self.removeWidget(self._state)
            self._state.deleteLater()
            self._state = None


def _centred(text: str, kind: str = "body", *, mute: bool = False) -> QLabel:
    made = label(text, kind, wrap=True, mute=mute, selectable=True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.setMaximumWidth(_WIDEST)
    return made
