"""Which genes a model has met in its training, kept beside it as hashes, and what follows for the scores on others.

Hashes are enough to find the same genes again, wherever the training's files are; they tell nobody the sequences.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genodesk.core.disk import write_json
from genodesk.core.errors import UserError
from genodesk.workflows.genechat.cache import sequence_sha256
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.sketch import K, SketchIndex, sketch

FILE = "known_genes.json"
ALIKE = 0.95  # share of equal bases from which two genes are nearly the same
_SHARED = ALIKE**K  # of the k-mers of the shorter one, which two such genes have in common
_LOOKED_AT = 3  # most alike genes of the training


@dataclass(frozen=True)
class KnownGenes:
    """sha256 of the sequences that a model `learned`, and of those by which its best state was `chosen`."""

    learned: frozenset[str]
    chosen: frozenset[str]

    @classmethod
    def of(cls, parts: Mapping[str, Sequence[Pair]]) -> "KnownGenes":
        """Those of a training with these parts."""
        hashes = [frozenset(map(sequence_sha256, _sequences(parts[part]))) for part in ("train", "validation")]
        return cls(*hashes)


def save_known(folder: Path, known: KnownGenes) -> None:
    """Writes the hashes into a model folder. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_json(folder / FILE, {"train": sorted(known.learned), "validation": sorted(known.chosen)})


def load_known(folder: Path) -> KnownGenes | None:
    """The hashes in a model folder; None where it has none. Raises UserError where they cannot be read."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return KnownGenes(*(frozenset(map(str, document[part])) for part in ("train", "validation")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise UserError(f"{FILE} in this folder cannot be read.", "Copy the model folder again.", str(folder)) from None


def about_known(
    pairs: Sequence[Pair],
    known: KnownGenes | None,
    learned: Sequence[str],
    between: Callable[[], None] = lambda: None,
) -> list[str]:
    """Sentences about how much the scores on these pairs flatter the model.

    `learned` are the sequences of the training that are still there, which alone tell what is nearly the same.
    `between` may raise to give up.
    """
    if known is None:
        return ["Nobody can tell which of these genes the model knows: it does not say which it was trained on."]
    asked = _sequences(pairs)
    hashes = {sequence: sequence_sha256(sequence) for sequence in asked}
    said = []
    if same := sum(one in known.learned for one in hashes.values()):
        said.append(f"The model was trained on {same:,} of these {len(asked):,} genes, so its scores flatter it.")
    if chosen := sum(one in known.chosen and one not in known.learned for one in hashes.values()):
        said.append(
            f"The best state of the model was chosen by {chosen:,} of these {len(asked):,} genes, so its scores are "
            "somewhat optimistic."
        )
    new = [sequence for sequence, one in hashes.items() if one not in known.learned]
    if gone := len(known.learned - {sequence_sha256(one) for one in learned}):
        said.append(
            f"{gone:,} of the {len(known.learned):,} genes of the training are no longer there, so only ones identical "
            "to them are found, none alike."
        )
    if alike := _count_alike(new, learned, between):
        said.append(
            f"{alike:,} of these {len(asked):,} genes are at least {ALIKE:.0%} the same as one of the training, or a "
            "part of one, so its scores flatter it."
        )
    return said


def about_split(split: str | None) -> list[str]:
    """A sentence where a set keeps genes aside in a way that makes scores optimistic."""
    told = {
        "random": "The genes were kept aside by chance, so like ones were trained on; scores are optimistic.",
        "members": "These genes are of families that were trained on; expect lower scores for other families.",
    }
    return [told[split]] if split in told else []


def _count_alike(asked: Sequence[str], learned: Sequence[str], between: Callable[[], None]) -> int:
    """How many of the sequences share nearly all with a learned one."""
    if not asked or not learned:
        return 0
    index = SketchIndex(learned, between)
    number = 0
    for one in asked:
        between()
        number += any(_nearly_the_same(one, learned[other]) for other in index.most_alike(one)[:_LOOKED_AT])
    return number


def _nearly_the_same(one: str, other: str) -> bool:
    first, second = sketch(one), sketch(other)
    return bool(np.intersect1d(first, second).size >= _SHARED * max(1, min(first.size, second.size)))


def _sequences(pairs: Sequence[Pair]) -> list[str]:
    return list(dict.fromkeys(pair.sequence for pair in pairs))
