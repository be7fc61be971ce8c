"""What can be read on a widget just now."""

from PySide6.QtWidgets import QLabel, QWidget


def texts(widget: QWidget) -> list[str]:
    """Every text that can be seen."""
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]


def all_text(widget: QWidget) -> str:
    """The same in one piece, to look for a part of a sentence."""
    return "\n".join(texts(widget))
