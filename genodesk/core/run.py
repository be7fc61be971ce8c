"""RunFolder: a run is one self-describing folder. Everything that reads or writes its fixed files does it through here.

Whether the run's processes are alive is judged in `genodesk.jobs`; this file only knows what lies in the folder.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from genodesk import __version__
from genodesk.core.disk import fill_reserve, publish, write_atomically
from genodesk.core.errors import UserError
from genodesk.core.events import REQUESTS, Request, State
from genodesk.core.ids import folder_name, timestamp
from genodesk.core.json_text import to_json_line
from genodesk.core.settings import Settings, plain
from genodesk.core.settings_file import settings_document, without_reserved
from genodesk.core.yaml_text import read_yaml, write_yaml

FORMAT = 1
RESERVE_BYTES = 4 * 1024 * 1024
M = TypeVar("M", bound=BaseModel)


class InputFile(BaseModel):
    """A file or folder the run was given, with what identifies its content."""

    model_config = ConfigDict(frozen=True)
    setting: str
    path: str
    size: int
    sha256: str


class RunInfo(BaseModel):
    """run.json: what this run is. Written at creation; `inputs` is filled in once, before the worker starts."""

    model_config = ConfigDict(frozen=True)
    format: int = FORMAT
    id: str
    workflow: str
    action: str
    engine_version: str = __version__
    seed: int | None = None
    host: str = ""
    created: str
    request_hash: str
    inputs: tuple[InputFile, ...] = ()


class AttemptExit(BaseModel):
    """attempts/NNNN/exit.json: how an attempt ended. Its existence means that the attempt is over."""

    model_config = ConfigDict(frozen=True)
    state: State
    code: int
    cause: str = ""
    ended: str


class ProcessRecord(BaseModel):
    """attempts/NNNN/process.json: enough to tell whether the process lives without trusting its number alone."""

    model_config = ConfigDict(frozen=True)
    pid: int
    created: float
    boot: float
    host: str
    threads: int | None = None


class RunFolder:
    """One run on disk."""

    def __init__(self, path: Path, info: RunInfo) -> None:
        self.path = path
        self.info = info

    # fixed places -----------------------------------------------------------------------------------------------
    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def settings_file(self) -> Path:
        return self.path / "settings.yaml"

    @property
    def result_file(self) -> Path:
        return self.path / "result.json"

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    @property
    def heartbeat(self) -> Path:
        return self.path / ".heartbeat"

    @property
    def reserve(self) -> Path:
        return self.path / ".reserve"

    @property
    def requests(self) -> Path:
        return self.path / "requests"

    @property
    def attempts(self) -> Path:
        return self.path / "attempts"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def figures(self) -> Path:
        return self.path / "figures"

    @property
    def tables(self) -> Path:
        return self.path / "tables"

    @property
    def model(self) -> Path:
        return self.path / "model"

    # making and opening -----------------------------------------------------------------------------------------
    @classmethod
    def create(
        cls,
        place: Path,
        *,
        run_id: str,
        workflow: str,
        action: str,
        settings: Settings,
        preset: str = "standard",
        exact: bool = False,
        host: str = "",
        now: datetime,
    ) -> "RunFolder":
        """Makes the folder `place`/NAME, or `place` itself when `exact`. Making it is the claim on the run's id.

        The same id with the same settings returns the folder that is already there; other settings are refused.
        Raises UserError for a folder that holds a run already, is not empty, or cannot be written.
        """
        path = place if exact else place / folder_name(run_id, workflow, action)
        document = settings_document(workflow, action, preset, settings)
        info = RunInfo(
            id=run_id,
            workflow=workflow,
            action=action,
            seed=_seed(settings),
            host=host,
            created=timestamp(now),
            request_hash=request_hash(workflow, action, settings),
        )
        folder = cls(path, info)
        claimed = False
        try:
            claimed = folder._claim()
            if not claimed:
                folder = folder._same_run()
            if not folder.settings_file.exists():  # who claimed the same run a moment ago is not so far yet, or died
                folder.reserve_space()
                write_atomically(folder.settings_file, write_yaml(document).encode())
        except OSError as error:
            if claimed:
                shutil.rmtree(path, ignore_errors=True)
            raise UserError(
                f"The run folder cannot be written ({error.strerror or error}).",
                "Choose a folder you may write to, on a disk with space, with --run-dir.",
                str(path),
            ) from None
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """The run in a folder. Raises UserError for what is no run or was made by a newer version."""
        try:
            document = json.loads((path / "run.json").read_text(encoding="utf-8"))
            if isinstance(document, dict) and isinstance(document.get("format"), int) and document["format"] > FORMAT:
                raise UserError(
                    f"This run was made by a newer Genodesk ({document.get('engine_version', 'unknown version')}).",
                    "Update Genodesk to open it.",
                    str(path),
                )
            return cls(path, RunInfo.model_validate(document))
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(
                "This is not a run folder (it holds no run.json).", "Name a folder made by a run.", str(path)
            ) from None
        except (OSError, ValueError, ValidationError, RecursionError):
            raise UserError(
                "run.json in this folder cannot be read.", "Restore it from a copy of the run.", str(path)
            ) from None

    def settings_document(self) -> dict[str, Any]:
        """settings.yaml without its reserved keys. Raises UserError where the file is damaged."""
        return without_reserved(read_yaml(self.settings_file))

    def record_inputs(self, inputs: tuple[InputFile, ...]) -> None:
        """Writes the inputs' hashes into run.json."""
        self.info = self.info.model_copy(update={"inputs": inputs})
        write_atomically(self.path / "run.json", self.info.model_dump_json(indent=1).encode())

    # requests ---------------------------------------------------------------------------------------------------
    def ask(self, request: Request) -> None:
        """Leaves a request for the supervisor; asking twice is one request. Raises UserError if it cannot be left."""
        try:
            self.requests.mkdir(exist_ok=True)
            os.close(os.open(self.requests / request, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return
        except OSError as error:
            raise UserError(
                f"The request to {request} cannot be left ({error.strerror}).",
                "Check the folder's permissions.",
                str(self.requests),
            ) from None

    def pending_requests(self) -> list[Request]:
        """The requests not yet acknowledged, the most urgent first."""
        return [name for name in REQUESTS if (self.requests / name).exists()]

    def acknowledge(self, request: Request) -> None:
        """Removes a request after its event was written."""
        (self.requests / request).unlink(missing_ok=True)

    # attempts ---------------------------------------------------------------------------------------------------
    def attempt_folders(self) -> list[Path]:
        """The attempts' folders, oldest first."""
        if not self.attempts.is_dir():
            return []
        return sorted(p for p in self.attempts.iterdir() if re.fullmatch(r"\d{4}", p.name))

    def start_attempt(self) -> Path:
        """Makes the folder of the next attempt."""
        known = self.attempt_folders()
        path = self.attempts / f"{int(known[-1].name) + 1 if known else 1:04d}"
        path.mkdir(mode=0o700, parents=True)
        return path

    def last_exit(self) -> AttemptExit | None:
        """How the newest attempt ended, or None while it has not (or none was made)."""
        return self._newest("exit.json", AttemptExit)

    def last_process(self) -> ProcessRecord | None:
        """The process of the newest attempt, or None where it is not known."""
        return self._newest("process.json", ProcessRecord)

    def result(self) -> dict[str, Any] | None:
        """The result document, or None where there is none."""
        try:
            document = json.loads(self.result_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return document if isinstance(document, dict) else None

    def reserve_space(self) -> None:
        """Fills up the space that is drawn on when the disk is full. Raises OSError where it cannot be had."""
        fill_reserve(self.reserve, RESERVE_BYTES)

    def _claim(self) -> bool:
        """Makes the folder and publishes run.json; False where it holds a run already.

        Raises UserError for a folder with other people's files in it.
        """
        parts = (self.path, self.requests, self.attempts)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not _make_folder(self.path):
                if not self._may_be_claimed():
                    return False
                self.path.chmod(0o700)
            for part in parts[1:]:
                part.mkdir(mode=0o700, exist_ok=True)
            return publish(self.path / "run.json", self.info.model_dump_json(indent=1).encode())
        except OSError:
            for part in reversed(parts):
                with contextlib.suppress(OSError):
                    part.rmdir()  # does nothing to a folder in which something lies
            raise

    def _may_be_claimed(self) -> bool:
        """False where the folder holds a run. Raises UserError for a folder with other people's files in it."""
        # Parts without run.json: another submitter of the same run is at work, or died.
        own = {self.requests.name, self.attempts.name}
        foreign = [e.name for e in self.path.iterdir() if e.name not in own and not e.name.startswith(".run.json.")]
        if (self.path / "run.json").exists():  # looked for last: it may have appeared just now, with what follows it
            return False
        if foreign:
            raise UserError(
                "This folder exists and is not empty.", "Name a new or empty folder for the run.", str(self.path)
            )
        return True

    def _newest(self, name: str, kind: type[M]) -> M | None:
        """What the newest attempt holds in the file, or None where that is absent or damaged."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return kind.model_validate_json((self.attempt_folders()[-1] / name).read_bytes())
        return None

    def _same_run(self) -> "RunFolder":
        """The run that claimed this folder first, if it is the one that is asked for."""
        existing = RunFolder.open(self.path)
        if (existing.info.id, existing.info.request_hash) == (self.info.id, self.info.request_hash):
            return existing
        raise UserError(
            "This folder already holds a run.",
            f"Continue it with `genodesk-engine runs resume {self.path}` or name another folder.",
            str(self.path),
        )


def request_hash(workflow: str, action: str, settings: Settings) -> str:
    """Identifies what was asked for: sha256 over workflow, action and the complete settings."""
    text = to_json_line({"workflow": workflow, "action": action, "settings": plain(settings)})
    return hashlib.sha256(text.encode()).hexdigest()


def _make_folder(path: Path) -> bool:
    """Makes a private folder; False where there was one already."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if path.is_dir():
            return False
        raise
    return True


def _seed(settings: Settings) -> int | None:
    runtime = getattr(settings, "runtime", settings)
    seed = getattr(runtime, "seed", None)
    return seed if isinstance(seed, int) else None
