"""RunList: every run of the person, kept up to date for all pages by one thread that looks at the run folders.

It starts and asks runs through `genodesk.jobs` and the engine's `submit`; it owns no run and draws nothing.
"""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QCoreApplication, QFile, QObject, Signal

from genodesk.app.command_document import document_of
from genodesk.app.run_names import short_name
from genodesk.core.errors import UserError
from genodesk.core.events import Request, State
from genodesk.core.ids import folder_name, new_run_id, timestamp, utc_now
from genodesk.core.json_text import to_json_line
from genodesk.core.run import RunFolder
from genodesk.jobs.catalogue import Catalogue
from genodesk.jobs.liveness import judge
from genodesk.jobs.places import runs_root
from genodesk.jobs.status import ENDED, RunStatus
from genodesk.jobs.submit import ask, resume

if TYPE_CHECKING:
    from genodesk.app.engine_client import EngineClient

T = TypeVar("T")
_LIVING_S = 0.25  # between two looks at the runs that are going
_ALL_S, _ALL_SHOWN_S = 2.0, 1.0  # between two looks at all folders, and while the list is on screen
_REST = 12  # times as long as a look at all folders computed: thousands of runs must not keep the computer busy
_CLOSING_S = 10.0
_log = logging.getLogger("genodesk")


def is_over(status: RunStatus) -> bool:
    """Whether the run has come to an end of any kind; a paused one has too, until it is resumed."""
    return status.state in ENDED and not status.alive


def has_model(status: RunStatus) -> bool:
    """Whether the run is finished and has left a model that can be used."""
    return status.state == "finished" and (status.folder / "model").is_dir()


class RunList(QObject):
    """The runs, the newest first. `changed` says that one appeared, moved or went; `ended` that one came to its end."""

    changed = Signal()
    ended = Signal(object)
    _seen = Signal(object, object)

    def __init__(self, parent: QObject | None, engine: "EngineClient") -> None:
        super().__init__(parent)
        self.runs: list[RunStatus] = []
        self._found: list[RunStatus] = []  # as their folders tell, before what was asked of them
        self.loaded = False
        self.place = runs_root()  # where new runs are kept
        self._engine = engine
        self._asked: dict[Path, Request] = {}  # what was asked of a run that has not taken it up yet
        self._watch = _Watch(self._seen.emit)
        self._seen.connect(self._take)
        self._deeds = ThreadPoolExecutor(1, "run deeds")  # beside the watch, so that a request never waits for it
        self._watch.start()

    def find(self, folder: Path | str) -> RunStatus | None:
        """The run in a folder, if it is on the list."""
        place = Path(folder).absolute()
        return next((status for status in self.runs if status.folder == place), None)

    def show(self, shown: bool) -> None:
        """Whether the list is on screen, where a new run should appear sooner."""
        self._watch.shown = shown
        self._watch.look()

    async def submit(
        self, workflow: str, action: str, values: dict[str, Any], preset: str = "standard", run_dir: str | None = None
    ) -> RunStatus:
        """Starts a run with nested settings and returns its status. Raises UserError for what cannot be started.

        The id is made here, so that asking again after a broken engine cannot start a second run.
        """
        run_id = new_run_id()
        if run_dir is None and self.place != runs_root():
            run_dir = str(self.place / folder_name(run_id, workflow, action))
        request = {
            "id": run_id,
            "workflow": workflow,
            "action": action,
            "settings": values,
            "preset": preset,
            **({"run_dir": run_dir} if run_dir else {}),
        }
        for _ in range(2):
            _, answer, said = await self._engine.command(["submit"], stdin=to_json_line(request))
            document = document_of(answer)
            if "folder" in document:
                self._watch.look()
                return RunStatus.model_validate(document)
            _log.error("submit gave no answer: %s", said)
        raise UserError(_tr("The run could not be started: the engine ended without an answer."), _tr("Try again."))

    def ask(self, folder: Path | str, request: Request) -> Coroutine[Any, Any, None]:
        """Asks a run to stop, to stop now or to pause. Awaiting it raises UserError for a run that has ended.

        From this moment on the list tells everybody that the run is stopping or pausing.
        """
        place = Path(folder).absolute()
        self._asked[place] = request
        self._show()
        return self._ask(place, request)

    async def resume(self, folder: Path | str) -> RunStatus:
        """Goes on with a run that has ended early. Raises UserError where that cannot be."""
        self._asked.pop(Path(folder).absolute(), None)
        return await self._do(lambda: resume(Path(folder)))

    async def delete(self, folder: Path | str) -> None:
        """Moves a run's folder to the trash. Raises UserError for a run that is going, or where there is no trash."""
        await self._do(lambda: _to_trash(Path(folder)))

    async def add(self, folder: Path | str) -> RunStatus:
        """Puts a run folder that lies anywhere on the list. Raises UserError for what is no run."""

        def remember() -> RunStatus:
            with Catalogue() as catalogue:
                return catalogue.status(Path(folder))

        return await self._do(remember)

    def close(self) -> None:
        """Ends the threads; no run is touched."""
        self._watch.close()
        self._deeds.shutdown(cancel_futures=True)

    async def _do(self, deed: Callable[[], T]) -> T:
        try:
            return await asyncio.wrap_future(self._deeds.submit(deed))
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                _tr("The run's folder cannot be used ({why}).").format(why=error),
                _tr("Check the disk and its permissions."),
            ) from None
        finally:
            self._watch.look()

    async def _ask(self, place: Path, request: Request) -> None:
        try:
            await self._do(lambda: ask(place, request))
        except BaseException:  # also where the window closes meanwhile: the run has not heard it
            self._asked.pop(place, None)
            self._show()
            raise

    def _show(self) -> None:
        self.runs = [self._as_asked(status) for status in self._found] if self._asked else self._found
        self.changed.emit()

    def _as_asked(self, status: RunStatus) -> RunStatus:
        """The run as it stands after what was asked of it, before it says so itself."""
        request = self._asked.get(status.folder)
        if request is None or status.state in ENDED:
            return status
        state: State = "pausing" if request == "pause" else "stopping"
        return status if status.state == state else status.model_copy(update={"state": state})

    def _take(self, runs: list[RunStatus], ended: list[RunStatus]) -> None:
        for status in runs:
            if is_over(status):
                self._asked.pop(status.folder, None)
        self._found = runs
        self.loaded = True
        self._show()
        for status in ended:
            self.ended.emit(status)


class _Watch(threading.Thread):
    """Owns the catalogue. Living runs are looked at often, all folders now and then; tells only what differs."""

    def __init__(self, tell: Callable[[list[RunStatus], list[RunStatus]], None]) -> None:
        super().__init__(name="run list", daemon=True)
        self.shown = False
        self._tell = tell
        self._wake = threading.Event()
        self._closing = False
        self._known: list[RunStatus] | None = None

    def look(self) -> None:
        """Looks at everything now."""
        self._wake.set()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        self.join(_CLOSING_S)

    def run(self) -> None:
        while not self._closing:
            try:
                with Catalogue() as catalogue:
                    self._watch(catalogue)
            except Exception:  # a full disk or a locked file passes; the list must not stand still for ever
                _log.exception("The list of runs cannot be read.")
                self._wait(_ALL_S)

    def _watch(self, catalogue: Catalogue) -> None:
        all_due = 0.0
        since = timestamp(utc_now())
        while not self._closing:
            before = timestamp(utc_now())
            if time.monotonic() >= all_due:
                begin = time.thread_time()  # not the clock: one look that waits for a disk must not delay the next
                runs = catalogue.runs()
                rest = max(_ALL_SHOWN_S if self.shown else _ALL_S, _REST * (time.thread_time() - begin))
                all_due = time.monotonic() + rest
            else:
                runs = [status if is_over(status) else _again(catalogue, status) for status in self._known or []]
            self._compare(runs, since)
            since = before
            living = any(not is_over(status) for status in runs)
            if self._wait(_LIVING_S if living else max(0.0, all_due - time.monotonic())):
                all_due = 0.0

    def _compare(self, runs: list[RunStatus], since: str) -> None:
        """Tells what differs from the last look. What was over when first seen did not end just now, unless `since`."""
        if runs == self._known:
            return
        known = {status.id: status for status in self._known or []}
        # A run that is as before stays the same object, which the window compares in no time.
        runs = [known[status.id] if known.get(status.id) == status else status for status in runs]
        ended = [status for status in runs if is_over(status) and _ended_now(status, known.get(status.id), since)]
        for status in runs:
            short_name(status)  # reads the settings of a new run here rather than while the window is painted
        first, self._known = self._known is None, runs
        self._tell(runs, [] if first else ended)

    def _wait(self, seconds: float) -> bool:
        """Sleeps; True where somebody wants a look now."""
        woken = self._wake.wait(seconds)
        self._wake.clear()
        return woken


def _ended_now(status: RunStatus, before: RunStatus | None, since: str) -> bool:
    if before is None:
        return status.created >= since
    return not is_over(before) or status.attempts > before.attempts


def _again(catalogue: Catalogue, status: RunStatus) -> RunStatus:
    try:
        return catalogue.status(status.folder)
    except UserError:  # deleted or damaged just now; the next look at all folders decides
        return status


def _to_trash(path: Path) -> None:
    if path.is_symlink():
        raise UserError(_tr("This is a link to a run, not its folder."), _tr("Delete the link yourself."), str(path))
    folder = RunFolder.open(path)
    if judge(folder) != "dead":
        raise UserError(_tr("This run is still going."), _tr("Stop it first."), str(path))
    if not QFile(str(path)).moveToTrash():
        raise UserError(
            _tr("The run cannot be moved to the trash: its disk has none, or its folder may not be changed."),
            _tr("Delete the folder yourself if you no longer need it."),
            str(path),
        )


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunList", text)
