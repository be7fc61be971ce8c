"""Talks to the engine's processes: questions to `genodesk-engine serve`, and single commands beside it.

Nothing is computed here. A worker that died is started again; what was in flight then fails with a sentence.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from genodesk.app.timers import once
from genodesk.core.errors import UserError
from genodesk.core.json_text import to_json_line

_log = logging.getLogger("genodesk")
_PARSING_S = 0.004
_FIRST_BACKOFF_MS = 200
_LONGEST_BACKOFF_MS = 10_000
_STEADY_MS = 10_000
_ENDING_MS = 1500
_KEPT_WORDS = 4000


Part = Callable[[dict[str, Any]], object]


class EngineClient(QObject):
    """One interactive worker, started with `words`. `state` is `off`, `starting`, `ready` or `restarting`."""

    state_changed = Signal(str)

    def __init__(self, parent: QObject | None = None, words: Sequence[str] = ("serve",)) -> None:
        super().__init__(parent)
        self._words = tuple(words)
        self.state = "off"
        self.restarts = 0
        self._process: QProcess | None = None
        self._buffer = b""
        self._said = ""
        self._count = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._parts: dict[int, Part] = {}
        self._commands: dict[QProcess, asyncio.Future[int]] = {}
        self._backoff_ms = _FIRST_BACKOFF_MS
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._start)
        self._steady = once(self, _STEADY_MS, self._forgive)
        self._more = once(self, 0, self._parse)

    @property
    def pid(self) -> int | None:
        """The worker's process number, for measurements."""
        return self._process.processId() if self._process is not None else None

    def start(self) -> None:
        """Starts the worker ahead of the first question."""
        if self._process is None and not self._again.isActive():
            self._start()

    async def ask(self, method: str, on_part: Part | None = None, **parameters: Any) -> dict[str, Any]:
        """The worker's answer; `on_part` is given what comes ahead of it, for example words.

        Raises UserError with the worker's words, or where it died meanwhile. Cancelling the task that waits cancels
        the question; from that moment on `on_part` is given nothing more.
        """
        self._count += 1
        number = self._count
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        if on_part is not None:
            self._parts[number] = on_part
        self._waiting[number] = future  # before the start, which may fail at once and tells all that wait
        if self._process is None:
            self._again.stop()
            self._start()
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters})
        try:
            return await future
        except asyncio.CancelledError:
            self._send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}})
            raise
        finally:
            self._waiting.pop(number, None)
            self._parts.pop(number, None)

    async def command(self, words: Sequence[str], stdin: str = "") -> tuple[int, str, str]:
        """Runs one `genodesk-engine` command to its end: its exit code, output and error output.

        Cancelling the task that waits kills the command. Raises UserError where it cannot be started.
        """
        process = _new_process(self)
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._commands[process] = ended
        process.finished.connect(lambda code, _status: None if ended.done() else ended.set_result(code))
        process.errorOccurred.connect(lambda error: self._command_failed(error, ended))
        _launch(process, words)
        process.write(stdin.encode())
        process.closeWriteChannel()
        try:
            code = await ended
            return code, _text(process.readAllStandardOutput()), _text(process.readAllStandardError())
        finally:
            if self._commands.pop(process, None) is not None:  # else it was ended when the desk was closed
                _end(process)

    def close(self) -> None:
        """Ends the worker and every command; questions that wait are cancelled."""
        for timer in (self._again, self._steady, self._more):
            timer.stop()
        process, self._process = self._process, None
        waiting: list[asyncio.Future[Any]] = [*self._waiting.values(), *self._commands.values()]
        for future in waiting:
            future.cancel()
        for other in self._commands:
            _end(other)
        self._commands.clear()
        if process is not None:
            process.closeWriteChannel()  # the worker ends when its input does
            if not process.waitForFinished(_ENDING_MS):
                process.kill()
            _end(process)
        self._set_state("off")

    def _start(self) -> None:
        process = _new_process(self)
        self._process, self._buffer, self._said = process, b"", ""
        process.readyReadStandardOutput.connect(self._parse)
        process.readyReadStandardError.connect(self._listen)
        process.finished.connect(lambda code, _status: self._died(process, code))
        process.errorOccurred.connect(lambda error: self._failed_to_start(process, error))
        self._set_state("restarting" if self.restarts else "starting")
        self._steady.start()
        _launch(process, self._words)

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is not None:
            self._process.write((to_json_line(message) + "\n").encode())

    def _parse(self) -> None:
        """Takes complete lines for at most a few milliseconds; the rest waits for the next turn of the event loop."""
        if self._process is None:
            return
        self._buffer += self._process.readAllStandardOutput().data()
        until = perf_counter() + _PARSING_S
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
            self._take(line)
            if perf_counter() > until:
                self._more.start()
                return

    def _take(self, line: bytes) -> None:
        try:
            reply = json.loads(line)
            ahead = reply.get("method") == "part"
            number = reply["params"]["id"] if ahead else reply["id"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            _log.warning("the engine said something that is no reply: %r", line[:200])
            return
        self._set_state("ready")
        future = self._waiting.get(number)
        if future is None or future.done():  # of a question given up, which its task may not know yet
            return
        if ahead:
            if number in self._parts:
                self._parts[number](reply["params"]["part"])
            return
        if "result" in reply:
            future.set_result(reply["result"])
        else:
            told = reply["error"].get("data") or {"message": reply["error"].get("message", "")}
            future.set_exception(UserError(told.get("message", ""), told.get("hint", ""), told.get("where", "")))

    def _listen(self) -> None:
        if self._process is not None:
            self._said = (self._said + _text(self._process.readAllStandardError()))[-_KEPT_WORDS:]

    def _died(self, process: QProcess, code: int) -> None:
        """Everything that waited is told; the next worker is started after a pause that grows while it keeps dying."""
        if process is not self._process:
            return
        self._parse()
        self._listen()
        self._process = None
        self._steady.stop()
        _log.error("the engine's worker ended with %s: %s", code, self._said)
        told = self._ended_unexpectedly()
        for future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(told)
        _end(process)
        self.restarts += 1
        self._set_state("restarting")
        self._again.start(self._backoff_ms)
        self._backoff_ms = min(2 * self._backoff_ms, _LONGEST_BACKOFF_MS)

    def _ended_unexpectedly(self) -> UserError:
        if "--with-models" in self._words:
            return UserError(
                self.tr("The part of Genodesk that keeps models stopped unexpectedly."),
                self.tr("It is being started again; try once more. If it happens again, memory may be too short."),
            )
        return UserError(
            self.tr("The part of Genodesk that reads files stopped unexpectedly."),
            self.tr("It is being started again; try once more. If it happens again, the file may be damaged."),
        )

    def _failed_to_start(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._died(process, -1)

    def _command_failed(self, error: QProcess.ProcessError, ended: "asyncio.Future[int]") -> None:
        if error == QProcess.ProcessError.FailedToStart and not ended.done():
            ended.set_exception(
                UserError(
                    self.tr("Genodesk's engine cannot be started."),
                    self.tr("Free some memory, or install Genodesk again."),
                    sys.executable,
                )
            )

    def _forgive(self) -> None:
        self._backoff_ms = _FIRST_BACKOFF_MS

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)


def engine_command() -> list[str]:
    """The program and first words with which `genodesk-engine` is started from here."""
    return [sys.executable, "-P", "-m", "genodesk.engine.cli"]


def _new_process(parent: QObject) -> QProcess:
    process = QProcess(parent)
    environment = QProcessEnvironment.systemEnvironment()
    # Where this very package lies, so that desk and engine are always of the same version.
    paths = [path for path in (*sys.path, *os.environ.get("PYTHONPATH", "").split(os.pathsep)) if path]
    environment.insert("PYTHONPATH", os.pathsep.join(dict.fromkeys(paths)))
    process.setProcessEnvironment(environment)
    return process


def _launch(process: QProcess, words: Sequence[str]) -> None:
    program, *first = engine_command()
    process.start(program, [*first, *words])


def _end(process: QProcess) -> None:
    """Ends a process whose words nobody waits for any more."""
    process.blockSignals(True)
    if process.state() != QProcess.ProcessState.NotRunning:
        process.kill()
        process.waitForFinished(_ENDING_MS)
    process.deleteLater()


def _text(data: Any) -> str:
    return bytes(data.data()).decode("utf-8", errors="replace")
