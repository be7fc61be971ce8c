"""Sequences become one vector a window, the same alone and in batches, and an error is never a vector."""

import time
from itertools import pairwise

import pytest
import torch
from dna_folders import dna_tokenizer
from tiny_dna import Asked, gene, tiny_encoder
from tokenizers import normalizers

from genodesk.core.errors import Stopped, UserError
from genodesk.engine.nn.dnabert2 import Dnabert2
from genodesk.engine.nn.dnabert2_config import Dnabert2Config
from genodesk.engine.nn.dnabert2_folder import LoadedDnabert2, load_dnabert2, save_dnabert2
from genodesk.workflows.genechat.encoder import DnaEncoder

GENES = [gene(length, seed) for seed, length in enumerate((1600, 40, 512, 3000, 513))]


@pytest.mark.parametrize("layout", ["paper", "released"])
def test_genes_in_batches_agree_with_windows_one_by_one(layout):
    encoder = tiny_encoder(layout, layout)
    together = encoder.encode(GENES)
    assert [len(embedding) for embedding in together] == [encoder.count_windows(sequence) for sequence in GENES]
    for sequence, embedding in zip(GENES, together, strict=True):
        (alone,) = encoder.encode([sequence], batch_size=1)
        assert embedding.dtype == torch.float32
        torch.testing.assert_close(embedding, alone, rtol=0, atol=1e-5)


def test_windows_share_batches_of_at_most_eight_on_the_processor():
    encoder = tiny_encoder()
    sizes = []
    encoder.loaded.network.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    encoder.encode(GENES)
    assert sum(sizes) == 4 + 1 + 1 + 6 + 2
    assert sizes == [8, 6]


def test_the_papers_mean_leaves_special_and_unknown_tokens_out_and_the_released_one_takes_all():
    sequence = "ACGTNNTTAAG"
    ids = [1, 5 + 9, 0, 0, 5 + 10, 7, 2]  # [CLS] ACGT N N TTAA G [SEP]
    paper, released = tiny_encoder(), tiny_encoder(pooling="released")
    assert paper.loaded.tokenizer.encode(sequence).ids == ids
    with torch.inference_mode():
        out = paper.loaded.network(torch.tensor([ids]))[0]
    torch.testing.assert_close(paper.encode([sequence])[0][0], out[[1, 4, 5]].mean(dim=0))
    torch.testing.assert_close(released.encode([sequence])[0][0], out.mean(dim=0))


def test_lower_case_means_the_same_as_upper_case():
    encoder = tiny_encoder()
    assert torch.equal(encoder.encode([GENES[1].lower()])[0], encoder.encode([GENES[1]])[0])


def test_windows_beside_a_long_run_of_n_are_those_of_the_pieces():
    encoder = tiny_encoder()
    (whole,) = encoder.encode([GENES[0] + "N" * 400 + GENES[1]])
    torch.testing.assert_close(whole, torch.cat(encoder.encode(GENES[:2])), rtol=0, atol=1e-5)


def test_another_gene_has_other_embeddings():
    first, second = tiny_encoder().encode([gene(400, 1), gene(400, 2)])
    assert (first - second).norm() > 0.05 * first.norm()


def test_an_error_of_the_encoder_is_raised_and_never_becomes_zeros():
    encoder = tiny_encoder()

    def broken(*_):
        raise RuntimeError("out of memory")

    encoder.loaded.network.layers[1].register_forward_pre_hook(broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        encoder.encode([GENES[0]])


def test_numbers_that_are_not_finite_are_refused():
    encoder = tiny_encoder()
    encoder.loaded.network.layers[0].down.weight[0, 0] = torch.nan
    with pytest.raises(UserError, match="values that are not finite"):
        encoder.encode([GENES[1]])


def test_a_tokenizer_that_knows_no_base_is_refused():
    encoder = tiny_encoder()
    encoder.loaded.tokenizer.normalizer = normalizers.Lowercase()
    with pytest.raises(UserError, match="knows no token of a window"):
        encoder.encode([GENES[1]])


@pytest.mark.parametrize("sequence", ["", "NNNN"])
def test_a_sequence_without_bases_is_refused(sequence):
    with pytest.raises(UserError):
        tiny_encoder().encode([GENES[1], sequence])


def test_a_gene_of_160_kb_tells_its_progress_window_by_window():
    encoder = tiny_encoder(hidden_size=16, num_hidden_layers=1, num_attention_heads=1)
    heard = []
    (embedding,) = encoder.encode([gene(160_000)], progress=lambda done, total: heard.append((done, total)))
    assert embedding.shape == (319, 16)
    assert heard[0] == (0, 319)
    assert heard[-1] == (319, 319)
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})
    assert len(heard) == 1 + 40


def test_a_gene_of_160_kb_stops_within_a_second_of_computing():
    encoder = tiny_encoder(hidden_size=192, num_hidden_layers=3, intermediate_size=768)
    asked_at: list[float] = []
    begun = Asked(encoder)

    def should_stop() -> bool:
        asked_at.append(time.process_time())
        return len(asked_at) == 7  # in the third batch, after its first layer

    start = time.process_time()
    with pytest.raises(Stopped):
        encoder.encode([gene(160_000)], should_stop=should_stop)
    ended = time.process_time()
    assert begun.windows == 3 * 8
    moments = [start, *asked_at, ended]
    assert max(later - earlier for earlier, later in pairwise(moments)) < 1


def test_the_fingerprint_changes_with_weights_tokenizer_and_windows():
    same = tiny_encoder().fingerprint
    changed = tiny_encoder()
    changed.loaded.tokenizer.add_tokens(["GATTACA"])
    others = [tiny_encoder(seed=1), tiny_encoder("released"), tiny_encoder(pooling="released"), changed]
    assert tiny_encoder().fingerprint == same
    assert len({same, *(other.fingerprint for other in others)}) == 5


def test_a_saved_encoder_keeps_its_fingerprint_and_its_numbers(tmp_path):
    torch.manual_seed(0)
    config = Dnabert2Config(64, 16, 1, 2, 16)
    fresh = DnaEncoder(LoadedDnabert2(Dnabert2(config), dna_tokenizer(), config, []))
    save_dnabert2(tmp_path, fresh.loaded.network, fresh.loaded.tokenizer)
    again = DnaEncoder(load_dnabert2(tmp_path))
    assert again.fingerprint == fresh.fingerprint
    assert torch.equal(again.encode(GENES[:1])[0], fresh.encode(GENES[:1])[0])


def test_an_encoder_that_was_just_trained_is_frozen_and_drops_nothing_out():
    config = Dnabert2Config(64, 16, 1, 2, 16, hidden_dropout_prob=0.5)
    encoder = DnaEncoder(LoadedDnabert2(Dnabert2(config).train(), dna_tokenizer(), config, []))
    assert torch.equal(encoder.encode(GENES[:1])[0], encoder.encode(GENES[:1])[0])
    assert not any(parameter.requires_grad for parameter in encoder.loaded.network.parameters())
