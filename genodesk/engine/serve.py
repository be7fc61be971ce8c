"""`genodesk-engine serve`: answers questions for the desk, a JSON-RPC 2.0 message a line on standard input and output.

Knows the protocol only; what the answers are stands in `serve_answers.py`. It owns no run. Whatever arrives, however
long, broken or deep, gets a reply, and the next line is read. Parts of an answer may come ahead of it, as notifications
`part` with {id, part}.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn

import psutil

from genodesk.core.errors import UserError
from genodesk.core.json_text import to_json_line
from genodesk.engine.data.limits import limit_address_space
from genodesk.engine.serve_answers import ANSWERS, Answer
from genodesk.engine.serve_session import Cancelled, Question, Session
from genodesk.jobs.places import cache

LONGEST_LINE = 1_000_000  # bytes
AT_ONCE = 4
MEMORY_SHARE = 0.8

PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD, INTERNAL_ERROR = -32700, -32600, -32601, -32603
WRONG_INPUT, CANCELLED = -32000, -32800

Id = str | int | None


def serve(*, with_models: bool = False) -> NoReturn:
    """Answers until standard input ends, then ends the process.

    Standard output is moved aside: a stray print goes to standard error. A worker that reads files may take a share of
    the memory only; one `with_models` is not bounded, since libraries for accelerators reserve more than they use.
    """
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    if not with_models:
        limit_address_space(int(psutil.virtual_memory().total * MEMORY_SHARE))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = _session_folder()
    session = Session(folder)
    server = Server(replies, session)
    code = 0
    try:
        server.read_all(sys.stdin.buffer)
    except (KeyboardInterrupt, SystemExit):
        pass
    except Exception:  # a fault of ours, told in the log
        traceback.print_exc()
        code = 1
    finally:
        session.close()
        shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.flush()
        os._exit(code)  # nobody listens any more: an answer that is still being computed must not hold the process


class Server:
    """Reads requests, answers several at a time, and lets each be cancelled."""

    def __init__(self, replies: IO[bytes], session: Session) -> None:
        self._replies = replies
        self._session = session
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="answer")
        self._writing = threading.Lock()
        self._open: dict[Id, tuple[Future[None], threading.Event]] = {}
        self._lock = threading.Lock()

    def read_all(self, requests: IO[bytes]) -> None:
        """Takes every line until the end of the input."""
        while line := requests.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = requests.readline(LONGEST_LINE)
                message = f"The line is longer than {LONGEST_LINE:,} bytes."
                self._fail(None, INVALID_REQUEST, UserError(message, "Send large things as files.", "request"))
            elif line.strip():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            self._fail(
                None, PARSE_ERROR, UserError("The line is not JSON in UTF-8.", "Send one object a line.", "request")
            )
            return
        number = message.get("id") if isinstance(message, dict) else None
        if not isinstance(number, str | int | None) or isinstance(number, bool):
            number = None
        params = message.get("params", {}) if isinstance(message, dict) else None
        if not isinstance(params, dict) or not isinstance(message.get("method"), str):
            error = UserError("This is no request.", "Give method as text and params as an object.", "request")
            self._fail(number, INVALID_REQUEST, error)
            return
        method = message["method"]
        if method == "cancel":
            self._cancel(number, params.get("id"))
        elif method not in ANSWERS:
            error = UserError(f"There is no method {method}.", f"Known: {', '.join((*ANSWERS, 'cancel'))}.", "request")
            self._fail(number, UNKNOWN_METHOD, error)
        else:
            self._start(number, ANSWERS[method], params)

    def _start(self, number: Id, answer: Answer, params: dict[str, Any]) -> None:
        with self._lock:
            if number is not None and number in self._open:
                taken = UserError(f"The id {number} is in use.", "Give each request its own.", "request")
            else:
                taken = None
                cancelled = threading.Event()
                future = self._pool.submit(self._answer, number, answer, params, cancelled)
                if number is not None:
                    self._open[number] = (future, cancelled)
        if taken is not None:
            self._fail(number, INVALID_REQUEST, taken)

    def _answer(self, number: Id, answer: Answer, params: dict[str, Any], cancelled: threading.Event) -> None:
        try:
            self._session.close_changed()
            tell = partial(self._tell, number, cancelled)
            reply = {"result": answer(Question(self._session, params, cancelled, tell))}
        except Cancelled:
            return
        except UserError as error:
            reply = {"error": _error(WRONG_INPUT, error)}
        except MemoryError:
            words = UserError("There is not enough memory for this answer.", "Ask for a smaller part.", "")
            reply = {"error": _error(WRONG_INPUT, words)}
        except Exception:  # a fault of ours: the caller gets a calm sentence, the log the rest
            traceback.print_exc()
            words = UserError("Something went wrong inside Genodesk.", "The engine's log tells what.", "")
            reply = {"error": _error(INTERNAL_ERROR, words)}
        with self._lock:
            self._open.pop(number, None)
            if number is None or cancelled.is_set():
                return
            self._send(number, reply)

    def _tell(self, number: Id, cancelled: threading.Event, part: dict[str, Any]) -> None:
        """Sends a part of an answer ahead, unless nobody waits for it any more."""
        with self._lock:
            if number is not None and not cancelled.is_set():
                self._write({"jsonrpc": "2.0", "method": "part", "params": {"id": number, "part": part}})

    def _cancel(self, number: Id, target: Any) -> None:
        """The cancelled request is answered at once with an error; what it still computes is thrown away."""
        with self._lock:
            future, cancelled = self._open.pop(target, (None, None)) if isinstance(target, str | int) else (None, None)
            if future is not None and cancelled is not None:
                cancelled.set()
                future.cancel()
                self._send(target, {"error": _error(CANCELLED, UserError("The request was cancelled.", "", ""))})
        if number is not None:
            self._send(number, {"result": {"cancelled": future is not None}})

    def _fail(self, number: Id, code: int, error: UserError) -> None:
        self._send(number, {"error": _error(code, error)})

    def _send(self, number: Id, reply: dict[str, Any]) -> None:
        self._write({"jsonrpc": "2.0", "id": number, **reply})

    def _write(self, message: dict[str, Any]) -> None:
        line = (to_json_line(message) + "\n").encode("utf-8", errors="replace")
        with self._writing:
            try:
                while line:
                    line = line[self._replies.write(line) :]
            except BrokenPipeError:
                os._exit(0)


def _error(code: int, error: UserError) -> dict[str, Any]:
    return {"code": code, "message": error.message, "data": error.as_dict()}


def _session_folder() -> Path:
    """A folder of this process for large answers; those of processes that are gone are removed."""
    place = cache() / "serve"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in place.iterdir():
            owner = left.name.partition("-")[0]
            if owner.isdigit() and not psutil.pid_exists(int(owner)):
                shutil.rmtree(left, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=place))
    except OSError:  # a cache that cannot be written: the system's own place for temporary files
        return Path(tempfile.mkdtemp(prefix="genodesk-serve-"))
