"""The action `prepare`: any kind of yeast data into one checked file, with a report of what was dropped and filled."""

from functools import partial
from typing import Any

import numpy as np

from genodesk.core.disk import write_json
from genodesk.core.errors import Stopped
from genodesk.engine.live_run import Run
from genodesk.workflows.get_yeast.assemble import read_any
from genodesk.workflows.get_yeast.check import replaced
from genodesk.workflows.get_yeast.data import FORMAT, YeastData, write_yeast
from genodesk.workflows.get_yeast.pwm import scan
from genodesk.workflows.get_yeast.settings_actions import PrepareSettings


def prepare(settings: PrepareSettings, run: Run) -> dict[str, Any]:
    """Writes the prepared file and its report beside it. Returns the report."""

    def scanned(done: int, total: int) -> None:
        if run.should_stop():
            raise Stopped
        run.progress(done, total, unit="steps", text="Searching motifs")

    data = read_any(settings.data, settings.reading, partial(scan, progress=scanned))
    for notice in data.notices:
        run.warning(notice)
    if run.should_stop():
        raise Stopped
    if settings.out.exists():
        run.log(replaced(settings.out))
    write_yeast(data, settings.out)
    told = report(data)
    run.table("condition_groups", {"group": list(told["groups"]), "samples": list(told["groups"].values())})
    account = settings.out.with_name(settings.out.name + ".report.json")
    write_json(account, {"format": FORMAT, **told})
    run.log(
        f"{told['samples']:,} samples x {told['regions']:,} regions, {told['motifs']:,} motifs: {settings.out}; "
        f"what was dropped or filled: {account}."
    )
    run.progress(1, 1, unit="steps")
    return {"file": str(settings.out), **told}


def report(data: YeastData) -> dict[str, Any]:
    """Sizes, what was dropped or is missing by name, samples per group and chromosome sizes, and all notices."""
    groups, counts = np.unique(data.condition_group.astype(str), return_counts=True)
    chromosomes = {} if data.regions.chrom is None else _counted(data.regions.chrom)
    return {
        "samples": len(data.samples),
        "regions": len(data.regions),
        "motifs": len(data.motif_names),
        "dropped_motifs": list(data.dropped_motifs),
        "samples_without_conditions": [str(name) for name in data.samples[data.condition_group == ""]],
        "missing_expression": None if data.expression is None else int(np.isnan(data.expression).sum()),
        "groups": {str(name): int(count) for name, count in zip(groups, counts, strict=True) if name},
        "chromosomes": chromosomes,
        "notices": list(data.notices),
    }


def _counted(names: np.ndarray) -> dict[str, int]:
    values, counts = np.unique(names.astype(str), return_counts=True)
    return {str(name): int(count) for name, count in zip(values, counts, strict=True)}
