"""Names short enough to stand beside the bars of a figure, and still told apart.

Knows letters and words alone; how much room there is, and how wide a text comes out, is the caller's business.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

GAP = "…"
_MOST_COMPARED = 400  # names: of more, only equal short ones are kept apart


def told_apart(names: Sequence[str], fits: Callable[[str], bool]) -> tuple[str, ...]:
    """The names in their order, those that do not fit with `…` for words, else letters, that they share with others.

    Different names never come out equal, and wherever there is room for that, a short one can be meant for no other
    name: its letters around the gaps stand in this order in one of the names only. What cannot be told apart by its own
    letters is numbered.
    """
    distinct = list(dict.fromkeys(names))
    shown = {name: name for name in distinct if fits(name)}
    often = Counter(word for name in distinct for word in set(name.split()))
    taken = set(shown.values())
    for name in distinct:
        if name in shown:
            continue
        others = [other for other in distinct if other != name] if len(distinct) <= _MOST_COMPARED else []
        short = _without_letters(_without_words(name, others, often, fits), others, fits)
        if short in taken or short in distinct:
            short = _numbered(short, taken | set(distinct), fits)
        taken.add(short)
        shown[name] = short
    return tuple(shown[name] for name in names)


def _without_words(name: str, others: Sequence[str], often: Counter[str], fits: Callable[[str], bool]) -> str:
    """The name with one gap for the words that tell least; with as many as it takes to fit where one is not enough."""
    words = name.split()
    return _with_one_gap(words, others, often, fits) or _with_gaps(words, others, often, fits)


def _with_one_gap(words: Sequence[str], others: Sequence[str], often: Counter[str], fits: Callable[[str], bool]) -> str:
    """The words with the gap that leaves most of the rare ones; "" where none makes it fit and stand for this name."""
    best, most = "", -1.0
    for first in range(len(words)):
        for after in range(first + 1, len(words) + (first > 0)):
            made = _joined(words, [not first <= place < after for place in range(len(words))])
            told = sum(len(word) / often[word] for word in (*words[:first], *words[after:]))
            if told > most and fits(made) and not _means_any(made, others):
                best, most = made, told
    return best


def _with_gaps(words: Sequence[str], others: Sequence[str], often: Counter[str], fits: Callable[[str], bool]) -> str:
    """Without as many words as it takes to fit, those first that most names share."""
    middle = (len(words) - 1) / 2
    kept, short = [True] * len(words), " ".join(words)
    for place in sorted(range(len(words)), key=lambda place: (-often[words[place]], abs(place - middle))):
        if fits(short):
            break
        kept[place] = False
        made = _joined(words, kept)
        if any(kept) and len(made) < len(short) and not _means_any(made, others):
            short = made
        else:
            kept[place] = True
    for place in [place for place, stays in enumerate(kept) if not stays]:  # what there is room for after all
        kept[place] = True
        made = _joined(words, kept)
        kept[place] = fits(made) and not _means_any(made, others)
        short = made if kept[place] else short
    return short


def _joined(words: Sequence[str], kept: Sequence[bool]) -> str:
    """The kept words with a gap for each run of others."""
    made, gap = "", False
    for word, stays in zip(words, kept, strict=True):
        if stays:
            made += word if gap or not made else f" {word}"
        elif not gap:
            made += GAP
        gap = not stays
    return made


def _without_letters(short: str, others: Sequence[str], fits: Callable[[str], bool]) -> str:
    """The name with one more gap, as near to its middle as it can be and still be told from the others."""
    if fits(short):
        return short
    first = ""
    for head in sorted(range(len(short)), key=lambda head: (abs(head - 0.5 * len(short)), head)):
        made = _cut(short, head, fits)
        first = first or made
        if made and not _means_any(made, others):
            return made
    return first or GAP


def _cut(text: str, head: int, fits: Callable[[str], bool]) -> str:
    """So many letters of the beginning, a gap, and as much of the end as fits; "" where not even the beginning does."""
    for start in range(head + 1, len(text) + 1):
        made = text[:head].rstrip() + GAP + text[start:].lstrip()
        if fits(made):
            return made
    return ""


def _numbered(short: str, taken: Iterable[str], fits: Callable[[str], bool]) -> str:
    number, known = 2, set(taken)
    while True:
        end = f" {number}"
        kept = len(short)
        while kept > 1 and not fits(short[:kept] + end):
            kept -= 1
        if short[:kept] + end not in known:
            return short[:kept] + end
        number += 1


def _means_any(short: str, others: Sequence[str]) -> bool:
    """Whether a name with gaps could be meant for one of these as well."""
    first, *rest = short.split(GAP)
    return any(_means(first, rest, other) for other in others)


def _means(first: str, rest: Sequence[str], other: str) -> bool:
    if not rest:
        return first == other
    if not other.startswith(first):
        return False
    place = len(first)
    for part in rest[:-1]:
        found = other.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return other.endswith(rest[-1]) and len(other) - len(rest[-1]) >= place
