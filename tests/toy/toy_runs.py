"""Real runs of the toy workflow, and waiting for what they do; the fixture `toy` hands it out."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from toy_workflow import TrainSettings

from genodesk.core.events import Event, EventReader, StateChange
from genodesk.core.layers import Layer, build
from genodesk.core.run import RunFolder
from genodesk.jobs.status import RunStatus, read
from genodesk.jobs.submit import submit

TIME_LIMIT_S = 30.0


class Toy:
    """Starts toy runs and watches them."""

    def settings(self, **values: Any) -> TrainSettings:
        return build(TrainSettings, Layer({"runtime": {"device": "cpu", "seed": 7}, **values}, "test"))

    def start(self, run_dir: Path | None = None, **values: Any) -> RunFolder:
        return RunFolder.open(submit("toy", "train", self.settings(**values), run_dir=run_dir).folder)

    def finish(self, run_dir: Path | None = None, **values: Any) -> RunFolder:
        folder = self.start(run_dir, **values)
        self.until_over(folder)
        return folder

    def until(self, condition: Callable[[], Any]) -> Any:
        limit = time.monotonic() + TIME_LIMIT_S
        while time.monotonic() < limit:
            if value := condition():
                return value
            time.sleep(0.01)
        pytest.fail("what was waited for did not happen")

    def until_step(self, folder: RunFolder, step: int) -> None:
        self.until(lambda: (read(folder.path).step or 0) >= step)

    def until_over(self, folder: RunFolder, attempts: int = 1) -> RunStatus:
        def over() -> RunStatus | None:
            status = read(folder.path)
            return status if status.alive is False and status.attempts >= attempts else None

        status: RunStatus = self.until(over)
        return status

    def events(self, folder: RunFolder) -> list[Event]:
        return list(EventReader(folder.events))

    def states(self, folder: RunFolder) -> list[str]:
        return [event.state for event in self.events(folder) if isinstance(event, StateChange)]

    def supervisor(self, folder: RunFolder) -> psutil.Process:
        record = self.until(folder.last_process)
        return psutil.Process(record.pid)

    def workers(self, folder: RunFolder) -> list[psutil.Process]:
        """The worker processes, once one of them listens to requests."""
        return [child for child in self.supervisor(folder).children() if "genodesk.engine.worker" in child.cmdline()]

    def weights(self, folder: RunFolder) -> list[float]:
        result = folder.result()
        assert result is not None, folder.log.read_text()
        weights: list[float] = result["weights"]
        return weights
