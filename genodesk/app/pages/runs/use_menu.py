"""The menu behind "Use this model...": what the workflow of a finished run allows to be done with its model."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from genodesk.app.pages.data.use_for import Use, uses_of_run
from genodesk.app.run_list import has_model
from genodesk.jobs.status import RunStatus

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


def uses_of_model(status: RunStatus) -> list[Use]:
    """What can be done with the model of a run; nothing where it has left none."""
    return uses_of_run(status.workflow, status.folder) if has_model(status) else []


def fill(menu: QMenu, desk: "Desk", uses: list[Use]) -> None:
    """Fills the menu; each entry opens its page or wizard with the model chosen."""
    menu.clear()
    menu.setToolTipsVisible(True)
    for use in uses:
        menu.addAction(use.text, lambda use=use: _go(desk, use)).setToolTip(use.summary)


def _go(desk: "Desk", use: Use) -> None:
    page, arguments = use.place
    desk.go(page, **arguments)
