"""BLEU and METEOR agree with the reference values; what they are worth is said elsewhere."""

import numpy as np
import pytest

from genodesk.workflows.genechat.text_metrics import TEXT_METRICS, means, score_each

REFERENCES = [
    "This gene encodes a DNA-binding protein that is required for double-strand break repair .",
    "The protein encoded by this gene is a member of the heat shock protein 70 family .",
    "Predicted to enable ATP binding activity . Located in mitochondrion .",
]
ANSWERS = [
    "This gene encodes a protein that is involved in DNA repair .",
    "The encoded protein is a member of the heat shock protein family .",
    "Predicted to enable zinc ion binding activity .",
]
VALUES = {
    "bleu_1": (0.634861, 0.735141, 0.515467),
    "bleu_2": (0.541412, 0.600241, 0.449936),
    "bleu_3": (0.420660, 0.524719, 0.359286),
    "bleu_4": (0.289263, 0.480043, 0.0),
    "meteor": (0.640097, 0.760854, 0.525701),
}


@pytest.mark.parametrize("name", VALUES)
def test_the_reference_values_come_out(name):
    assert score_each(ANSWERS, REFERENCES)[name] == pytest.approx(VALUES[name], abs=1e-6)


def test_rouge_is_that_of_its_package():
    scores = score_each(["the cat sat on the mat"], ["the cat was on a mat"])
    assert scores["rouge_1"][0] == pytest.approx(2 / 3)  # the, cat, on, mat: 4 of 6 words on either side
    assert scores["rouge_2"][0] == pytest.approx(0.2)  # "the cat": 1 of 5 pairs
    assert scores["rouge_l"][0] == pytest.approx(2 / 3)


def test_the_right_answer_scores_one_and_none_scores_zero():
    answer = "Subunit of the COPII vesicle coat ; binds Sec23p ."
    right, nothing = score_each([answer], [answer]), score_each([""], [answer])
    assert all(right[name][0] == pytest.approx(1, abs=1e-3) for name in TEXT_METRICS)
    assert all(nothing[name][0] == 0 for name in TEXT_METRICS)


def test_case_counts_and_white_space_does_not():
    assert score_each(["A  kinase\n."], ["A kinase ."])["exact"][0] == 1
    assert score_each(["a kinase ."], ["A kinase ."])["exact"][0] == 0


def test_a_mean_of_nothing_is_no_number():
    assert means({"exact": np.zeros(0)}) == {"exact": None}
    assert means({"exact": np.array([1.0, 0.0])}) == {"exact": 0.5}
