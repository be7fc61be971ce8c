"""Print: every kind in every format, the same bytes every time, nothing clipped, and calm words for bad input."""

import csv
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from genodesk.core.errors import UserError
from genodesk.core.figure import Axis, ColourScale, Figure, Panel
from genodesk.core.figure_text import clean, length_in_words, nice_length, plain_number
from genodesk.core.palette import THIRTY
from genodesk.core.run import InputFile, RunFolder
from genodesk.engine.figures import (
    Drawing,
    bar_figure,
    confusion_figure,
    heatmap_figure,
    hexbin_figure,
    histogram_figure,
    line_figure,
    save_drawing,
    scatter_figure,
    spatial_figure,
    volcano_figure,
)
from genodesk.engine.methods import methods_sentence
from genodesk.engine.printing.lettering import width_mm, wrap
from genodesk.engine.printing.page import compose
from genodesk.engine.render import picture, printing, render

LONG = "Share of inhibitory neurons that express somatostatin among all the cells of cortical layer five"
LAYERS = ColourScale(kind="category", label="Layer", categories=("Layer 1", "Layer 2-3", "Layer 4"))
GENE = ColourScale(kind="continuous", label="Lamp5", unit="counts")


def examples() -> dict[str, Drawing]:
    r = np.random.default_rng(3)
    x, y = r.normal(size=(2, 300))
    y[::50] = np.nan
    codes = r.integers(-1, 3, 300)
    cells = np.c_[r.uniform(0, 900, 300), r.uniform(0, 400, 300)]
    words = tuple(f"{LONG} {i}" for i in range(12))
    steps = np.arange(40.0)
    matrix = np.where(r.random((12, 30)) < 0.05, np.nan, r.normal(size=(12, 30)))
    genes = tuple(f"GENE{i}" for i in range(30))
    many = ColourScale(kind="category", label="Type", categories=tuple(f"{LONG} {i}" for i in range(40)))
    return {
        "line": line_figure(
            "line",
            LONG * 3,
            Axis(label=LONG, unit="steps"),
            Axis(label=LONG, log=True),
            {"train": (steps, np.exp(-steps / 9), np.exp(-steps / 8), np.exp(-steps / 10)), LONG: (steps, steps)},
            references={"chance": 0.5, "ridge": (steps, 0.3 + 0 * steps)},
        ),
        "scatter": scatter_figure(
            "scatter",
            "Predicted against measured",
            Axis(label="Measured", unit="log CPM"),
            Axis(label="Predicted", unit="log CPM"),
            {"train": (x, y), "test": (y, x)},
            references={"identity": ([-3, 3], [-3, 3])},
            equal_aspect=True,
        ),
        "embedding": scatter_figure(
            "embedding", "", Axis(label="UMAP 1"), Axis(label="UMAP 2"), {"c": (x, y)}, values={"c": x}, colour=GENE
        ),
        "hexbin": hexbin_figure("hexbin", "Many", Axis(label="x"), Axis(label="y"), (x, y)),
        "bar": bar_figure(
            "bar",
            "Score",
            Axis(label="", ticks=("ours", "kNN", "chance")),
            Axis(label="Spearman"),
            {"ours": [0.6, np.nan, np.nan]},
            errors={"ours": [0.1, np.nan, np.nan]},
            baselines={"baselines": [np.nan, 0.4, -0.2]},
        ),
        "lying_bar": bar_figure(
            "lying_bar", LONG, Axis(label=LONG, ticks=words), Axis(label="Cells"), {"cells": np.arange(12.0)}
        ),
        "heatmap": heatmap_figure(
            "heatmap", "Attention", Axis(label="Gene", ticks=genes), Axis(label="", ticks=words), matrix, colour=GENE
        ),
        "confusion": confusion_figure("confusion", "Types", words, r.integers(0, 90, (12, 12))),
        "histogram": histogram_figure(
            "histogram",
            "Distances",
            Axis(label="Distance", unit="µm"),
            {"measured": np.abs(x), "sampled": np.abs(y)},
            references={"uniform": r.uniform(0, 3, 300)},
        ),
        "volcano": volcano_figure(
            "volcano", "Deletion", 3 * x, 10 ** -np.abs(4 * x), genes=[f"G{i}" for i in range(300)]
        ),
        "spatial": spatial_figure(
            "spatial",
            "Slice 4 切片",
            {"Measured": cells, "Placed by the model": cells[::-1]},
            values=codes,
            colour=LAYERS,
        ),
        "spatial_gene": spatial_figure("spatial_gene", "", {LONG: cells}, values=y, colour=GENE, unit="mm"),
        "spatial_40_classes": spatial_figure(
            "spatial_40_classes", LONG, {"a": cells}, values=np.arange(300) % 40, colour=many
        ),
        "spatial_8_slices": spatial_figure("slices", "", {f"{LONG} {i}": cells * i for i in range(1, 9)}, linked=False),
    }


@pytest.fixture(scope="module")
def drawn():
    return examples()


@pytest.fixture(scope="module")
def saved(drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("测试 data")
    return {name: save_drawing(drawing, folder) for name, drawing in drawn.items()}


@pytest.mark.parametrize("name", examples())
@pytest.mark.parametrize("width", [89.0, 183.0])
def test_no_text_of_any_kind_leaves_the_page(drawn, name, width):
    with printing():
        page = compose(drawn[name], width=width)
        page.draw_without_rendering()
        renderer = page.canvas.get_renderer()
        for text in page.findobj(Text):
            # Tick labels outside the view are kept by matplotlib but never drawn.
            if text.get_visible() and text.get_text().strip() and drawn_in_view(text, page):
                box = text.get_window_extent(renderer)
                assert box.x0 >= -1, text
                assert box.y0 >= -1, text
                assert box.x1 <= page.bbox.x1 + 1, text
                assert box.y1 <= page.bbox.y1 + 1, text
        assert page.get_size_inches()[0] * 25.4 == pytest.approx(width)


def drawn_in_view(text, page):
    for axes in page.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = [*axis.majorTicks, *axis.minorTicks]
            if any(text in (tick.label1, tick.label2) for tick in ticks):
                low, high = sorted(axis.get_view_interval())
                return any(text is tick.label1 and low <= tick.get_loc() <= high for tick in axis._update_ticks())
    return True


@pytest.mark.parametrize("name", examples())
def test_drawing_twice_gives_the_same_bytes(saved, name, tmp_path):
    for suffix in (".svg", ".csv"):
        first = render(saved[name], tmp_path / f"a{suffix}", dpi=80).read_bytes()
        assert render(saved[name], tmp_path / f"b{suffix}", dpi=80).read_bytes() == first


def test_another_process_with_other_settings_gives_the_same_bytes(saved, tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: red\nsvg.fonttype: none\n")
    names = ("line", "volcano", "spatial")
    code = (
        "import sys, pathlib; from genodesk.engine.render import render\n"
        "for path in sys.argv[2:]:\n"
        "    for end in ('png', 'svg', 'pdf'):\n"
        "        render(pathlib.Path(path), pathlib.Path(sys.argv[1]) / f'{pathlib.Path(path).stem}.{end}')\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "MATPLOTLIBRC": str(tmp_path)}
    command = [sys.executable, "-c", code, str(tmp_path), *(str(saved[name]) for name in names)]
    subprocess.run(command, check=True, env=environment)
    for name in names:
        for end in ("png", "svg", "pdf"):
            ours = render(saved[name], tmp_path / f"ours.{end}").read_bytes()
            assert (tmp_path / f"{name}.{end}").read_bytes() == ours, f"{name}.{end}"


def test_files_hold_no_date_and_no_version(saved, tmp_path):
    for suffix in (".png", ".svg", ".pdf"):
        content = render(saved["line"], tmp_path / f"a{suffix}").read_bytes()
        for word in (
            b"CreationDate",
            b"dc:date",
            b"Software",
            b"Creator",
            b"Producer",
            matplotlib.__version__.encode(),
        ):
            assert word not in content


def test_pictures_leave_the_settings_of_matplotlib_as_they_were(saved, tmp_path):
    with matplotlib.rc_context({"font.size": 23.0}):
        render(saved["bar"], tmp_path / "a.png")
        assert matplotlib.rcParams["font.size"] == 23.0


def test_widths_and_resolution_are_those_of_the_journal(saved, tmp_path):
    for width, dpi, pixels in (("single", 300, 1051), ("double", 300, 2161), (120.0, 100, 472)):
        with Image.open(render(saved["line"], tmp_path / "a.png", width=width, dpi=dpi)) as image:
            assert abs(image.width - pixels) <= 1
    with Image.open(render(saved["spatial"], tmp_path / "a.png", dpi=100)) as image:
        assert abs(image.width - 720) <= 1  # two panels take two columns


def test_a_hundred_thousand_cells_are_an_image_inside_a_small_svg(tmp_path):
    n = 100_000
    r = np.random.default_rng(0)
    drawing = spatial_figure("s", "", {"a": r.uniform(size=(n, 2))}, values=r.integers(0, 3, n), colour=LAYERS)
    svg = picture(drawing, ".svg")
    assert svg.count(b"<image") == 1
    assert len(svg) < 4_000_000


def test_few_cells_stay_vectors(drawn):
    assert picture(drawn["spatial"], ".svg").count(b"<image") == 0


def colours_of(drawing):
    with printing():
        page = compose(drawing, width=89.0)
        (points,) = page.axes[0].collections
        return {matplotlib.colors.to_hex(c).upper() for c in points.get_facecolors()}


def test_missing_classes_are_light_grey_and_the_thirty_most_frequent_of_forty_are_coloured(drawn):
    assert "#D4D8DD" in colours_of(drawn["spatial_gene"])
    assert colours_of(drawn["spatial_40_classes"]) == {*THIRTY, "#D4D8DD"}


def test_points_without_a_place_are_left_out(drawn):
    with printing():
        page = compose(drawn["embedding"], width=89.0)
    assert len(page.axes[0].collections[0].get_offsets()) == 294


def test_linked_panels_share_their_view_and_show_equal_lengths():
    one = np.array([[0.0, 0.0], [100.0, 50.0]])
    for linked, equal in ((True, True), (False, False)):
        drawing = spatial_figure("s", "", {"a": one, "b": one * 3}, linked=linked)
        with printing():
            page = compose(drawing, width=183.0)
        assert (page.axes[0].get_xlim() == page.axes[1].get_xlim()) is equal


def test_the_scale_bar_is_as_long_as_it_says(drawn):
    with printing():
        axes = compose(drawn["spatial"], width=183.0).axes[0]
    (bar,) = axes.lines
    (words,) = [text.get_text() for text in axes.texts]
    assert words == "200 µm"
    assert bar.get_xdata()[1] - bar.get_xdata()[0] == pytest.approx(200.0)


@pytest.mark.parametrize(("span", "length"), [(900, 200), (1700, 500), (3.4, 1), (1e-3, 2e-4), (100, 20)])
def test_scale_bars_have_round_lengths(span, length):
    assert nice_length(span) == pytest.approx(length)


def test_baselines_are_grey_beside_ours(drawn):
    with printing():
        page = compose(drawn["bar"], width=89.0)
    colours = [matplotlib.colors.to_hex(bar.get_facecolor()) for bar in page.axes[0].patches]
    assert colours == ["#0072b2", "#8a929c", "#8a929c"]
    assert [round(bar.get_x() + bar.get_width() / 2, 6) for bar in page.axes[0].patches] == [0, 1, 2]


def test_many_long_words_lay_the_bars_down(drawn):
    with printing():
        page = compose(drawn["lying_bar"], width=89.0)
    assert page.axes[0].get_xlabel() == "Cells"
    assert len({round(bar.get_height(), 6) for bar in page.axes[0].patches}) == 1


def test_rows_of_a_confusion_sum_to_one_and_an_absent_class_claims_nothing():
    drawing = confusion_figure("c", "", ["a", "b", "c"], [[3, 1, 0], [0, 0, 0], [1, 1, 2]])
    with printing():
        axes = compose(drawing, width=89.0).axes[0]
    assert [text.get_text() for text in axes.texts] == ["0.75", "0.25", "0.00", "0.25", "0.25", "0.50"]


def read_csv(path):
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_csv_holds_the_plotted_numbers_with_their_words(saved, drawn, tmp_path):
    header, *rows = read_csv(render(saved["spatial"], tmp_path / "a.csv"))
    assert header == ["panel", "series", "x [µm]", "y [µm]", "Layer"]
    assert len(rows) == 600
    series = drawn["spatial"].figure.panels[0].series[0]
    assert float(rows[7][2]) == drawn["spatial"].arrays[series.data["x"]][7]
    assert {row[4] for row in rows} == {"", "Layer 1", "Layer 2-3", "Layer 4"}


def test_csv_of_a_matrix_keeps_its_shape(saved, tmp_path):
    rows = read_csv(render(saved["confusion"], tmp_path / "a.csv"))
    assert len(rows) == 13
    assert {len(row) for row in rows} == {13}


def test_csv_guards_words_that_a_spreadsheet_would_run(tmp_path):
    drawing = bar_figure(
        "b", "", Axis(label="=1+1", ticks=("=cmd()", "fine")), Axis(label="y"), {"@SUM(A1)": [-1.5, np.nan]}
    )
    rows = read_csv(render(save_drawing(drawing, tmp_path), tmp_path / "a.csv"))
    assert rows == [
        ["panel", "series", "'=1+1", "y"],
        ["", "'@SUM(A1)", "'=cmd()", "-1.5"],
        ["", "'@SUM(A1)", "fine", ""],
    ]


@pytest.mark.parametrize(
    "numbers", [[], [np.nan], [np.inf, -np.inf], [0.0], [-1.0, -1.0], [1e308, -1e308], [1e-300, 3]]
)
@pytest.mark.parametrize("log", [False, True])
def test_numbers_that_cannot_fill_a_plot_still_give_one(numbers, log):
    x, y = Axis(label="x", log=log), Axis(label="y", log=log)
    pair = (numbers, numbers)
    cells = np.array([numbers, numbers]).T
    for drawing in (
        line_figure("a", "", x, y, {"a": pair}),
        scatter_figure("a", "", x, y, {"a": pair}, values={"a": numbers}, colour=GENE, equal_aspect=True),
        hexbin_figure("a", "", x, y, pair),
        histogram_figure("a", "", x, {"a": numbers}),
        spatial_figure("a", "", {"a": cells}, values=numbers, colour=GENE),
        heatmap_figure("a", "", x, y, [numbers], colour=GENE),
        volcano_figure("a", "", numbers, np.clip(numbers, 0, 1)),
    ):
        assert picture(drawing, ".png", dpi=50).startswith(b"\x89PNG"), drawing.figure.kind


def test_words_with_dollars_control_characters_or_lone_surrogates_are_drawn_as_they_are():
    one, two, three, four = "$\\frac{ =1 <&> -->", "a\0b\n\ud800", "x" * 3000, "基因" * 300
    series = {one: ([1], [2]), two: ([1], [2]), three: ([1], [2])}
    drawing = scatter_figure("a", four, Axis(label=one, unit=two), Axis(label=three, unit=four), series)
    for suffix in (".png", ".svg", ".pdf"):
        assert len(picture(drawing, suffix, dpi=50)) > 1000


@pytest.mark.parametrize(
    ("out", "options", "said"),
    [
        ("a.tiff", {}, r"\.tiff"),
        ("a", {}, "without a suffix"),
        ("no/such/folder/a.png", {}, "cannot be written"),
        ("a.png", {"dpi": 100_000}, "100000 dots"),
        ("a.png", {"width": 1e6}, "no width"),
        ("a.png", {"width": float("nan")}, "no width"),
        ("a.png", {"width": "triple"}, "no width"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(saved, tmp_path, out, options, said):
    with pytest.raises(UserError, match=said) as caught:
        render(saved["bar"], tmp_path / out, **options)
    assert caught.value.hint
    assert not list(tmp_path.glob("*.png"))


def test_a_figure_without_panels_or_with_hundreds_is_refused(tmp_path):
    panel = Panel(title="", x=Axis(label=""), y=Axis(label=""), series=())
    for n in (0, 500):
        drawing = Drawing(Figure(name="a", kind="line", title="", panels=(panel,) * n), {})
        with pytest.raises(UserError, match=f"{n} panels"):
            render(save_drawing(drawing, tmp_path), tmp_path / "a.png")


def test_text_is_broken_and_shortened_to_its_room():
    broken = wrap(LONG * 2, 8, 60, 2).split("\n")
    assert len(broken) == 2
    assert all(width_mm(line, 8) <= 60 for line in broken)
    assert broken[1].endswith("…")
    assert clean("a\n\tb\0 ") == "a b"


@pytest.mark.parametrize(("value", "text"), [(0.01, "0.01"), (1000, "1,000"), (1e6, "10⁶"), (2e-5, "2×10⁻⁵")])
def test_numbers_of_logarithmic_axes_are_written_plainly(value, text):
    assert plain_number(value) == text


def test_lengths_change_to_the_larger_unit():
    assert [length_in_words(2000, "µm"), length_in_words(0.5, "mm"), length_in_words(5, "")] == [
        "2 mm",
        "0.5 mm",
        "5 units",
    ]


def test_the_methods_sentence_names_software_workflow_changed_settings_and_data(tmp_path):
    from toy_workflow import TrainSettings

    folder = RunFolder.create(
        tmp_path / "run",
        run_id="01JD0000000000000000000000",
        workflow="toy",
        action="train",
        settings=TrainSettings(steps=1200, step_seconds=0.5, data=Path("/data/老鼠.txt")),
        exact=True,
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )
    folder.record_inputs((InputFile(setting="data", path="/data/老鼠.txt", size=3, sha256="0123456789abcdef" * 4),))
    assert methods_sentence(folder.path) == (
        "Results were computed with Genodesk 0.1.0 (Toy, train, random seed 0) with default settings except "
        "steps = 1,200, pause = 0.5 s. Input data: 老鼠.txt (SHA-256 0123456789ab)."
    )


def test_the_methods_sentence_of_a_workflow_not_installed_here_points_to_the_run(tmp_path):
    from toy_workflow import TrainSettings

    folder = RunFolder.create(
        tmp_path / "run",
        run_id="01JD0000000000000000000000",
        workflow="elsewhere",
        action="train",
        settings=TrainSettings(),
        exact=True,
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )
    assert "(elsewhere, train, random seed 0) with the settings stored beside the run." in methods_sentence(folder.path)
