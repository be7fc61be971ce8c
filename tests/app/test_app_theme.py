"""The look: colours that can be read, marks that can be seen, icons that follow the theme."""

import re

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from genodesk.app.icons import icon
from genodesk.app.theme import theme, tokens
from genodesk.app.widgets import label
from genodesk.core.resources import resource

SURFACES = ("bg", "panel", "rail", "soft", "hover")
TEXTS = ("text", "mute", "accent", "good", "warn", "bad")
ICONS = sorted(path.stem for path in resource("icons").glob("*.svg"))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [channel / 255 for channel in QColor(colour).getRgb()[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(name: str, one: str, other: str) -> float:
    """Contrast of two colours of a theme, from 1 to 21."""
    colours = tokens()["colours"][name]
    dark, light = sorted((luminance(colours[one]), luminance(colours[other])))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def dressed(qapp: QApplication):
    theme().apply(qapp, "light")
    yield theme()
    theme().set_choice("light")


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_text_can_be_read_on_every_surface(name):
    pairs = [(text, surface) for text in TEXTS for surface in SURFACES]
    pairs += [(f"base{letter}", surface) for letter in "ACGT" for surface in ("panel", "soft")]
    pairs += [("accentText", "accent"), ("mute", "track"), ("text", "track")]
    poor = {pair: round(contrast(name, *pair), 2) for pair in pairs if contrast(name, *pair) < 4.5}
    assert not poor


@pytest.mark.parametrize("name", ["light", "dark"])
def test_edges_of_controls_and_the_mark_of_the_keyboard_can_be_seen(name):
    pairs = [(mark, surface) for mark in ("edge", "accent", "text", "bad") for surface in SURFACES]
    poor = {pair: round(contrast(name, *pair), 2) for pair in pairs if contrast(name, *pair) < 3}
    assert not poor


def test_both_themes_have_the_same_colours():
    light, dark = tokens()["colours"].values()
    assert set(light) == set(dark)


def test_the_choice_system_follows_the_system(dressed, qapp, monkeypatch):
    for scheme, name in ((Qt.ColorScheme.Dark, "dark"), (Qt.ColorScheme.Light, "light")):
        monkeypatch.setattr(type(qapp.styleHints()), "colorScheme", lambda _, scheme=scheme: scheme)
        dressed.set_choice("system")
        assert dressed.name == name


def test_a_choice_that_is_none_counts_as_system(dressed):
    dressed.set_choice("pink")
    assert dressed.choice == "system"


def test_the_palette_of_the_program_changes_with_the_theme(dressed, qapp):
    dressed.set_choice("dark")
    assert qapp.palette().window().color().name().upper() == tokens()["colours"]["dark"]["bg"]


def test_the_style_sheet_has_no_gap_and_every_picture_it_names(dressed, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    dressed.dress(window)
    for name in ("light", "dark"):
        dressed.set_choice(name)
        sheet = window.styleSheet()
        assert "$" not in sheet.split("*/", 1)[1]
        for path in re.findall(r"url\((.+?)\)", sheet):
            assert resource(path).is_file(), path


def test_whatever_lies_in_a_window_changes_with_the_theme(dressed, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    dressed.dress(window)
    inside = label("Cells", mute=True)
    inside.setParent(window)
    for name in ("dark", "light"):
        dressed.set_choice(name)
        inside.ensurePolished()
        wanted = tokens()["colours"][name]["mute"]
        assert inside.palette().color(QPalette.ColorRole.WindowText).name().upper() == wanted


def test_an_icon_that_was_made_before_follows_the_theme(dressed):
    made = icon("play", "accent")
    for name in ("light", "dark"):
        dressed.set_choice(name)
        wanted = QColor(tokens()["colours"][name]["accent"]).rgb()
        picture = made.pixmap(QSize(48, 48)).toImage()
        found = {picture.pixel(x, y) for x in range(48) for y in range(48)}
        assert wanted in found


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_takes_the_colour_it_is_given(name, dressed):
    source = resource(f"icons/{name}.svg").read_text()
    assert "currentColor" in source
    assert 'viewBox="0 0 24 24"' in source
    picture = icon(name, "bad").pixmap(QSize(24, 24)).toImage()
    painted = [picture.pixelColor(x, y) for x in range(24) for y in range(24) if picture.pixelColor(x, y).alpha() > 200]
    assert painted
    wanted = theme().colour("bad")
    assert all(abs(one.hue() - wanted.hue()) < 10 for one in painted)
