"""A tiny training is judged: gap and baselines stand beside every score, and the sentences claim no more than they may.

The model of these tests has learned nothing; that a trained one reads its genes is shown where it is trained.
"""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_runs import Told, open_run, settings_from

from genodesk.core.errors import Stopped, UserError
from genodesk.core.events import FigureMade
from genodesk.core.scores import scores_of
from genodesk.engine.figures import load_drawing
from genodesk.workflows.genechat import METHODS, METRICS, model
from genodesk.workflows.genechat.check_genes import check_evaluate
from genodesk.workflows.genechat.controls import Gap
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.evaluate import evaluate
from genodesk.workflows.genechat.judged_words import in_words
from genodesk.workflows.genechat.pairs import Pair, load_pairs, save_pairs
from genodesk.workflows.genechat.settings import TrainSettings
from genodesk.workflows.genechat.settings_actions import EvaluateSettings
from genodesk.workflows.genechat.synthetic import make_families
from genodesk.workflows.genechat.synthetic_words import QUESTIONS
from genodesk.workflows.genechat.train import train


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("基因 chat")


@pytest.fixture(scope="module")
def pairs(place: Path) -> Path:
    """Four families of six genes with an answer each: four genes to learn from, one each for the two tests."""
    rng = np.random.default_rng(0)
    parts: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    for family in range(4):
        ancestor = rng.choice(list("ACGT"), 300)
        for member, part in enumerate(["train"] * 4 + ["validation", "test"]):
            sequence = ancestor.copy()
            sequence[rng.integers(0, 300, 20)] = "A"
            name = f"f{family}m{member}"
            answer = f"This gene makes protein {family} ."
            parts[part].append(Pair(name, name, "".join(sequence), "What?", answer, f"family {family}", "test"))
    save_pairs(place / "set", parts, {})
    return place / "set"


@pytest.fixture(scope="module")
def trained(place: Path, pairs: Path) -> tuple[Path, dict[str, Any]]:
    settings = settings_from(TrainSettings, data=pairs, max_steps=2, encoder_steps=2, warmup_steps=0, batch_size=4)
    run, _ = open_run(place / "trained", "train", settings)
    return place / "trained", train(settings, run)


def evaluated(place: Path, stop: bool = False, **flat: Any) -> tuple[dict[str, Any], Told]:
    settings = settings_from(EvaluateSettings, **flat)
    check_evaluate(settings)
    run, told = open_run(place / "run", "evaluate", settings, lambda: stop)
    return evaluate(settings, run), told


def test_that_the_demonstration_is_judged_is_told_beforehand(place, pairs, trained):
    told = lambda **flat: [one.message for one in check_evaluate(settings_from(EvaluateSettings, **flat))]  # noqa: E731
    assert told() == ["The demonstration model is judged, on its own made-up genes."]
    assert told(data=pairs) == ["The demonstration model is judged, on the genes that are named."]
    assert told(run=trained[0]) == []


def test_what_training_held_out_is_judged_to_the_same_numbers(tmp_path, trained):
    folder, document = trained
    answer, told = evaluated(tmp_path, run=folder)
    assert answer["metrics"] == pytest.approx(document["metrics"], abs=1e-5)
    assert answer["baselines"] == document["baselines"]
    assert (answer["genes"], answer["pairs"], answer["part"]) == (4, 4, "test")
    assert told.warnings == []
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["controls"] == answer["controls"]


def test_gap_and_baselines_stand_beside_the_scores(trained):
    _, document = trained
    rows = scores_of(document, METRICS, METHODS)
    assert [row.label for row in rows[:4]] == ["this model", *METHODS.values()]
    assert document["baselines"]["nearest_copy"]["exact"] == 1  # the genes are easy to find by likeness
    assert document["baselines"]["most_frequent"]["exact"] == 0.25
    assert set(document["controls"]) == {"true", "other", "zero", "random"}
    for name in ("other", "zero", "random"):
        control = document["controls"][name]
        assert control["low"] <= control["difference"] <= control["high"]
        assert control["difference"] == pytest.approx(control["loss"] - document["controls"]["true"]["loss"], abs=1e-9)
        assert document["metrics"][f"gap_{name}"] == control["difference"]
    assert "no smoothing" in document["how"]


def test_a_model_that_learned_nothing_is_not_said_to_read(trained):
    _, document = trained
    assert not document["reads_the_gene"]
    assert document["warnings"][0].startswith("That the model reads the gene is not shown")
    assert document["warnings"][1] == "4 genes are too few to show it either way: at least 7 are needed."
    assert any("most frequent answer scores as high or higher, too" in said for said in document["warnings"])
    assert document["remarks"] == []


def test_every_gene_has_its_row_with_answers_and_losses(trained):
    with (trained[0] / "tables" / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["gene"] for row in rows] == [f"f{family}m5" for family in range(4)]
    assert rows[2]["true_answer"] == rows[2]["nearest_copy"] == "This gene makes protein 2 ."
    assert all(float(row[f"loss_{name}"]) > 0 for row in rows for name in ("true", "other", "zero", "random"))
    assert {"answer", "answer_with_another_gene", "bleu_4", "meteor", "rouge_l"} <= rows[0].keys()


def test_the_figures_can_be_drawn(tmp_path, trained):
    _, told = evaluated(tmp_path, run=trained[0])
    made = {event.name: tmp_path / "run" / event.path for event in told if isinstance(event, FigureMade)}
    assert set(made) == {"controls", "gaps", "scores", "score_distribution"}
    figure = load_drawing(made["controls"]).figure
    assert figure.panels[0].x.ticks == ("the true gene", "another gene", "no gene", "permuted bases")
    assert [part.name for part in load_drawing(made["scores"]).figure.panels[0].series] == [
        "this model", *METHODS.values(),
    ]  # fmt: skip


def test_genes_the_model_has_learned_are_told(tmp_path, trained, pairs):
    _, told = evaluated(tmp_path / "a", run=trained[0], part="train")
    assert "trained on 16 of these 16 genes" in told.warnings[0]
    parts = load_pairs(pairs)
    save_pairs(tmp_path / "mixed", {**parts, "test": parts["test"] + parts["train"][:3]}, {})
    _, told = evaluated(tmp_path / "b", run=trained[0], data=tmp_path / "mixed")
    assert "trained on 3 of these 7 genes" in told.warnings[0]


def test_a_wish_to_stop_is_heard(tmp_path, trained):
    with pytest.raises(Stopped):
        evaluated(tmp_path, stop=True, run=trained[0])
    assert not (tmp_path / "run" / "metrics.json").exists()


def test_what_cannot_be_judged_is_a_sentence_before_the_run(tmp_path, trained, pairs):
    empty = tmp_path / "empty"
    save_pairs(empty, {**load_pairs(pairs), "test": []}, {})
    with pytest.raises(UserError, match="no test part") as refused:
        evaluated(tmp_path, run=trained[0], data=empty)
    assert refused.value.hint == "Choose one of train, validation."
    with pytest.raises(UserError, match="neither a run nor a model folder"):
        evaluated(tmp_path, run=tmp_path)
    with pytest.raises(UserError, match="holds no pairs"):
        evaluated(tmp_path, run=trained[0], data=tmp_path)


def test_genes_that_are_gone_are_asked_for_and_known_by_their_hashes(tmp_path, trained, pairs):
    away = pairs.rename(pairs.with_name("away"))
    try:
        with pytest.raises(UserError, match="no longer where they were") as refused:
            evaluated(tmp_path / "a", run=trained[0])
        assert "--data" in refused.value.hint
        assert evaluated(tmp_path / "b", run=trained[0], data=away)[1].warnings == []
        parts = load_pairs(away)
        save_pairs(tmp_path / "new", {**parts, "train": parts["validation"], "test": parts["train"][:6]}, {})
        answer, told = evaluated(tmp_path / "c", run=trained[0], data=tmp_path / "new")
        assert "trained on 6 of these 6 genes" in told.warnings[0]
        assert "10 of the 16 genes of the training are no longer there" in told.warnings[1]
        assert answer["warnings"][:2] == told.warnings
    finally:
        away.rename(pairs)


def test_a_set_prepared_again_does_not_hide_what_the_model_was_trained_on(tmp_path, trained, pairs):
    parts = load_pairs(pairs)
    kept = pairs.rename(pairs.with_name("kept"))
    try:
        save_pairs(pairs, {**parts, "train": parts["test"] + parts["train"][1:], "test": parts["train"][:1]}, {})
        answer, told = evaluated(tmp_path, run=trained[0])
        assert "trained on 1 of these 1 genes" in told.warnings[0]
        assert json.loads((tmp_path / "run" / "metrics.json").read_text())["warnings"] == answer["warnings"]
    finally:
        shutil.rmtree(pairs)
        kept.rename(pairs)


def test_the_demonstration_knows_its_generated_genes_without_a_record(tmp_path, pairs):
    asked = [pair for pair in make_families(0)[:40] if pair.prompt == QUESTIONS["function"][0]][:2]
    save_pairs(tmp_path / "set", {**load_pairs(pairs), "test": asked}, {})
    answer, _ = evaluated(tmp_path, data=tmp_path / "set", most_tokens=2)
    assert "generated genes only" in answer["warnings"][0]
    assert f"trained on {len(asked)} of these {len(asked)} genes" in answer["warnings"][1]


def test_genes_that_chose_the_best_state_are_told(tmp_path, trained):
    answer, _ = evaluated(tmp_path, run=trained[0], part="validation")
    assert "state of the model was chosen by 4 of these 4 genes" in answer["warnings"][0]


def test_genes_nearly_the_same_and_a_careless_split_are_told(tmp_path, trained, pairs):
    parts = load_pairs(pairs)
    bases = list(parts["train"][0].sequence)
    bases[150] = "A" if bases[150] != "A" else "C"
    twin = replace(parts["train"][0], id="twin", sequence="".join(bases))
    for split, said in (("random", "kept aside by chance"), ("members", "of families that were trained on")):
        save_pairs(tmp_path / split, {**parts, "test": [*parts["test"], twin]}, {"split": split})
        answer, _ = evaluated(tmp_path / f"{split} run", run=trained[0], data=tmp_path / split)
        assert answer["warnings"][0].startswith("1 of these 5 genes are at least 95% the same as one of the training")
        assert said in answer["warnings"][1]


def test_answers_longer_than_the_model_reads_are_refused_before_a_gene_is_encoded(tmp_path, trained, monkeypatch):
    monkeypatch.setattr(DnaEncoder, "encode", lambda *_, **__: pytest.fail("nothing is encoded"))
    with pytest.raises(UserError, match="4,096 kept for the answer") as refused:
        evaluated(tmp_path, run=trained[0], most_tokens=4096)
    assert refused.value.where == "pair f0m5"


def test_questions_are_asked_in_the_batches_of_the_training_or_as_said(tmp_path, trained, monkeypatch):
    sizes = []
    language = model.GeneChatModel.mean_losses
    monkeypatch.setattr(model.GeneChatModel, "mean_losses", lambda *a: sizes.append(len(a[1])) or language(*a))
    evaluated(tmp_path / "a", run=trained[0], part="train")
    assert set(sizes) == {4}
    sizes.clear()
    evaluated(tmp_path / "b", run=trained[0], batch_size=3)
    assert set(sizes) == {3, 1}


def test_a_model_that_does_not_tell_its_training_needs_genes_to_be_named(tmp_path, trained, pairs):
    folder = shutil.copytree(trained[0] / "model", tmp_path / "imported")
    document = json.loads((folder / "model.json").read_text())
    del document["settings"]
    (folder / "model.json").write_text(json.dumps(document))
    (folder / "known_genes.json").unlink()
    with pytest.raises(UserError, match="does not tell which genes") as refused:
        evaluated(tmp_path / "a", run=folder)
    assert "--data" in refused.value.hint
    answer, told = evaluated(tmp_path / "b", run=folder, data=pairs)
    assert answer["genes"] == 4
    assert told.warnings[0].startswith("Nobody can tell")


def test_a_model_without_a_list_of_its_genes_is_judged_by_its_set_as_it_is_now(tmp_path, trained):
    folder = shutil.copytree(trained[0] / "model", tmp_path / "older")
    (folder / "known_genes.json").unlink()
    answer, told = evaluated(tmp_path / "a", run=folder)
    assert told.warnings == []
    assert answer["remarks"][0].startswith("The model keeps no list of the genes it was trained on")
    answer, told = evaluated(tmp_path / "b", run=folder, part="train")
    assert "trained on 16 of these 16 genes" in told.warnings[0]


def test_a_model_that_beats_every_control_is_said_to_read():
    gap = Gap(0.2, 0.1, 0.3, 0.0001)
    gaps = {"other": gap, "zero": gap, "random": Gap(0.15, 0.1, 0.2, 0.002)}
    simple = {"nearest_copy": {"exact": 0.9}, "most_frequent": {"exact": 0.8}, "most_typical": {"exact": 0.1}}
    (said,), warned = in_words(80, gaps, {"exact": 0.8}, simple, "exact")
    assert said.startswith("The model reads the gene")
    assert "at least 0.150 higher, p = 0.0020" in said
    assert warned == ["Giving everybody the most frequent answer scores as high or higher, too "
                      "(Exact answers 0.800 against 0.800)."]  # fmt: skip
    assert in_words(20, gaps, {"exact": 0.8}, {}, "exact")[0][1] == "20 genes are few: others may give other numbers."
    weak = {**gaps, "random": Gap(0.01, -0.1, 0.1, 0.3)}
    remarks, warned = in_words(20, weak, {"exact": 0.8}, {}, "exact")
    assert "random order (p = 0.30)" in warned[0]
    assert (remarks, warned[1]) == ([], "20 genes are few: a small difference would not be seen.")
