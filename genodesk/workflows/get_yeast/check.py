"""The quick look before a run: the same reading as the run's, without computing anything, remembered while files stay.

Each function raises UserError for what cannot work and returns notices for what will be dropped or filled.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.workflow import Notice
from genodesk.workflows.get_yeast.assemble import read_any
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.settings import TrainSettings, YeastSettings
from genodesk.workflows.get_yeast.settings_actions import PrepareSettings, PretrainSettings
from genodesk.workflows.get_yeast.settings_reading import ReadSettings


def check_prepare(settings: PrepareSettings) -> list[Notice]:
    """The data and the place of the prepared file."""
    check_out(settings.out)
    return _notices(look(settings.data, settings.reading))


def check_train(settings: TrainSettings) -> list[Notice]:
    """The data, and whether the split leaves something to learn from, to choose by and to judge with."""
    if settings.training.max_steps is None and settings.training.epochs is None:
        raise UserError("The training has no length.", "Set --epochs or --max-steps.", "training")
    check_checkpoint(settings.model.checkpoint)
    notices, data = check_yeast(settings.yeast)
    if data is not None:
        from genodesk.workflows.get_yeast.splits import make_split

        split = make_split(data, settings.split, settings.runtime.seed)
        notices.append(Notice(split.described, setting="--split"))
    return notices


def check_pretrain(settings: PretrainSettings) -> list[Notice]:
    """The data."""
    return check_yeast(settings.yeast, measured=False)[0]


def check_checkpoint(path: Path | None) -> None:
    """Raises UserError where a named checkpoint is not there."""
    if path is not None and not path.exists():
        raise UserError("There is no such checkpoint.", "Check the path.", str(path))


def check_yeast(yeast: YeastSettings, *, measured: bool = True) -> tuple[list[Notice], YeastData | None]:
    """The data of a training or an evaluation, None for made-up yeast; `measured`: expression is needed."""
    if yeast.data is None:
        if yeast.difficulty is None:
            raise no_data()
        return [], None
    data = look(yeast.data, yeast.reading)
    if measured and (data.expression is None or not np.isfinite(data.expression).any()):
        raise no_expression(yeast.data)
    return _notices(data), data


def look(path: Path, reading: ReadSettings) -> YeastData:
    """What the run will read, except that motifs are not searched in sequences (all score 1). Raises UserError."""
    others = (reading.conditions, reading.expression, reading.motif_file)
    return _look(path, reading, tuple(_stamp(file) for file in (path, *others)))


def check_out(out: Path) -> None:
    """Raises UserError unless the name ends as a prepared file does and its folder is there."""
    if out.suffix not in (".h5ad", ".zarr"):
        raise UserError(f"{out.name} does not say which kind of file.", "End it in .h5ad or .zarr.", "--out")
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent} to write to.", "Make it first.", "--out")


def no_expression(path: Path) -> UserError:
    """The data are fine but nothing was measured."""
    return UserError(
        "These data hold no expression.",
        "Name a table of expression with --expression, or the column with --target-column.",
        str(path),
    )


def no_data() -> UserError:
    """Neither a file nor made-up yeast was given."""
    return UserError(
        "No data are given.", "Name a file with --data FILE, or try made-up yeast with --difficulty demo.", "--data"
    )


def _notices(data: YeastData) -> list[Notice]:
    return [Notice(text, setting="data") for text in data.notices]


@lru_cache(maxsize=2)
def _look(path: Path, reading: ReadSettings, _stamps: tuple[object, ...]) -> YeastData:
    return read_any(path, reading, lambda sequences, motifs: np.ones((len(sequences), len(motifs)), dtype=np.float32))


def _stamp(path: Path | None) -> object:
    """Changes when the file does. Of a folder its own entry and that of its first level are looked at."""
    if path is None or not path.exists():
        return None
    inside = sorted(path.iterdir()) if path.is_dir() else []
    return tuple((item.name, item.stat().st_mtime_ns, item.stat().st_size) for item in (path, *inside))
