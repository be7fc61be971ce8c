"""Bases as numbers: 0 A, 1 C, 2 G, 3 T, 4 N, and what each of the 256 bytes of a file means in a sequence.

U is read as T, the other IUPAC letters (and X) as N, lower case as soft-masked; white space is nothing. Knows no files.
"""

from itertools import product
from operator import add

import numpy as np

LETTERS = "ACGTN"
WHITE_SPACE = b" \t\n\v\f\r"
AMBIGUOUS = b"RYSWKMBDHVX"
PROTEIN = b"EFIJLOPQZ"  # letters of amino acids that stand for no base

_NO_BASE = 255


def _codes_of_bytes() -> np.ndarray:
    codes = np.full(256, _NO_BASE, np.uint8)
    for code, letters in enumerate((b"A", b"C", b"G", b"TU", b"N" + AMBIGUOUS)):
        for letter in letters + letters.lower():
            codes[letter] = code
    return codes


_CODES = _codes_of_bytes()
_TO_CODES = _CODES.tobytes()
_KNOWN = bytes(np.flatnonzero(_CODES != _NO_BASE).tolist()) + WHITE_SPACE
_TO_LETTERS = np.frombuffer(LETTERS.encode(), np.uint8)
_IS_LOWER = bytes(97 <= byte <= 122 for byte in range(256))
_AMINO_ACIDS = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"  # AAA, AAC, AAG, AAT, ACA ... TTT
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")

Counts = tuple[int, ...]
# What is counted, one column each.
BASES, GC, ACGT, N, LOWER, URACIL, UNSURE, LETTER, PLAIN, WRONG = range(10)


def _columns_of_bytes() -> np.ndarray:
    """int64 [256, 10]: which bytes each column of `count` counts."""
    byte = np.arange(256)
    upper = np.where((byte >= 97) & (byte <= 122), byte - 32, byte)
    columns = np.zeros((256, 10), np.int64)
    columns[:, BASES] = _CODES != _NO_BASE
    columns[:, GC] = (_CODES == 1) | (_CODES == 2)
    columns[:, ACGT] = _CODES < 4
    columns[:, N] = _CODES == 4
    columns[:, LOWER] = (_CODES != _NO_BASE) & (byte >= 97)
    columns[:, URACIL] = upper == ord("U")
    columns[:, UNSURE] = np.isin(upper, list(AMBIGUOUS))
    columns[:, LETTER] = (upper >= 65) & (upper <= 90)
    columns[:, PLAIN] = np.isin(upper, list(b"ACGTUN"))
    columns[:, WRONG] = (_CODES == _NO_BASE) & ~np.isin(byte, list(WHITE_SPACE))
    return columns


_COLUMNS = _columns_of_bytes()


def _amino_acids_of_codons() -> np.ndarray:
    """uint8 [5, 5, 5]: the letter of every codon in the standard code; with N, X unless it is the same in any case."""
    table = np.empty((5, 5, 5), np.uint8)
    for codon in np.ndindex(table.shape):
        meant = product(*(range(4) if code == 4 else (code,) for code in codon))
        letters = {_AMINO_ACIDS[16 * one + 4 * two + three] for one, two, three in meant}
        table[codon] = ord(letters.pop() if len(letters) == 1 else "X")
    return table


_TO_AMINO_ACIDS = _amino_acids_of_codons()


def encode(text: bytes) -> np.ndarray:
    """uint8 [bases]: the codes of a text without its white space; 255 for what stands for no base."""
    return np.frombuffer(text.translate(_TO_CODES, WHITE_SPACE), np.uint8)


def decode(codes: np.ndarray) -> str:
    """The letters ACGTN of codes."""
    return _TO_LETTERS[codes].tobytes().decode("ascii")


def count(text: bytes) -> Counts:
    """How many bytes are bases, G or C, one of ACGT, N as read here, lower case, U, ambiguous, letters of
    any kind, one of ACGTUN, and neither base nor white space: of these `first_wrong` tells the first.
    """
    found: Counts = tuple((np.bincount(np.frombuffer(text, np.uint8), minlength=256) @ _COLUMNS).tolist())
    return found


def added(one: Counts, other: Counts) -> Counts:
    """The counts of two texts together."""
    return tuple(map(add, one, other))


def first_wrong(text: bytes) -> int:
    """The place of the first byte that is neither a base nor white space, -1 where there is none."""
    left = text.translate(None, _KNOWN)
    return text.index(left[:1]) if left else -1


def lower_case(text: bytes) -> np.ndarray:
    """int64 [runs, 2]: first base and the base behind the last of each run in lower case, white space not counted."""
    return runs(np.frombuffer(text.translate(_IS_LOWER, WHITE_SPACE), np.bool_))


def runs(mask: np.ndarray) -> np.ndarray:
    """int64 [runs, 2]: where a mask is true, as start and end behind it."""
    inner = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    first = [0] if len(mask) and mask[0] else []
    last = [len(mask)] if len(mask) and mask[-1] else []
    return np.concatenate([first, inner, last]).astype(np.int64).reshape(-1, 2)


def reverse_complement(sequence: str) -> str:
    """The other strand of a text of ACGTN, read in its own direction."""
    return sequence.translate(_COMPLEMENT)[::-1]


def translated(sequence: str) -> str:
    """The protein of a text of ACGTN, read from its first base in the standard code: * ends it, X is not known."""
    codons = encode(sequence[: len(sequence) // 3 * 3].encode()).reshape(-1, 3)
    return _TO_AMINO_ACIDS[codons[:, 0], codons[:, 1], codons[:, 2]].tobytes().decode("ascii")
