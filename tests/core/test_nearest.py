"""A mistyped name is answered with the nearest known ones."""

from genodesk.core.nearest import did_you_mean


def test_the_nearest_known_name_is_offered_and_several_where_asked():
    assert did_you_mean("trian", ["train", "test"], "-") == "Did you mean train?"
    assert did_you_mean("Gad9", ["Gad1", "Gad2", "Sox2"], "-", most=3) == "Did you mean Gad2 or Gad1?"


def test_without_a_near_name_the_other_words_are_said():
    assert did_you_mean("x", ["train"], "Choose one.") == "Choose one."
    assert did_you_mean("detatch", ["detach"], "", cutoff=0.99) == ""
