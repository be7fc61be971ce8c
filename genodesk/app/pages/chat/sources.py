"""Where genes come from: files asked for by the system's dialogs, files dropped, bases pasted; read by the worker."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from genodesk.app.engine_client import EngineClient
from genodesk.app.forms.files import ask_for_path
from genodesk.app.pages.chat.history import About
from genodesk.app.pages.chat.talking import WORKFLOW
from genodesk.core.disk import write_atomically
from genodesk.core.errors import UserError
from genodesk.core.sequence_files import ANNOTATION, FASTA, GENBANK, GFF3, bare_suffix
from genodesk.core.settings import FileKind

PASTED = "pasted"
"""The folder, beside the conversations, of what was pasted."""
_AT_ONCE = 1000  # genes in one reply, which the window reads between two frames
_EITHER = ".txt"  # tables of functions and FASTA both bear it

Kind = Literal["sequences", "annotation", "other"]
OnGenes = Callable[[dict[str, Any]], object]
"""Is given an answer of the worker: some `genes`, how many there are in `total`, and `notices` of the reading."""


def kind_by_name(path: Path) -> Kind | None:
    """Whether a file holds bases or speaks about genes, None where its name does not tell."""
    suffix = bare_suffix(path)
    if os.path.isdir(path):  # noqa: PTH112 - it never raises, whoever owns the folder
        return "other"
    if suffix in (*FASTA, *GENBANK):
        return "sequences"
    return "annotation" if suffix in ANNOTATION.suffixes and suffix != _EITHER else None


async def kind_by_content(engine: EngineClient, path: Path) -> Kind:
    """The same, as the engine finds it; `other` too where it can make nothing of the file."""
    try:
        found = await engine.ask("inspect", path=str(path))
    except UserError:
        return "other"
    kinds: dict[str, Kind] = {"fasta": "sequences", "genbank": "sequences", "table": "annotation"}
    return kinds.get(found["kind"], "other")


def read_together(annotation: Iterable[str]) -> list[str]:
    """One table and one GFF3, which is what can be read together: of each kind the last."""
    return list({bare_suffix(Path(file)) in GFF3.suffixes: file for file in annotation}.values())


async def read_genes(engine: EngineClient, about: About, on_genes: OnGenes) -> int:
    """Hands the genes of the files on, some at a time; how many bases of one are read at once. Raises UserError."""
    first = 0
    while True:
        question: dict[str, Any] = {"ask": "genes", "path": about.path, "annotation": about.annotation}
        found = await engine.ask("workflow", workflow=WORKFLOW, first=first, count=_AT_ONCE, **question)
        on_genes(found)
        first += _AT_ONCE
        if first >= found["total"]:
            return int(found["longest"])


def unread_annotation(error: UserError | None, annotation: Iterable[str]) -> str:
    """The name of the annotation file that an error of reading is about, "" where it is about none of them."""
    where = error.where if error is not None else ""
    return next((Path(file).name for file in annotation if f"{where}, ".startswith(f"{file}, ")), "")


async def evidence_beside(models: EngineClient, about: About, answers: list[str]) -> list[dict[str, Any]]:
    """What the files say beside each of these answers about the gene: evidence, agrees, invented. Raises UserError.

    The worker that answers is asked: it holds the genes and their sketches already.
    """
    question: dict[str, Any] = {
        "path": about.path,
        "annotation": about.annotation,
        "genes": about.genes,
        "answers": answers,
    }
    found = await models.ask("workflow", workflow=WORKFLOW, ask="evidence", **question)
    return list(found["beside"])


def ask_for_file(owner: QWidget, kind: FileKind, chosen: Callable[[str], object], beside: str) -> QFileDialog:
    """The system's dialog for sequences or an annotation, in the folder of the file that is open."""
    dialog = ask_for_path(owner, chosen, kind, "file")
    if beside:
        dialog.setDirectory(str(Path(beside).parent))
    return dialog


def keep_pasted(folder: Path, text: str, name: str = "") -> Path:
    """Pasted bases as a file of their own, so that a conversation can be taken up again; `name` is the gene's.

    FASTA keeps the names that it has. Raises UserError.
    """
    called = "_".join(name.replace(">", " ").split()) or "pasted"
    content = text if text.lstrip().startswith(">") else f">{called}\n{''.join(text.split())}\n"
    path = folder / PASTED / hashlib.sha256(content.encode()).hexdigest()[:16] / "pasted.fasta"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, content.encode())
    except OSError as error:
        why = _tr("The sequence cannot be kept ({why}).").format(why=error.strerror)
        raise UserError(why, _tr("Free some space on this disk."), str(path.parent)) from error
    return path


def _tr(text: str) -> str:
    return QCoreApplication.translate("Sources", text)
