"""The action `predict`: expression of any regions in any cultures, flagged where it is extrapolation."""

from dataclasses import replace
from typing import Any

import numpy as np

from genodesk.engine.live_run import Run
from genodesk.workflows.get_yeast import pictures
from genodesk.workflows.get_yeast.asked import check_to_predict
from genodesk.workflows.get_yeast.checks import check_model_motifs
from genodesk.workflows.get_yeast.condition_sheet import read_sheet
from genodesk.workflows.get_yeast.conditions import condition_groups
from genodesk.workflows.get_yeast.data import YeastData, write_yeast
from genodesk.workflows.get_yeast.judge import data_for
from genodesk.workflows.get_yeast.settings_actions import PredictSettings
from genodesk.workflows.get_yeast.trained import Trained, load_trained, name_of_model

Array = np.ndarray


COLUMNS = (
    "In tables/predictions.csv, seen tells whether the region was measured in training, and outside_training why the "
    "culture is unlike those of training."
)


def predict(settings: PredictSettings, run: Run) -> dict[str, Any]:
    """Writes tables/predictions.csv, a row a culture and region, tables/cultures.csv, and predictions.h5ad, which says
    that no measurement lies in it.

    `seen` says whether the region was in training, `outside_training` in words why a culture is unlike those of
    training ("" where it is not). Without data the regions and cultures of the training are taken.
    """
    trained = load_trained(settings.run, run.device.torch_name)
    data = data_for(settings.yeast, trained, settings.runtime.seed, measured=False)
    if settings.cultures is not None:
        data = in_cultures(data, settings)
    check_to_predict(len(data.samples))
    for notice in (*data.notices, *trained.lost_neighbours(data)):
        run.warning(notice)
    absent = check_model_motifs(trained.motif_names, data.motif_names, "--data")
    if absent:
        run.warning(absent)
    predicted = trained.predict(data)
    outside = trained.encoder.outside(data.conditions)
    unlike = [str(name) for name, reason in zip(data.samples, outside, strict=True) if reason]
    if unlike:
        first = next(reason for reason in outside if reason)
        run.warning(
            f"{len(unlike)} of {len(data.samples)} cultures lie outside the conditions of training, "
            f"the first, {unlike[0]}, because {first}.",
            "Take those predictions as extrapolation.",
        )
    run.table("predictions", predictions_table(data, predicted, trained, np.ones(predicted.shape, dtype=bool)))
    run.table(
        "cultures",
        {
            "sample": data.samples.tolist(),
            "condition": data.condition_group.tolist(),
            "mean_predicted": predicted.mean(axis=1).tolist(),
            "outside_training": outside,
        },
    )
    made = replace(data, expression=predicted, predicted_by=name_of_model(settings.run))
    write_yeast(made, run.folder.path / "predictions.h5ad")
    run.artifact("predictions.h5ad", "predictions")
    run.figure(pictures.cultures([str(name) for name in data.samples], predicted.mean(axis=1), outside))
    run.log(
        f"{len(data.samples):,} cultures x {len(data.regions):,} regions: {run.folder.tables / 'predictions.csv'}; "
        f"the same as AnnData: {run.folder.path / 'predictions.h5ad'}."
    )
    run.log(COLUMNS)
    return {
        "cultures": len(data.samples),
        "regions": len(data.regions),
        "regions_not_seen": int((~trained.seen(data)).sum()),
        "outside_training": {name: reason for name, reason in zip(data.samples, outside, strict=True) if reason},
        "files": ["tables/predictions.csv", "tables/cultures.csv", "predictions.h5ad"],
    }


def in_cultures(data: YeastData, settings: PredictSettings) -> YeastData:
    """The regions of the data in the cultures of a table; accessibility is then the mean over the data's samples."""
    assert settings.cultures is not None
    sheet = read_sheet(settings.cultures, (), settings.yeast.reading.conditions_scaled)
    accessible = data.accessibility
    if accessible is not None and accessible.ndim == 2:
        accessible = np.nanmean(accessible, axis=0)
    return replace(
        data,
        accessibility=accessible,
        expression=None,
        samples=np.array(sheet.conditions.index, dtype=object),
        conditions=sheet.conditions,
        condition_group=condition_groups(sheet.conditions),
        labels=sheet.labels,
        notices=[*data.notices, *sheet.notices],
    )


def predictions_table(data: YeastData, predicted: Array, trained: Trained, entries: Array) -> dict[str, Any]:
    """A row for each entry: sample, region, measured (where it was), predicted, seen, outside_training."""
    rows, regions = np.nonzero(entries)
    outside = np.array(trained.encoder.outside(data.conditions), dtype=object)
    table = {"sample": data.samples[rows].tolist(), "region": data.regions.ids[regions].tolist()}
    if data.expression is not None:
        measured = data.expression[rows, regions]
        table["measured"] = [None if np.isnan(value) else round(float(value), 5) for value in measured]
    table["predicted"] = np.round(predicted[rows, regions].astype(np.float64), 5).tolist()
    table["seen"] = trained.seen(data)[regions].tolist()
    table["outside_training"] = outside[rows].tolist()
    return table
