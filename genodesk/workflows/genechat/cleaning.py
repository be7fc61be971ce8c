"""Which pairs a set keeps, with a reason for every one that it drops, and what there is to tell of the whole."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, NamedTuple

from genodesk.core.errors import UserError
from genodesk.engine.data.sequence_codes import count, decode, encode, first_wrong
from genodesk.engine.data.sequence_record import is_dna
from genodesk.workflows.genechat.pairs import Pair

NAMED = 20  # of what was dropped for one reason, this many ids are named in a report
_MOST_UNKNOWN = 0.5
_FEW_GENES = 1000
_SAYS_NOTHING = {
    "hypothetical protein", "conserved hypothetical protein", "putative protein", "predicted protein", "unknown",
    "uncharacterized protein", "uncharacterised protein", "unnamed protein product", "protein of unknown function",
    "function unknown", "unknown function", "n/a", "na", "none", "null", "nan", "-", ".",
}  # fmt: skip

NO_ANSWER = "nothing is said of it"
NO_SEQUENCE = "its sequence is not there"
NOT_DNA = "its sequence is not DNA"


class Dropped(NamedTuple):
    """A gene or pair that was left out, and why."""

    id: str
    reason: str


def clean(pairs: Iterable[Pair], shortest: int, longest: int) -> tuple[list[Pair], list[Dropped]]:
    """The pairs to keep, their texts in one line each, and those left out. Raises UserError where none is left."""
    kept, dropped = [], []
    seen: set[tuple[str, str, str]] = set()
    plain = (replace(one, prompt=plain_text(one.prompt), answer=plain_text(one.answer)) for one in pairs)
    for pair in plain:
        key = (pair.sequence, pair.prompt, pair.answer)
        reason = _reason(pair, shortest, longest) or ("the same gene and answer stand before" if key in seen else "")
        if reason:
            dropped.append(Dropped(pair.id, reason))
        else:
            seen.add(key)
            kept.append(pair)
    if not kept:
        reasons = Counter(one.reason for one in dropped).most_common(1)
        raise UserError(
            "No pair of a gene and an answer is left" + (f": of most genes, {reasons[0][0]}." if reasons else "."),
            "Give sequences together with what their genes do, for example with --functions TABLE.",
            "--data",
        )
    return kept, dropped


def plain_text(text: str) -> str:
    """One line without control characters and halves of letters (surrogates), its letters composed (NFC)."""
    letters = (letter if unicodedata.category(letter) not in ("Cc", "Cf", "Cs") else " " for letter in text)
    return " ".join(unicodedata.normalize("NFC", "".join(letters)).split())


def dna(text: str) -> str | None:
    """A sequence in capitals of ACGTN; None where the text is no DNA."""
    letters = text.encode("ascii", "replace")
    if not letters or first_wrong(letters) >= 0 or not is_dna(count(letters)):
        return None
    return decode(encode(letters))


def too_long(longest: int) -> str:
    """The reason for a sequence above the limit."""
    return f"it is longer than {longest:,} bases"


def report(
    parts: Mapping[str, Sequence[Pair]], dropped: Sequence[Dropped], notices: Sequence[str], split: str
) -> dict[str, Any]:
    """Sizes, families, what was dropped for which reason, and sentences about what such a set can teach."""
    pairs = [pair for part in parts.values() for pair in part]
    families = Counter({pair.sequence: pair.family for pair in pairs}.values())
    lengths = [len(sequence) for sequence in {pair.sequence for pair in pairs}]
    answers = Counter(pair.answer for pair in pairs)
    reasons: dict[str, list[str]] = {}
    for one in dropped:
        reasons.setdefault(one.reason, []).append(one.id)
    return {
        "pairs": {part: len(chosen) for part, chosen in parts.items()},
        "genes": len(lengths),
        "families": len(families),
        "largest_family": max(families.values()),
        "genes_without_family": sum(number == 1 for number in families.values()),
        "different_answers": len(answers),
        "bases": {"shortest": min(lengths), "median": median(lengths), "longest": max(lengths)},
        "median_words_of_an_answer": median(len(pair.answer.split()) for pair in pairs),
        "split": split,
        "dropped": {reason: {"number": len(ids), "ids": ids[:NAMED]} for reason, ids in reasons.items()},
        "notices": [*notices, *_what_it_teaches(len(lengths), families, answers, split)],
    }


def _reason(pair: Pair, shortest: int, longest: int) -> str:
    if not pair.answer:
        return NO_ANSWER
    if pair.answer.casefold().rstrip(". ") in _SAYS_NOTHING or not pair.answer.strip(".-? "):
        return "its answer says nothing, as `hypothetical protein` does"
    if len(pair.sequence) < shortest:
        return f"it is shorter than {shortest:,} bases"
    if len(pair.sequence) > longest:
        return too_long(longest)
    if pair.sequence.count("N") > _MOST_UNKNOWN * len(pair.sequence):
        return "more than half of it is N"
    return ""


def _what_it_teaches(genes: int, families: Counter[str], answers: Counter[str], split: str) -> list[str]:
    said = []
    if genes < _FEW_GENES:
        said.append(
            f"{genes:,} genes are few: a model learns from them how such answers are worded, hardly which gene does "
            "what. Judge it by the loss with the true gene against other genes, not by its wording."
        )
    largest = max(families.values())
    if largest > 0.5 * genes > 1 and len(families) > 1:
        said.append(
            f"One family holds {largest:,} of {genes:,} genes; repeats that many genes share may have joined them."
        )
    single = sum(number == 1 for number in families.values())
    if split == "members" and single:
        said.append(f"{single:,} genes have no family here and stay in training.")
    if split == "random":
        said.append("The split is random: like genes lie on both sides, so scores are optimistic.")
    if len(answers) == sum(answers.values()) > 1:
        said.append("No two genes have the same answer, so exact answers cannot be expected of genes kept aside.")
    return said
