"""Opens what is dropped on the page: sequences with the annotation beside them, and the rest where it belongs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from genodesk.app.desk import Desk
from genodesk.app.pages.chat.sources import Kind, kind_by_content, kind_by_name, read_together
from genodesk.app.pages.chat.subject import Subject
from genodesk.app.tasks import Tasks


def open_dropped(desk: Desk, subject: Subject, tasks: Tasks, paths: Sequence[Path]) -> None:
    """Opens the first file of sequences with whatever annotation is beside it, or adds that to what is open.

    What is neither is opened where it belongs, if it comes alone. A file whose name does not tell is looked into.
    """
    kinds = {path: kind_by_name(path) for path in paths}
    if None in kinds.values():
        tasks.start(_open_unknown(desk, subject, kinds), "drop")
    else:
        _open_sorted(desk, subject, kinds)


async def _open_unknown(desk: Desk, subject: Subject, kinds: Mapping[Path, Kind | None]) -> None:
    found = {path: kind or await kind_by_content(desk.engine, path) for path, kind in kinds.items()}
    _open_sorted(desk, subject, found)


def _open_sorted(desk: Desk, subject: Subject, kinds: Mapping[Path, Kind | None]) -> None:
    def of(kind: Kind) -> list[str]:
        return [str(path) for path in kinds if kinds[path] == kind]

    sequences, annotation, others = of("sequences"), of("annotation"), of("other")
    if sequences:
        subject.open_file(sequences[0], annotation)
    elif annotation:
        subject.add_annotation(*annotation)
    else:
        desk.open_paths([Path(path) for path in others])
        return
    left = [Path(path).name for path in kinds if str(path) not in (*sequences[:1], *read_together(annotation))]
    if left:
        told = _tr("Not opened: {names}").format(names=", ".join(left))
        desk.toast(told, _tr("One file of sequences, one table and one GFF3 are read together."))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Dropped", text)
