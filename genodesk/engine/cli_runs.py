"""Starting runs and asking about them: what lies behind `WORKFLOW ACTION`, `run`, `submit` and `runs ...`.

Everything goes through `genodesk.jobs`; nothing is computed here except by actions of the kind `call`.
"""

import contextlib
import json
import shutil
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from genodesk.core.errors import Stopped, UserError
from genodesk.core.events import Cursor, EventReader, Request, encode
from genodesk.core.json_text import to_json_line
from genodesk.core.run import RunFolder
from genodesk.core.settings import Settings
from genodesk.core.settings_file import read_named_settings_file
from genodesk.core.workflow import Action, get_workflow, load_function
from genodesk.engine.checking import check
from genodesk.engine.cli_follow import display_for, follow_run, progress_text, show_event, summary_lines
from genodesk.engine.cli_print import (
    TerminalConversation,
    document_lines,
    note,
    print_document,
    print_json,
    say,
    table_lines,
)
from genodesk.engine.cli_workflows import Asked, settings_from
from genodesk.engine.devices import pick
from genodesk.engine.methods import methods_sentence
from genodesk.jobs.catalogue import Catalogue
from genodesk.jobs.liveness import judge
from genodesk.jobs.outcome import DONE, STOPPED
from genodesk.jobs.places import runs_root
from genodesk.jobs.request import requested
from genodesk.jobs.status import ENDED, RunStatus, read
from genodesk.jobs.submit import ask, resume, submit
from genodesk.jobs.watch import follow

MAXIMUM_REQUEST = 1_000_000  # bytes of JSON on standard input


def start(asked: Asked) -> int:
    """Checks what was asked for, then answers at once (a call) or starts the run and follows it; returns the exit code.

    Raises UserError before anything is written.
    """
    said = [f"{notice.message} {notice.hint}".rstrip() for notice in check(asked.action, asked.settings)]
    for remark in said:
        note(f"note: {remark}")
    if asked.action.kind == "call":
        try:
            answer = call(asked.action, asked.settings, asked.json)
        except Stopped:
            return STOPPED
        if answer or asked.json:
            print_document(answer, asked.json)
        return DONE
    status = submit(
        asked.workflow.name, asked.action.name, asked.settings, preset=asked.preset, run_dir=_new_place(asked)
    )
    _remember(status)
    if asked.detach:
        print_document({"id": status.id, "folder": str(status.folder), "state": status.state}, asked.json)
        return DONE
    if not asked.json:
        note(f"Run {status.id} in {status.folder}")
    return follow_run(RunFolder.open(status.folder), asked.json, said=said)


def run_file(path: Path, run_dir: Path | None, detach: bool, as_json: bool) -> int:
    """Starts what a settings file says; the file names its workflow and action. Raises UserError."""
    _, named = read_named_settings_file(path)
    workflow = get_workflow(named["workflow"])
    action = workflow.action(named["action"])
    settings, preset = settings_from(workflow, action, flat={}, config=path)
    return start(Asked(workflow, action, settings, preset, run_dir, detach, as_json))


def submit_request(text: bytes) -> RunStatus:
    """Starts the run that a JSON request describes: {id, workflow, action, settings, preset?, run_dir?}.

    The settings are nested; relative paths in them are relative to the current folder. Raises UserError.
    """
    try:
        document = json.loads(text) if len(text) <= MAXIMUM_REQUEST else None
    except (ValueError, RecursionError):
        document = None
    status = requested(document, check)
    _remember(status)
    return status


def list_runs(as_json: bool) -> int:
    """Every run that is known, newest first."""
    with Catalogue() as catalogue:
        runs = [_row(status) for status in catalogue.runs()]
    if as_json:
        print_json({"runs": runs})
    elif runs:
        shown = [{k: v for k, v in row.items() if k not in ("id", "created")} for row in runs]
        say("\n".join(table_lines([{**row, "folder": _short(Path(row["folder"]))} for row in shown])))
    else:
        say(f"There are no runs in {runs_root()}.")
    return DONE


def find_run(name: str) -> Path:
    """The folder of a run named by its path, its id or a part of its folder's name. Raises UserError."""
    path = Path(name).expanduser()
    if path.exists():
        return path.absolute()
    with Catalogue() as catalogue:
        return catalogue.find(name)


def show(path: Path, as_json: bool) -> int:
    """The state of one run, its numbers and its result."""
    folder, status = RunFolder.open(path), read(path)
    if as_json:
        print_json({**status.model_dump(mode="json"), "result": folder.result(), "methods": methods_sentence(path)})
        return DONE
    row = _row(status)
    if status.state in ENDED:
        say("\n".join(document_lines({name: row[name] for name in ("id", "created", "workflow", "action", "state")})))
        say("\n".join(summary_lines(folder, status)))
        if status.warnings:
            number = "was 1 warning" if status.warnings == 1 else f"were {status.warnings} warnings"
            say(f"There {number}; see: genodesk-engine runs watch {status.folder}")
        if status.state == "finished":
            say(f"For a methods section: {methods_sentence(path)}")
        return DONE
    say("\n".join(document_lines(row)))
    if status.progress is not None:
        say(progress_text(status.progress))
    return DONE


def watch(path: Path, as_json: bool) -> int:
    """Follows a run until it ends; as JSON, every event of it as one line, from the first."""
    folder = RunFolder.open(path)
    if not as_json:
        return follow_run(folder, as_json=False)
    for event in follow(folder):
        sys.stdout.write(to_json_line(encode(event)) + "\n")
        sys.stdout.flush()
    last = folder.last_exit()
    return last.code if last is not None else 1


def request(path: Path, what: Request, as_json: bool) -> int:
    """Leaves a request with a run and says so at once."""
    urgent = what == "stop" and read(path).state == "stopping"
    ask(path, what)
    if urgent:
        what = "stop-now"
    said = {"stop": "is asked to stop", "stop-now": "is asked to stop at once", "pause": "is asked to pause"}[what]
    if as_json:
        print_json({"folder": str(path), "requested": what})
    else:
        say(f"The run in {path} {said}.")
    return DONE


def resume_run(path: Path, detach: bool, as_json: bool) -> int:
    """Goes on with a run that has ended early, and follows it."""
    folder = RunFolder.open(path)
    cursor = end_of(folder)
    status = resume(path)
    if detach:
        print_document({"id": status.id, "folder": str(status.folder), "state": status.state}, as_json)
        return DONE
    return follow_run(folder, as_json, cursor)


def end_of(folder: RunFolder) -> Cursor:
    """The place after the last event there is now."""
    reader = EventReader(folder.events)
    for _ in reader:
        pass
    return reader.cursor


def delete(path: Path, yes: bool, as_json: bool) -> int:
    """Deletes the folder of a run that has ended, after asking. Raises UserError for a run that is alive."""
    if path.is_symlink():
        raise UserError("This is a link to a run, not its folder.", "Name the folder itself.", str(path))
    folder = RunFolder.open(path)
    if judge(folder) != "dead":
        raise UserError("This run is still going.", "Stop it first: genodesk-engine runs stop.", str(path))
    size = sum(file.lstat().st_size for file in path.rglob("*"))
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise UserError("Deleting a run cannot be undone.", "Say --yes if you mean it.", str(path))
        note(f"Delete {path} ({size / 1e6:,.1f} MB)? This cannot be undone. Type yes: ")
        if sys.stdin.readline().strip().lower() != "yes":
            note("Nothing was deleted.")
            return DONE
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise UserError(f"The run cannot be deleted ({error.strerror}).", "Check its permissions.", str(path)) from None
    print_document({"deleted": str(path), "bytes": size}, as_json)
    return DONE


def call(action: Action, settings: Settings, as_json: bool) -> dict[str, Any]:
    """The answer of an action that answers at once, in this process; empty where a person has read it already.

    The first Ctrl+C asks it to stop, the second ends it. Raises UserError and Stopped.
    """
    from genodesk.engine.live_run import CallRun

    runtime = getattr(settings, "runtime", settings)
    display = display_for(action.name, as_json)
    stop = threading.Event()

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    run = CallRun(
        pick(getattr(runtime, "device", "auto")),
        getattr(runtime, "seed", 0),
        report=lambda event: show_event(event, display),
        stop_asked=stop.is_set,
        go_on=stop.clear,
        conversation=None if as_json else TerminalConversation(display.close),
    )
    before = signal.signal(signal.SIGINT, interrupted)
    try:
        return dict(load_function(action.function)(settings, run) or {})
    finally:
        signal.signal(signal.SIGINT, before)
        display.close()


def _new_place(asked: Asked) -> Path | None:
    return asked.run_dir.expanduser().absolute() if asked.run_dir is not None else None


def _row(status: RunStatus) -> dict[str, Any]:
    best = f"{status.best.metric} {status.best.value:.4g}" if status.best else ""
    return {
        "id": status.id,
        "created": status.created,
        "workflow": status.workflow,
        "action": status.action,
        "state": f"{status.state} ({status.cause})" if status.cause else status.state,
        "step": status.step,
        "best": best,
        "folder": str(status.folder),
    }


def _short(path: Path) -> str:
    """The name of a folder in the runs' own place, else the whole path."""
    return path.name if path.parent == runs_root() else str(path)


def _remember(status: RunStatus) -> None:
    """Puts a run on the list, also one outside the runs' own place. The list is a convenience: no run fails for it."""
    with contextlib.suppress(sqlite3.Error, OSError), Catalogue() as catalogue:
        catalogue.add(status.folder)
