"""The action `evaluate`: a trained model on measured expression, scored beside the baselines of its run."""

from typing import Any

import numpy as np

from genodesk.core.disk import write_json
from genodesk.engine.live_run import Run
from genodesk.workflows.get_yeast import pictures
from genodesk.workflows.get_yeast.attribution import condition_importance, integrated_gradients, one_of_each
from genodesk.workflows.get_yeast.checks import check_model_motifs
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.judge import (
    ON_GIVEN,
    ON_HELD_OUT,
    data_for,
    flattery,
    judged,
    lack_of_baselines,
    load_baselines,
    remarks_on,
    settings_of,
    show,
)
from genodesk.workflows.get_yeast.predict import COLUMNS, predictions_table
from genodesk.workflows.get_yeast.settings_actions import EvaluateSettings
from genodesk.workflows.get_yeast.splits import make_split
from genodesk.workflows.get_yeast.trained import Trained, load_trained

EXPLAINED_CULTURES = 4  # for the motifs' bars; `explain` looks at more
POINTS = 12


def evaluate(settings: EvaluateSettings, run: Run) -> dict[str, Any]:
    """Scores the model on every measured entry of `data`; where none are given, on what its training held out.

    `metrics` are the model's, `baselines` those of the methods without it that the run fitted to the entries this model
    learned from, `per_condition` the model's for each condition group, `warnings` and `remarks` what must be known
    beside the scores. Writes metrics.json, tables and figures.
    """
    own = not settings.yeast.given
    warnings: list[str] = []
    remarks: list[str] = []
    trained = load_trained(settings.run, run.device.torch_name, before_refit=own)
    data = data_for(settings.yeast, trained, settings.runtime.seed, measured=True)
    for notice in (*data.notices, *trained.lost_neighbours(data)):
        run.warning(notice)
    assert data.expression is not None  # load_yeast has looked
    entries = np.isfinite(data.expression)
    if own:
        used = settings_of(trained)
        split = make_split(data, used.split, used.runtime.seed)
        which = "the model from before the refit" if used.split.refit else "the model that has not seen it"
        run.log(f"Scoring what training held out, with {which}. {split.described}")
        entries &= split.test
        remarks += remarks_on(data, split, used)
    elif flatters := flattery(data, entries, trained, settings.yeast, settings.runtime.seed):
        warnings.append(flatters)
        run.warning(flatters, "Leave --data away to score what training held out.")
    baselines = load_baselines(settings.run, trained, before_refit=own)
    if baselines is None:
        run.warning(*lack_of_baselines(settings.run))
    absent = check_model_motifs(trained.motif_names, data.motif_names, "--data")
    if absent:
        run.warning(absent)
    made = judged(data, entries, trained, baselines, settings.runtime.seed)
    outside = trained.encoder.outside(data.conditions)
    document = {
        **made.document,
        "entries": int(entries.sum()),
        "regions_not_seen": int((~trained.seen(data)).sum()),
        "samples_outside_training": int(sum(map(bool, outside))),
        "warnings": warnings,
        "remarks": remarks,
    }
    write_json(run.folder.path / "metrics.json", document)
    run.artifact("metrics.json", "metrics")
    show(run, data, entries, made, ON_HELD_OUT if own else ON_GIVEN)
    run.table("predictions", predictions_table(data, made.predicted, trained, entries))
    run.log(COLUMNS)
    _explain(run, trained, data)
    return document


def _explain(run: Run, trained: Trained, data: YeastData) -> None:
    """Bars of the motifs and conditions that the predictions rest on."""
    few = data.take(samples=one_of_each(data, EXPLAINED_CULTURES))
    found = integrated_gradients(trained, few, POINTS, run)
    run.figure(pictures.motif_importance(trained.motif_names, found.importance))
    fields = condition_importance(trained, data.take(samples=one_of_each(data, 4 * EXPLAINED_CULTURES)))
    run.figure(pictures.condition_importance(list(fields), np.array([one.change for one in fields.values()])))
