"""The action `demo-data`: made-up yeast as a prepared file, with the truth behind it beside."""

from io import BytesIO
from typing import Any

import numpy as np

from genodesk.core.disk import write_atomically
from genodesk.engine.live_run import CallRun
from genodesk.workflows.get_yeast.data import write_yeast
from genodesk.workflows.get_yeast.settings_actions import DemoDataSettings
from genodesk.workflows.get_yeast.synthetic import make_yeast


def demo_data(settings: DemoDataSettings, _: CallRun) -> dict[str, Any]:
    """Writes FILE and FILE.truth.npz: binding, accessibility, factor activities, noiseless expression, knock-outs."""
    data, truth = make_yeast(
        settings.difficulty, settings.seed, settings.genes, settings.number_of_conditions, settings.replicates
    )
    write_yeast(data, settings.out)
    beside = settings.out.with_name(settings.out.name + ".truth.npz")
    content = BytesIO()
    names = {"samples": data.samples.astype(str), "regions": data.regions.ids.astype(str)}
    np.savez_compressed(content, **names, **truth.arrays())  # type: ignore[arg-type]
    write_atomically(beside, content.getvalue())
    return {
        "file": str(settings.out),
        "truth": str(beside),
        "samples": len(data.samples),
        "regions": len(data.regions),
        "motifs": len(data.motif_names),
    }
