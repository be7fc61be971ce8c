"""What tables with very many rows need beside what Qt gives them."""

from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QTableView


def ignore_selection(table: QTableView) -> None:
    """Keeps the header over the columns out of what is selected, until the table is given another model.

    With the table's own, the header would ask every row whether it is selected, at every change.
    """
    model = table.model()
    table.horizontalHeader().setSelectionModel(QItemSelectionModel(model, model))
