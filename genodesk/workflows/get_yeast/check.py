"""The quick look before a run: the same reading as the run's, without computing anything, remembered while files stay.

Each function raises UserError for what cannot work and returns notices for what will be dropped or filled.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.settings import leaves
from genodesk.core.workflow import Notice
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.destination import check_destination
from genodesk.engine.data.store import open_store
from genodesk.workflows.get_yeast.assemble import read_any
from genodesk.workflows.get_yeast.checks import check_measured, check_not_predicted
from genodesk.workflows.get_yeast.condition_cells import KEPT
from genodesk.workflows.get_yeast.data import ABOUT, PREDICTED, YeastData
from genodesk.workflows.get_yeast.settings import TrainSettings, YeastSettings
from genodesk.workflows.get_yeast.settings_actions import PrepareSettings, PretrainSettings
from genodesk.workflows.get_yeast.settings_reading import ReadSettings
from genodesk.workflows.get_yeast.splits import make_split
from genodesk.workflows.get_yeast.watched import not_refitted, pretraining_windows, watched_entries
from genodesk.workflows.get_yeast.yeast import load_yeast

_LOOKING = Lock()  # two questions about the same file read it once


def check_prepare(settings: PrepareSettings) -> list[Notice]:
    """The data and the place of the prepared file."""
    reading = settings.reading
    told = check_out(settings.out, (settings.data, reading.conditions, reading.expression, reading.motif_file))
    return told + _notices(look(settings.data, settings.reading), settings.reading)


def check_train(settings: TrainSettings) -> list[Notice]:
    """The data, and whether the split leaves something to learn from, to choose by and to judge with."""
    if settings.training.max_steps is None and settings.training.epochs is None:
        raise UserError("The training has no length.", "Set --epochs or --max-steps.", "training")
    notices, data = check_yeast(settings.yeast)
    data = _made_up(settings.yeast, settings.runtime.seed) if data is None else data
    split = make_split(data, settings.split, settings.runtime.seed)
    notices.append(Notice(split.described, setting="split", calm=True))
    if not settings.split.refit:
        notices.append(Notice(not_refitted(data, split, settings.runtime.seed), setting="refit", calm=True))
    watched_entries(data, split, settings.runtime.seed)
    if settings.model.checkpoint is not None:
        notices += _checkpoint_notices(settings, settings.model.checkpoint, data)
    return notices


def check_pretrain(settings: PretrainSettings) -> list[Notice]:
    """The data, and whether their windows leave something to learn from."""
    notices, data = check_yeast(settings.yeast, measured=False)
    seed = settings.runtime.seed
    data = _made_up(settings.yeast, seed) if data is None else data
    pretraining_windows(data.regions, settings.shape.window, seed)
    return notices


def check_yeast(yeast: YeastSettings, *, measured: bool = True) -> tuple[list[Notice], YeastData | None]:
    """The data of a training or an evaluation, None for made-up yeast; `measured`: expression is needed."""
    check_reading(yeast)
    if yeast.data is None:
        if yeast.difficulty is None:
            raise yeast.missing()
        return [], None
    data = look(yeast.data, yeast.reading)
    if measured:
        check_not_predicted(data.predicted_by, str(yeast.data))
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


def check_reading(yeast: YeastSettings, also_of: Sequence[str] = ()) -> None:
    """Raises UserError where it is said how a file is read and none is named; settings `also_of` something else may be
    set."""
    if yeast.data is not None:
        return
    usual = ReadSettings()
    for leaf in leaves(ReadSettings):
        if leaf.name not in also_of and getattr(yeast.reading, leaf.name) != getattr(usual, leaf.name):
            raise UserError(
                f"{leaf.option} says how a data file is read, but no file is named.",
                f"Name the file with --data as well, or leave {leaf.option} away.",
                leaf.option,
            )


def check_out(out: Path, read: Sequence[Path | None] = ()) -> list[Notice]:
    """A notice where another prepared file is replaced: only such a one is, no predictions, and never what is `read`.

    Raises UserError unless the name ends as a prepared file does, its folder is there, and nothing is lost by it.
    """
    if out.suffix not in (".h5ad", ".zarr"):
        raise UserError(f"{out.name} does not say which kind of file.", "End it in .h5ad or .zarr.", "--out")
    check_destination(out, read)
    if not os.path.exists(out):  # noqa: PTH110 - Path.exists raises in a closed folder
        return []
    if not _holds(out, ABOUT):
        raise UserError(
            f"There is something else called {out.name}, which is not written over.", "Name another file.", "--out"
        )
    if _holds(out, f"{ABOUT}/{PREDICTED}"):
        raise UserError(
            f"{out.name} holds predictions of a model, which are not written over.", "Name another file.", "--out"
        )
    return [Notice(replaced(out), setting="out")]


def replaced(out: Path) -> str:
    """A sentence about the prepared file that is there already and will be replaced."""
    return f"Replaces {out.name}, prepared on {datetime.fromtimestamp(out.stat().st_mtime):%Y-%m-%d at %H:%M}."


def _holds(path: Path, what: str) -> bool:
    """Whether an AnnData is there and has this in its uns."""
    try:
        with open_store(path) as store:
            return store.node(f"uns/{what}") is not None
    except UserError:
        return False


def _checkpoint_notices(settings: TrainSettings, checkpoint: Path, data: YeastData) -> list[Notice]:
    """What of the checkpoint fits the network for these data, and under which licence it stands."""
    if not checkpoint.exists():
        raise UserError("There is no such checkpoint.", "Check the path.", str(checkpoint))
    from genodesk.workflows.get_yeast.inputs import RegionInputs
    from genodesk.workflows.get_yeast.network import account_of_checkpoint, licence_notice

    inputs = RegionInputs.fit(data, np.ones(len(data.regions), dtype=bool))
    told = (account_of_checkpoint(settings.model, checkpoint, inputs), licence_notice(settings.model))
    return [Notice(text, setting="checkpoint") for text in told if text]


def _notices(data: YeastData, reading: ReadSettings) -> list[Notice]:
    """What was dropped or filled; a condition sheet tells itself which samples it leaves out."""
    told = data.notices if reading.conditions is not None else [*data.notices, *unknown_cultures(data)]
    return [Notice(text, setting="data", calm=KEPT in text) for text in told]


@lru_cache(maxsize=2)
def _made_up(yeast: YeastSettings, seed: int) -> YeastData:
    return load_yeast(yeast, seed)


@lru_cache(maxsize=2)
def _look(path: Path, reading: ReadSettings, _stamps: tuple[object, ...]) -> YeastData:
    return read_any(path, reading, lambda sequences, motifs: np.ones((len(sequences), len(motifs)), dtype=np.float32))


def _stamp(path: Path | None) -> object:
    """Changes when the file does. Of a folder its own entry and that of its first level are looked at."""
    if path is None or not path.exists():
        return None
    inside = sorted(path.iterdir()) if path.is_dir() else []
    return tuple((item.name, item.stat().st_mtime_ns, item.stat().st_size) for item in (path, *inside))
