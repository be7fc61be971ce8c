"""The smallest workflow: four numbers walk at random towards zero. What it needs is all that a new workflow needs."""

import json
import time
from pathlib import Path
from typing import Any, Literal

from genodesk.core.errors import Stopped, UserError
from genodesk.core.settings import FileKind, Settings, group, setting
from genodesk.core.training_settings import TrainingRuntimeSettings
from genodesk.core.workflow import Action, Best, Demo, Notice, Workflow


class TrainSettings(Settings):
    steps: int = setting(40, title="Steps", ge=1, help="Steps of the walk.")
    step_seconds: float = setting(0.0, title="Pause", unit="s", ge=0, help="Time one step takes.")
    checkpoint_every: int = setting(5, title="Checkpoint every", unit="steps", ge=1, help="Steps between saved states.")
    data: Path | None = setting(None, title="Data", file=FileKind((".txt",)), help="A file that is only looked at.")
    trouble: Literal[
        "none", "user", "error", "memory", "disk", "deaf", "crash", "crash-again", "rank", "alone", "child", "busy"
    ] = setting("none", title="Trouble", advanced=True, help="What goes wrong half-way.")
    runtime: TrainingRuntimeSettings = group(TrainingRuntimeSettings, title="Running")


class AddSettings(Settings):
    numbers: tuple[float, ...] = setting((1.0, 2.0), title="Numbers", help="Numbers to add.")


def count(question: Any) -> dict[str, Any]:
    """Counts upwards, a part for every number, on something that is kept between questions."""
    kept = question.session.keep("counter", question.params.get("counter"), lambda: {"asked": 0})
    kept["asked"] += 1
    for number in range(question.number("up_to")):
        question.raise_if_cancelled()
        question.tell({"number": number})
        time.sleep(question.params.get("pause", 0.0))
    return {"asked": kept["asked"]}


def train(settings: TrainSettings, run: Any) -> dict[str, Any]:
    import numpy as np
    from toy_troubles import make_trouble

    from genodesk.core.disk import write_json
    from genodesk.core.figure import Axis
    from genodesk.engine.figures import line_figure

    weights, first, losses = np.ones(4), 1, []
    for saved in sorted(run.folder.checkpoints.glob("step-*.json"))[-1:]:
        state = json.loads(saved.read_text())
        weights, first, losses = np.array(state["weights"]), state["step"] + 1, state["losses"]
        run.rng.bit_generator.state = state["random"]
    for step in range(first, settings.steps + 1):
        weights = 0.9 * weights + 0.1 * run.rng.normal(size=4)
        losses.append(float((weights**2).mean()))
        run.metric(step, {"loss": losses[-1]})
        run.progress(step, settings.steps)
        time.sleep(settings.step_seconds)
        stop = run.should_stop()
        if run.rank == 0 and (stop or step % settings.checkpoint_every == 0):
            run.folder.checkpoints.mkdir(exist_ok=True)
            saved = run.folder.checkpoints / f"step-{step:08d}.json"
            random = run.rng.bit_generator.state
            write_json(saved, {"step": step, "weights": weights.tolist(), "losses": losses, "random": random})
            run.artifact(saved, "checkpoint")
        if stop:
            raise Stopped
        if step == settings.steps // 2:
            make_trouble(settings.trouble, run)
    drawing = line_figure(
        "walk", "Walk", Axis(label="Step"), Axis(label="Loss"), {"loss": (range(len(losses)), losses)}
    )
    run.figure(drawing)
    return {"metrics": {"loss": losses[-1]}, "weights": weights.tolist()}


def add(settings: AddSettings, run: Any) -> dict[str, Any]:
    return {"sum": sum(settings.numbers)}


def check(settings: TrainSettings) -> list[Notice]:
    if settings.data is not None and not settings.data.exists():
        raise UserError("There is no such file.", "Check the path.", str(settings.data))
    return [Notice("One step is hardly a walk.", "Take more steps.", "steps")] if settings.steps == 1 else []


_TRAIN = Action(
    "train",
    "Train",
    "Walks towards zero.",
    TrainSettings,
    "toy_workflow:train",
    check="toy_workflow:check",
    best=Best("train", "loss", "min"),
    presets={"quick": {"steps": 10}},
)
_ADD = Action("add", "Add", "Adds numbers.", AddSettings, "toy_workflow:add", kind="call")
WORKFLOW = Workflow(
    "toy",
    "Toy",
    "A walk for tests.",
    (_TRAIN, _ADD),
    demo=Demo("train", "quick", then=(("add", {"numbers": [4.0, 5.0]}),)),
    answers={"count": "toy_workflow:count"},
)
