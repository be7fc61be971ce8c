"""The process in which an action computes: `python -m genodesk.engine.worker RUN_DIR`, started by the supervisor.

Turns the run folder into settings, device and `run`, calls the workflow's function and turns its end into an exit code.
Nothing heavy is imported before the function's own module is.
"""

import contextlib
import json
import os
import random
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.core.disk import is_disk_full
from genodesk.core.errors import Stopped, UserError
from genodesk.core.events import Event, Failed
from genodesk.core.layers import Layer, build
from genodesk.core.run import RunFolder
from genodesk.core.workflow import get_workflow, load_function
from genodesk.engine.device_queue import wait_for
from genodesk.engine.devices import pick
from genodesk.engine.live_run import Run
from genodesk.jobs.outcome import (
    DISK_FULL,
    DISK_FULL_HINT,
    DISK_FULL_MESSAGE,
    DONE,
    ERROR,
    OUT_OF_MEMORY,
    OUT_OF_MEMORY_HINT,
    OUT_OF_MEMORY_MESSAGE,
    STOPPED,
    USER_ERROR,
)


class Line:
    """The two pipes to the supervisor: events go up, requests come down. Without a supervisor the worker ends."""

    def __init__(self) -> None:
        number = int(os.environ.pop("GENODESK_EVENTS_FD"))
        self._up = os.dup(number)
        if number > 2:
            os.close(number)
        os.dup2(2, 1)  # a stray print goes to the log and can break nothing
        self._lock = threading.Lock()
        self._stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        threading.Thread(target=self._listen, name="requests", daemon=True).start()

    def send(self, event: Event) -> None:
        """Sends one event."""
        data = event.model_dump_json(exclude={"seq", "time"}).encode() + b"\n"
        try:
            with self._lock:
                while data:
                    data = data[os.write(self._up, data) :]
        except BrokenPipeError:
            os._exit(ERROR)

    def stop_asked(self) -> bool:
        """Whether a stop or a pause was asked for."""
        return self._stop.is_set()

    def _listen(self) -> None:
        rest = b""
        while data := os.read(0, 4096):
            *lines, rest = (rest + data).split(b"\n")
            if any(json.loads(line).get("request") in ("stop", "pause") for line in lines):
                self._stop.set()
        os._exit(ERROR)  # nobody would hear of the work any more, and another attempt may begin


def run_action(folder: RunFolder, line: Line) -> None:
    """Calls the action's function to its end; what it returns becomes the result. Raises what the function raises."""
    action = get_workflow(folder.info.workflow).action(folder.info.action)
    settings = build(action.settings, Layer(folder.settings_document(), str(folder.settings_file)))
    runtime = getattr(settings, "runtime", settings)
    device = pick(getattr(runtime, "device", "auto"))
    seed = folder.info.seed or 0
    run = Run(
        folder,
        device,
        seed,
        send=line.send,
        stop_asked=line.stop_asked,
        rank=int(os.environ.get("RANK", "0")),
        world_size=int(os.environ.get("WORLD_SIZE", "1")),
    )
    if run.rank == 0:
        wait_for(device, folder.path, line.send, line.stop_asked)
        run.log(f"Computing on {device.name} ({device.torch_name}). {device.reason}")
    function = load_function(action.function)
    _prepare_libraries(seed)
    try:
        document = function(settings, run)
    except Exception as error:
        if run.rank and run.should_stop():  # rank 0 has stopped and left this one alone in the middle of something
            raise Stopped from error
        raise
    if document is not None:
        run.result(document)


def exit_code(work: Callable[[], None], send: Callable[[Event], object], log: str) -> int:
    """Does the work and turns its end into an exit code, telling the reason of a bad one."""
    try:
        work()
    except Stopped:
        return STOPPED
    except UserError as error:
        send(Failed(message=error.message, hint=error.hint, where=error.where, user=True))
        return USER_ERROR
    except (Exception, SystemExit) as error:
        code, message, hint = _in_words(error)
        send(Failed(message=message, hint=hint, traceback=log))
        with contextlib.suppress(OSError):  # the disk that is full is the log's too
            traceback.print_exc()
        return code
    return DONE


def main(arguments: list[str]) -> int:
    """Computes the run in a folder; returns the exit code for the supervisor."""
    os.umask(0o077)
    line = Line()
    path = Path(arguments[0])
    code = exit_code(lambda: run_action(RunFolder.open(path), line), line.send, "log.txt")
    try:
        sys.stdout.flush()
    except OSError:
        os._exit(code)  # on a full disk Python would replace the code by its own
    return code


def _prepare_libraries(seed: int) -> None:
    """Seeds what workflows should not use but libraries may, and keeps torch to the supervisor's number of threads."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries draw from it
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


def _in_words(error: BaseException) -> tuple[int, str, str]:
    """Exit code, sentence and hint for an exception that is nobody's mistake."""
    memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    # torch reports memory of the processor, and a full disk while saving, as plain RuntimeError.
    if memory or (isinstance(error, RuntimeError) and "allocate memory" in str(error)):
        return OUT_OF_MEMORY, OUT_OF_MEMORY_MESSAGE, OUT_OF_MEMORY_HINT
    if is_disk_full(error):
        return DISK_FULL, DISK_FULL_MESSAGE, DISK_FULL_HINT
    sentence = f"The run ended with an error of the program ({type(error).__name__})."
    return ERROR, sentence, "Resume the run to try again; log.txt tells what happened."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
