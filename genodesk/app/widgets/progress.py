"""A thin bar that shows how far something is, or only that it is going on while nobody can tell how far."""

from PySide6.QtWidgets import QProgressBar

_PARTS = 1000


class Bar(QProgressBar):
    """Shows a share from 0 to 1; None means that it cannot be told."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setAccessibleName(name)
        self.set_share(0.0)

    def set_share(self, share: float | None) -> None:
        """0 to 1, or None."""
        if share is None:
            self.setRange(0, 0)
        else:
            self.setRange(0, _PARTS)
            self.setValue(round(min(1.0, max(0.0, share)) * _PARTS))
