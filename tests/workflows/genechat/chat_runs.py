"""Actions of GeneChat as real runs in a folder, and the measured data where they lie beside the checkout."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genodesk.core.events import Event, Log, Warned
from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.layers import Layer, build, nest
from genodesk.core.run import RunFolder
from genodesk.core.settings import Settings
from genodesk.engine.devices import pick
from genodesk.engine.live_run import Run

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def measured(name: str) -> Path:
    """A file of the measured data; the test is skipped where it is not."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the measured data {name} are not beside the checkout")
    return path


def settings_from(kind: type[Settings], **flat: Any) -> Any:
    """Settings from leaf names, as the command line gives them."""
    return build(kind, Layer(nest(kind, flat)))


class Told(list[Event]):
    """The events of a run."""

    @property
    def warnings(self) -> list[str]:
        """What was warned of."""
        return [event.message for event in self if isinstance(event, Warned)]

    @property
    def logs(self) -> list[str]:
        """What was told in lines."""
        return [event.text for event in self if isinstance(event, Log)]


def open_run(
    place: Path, action: str, settings: Settings, stop: Callable[[], bool] = lambda: False
) -> tuple[Run, Told]:
    """A run in a new folder, or the next attempt of the one that is there."""
    if (place / "run.json").exists():
        folder = RunFolder.open(place)
    else:
        now = utc_now()
        folder = RunFolder.create(
            place, run_id=new_run_id(now), workflow="genechat", action=action, settings=settings, exact=True, now=now
        )
    folder.start_attempt()
    told = Told()
    return Run(folder, pick("cpu"), 0, send=told.append, stop_asked=stop), told
