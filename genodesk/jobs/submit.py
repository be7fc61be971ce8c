"""Starts, resumes and asks runs on this computer. Every start holds the run's lock and hands it to the supervisor."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.core.events import Request
from genodesk.core.ids import is_run_id, new_run_id, utc_now
from genodesk.core.run import FORMAT, RunFolder
from genodesk.core.settings import Settings
from genodesk.jobs import places
from genodesk.jobs.launcher import launch
from genodesk.jobs.liveness import judge, this_host
from genodesk.jobs.lock import RunLock
from genodesk.jobs.status import ENDED, RunStatus, read
from genodesk.jobs.watch import heart_beats

_ENDING_S = 3.0  # a supervisor that has written its exit record is gone by then
_LOOK_S = 0.5  # a reader that looks whether the lock is held is done by then


def submit(
    workflow: str,
    action: str,
    settings: Settings,
    *,
    preset: str = "standard",
    run_id: str | None = None,
    run_dir: Path | None = None,
    now: Callable[[], datetime] = utc_now,
) -> RunStatus:
    """Makes the run's folder, starts its supervisor and returns at once.

    The same `run_id` with the same settings again returns the status of the run there is, so a retry is safe.
    Raises UserError for an id that is not one, a folder that is taken or cannot be written, or other settings.
    """
    if run_id is not None and not is_run_id(run_id):
        raise UserError(f"{run_id[:40]!r} is not the id of a run.", "Leave the id out, or make a ULID.", "run id")
    folder = RunFolder.create(
        run_dir or places.runs_root(),
        run_id=run_id or new_run_id(now()),
        workflow=workflow,
        action=action,
        settings=settings,
        preset=preset,
        exact=run_dir is not None,
        host=this_host(),
        now=now(),
    )
    lock = RunLock.acquire(folder.lock, _LOOK_S if not folder.attempt_folders() else 0)
    if lock is not None and not folder.attempt_folders():
        _launch(folder, lock)
    elif lock is not None:
        lock.close()
    return read(folder.path)


def resume(path: Path) -> RunStatus:
    """Starts a new attempt of a run that has ended or died, from its last good checkpoint, in the same folder.

    Raises UserError for a run that is alive, is finished or has another format.
    """
    folder = RunFolder.open(path)
    if folder.info.format != FORMAT:
        raise UserError(
            f"This run was made by Genodesk {folder.info.engine_version}, whose runs have another format.",
            "It can be read, but not resumed; start a new run with its settings.yaml.",
            str(path),
        )
    lock = RunLock.acquire(folder.lock, _ENDING_S if folder.last_exit() is not None else _LOOK_S)
    try:
        if lock is None or _lives_without_lock(folder):
            raise UserError("This run is still going.", "Stop it first, or wait for its end.", str(path))
        last = folder.last_exit()
        if last is not None and last.state == "finished":
            raise UserError("This run is finished.", "Start a new run with its settings.yaml to repeat it.", str(path))
    except UserError:
        if lock is not None:
            lock.close()
        raise
    for request in folder.pending_requests():  # meant for the attempt that is over
        folder.acknowledge(request)
    _launch(folder, lock)
    return read(path)


def ask(path: Path, request: Request) -> None:
    """Asks a run to stop, to stop now or to pause. Anybody who can write in the folder may.

    Raises UserError for a run that has ended.
    """
    folder = RunFolder.open(path)
    if judge(folder) == "dead" and folder.attempt_folders():
        state = read(path).state
        word = state if state in ENDED else "over"
        raise UserError(f"This run is not going: it is {word}.", "Only a run that is going can be asked.", str(path))
    folder.ask(request)


def _lives_without_lock(folder: RunFolder) -> bool:
    """Whether a run whose lock could be taken is alive on another computer, whose locks do not reach here."""
    record = folder.last_process()
    if record is None or folder.last_exit() is not None or record.host == this_host():
        return False
    return heart_beats(folder)


def _launch(folder: RunFolder, lock: RunLock) -> None:
    try:
        launch(folder, lock)
    except OSError as error:
        raise UserError(
            f"The run's supervisor cannot be started ({error.strerror}).",
            "Free memory or processes and resume.",
            str(folder.path),
        ) from None
