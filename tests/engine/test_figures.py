"""Drawings: what goes in comes out, history is thinned, and files that lie are refused by name."""

import json

import numpy as np
import pytest

from genodesk.core.errors import UserError
from genodesk.core.figure import Axis, ColourScale
from genodesk.core.figure_look import whisker
from genodesk.engine import figures

STEP, LOSS = Axis(label="Step"), Axis(label="Loss")


def curve(n=5, scale=1.0):
    return figures.line_figure("loss", "Loss", STEP, LOSS, {"train": (np.arange(n), scale * np.arange(n) / 7)})


@pytest.fixture
def saved(tmp_path):
    return figures.save_drawing(curve(), tmp_path / "figures")


def array_of(path, role):
    (name,) = [n for n in json.loads(path.read_text())["panels"][0]["series"][0]["data"].values() if f".{role}-" in n]
    return path.parent / name


def test_a_saved_drawing_comes_back_with_equal_words_and_bit_equal_numbers(tmp_path):
    drawing = figures.spatial_figure(
        "tissue",
        "组织 / tissue",
        {"Measured": np.random.default_rng(0).normal(size=(50, 2)), "Placed": np.zeros((50, 2), np.float32)},
        values=np.arange(50) % 3,
        colour=ColourScale(kind="category", label="Layer", categories=("a", "b", "c")),
        unit="µm",
    )
    back = figures.load_drawing(figures.save_drawing(drawing, tmp_path / "图 figures"))
    assert back.figure == drawing.figure
    assert back.arrays.keys() == drawing.arrays.keys()
    for name, array in drawing.arrays.items():
        assert back.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(back.arrays[name], array)


def test_equal_arrays_are_stored_once():
    drawing = figures.spatial_figure(
        "tissue",
        "",
        {"a": np.eye(2), "b": np.eye(2) * 2},
        values=np.array([0.5, 1.5]),
        colour=ColourScale(kind="continuous", label="Lamp5"),
    )
    assert len(drawing.figure.array_files()) == 6
    # Two positions a panel (x, y) and one array of values for both.
    assert len(drawing.arrays) == 5


def test_whiskers_reach_from_low_to_high_or_as_far_both_ways():
    drawing = figures.bar_figure(
        "scores", "", Axis(label="", ticks=("a", "b")), LOSS, {"ours": [0.9, 0.4], "theirs": [0.5, 0.2]},
        errors={"theirs": [0.1, np.nan]}, intervals={"ours": ([0.7, np.nan], [0.95, np.nan])},
    )  # fmt: skip
    ours, theirs = drawing.figure.panels[0].series

    def ends(series, point):
        return whisker(series, 0.5, lambda role: float(drawing.arrays[series.data[role]][point]))

    assert ends(ours, 0) == (0.7, 0.95)
    assert ends(theirs, 0) == (0.4, 0.6)
    assert ends(ours, 1) == ends(theirs, 1) == (0.5, 0.5)


def test_drawing_again_replaces_the_numbers_and_leaves_no_old_array(tmp_path):
    figures.save_drawing(curve(5), tmp_path)
    path = figures.save_drawing(curve(9), tmp_path)
    assert [a.size for a in figures.load_drawing(path).arrays.values()] == [9, 9]
    assert len(list(tmp_path.glob("*.npy"))) == 2


def test_each_step_is_kept_and_shares_what_did_not_change(tmp_path):
    for step in (100, 200):
        path = figures.save_drawing(curve(5, scale=step), tmp_path, step)
    assert figures.load_drawing(path).figure.step == 200
    first = figures.load_drawing(tmp_path / "loss" / "00000100.json")
    assert first.figure.step == 100
    assert max(a.max() for a in first.arrays.values()) == pytest.approx(100 * 4 / 7)
    assert len(list((tmp_path / "loss").glob("*.npy"))) == 3  # x once, y twice


def test_of_sixty_steps_fifty_are_kept_the_first_and_the_last_among_them(tmp_path):
    for step in range(1, 61):
        figures.save_drawing(curve(3, scale=step), tmp_path, step)
    kept = sorted(int(path.stem) for path in (tmp_path / "loss").glob("*.json"))
    assert len(kept) == 50
    assert (kept[0], kept[-1]) == (1, 60)
    assert len(list((tmp_path / "loss").glob("*.npy"))) == 51
    assert figures.load_drawing(tmp_path / "loss" / f"{kept[25]:08d}.json").figure.step == kept[25]


def test_volcano_classes_and_names_follow_the_thresholds():
    drawing = figures.volcano_figure(
        "v", "", [-2.0, 0.5, 3.0, 2.0, np.nan], [1e-4, 1e-9, 0.0, 0.2, 1e-3], genes=list("abcde"), named=1
    )
    genes = drawing.figure.panels[0].series[0]
    assert drawing.arrays[genes.data["value"]].tolist() == [0, -1, 1, -1, -1]
    assert genes.marks == {2: "c"}
    # A p of zero is shown at the smallest one above it.
    assert drawing.arrays[genes.data["y"]][2] == pytest.approx(9.0)


def test_a_level_is_drawn_across_all_x():
    drawing = figures.line_figure(
        "l", "", STEP, LOSS, {"a": ([3, 9], [1, 2]), "b": ([5, 40], [1, 2])}, references={"chance": 0.25}
    )
    chance = drawing.figure.panels[0].series[-1]
    assert chance.reference
    assert drawing.arrays[chance.data["x"]].tolist() == [3, 40]
    assert drawing.arrays[chance.data["y"]].tolist() == [0.25, 0.25]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: figures.line_figure("l", "", STEP, LOSS, {"a": ([1, 2, 3], [1, 2])}), "3 points but 2"),
        (lambda: figures.line_figure("../l", "", STEP, LOSS, {"a": ([1], [2])}), "pattern"),
        (lambda: figures.line_figure("l", "", STEP, LOSS, {"a": ([1], ["x"])}), "not numbers"),
        (lambda: figures.spatial_figure("s", "", {"p": np.zeros((4, 3))}), r"\[cells, 2\]"),
        (lambda: figures.confusion_figure("c", "", ["a", "b"], np.zeros((2, 3))), "2 names for 3"),
        (
            lambda: figures.spatial_figure(
                "s",
                "",
                {"p": np.zeros((2, 2))},
                values=[0, 5],
                colour=ColourScale(kind="category", label="", categories=("a", "b")),
            ),
            "class number is 5",
        ),
    ],
)
def test_a_workflow_that_hands_over_wrong_shapes_is_stopped(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def declared(shape, descr="<f8", body=b"\0" * 40):
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + body


DAMAGE = {
    "missing": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "text": lambda path: path.write_text("1, 2, 3"),
    "objects": lambda path: np.save(path, np.array([{}, 1, 2, 3, 4], dtype=object), allow_pickle=True),
    "words": lambda path: np.save(path, np.array(list("abcde"))),
    "complex numbers": lambda path: np.save(path, np.ones(5, complex)),
    "two dimensions": lambda path: np.save(path, np.ones((5, 1))),
    "another length": lambda path: np.save(path, np.ones(4)),
    "declares terabytes": lambda path: path.write_bytes(declared("(1000000000000,)")),
    "declares overflow": lambda path: path.write_bytes(declared("(9223372036854775807, 9223372036854775807)")),
    "declares less than nothing": lambda path: path.write_bytes(declared("(-5,)")),
    "declares more than it holds": lambda path: path.write_bytes(declared("(6,)")),
    "unknown kind": lambda path: path.write_bytes(declared("(5,)", descr="<q99")),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_array_that_is_no_honest_row_of_numbers_is_refused_by_name(saved, damage):
    victim = array_of(saved, "y")
    DAMAGE[damage](victim)
    with pytest.raises(UserError) as caught:
        figures.load_drawing(saved)
    assert caught.value.where == str(victim)
    assert caught.value.hint


def test_a_figure_of_too_many_numbers_is_refused_before_they_are_read(saved, monkeypatch):
    monkeypatch.setattr("genodesk.core.figure_files.MAXIMUM_ELEMENTS", 9)
    with pytest.raises(UserError, match="more than 9 numbers"):
        figures.load_drawing(saved)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["panels"][0]["series"][0]["data"].pop("y"), "has no y"),
        (lambda d: d["panels"][0]["series"][0]["data"].update(low="a.npy"), "array of the figure is missing"),
        (lambda d: d["panels"][0]["series"][0]["data"].update(x="../../secret.npy"), "outside its folder"),
        (lambda d: d.update(kind="heatmap"), "has no matrix"),
        (lambda d: d.update(name="../../loss"), "not a Genodesk figure"),
        (lambda d: d.update(format=99), "newer Genodesk"),
    ],
)
def test_a_figure_file_that_asks_for_the_impossible_is_refused(saved, change, said):
    document = json.loads(saved.read_text())
    change(document)
    saved.write_text(json.dumps(document))
    with pytest.raises(UserError, match=said):
        figures.load_drawing(saved)
