"""The palettes' proof: every two colours of a set differ for normal vision and for the three dichromacies."""

import json
from itertools import combinations
from math import cbrt, dist

import pytest

from genodesk.core.palette import MISSING, OKABE_ITO, THIRTY, class_colours, colours
from genodesk.core.resources import resource

# Machado, Oliveira & Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
# Oklab (Ottosson 2020), where a just noticeable difference is about 0.02.
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def apply(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def seen(colour, vision):
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    simulated = [min(max(c, 0.0), 1.0) for c in apply(VISION[vision], linear)]
    return apply(TO_OKLAB, [cbrt(c) for c in apply(TO_CONES, simulated)])


def nearest(palette, vision):
    return min(dist(seen(a, vision), seen(b, vision)) for a, b in combinations(palette, 2))


@pytest.mark.parametrize("vision", VISION)
def test_any_two_of_the_eight_colours_differ_for_every_vision(vision):
    assert nearest(OKABE_ITO, vision) > 0.07


@pytest.mark.parametrize(("vision", "least"), [("normal", 0.08), ("protan", 0.05), ("deutan", 0.05), ("tritan", 0.07)])
def test_any_two_of_the_thirty_colours_differ_for_every_vision(vision, least):
    assert nearest(THIRTY, vision) > least


@pytest.mark.parametrize("palette", [OKABE_ITO, THIRTY])
def test_no_class_looks_like_a_missing_one_or_like_paper(palette):
    for vision in VISION:
        for blank in (MISSING, "#FFFFFF"):
            assert min(dist(seen(colour, vision), seen(blank, vision)) for colour in palette) > 0.05


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_four_bases_differ_for_every_vision(theme):
    shades = json.loads(resource("themes/tokens.json").read_text(encoding="utf-8"))["colours"][theme]
    for vision in VISION:
        assert nearest([shades[f"base{letter}"] for letter in "ACGT"], vision) > 0.1


def test_the_simulation_finds_colours_that_a_dichromat_confuses():
    assert nearest(("#CC79A7", "#999999"), "deutan") < 0.02
    assert nearest(("#CC79A7", "#999999"), "normal") > 0.1


def test_eight_classes_get_okabe_ito_and_thirty_get_thirty_colours():
    assert colours(8) == OKABE_ITO
    assert len(set(colours(9))) == 9
    assert len(set(colours(30))) == 30


def test_of_forty_classes_the_thirty_most_frequent_are_coloured():
    counts = list(range(40))
    given = class_colours(counts)
    assert given[:10] == (MISSING,) * 10
    assert given[10:] == THIRTY
