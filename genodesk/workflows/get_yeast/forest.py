"""Trees of scikit-learn as plain arrays, so that they are saved and used again without pickles.

A leaf of a tree over region columns and condition columns is a set of regions times a set of conditions, which makes
answering for all pairs one matrix product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

Array = np.ndarray
LEAF = -1


@dataclass(frozen=True)
class Forest:
    """Nodes of T trees: `column` [N] that is asked (LEAF for none), `threshold` [N], `left` and `right` [N] node
    numbers (left where value <= threshold), `value` [N, outputs], `roots` [T], and `start` added to their sum.
    """

    column: Array
    threshold: Array
    left: Array
    right: Array
    value: Array
    roots: Array
    start: float

    @classmethod
    def of_boosting(cls, model: Any) -> Self:
        """The trees of a fitted HistGradientBoostingRegressor on columns without missing values."""
        trees = [stage[0].nodes for stage in model._predictors]
        parts = [
            (
                np.where(nodes["is_leaf"], LEAF, nodes["feature_idx"]),
                nodes["num_threshold"],
                nodes["left"],
                nodes["right"],
                nodes["value"][:, None],
            )
            for nodes in trees
        ]
        return cls._joined(parts, float(np.ravel(model._baseline_prediction)[0]))

    @classmethod
    def of_extra_trees(cls, model: Any) -> Self:
        """The trees of a fitted ExtraTreesRegressor, whose answers are averaged."""
        parts = []
        for one in model.estimators_:
            tree = one.tree_
            inner = tree.children_left >= 0
            values = np.where(inner[:, None], 0.0, tree.value[:, :, 0]) / len(model.estimators_)
            column = np.where(inner, tree.feature, LEAF)
            parts.append((column, tree.threshold, tree.children_left, tree.children_right, values))
        return cls._joined(parts, 0.0)

    def answers(self, columns: Array) -> Array:
        """float32 [rows, outputs] for rows of columns."""
        columns = columns.astype(np.float32)
        made = np.full((len(columns), self.value.shape[1]), self.start, dtype=np.float32)
        rows = np.arange(len(columns))
        for root in self.roots:
            node = np.full(len(columns), root)
            inner = self.column[node] != LEAF
            while inner.any():
                at = node[inner]
                goes_left = columns[rows[inner], self.column[at]] <= self.threshold[at]
                node[inner] = np.where(goes_left, self.left[at], self.right[at])
                inner = self.column[node] != LEAF
            made += self.value[node]
        return made

    def answers_for_pairs(self, of_regions: Array, of_conditions: Array) -> Array:
        """float32 [conditions, regions] of a forest with one output, grown on region columns before condition ones."""
        boundary = of_regions.shape[1]
        regions, conditions, values = [], [], []
        for root in self.roots:
            waiting = [(int(root), np.ones(len(of_regions), dtype=bool), np.ones(len(of_conditions), dtype=bool))]
            while waiting:
                node, rows, cultures = waiting.pop()
                column = int(self.column[node])
                if column == LEAF:
                    regions.append(rows)
                    conditions.append(cultures)
                    values.append(self.value[node, 0])
                    continue
                if column < boundary:
                    low = of_regions[:, column] <= self.threshold[node]
                    branches = ((rows & low, cultures), (rows & ~low, cultures))
                else:
                    low = of_conditions[:, column - boundary] <= self.threshold[node]
                    branches = ((rows, cultures & low), (rows, cultures & ~low))
                for child, branch in zip((self.left[node], self.right[node]), branches, strict=True):
                    waiting.append((int(child), *branch))
        weighted = np.stack(conditions).astype(np.float32) * np.array(values, dtype=np.float32)[:, None]
        return weighted.T @ np.stack(regions).astype(np.float32) + np.float32(self.start)

    def arrays(self) -> dict[str, Array]:
        """The forest as named arrays."""
        return {
            "column": self.column,
            "threshold": self.threshold,
            "left": self.left,
            "right": self.right,
            "value": self.value,
            "roots": self.roots,
            "start": np.array([self.start]),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> Self:
        """What `arrays` gave. Raises KeyError."""
        nodes = {name: arrays[name] for name in ("column", "threshold", "left", "right", "value", "roots")}
        return cls(**nodes, start=float(arrays["start"][0]))

    @classmethod
    def _joined(cls, parts: Sequence[tuple[Array, ...]], start: float) -> Self:
        sizes = [len(part[0]) for part in parts]
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        shifted = [
            (column, threshold, left.astype(np.int64) + root, right.astype(np.int64) + root, value)
            for (column, threshold, left, right, value), root in zip(parts, roots, strict=True)
        ]
        column, threshold, left, right, value = (np.concatenate(arrays) for arrays in zip(*shifted, strict=True))
        return cls(
            column.astype(np.int32),
            threshold.astype(np.float64),
            left.astype(np.int32),
            right.astype(np.int32),
            value.astype(np.float32),
            roots,
            start,
        )
