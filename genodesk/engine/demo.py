"""`genodesk-engine demo`: runs every installed workflow's demonstration, draws its figures and prints its numbers.

Knows no workflow by name: what a demonstration is stands in its declaration.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build, nest
from genodesk.core.run import RunFolder, request_hash
from genodesk.core.scores import scores_of
from genodesk.core.workflow import THE_RUN, Workflow, get_workflow, workflow_names
from genodesk.engine.cli_follow import failure, follow_to_end, lines_of_scores
from genodesk.engine.cli_print import note, print_error, print_json, say
from genodesk.engine.cli_runs import call, end_of
from genodesk.engine.cli_scores import score_columns
from genodesk.engine.run_tables import write_table
from genodesk.jobs.outcome import DONE, ERROR, STOPPED
from genodesk.jobs.status import RunStatus, read
from genodesk.jobs.submit import resume, submit

FORMATS = (".png", ".svg", ".pdf", ".csv")
RESULT_PARTS = ("metrics", "point_estimate", "estimates", "baselines", "chance", "warnings", "remarks", "how")


def run_demo(out: Path, as_json: bool) -> int:
    """Leaves OUT/WORKFLOW/{run, figures, metrics.csv} for each workflow that has a demonstration; the exit code.

    What an earlier demonstration finished there is kept, and what it began goes on.
    Raises UserError for a folder with anything else in it.
    """
    out = out.expanduser().absolute()
    shown = [workflow for name in workflow_names() if (workflow := get_workflow(name)).demo is not None]
    ours = {workflow.name for workflow in shown}
    if out.exists() and (not out.is_dir() or any(entry.name not in ours for entry in out.iterdir())):
        raise UserError(
            "This folder holds something else than a demonstration.",
            "Name a new folder with --out, or empty this one.",
            str(out),
        )
    if not shown:
        raise UserError(
            "No installed workflow has a demonstration.", "genodesk-engine doctor tells what is installed.", "demo"
        )
    documents = []
    for workflow in shown:
        status = _run(workflow, out / workflow.name / "run", as_json)
        if status.state != "finished":
            print_error(failure(status), as_json)
            return STOPPED if status.state in ("stopped", "paused") else ERROR
        documents.append(_document(workflow, status, out / workflow.name))
        if not as_json:
            _print(workflow, documents[-1])
        assert workflow.demo is not None
        documents[-1]["then"] = [_then(workflow, *call, status.folder, as_json) for call in workflow.demo.then]
    if as_json:
        print_json({"folder": str(out), "workflows": documents})
    return DONE


def _run(workflow: Workflow, place: Path, as_json: bool) -> RunStatus:
    """The demonstration as a run like any other, followed to its end; one that finished earlier is only looked at."""
    assert workflow.demo is not None
    action = workflow.action(workflow.demo.action)
    preset = workflow.demo.preset
    settings = build(
        action.settings,
        Layer(action.preset(preset), f"preset {preset}"),
        Layer(workflow.demo.settings, f"demonstration of {workflow.name}"),
    )
    if not (place / "run.json").exists():
        if not as_json:
            note(f"{workflow.title}: {action.title} in {place}")
        status = submit(workflow.name, action.name, settings, preset=preset, run_dir=place)
        return follow_to_end(RunFolder.open(status.folder), as_json)
    folder, status = RunFolder.open(place), read(place)
    if folder.info.request_hash != request_hash(workflow.name, action.name, settings):
        raise UserError(
            "This folder holds a run with other settings.", "Name a new folder with --out, or delete it.", str(place)
        )
    if not as_json:
        going = "finished earlier" if status.state == "finished" else "goes on"
        note(f"{workflow.title}: {action.title} in {place} ({going})")
    if status.state == "finished":
        return status
    cursor = None
    if status.resumable:
        cursor = end_of(folder)
        resume(place)
    return follow_to_end(folder, as_json, cursor)


def _then(workflow: Workflow, name: str, flat: Mapping[str, Any], run: Path, as_json: bool) -> dict[str, Any]:
    """A call that shows what the finished run is good for; its answer."""
    action = workflow.action(name)
    given = {key: str(run) if value == THE_RUN else value for key, value in flat.items()}
    settings = build(action.settings, Layer(nest(action.settings, given), f"demonstration of {workflow.name}"))
    answer = call(action, settings, as_json)
    if not as_json:
        say("")
    return {"action": name, **answer}


def _document(workflow: Workflow, status: RunStatus, place: Path) -> dict[str, Any]:
    """What the demonstration came to; draws the figures and writes the table of numbers."""
    from genodesk.engine.render import render

    folder = RunFolder.open(status.folder)
    result = folder.result() or {}
    written = []
    (place / "figures").mkdir(exist_ok=True)
    for figure in sorted(folder.figures.glob("*.json")):
        for suffix in FORMATS:
            written.append(str(render(figure, place / "figures" / f"{figure.stem}{suffix}")))
    rows = scores_of(result, workflow.metrics, workflow.methods)
    if rows:
        write_table(place / "metrics.csv", score_columns(rows, workflow.metrics))
    return {
        "workflow": workflow.name,
        "action": status.action,
        "run": str(status.folder),
        **{part: result[part] for part in RESULT_PARTS if part in result},
        "table": str(place / "metrics.csv") if rows else None,
        "figures": written,
    }


def _print(workflow: Workflow, document: dict[str, Any]) -> None:
    say(f"{workflow.title}. {workflow.summary}")
    for line in lines_of_scores(document, workflow):
        say(line)
    say(f"Run: {document['run']}")
    names = sorted({Path(path).stem for path in document["figures"]})
    if names:
        say(f"Figures ({', '.join(names)}): {Path(document['figures'][0]).parent}")
