"""Every base of a gene is read, in windows of the counts that the paper and the released program have."""

from itertools import pairwise

import pytest

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.windows import cut, prepared, windows


@pytest.mark.parametrize(
    ("length", "paper", "released"),
    [(1, 1, 1), (512, 1, 1), (513, 2, 2), (1014, 2, 2), (1015, 3, 2), (3000, 6, 6), (160_000, 319, 313)],
)
def test_window_counts(length, paper, released):
    assert len(cut(length, "paper")) == paper
    assert len(cut(length, "released")) == released


@pytest.mark.parametrize("layout", ["paper", "released"])
@pytest.mark.parametrize("length", [1, 10, 11, 502, 512, 513, 522, 1014, 1015, 1024, 1025, 3000])
def test_windows_cover_every_base_and_overlap_by_ten(length, layout):
    spans = cut(length, layout)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    for (start, end), (later, _) in pairwise(spans):
        assert later == end - 10
        assert end - start == (522 if layout == "released" and start else 512)


def test_lower_case_and_rna_are_read_as_dna_and_other_letters_are_masked():
    ready = prepared("acguTRyn")
    assert ready.sequence == "ACGTTNNN"
    assert ready.masked_share == 3 / 8


def test_windows_end_at_long_runs_of_n_and_begin_behind_them():
    ready = prepared("N" * 7 + "A" * 600 + "N" * 100 + "C" * 20 + "N" * 99 + "G" * 5 + "N" * 300)
    assert ready.pieces == ((7, 607), (707, 831))
    assert windows(ready, "paper") == [(7, 519), (509, 607), (707, 831)]
    assert ready.masked_share == pytest.approx((7 + 100 + 99 + 300) / len(ready.sequence))


@pytest.mark.parametrize(("sequence", "said"), [("", "The sequence is empty."), ("nnNN--", "holds no base")])
def test_a_sequence_without_bases_shows_its_sentence(sequence, said):
    with pytest.raises(UserError, match=said):
        prepared(sequence)
