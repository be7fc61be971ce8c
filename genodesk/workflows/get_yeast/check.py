"""The quick look before a run: the same reading as the run's, without computing anything, remembered while files stay.

Each function raises UserError for what cannot work and returns notices for what will be dropped or filled.
"""

from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.workflow import Notice
from genodesk.workflows.get_yeast.assemble import read_any
from genodesk.workflows.get_yeast.checks import check_measured
from genodesk.workflows.get_yeast.condition_sheet import KEPT
from genodesk.workflows.get_yeast.conditions import first_few
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.settings import TrainSettings, YeastSettings
from genodesk.workflows.get_yeast.settings_actions import PrepareSettings, PretrainSettings
from genodesk.workflows.get_yeast.settings_reading import ReadSettings

_LOOKING = Lock()  # two questions about the same file read it once


def check_prepare(settings: PrepareSettings) -> list[Notice]:
    """The data and the place of the prepared file."""
    check_out(settings.out)
    return _notices(look(settings.data, settings.reading), settings.reading)


def check_train(settings: TrainSettings) -> list[Notice]:
    """The data, and whether the split leaves something to learn from, to choose by and to judge with."""
    if settings.training.max_steps is None and settings.training.epochs is None:
        raise UserError("The training has no length.", "Set --epochs or --max-steps.", "training")
    notices, data = check_yeast(settings.yeast)
    if data is not None:
        from genodesk.workflows.get_yeast.splits import make_split

        split = make_split(data, settings.split, settings.runtime.seed)
        notices.append(Notice(split.described, setting="split", calm=True))
    if settings.model.checkpoint is not None:
        notices += _checkpoint_notices(settings, settings.model.checkpoint, data)
    return notices


def check_pretrain(settings: PretrainSettings) -> list[Notice]:
    """The data."""
    return check_yeast(settings.yeast, measured=False)[0]


def check_yeast(yeast: YeastSettings, *, measured: bool = True) -> tuple[list[Notice], YeastData | None]:
    """The data of a training or an evaluation, None for made-up yeast; `measured`: expression is needed."""
    if yeast.data is None:
        if yeast.difficulty is None:
            raise yeast.missing()
        return [], None
    data = look(yeast.data, yeast.reading)
    if measured:
        check_measured(data.expression, str(yeast.data))
    return _notices(data, yeast.reading), data


def look(path: Path, reading: ReadSettings) -> YeastData:
    """What the run will read, except that motifs are not searched in sequences (all score 1). Raises UserError."""
    files = (path, reading.conditions, reading.expression, reading.motif_file)
    with _LOOKING:
        return _look(path, reading, tuple(_stamp(file) for file in files))


def unknown_cultures(data: YeastData) -> list[str]:
    """A sentence about samples of which no condition is known, where only some are so."""
    names = data.samples[data.condition_group == ""]
    if not len(names) or len(names) == len(data.samples):
        return []
    share = f"{len(names):,} of {len(data.samples):,}"
    return [f"Nothing is recorded of how {share} samples were grown: {first_few(names, 10)}."]


def check_out(out: Path) -> None:
    """Raises UserError unless the name ends as a prepared file does and its folder is there."""
    if out.suffix not in (".h5ad", ".zarr"):
        raise UserError(f"{out.name} does not say which kind of file.", "End it in .h5ad or .zarr.", "--out")
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent} to write to.", "Make it first.", "--out")


def _checkpoint_notices(settings: TrainSettings, checkpoint: Path, data: YeastData | None) -> list[Notice]:
    """What of the checkpoint fits the network for these data, and under which licence it stands."""
    if not checkpoint.exists():
        raise UserError("There is no such checkpoint.", "Check the path.", str(checkpoint))
    from genodesk.workflows.get_yeast.inputs import RegionInputs
    from genodesk.workflows.get_yeast.network import account_of_checkpoint, licence_notice
    from genodesk.workflows.get_yeast.yeast import load_yeast

    used = load_yeast(settings.yeast, settings.runtime.seed) if data is None else data
    inputs = RegionInputs.fit(used, np.ones(len(used.regions), dtype=bool))
    told = (account_of_checkpoint(settings.model, checkpoint, inputs), licence_notice(settings.model))
    return [Notice(text, setting="checkpoint") for text in told if text]


def _notices(data: YeastData, reading: ReadSettings) -> list[Notice]:
    """What was dropped or filled; a condition sheet tells itself which samples it leaves out."""
    told = data.notices if reading.conditions is not None else [*data.notices, *unknown_cultures(data)]
    return [Notice(text, setting="data", calm=KEPT in text) for text in told]


@lru_cache(maxsize=2)
def _look(path: Path, reading: ReadSettings, _stamps: tuple[object, ...]) -> YeastData:
    return read_any(path, reading, lambda sequences, motifs: np.ones((len(sequences), len(motifs)), dtype=np.float32))


def _stamp(path: Path | None) -> object:
    """Changes when the file does. Of a folder its own entry and that of its first level are looked at."""
    if path is None or not path.exists():
        return None
    inside = sorted(path.iterdir()) if path.is_dir() else []
    return tuple((item.name, item.stat().st_mtime_ns, item.stat().st_size) for item in (path, *inside))
