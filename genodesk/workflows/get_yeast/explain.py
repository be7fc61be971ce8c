"""The action `explain`: which motifs and conditions predictions rest on, and what losing or changing one would do."""

from typing import Any

import numpy as np

from genodesk.core.errors import Stopped
from genodesk.engine.live_run import Run
from genodesk.workflows.get_yeast import pictures
from genodesk.workflows.get_yeast.asked import check_to_explain, fields_to_sweep, places_of
from genodesk.workflows.get_yeast.attribution import (
    agreement,
    condition_importance,
    integrated_gradients,
    knock_outs,
    one_of_each,
)
from genodesk.workflows.get_yeast.checks import check_model_motifs
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.judge import data_for
from genodesk.workflows.get_yeast.settings_actions import ExplainSettings
from genodesk.workflows.get_yeast.sweep import Sweep, sweep
from genodesk.workflows.get_yeast.trained import Trained, load_trained

Array = np.ndarray

POINTS = (24, 48, 96)  # of the quadrature: more where the contributions do not sum up
LARGEST_GAP = 0.02
SHOWN_REGIONS = 4
MOST_CONDITIONS = 32  # over which hiding a field is averaged


def explain(settings: ExplainSettings, run: Run) -> dict[str, Any]:
    """Writes motif importance, knock-outs, condition importance and sweeps as tables and figures.

    Without data, those the model was trained on are explained.
    """
    trained = load_trained(settings.run, run.device.torch_name)
    data = data_for(settings.yeast, trained, settings.runtime.seed, measured=False)
    check_to_explain(data, settings.regions, settings.culture)
    for notice in (*data.notices, *trained.lost_neighbours(data)):
        run.warning(notice)
    regions = np.array(places_of(settings.regions, data.regions.ids, "region", "--regions"), dtype=np.int64)
    absent = check_model_motifs(trained.motif_names, data.motif_names, "--data")
    if absent:
        run.warning(absent)
    few = data.take(samples=one_of_each(data, settings.most_cultures))
    run.log(f"Explaining {len(few.samples)} cultures, each of another condition.")
    found = next(
        made
        for points in POINTS
        if (made := integrated_gradients(trained, few, points, run)).gap <= LARGEST_GAP or points == POINTS[-1]
    )
    if found.gap > LARGEST_GAP:
        run.warning(f"The motifs' contributions miss what they should sum to by {found.gap:.1%}.")
    order = np.argsort(-found.importance)
    places_of(settings.knock_out, trained.motif_names, "motif", "--knock-out")
    most = [trained.motif_names[index] for index in order[: settings.most_knock_outs]]
    motifs = list(settings.knock_out) or most
    effects = knock_outs(trained, few, motifs, run)
    means, p_values, numbers = agreement(trained, few, motifs, effects)
    _write_motifs(run, trained, found.values, found.importance, order)
    run.figure(pictures.motif_importance(trained.motif_names, found.importance))
    run.figure(pictures.knock_outs(motifs, means, p_values))
    run.table(
        "knock_outs",
        {
            "motif": motifs,
            "mean_change": means.tolist(),
            "p_wilcoxon_signed_rank": p_values.tolist(),
            "regions": numbers.tolist(),
        },
    )
    run.log(
        "knock_outs.csv: mean_change is in the unit of the expression the model learned; p is of Wilcoxon's "
        "signed-rank test over the regions that bear the motif, before correction for many motifs."
    )
    run.table(
        "knock_outs_by_region", {"region": few.regions.ids.tolist(), **dict(zip(motifs, effects.tolist(), strict=True))}
    )
    fields = condition_importance(trained, data.take(samples=one_of_each(data, MOST_CONDITIONS)))
    run.figure(pictures.condition_importance(list(fields), np.array([one.change for one in fields.values()])))
    run.table(
        "condition_importance",
        {
            "condition": list(fields),
            "mean_change": [one.change for one in fields.values()],
            "mse": [one.error for one in fields.values()],
            "mse_without": [one.error_without for one in fields.values()],
        },
    )
    swept = _sweeps(settings, run, trained, data, regions)
    return {
        "cultures": len(few.samples),
        "completeness_gap": found.gap,
        "motifs": {trained.motif_names[index]: float(found.importance[index]) for index in order[:20]},
        "knock_outs": dict(zip(motifs, means.tolist(), strict=True)),
        "conditions": {name: one.change for name, one in fields.items()},
        "sweeps": {
            one.field: {"culture": one.culture, "outside_training": sum(map(bool, one.outside))} for one in swept
        },
    }


def _sweeps(settings: ExplainSettings, run: Run, trained: Trained, data: YeastData, regions: Array) -> list[Sweep]:
    made = []
    names = fields_to_sweep(trained.encoder, settings.sweep)
    for number, name in enumerate(names):
        if run.should_stop():
            raise Stopped
        run.progress(number, len(names), unit="sweeps", text="Sweeping conditions")
        one = sweep(trained, data, name, settings.culture)
        if one is None:
            run.log(f"No culture to sweep {name} from.")
            continue
        made.append(one)
        shown = regions if regions.size else np.argsort(-np.ptp(one.predicted, axis=0))[:SHOWN_REGIONS]
        curves = {"mean of all regions": one.predicted.mean(axis=1)}
        curves |= {str(data.regions.ids[region]): one.predicted[:, region] for region in shown}
        run.figure(pictures.sweep(one.field, one.values, curves, one.trained, one.culture))
        run.table(
            f"sweep_{name}",
            {
                name: one.values.tolist(),
                **one.doses,
                **{key: y.tolist() for key, y in curves.items()},
                "outside_training": one.outside,
            },
        )
        if one.doses:
            run.log(f"sweep_{name}.csv: each drug at the middle of the doses it had in training, on a log scale.")
    return made


def _write_motifs(run: Run, trained: Trained, values: Array, importance: Array, order: Array) -> None:
    run.table(
        "motif_importance",
        {
            "motif": [trained.motif_names[index] for index in order],
            "importance": importance[order].tolist(),
            "mean_contribution": values.mean(axis=0)[order].tolist(),
        },
    )
