"""What a run is called: the name that a person gave it, else that of its data. Knows no workflow by name."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.ids import is_folder_name
from genodesk.core.run import RunFolder
from genodesk.core.settings import Settings, leaves
from genodesk.core.workflow import get_workflow
from genodesk.jobs.status import RunStatus

_KEPT = 4096  # names of runs whose settings were read


def short_name(status: RunStatus) -> str:
    """What a person would call the run: the name she gave it, else its data, else what it does."""
    name = status.folder.name
    if name != "run" and not is_folder_name(name):
        return name
    data = next((item.path for item in status.inputs if item.setting.endswith("data")), "")
    if data:
        return _stem(data)
    return _read(status.folder, status.id, status.workflow, status.action)


def alike(runs: Iterable[RunStatus]) -> set[str]:
    """The ids of the runs that share their name and the minute of their start with another of them."""
    known: dict[tuple[str, str], list[str]] = {}
    for run in runs:
        known.setdefault((short_name(run), run.created[: len("2026-11-22T10:15")]), []).append(run.id)
    return {run_id for same in known.values() if len(same) > 1 for run_id in same}


def name_of_data(kind: type[Settings], values: Mapping[str, Any]) -> str:
    """The data file without its ending, or the choice that stands beside it, as "Synthetic tissue, demo".

    `values` are nested; empty where there is neither.
    """
    known = leaves(kind)
    for leaf in known:
        if leaf.file is None or not leaf.name.endswith("data"):
            continue
        file = _at(values, leaf.path)
        if isinstance(file, str) and file:
            return _stem(file)
        for other in known:
            chosen = _at(values, other.path)
            if other.path[:-1] == leaf.path[:-1] and other.choices and other.default is None and chosen is not None:
                return f"{other.title}, {other.choice_titles.get(str(chosen), chosen)}"
    return ""


def action_title_of(workflow: str, action: str) -> str:
    """The action's title; its bare name where it is not installed here."""
    try:
        return get_workflow(workflow).action(action).title
    except UserError:
        return action


@lru_cache(_KEPT)
def _read(folder: Path, run_id: str, workflow: str, action: str) -> str:
    """The name that the settings of a run give it; they never change. `run_id` tells apart who had the folder."""
    del run_id
    try:
        kind = get_workflow(workflow).action(action).settings
        found = name_of_data(kind, RunFolder.open(folder).settings_document())
    except (UserError, OSError):  # a workflow that is not installed here, a damaged file: the run is still listed
        found = ""
    return found or action_title_of(workflow, action)


def _stem(file: str) -> str:
    return Path(file).name.split(".", maxsplit=1)[0]


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, Mapping) else None
    return values
