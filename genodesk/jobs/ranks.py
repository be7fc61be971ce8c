"""The worker processes of one attempt: starts one per rank, hears their lines, passes requests on, ends them."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from genodesk.core.errors import UserError
from genodesk.core.events import MAXIMUM_LINE, Request
from genodesk.core.json_text import to_json_line

_QUEUE_LINES = 4096  # beyond that the worker waits: a run never fills the supervisor's memory
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Ranks:
    """The workers of one attempt, started on construction. `lines` holds what they send, in order per rank.

    Raises UserError where the computer can start no more processes.
    """

    def __init__(self, run: Path, count: int, threads: int, rendezvous: Path, lock: int) -> None:
        self.lines: queue.Queue[bytes] = queue.Queue(_QUEUE_LINES)
        self._rendezvous = rendezvous
        self._listeners: list[threading.Thread] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            for rank in range(count):
                self._start(run, _environment(rank, count, threads, rendezvous), lock)
        except OSError as error:
            self.kill()
            self.close()
            raise UserError(
                f"The worker cannot be started ({error.strerror}).", "Free memory or end other programs, then resume."
            ) from None

    def codes(self) -> list[int | None]:
        """The exit code of each rank, None while it runs, negative when a signal killed it."""
        for process in [process for process in self._processes if process.returncode is None]:
            if process.poll() is not None:
                _kill_group(process)  # what the rank started and left behind
        return [process.returncode for process in self._processes]

    def tell(self, request: Request) -> None:
        """Passes a request on to every rank that still listens."""
        for process in self._processes:
            with contextlib.suppress(OSError, ValueError):
                assert process.stdin is not None
                process.stdin.write(to_json_line({"request": request}).encode() + b"\n")
                process.stdin.flush()

    def kill(self) -> None:
        """Kills every rank that runs and the processes it started."""
        for process in self._processes:
            if process.returncode is None:  # the number of one that was waited for may be somebody else's by now
                _kill_group(process)

    def close(self) -> None:
        """Waits for the ranks, which have ended or were killed."""
        for process in self._processes:
            process.wait()
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
        self._rendezvous.unlink(missing_ok=True)

    def is_silent(self) -> bool:
        """Whether the last line of every rank is in `lines`."""
        return not any(listener.is_alive() for listener in self._listeners)

    def _start(self, run: Path, environment: Mapping[str, str], lock: int) -> None:
        command = [sys.executable, "-P", "-m", "genodesk.engine.worker", str(run)]
        if sys.platform == "win32":  # no descriptors are inherited there: the events come over standard output
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=run,
                env={**environment, "GENODESK_EVENTS_FD": "1"},
                creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
            )
            assert process.stdout is not None
            source: IO[bytes] = process.stdout
        else:
            reading, writing = os.pipe()
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    cwd=run,
                    env={**environment, "GENODESK_EVENTS_FD": str(writing)},
                    pass_fds=(writing, lock),
                    process_group=0,
                )
            except OSError:
                os.close(reading)
                raise
            finally:
                os.close(writing)
            source = os.fdopen(reading, "rb")
        self._processes.append(process)
        listener = threading.Thread(target=self._listen, args=(source,), daemon=True)
        listener.start()
        self._listeners.append(listener)

    def _listen(self, source: IO[bytes]) -> None:
        with source:
            while line := source.readline(MAXIMUM_LINE + 1):
                self.lines.put(line)


def thread_count(wished: int, processes: int) -> int:
    """Processor threads per worker: OMP_NUM_THREADS, else the setting, else the cores but one, shared out."""
    with contextlib.suppress(ValueError):
        return max(1, int(os.environ.get("OMP_NUM_THREADS", "")))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return wished or max(1, (cores - 1) // processes)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _environment(rank: int, count: int, threads: int, rendezvous: Path) -> dict[str, str]:
    environment = {**os.environ, **dict.fromkeys(_THREAD_VARIABLES, str(threads))}
    environment |= {"RANK": str(rank), "WORLD_SIZE": str(count), "LOCAL_RANK": str(rank), "PYTHONFAULTHANDLER": "1"}
    environment.pop("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", None)  # would let a weights file run code
    if count > 1:
        # A file is the meeting point and the loopback the only road: nothing listens to the network.
        environment |= {"GENODESK_RENDEZVOUS": str(rendezvous), "GLOO_SOCKET_IFNAME": _loopback()}
        for variable in ("CUDA_VISIBLE_DEVICES", "ASCEND_RT_VISIBLE_DEVICES"):
            environment[variable] = _own_device(os.environ.get(variable, ""), rank)
    return environment


def _own_device(visible: str, rank: int) -> str:
    """The one accelerator that a rank sees, of those that are visible here."""
    devices = visible.split(",") if visible else [str(number) for number in range(rank + 1)]
    return devices[rank] if rank < len(devices) else ""


def _loopback() -> str:
    return "lo0" if sys.platform == "darwin" else "lo"
