"""The actions that answer at once: `compare`, `demo-data` and `import-config`."""

from dataclasses import replace
from typing import Any

from genodesk.core.disk import write_atomically
from genodesk.core.yaml_text import write_yaml
from genodesk.engine.live_run import CallRun
from genodesk.workflows.alphastomics.settings_actions import CompareSettings, DemoDataSettings, ImportConfigSettings


def compare(settings: CompareSettings, _: CallRun) -> dict[str, Any]:
    """Parameters, active parameters and, when asked, step time of the published configurations."""
    from genodesk.workflows.alphastomics.compare import PUBLISHED_SIZES, StepTiming, compare_configurations

    sizes = replace(
        PUBLISHED_SIZES,
        genes=settings.genes,
        hidden_dim=settings.hidden_dim,
        layers=settings.layers,
        heads=settings.heads,
        ffn_dim=settings.ffn_dim,
        expression_hidden=settings.expression_hidden,
        time_dim=settings.time_dim,
    )
    return compare_configurations(sizes, StepTiming() if settings.measure else None)


def demo_data(settings: DemoDataSettings, _: CallRun) -> dict[str, Any]:
    """Writes the synthetic cortex as h5ad."""
    from genodesk.engine.data.cells_write import write_h5ad
    from genodesk.workflows.alphastomics.synthetic import synthetic_cortex

    cells = synthetic_cortex(
        settings.difficulty, settings.seed, settings.number_of_slices, settings.cells_per_slice, settings.genes
    )
    write_h5ad(cells, settings.out)
    return {"file": str(settings.out), "cells": cells.n_obs, "genes": cells.n_vars, "slices": settings.number_of_slices}


def import_config(settings: ImportConfigSettings, _: CallRun) -> dict[str, Any]:
    """Writes the new settings and returns the report, one entry a key of the old file."""
    from genodesk.workflows.alphastomics.import_config import import_config as translate

    values, report = translate(settings.old)
    document = {"format": 1, "workflow": "alphastomics", "action": "train", **values}
    write_atomically(settings.out, write_yaml(document).encode())
    return {"file": str(settings.out), "report": report}
