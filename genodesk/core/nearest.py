"""The hint for a name that does not exist: the known names nearest to it."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], otherwise: str, *, most: int = 1, cutoff: float = 0.6) -> str:
    """`Did you mean A or B?` with up to `most` of the `known` names, or `otherwise` where none is near.

    `cutoff` is the least similarity, from 0 to 1.
    """
    close = difflib.get_close_matches(name, list(known), n=most, cutoff=cutoff)
    return f"Did you mean {' or '.join(close)}?" if close else otherwise
