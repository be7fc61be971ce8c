"""Looks over an installation and says, for everything that is not as it should be, what to do."""

import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from genodesk import __version__
from genodesk.core.errors import UserError
from genodesk.core.workflow import get_workflow, workflow_names
from genodesk.engine.devices import Machine, pick, probe
from genodesk.jobs.places import cache, home, runs_root

OLDEST_PYTHON = (3, 11)
FEW_MB = 5_000
CONSTRAINTS = Path(__file__).parents[2] / "packaging" / "constraints.txt"  # in a checkout; a wheel holds none


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, what was found, and the remedy where it is not."""

    name: str
    state: Literal["ok", "note", "problem"]
    found: str
    remedy: str = ""


def examine(machine: Machine | None = None, constraints: Path = CONSTRAINTS) -> list[Finding]:
    """All findings, in the order a person mends them."""
    machine = machine or probe()
    return [
        _python(),
        *_packages(constraints),
        *_folders(),
        *_workflows(),
        _device(machine),
        _threads(machine),
        _keyring(),
    ]


def report(findings: list[Finding]) -> dict[str, Any]:
    """The JSON form: whether all is well, and the findings."""
    return {
        "version": __version__,
        "well": all(finding.state != "problem" for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", "problem", found, "Install Python 3.11 or newer and make the environment again.")
    return Finding("Python", "ok", found)


def _packages(constraints: Path) -> Iterator[Finding]:
    """What the installation needs and lacks, and what differs from the versions that were tested together."""
    from packaging.requirements import Requirement

    try:
        listed = [Requirement(text) for text in requires("genodesk") or ()]
        needed = [item for item in listed if item.marker is None or item.marker.evaluate({"extra": ""})]
    except PackageNotFoundError:
        yield Finding("packages", "note", "genodesk runs without being installed", _install(constraints))
        needed = []
    remedy = _install(constraints)
    lacking = []
    for requirement in needed:
        installed = _version_of(requirement.name)
        if installed is None or not requirement.specifier.contains(installed, prereleases=True):
            lacking.append(f"{requirement.name} {installed or 'is missing'} (needed: {requirement.specifier or 'any'})")
    if lacking:
        yield Finding("packages", "problem", "; ".join(lacking), remedy)
    else:
        yield Finding("packages", "ok", f"all {len(needed)} required ones fit" if needed else "not checked")
    if constraints.is_file():
        tested = re.findall(r"^([\w.-]+)==([^\s;]+)", constraints.read_text(encoding="utf-8"), re.MULTILINE)
        pairs = [(name, wanted, _version_of(name)) for name, wanted in tested]
        other = [
            f"{n} {have} (tested: {want})"
            for n, want, have in pairs
            if have and have.partition("+")[0] != want.partition("+")[0]
        ]
        if other:
            yield Finding("tested versions", "note", "; ".join(other), remedy)
        else:
            yield Finding("tested versions", "ok", "the versions that were tested together")


def _folders() -> Iterator[Finding]:
    """Whether runs and caches can be written, and how much space is left there."""
    for name, folder in (("runs", runs_root()), ("data", home()), ("cache", cache())):
        standing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        try:
            with tempfile.TemporaryFile(dir=standing):
                pass
        except OSError as error:
            remedy = "Mend its permissions, or set GENODESK_HOME to a folder you may write to."
            yield Finding(f"folder of {name}", "problem", f"{folder} cannot be written ({error.strerror})", remedy)
            continue
        free = shutil.disk_usage(standing).free >> 20
        if free < FEW_MB:
            yield Finding(
                f"folder of {name}", "note", f"{folder}, only {free:,} MB free", "Free some space on this disk."
            )
        else:
            yield Finding(f"folder of {name}", "ok", f"{folder}, {free:,} MB free")


def _workflows() -> Iterator[Finding]:
    for name in workflow_names():
        try:
            workflow = get_workflow(name)
            yield Finding(f"workflow {name}", "ok", f"{len(workflow.actions)} actions")
        except Exception as error:  # a workflow of somebody else may fail in any way
            remedy = "Update or remove the package that brings it."
            yield Finding(f"workflow {name}", "problem", f"cannot be loaded ({type(error).__name__}: {error})", remedy)
    if not workflow_names():
        yield Finding("workflows", "problem", "none is installed", _install(CONSTRAINTS))


def _device(machine: Machine) -> Finding:
    try:
        device = pick("auto", machine)
    except UserError:
        return Finding("device", "problem", "PyTorch is not installed", _install(CONSTRAINTS))
    idle = [why for kind, why in machine.missing.items() if any(a.kind == kind for a in machine.accelerators)]
    found = f"{device.kind} ({device.name}), PyTorch {machine.torch.version}"
    if idle:
        return Finding(
            "device",
            "note",
            f"{found}. {' '.join(idle)}",
            "Unset the variable that hides it, or install the PyTorch build for it (https://pytorch.org/get-started/locally).",
        )
    return Finding("device", "ok", found)


def _threads(machine: Machine) -> Finding:
    said = os.environ.get("OMP_NUM_THREADS", "")
    number = int(said) if said.isdigit() else max(1, machine.cores - 1)
    source = "OMP_NUM_THREADS" if said.isdigit() else "one fewer than the cores"
    if number > machine.cores:
        remedy = f"Set OMP_NUM_THREADS to {machine.cores} or less, or unset it."
        return Finding("threads", "note", f"{number} for {machine.cores} cores ({source})", remedy)
    return Finding("threads", "ok", f"{number} for {machine.cores} cores ({source})")


def _keyring() -> Finding:
    """Where passwords and tokens would be kept; without a place they are asked for each time."""
    if importlib.util.find_spec("keyring") is None:
        return Finding(
            "keyring", "note", "not installed: tokens are asked for each time", 'pip install "genodesk[desk]"'
        )
    import keyring
    from keyring.backends.fail import Keyring as NoKeyring

    backend = keyring.get_keyring()
    if isinstance(backend, NoKeyring):
        remedy = "Start a keyring service (GNOME Keyring, KWallet) if tokens are to be kept."
        return Finding("keyring", "note", "no service is running: tokens are asked for each time", remedy)
    return Finding("keyring", "ok", getattr(backend, "name", type(backend).__name__))


def _install(constraints: Path) -> str:
    """The command that mends an installation: with the tested versions where this is a checkout."""
    if constraints.is_file():
        return f'Run: {sys.executable} -m pip install -c "{constraints}" -e "{constraints.parents[1]}"'
    return f"Run: {sys.executable} -m pip install --upgrade genodesk"


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
