"""What is looked at before a run exists: the device that was asked for, then the action's own check.

The command line and the desk's form ask here, so both say the same.
"""

from genodesk.core.settings import Settings
from genodesk.core.workflow import Action, Notice, load_function
from genodesk.engine.devices import pick


def check(action: Action, settings: Settings) -> list[Notice]:
    """What does not forbid the run but should be known. Raises UserError for what cannot work."""
    device = getattr(getattr(settings, "runtime", None), "device", "auto")
    if device not in ("auto", "cpu"):
        pick(device)
    return list(load_function(action.check)(settings)) if action.check else []
