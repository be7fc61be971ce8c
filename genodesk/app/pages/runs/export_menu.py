"""The menu behind "Export...": the curves, every figure and every table of a run."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from genodesk.app.pages.runs.figures_tab import figure_title
from genodesk.app.pages.runs.overview import Overview
from genodesk.app.pages.runs.record import RunRecord
from genodesk.app.plots.export import ExportPanel

if TYPE_CHECKING:
    from genodesk.app.desk import Desk
    from genodesk.app.pages.runs.run_panel import RunPanel


def fill(menu: QMenu, desk: "Desk", record: RunRecord, panel: "RunPanel") -> None:
    """Fills the menu with what the run has now."""
    tr = QCoreApplication.translate
    menu.clear()
    menu.setToolTipsVisible(True)
    if record.curves:
        menu.addAction(tr("ExportMenu", "Curves as shown…"), lambda: _curves(panel))
    for name in record.figures:
        path = record.folder.figures / f"{name}.json"
        menu.addAction(f"{figure_title(path)}…", lambda path=path: ExportPanel.open(desk, path))
    tables = sorted(record.folder.tables.glob("*.csv"))
    if tables:
        menu.addSeparator()
        menu.addAction(tr("ExportMenu", "Tables…"), lambda: panel.show_tab("table"))
    if menu.isEmpty():
        nothing = menu.addAction(tr("ExportMenu", "Nothing to export yet"))
        nothing.setEnabled(False)
        nothing.setToolTip(tr("ExportMenu", "Curves, figures and tables appear here as the run makes them."))


def _curves(panel: "RunPanel") -> None:
    overview = panel.show_tab("overview")
    assert isinstance(overview, Overview)
    panel.draw_now()
    overview.loss.export_curves()
