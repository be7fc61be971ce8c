"""DraftPanel: what every way to fill in a draft has: the way out, the way to begin anew, and word of what was kept."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.widgets import button, label

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


class DraftPanel(QWidget):
    """Base of wizard and form, which give its pieces their places. `left` is sent when the person wants out."""

    left = Signal()

    def __init__(self, desk: "Desk", draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self._desk = desk
        self.taken_up = label(_tr("This goes on from what you chose here before."), mute=True)
        self.taken_up.hide()
        self.cancel = button(_tr("Close"), self.left.emit, tip=_tr("Everything you chose is kept"))
        self.over = button(_tr("Start over"), self.start_over, kind="quiet", tip=_tr("Forget everything chosen here"))

    def start_over(self) -> None:
        """Forgets everything that was chosen, with a way back."""
        draft, before = self.draft, self.draft.state()
        draft.reset_all()
        self.taken_up.hide()
        self._desk.toast(_tr("Everything is as proposed again."), action=(_tr("Undo"), lambda: draft.restore(before)))


def _tr(text: str) -> str:
    return QCoreApplication.translate("DraftPanel", text)
