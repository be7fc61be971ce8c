"""Runs made by hand: a folder with the events and files that a real run of a moment ago would have left."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from toy_workflow import TrainSettings

from genodesk.core.events import Attempt, Begin, Event, EventWriter, FigureMade, MetricValues, Result, StateChange
from genodesk.core.figure import ColourScale
from genodesk.core.ids import new_run_id
from genodesk.core.layers import Layer, build
from genodesk.core.run import AttemptExit, ProcessRecord, RunFolder
from genodesk.core.workflow import get_workflow
from genodesk.engine.drawing import Drawing, save_drawing
from genodesk.engine.figures import spatial_figure
from genodesk.jobs.liveness import this_host
from genodesk.jobs.places import runs_root
from genodesk.jobs.status import RunStatus, read

LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_run(
    events: Sequence[Event] = (),
    *,
    workflow: str = "toy",
    action: str = "train",
    settings: Mapping[str, Any] | None = None,
    state: str = "finished",
    cause: str = "",
    result: Mapping[str, Any] | None = None,
    place: Path | None = None,
    preset: str = "standard",
) -> RunFolder:
    """A run that has ended; `settings` are nested values over the preset."""
    kind = TrainSettings if workflow == "toy" else get_workflow(workflow).action(action).settings
    folder = RunFolder.create(
        place or runs_root(),
        run_id=new_run_id(LONG_AGO),
        workflow=workflow,
        action=action,
        settings=build(kind, Layer(settings or {}, "test")),
        preset=preset,
        exact=place is not None,
        host=this_host(),
        now=LONG_AGO,
    )
    folder.reserve.unlink()
    folder.log.write_text("")
    folder.lock.touch()
    if result is not None:
        folder.result_file.write_text(json.dumps(result))
    attempt = folder.start_attempt()
    write_events(
        folder,
        [
            Begin(run=folder.info.id, generation=new_run_id()),
            Attempt(number=1, host=this_host(), pid=1),
            StateChange(state="running"),
            *events,
            *([Result(path="result.json")] if result is not None else []),
            StateChange(state=state, cause=cause),
        ],
    )
    code = 0 if state == "finished" else 1 if state == "failed" else 3
    left = AttemptExit(state=state, code=code, cause=cause, ended="2026-01-02T03:05:00.000Z")
    (attempt / "exit.json").write_text(left.model_dump_json())
    return folder


def move_elsewhere(folder: RunFolder, host: str) -> None:
    """Makes the newest attempt one that goes on another computer."""
    attempt = folder.attempt_folders()[-1]
    (attempt / "exit.json").unlink(missing_ok=True)
    record = ProcessRecord(pid=1, created=1.0, boot=0.0, host=host)
    (attempt / "process.json").write_text(record.model_dump_json())
    told = folder.info.model_copy(update={"host": host})
    (folder.path / "run.json").write_text(told.model_dump_json())


def write_events(folder: RunFolder, events: Sequence[Event]) -> None:
    """Appends events as the supervisor does."""
    writer = EventWriter(folder.events, now=lambda: LONG_AGO)
    for event in events:
        writer.write(event)
    writer.close()


def status(folder: RunFolder) -> RunStatus:
    """How the run stands."""
    return read(folder.path)


def losses(steps: int, split: str = "train") -> list[Event]:
    """A falling loss."""
    return [MetricValues(step=step, split=split, values={"loss": 2.0 / step}) for step in range(1, steps + 1)]


def tissue(step: int | None = None, cells: int = 60) -> Drawing:
    """Cells as measured beside the same cells placed at random."""
    random = np.random.default_rng(step or 0)
    places = random.random((cells, 2)) * 100
    return spatial_figure(
        "truth_and_sample",
        "slice 1",
        {"Measured": places, "Placed by the model": random.random((cells, 2)) * 100},
        values=np.arange(cells) % 3,
        colour=ColourScale(kind="category", label="type", categories=("a", "b", "c")),
    )


def draw(folder: RunFolder, step: int | None) -> FigureMade:
    """Saves the tissue of a step into the run and returns the event that names it."""
    save_drawing(tissue(step), folder.figures, step)
    return FigureMade(name="truth_and_sample", path="figures/truth_and_sample.json", step=step)
