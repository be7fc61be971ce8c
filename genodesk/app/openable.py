"""The endings of what the desk opens, and the system's dialog that asks for a file or a folder to open."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from genodesk.app.desk import Desk
from genodesk.core.sequence_files import FUNCTIONS, GFF3, SEQUENCES

CELLS = (".h5ad", ".h5", ".hdf5")
MODELS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
SETTINGS = (".yaml", ".yml")
ALL = tuple(dict.fromkeys((*CELLS, *FUNCTIONS.suffixes, *SEQUENCES.suffixes, *GFF3.suffixes, *MODELS, *SETTINGS)))


def ask_to_open(owner: QWidget, desk: Desk, *, folder: bool, beside: Path | None = None) -> QFileDialog:
    """Asks for a file, or for a folder such as a zarr store, and opens it; `beside` is a file whose folder is shown."""
    dialog = QFileDialog(owner, _tr("Open a folder") if folder else _tr("Open a file"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if folder:
        dialog.setFileMode(QFileDialog.FileMode.Directory)
    else:
        all_known, sequences = (" ".join(f"*{ending}" for ending in endings) for endings in (ALL, SEQUENCES.suffixes))
        dialog.setNameFilters(
            [
                _tr("Data, models and settings ({endings})").format(endings=all_known),
                _tr("Sequences ({endings})").format(endings=sequences),
                _tr("All files (*)"),
            ]
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    if beside is not None:
        dialog.setDirectory(str(beside.parent))
    dialog.fileSelected.connect(lambda chosen: desk.open_path(Path(chosen)))
    dialog.open()
    return dialog


def _tr(text: str) -> str:
    return QCoreApplication.translate("Openable", text)
