"""The network that answers: what is trained in it, that every window and token counts, and how it is padded."""

import pytest
import torch
from tiny_chat import tiny_trained
from tiny_dna import gene
from tiny_language import language_folder

from genodesk.core.errors import Stopped, UserError
from genodesk.workflows.genechat.adapter import GeneAdapter
from genodesk.workflows.genechat.answering import answers
from genodesk.workflows.genechat.language import load_language
from genodesk.workflows.genechat.lora import add_lora
from genodesk.workflows.genechat.model import GeneChatModel, answer_losses, count_parameters
from genodesk.workflows.genechat.prompt import NO_LABEL, PlacedGene, Turn
from genodesk.workflows.genechat.settings import LoraSettings

ADAPTER = {"adapter.pool.weight", "adapter.pool.bias", "adapter.adapter.weight", "adapter.norm.weight",
           "adapter.norm.bias", "adapter.scale"}  # fmt: skip


@pytest.fixture(scope="module")
def trained():
    return tiny_trained()


@pytest.fixture(scope="module")
def asked(trained):
    """Prompts of different lengths with their windows."""
    sequences = [gene(300, 1), gene(1500, 2), gene(700, 3)]
    windows = trained.encoder.encode(sequences)
    texts = ["It is a kinase.", "It takes part in translation.", "Nucleus."]
    return [
        trained.prompt([Turn("What does this gene do?")], [PlacedGene("g", len(w))], text)
        for w, text in zip(windows, texts, strict=True)
    ], windows


def with_lora(tmp_path) -> GeneChatModel:
    language = load_language(language_folder(tmp_path / "llama"))
    return GeneChatModel(GeneAdapter(8, 32), add_lora(language.model, LoraSettings()))


def test_with_lora_exactly_adapter_and_additions_are_trained(tmp_path):
    model = with_lora(tmp_path)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    additions = {
        f"language.base_model.model.model.layers.{layer}.self_attn.{name}.lora_{side}.default.weight"
        for layer in range(2)
        for name in ("q_proj", "v_proj")
        for side in "AB"
    }
    assert trained == ADAPTER | additions
    assert set(model.state_dict()) == trained | {"adapter.mean", "adapter.spread"}  # and nothing else is saved


def test_lora_on_forty_layers_of_5120_has_6553600_weights():
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(vocab_size=32000, hidden_size=5120, intermediate_size=13824, num_hidden_layers=40,
                         num_attention_heads=40)  # fmt: skip
    with torch.device("meta"):
        language = add_lora(LlamaForCausalLM(config), LoraSettings())
        model = GeneChatModel(GeneAdapter(768, 5120), language)
    assert count_parameters(model.language)[1] == 6_553_600
    assert count_parameters(model)[1] == 6_553_600 + 196_864 + 1_310_720 + 10_240 + 1


def test_layers_that_the_model_has_not_are_refused_with_those_it_has(tmp_path):
    language = load_language(language_folder(tmp_path / "gpt2", "gpt2")).model
    with pytest.raises(UserError, match="no layers called q_proj, v_proj") as refused:
        add_lora(language, LoraSettings())
    assert "c_attn" in refused.value.hint


def test_the_loss_is_the_mean_over_the_answers_tokens(trained, asked):
    prompts, windows = asked
    with torch.no_grad():
        inputs = trained.model.inputs(prompts, windows)
        logits = trained.model.language(inputs_embeds=inputs.embeds, attention_mask=inputs.mask).logits
        told = torch.log_softmax(logits[:, :-1], dim=-1)
        by_hand = [
            -told[row, place - 1, label]
            for row, labels in enumerate(inputs.labels.tolist())
            for place, label in enumerate(labels)
            if label != NO_LABEL
        ]
        assert torch.allclose(trained.model(prompts, windows), torch.stack(by_hand).mean(), atol=1e-5)


def test_an_answers_loss_does_not_depend_on_its_neighbours_in_a_batch(trained, asked):
    prompts, windows = asked
    together = answer_losses(trained.model, prompts, windows)
    alone = [answer_losses(trained.model, [p], [w])[0] for p, w in zip(prompts, windows, strict=True)]
    assert together == pytest.approx(alone, abs=1e-5)
    weights = [sum(label != NO_LABEL for label in prompt.labels) for prompt in prompts]
    with torch.no_grad():
        mean = sum(a * w for a, w in zip(alone, weights, strict=True)) / sum(weights)
        assert float(trained.model(prompts, windows)) == pytest.approx(mean, abs=1e-5)  # no item is dropped


def test_every_window_of_a_gene_reaches_the_answer(trained, asked):
    prompts, windows = asked
    shown = windows[1].clone().requires_grad_(True)
    trained.model([prompts[1]], [shown]).backward()
    assert (shown.grad.abs().sum(dim=1) > 0).all()


def test_padding_on_the_left_changes_no_answer(trained, asked):
    _, windows = asked
    prompts = [trained.prompt([Turn("Where?" * n)], [PlacedGene("g", len(w))]) for n, w in enumerate(windows, 1)]
    together = answers(trained, prompts, windows, most_tokens=8)
    alone = [answers(trained, [p], [w], most_tokens=8)[0] for p, w in zip(prompts, windows, strict=True)]
    assert together == alone
    assert len(set(together)) > 1  # other genes, other words


def test_penalties_of_the_models_folder_do_not_change_the_likeliest_answer(asked):
    _, windows = asked
    trained = tiny_trained()
    prompts = [trained.prompt([Turn("Where?")], [PlacedGene("g", len(w))]) for w in windows]
    before = answers(trained, prompts, windows, most_tokens=12)
    trained.model.language.generation_config.repetition_penalty = 9.0
    trained.model.language.generation_config.no_repeat_ngram_size = 1
    assert answers(trained, prompts, windows, most_tokens=12) == before


def test_windows_and_places_must_match(trained, asked):
    prompts, windows = asked
    with pytest.raises(ValueError, match="3 windows for 1 places"):
        trained.model.inputs([prompts[0]], [windows[1]])


def test_judging_can_be_stopped(trained, asked):
    prompts, windows = asked
    with pytest.raises(Stopped):
        answer_losses(trained.model, prompts, windows, should_stop=lambda: True)
    with pytest.raises(Stopped):
        answers(trained, prompts, windows, should_stop=lambda: True)
