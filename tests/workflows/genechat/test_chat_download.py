"""Models come from a server that behaves like a Hugging Face hub: whole, of one commit, without programs of theirs."""

import json
import shutil
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from chat_runs import Told, open_run, settings_from
from command_lines import until, workers
from dna_folders import write_published
from hub_stand_in import COMMIT, HubStandIn, hub_stand_in
from running_pickles import RunsWhenRead
from tiny_language import language_folder

from genodesk.core.errors import Stopped, UserError
from genodesk.engine.nn.dnabert2_folder import load_dnabert2
from genodesk.engine.weights import load_tensors
from genodesk.workflows.genechat import download as module
from genodesk.workflows.genechat.check import check_download
from genodesk.workflows.genechat.download import download
from genodesk.workflows.genechat.download_place import alone
from genodesk.workflows.genechat.hub import Hub
from genodesk.workflows.genechat.language import load_language, read_language
from genodesk.workflows.genechat.servers import ATTEMPTS
from genodesk.workflows.genechat.settings_actions import DownloadSettings

TOKEN = "hf_s3cretT0ken"
LANGUAGE, DNA = "lab/speaks", "lab/reads-dna"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    """A hub with a language model and a DNA encoder, each with a program beside it."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(module, "Hub", lambda *args, **told: Hub(*args, **told, first_wait_s=0.01))
    models = {
        LANGUAGE: language_folder(tmp_path / "hub" / "language"),
        DNA: write_published(tmp_path / "hub" / "dna", pickled=True),
    }
    for folder in models.values():
        (folder / "modeling_own.py").write_text("raise SystemExit")
        (folder / "README.md").write_text("A model.")
    with hub_stand_in(HubStandIn(models)) as running:
        yield running


def downloaded(
    place: Path, hub: HubStandIn, model: str = LANGUAGE, stop: Callable[[], bool] = lambda: False, **flat: Any
) -> tuple[dict[str, Any], Told]:
    settings = settings_from(DownloadSettings, **{"model": model, "service": hub.address, "out": place / "it", **flat})
    check_download(settings)
    run, told = open_run(place / "run", "download", settings, stop)
    return download(settings, run), told


def test_a_language_model_arrives_as_it_is_without_its_programs(tmp_path, hub):
    answer, told = downloaded(tmp_path, hub)
    assert (answer["kind"], answer["commit"], answer["converted"]) == ("language model", COMMIT, False)
    there, here = hub.models[LANGUAGE], tmp_path / "it"
    assert {path.name for path in here.iterdir()} == {
        *(path.name for path in there.iterdir() if path.suffix != ".py"), "source.json",
    }  # fmt: skip
    assert (here / "model.safetensors").read_bytes() == (there / "model.safetensors").read_bytes()
    assert load_language(here).model.config.hidden_size == 32
    assert json.loads((here / "source.json").read_text())["commit"] == COMMIT
    assert any(f"--language {here}" in line for line in told.logs)
    assert not (tmp_path / "it.part").exists()


def test_a_pickled_dna_encoder_is_written_anew_and_reads_the_same(tmp_path, hub):
    answer, told = downloaded(tmp_path, hub, DNA)
    assert (answer["kind"], answer["converted"]) == ("DNA encoder", True)
    assert not list((tmp_path / "it").glob("*.bin"))
    ours, theirs = load_dnabert2(tmp_path / "it"), load_dnabert2(hub.models[DNA])
    for name, tensor in theirs.network.state_dict().items():
        assert torch.equal(ours.network.state_dict()[name], tensor), name
    assert any("--dna-encoder" in line for line in told.logs)


def test_a_pickle_that_would_run_code_stays_inert(tmp_path, hub):
    mark = tmp_path / "ran"
    torch.save({"bert.x": RunsWhenRead(mark)}, hub.models[DNA] / "pytorch_model.bin")
    with pytest.raises(UserError):
        downloaded(tmp_path, hub, DNA)
    assert not mark.exists()


def test_safetensors_are_taken_where_there_are_pickles_too(tmp_path, hub):
    torch.save({}, hub.models[LANGUAGE] / "pytorch_model.bin")
    downloaded(tmp_path, hub)
    assert "pytorch_model.bin" not in {name for name, _ in hub.parts}


def test_weights_in_several_files_arrive_all(tmp_path, hub):
    load_language(hub.models[LANGUAGE]).model.save_pretrained(tmp_path / "split", max_shard_size="20KB")
    for path in (tmp_path / "split").glob("model*"):
        shutil.copy(path, hub.models[LANGUAGE] / path.name)
    (hub.models[LANGUAGE] / "model.safetensors").unlink()
    answer, _ = downloaded(tmp_path, hub)
    assert len(list((tmp_path / "it").glob("model-*.safetensors"))) > 1
    assert read_language(tmp_path / "it").parameters == read_language(hub.models[LANGUAGE]).parameters
    assert answer["bytes"] == sum(path.stat().st_size for path in (tmp_path / "it").glob("model-*.safetensors"))


@pytest.mark.parametrize("kind", ["500", "429", "cut", "whole"])
def test_what_breaks_off_goes_on_where_it_was(tmp_path, hub, kind):
    hub.fails = [("model.safetensors", "cut"), ("model.safetensors", kind)]
    _, told = downloaded(tmp_path, hub)
    wanted = [part for name, part in hub.parts if name == "model.safetensors"]
    assert wanted[0] == ""
    assert all(part.startswith("bytes=") for part in wanted[1:])
    assert (tmp_path / "it" / "model.safetensors").read_bytes() == (
        hub.models[LANGUAGE] / "model.safetensors"
    ).read_bytes()
    assert any("asking again" in warning for warning in told.warnings)


def test_a_line_that_breaks_often_is_borne_as_long_as_bytes_come(tmp_path, hub):
    hub.fails = [("model.safetensors", "cut")] * 9
    downloaded(tmp_path, hub)
    assert len([name for name, _ in hub.parts if name == "model.safetensors"]) == 10


def test_a_hub_that_stays_away_ends_in_a_sentence_and_what_came_is_kept(tmp_path, hub):
    hub.fails = [("model.safetensors", "cut"), *[("model.safetensors", "500")] * 9]
    with pytest.raises(UserError, match="error 500") as refused:
        downloaded(tmp_path, hub)
    assert "resume this run" in refused.value.hint
    assert (tmp_path / "it.part" / "model.safetensors.part").stat().st_size > 0
    hub.fails = []
    downloaded(tmp_path, hub)
    assert hub.parts[-1][1] != ""


def test_other_bytes_than_the_hub_describes_are_thrown_away(tmp_path, hub):
    hub.fails = [("model.safetensors", "wrong")]
    _, told = downloaded(tmp_path, hub)
    assert any("did not arrive as the hub describes it" in warning for warning in told.warnings)
    shutil.rmtree(tmp_path / "it")
    hub.fails = [("config.json", "wrong")] * 2
    with pytest.raises(UserError, match="arrives otherwise"):
        downloaded(tmp_path, hub)
    assert not (tmp_path / "it").exists()


def test_a_stopped_download_keeps_its_commit_and_what_came(tmp_path, hub):
    part = tmp_path / "it.part" / "model.safetensors.part"
    with pytest.raises(Stopped):
        downloaded(tmp_path, hub, stop=lambda: part.exists() and part.stat().st_size > 0)
    came = part.stat().st_size
    assert 0 < came < (hub.models[LANGUAGE] / "model.safetensors").stat().st_size
    hub.asked.clear()
    downloaded(tmp_path, hub)
    assert not any(path.startswith("/api/") for path in hub.asked), "the commit is asked for once"
    assert hub.parts[-1] == ("model.safetensors", f"bytes={came}-")


def test_a_killed_download_goes_on_where_it_was(tmp_path, hub, shell):
    hub.slow_s = 0.02
    place, part = tmp_path / "run", tmp_path / "it.part" / "model.safetensors.part"
    process = shell.start(
        "genechat", "download", "--json", model=LANGUAGE, service=hub.address, out=tmp_path / "it", run_dir=place
    )
    until(lambda: part.exists() and part.stat().st_size > 20_000)
    for worker in workers(place):  # the supervisor begins another attempt
        worker.kill()
    answer, _ = process.communicate(timeout=60)
    assert process.returncode == 0, answer
    wanted = [told for name, told in hub.parts if name == "model.safetensors"]
    assert len(wanted) == 2
    assert int(wanted[1].removeprefix("bytes=").rstrip("-")) > 20_000
    assert read_language(tmp_path / "it").width == 32


def split(hub: HubStandIn, place: Path, kind: str = "safetensors") -> list[str]:
    """The language model's weights in several files; their names."""
    folder = hub.models[LANGUAGE]
    load_language(folder).model.save_pretrained(place, max_shard_size="20KB")
    (folder / "model.safetensors").unlink()
    shards = sorted(place.glob("model-*.safetensors"))
    if kind == "safetensors":
        for path in (*shards, place / "model.safetensors.index.json"):
            shutil.copy(path, folder)
        return [path.name for path in shards]
    places = {}
    for path in shards:
        pickled = path.name.replace("model-", "pytorch_model-").replace(".safetensors", ".bin")
        tensors = load_tensors(path)
        torch.save(tensors, folder / pickled)
        places |= dict.fromkeys(tensors, pickled)
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": places}))
    return sorted(set(places.values()))


def test_a_file_that_was_spoilt_since_it_came_is_fetched_again(tmp_path, hub):
    first, second, *_ = split(hub, tmp_path / "split")
    part = tmp_path / "it.part"
    with pytest.raises(Stopped):
        downloaded(tmp_path, hub, stop=(part / f"{second}.part").exists)
    content = bytearray((part / first).read_bytes())
    content[-8:] = bytes(8) if any(content[-8:]) else b"\1" * 8
    (part / first).write_bytes(content)
    _, told = downloaded(tmp_path, hub)
    assert any(f"{first} is no longer" in warning for warning in told.warnings)
    assert (tmp_path / "it" / first).read_bytes() == (hub.models[LANGUAGE] / first).read_bytes()


def test_pickled_weights_in_several_files_go_on_after_a_stop_between_two(tmp_path, hub):
    parameters = read_language(hub.models[LANGUAGE]).parameters
    names = split(hub, tmp_path / "split", "pickled")
    part = tmp_path / "it.part"
    with pytest.raises(Stopped):
        downloaded(tmp_path, hub, stop=(part / names[1]).exists)
    assert len(list(part.glob("*.safetensors"))) == 1
    assert {path.name for path in part.glob("*.bin")} == {names[1]}, "at most one stands beside its copy"
    (part / ".model-2.safetensors.killed").mkdir()
    hub.parts.clear()
    downloaded(tmp_path, hub)
    assert not {names[0], names[1]} & {name for name, _ in hub.parts}
    here = tmp_path / "it"
    assert read_language(here).parameters == parameters
    assert load_language(here).model.config.hidden_size == 32
    assert not list(here.glob("*.bin*"))
    assert not list(here.glob(".*"))


def test_an_attempt_that_was_killed_after_the_last_rename_was_successful(tmp_path, hub):
    answer, _ = downloaded(tmp_path, hub)
    hub.asked.clear()
    settings = settings_from(DownloadSettings, model=LANGUAGE, service=hub.address, out=tmp_path / "it")
    run, _ = open_run(tmp_path / "again", "download", settings)
    assert download(settings, run) == answer
    assert not hub.asked


def test_two_downloads_into_one_folder_do_not_meet(tmp_path, hub):
    with alone(tmp_path / "it.part"), pytest.raises(UserError, match="Another run is downloading"):
        downloaded(tmp_path, hub)
    downloaded(tmp_path, hub)
    assert {path.name for path in tmp_path.iterdir()} == {"hub", "it", "run"}


def test_a_copy_of_the_hub_that_never_gets_beyond_the_middle_is_given_up(tmp_path, hub):
    hub.fails = [("model.safetensors", "half")] * 50
    with pytest.raises(UserError, match="broke off"):
        downloaded(tmp_path, hub)
    assert len([name for name, _ in hub.parts if name == "model.safetensors"]) == ATTEMPTS


def test_a_part_that_the_store_does_not_know_begins_anew(tmp_path, hub):
    hub.fails = [("model.safetensors", "cut"), ("model.safetensors", "416")]
    downloaded(tmp_path, hub)
    assert [wanted == "" for name, wanted in hub.parts if name == "model.safetensors"] == [True, False, True]


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size to stand for a full disk")
def test_a_full_disk_is_told_as_such_at_once(tmp_path, hub):
    import resource

    settings = settings_from(DownloadSettings, model=LANGUAGE, service=hub.address, out=tmp_path / "it")
    run, _ = open_run(tmp_path / "full", "download", settings)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(UserError, match=r"model\.safetensors\.part cannot be written") as refused:
            download(settings, run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "Free some space" in refused.value.hint
    assert len([name for name, _ in hub.parts if name == "model.safetensors"]) == 1
    downloaded(tmp_path, hub)


def test_a_hub_that_is_not_there_asks_for_the_internet(tmp_path, hub):
    with pytest.raises(UserError, match="check that this computer is on the internet"):
        downloaded(tmp_path, hub, service="http://127.0.0.1:9")


def test_a_token_that_no_request_can_bear_is_refused_unseen(tmp_path, hub, shell):
    shell.environment["HF_TOKEN"] = "hf_s3cret€"
    process = shell.start(
        "genechat", "download", model=LANGUAGE, service=hub.address, out=tmp_path / "it", run_dir=tmp_path / "run"
    )
    said = "".join(process.communicate(timeout=60))
    assert process.returncode == 2, said
    assert "not one word of plain letters" in said
    assert "s3cret" not in said
    assert not any(b"s3cret" in path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())


def test_the_token_goes_to_the_hub_and_nowhere_else(tmp_path, hub):
    hub.gated = {LANGUAGE: TOKEN}
    _, told = downloaded(tmp_path, hub)
    assert all(headers["authorization"] == f"Bearer {TOKEN}" for headers in hub.heard)
    assert hub.heard_by_store
    assert not any("authorization" in headers for headers in hub.heard_by_store)
    assert TOKEN not in "".join(event.model_dump_json() for event in told)
    assert not any(TOKEN.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not Hub("https://hub.example.org", token=TOKEN).with_token
    assert Hub("https://huggingface.co/", token=TOKEN).with_token


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"model": "lab/absent"}, "has no model lab/absent", "Check the name"),
        ({"revision": "v9"}, "has no revision v9", "newest"),
        ({"model": "vicuna"}, "no name of a model", "USER/NAME"),
        ({"model": "../../etc"}, "no name of a model", "USER/NAME"),
        ({"service": "http://hub.example.org"}, "no address of a hub", "https://"),
        ({"service": "https://[::1"}, "no address of a hub", "https://"),
        ({"service": "https://a..b"}, "no address of a hub", "https://"),
        ({"revision": " "}, "No revision", "newest"),
        ({"out": Path("/proc/it")}, "cannot be written|may be written", "another folder"),
        ({"out": Path("x" * 220)}, "too long", "another"),
    ],
)
def test_what_cannot_be_found_is_a_sentence_and_leaves_nothing(tmp_path, hub, given, message, hint):
    with pytest.raises(UserError, match=message) as refused:
        downloaded(tmp_path, hub, **given)
    assert hint in refused.value.hint
    assert not (tmp_path / "it.part").exists()


def test_a_gated_model_says_where_its_terms_are(tmp_path, hub):
    hub.gated = {LANGUAGE: "another"}
    with pytest.raises(UserError, match="accepted its terms") as refused:
        downloaded(tmp_path, hub)
    assert f"{hub.address}/{LANGUAGE}" in refused.value.hint
    assert "account that your token belongs to" in refused.value.hint
    assert not (tmp_path / "it.part").exists(), "another model may be asked for under this name"


def _own_code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModelForCausalLM": "own.Model"}}))


def _only_gguf(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-q4.gguf")


def _no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _leads_outside(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    _index(folder, "../../outside.safetensors")


def _names_a_program(folder: Path) -> None:
    _index(folder, "modeling_own.py")


def _index(folder: Path, name: str) -> None:
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"x": name}}))


def _reads_words(folder: Path) -> None:
    config = {"model_type": "bert", "hidden_act": "gelu", "hidden_size": 32, "num_attention_heads": 2}
    (folder / "config.json").write_text(json.dumps(config))


def _strange_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")


def _large_card(folder: Path) -> None:
    with (folder / "README.md").open("wb") as card:
        card.truncate(200_000_001)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_own_code, "program code of its own"),
        (_only_gguf, "no weights that can be used"),
        (_no_tokenizer, "no tokenizer"),
        (_leads_outside, "no file of weights"),
        (_names_a_program, "no file of weights"),
        (_reads_words, "reads words, not DNA"),
        (_strange_tokenizer, "cannot be loaded"),
        (_large_card, "far more than such a file needs"),
    ],
)
def test_what_cannot_be_used_is_refused_before_its_weights(tmp_path, hub, spoil, message):
    spoil(hub.models[LANGUAGE])
    with pytest.raises(UserError, match=message):
        downloaded(tmp_path, hub)
    assert not any(name.endswith((".safetensors", ".gguf")) for name, _ in hub.parts)
    assert not (tmp_path / "it.part").exists()
    assert not (tmp_path / "it").exists()


def test_a_dna_encoder_in_several_files_is_refused_before_its_weights(tmp_path, hub):
    folder = hub.models[DNA]
    for number in (1, 2):
        shutil.copy(folder / "pytorch_model.bin", folder / f"pytorch_model-{number:05}-of-00002.bin")
    index = {"weight_map": {str(number): f"pytorch_model-{number:05}-of-00002.bin" for number in (1, 2)}}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    with pytest.raises(UserError, match="in several files"):
        downloaded(tmp_path, hub, DNA)
    assert not any(name.endswith(".bin") for name, _ in hub.parts)


def test_an_encoder_with_other_weights_than_its_settings_say_gets_no_name(tmp_path, hub):
    torch.save({"bert.embeddings.word_embeddings.weight": torch.zeros(3, 3)}, hub.models[DNA] / "pytorch_model.bin")
    with pytest.raises(UserError, match="not the weights of a DNABERT-2"):
        downloaded(tmp_path, hub, DNA)
    assert not (tmp_path / "it").exists()
    assert not (tmp_path / "it.part").exists()


def test_a_tokenizer_of_sentencepiece_alone_is_enough(tmp_path, hub):
    folder = hub.models[LANGUAGE]
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.model").write_bytes(_pieces("<unk>", "<s>", "</s>", *"▁ab"))
    told = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    downloaded(tmp_path, hub)
    tokenizer = load_language(tmp_path / "it").tokenizer
    assert tokenizer.decode(tokenizer("a b", add_special_tokens=False).input_ids) == "a b"


def _pieces(*texts: str) -> bytes:
    """A BPE model of sentencepiece, as protobuf writes it: unknown, begin, end, every byte, then the other pieces."""

    def number(value: int) -> bytes:
        return bytes([value & 127 | 128]) + number(value >> 7) if value > 127 else bytes([value])

    def field(place: int, content: bytes) -> bytes:
        return number(place << 3 | 2) + number(len(content)) + content

    def piece(text: str, score: float, kind: int) -> bytes:
        told = field(1, text.encode()) + number(2 << 3 | 5) + struct.pack("<f", score) + number(3 << 3) + number(kind)
        return field(1, told)

    special = [piece(text, 0, kind) for text, kind in zip(texts[:3], (2, 3, 3), strict=True)]
    every_byte = [piece(f"<0x{value:02X}>", 0, 6) for value in range(256)]
    others = [piece(text, -float(rank), 1) for rank, text in enumerate(texts[3:])]
    return b"".join((*special, *every_byte, *others, field(2, number(3 << 3) + number(2))))


def test_a_model_larger_than_the_disk_is_refused_before_its_weights(tmp_path, hub, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(UserError, match=r"needs 0\.0 GB on this disk"):
        downloaded(tmp_path, hub)
    assert "model.safetensors" not in {name for name, _ in hub.parts}


def test_nothing_that_lies_there_is_touched(tmp_path, hub):
    (tmp_path / "it.part").mkdir()
    (tmp_path / "it.part" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="belongs to something else"):
        downloaded(tmp_path, hub)
    assert (tmp_path / "it.part" / "mine.txt").read_text() == "mine"
    shutil.rmtree(tmp_path / "it.part")
    (tmp_path / "it").mkdir()
    with pytest.raises(UserError, match="no model is overwritten"):
        downloaded(tmp_path, hub)


def test_a_page_that_is_no_hub_is_told_apart(tmp_path, hub, monkeypatch):
    monkeypatch.setattr(hub, "about", lambda _: {"please": "sign in"})
    with pytest.raises(UserError, match="not what a Hugging Face hub says"):
        downloaded(tmp_path, hub)


def test_a_wish_to_stop_is_heard_while_a_slow_file_arrives(tmp_path, hub):
    hub.slow_s = 0.1
    began = time.monotonic()
    with pytest.raises(Stopped):
        downloaded(tmp_path, hub, stop=lambda: time.monotonic() - began > 0.5)
    assert time.monotonic() - began < 2.5
