"""The action `embed`: genes of a file as arrays and tables, computed once, and refused in a sentence."""

import csv
import gzip

import numpy as np
import pytest
import torch
from chat_runs import open_run, settings_from
from dna_folders import write_published
from tiny_dna import gene

from genodesk.core.errors import Stopped, UserError
from genodesk.engine.data import limits
from genodesk.engine.nn.dnabert2_folder import load_dnabert2
from genodesk.workflows.genechat.check_embed import check_embed
from genodesk.workflows.genechat.embed import embed
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.settings_actions import EmbedSettings

GENES = {"YAL001C": gene(1600), "short": "acgtTTaaNNgg", "masked": "N" * 40, "YBR": gene(600, 2) + "N" * 200}


@pytest.fixture
def settings(tmp_path) -> EmbedSettings:
    (tmp_path / "genes.fasta").write_text("".join(f">{name} told\n{bases}\n" for name, bases in GENES.items()))
    encoder = write_published(tmp_path / "encoder")
    return settings_from(EmbedSettings, data=tmp_path / "genes.fasta", dna_encoder=encoder, device="cpu")


def rows(run, name: str) -> list[dict[str, str]]:
    with (run.folder.tables / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_genes_and_windows_become_arrays_and_tables(tmp_path, settings):
    assert check_embed(settings) == []
    run, told = open_run(tmp_path / "run", "embed", settings)
    result = embed(settings, run)

    assert (result["genes"], result["windows"], result["encoded"], result["width"]) == (3, 7, 7, 48)
    assert told.warnings == ["1 sequences without a base A, C, G or T are left out."]
    with np.load(run.folder.path / "embeddings.npz", allow_pickle=False) as arrays:
        assert arrays["ids"].tolist() == ["YAL001C", "short", "YBR"]
        assert arrays["first"].tolist() == [0, 4, 5, 7]
        (expected,) = DnaEncoder(load_dnabert2(settings.dna_encoder)).encode([GENES["YAL001C"]])
        torch.testing.assert_close(torch.from_numpy(arrays["windows"][:4]), expected, rtol=0, atol=1e-5)
        means = arrays["genes"]
        np.testing.assert_allclose(means[0], expected.mean(dim=0).numpy(), atol=1e-5)
    assert [(row["gene"], row["length"], row["windows"]) for row in rows(run, "genes")] == [
        ("YAL001C", "1600", "4"),
        ("short", "12", "1"),
        ("YBR", "800", "2"),
    ]
    assert [float(row["masked_share"]) for row in rows(run, "genes")] == [0, 0.1667, 0.25]
    assert [(row["start"], row["end"]) for row in rows(run, "windows")][4:] == [
        ("0", "12"),
        ("0", "512"),
        ("502", "600"),
    ]
    table = rows(run, "gene_embeddings")
    np.testing.assert_allclose([float(table[0][f"e{i + 1}"]) for i in range(48)], means[0], rtol=1e-5)


def test_genes_that_were_embedded_before_are_not_encoded_again(tmp_path, settings):
    embed(settings, open_run(tmp_path / "one", "embed", settings)[0])
    assert embed(settings, open_run(tmp_path / "two", "embed", settings)[0])["encoded"] == 0


def test_a_stop_is_heard(tmp_path, settings):
    with pytest.raises(Stopped):
        embed(settings, open_run(tmp_path / "run", "embed", settings, stop=lambda: True)[0])


@pytest.mark.parametrize(
    ("content", "said"),
    [(">a\nMKVLEQFWPL\n", "protein"), (">a\nNNNNNNNNNN\n", "No sequence of this file holds a base")],
)
def test_a_file_without_dna_shows_its_sentence(tmp_path, settings, content, said):
    settings.data.write_text(content)
    run, _ = open_run(tmp_path / "run", "embed", settings)
    with pytest.raises(UserError, match=said):
        embed(settings, run)


def test_an_encoder_without_a_tokenizer_is_refused_before_the_run(settings):
    (settings.dna_encoder / "tokenizer.json").unlink()
    with pytest.raises(UserError, match="holds no tokenizer"):
        check_embed(settings)


def test_two_encoders_at_once_are_refused(tmp_path, settings):
    with pytest.raises(UserError, match="Both a model and a DNA encoder"):
        settings_from(EmbedSettings, data=settings.data, dna_encoder=settings.dna_encoder, run=tmp_path)


def test_repeated_ids_are_numbered_by_choice_and_nothing_half_written_stays(tmp_path, settings):
    settings.data.write_text(f">a\n{gene(600, 1)}\n>a\n{gene(600, 2)}\n")
    chosen = settings.model_copy(update={"duplicates": "rename"})
    run, told = open_run(tmp_path / "run", "embed", chosen)
    embed(chosen, run)
    assert [row["gene"] for row in rows(run, "genes")] == ["a", "a_2"]
    assert any("are numbered" in warning for warning in told.warnings)
    assert [path.name for path in run.folder.path.glob("*.npz")] == ["embeddings.npz"]


def test_genes_that_do_not_fit_into_memory_are_refused_before_anything_is_encoded(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(limits, "memory_budget", lambda: 4000)
    with pytest.raises(UserError, match="can be spared"):
        embed(settings, open_run(tmp_path / "run", "embed", settings)[0])
    with pytest.raises(UserError, match="can be spared"):
        check_embed(settings.model_copy(update={"data": packed(settings.data, gene(5000))}))


def packed(path, bases):
    path.with_suffix(".gz").write_bytes(gzip.compress(f">a\n{bases}\n".encode()))
    return path.with_suffix(".gz")
