"""Genes of like sequence as families, and splits that respect them: whole families aside, or members of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.pairs import PARTS, Pair
from genodesk.workflows.genechat.sketch import LIKE, SketchIndex

Split = Literal["family", "members", "random"]

ASIDE = 0.1  # of the genes, each for validation and for the test


def find_families(sequences: Sequence[str], between: Callable[[], None] = lambda: None) -> list[str]:
    """The family of each sequence, the largest called `family 1`. `between` may raise to give up.

    Sequences that share enough k-mers are of one family, and so are those linked by others (single linkage): what is
    in different families has little in common, which is what a test needs.
    """
    index = SketchIndex(sequences, between)
    leader = np.arange(len(sequences))
    for number, hashes in enumerate(index.sketches):
        if number % 64 == 0:
            between()
        for other in np.flatnonzero(index.likeness(hashes) >= LIKE):
            first, second = sorted((_top(leader, number), _top(leader, int(other))))
            leader[second] = first
    # Identical sequences belong together even where they hold no k-mer that tells.
    same: dict[str, int] = {}
    for number, sequence in enumerate(sequences):
        first, second = sorted((_top(leader, same.setdefault(sequence, number)), _top(leader, number)))
        leader[second] = first
    tops = [_top(leader, number) for number in range(len(sequences))]
    ranks = {top: rank for rank, (top, _) in enumerate(Counter(tops).most_common(), start=1)}
    return [f"family {ranks[top]}" for top in tops]


def split_pairs(pairs: Sequence[Pair], how: Split, seed: int) -> dict[str, list[Pair]]:
    """{train, validation, test}, about 80, 10 and 10 % of the genes. All pairs of one sequence lie in one part.

    `family` keeps whole families aside; `members` keeps members of families aside whose others are trained on;
    `random` looks at nothing but the sequence. Raises UserError where too few genes or families are there.
    """
    rng = np.random.default_rng([seed, 31])
    members: dict[str, list[str]] = {}
    for pair in pairs:
        members.setdefault(pair.family if how != "random" else "", []).append(pair.sequence)
    groups = [list(dict.fromkeys(group)) for group in members.values()]
    chosen = _whole(groups, rng) if how == "family" else _members(groups, rng)
    parts: dict[str, list[Pair]] = {part: [] for part in PARTS}
    for pair in pairs:
        parts[chosen.get(pair.sequence, "train")].append(pair)
    if not all(parts.values()):
        number = sum(map(len, groups))
        if how == "family":
            raise UserError(
                f"{number} genes in {len(groups)} families are too few to keep families aside for a test.",
                "Give more genes, or use --split members or --split random.",
                "--split",
            )
        raise UserError(f"{number} genes are too few to keep some aside for a test.", "Give more genes.", "--split")
    return parts


def _whole(groups: Sequence[list[str]], rng: np.random.Generator) -> dict[str, str]:
    """Part by sequence for validation and test: families in random order as long as they fit, else the smallest."""
    target = max(1.0, ASIDE * sum(map(len, groups)))
    held: dict[str, list[str]] = {"test": [], "validation": []}
    left = []
    for group in (groups[number] for number in rng.permutation(len(groups))):
        part = next((part for part in held if len(held[part]) + len(group) <= target), None)
        if part is None:
            left.append(group)
        else:
            held[part] += group
    left.sort(key=len)
    for part, taken in held.items():
        if not taken and len(left) > 1:
            held[part] = left.pop(0)
    return {sequence: part for part, sequences in held.items() for sequence in sequences}


def _members(groups: Sequence[list[str]], rng: np.random.Generator) -> dict[str, str]:
    """Part by sequence for validation and test: the same share of every family; at least two of it stay in training."""
    chosen: dict[str, str] = {}
    owed = 1.0 if ASIDE * sum(map(len, groups)) < 1 else 0.0  # of a small set, one gene each
    for group in groups:
        order = [group[number] for number in rng.permutation(len(group))]
        most = (len(group) - 2) // 2
        owed += ASIDE * len(group) if most > 0 else 0.0
        each = min(int(owed + 1e-9), max(most, 0))
        owed -= each
        chosen.update(dict.fromkeys(order[:each], "test"))
        chosen.update(dict.fromkeys(order[each : 2 * each], "validation"))
    return chosen


def _top(leader: np.ndarray, number: int) -> int:
    while leader[number] != number:
        leader[number] = leader[leader[number]]
        number = int(leader[number])
    return number
