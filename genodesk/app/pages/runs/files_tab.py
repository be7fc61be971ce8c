"""The tab of files: what lies in the run's folder and how large it is, saved states, and space to be had back."""

import asyncio
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.amounts import bytes_words
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.run_list import is_over
from genodesk.app.tasks import Tasks
from genodesk.app.widgets import Card, ElidedLabel, FactsTable, button, disable, enable, label, row, scrolled

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


@dataclass(frozen=True)
class Contents:
    """Sizes in bytes: of every entry of the folder, of every saved state; and which states are last and best."""

    entries: list[tuple[str, int]]
    states: list[tuple[Path, int]]
    last: str
    best: str

    @property
    def spare(self) -> list[tuple[Path, int]]:
        """The states that nothing needs any more: all but the last and the best."""
        if not self.last:
            return []
        return [(path, size) for path, size in self.states if path.name not in (self.last, self.best)]


class FilesTab(RunPart):
    """Measures in a thread, when it is first seen and when the run has written something."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self._tasks = Tasks(desk.tell)
        self._reading = ThreadPoolExecutor(1, "run files")
        self.folder = ElidedLabel("", mute=True, middle=True)
        self.open = button(self.tr("Open folder"), self._open, icon="open")
        self.copy = button(self.tr("Copy path"), self._copy, icon="copy")
        self.entries = FactsTable()
        self.states = FactsTable()
        self.free = button(self.tr("Free space"), self._ask_to_free, icon="trash")
        self.question = label("", wrap=True)
        self.sure = button(self.tr("Delete them"), self._free, kind="danger")
        self.keep = button(self.tr("Keep them"), lambda: self._ask(False))
        self.contents: Contents | None = None
        everything = Card(self.tr("Files"), self.copy, self.open)
        everything.body.addWidget(self.folder)
        everything.body.addWidget(self.entries)
        saved = Card(self.tr("Saved states"), self.free)
        saved.body.addLayout(row(self.question, 1, self.sure, self.keep))
        saved.body.addWidget(self.states)
        inside = QWidget()
        cards = QVBoxLayout(inside)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(12)
        cards.addWidget(everything)
        cards.addWidget(saved)
        cards.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inside))
        self._seen: tuple[int, str] | None = None
        self._ask(False)

    def clear(self) -> None:
        self._tasks.cancel()
        self._seen = self.contents = None
        disable(self.free, self.tr("The files are being measured."))
        self._ask(False)

    def refresh(self) -> None:
        assert self.record is not None
        self.folder.setText(str(self.record.folder.path))
        now = (self.record.files, self.record.status.state)
        if now != self._seen and self.record.caught_up:
            self._seen = now
            self._tasks.start(self._measure(), "measure")

    def shut(self) -> None:
        self._tasks.cancel()
        self._reading.shutdown(cancel_futures=True)

    async def _measure(self) -> None:
        assert self.record is not None
        path = self.record.folder.path
        contents = await asyncio.wrap_future(self._reading.submit(measure, path))
        self.contents = contents
        total = sum(size for _, size in contents.entries)
        rows = [(name, bytes_words(size)) for name, size in contents.entries]
        self.entries.set_rows([*rows, (self.tr("Together"), bytes_words(total), "accent")])
        self.states.set_rows([(self._state_title(state), bytes_words(size)) for state, size in contents.states])
        self._allow(contents)

    def _state_title(self, state: Path) -> str:
        assert self.contents is not None
        digits = state.stem.removeprefix("step-")
        title = self.tr("Step {n}").format(n=f"{int(digits):,}") if digits.isdecimal() else state.name
        marks = []
        if state.name == self.contents.last:
            marks.append(self.tr("the last: resuming goes on from it"))
        if state.name == self.contents.best:
            marks.append(self.tr("the best"))
        return f"{title} ({', '.join(marks)})" if marks else title

    def _allow(self, contents: Contents) -> None:
        assert self.record is not None
        self._ask(False)
        if not is_over(self.record.status):
            disable(self.free, self.tr("The run is going and needs its saved states."))
        elif not contents.spare:
            disable(self.free, self.tr("Only the last and the best saved state are left."))
        else:
            enable(self.free)

    def _ask_to_free(self) -> None:
        assert self.contents is not None
        spare = self.contents.spare
        self.question.setText(
            self.tr("Delete {n} older saved states and free {size}? The last and the best stay.").format(
                n=len(spare), size=bytes_words(sum(size for _, size in spare))
            )
        )
        self._ask(True)
        self.keep.setFocus()

    def _ask(self, asking: bool) -> None:
        for widget in (self.question, self.sure, self.keep):
            widget.setVisible(asking)
        self.free.setVisible(not asking)

    def _free(self) -> None:
        self._ask(False)
        if self.contents is not None and self.record is not None and is_over(self.record.status):
            self._tasks.start(self._remove(self.contents.spare), "free")

    async def _remove(self, spare: Sequence[tuple[Path, int]]) -> None:
        for path, _ in spare:
            await asyncio.wrap_future(self._reading.submit(_delete, path))
        await self._measure()
        assert self.contents is not None
        left = {path for path, _ in self.contents.states}
        freed = sum(size for path, size in spare if path not in left)
        if freed:
            self.desk.toast(self.tr("{size} freed").format(size=bytes_words(freed)), level="good")
        else:
            self.desk.toast(self.tr("The saved states cannot be deleted."), self.tr("Check their permissions."), "bad")

    def _open(self) -> None:
        if self.record is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.record.folder.path)))

    def _copy(self) -> None:
        if self.record is not None:
            QGuiApplication.clipboard().setText(str(self.record.folder.path))
            self.desk.toast(self.tr("Copied"), level="good")


def measure(folder: Path) -> Contents:
    """What lies in a run's folder; entries that vanish meanwhile count nothing."""
    there = folder.iterdir() if folder.is_dir() else ()
    entries = sorted((path for path in there if not path.name.startswith(".")), key=lambda p: (p.is_file(), p.name))
    states = sorted((folder / "checkpoints").glob("step-*")) if (folder / "checkpoints").is_dir() else []
    return Contents(
        [(f"{path.name}/" if path.is_dir() else path.name, _size(path)) for path in entries],
        [(path, _size(path)) for path in states],
        _named(folder / "checkpoints" / "last"),
        _named(folder / "checkpoints" / "best"),
    )


def _size(path: Path) -> int:
    try:
        if path.is_file():
            return path.stat().st_size
        return sum(file.lstat().st_size for file in path.rglob("*"))
    except OSError:
        return 0


def _named(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _delete(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
