"""Names beside bars: short enough for the room, and never two alike."""

import re

import pytest

from genodesk.core.figure import Axis
from genodesk.engine.figures_names import told_apart
from genodesk.engine.printing.axes import LONGEST_TICK_MM, tick_words
from genodesk.engine.printing.lettering import SIZE, width_mm

CONDITIONS = (
    "nothing recorded",
    "ypd borrelidin 5uM 9h 30C OD0.7",
    "ypd borrelidin 10uM 9h 30C OD0.7",
    "ypd preculture 5h 30C OD0.3 no-drug culture 30C",
    "ypd preculture 10h 30C OD0.9 no-drug culture 30C",
    "ypd preculture 10h 30C OD0.9 no-drug culture 37C",
)
LETTERS = tuple(f"{'A' * 20}{number:03}{'B' * 20}" for number in range(40))


def pattern(short):
    return re.compile(".*".join(map(re.escape, short.split("…"))), re.DOTALL)


@pytest.mark.parametrize("names", [CONDITIONS, LETTERS])
def test_a_short_name_can_be_meant_for_one_name_only(names):
    short = told_apart(names, lambda text: len(text) <= 24)
    assert len(set(short)) == len(names)
    for name, shown in zip(names, short, strict=True):
        assert len(shown) <= 24
        assert [other for other in names if pattern(shown).fullmatch(other)] == [name]


def test_names_that_fit_stay_and_what_differs_is_kept():
    short = told_apart(CONDITIONS, lambda text: len(text) <= 24)
    assert short[0] == CONDITIONS[0]
    assert "5uM" in short[1]
    assert "10uM" in short[2]
    assert "5h" in short[3]
    assert "30C" in short[4].split("…")[-1]
    assert "37C" in short[5].split("…")[-1]


def test_names_that_no_room_is_enough_for_are_numbered():
    names = ["a" * 30, "a" * 31, "a" * 32, "a" * 32]
    short = told_apart(names, lambda text: len(text) <= 8)
    assert len(set(short)) == 3
    assert short[2] == short[3]
    assert max(map(len, short)) <= 8


def test_of_very_many_names_none_come_out_equal():
    names = [f"region {'x' * 30} {number} {'y' * 30}" for number in range(1000)]
    assert len(set(told_apart(names, lambda text: len(text) <= 20))) == 1000


def test_print_tells_words_apart_that_differ_in_their_middle():
    words = CONDITIONS[1:5]
    short = tick_words(Axis(label="", ticks=words).ticks)
    assert len(set(short)) == len(words)
    assert max(width_mm(word, SIZE) for word in short) <= LONGEST_TICK_MM
    assert tick_words(("one", "two")) == ["one", "two"]
