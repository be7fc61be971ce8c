"""Which devices this computer has and which one computes: found out by asking the system, never by importing torch.

The worker imports torch afterwards, for the device that was picked here. Programs and files of the system are reached
through a `Runner` and a root folder, so that recorded answers of hardware can stand in for it.
"""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import psutil

from genodesk.core.errors import UserError

Kind = Literal["cpu", "cuda", "mps", "npu"]
ORDER: tuple[Kind, ...] = ("npu", "cuda", "mps", "cpu")
Runner = Callable[[Sequence[str]], str | None]

_TITLES: dict[Kind, str] = {"npu": "Ascend NPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU", "cpu": "processor"}
_CANN_PLACES = ("usr/local/Ascend/ascend-toolkit", "usr/local/Ascend/cann", "usr/local/Ascend/nnae")


@dataclass(frozen=True)
class Device:
    """The device that computes: its kind, its name for people and the reason why this one."""

    kind: Kind
    name: str
    reason: str

    @property
    def torch_name(self) -> str:
        """What torch calls it, for example `cpu` or `cuda:0`."""
        return self.kind if self.kind in ("cpu", "mps") else f"{self.kind}:0"


@dataclass(frozen=True)
class Accelerator:
    """A device found beside the processor. Memory in MB, None where the system does not say."""

    kind: Kind
    index: int
    name: str
    memory_mb: int | None = None
    free_mb: int | None = None
    driver: str = ""


@dataclass(frozen=True)
class TorchBuild:
    """What the installed torch was built for, read from its files. `version` is empty where torch is not installed."""

    version: str = ""
    cuda: str = ""
    npu: str = ""


@dataclass(frozen=True)
class Machine:
    """What was found. `missing` says, for a kind that is not ready, why."""

    processor: str
    cores: int
    memory_mb: int
    free_memory_mb: int
    free_disk_mb: int
    accelerators: tuple[Accelerator, ...]
    torch: TorchBuild
    mindspore: str
    cann: tuple[str, ...]
    slurm: tuple[str, ...]
    missing: Mapping[Kind, str]

    def ready(self, kind: Kind) -> bool:
        """Whether torch can compute on this kind of device here."""
        return kind not in self.missing


def run_program(command: Sequence[str]) -> str | None:
    """What a program prints, or None where it is absent, fails or takes longer than ten seconds."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def probe(
    run: Runner = run_program,
    root: Path = Path("/"),
    torch: TorchBuild | None = None,
    environment: Mapping[str, str] = os.environ,
    system: tuple[str, str] = (sys.platform, platform.machine()),
) -> Machine:
    """Everything that can be told about this computer in about a tenth of a second."""
    build = torch if torch is not None else installed_torch()
    found: list[Accelerator] = [*_nvidia(run), *_ascend(run, root)]
    if system == ("darwin", "arm64"):
        found.append(Accelerator("mps", 0, "Apple GPU"))
    memory = psutil.virtual_memory()
    return Machine(
        processor=_processor(root) or platform.processor() or system[1],
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_mb=memory.total >> 20,
        free_memory_mb=memory.available >> 20,
        free_disk_mb=shutil.disk_usage(Path.home() if Path.home().exists() else root).free >> 20,
        accelerators=tuple(found),
        torch=build,
        mindspore=_version_of("mindspore"),
        cann=tuple(f"/{place}/set_env.sh" for place in _CANN_PLACES if (root / place / "set_env.sh").exists()),
        slurm=tuple((run(["sinfo", "--noheader", "--format=%P %a %D %G"]) or "").splitlines()),
        missing=_missing(found, build, environment),
    )


def pick(name: str = "auto", machine: Machine | None = None) -> Device:
    """The device for the setting `device`: the one named, or for `auto` the first that is ready of npu, cuda, mps, cpu.

    Raises UserError for a device that was named and is not ready: there is never a silent run on the processor.
    """
    machine = machine or probe()
    if name == "auto":
        kind = next((kind for kind in ORDER if machine.ready(kind)), None)
        if kind is None:
            raise UserError(machine.missing["cpu"], "Install it: pip install torch", "--device")
        passed_over = [
            machine.missing[k] for k in ORDER[: ORDER.index(kind)] if any(a.kind == k for a in machine.accelerators)
        ]
        reason = " ".join(passed_over) or (
            "It is the fastest that is ready." if kind != "cpu" else "No GPU or NPU was found."
        )
        return Device(kind, _name_of(kind, machine), reason)
    named = next((kind for kind in ORDER if kind == name), None)
    if named is None:
        raise UserError(
            f"There is no kind of device called {name}.", f"Choose one of auto, {', '.join(ORDER)}.", "--device"
        )
    if not machine.ready(named):
        ready = ", ".join(kind for kind in ORDER if machine.ready(kind))
        raise UserError(
            f"The device {named} is not ready: {machine.missing[named]}",
            f"Use --device auto, or one that is ready here ({ready}).",
            "--device",
        )
    return Device(named, _name_of(named, machine), "It was asked for.")


def devices_document(machine: Machine) -> dict[str, Any]:
    """What was found as JSON, and the device that would compute with the reason."""
    chosen: dict[str, Any]
    try:
        device = pick("auto", machine)
        chosen = {"kind": device.kind, "name": device.name, "torch_name": device.torch_name, "reason": device.reason}
    except UserError as error:
        chosen = {"kind": None, "reason": error.message}
    return {"chosen": chosen, **asdict(machine)}


def installed_torch() -> TorchBuild:
    """What the installed torch and torch_npu are, read from their files without importing them."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return TorchBuild()
    try:
        text = (Path(found.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        text = ""
    cuda = re.search(r"^cuda\b[^=]*=\s*'([\d.]+)'", text, re.MULTILINE)
    return TorchBuild(_version_of("torch"), cuda[1] if cuda else "", _version_of("torch_npu"))


def parse_nvidia_smi(text: str) -> list[Accelerator]:
    """The GPUs in nvidia-smi's lines of index, name, total and free memory in MiB, and driver version."""
    found = []
    for line in text.splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) == 5 and fields[0].isdigit():
            found.append(
                Accelerator("cuda", int(fields[0]), fields[1], _whole(fields[2]), _whole(fields[3]), driver=fields[4])
            )
    return found


def parse_npu_smi(text: str) -> list[Accelerator]:
    """The chips in the table of `npu-smi info`: two lines each, first the name, then memory in use and total."""
    driver = re.search(r"Version:\s*(\S+)", text)
    found: list[Accelerator] = []
    name = ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 3:
            continue
        named = re.fullmatch(r"\d+\s+(\S+)", cells[0])
        if named and not re.search(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{2}:", cells[1]):
            name = named[1]
        elif name and re.match(r"\d", cells[0]):
            memory = [(int(used), int(total)) for used, total in re.findall(r"(\d+)\s*/\s*(\d+)", cells[2])]
            used, total = memory[-1] if memory else (0, 0)
            found.append(
                Accelerator(
                    "npu",
                    len(found),
                    f"Ascend {name.removeprefix('Ascend')}",
                    total or None,
                    total - used if total else None,
                    driver[1] if driver else "",
                )
            )
            name = ""
    return found


def _nvidia(run: Runner) -> list[Accelerator]:
    query = "--query-gpu=index,name,memory.total,memory.free,driver_version"
    return parse_nvidia_smi(run(["nvidia-smi", query, "--format=csv,noheader,nounits"]) or "")


def _ascend(run: Runner, root: Path) -> list[Accelerator]:
    """The chips npu-smi names; where it is absent, the device files of the driver."""
    found = parse_npu_smi(run(["npu-smi", "info"]) or "")
    if found:
        return found
    files = sorted(path for path in (root / "dev").glob("davinci*") if path.name[7:].isdigit())
    return [Accelerator("npu", number, "Ascend") for number, _ in enumerate(files)]


def _missing(found: Sequence[Accelerator], torch: TorchBuild, environment: Mapping[str, str]) -> dict[Kind, str]:
    missing: dict[Kind, str] = {}
    kinds = {accelerator.kind for accelerator in found}
    for kind in ORDER:
        if kind != "cpu" and kind not in kinds:
            missing[kind] = f"No {_TITLES[kind]} was found."
    if not torch.version:
        return missing | {kind: "PyTorch is not installed." for kind in ORDER if kind not in missing}
    if "cuda" in kinds:
        if not torch.cuda:
            missing["cuda"] = (
                f"An NVIDIA GPU was found, but the installed PyTorch ({torch.version}) is built without CUDA."
            )
        elif environment.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
            missing["cuda"] = "An NVIDIA GPU was found, but CUDA_VISIBLE_DEVICES hides it."
    if "npu" in kinds:
        if not torch.npu:
            missing["npu"] = "An Ascend NPU was found, but torch_npu is not installed."
        elif environment.get("ASCEND_RT_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
            missing["npu"] = "An Ascend NPU was found, but ASCEND_RT_VISIBLE_DEVICES hides it."
    return missing


def _name_of(kind: Kind, machine: Machine) -> str:
    if kind == "cpu":
        return machine.processor
    return next(accelerator.name for accelerator in machine.accelerators if accelerator.kind == kind)


def _processor(root: Path) -> str:
    try:
        text = (root / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return model[1].strip() if model else ""


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None
