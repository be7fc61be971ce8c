"""A gene is encoded once; what lies on the disk is used only when it is whole and belongs to the same encoder."""

import os
from pathlib import Path

import pytest
import torch
from tiny_dna import Asked, gene, tiny_encoder

from genodesk.core.errors import Stopped
from genodesk.workflows.genechat.cache import SUFFIX, EmbeddingCache, sequence_sha256

GENES = [gene(1600, 0), gene(300, 1)]


@pytest.mark.parametrize("place", [None, "embeddings"], ids=["in memory", "on the disk"])
def test_a_second_question_about_a_gene_encodes_nothing(tmp_path, place):
    encoder, cache = tiny_encoder(), EmbeddingCache(tmp_path / place if place else None)
    asked = Asked(encoder)
    first, computed = cache.get_or_encode(encoder, GENES)
    again, computed_again = cache.get_or_encode(encoder, GENES)
    assert (computed, computed_again, asked.windows) == (5, 0, 5)
    for one, other, expected in zip(first, again, tiny_encoder().encode(GENES), strict=True):
        assert torch.equal(one, other)
        torch.testing.assert_close(one, expected, rtol=0, atol=1e-5)


def test_another_process_finds_what_was_encoded(tmp_path):
    EmbeddingCache(tmp_path).get_or_encode(tiny_encoder(), GENES)
    assert EmbeddingCache(tmp_path).get_or_encode(tiny_encoder(), [GENES[1].lower()])[1] == 0


def test_the_same_gene_twice_in_a_question_is_encoded_once():
    embeddings, computed = EmbeddingCache().get_or_encode(tiny_encoder(), [GENES[0], GENES[1], GENES[0].lower()])
    assert computed == 5
    assert torch.equal(embeddings[0], embeddings[2])


@pytest.mark.parametrize("other", [{"seed": 1}, {"layout": "released"}, {"pooling": "released"}])
def test_another_encoder_or_another_way_of_windows_encodes_anew(tmp_path, other):
    cache = EmbeddingCache(tmp_path)
    cache.get_or_encode(tiny_encoder(), GENES)
    assert cache.get_or_encode(tiny_encoder(**other), GENES)[1] == 5


@pytest.mark.parametrize("damage", [b"", b"half", "cut", "flipped"])
def test_a_damaged_or_half_written_file_is_encoded_again_and_mended(tmp_path, damage):
    encoder = tiny_encoder()
    (expected,), _ = EmbeddingCache(tmp_path).get_or_encode(encoder, GENES[:1])
    (path,) = tmp_path.glob(f"*{SUFFIX}")
    content = path.read_bytes()
    flipped = content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]
    path.write_bytes({"cut": content[:-1], "flipped": flipped}.get(damage, damage))  # type: ignore[call-overload]

    (embedding,), computed = EmbeddingCache(tmp_path).get_or_encode(encoder, GENES[:1])

    assert computed == 4
    torch.testing.assert_close(embedding, expected)
    assert path.read_bytes() == content


def test_the_least_recently_used_embeddings_go_first(tmp_path):
    encoder, genes = tiny_encoder(), [gene(300, seed) for seed in range(4)]
    one = 48 * 4 + 128 + 32  # numbers, the head of the array, the checksum
    cache = EmbeddingCache(tmp_path, most_bytes=7 * one // 2)
    for age, sequence in enumerate(genes[:3]):
        cache.get_or_encode(encoder, [sequence])
        (newest,) = tmp_path.glob(f"{sequence_sha256(sequence)}*")
        os.utime(newest, (age, age))
    cache.get_or_encode(encoder, genes[:1])  # the oldest file is used again
    cache.get_or_encode(encoder, genes[3:])
    kept = {path.name.partition("-")[0] for path in tmp_path.glob(f"*{SUFFIX}")}
    assert kept == {sequence_sha256(genes[i]) for i in (0, 2, 3)}


def test_memory_is_bounded_as_well():
    encoder, cache = tiny_encoder(), EmbeddingCache(most_bytes=2 * 48 * 4)
    for seed in (0, 1, 0, 2):
        cache.get_or_encode(encoder, [gene(300, seed)])
    assert [cache.get_or_encode(encoder, [gene(300, seed)])[1] for seed in (2, 0, 1)] == [0, 0, 1]


def test_a_folder_that_cannot_be_written_costs_the_cache_but_not_the_answer(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    cache = EmbeddingCache(in_the_way)
    (embedding,), computed = cache.get_or_encode(tiny_encoder(), GENES[1:])
    assert computed == len(embedding) == 1
    assert str(in_the_way) in cache.problem


def test_genes_finished_before_a_stop_stay(tmp_path):
    genes = [gene(5000, seed) for seed in range(60)]
    done_before = []

    def progress(done: int, total: int) -> None:
        done_before.append(done)
        assert total == 600

    with pytest.raises(Stopped):
        EmbeddingCache(tmp_path).get_or_encode(
            tiny_encoder(hidden_size=16, num_hidden_layers=1, num_attention_heads=1),
            genes,
            should_stop=lambda: done_before[-1] > 300,
            progress=progress,
        )
    assert len(list(tmp_path.glob(f"*{SUFFIX}"))) == 26  # the first group, of at least 256 windows
    assert done_before == sorted(done_before)


def test_nothing_is_kept_of_a_gene_whose_encoding_failed(tmp_path):
    encoder = tiny_encoder()

    def broken(*_):
        raise RuntimeError("out of memory")

    handle = encoder.loaded.network.register_forward_pre_hook(broken)
    cache = EmbeddingCache(tmp_path)
    with pytest.raises(RuntimeError):
        cache.get_or_encode(encoder, GENES)
    handle.remove()
    assert list(Path(tmp_path).iterdir()) == []
    assert cache.get_or_encode(encoder, GENES)[1] == 5


def test_a_full_folder_is_not_looked_through_at_every_gene(tmp_path, monkeypatch):
    encoder, one = tiny_encoder(), 48 * 4 + 128 + 32
    looks, prune = [], EmbeddingCache._prune
    monkeypatch.setattr(EmbeddingCache, "_prune", lambda cache: looks.append(1) or prune(cache))
    cache = EmbeddingCache(tmp_path, most_bytes=20 * one)
    cache.get_or_encode(encoder, [gene(300, seed) for seed in range(60)])
    assert len(looks) <= 1 + 60 // 2
    assert len(list(tmp_path.glob(f"*{SUFFIX}"))) <= 20


def test_embeddings_kept_in_memory_are_there_once():
    cache = EmbeddingCache()
    first, _ = cache.get_or_encode(tiny_encoder(), GENES)
    again, _ = cache.get_or_encode(tiny_encoder(), GENES)
    assert [one.data_ptr() for one in first] == [one.data_ptr() for one in again]
