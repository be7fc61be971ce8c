"""Training: what is learned and what stays, every example used, the test never looked at, and going on after a stop."""

import json
import shutil
from collections import Counter
from dataclasses import replace

import pytest
import torch
from attempts import Made, made, settings_of
from tiny_chat import tiny_trained
from tiny_training import settings_for

from genodesk.core.errors import Stopped, UserError
from genodesk.core.events import MetricValues
from genodesk.core.settings import leaves
from genodesk.core.workflow import get_workflow
from genodesk.engine.devices import pick
from genodesk.engine.live_run import CallRun
from genodesk.engine.training.loop import make_optimizer
from genodesk.workflows.genechat import train as training
from genodesk.workflows.genechat.check import check_train
from genodesk.workflows.genechat.demo_data import demo_data
from genodesk.workflows.genechat.estimate import estimate
from genodesk.workflows.genechat.judged_questions import questions
from genodesk.workflows.genechat.language import load_language
from genodesk.workflows.genechat.pairs import Pair, load_pairs, save_pairs
from genodesk.workflows.genechat.parts import build_model, find_encoder
from genodesk.workflows.genechat.settings import TrainSettings
from genodesk.workflows.genechat.task import ChatTask
from genodesk.workflows.genechat.trained import load_trained


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("训练 chat")


def trained_in(place, settings) -> tuple[Made, dict]:
    run = made("genechat", place, "train", settings)
    return run, run.call(settings)


@pytest.fixture(scope="module")
def finished(place):
    """A finished training with LoRA."""
    settings = settings_for(place)
    return *trained_in(place / "lora run", settings), settings


@pytest.fixture(scope="module")
def grown(place):
    """A finished training that made both its models itself."""
    settings = settings_for(place, dna_encoder=None, language=None, encoder_steps=4)
    return *trained_in(place / "grown run", settings), settings


def adapter_of(place):
    return dict(load_trained(place).model.state_dict())


def task_of(place, follow_ups=0.0, batch_size=4, parts=None, **more) -> ChatTask:
    settings = settings_for(place)
    parts = parts or load_pairs(settings.genes.data)
    trained = tiny_trained()
    windows = {pair.sequence: trained.encoder.encode([pair.sequence])[0] for pairs in parts.values() for pair in pairs}
    return ChatTask(trained, parts["train"], parts["validation"], windows, batch_size=batch_size,
                    follow_ups=follow_ups, seed=0, **more)  # fmt: skip


def test_a_training_with_lora_leaves_a_model_of_adapter_and_additions(finished):
    run, result, _ = finished
    model = run.folder.model
    assert {path.name for path in model.iterdir()} == {
        "model.json", "model.safetensors", "README.md", "lora", "known_genes.json",
    }  # fmt: skip
    assert (model / "lora" / "adapter_model.safetensors").is_file()
    assert result["trained_parameters"] < result["parameters"]
    assert result["steps"] == 6
    assert set(result["controls"]) == {"true", "other", "zero", "random"}


def test_the_optimiser_holds_exactly_what_lora_trains(place):
    settings = settings_for(place)
    run = made("genechat", place / "optimiser", "train", settings).attempt()
    parts = load_pairs(settings.genes.data)
    encoder = find_encoder(settings, run, parts["train"], is_made=False)
    windows = {pair.sequence: encoder.encode([pair.sequence])[0] for pair in parts["train"]}
    model = build_model(settings, run, encoder, parts["train"], windows).model
    held = {id(weight) for group in make_optimizer(model, settings.training).param_groups for weight in group["params"]}
    names = {name for name, weight in model.named_parameters() if id(weight) in held}
    assert {name.split(".")[1] for name in names if name.startswith("adapter.")} == {"pool", "adapter", "norm", "scale"}
    rest = {name for name in names if not name.startswith("adapter.")}
    assert len(rest) == 8
    assert all(".q_proj.lora_" in name or ".v_proj.lora_" in name for name in rest)


@pytest.mark.parametrize("trains", ["full", "frozen"])
def test_all_or_nothing_of_a_language_model_is_trained(place, trains):
    settings = settings_for(place, language_model=trains, max_steps=2)
    run, result = trained_in(place / f"{trains} run", settings)
    assert (run.folder.model / "language_model").exists() == (trains == "full")
    original = load_language(settings.language.language).model.state_dict()
    after = load_trained(run.path).model.language.state_dict()
    same = [torch.equal(tensor, original[name]) for name, tensor in after.items()]
    assert all(same) == (trains == "frozen")
    assert (result["trained_parameters"] == result["parameters"]) == (trains == "full")


def test_a_training_may_make_both_models_itself(grown):
    run, result, _ = grown
    assert (run.folder.model / "dna_encoder" / "config.json").is_file()
    assert (run.folder.model / "language_model" / "config.json").is_file()
    splits = {event.split for event in run.events if isinstance(event, MetricValues)}
    assert splits == {"encoder", "train", "validation"}  # the encoder's losses are not taken for those of answers
    assert result["best_step"] in (3, 6)


@pytest.mark.parametrize("stop_at", ["step-00000002", "step-00000004", "step-00000006"])
def test_a_run_stopped_in_either_stage_ends_with_the_same_weights(grown, place, stop_at):
    whole, _, settings = grown
    run = made("genechat", place / f"stopped {stop_at}", "train", settings)
    with pytest.raises(Stopped):
        run.call(settings, lambda: any(stop_at in path for path in run.checkpoints_saved))
    run.call(settings)
    ours, theirs = adapter_of(whole.path), adapter_of(run.path)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name
    assert load_trained(whole.path).model_hash == load_trained(run.path).model_hash


def test_a_resumed_lora_training_ends_with_the_same_weights(finished, place):
    whole, _, settings = finished
    run = made("genechat", place / "stopped lora", "train", settings)
    with pytest.raises(Stopped):
        run.call(settings, lambda: any("step-00000004" in path for path in run.checkpoints_saved))
    checkpoint = run.folder.checkpoints / "step-00000004" / "model.safetensors"
    assert checkpoint.stat().st_size < (settings.language.language / "model.safetensors").stat().st_size
    run.call(settings)
    additions = [load_trained(each.path).model.language.state_dict() for each in (whole, run)]
    for name, tensor in additions[0].items():
        assert torch.equal(tensor, additions[1][name]), name


def test_computing_layers_twice_saves_memory_and_changes_nothing(finished, place):
    whole, _, _ = finished
    run, _ = trained_in(place / "twice", settings_for(place, gradient_checkpointing=True))
    other = adapter_of(run.path)
    for name, tensor in adapter_of(whole.path).items():
        assert torch.allclose(other[name], tensor, atol=1e-6), name


def test_sixteen_bits_learn_nearly_the_same(finished, place):
    _, result, _ = finished
    _, told = trained_in(place / "sixteen", settings_for(place, precision="bfloat16", weights="bfloat16"))
    assert told["validation_loss"] == pytest.approx(result["validation_loss"], rel=0.02)
    assert told["validation_loss"] != result["validation_loss"]


def test_every_pair_is_in_exactly_one_batch_of_an_epoch(place):
    task = task_of(place, batch_size=3)
    seen = Counter(prompt for index in range(task.steps_per_epoch) for prompt in task.batch(0, index)[0])
    assert sum(seen.values()) == len(load_pairs(place / "pairs")["train"])
    assert [len(task.batch(0, index)[0]) for index in range(task.steps_per_epoch)] == [3] * 6 + [2]
    shared = [prompt for rank in range(2) for prompt in task.batch(1, 0, rank, 2)[0]]
    assert set(task.batch(1, 0)[0]) == set(shared)


def test_questions_follow_others_about_the_same_gene_only(place):
    task = task_of(place, follow_ups=1.0)
    prompts, _ = task.batch(0, 0)
    for prompt in prompts:
        assert prompt.text.count("Human:") == 2
        assert prompt.text.count("GeneHere") == 1
        assert "What is it?" in prompt.text
        assert "Which kind of protein?" in prompt.text
    assert [prompt.ids for prompt in task.batch(0, 0)[0]] == [prompt.ids for prompt in prompts]


def test_validation_alone_decides_and_the_test_is_never_looked_at(place, finished):
    whole, result, settings = finished
    parts = load_pairs(settings.genes.data)
    wrong = {**parts, "test": [replace(pair, answer="Something else entirely.") for pair in parts["test"]]}
    save_pairs(place / "other test", wrong, {})
    other, told = trained_in(place / "other test run", settings_for(place, data=place / "other test"))
    assert (told["best_step"], told["validation_loss"]) == (result["best_step"], result["validation_loss"])
    for name, tensor in adapter_of(whole.path).items():
        assert torch.equal(tensor, adapter_of(other.path)[name]), name
    assert told["metrics"]["answer_loss"] != result["metrics"]["answer_loss"]


def test_a_training_ends_early_when_validation_gains_no_more(place):
    settings = settings_for(place, max_steps=40, evaluate_every=1, learning_rate=0.5, early_stop_patience=2)
    _, result = trained_in(place / "early", settings)
    assert result["steps"] < 40


def test_a_question_that_does_not_fit_ends_the_training_at_its_beginning(place):
    parts = load_pairs(settings_for(place).genes.data)
    long = [replace(pair, answer="word " * 200) for pair in parts["train"][:1]]
    save_pairs(place / "long", {**parts, "train": [*parts["train"], *(replace(p, id="long") for p in long)]}, {})
    with pytest.raises(UserError, match="does not fit into what the language model reads"):
        trained_in(place / "long run", settings_for(place, data=place / "long"))


def test_a_judgement_that_fails_leaves_the_model_and_can_be_made_again(finished, place, monkeypatch):
    _, result, settings = finished
    run = made("genechat", place / "unjudged", "train", settings)
    monkeypatch.setattr(training, "judge", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run.call(settings)
    assert "metrics" not in load_trained(run.path).document
    assert "not judged" in (run.folder.model / "README.md").read_text()
    monkeypatch.undo()
    assert run.call(settings)["metrics"] == result["metrics"]
    assert load_trained(run.path).document["metrics"] == result["metrics"]


def test_the_result_and_the_card_say_whether_the_model_reads_its_genes(finished):
    run, result, _ = finished
    assert result["warnings"][0].startswith("That the model reads the gene is not shown")
    card = (run.folder.model / "README.md").read_text()
    assert all(sentence in card for sentence in result["warnings"])
    assert "| measured on genes held out | this model | most frequent answer |" in card
    assert load_trained(run.path).document["warnings"] == result["warnings"]


def test_a_question_of_the_test_that_does_not_fit_ends_the_training_at_its_beginning(place):
    parts = load_pairs(settings_for(place).genes.data)
    long = [replace(pair, id="long", answer="word " * 200) for pair in parts["test"][:1]]
    save_pairs(place / "long test", {**parts, "test": [*parts["test"], *long]}, {})
    settings = settings_for(place, data=place / "long test")
    run = made("genechat", place / "long test run", "train", settings)
    with pytest.raises(UserError, match="does not fit into what the language model reads") as refused:
        run.call(settings)
    assert refused.value.where == "pair long"
    assert run.checkpoints_saved == []


def test_room_for_answers_and_for_a_longer_gene_in_its_place_is_asked_for_beforehand():
    short, long = (
        Pair("short", "g", "ACGT", "?!" * 20, "It is.", "a", ""),
        Pair("long", "h", "GGTT", "?", "It is.", "b", ""),
    )
    trained, windows = tiny_trained(context=100), {"ACGT": 1, "GGTT": 50}
    assert questions(trained, [short], [short], windows, seed=0).most_tokens > 1
    assert questions(trained, [long], [long], windows, seed=0).most_tokens > 1
    with pytest.raises(UserError, match="90 kept for the answer"):
        questions(trained, [short], [short], windows, seed=0, most_tokens=90)
    with pytest.raises(UserError, match="does not fit") as refused:  # with the windows of the long one in their place
        questions(trained, [short, long], [short], windows, seed=0)
    assert refused.value.where == "pair short"


def test_validation_can_be_stopped(place):
    settings = settings_for(place)
    parts = load_pairs(settings.genes.data)
    with pytest.raises(Stopped):
        task_of(place, parts=parts, should_stop=lambda: True).evaluate(None, 0)


def test_a_model_of_generated_genes_is_labelled_whoever_wrote_them(place):
    demo_data(settings_of("genechat", "demo-data", out=place / "made up", number_of_genes=40, families=2),
              CallRun(pick("cpu")))  # fmt: skip
    settings = settings_for(place, data=place / "made up", language=None, max_steps=1)
    run, result = trained_in(place / "made up run", settings)
    assert load_trained(run.path).demonstration
    assert result["warnings"][0].startswith("These genes are of families that were trained on")
    assert "It knows generated genes only" in (run.folder.model / "README.md").read_text()


def test_a_run_and_its_model_folder_hold_the_same_model(finished):
    run, *_ = finished
    first, second = load_trained(run.path), load_trained(run.folder.model)
    assert first.model_hash == second.model_hash
    assert first.document["name"] == "GeneChat with llama"
    assert first.document["questions"] == ["What is it?", "Which kind of protein?"]
    assert not first.demonstration
    assert first.context == 128


def test_a_moved_or_exchanged_part_is_named(finished, grown, place):
    run, *_ = finished
    copy = shutil.copytree(run.folder.model, place / "copy")
    document = json.loads((copy / "model.json").read_text())
    document["language"]["folder"] = str(place / "gone")
    (copy / "model.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match=r"language model of this model is no longer at .*gone"):
        load_trained(copy)
    whole = shutil.copytree(grown[0].folder.model, place / "whole")
    weights = whole / "language_model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match="not the language model that the model was trained with"):
        load_trained(whole)


def test_what_cannot_be_trained_is_refused_before_a_run_exists(place, tmp_path):
    with pytest.raises(UserError, match="No data are given"):
        check_train(settings_for(place, data=None))
    with pytest.raises(UserError, match="Both --data and generated genes"):
        settings_for(place, difficulty="demo")
    with pytest.raises(UserError, match="starts from nothing must be trained in full"):
        settings_for(place, language=None, language_model="lora")
    with pytest.raises(UserError, match="cannot be trained in full"):
        settings_for(place, language_model="full", quantise="4bit")
    with pytest.raises(UserError, match="no such folder of a language model"):
        check_train(settings_for(place, language=tmp_path / "nowhere"))
    with pytest.raises(UserError, match="no such folder of a DNA encoder"):
        check_train(settings_for(place, dna_encoder=tmp_path / "nowhere"))
    parts = load_pairs(place / "pairs")
    save_pairs(tmp_path / "set", {**parts, "validation": []}, {})
    with pytest.raises(UserError, match="none to choose the best state by"):
        check_train(settings_for(place, data=tmp_path / "set"))


def test_a_high_rate_for_a_trained_language_model_is_told(place):
    assert [notice.setting for notice in check_train(settings_for(place, learning_rate=2e-3))] == ["learning_rate"]
    assert check_train(settings_for(place, learning_rate=1e-4)) == []


def test_the_estimate_counts_what_the_run_counts(finished, grown):
    for run, result, settings in (finished, grown):
        told = estimate(settings)
        assert told["trained_parameters"] == pytest.approx(result["trained_parameters"], rel=0.15), run.path
        assert told["parameters"] == pytest.approx(result["parameters"], rel=0.15)
        assert told["seconds"] > 0


def test_the_estimate_counts_the_windows_of_all_genes(place):
    settings = settings_for(place)
    report = {"genes": 60_000, "bases": {"median": 30_000}}
    save_pairs(place / "large", load_pairs(settings.genes.data), report)
    small, large = (estimate(settings_for(place, data=place / name))["memory_bytes"] for name in ("pairs", "large"))
    width = json.loads((place / "dna" / "config.json").read_text())["hidden_size"]
    assert large - small == pytest.approx(60_000 * 60 * width * 4, rel=0.01)


def test_every_setting_of_every_action_has_one_name_and_the_recipe_is_the_papers():
    workflow = get_workflow("genechat")
    for action in workflow.actions:
        names = [leaf.name for leaf in leaves(action.settings)]
        assert len(names) == len(set(names)), action.name
    recipe = settings_of("genechat", "train", **workflow.action("train").presets["published"]["training"]).training
    assert (recipe.learning_rate, recipe.weight_decay, recipe.warmup_steps) == (1e-4, 0.05, 2000)
    assert (recipe.batch_size, recipe.accumulate, recipe.clip_norm, recipe.schedule) == (1, 8, 1.0, "cosine")
    lora = TrainSettings.model_validate({}).lora
    assert (lora.lora_rank, lora.lora_alpha, lora.lora_dropout, lora.lora_targets) == (
        8,
        16,
        0.05,
        ("q_proj", "v_proj"),
    )
