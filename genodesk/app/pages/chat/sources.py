"""Where genes come from: files asked for by the system's dialogs, files dropped, bases pasted; read by the worker."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from genodesk.app.engine_client import EngineClient
from genodesk.app.forms.files import ask_for_path
from genodesk.app.pages.chat.history import About
from genodesk.app.pages.chat.talking import WORKFLOW
from genodesk.core.disk import write_atomically
from genodesk.core.errors import UserError
from genodesk.core.sequence_files import ANNOTATION, PACKED
from genodesk.core.settings import FileKind

_AT_ONCE = 1000  # genes in one reply, which the window reads between two frames

OnGenes = Callable[[list[dict[str, Any]], int], object]
"""Is given some genes, and how many there are in all."""


def is_annotation(path: Path) -> bool:
    """Whether a file speaks about genes rather than holding their bases, by its name."""
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(tuple(suffix for suffix in ANNOTATION.suffixes if suffix not in PACKED))


async def read_genes(engine: EngineClient, about: About, on_genes: OnGenes) -> int:
    """Hands the genes of the files on, some at a time; how many bases of one are read at once. Raises UserError."""
    first = 0
    while True:
        question = {"ask": "genes", "path": about.path, "annotation": about.annotation}
        found = await engine.ask("workflow", workflow=WORKFLOW, first=first, count=_AT_ONCE, **question)
        on_genes(found["genes"], found["total"])
        first += _AT_ONCE
        if first >= found["total"]:
            return int(found["longest"])


def ask_for_file(owner: QWidget, kind: FileKind, chosen: Callable[[str], object], beside: str) -> QFileDialog:
    """The system's dialog for sequences or an annotation, in the folder of the file that is open."""
    dialog = ask_for_path(owner, chosen, kind, "file")
    if beside:
        dialog.setDirectory(str(Path(beside).parent))
    return dialog


def ask_for_bases(owner: QWidget, pasted: Callable[[str], object]) -> QInputDialog:
    """A sheet to paste a sequence into."""
    dialog = QInputDialog(owner)
    dialog.setWindowTitle(_tr("Paste a sequence"))
    dialog.setLabelText(_tr("Bases of one gene, or FASTA:"))
    dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
    dialog.textValueSelected.connect(pasted)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def keep_pasted(folder: Path, text: str) -> Path:
    """Pasted bases as a file of their own, so that a conversation can be taken up again. Raises UserError."""
    content = text if text.lstrip().startswith(">") else f">pasted\n{''.join(text.split())}\n"
    path = folder / "pasted" / f"{hashlib.sha256(content.encode()).hexdigest()[:16]}.fasta"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, content.encode())
    except OSError as error:
        why = _tr("The sequence cannot be kept ({why}).").format(why=error.strerror)
        raise UserError(why, _tr("Free some space on this disk."), str(path.parent)) from error
    return path


def _tr(text: str) -> str:
    return QCoreApplication.translate("Sources", text)
