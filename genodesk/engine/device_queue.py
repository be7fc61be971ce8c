"""One run at a time on an accelerator; the next ones wait where everybody sees why. The processor is shared freely."""

import os
from collections.abc import Callable
from pathlib import Path

from genodesk.core.disk import write_atomically
from genodesk.core.errors import Stopped, UserError
from genodesk.core.events import Event, StateChange
from genodesk.engine.devices import Device
from genodesk.jobs.lock import RunLock, is_held
from genodesk.jobs.places import home

_VISIBLE = {"cuda": "CUDA_VISIBLE_DEVICES", "npu": "ASCEND_RT_VISIBLE_DEVICES"}
_LOOK_S = 0.1


def wait_for(device: Device, run: Path, send: Callable[[Event], object], stop_asked: Callable[[], bool]) -> None:
    """Returns once this process has the accelerator for `run`; it keeps it to its end. Raises Stopped when asked to.

    Meanwhile the run's state is `queued`, with the run that has the device as the cause.
    """
    if device.kind == "cpu":
        return
    owner = _owner(device)
    owner.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = owner.with_suffix(".lock")
    if RunLock.acquire(lock, _LOOK_S) is None:
        send(StateChange(state="queued", cause=f"{_name(owner)} is using {device.name}"))
        while RunLock.acquire(lock, _LOOK_S) is None:
            if stop_asked():
                raise Stopped
        send(StateChange(state="running"))
    write_atomically(owner, run.name.encode())


def check_free(device: Device, chosen: str) -> None:
    """For what answers at once: raises UserError where a run has the accelerator that `auto` found.

    Whoever names the accelerator instead shares it knowingly.
    """
    if device.kind == "cpu" or chosen != "auto":
        return
    owner = _owner(device)
    if is_held(owner.with_suffix(".lock")):
        raise UserError(
            f"{_name(owner)} is using {device.name}.",
            f"Wait until it has ended, or choose the device: cpu, or {device.kind} to share it.",
            "--device",
        )


def _owner(device: Device) -> Path:
    """The file that names the run which has the accelerator; its lock stands beside it."""
    first = os.environ.get(_VISIBLE.get(device.kind, ""), "").split(",")[0] or "0"
    return home() / "devices" / f"{device.kind}-{first}"


def _name(owner: Path) -> str:
    return owner.read_text(encoding="utf-8") if owner.exists() else "Another run"
