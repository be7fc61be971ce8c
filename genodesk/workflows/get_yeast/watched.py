"""What is watched while a network trains: a few stretches of the genome it does not learn from. Knows no network."""

import numpy as np

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.data import Regions, YeastData
from genodesk.workflows.get_yeast.splits import Split
from genodesk.workflows.get_yeast.windows import neighbour_windows, stretches

WATCHED_SHARE = 0.12  # of the training regions, where the split keeps no regions aside itself
WATCHED_STRETCHES = 0.1  # share of the stretches watched while pretraining


def watched_entries(data: YeastData, split: Split, seed: int) -> np.ndarray:
    """The entries [S, R] of regions that the motif path may not learn from, which tell how long to train it.

    Those of the split's validation where it keeps whole regions aside; else a few stretches of the training regions.
    A path that has seen a region may know it by heart, so only other regions can tell what it has understood.
    Raises UserError where the regions are too few for that.
    """
    learned = split.train.any(axis=0)
    aside = split.validation & ~learned
    if aside.any():
        return aside
    names = stretches(data.regions)
    rng = np.random.default_rng([seed, 4])
    chosen = np.zeros(len(names), dtype=bool)
    candidates = rng.permutation(np.unique(names[learned].astype(str)))
    for name in candidates[:-1]:
        if (chosen & learned).sum() >= WATCHED_SHARE * learned.sum():
            break
        chosen |= names == name
    watched = (split.train | split.validation) & chosen
    if not watched.any():
        raise UserError(
            "There are too few regions to keep some aside while training.", "Give data with more regions.", "--data"
        )
    return watched


def not_refitted(data: YeastData, split: Split, seed: int) -> str:
    """What chooses for how long a model that is not refitted is trained, and to what it is not fitted, in sentences.

    Raises UserError as `watched_entries`.
    """
    watched = watched_entries(data, split, seed)
    number, regions = int(watched.any(axis=0).sum()), watched.shape[1]
    chose = "the length of training and how much of the network is used"
    told = [f"Kept aside for validation: {split.aside}."] if split.aside else []
    if not (watched & ~split.validation).any() and not (split.validation & ~watched).any():
        told.append(f"That chooses {chose}; without a refit the saved model is fitted neither to it nor to the test.")
    else:
        fitted = "is fitted neither to the validation nor" if split.aside else "is not fitted"
        told += [
            f"{number:,} of {regions:,} regions choose {chose}.",
            f"Without a refit the saved model {fitted} to the test; what it reads from motifs and conditions is not "
            f"fitted to these {number:,} regions either.",
        ]
    if split.kind == "both":
        told.append("Nor is it fitted to anything else in these regions or these conditions.")
    return " ".join(told)


def pretraining_windows(regions: Regions, window: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(watched regions [R], windows to learn from [N, W], windows that touch what is watched [M, W]).

    Raises UserError where every window touches it.
    """
    names = stretches(regions).astype(str)
    known = np.unique(names)
    kept_back = np.random.default_rng([seed, 4]).permutation(known)[: max(1, round(WATCHED_STRETCHES * len(known)))]
    watched = np.isin(names, kept_back)
    windows = neighbour_windows(regions, window)
    touching = np.append(watched, False)[windows].any(axis=1)
    if touching.all():
        raise UserError(
            f"Every window of {window} regions reaches into the stretch kept aside to watch, so nothing is left to "
            "learn from.",
            "Set a smaller --window, or give data with more regions.",
            "--window",
        )
    return watched, windows[~touching], windows[touching]
