"""Genes come from a server that behaves like NCBI: at its pace, whole or not at all, and without telling the key."""

import socket
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_runs import Told, open_run, settings_from
from command_lines import supervisor, until, workers
from ncbi_stand_in import StandIn, stand_in

from genodesk.core.errors import Stopped, UserError
from genodesk.engine.data.sequence_codes import reverse_complement
from genodesk.workflows.genechat import fetch as module
from genodesk.workflows.genechat.check_genes import check_fetch
from genodesk.workflows.genechat.fetch import fetch, search_term
from genodesk.workflows.genechat.ncbi import Ncbi
from genodesk.workflows.genechat.pairs import load_pairs
from genodesk.workflows.genechat.servers import retry_after
from genodesk.workflows.genechat.settings_actions import FetchSettings

KEY = "s3cretk3y0123456789"
CHROMOSOME = "".join(np.random.default_rng(0).choice(list("ACGT"), 20_000))


@pytest.fixture
def ncbi(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Eight genes of 300 bases on one chromosome, every other one on the other strand."""
    monkeypatch.setenv("NCBI_API_KEY", KEY)
    monkeypatch.setattr(module, "Ncbi", lambda *args, **told: Ncbi(*args, **told, first_wait_s=0.01))
    server = StandIn({"NC_1.1": CHROMOSOME})
    for number in range(8):
        start, stop = number * 1000, number * 1000 + 299
        server.add(str(100 + number), f"ABC{number}", *((start, stop) if number % 2 == 0 else (stop, start)),
                   summary=f"This gene does {number}.")  # fmt: skip
    with stand_in(server) as running:
        yield running


def fetched(
    place: Path, server: StandIn, stop: Callable[[], bool] = lambda: False, **flat: Any
) -> tuple[dict[str, Any], Told]:
    given = {"organism": "Saccharomyces cerevisiae", "service": server.address, "split": "random", **flat}
    settings = settings_from(FetchSettings, out=place / "set", **given)
    check_fetch(settings)
    run, told = open_run(place / "run", "fetch", settings, stop)
    return fetch(settings, run), told


def test_genes_arrive_with_summary_and_bases_of_their_strand(tmp_path, ncbi):
    answer, _ = fetched(tmp_path, ncbi)
    pairs = {pair.gene: pair for part in load_pairs(tmp_path / "set").values() for pair in part}
    assert len(pairs) == 8
    assert pairs["ABC2"].sequence == CHROMOSOME[2000:2300]
    assert pairs["ABC3"].sequence == reverse_complement(CHROMOSOME[3000:3300])
    assert (pairs["ABC3"].id, pairs["ABC3"].answer, pairs["ABC3"].source) == (
        "103", "This gene does 3.", "NCBI summary",
    )  # fmt: skip
    assert answer["found"] == 8
    assert answer["asked"] == search_term("Saccharomyces cerevisiae", "")
    assert len(ncbi.asked("esummary")) == 1


def test_the_question_is_for_living_protein_coding_genes():
    assert search_term("Homo sapiens", "kinase") == (
        '"Homo sapiens"[Organism] AND alive[Properties] AND "genetype protein coding"[Properties] AND (kinase)'
    )


def test_the_key_is_sent_and_stands_in_no_address_log_file_or_message(tmp_path, ncbi):
    ncbi.fails = [("esummary", "500")]
    _, told = fetched(tmp_path, ncbi)
    assert all(fields["api_key"] == KEY for _, fields in ncbi.requests)
    assert KEY not in "".join(ncbi.lines)
    assert KEY not in "".join(event.model_dump_json() for event in told)
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert len(files) > 8
    assert not any(KEY.encode() in path.read_bytes() for path in files)


def test_a_refused_key_is_told_without_the_key(tmp_path, ncbi):
    ncbi.wrong_key = KEY
    with pytest.raises(UserError, match="API key invalid") as refused:
        fetched(tmp_path, ncbi)
    assert KEY not in str(refused.value)
    assert "***" in refused.value.message
    assert "NCBI_API_KEY" in refused.value.hint


def test_a_key_never_crosses_the_network_in_the_clear():
    assert Ncbi("http://ncbi.example.org/eutils", key=KEY)._common.get("api_key") is None
    assert Ncbi("https://ncbi.example.org/eutils", key=KEY)._common["api_key"] == KEY


@pytest.mark.parametrize(("key", "most", "rate"), [("", 4, 3), (KEY, 8, 10)])
def test_requests_never_come_faster_than_ncbi_allows(tmp_path, ncbi, monkeypatch, key, most, rate):
    monkeypatch.setenv("NCBI_API_KEY", key)
    monkeypatch.setattr("keyring.get_password", lambda *_: None)
    began = time.monotonic()
    _, told = fetched(tmp_path, ncbi, most_genes=most)
    assert told.logs[0].startswith(f"NCBI is asked at most {rate} times a second, with")
    assert ncbi.too_fast == 0
    assert len(ncbi.requests) == most + 2
    assert time.monotonic() - began > (most + 1) / rate


def test_the_key_may_lie_in_the_keyring(tmp_path, ncbi, monkeypatch):
    monkeypatch.delenv("NCBI_API_KEY")
    monkeypatch.setattr("keyring.get_password", lambda service, name: KEY if service == "genodesk" else None)
    fetched(tmp_path, ncbi, most_genes=4)
    assert ncbi.asked("esearch")[0]["api_key"] == KEY


@pytest.mark.parametrize("kind", ["429", "500", "cut", "short"])
def test_what_goes_wrong_once_is_asked_again(tmp_path, ncbi, kind):
    ncbi.fails = [("efetch", kind), ("efetch", kind)]
    answer, told = fetched(tmp_path, ncbi)
    assert answer["genes"] == 8
    assert len(ncbi.asked("efetch")) == 10
    assert any("asking again" in warning for warning in told.warnings)


@pytest.mark.parametrize("tool", ["esearch", "esummary"])
def test_half_an_answer_is_asked_for_again(tmp_path, ncbi, tool):
    ncbi.fails = [(tool, "torn"), (tool, "cut")]
    assert fetched(tmp_path, ncbi, most_genes=4)[0]["found"] == 4


def test_the_time_that_a_server_asks_for_is_waited(tmp_path, ncbi):
    ncbi.fails = [("esearch", "429")]
    _, told = fetched(tmp_path, ncbi, most_genes=4)
    assert "NCBI asks to slow down; asking again in 0.2 s." in told.warnings


def test_a_time_to_wait_may_be_told_as_a_date():
    assert 25 < retry_after(formatdate(time.time() + 30, usegmt=True)) < 31
    assert retry_after("2") == 2
    assert retry_after("soon") == retry_after("") == 0


def test_a_gene_that_always_comes_short_is_named_and_the_rest_is_kept(tmp_path, ncbi):
    ncbi.fails = [("efetch", "short")] * 6
    answer, _ = fetched(tmp_path, ncbi)
    assert answer["genes"] == 7
    ((reason, found),) = answer["dropped"].items()
    assert reason == "NCBI sent 282 of its 300 bases"
    assert found["ids"] == ["100"]


def test_a_stopped_fetch_goes_on_where_it_was(tmp_path, ncbi):
    with pytest.raises(Stopped):
        fetched(tmp_path, ncbi, stop=lambda: len(ncbi.asked("efetch")) >= 5)
    first = len(ncbi.asked("efetch"))
    assert not (tmp_path / "set").exists()
    answer, told = fetched(tmp_path, ncbi)
    assert answer["genes"] == 8
    assert len(ncbi.asked("esearch")) == 1
    assert len(ncbi.asked("efetch")) == 8 + (first - 4)
    assert any("of 8 genes are here already" in line for line in told.logs)


def test_a_killed_fetch_goes_on_where_it_was(tmp_path, ncbi, shell):
    place = tmp_path / "run"
    arrived = lambda least: lambda: len(ncbi.asked("efetch")) >= least  # noqa: E731
    process = shell.start(
        "genechat", "fetch", "--json", organism="Saccharomyces cerevisiae", service=ncbi.address, split="random",
        out=tmp_path / "set", run_dir=place,
    )  # fmt: skip
    until(arrived(2))
    for worker in workers(place):  # the supervisor begins another attempt
        worker.kill()
    until(arrived(4))
    supervisor(place).kill()
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not (tmp_path / "set").exists()
    answer = shell("runs", "resume", place, "--json")
    assert answer.code == 0, answer.err
    assert len([pair for part in load_pairs(tmp_path / "set").values() for pair in part]) == 8
    assert len(ncbi.asked("esearch")) == 1
    places = [(fields["seq_start"], fields["strand"]) for fields in ncbi.asked("efetch")]
    assert len(set(places)) == 8
    assert len(places) <= 8 + 2, "only what was on its way at a kill is asked for again"


def test_a_server_that_stays_away_ends_in_a_sentence_and_what_came_is_kept(tmp_path, ncbi):
    ncbi.fails = [("efetch", "500")] * 40
    with pytest.raises(UserError, match="error 502") as refused:
        fetched(tmp_path, ncbi)
    assert "resume this run" in refused.value.hint
    ncbi.fails = []
    assert fetched(tmp_path, ncbi)[0]["genes"] == 8
    assert len(ncbi.asked("esearch")) == 1


def test_nobody_at_the_address_is_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/eutils"
    with pytest.raises(UserError, match="cannot be reached"):
        Ncbi(nobody, first_wait_s=0.01).search("x", 1)


def test_no_gene_found_is_told_with_what_ncbi_does_not_know(tmp_path, ncbi):
    with pytest.raises(UserError, match="finds no living, protein-coding gene") as refused:
        fetched(tmp_path, ncbi, organism="Nonexistens")
    assert 'does not know "Nonexistens"[Organism]' in refused.value.message
    assert not (tmp_path / "set").exists()


def test_genes_that_ncbi_cannot_place_or_describe_are_left_out_by_name(tmp_path, ncbi):
    ncbi.add("200", "LOST", 0, 299, summary="It does.", genomicinfo=[])
    ncbi.add("201", "MUTE", 0, 299)
    ncbi.add("202", "LONG", 0, 19_000, summary="It does.")
    ncbi.add("203", "NAMED", 17_000, 17_299, description="alcohol dehydrogenase")
    ncbi.genes["204"] = {"uid": "204", "error": "cannot get document summary"}
    answer, _ = fetched(tmp_path, ncbi, longest_gene=5000)
    assert answer["found"] == 13
    assert {reason: found["ids"] for reason, found in answer["dropped"].items()} == {
        "NCBI gives no place in a genome": ["200"],
        "nothing is said of it": ["201"],
        "it is longer than 5,000 bases": ["202"],
        "NCBI has no record of it any more": ["204"],
    }
    pairs = {pair.gene: pair for part in load_pairs(tmp_path / "set").values() for pair in part}
    assert (pairs["NAMED"].answer, pairs["NAMED"].source) == ("alcohol dehydrogenase", "NCBI gene name")
    assert len(ncbi.asked("efetch")) == 9


def test_when_nothing_can_be_used_it_is_said_and_nothing_written(tmp_path, ncbi):
    ncbi.genes.clear()
    ncbi.add("201", "MUTE", 0, 299)
    with pytest.raises(UserError, match="nothing is said of it"):
        fetched(tmp_path, ncbi)
    assert not (tmp_path / "set").exists()


def test_an_id_that_is_no_number_never_becomes_a_file(tmp_path, ncbi):
    ncbi.add("../../evil", "X", 0, 299, summary="x")
    with pytest.raises(UserError, match="not a number"):
        fetched(tmp_path, ncbi)


@pytest.mark.parametrize(
    ("flat", "said"), [({"organism": " "}, "No organism"), ({"service": "ncbi.nlm.nih.gov"}, "no address")]
)
def test_a_question_that_cannot_be_asked_is_refused_first(tmp_path, flat, said):
    settings = settings_from(FetchSettings, **{"organism": "yeast", "out": tmp_path / "set", **flat})
    with pytest.raises(UserError, match=said):
        check_fetch(settings)
