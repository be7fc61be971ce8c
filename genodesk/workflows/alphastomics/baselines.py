"""What can be said about place or expression without a network: the honest company of every model score.

All of them see exactly what the model sees (expression scaled with training statistics) and never the held-out truth.
"""

import numpy as np
from scipy.spatial import cKDTree
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestNeighbors

from genodesk.workflows.alphastomics.metrics import rigid_transform
from genodesk.workflows.alphastomics.slices import Slice, SliceSet

Array = np.ndarray

NEIGHBOURS = 20
# Penalty per training cell; scores change by less than 0.01 between a third and three times of it.
RIDGE = 0.02
ALIGN_ROUNDS = 6
POSITION_DEGREE = 4
POOL_AT_MOST = 50_000


def position_baselines(train: SliceSet, test: Slice, rng: np.random.Generator) -> dict[str, Array]:
    """Positions [cells, 3] of `test` in model units, by method.

    shuffled: the slice's own positions dealt out at random (what knowing the outline alone gives).
    centroid: mean training position of the cell's class, if both sides have labels.
    pca2: the first two principal components of expression.
    nearest_slice_knn: mean place of the 20 nearest cells of the training slice whose mean expression is closest.
    knn, ridge: regression over all training slices, k = 20 on log-normalised values and linear on z-scores.
    Training slices lie turned and shifted at will, so the pooled methods first bring them into one frame
    (`align_slices`); on tissue that shares a frame this scores the same or slightly better than the file's own.
    """
    frame = align_slices(train)
    position = np.concatenate(frame)
    expression = np.concatenate([one.expression for one in train])
    to_log, spread = train.scaling.to_log, np.asarray(train.scaling.std, dtype=np.float32)
    predicted = {"shuffled": rng.permutation(test.position)}
    labels = [one.labels for one in train if one.labels is not None]
    if test.labels is not None and len(labels) == len(train):
        predicted["centroid"] = _centroids(np.concatenate(labels), position, test.labels)
    components = PCA(2, random_state=0).fit(expression).transform(test.expression)
    predicted["pca2"] = np.column_stack([components, np.zeros(len(test))])
    profile = test.expression.mean(axis=0)
    distance = [np.linalg.norm((one.expression.mean(axis=0) - profile) * spread) for one in train]
    nearest = train.slices[int(np.argmin(distance))]
    predicted["nearest_slice_knn"] = _knn(
        to_log(nearest.expression), nearest.position, to_log(test.expression), NEIGHBOURS
    )
    kept = np.sort(rng.permutation(len(position))[:POOL_AT_MOST])
    predicted["knn"] = _knn(to_log(expression[kept]), position[kept], to_log(test.expression), NEIGHBOURS)
    predicted["ridge"] = _ridge(expression, position).predict(test.expression)
    return {name: np.asarray(value, dtype=np.float32) for name, value in predicted.items()}


def expression_baselines(train: SliceSet, test: Slice, rng: np.random.Generator) -> dict[str, Array]:
    """Expression [cells, genes] of `test` in z-scores, by method, from its positions only.

    shuffled: cells of the pooled training slices drawn at random; gene_mean: zero everywhere;
    knn: mean of the 20 nearest training cells; ridge: polynomial of degree 4 in the position. A slice's turn is
    unknown to both: it is laid onto the aligned training slices by its outline, with its principal axes on theirs and
    mirrored so that it covers them best, which an even outline can mislead. knn_as_in_file: knn with every slice turned
    as it lies in the file, which is only fair where slices were registered to each other.
    """
    position = np.concatenate(align_slices(train))
    expression = np.concatenate([one.expression for one in train])
    in_file = np.concatenate([one.position for one in train])
    placed = _lay_outline(test.position, position, rng)
    dims = train.scaling.dims
    ridge = Ridge(alpha=RIDGE * len(position)).fit(_polynomial(position[:, :dims]), expression)
    kept = np.sort(rng.permutation(len(position))[:POOL_AT_MOST])
    return {
        "shuffled": expression[rng.integers(0, len(expression), len(test))],
        "gene_mean": np.zeros_like(test.expression),
        "knn": _knn(position[kept], expression[kept], placed, NEIGHBOURS),
        "knn_as_in_file": _knn(in_file[kept], expression[kept], test.position, NEIGHBOURS),
        "ridge": ridge.predict(_polynomial(placed[:, :dims])).astype(np.float32),
    }


def align_slices(train: SliceSet) -> list[Array]:
    """Positions [cells, 3] of every training slice, turned, mirrored and shifted into one frame.

    Starts from the slice with most cells; then alternates between a ridge regression from expression to position
    and moving each slice rigidly (Kabsch) onto what the regression says about its cells. Shapes are not changed.
    """
    reference = max(range(len(train)), key=lambda index: len(train.slices[index]))
    model = _ridge(train.slices[reference].expression, train.slices[reference].position)
    expression = np.concatenate([one.expression for one in train])
    frame: list[Array] = []
    for _ in range(ALIGN_ROUNDS):
        frame = []
        for one in train:
            rotation, shift = rigid_transform(one.position, model.predict(one.expression))
            frame.append(one.position @ rotation + shift)
        model = _ridge(expression, np.concatenate(frame))
    return frame


def _ridge(expression: Array, position: Array) -> Ridge:
    return Ridge(alpha=RIDGE * len(position)).fit(expression, position)


def _knn(known: Array, values: Array, asked: Array, k: int) -> Array:
    """Mean of `values` over the k nearest of `known`, for each row of `asked`."""
    k = min(k, len(known))
    if known.shape[1] <= 3:
        found = cKDTree(known).query(asked, k=k)[1].reshape(len(asked), k)
    else:
        found = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(known).kneighbors(asked, return_distance=False)
    total = np.zeros((len(asked), values.shape[1]))
    for column in found.T:
        total += values[column]
    return (total / k).astype(np.float32)


def _centroids(labels: Array, position: Array, asked: Array) -> Array:
    """Mean position of each asked class; the middle of all cells for a class that training lacks."""
    middle = position.mean(axis=0)
    of_class = {code: position[labels == code].mean(axis=0) for code in np.unique(labels) if code >= 0}
    return np.array([of_class.get(code, middle) for code in asked])


def _polynomial(position: Array) -> Array:
    """All monomials up to degree 4 [cells, terms], without the constant."""
    powers = np.stack(np.meshgrid(*[np.arange(POSITION_DEGREE + 1)] * position.shape[1]), axis=-1)
    powers = powers.reshape(-1, position.shape[1])
    powers = powers[(powers.sum(axis=1) > 0) & (powers.sum(axis=1) <= POSITION_DEGREE)]
    return np.prod(position[:, None, :] ** powers, axis=2)


def _lay_outline(position: Array, onto: Array, rng: np.random.Generator, at_most: int = 2_000) -> Array:
    """`position` moved rigidly so that its cloud of points covers `onto` best (mean distance to the nearest point)."""
    target = onto[rng.permutation(len(onto))[:at_most]]
    tree = cKDTree(target)
    moving, fixed = position - position.mean(axis=0), target - target.mean(axis=0)
    axes, target_axes = np.linalg.svd(moving.T @ moving)[0], np.linalg.svd(fixed.T @ fixed)[0]
    best, smallest = position, np.inf
    for first in (1.0, -1.0):
        for second in (1.0, -1.0):
            turned = moving @ axes @ np.diag([first, second, 1.0]) @ target_axes.T + target.mean(axis=0)
            distance = float(tree.query(turned)[0].mean() + cKDTree(turned).query(target)[0].mean())
            if distance < smallest:
                best, smallest = turned, distance
    return best
