"""An answer comes word by word from the gene's own DNA, can be stopped at any word, and says where it comes from."""

import hashlib

import pytest
from tiny_chat import tiny_trained
from tiny_dna import Asked as Encoded
from tiny_dna import gene as bases

from genodesk.core.errors import Stopped, UserError
from genodesk.workflows.genechat.cache import EmbeddingCache
from genodesk.workflows.genechat.controls import permuted
from genodesk.workflows.genechat.conversation import (
    Asked,
    Listener,
    choose_genes,
    respond,
    shuffled_gain,
)
from genodesk.workflows.genechat.evidence import Annotated
from genodesk.workflows.genechat.generate import _config
from genodesk.workflows.genechat.genes import Gene, InFile
from genodesk.workflows.genechat.prompt import Turn
from genodesk.workflows.genechat.settings_chat import SpeakingSettings, chosen_part
from genodesk.workflows.genechat.windows import LONGEST_GENE

GENES = [
    Gene("YAL001C", "TFC3", bases(1200, 1), "", (("functions.csv", "YAL001C", "Subunit of a kinase, see TFC6."),)),
    Gene("YAL002W", "VPS8", bases(900, 2), ""),
]
SHORT = SpeakingSettings(most_tokens=24)


@pytest.fixture(scope="module")
def trained():
    return tiny_trained()


def ask(trained, *genes, question="What does this gene do?", cache=None, to=None, **values):
    manner = SpeakingSettings(**{"most_tokens": 24, **values.pop("speaking", {})})
    asked = Asked(genes or GENES[:1], [*values.pop("before", ()), Turn(question)], manner, **values)
    return respond(trained, cache or EmbeddingCache(), Annotated(GENES), asked, to or Listener())


def test_the_words_that_were_streamed_are_the_answer(trained):
    heard = []
    said = ask(trained, to=Listener(on_text=heard.append), speaking={"most_tokens": 150})
    assert "".join(heard).strip() == said["answer"]
    assert len(heard) > 1
    assert 0 < said["confidence"] < 1


def test_another_gene_gives_another_answer_and_the_same_gene_the_same(trained):
    first, again, other = ask(trained), ask(trained), ask(trained, GENES[1])
    assert first["answer"] == again["answer"]
    assert first["answer"] != other["answer"]


def test_a_second_question_about_a_gene_reads_no_dna(trained):
    cache, encoded = EmbeddingCache(), Encoded(trained.encoder)
    first = ask(trained, cache=cache)
    windows = encoded.windows
    second = ask(trained, cache=cache, question="Where?", before=[Turn("What does this gene do?", first["answer"])])
    assert (first["provenance"]["encoded"], second["provenance"]["encoded"]) == (3, 0)
    assert encoded.windows == windows
    assert second["provenance"]["windows"] == 3


def test_provenance_tells_what_the_answer_was_made_of(trained):
    made = ask(trained, GENES[0], seed=4, part=(100, 700))["provenance"]
    assert made["sequence_sha256"] == hashlib.sha256(GENES[0].sequence[100:700].encode()).hexdigest()
    assert made["part"] == "101-700"
    assert (made["model"], made["adapter"], made["demonstration"]) == ("model-hash", "adapter-hash", True)
    assert "GeneHere" in made["prompt"]
    assert made["settings"]["seed"] == 4
    assert made["genes"][0]["bases"] == 600


def test_stop_ends_the_answer_at_the_next_token(trained):
    heard, asked_after = [], []

    def stop():
        asked_after.append(len(heard))
        return len(heard) >= 2

    said = ask(trained, to=Listener(on_text=heard.append, should_stop=stop), speaking={"most_tokens": 200})
    assert said["ending"] == "stopped"
    assert len(heard) <= 3
    assert said["answer"].startswith("".join(heard).strip()[:5])
    assert said["evidence"] == []


def test_stop_while_like_sequences_are_looked_for_keeps_the_answer(trained):
    looking = []

    class Slow(Annotated):
        def evidence(self, asked, between):
            looking.append(True)
            return super().evidence(asked, between)

    asked = Asked(GENES[:1], [Turn("What does this gene do?")], SHORT)
    to = Listener(should_stop=lambda: bool(looking))
    said = respond(trained, EmbeddingCache(), Slow(GENES), asked, to)
    assert (said["answer"], said["evidence"]) == (ask(trained)["answer"], [])
    assert said["ending"] != "stopped"


def test_stop_while_the_dna_is_read_ends_at_once(trained):
    with pytest.raises(Stopped):
        ask(trained, to=Listener(should_stop=lambda: True))


def test_the_seed_decides_what_is_drawn_and_greedy_needs_none(trained):
    warm = {"temperature": 1.5, "top_p": 1.0}
    answers = [ask(trained, seed=seed, speaking=warm)["answer"] for seed in (1, 1, 2)]
    assert answers[0] == answers[1] != answers[2]


def test_options_of_one_call_do_not_stick(trained):
    before = ask(trained)["answer"]
    ask(trained, seed=3, speaking={"temperature": 2.0, "repetition_penalty": 2.0, "most_tokens": 5})
    assert ask(trained)["answer"] == before


def test_several_genes_are_asked_about_together(trained):
    made = ask(trained, *GENES, question="How do they differ?")["provenance"]
    assert [one["windows"] for one in made["genes"]] == [3, 2]
    assert made["windows"] == 5
    assert made["prompt"].count("GeneHere") == 2


def test_a_gene_that_is_too_long_is_told_with_a_part_to_choose(trained):
    long = Gene("BIG", "", bases(LONGEST_GENE + 1), "")
    with pytest.raises(UserError, match="160,001 bases") as caught:
        ask(trained, long)
    assert "1-160000" in caught.value.hint


def test_a_part_outside_the_gene_is_told(trained):
    with pytest.raises(UserError, match="not all there"):
        ask(trained, GENES[0], part=(1000, 2000))
    with pytest.raises(UserError, match="no part"):
        chosen_part("7 to 9", 1)
    assert chosen_part("1,001-2,000", 1) == (1000, 2000)


def test_a_conversation_too_long_for_the_model_is_refused_with_what_to_do():
    with pytest.raises(UserError, match="does not fit") as caught:
        ask(tiny_trained(context=64), question="What? " * 60)
    assert "shorten" in caught.value.hint


def test_an_unknown_gene_is_told_with_the_nearest():
    with pytest.raises(UserError, match="no gene called TFC4") as caught:
        choose_genes(GENES, ["TFC4"], "genes.fa")
    assert "TFC3" in caught.value.hint
    assert choose_genes(GENES, ["tfc3"], "genes.fa") == GENES[:1]


def test_letters_that_look_like_numbers_are_taken_for_them_in_a_hint():
    genes = [Gene("YAL053W", "", "ACGT", ""), Gene("YAL003W", "", "ACGT", "")]
    with pytest.raises(UserError) as caught:
        choose_genes(genes, ["YAL0O3W"], "genes.fa")
    assert caught.value.hint == "Did you mean YAL003W?"


def test_the_gain_over_shuffled_dna_is_that_of_the_likelihoods(trained):
    asked = Asked(GENES[:1], [Turn("What does this gene do?")], SHORT)
    found = shuffled_gain(trained, EmbeddingCache(), asked, "Predicted kinase.")
    assert found["nats"] == pytest.approx(found["nats_per_token"] * found["tokens"])
    assert found["nats"] != 0
    assert found == shuffled_gain(trained, EmbeddingCache(), asked, "Predicted kinase.")


def test_shuffled_dna_is_what_the_judge_shows_with_unknown_bases_in_place(trained, monkeypatch):
    gene = Gene("G", "", bases(300, 3) + "N" * 90 + bases(200, 4), "")
    read, encode = [], trained.encoder.encode
    monkeypatch.setattr(trained.encoder, "encode", lambda texts, **more: read.extend(texts) or encode(texts, **more))
    asked = Asked([gene], [Turn("What does this gene do?")], SHORT, seed=5)
    shuffled_gain(trained, EmbeddingCache(), asked, "Predicted kinase.")
    assert read[-1] == permuted(gene.sequence, 5, 0) != gene.sequence
    assert read[-1][300:390] == "N" * 90


def test_of_a_gene_in_a_file_only_the_part_is_read(trained):
    spans = []

    def read(start, end):
        spans.append((start, end))
        return bases(end - start, 6)

    stored = Gene("CHR", "", InFile(10**9, read), "")
    made = ask(trained, stored, part=(500, 900))["provenance"]
    assert (set(spans), made["genes"][0]["bases"]) == ({(500, 900)}, 400)


def test_genes_of_one_name_are_placed_by_their_ids(trained):
    twins = [Gene("T1", "TWIN", bases(300, 1), ""), Gene("T2", "TWIN", bases(300, 2), "")]
    made = ask(trained, *twins, question="Is <GeneHere T1> like <GeneHere T2>?")["provenance"]
    assert made["prompt"].count("GeneHere") == 2
    again = [*twins[:1], *twins[:1]]
    assert ask(trained, *again, question="<GeneHere gene-1> <GeneHere gene-2>?")["answer"]


def test_a_gene_placed_by_number_takes_no_name_of_another(trained):
    nameless = [Gene("no one's", "", bases(300, seed), "") for seed in (1, 2)]
    own = Gene("own", "gene-2", bases(300, 3), "")
    asked = "<GeneHere gene-1> <GeneHere gene-2> <GeneHere gene-3>?"
    assert ask(trained, nameless[0], nameless[1], own, question=asked)["answer"]


def test_a_name_that_several_genes_bear_is_refused_with_their_ids():
    twins = [Gene("T1", "TWIN", "ACGT", ""), Gene("T2", "TWIN", "ACGT", ""), Gene("TWIN2", "T2", "ACGT", "")]
    with pytest.raises(UserError, match="2 genes are called TWIN") as caught:
        choose_genes(twins, ["TWIN"], "genes.fa")
    assert "T1, T2" in caught.value.hint
    assert choose_genes(twins, ["T2", "t1"], "genes.fa") == [twins[1], twins[0]]


def test_what_the_folder_of_the_language_model_says_of_drawing_counts_for_nothing(trained, monkeypatch):
    warm = {"temperature": 1.5, "top_p": 1.0}
    usual = ask(trained, seed=1, speaking=warm)["answer"]
    folder = trained.model.language.generation_config
    for name, value in {"top_k": 1, "min_p": 0.9, "typical_p": 0.1, "no_repeat_ngram_size": 1}.items():
        monkeypatch.setattr(folder, name, value)
    assert ask(trained, seed=1, speaking=warm)["answer"] == usual
    monkeypatch.setattr(folder, "top_k", None)
    assert _config(SpeakingSettings(temperature=1), trained.tokenizer).top_k == 0
