"""What can be said about expression without a network: the honest company of every score of the model.

All of them learn from exactly the entries that the model beside them learns from, and see the same motifs,
accessibility, places and conditions. A training fits them for every model it leaves and saves them as plain arrays.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from genodesk.core.disk import write_atomically, write_json
from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.conditions import CATEGORIES
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.encoding import CondBatch, ConditionEncoder
from genodesk.workflows.get_yeast.forest import Forest
from genodesk.workflows.get_yeast.linear_baselines import PairRidge, RowRidge

Array = np.ndarray

FORMAT = 1
BASELINES = "baselines"  # the folder, in a run and in what it keeps from before the refit
ARRAYS, ABOUT = "baselines.safetensors", "baselines.json"
NOT_RECORDED = -10.0  # below every encoded number, so that a tree can ask whether it was recorded
BOOSTING = {"max_iter": 150, "learning_rate": 0.05, "max_leaf_nodes": 15, "l2_regularization": 5.0}
BOOSTED_PAIRS = 60_000  # drawn where there are more; on 143,000 pairs it took twice as long and was no better
TREES = {"n_estimators": 60, "min_samples_leaf": 4, "max_features": 0.3}
TIE = 1e-3
FITTED = ("extra_trees", "boosting", "ridge", "ridge_per_condition", "ridge_motif_condition")  # the longest first


@dataclass(frozen=True)
class Baselines:
    """Simple methods fitted to training entries of R regions and G conditions.

    `mean` [G, R] is each condition's mean of a region, `level` [R] the mean over all samples; `known` [G] tells
    conditions of which something is recorded.
    """

    region_ids: tuple[str, ...]
    motif_names: tuple[str, ...]
    motif_scale: Array | None
    groups: tuple[str, ...]
    encoder: ConditionEncoder
    conditions: CondBatch
    known: Array
    mean: Array
    level: Array
    columns_mean: Array
    ridge: RowRidge
    ridge_per_condition: RowRidge
    ridge_motif_condition: PairRidge
    boosting: Forest
    extra_trees: Forest

    def predict(self, data: YeastData, features: Array) -> dict[str, Array]:
        """Expression float32 [S, R], by method, of any data with the same kind of `features` [R, F].

        region_mean: the region's mean in training. nearest_condition: its mean in the most similar condition, ties
        averaged. replicate_mean: its mean in the same condition, only where every sample has a replicate in training.
        ridge: from motifs, accessibility and place alone. ridge_per_condition, extra_trees: the same separately for
        every condition, of which the most similar ones answer. ridge_motif_condition: products of region and condition
        columns. boosting: trees over both. Regions not seen in training have no mean; the mean of all stands in.
        """
        columns = _region_columns(data, features, self.motif_names, self.motif_scale, self.columns_mean)
        encoded = self.encoder.encode(data.conditions)
        nearest = self._nearest(encoded)
        of_conditions = _condition_columns(encoded, self.encoder.sizes)
        means, level = self._of(data.regions.ids)
        made = {
            "region_mean": np.repeat(level[None], len(data.samples), axis=0),
            "nearest_condition": np.where(encoded.recorded[:, None], nearest @ means, level),
        }
        place = {name.casefold(): index for index, name in enumerate(self.groups)}
        rows = [place.get(str(group).casefold(), -1) for group in data.condition_group]
        if rows and min(rows) >= 0:
            made["replicate_mean"] = means[rows]
        made["ridge"] = np.repeat(self.ridge.answers(columns).T, len(data.samples), axis=0)
        made["ridge_per_condition"] = nearest @ self.ridge_per_condition.answers(columns).T
        made["ridge_motif_condition"] = self.ridge_motif_condition.answers(columns, of_conditions)
        made["boosting"] = self.boosting.answers_for_pairs(columns, of_conditions)
        made["extra_trees"] = nearest @ self.extra_trees.answers(columns).T
        return {name: np.maximum(told, 0.0).astype(np.float32) for name, told in made.items()}

    def save(self, folder: Path) -> None:
        """Writes the methods into a folder, as arrays and JSON. Raises OSError."""
        from safetensors.numpy import save

        arrays = {
            "mean": self.mean,
            "level": self.level,
            "known": self.known,
            "columns_mean": self.columns_mean,
            "categories": self.conditions.categories,
            "numbers": self.conditions.numbers,
            "mask": self.conditions.mask,
        }
        if self.motif_scale is not None:
            arrays["motif_scale"] = self.motif_scale
        for name in FITTED:
            arrays |= {f"{name}.{part}": array for part, array in getattr(self, name).arrays().items()}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(folder / ARRAYS, save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
        document = {
            "format": FORMAT,
            "region_ids": list(self.region_ids),
            "motif_names": list(self.motif_names),
            "groups": list(self.groups),
            "encoder": self.encoder.to_json(),
        }
        write_json(folder / ABOUT, document)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What `save` wrote. Raises UserError."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            document: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            arrays = load_file(folder / ARRAYS)

            def part(name: str) -> dict[str, Array]:
                return {
                    key.removeprefix(f"{name}."): array for key, array in arrays.items() if key.startswith(f"{name}.")
                }

            return cls(
                region_ids=tuple(document["region_ids"]),
                motif_names=tuple(document["motif_names"]),
                motif_scale=arrays.get("motif_scale"),
                groups=tuple(document["groups"]),
                encoder=ConditionEncoder.from_json(document["encoder"]),
                conditions=CondBatch(arrays["categories"], arrays["numbers"], arrays["mask"]),
                known=arrays["known"],
                mean=arrays["mean"],
                level=arrays["level"],
                columns_mean=arrays["columns_mean"],
                ridge=RowRidge(**part("ridge")),
                ridge_per_condition=RowRidge(**part("ridge_per_condition")),
                ridge_motif_condition=PairRidge(**part("ridge_motif_condition")),
                boosting=Forest.from_arrays(part("boosting")),
                extra_trees=Forest.from_arrays(part("extra_trees")),
            )
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            raise UserError(
                "The baselines of this run cannot be read.", "Copy the run folder again, or train again.", str(folder)
            ) from None

    def _of(self, ids: Array) -> tuple[Array, Array]:
        """`mean` and `level` of these regions; of a region not seen, the means over all."""
        place = {name: index for index, name in enumerate(self.region_ids)}
        rows = np.array([place.get(str(name), -1) for name in ids], dtype=np.int64)
        means = np.where(rows >= 0, self.mean[:, rows], self.mean.mean(axis=1)[:, None])
        return means, np.where(rows >= 0, self.level[rows], self.level.mean())

    def _nearest(self, encoded: CondBatch) -> Array:
        """Weights [S, G] of the most similar training conditions, equal where several are; all for an unknown one."""
        apart = _apart(encoded, self.conditions)
        apart[:, ~self.known] = np.inf
        closest = apart <= apart.min(axis=1, keepdims=True) + TIE
        weights = np.where(encoded.recorded[:, None] & self.known.any(), closest, True).astype(np.float32)
        return weights / weights.sum(axis=1, keepdims=True)


def fit_baselines(
    data: YeastData, features: Array, train: Array, seed: int, tell: Callable[[int, int], object] = lambda *_: None
) -> Baselines:
    """The methods fitted to the entries `train` [S, R] that were measured; `features` [R, F] are those of places.

    `tell` hears how many of how many methods are done, before each that takes a while.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    assert data.expression is not None
    known = train & np.isfinite(data.expression)
    samples, regions = known.any(axis=1), known.any(axis=0)
    encoder = ConditionEncoder.fit(data.conditions[samples])
    groups, place = np.unique(data.condition_group[samples].astype(str), return_inverse=True)
    mean = _group_means(data.expression[np.ix_(samples, regions)], known[np.ix_(samples, regions)], place, len(groups))
    first = [int(np.flatnonzero(samples)[np.flatnonzero(place == group)[0]]) for group in range(len(groups))]
    conditions = encoder.encode(data.conditions.iloc[first])
    names = tuple(data.motif_names)
    columns = _region_columns(data, features, names, data.motif_scale, None)[regions]
    of_conditions = _condition_columns(conditions, encoder.sizes)
    tell(0, len(FITTED))
    trees = ExtraTreesRegressor(**TREES, random_state=seed, n_jobs=1).fit(columns, mean.T)
    tell(1, len(FITTED))
    boosting = _boosted(columns, of_conditions, mean, np.bincount(place), seed)
    tell(2, len(FITTED))
    return Baselines(
        region_ids=tuple(str(name) for name in data.regions.ids[regions]),
        motif_names=names,
        motif_scale=data.motif_scale,
        groups=tuple(groups),
        encoder=encoder,
        conditions=conditions,
        known=conditions.recorded,
        mean=mean.astype(np.float32),
        level=_levels(data.expression, known)[regions],
        columns_mean=columns.mean(axis=0),
        ridge=RowRidge.fit(columns, mean.mean(axis=0)[:, None]),
        ridge_per_condition=RowRidge.fit(columns, mean.T),
        ridge_motif_condition=PairRidge.fit(columns, of_conditions, mean),
        boosting=boosting,
        extra_trees=Forest.of_extra_trees(trees),
    )


def _boosted(columns: Array, of_conditions: Array, mean: Array, samples: Array, seed: int) -> Forest:
    """Boosted trees on the pairs of regions and conditions, weighed by how many `samples` a condition has."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    pairs = np.random.default_rng([seed, 31]).permutation(mean.size)[:BOOSTED_PAIRS]
    group, region = np.unravel_index(np.sort(pairs), mean.shape)
    model = HistGradientBoostingRegressor(**BOOSTING, early_stopping=False, random_state=seed)
    weights = None if samples.min() == samples.max() else samples[group]
    model.fit(np.concatenate([columns[region], of_conditions[group]], axis=1), mean[group, region], weights)
    return Forest.of_boosting(model)


def _group_means(expression: Array, known: Array, place: Array, number: int) -> Array:
    """[G, R]; where a condition was not measured at a region, the region's mean in the others."""
    counts = np.stack([known[place == group].sum(axis=0) for group in range(number)])
    values = np.where(known, expression, 0.0).astype(np.float64)
    totals = np.stack([values[place == group].sum(axis=0) for group in range(number)])
    level = totals.sum(axis=0) / counts.sum(axis=0)
    return np.where(counts > 0, totals / np.maximum(counts, 1), level)


def _levels(expression: Array, known: Array) -> Array:
    """Mean [R] of the known entries; 0 where there is none."""
    totals = np.where(known, expression, 0.0).sum(axis=0, dtype=np.float64)
    return (totals / np.maximum(known.sum(axis=0), 1)).astype(np.float32)


def _region_columns(
    data: YeastData, features: Array, names: tuple[str, ...], scale: Array | None, usual: Array | None
) -> Array:
    """float32 [R, M + 2 + F]: motifs by name, log(1 + their sum), accessibility (mean over samples), places.

    `usual` stands in where accessibility or places are unknown.
    """
    number, first = len(data.regions), len(names) + 2  # column of places
    motifs = data.aligned_motifs(list(names), scale)
    if data.accessibility is None:
        accessible = np.ones(number) if usual is None else np.full(number, usual[first - 1])
    else:
        accessible = np.nan_to_num(np.atleast_2d(data.accessibility)).mean(axis=0)
    if usual is not None and features.shape[1] != len(usual) - first:
        features = np.repeat(usual[None, first:], number, axis=0)
    rich = np.log1p(motifs.sum(axis=1))
    return np.concatenate([motifs, rich[:, None], accessible[:, None], features], axis=1).astype(np.float32)


def _condition_columns(encoded: CondBatch, sizes: tuple[int, ...]) -> Array:
    """float32 [S, classes + 16]: indicators of classes, numbers, and which were recorded."""
    shown = [np.eye(size)[encoded.categories[:, place]] for place, size in enumerate(sizes)]
    numbers = np.where(encoded.mask > 0, encoded.numbers, NOT_RECORDED)
    return np.concatenate([*shown, numbers, encoded.mask], axis=1).astype(np.float32)


def _apart(one: CondBatch, other: CondBatch) -> Array:
    """How different conditions are [S, G]: 1 for every class that differs and every number known to one alone."""
    apart = np.zeros((len(one.categories), len(other.categories)))
    for place in range(len(CATEGORIES)):
        apart += one.categories[:, place, None] != other.categories[None, :, place]
    both = one.mask[:, None] * other.mask[None]
    apart += (np.abs(one.numbers[:, None] - other.numbers[None]) * both).sum(axis=-1)
    return apart + np.abs(one.mask[:, None] - other.mask[None]).sum(axis=-1)
