"""A part of a sequence as people take it along: bases of either strand or their protein, as text or FASTA; and places.

Asks for the bases through a function that reads them, at most a window at a time.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from PySide6.QtCore import QCoreApplication

from genodesk.core.errors import UserError

translate = QCoreApplication.translate

BASES, REVERSE, PROTEIN, PROTEIN_REVERSE = "bases", "reverse", "protein", "protein-reverse"
WINDOW = 99_999  # bases asked for at once: whole codons
_A_LINE = 60

Reader = Callable[[int, int, str], Awaitable[dict[str, Any]]]
"""(start, how many, strand) -> the answer of `sequence`."""


async def subsequence(read: Reader, start: int, end: int, form: str) -> str:
    """The bases from `start` to `end` in one of the forms; proteins are of whole codons. Raises UserError."""
    other = form in (REVERSE, PROTEIN_REVERSE)
    parts = []
    for done in range(0, end - start, WINDOW):
        number = min(WINDOW, end - start - done)
        begin = end - done - number if other else start + done
        answer = await read(begin, number, "-" if other else "+")
        parts.append(answer["protein" if form in (PROTEIN, PROTEIN_REVERSE) else "bases"])
    return "".join(parts)


def as_fasta(id: str, start: int, end: int, form: str, text: str) -> str:
    """The text under a heading that says where it comes from, counted from 1."""
    said = {REVERSE: " reverse complement", PROTEIN: " protein", PROTEIN_REVERSE: " protein of reverse complement"}
    lines = [text[place : place + _A_LINE] for place in range(0, len(text), _A_LINE)]
    return "\n".join((f">{id}:{start + 1}-{end}{said.get(form, '')}", *lines, ""))


def place_of(text: str, length: int) -> tuple[int, int]:
    """(start, end) of "1,200" or "1,200-1,500" (also .., –, "to"), counted from 1; a single position has no end of its
    own, so both are equal. Raises UserError.
    """
    found = re.fullmatch(r"\s*([\d,_\s]+?)\s*(?:(?:-|–|\.\.|:|to)\s*([\d,_\s]+?)\s*)?", text)
    numbers = [re.sub(r"\D", "", number) for number in found.groups() if number is not None] if found else [""]
    if not all(numbers):
        raise UserError(
            translate("Subsequence", "{text} is no position.").format(text=text.strip() or "–"),
            translate("Subsequence", "Write one, for example 1,200, or a range, for example 1,200-1,500."),
        )
    first, last = int(numbers[0]), int(numbers[-1])
    if not 1 <= first <= last <= length:
        raise UserError(
            translate("Subsequence", "The sequence goes from 1 to {length}.").format(length=f"{length:,}"),
            translate("Subsequence", "Write a position inside, the smaller one first."),
        )
    return first - 1, last if len(numbers) > 1 else first - 1
