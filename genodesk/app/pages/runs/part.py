"""RunPart: what every tab and card of a run is: told which run to show, asked to draw what is new when it is seen."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from genodesk.app.pages.runs.record import RunRecord

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


class RunPart(QWidget):
    """A part of the run's panel. It draws only in `refresh`, which is called at most every 50 ms while it is seen."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__()
        self.desk = desk
        self.record: RunRecord | None = None

    def show_run(self, record: RunRecord) -> None:
        """Shows another run, or the same one from its beginning."""
        self.record = record
        self.clear()

    def clear(self) -> None:
        """Forgets what was drawn of the former run."""

    def refresh(self) -> None:
        """Draws what is new."""

    def shut(self) -> None:
        """Ends timers and threads."""
