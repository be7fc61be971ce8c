"""The scan for motifs against one that goes base by base, its threshold against all sequences, and its files."""

import itertools

import numpy as np
import pytest

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.motif_file import Motif, read_motifs
from genodesk.workflows.get_yeast.pwm import background_of, scan, threshold

EVEN = np.full(4, 0.25)


def sharp(word: str, count: float = 20) -> Motif:
    """A motif that is one word."""
    return Motif(word, np.array([[count if letter == base else 0 for base in "ACGT"] for letter in word], dtype=float))


def random_motif(rng: np.random.Generator, width: int) -> Motif:
    return Motif(f"random{width}", rng.dirichlet([0.3] * 4, width) * 20)


def one_by_one(sequence: str, motif: Motif, background: np.ndarray) -> float:
    """The same sum, position by position and strand by strand."""
    table, limit = motif.log_odds(background), threshold(motif.log_odds(background), background)
    turned = sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))
    total = 0.0
    for strand in (sequence, turned):
        for start in range(len(strand) - len(table) + 1):
            window = strand[start : start + len(table)]
            score = sum(table[i]["ACGT".index(letter)] for i, letter in enumerate(window) if letter in "ACGT")
            total += score if score >= limit else 0.0
    return total


def test_the_scan_agrees_with_going_base_by_base():
    rng = np.random.default_rng(5)
    motifs = [random_motif(rng, width) for width in (5, 6, 6, 9)] + [sharp("GATTACA")]
    sequences = [
        "".join(rng.choice(list("ACGTN"), length, p=[0.3, 0.19, 0.19, 0.3, 0.02])) for length in (400, 57, 4, 3)
    ]
    sequences.append("CC" + "GATTACA" * 3)
    background = background_of(sequences)
    found = scan(sequences, motifs, background)
    expected = [[one_by_one(sequence, motif, background) for motif in motifs] for sequence in sequences]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
    assert found[4, 4] > 0
    assert not found[2:4].any()


def test_both_strands_count_alike():
    forward, backward = scan(["AAAAGATTACAAAA", "TTTTGTAATCTTTT"], [sharp("GATTACA")], EVEN)[:, 0]
    assert forward == backward > 0


@pytest.mark.parametrize("background", [EVEN, np.array([0.31, 0.19, 0.19, 0.31])])
def test_the_threshold_is_the_score_that_chance_reaches_so_rarely(background):
    table = random_motif(np.random.default_rng(1), 7).log_odds(background)
    limit = threshold(table, background, 1e-3)
    above = 0.0
    for word in itertools.product(range(4), repeat=7):
        if sum(table[i][letter] for i, letter in enumerate(word)) >= limit + 0.05:
            above += np.prod(background[list(word)])
    assert 0 < above <= 1e-3


def test_a_motif_too_short_for_the_threshold_still_hits_its_best_word():
    assert scan(["AAAGATAAA"], [sharp("GAT")], EVEN)[0, 0] > 0


def test_many_sequences_in_several_pieces_give_the_same(monkeypatch):
    rng = np.random.default_rng(2)
    sequences = ["".join(rng.choice(list("ACGT"), 80)) for _ in range(9)]
    motifs = [random_motif(rng, 4), random_motif(rng, 8)]
    whole = scan(sequences, motifs, EVEN)
    monkeypatch.setattr("genodesk.workflows.get_yeast.pwm.WINDOWS_AT_ONCE", 100)
    np.testing.assert_allclose(scan(sequences, motifs, EVEN), whole, rtol=1e-6)


def test_meme_and_jaspar_files_of_one_motif_agree(tmp_path):
    (tmp_path / "a.meme").write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF MA0265.1 ABF1\n"
        "letter-probability matrix: alength= 4 w= 2 nsites= 10 E= 0\n 0.5 0.5 0 0\n 0.1 0.2 0.3 0.4\nURL here\n"
        "MOTIF other\nletter-probability matrix: w= 1\n1 0 0 0\n"
    )
    (tmp_path / "a.jaspar").write_text(">MA0265.1\tABF1\nA [5 1]\nC [5 2]\nG [0 3]\nT [0 4]\n\n>other\n20\n0\n0\n0\n")
    meme, jaspar = read_motifs(tmp_path / "a.meme"), read_motifs(tmp_path / "a.jaspar")
    assert [motif.name for motif in meme] == [motif.name for motif in jaspar] == ["MA0265.1.ABF1", "other"]
    for one, other in zip(meme, jaspar, strict=True):
        np.testing.assert_allclose(one.counts, other.counts)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("hello\n", "no motifs"),
        (">a\nA [1 2]\nC [1]\nG [1 2]\nT [1 2]\n", "four rows of equal length"),
        ("MOTIF a\nletter-probability matrix: w= 1\n0.5 0.5 0\n", "no matrix"),
        (">a\n1\n0\n0\n0\n>a\n1\n0\n0\n0\n", "more than once"),
        ("ALPHABET= ACDEFGHIKLMNPQRSTVWY\nMOTIF a\n", "not over DNA"),
    ],
)
def test_a_motif_file_that_is_none_is_told(tmp_path, text, what):
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(UserError, match=what) as caught:
        read_motifs(tmp_path / "bad.txt")
    assert "bad.txt" in caught.value.where
    assert caught.value.hint
