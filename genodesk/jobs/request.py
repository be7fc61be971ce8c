"""Starts a run from a JSON request, the form in which programs and other computers ask for one."""

from collections.abc import Callable
from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build
from genodesk.core.settings import Settings
from genodesk.core.workflow import Action, get_workflow
from genodesk.jobs.status import RunStatus
from genodesk.jobs.submit import submit

_KEYS = ("id", "workflow", "action", "settings", "preset", "run_dir")
_NEEDED = _KEYS[:3]


def requested(request: object, check: Callable[[Action, Settings], object]) -> RunStatus:
    """The run that a request describes: {id, workflow, action, settings, preset?, run_dir?}, started or known already.

    The settings are nested; relative paths in them are relative to the current folder. `check` raises UserError for
    settings that cannot work here, before anything is written. Raises UserError for a request that is none.
    """
    where = "request"
    if not isinstance(request, dict):
        raise UserError("The request is not a JSON object of less than a megabyte.", "Send one.", where)
    unknown = sorted(request.keys() - set(_KEYS))
    if unknown:
        raise UserError(f"The request has an unknown key: {unknown[0]}.", f"Known: {', '.join(_KEYS)}.", where)
    for name in _NEEDED:
        if not isinstance(request.get(name), str):
            raise UserError(f"The request needs {name}, as text.", "Add it.", where)
    values = request.get("settings", {})
    preset, run_dir = request.get("preset") or "standard", request.get("run_dir")
    if not isinstance(values, dict) or not isinstance(preset, str) or not isinstance(run_dir, str | None):
        raise UserError("settings must be an object, preset and run_dir text.", "Mend the request.", where)
    action = get_workflow(request["workflow"]).action(request["action"])
    if action.kind != "run":
        raise UserError(f"{action.name} makes no run.", "Use the command line for it.", where)
    settings = build(action.settings, Layer(action.preset(preset), f"preset {preset}"), Layer(values, "settings"))
    check(action, settings)
    place = Path(run_dir).expanduser().absolute() if run_dir else None
    return submit(request["workflow"], action.name, settings, preset=preset, run_id=request["id"], run_dir=place)
