"""Checkpoints are complete or absent, verified when read, pruned, and a full disk costs no older one."""

import errno
import json
import os
import shutil
import subprocess

import pytest
import torch
from safetensors import SafetensorError

from genodesk.core.errors import UserError
from genodesk.engine.training import checkpoint
from genodesk.engine.training.checkpoint import CheckpointStore


def make_store(tmp_path, **options):
    warnings = []
    return CheckpointStore(tmp_path / "checkpoints", warn=warnings.append, **options), warnings


def tensors(value: float, size: int = 10):
    return {"model": {"weight": torch.full((size,), value), "count": torch.tensor(3)}, "optimizer": {}}


def test_what_was_saved_comes_back(tmp_path):
    saved_paths = []
    store, warnings = make_store(tmp_path, on_saved=saved_paths.append)
    numbers = {
        "double": torch.tensor([1 / 3], dtype=torch.float64),
        "half": torch.tensor([1.5], dtype=torch.bfloat16),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "turned": torch.arange(6.0).reshape(2, 3).T,
        "part": torch.arange(100.0)[10:12],
    }
    document = {"big": 2**127 + 1, "third": 1 / 3, "text": "µm"}
    path = store.save(1200, {"model": numbers}, document)
    assert path == tmp_path / "checkpoints" / "step-00001200"
    assert saved_paths == [path]
    saved = store.newest()
    assert (saved.step, saved.path, saved.document) == (1200, path, document)
    assert saved.tensors("model").keys() == numbers.keys()
    for name, tensor in saved.tensors("model").items():
        assert tensor.dtype == numbers[name].dtype
        assert torch.equal(tensor, numbers[name])
    assert saved.tensors("average") == {}
    assert (store.folder / "last").read_text() == "step-00001200\n"
    assert (path / "model.safetensors").stat().st_size < 1000  # the part, not the 100 numbers it was cut from
    assert warnings == []


def test_tied_weights_are_saved_under_both_names(tmp_path):
    store, _ = make_store(tmp_path)
    embedding, head = torch.nn.Embedding(7, 3), torch.nn.Linear(3, 7, bias=False)
    head.weight = embedding.weight
    store.save(1, {"model": torch.nn.ModuleList([embedding, head]).state_dict()}, {})
    assert torch.equal(store.newest().tensors("model")["1.weight"], embedding.weight)


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_only_the_owner_may_read(tmp_path):
    store, _ = make_store(tmp_path)
    path = store.save(1, tensors(1.0), {})
    assert path.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.iterdir()} == {0o600}


def test_the_newest_two_and_the_best_are_kept(tmp_path):
    store, _ = make_store(tmp_path)
    for step in (100, 200, 300, 400, 500):
        store.save(step, tensors(step), {})
        if step == 200:
            store.mark_best(200)
    assert store.steps() == [200, 400, 500]
    assert store.best().step == 200
    store.mark_best(500)
    assert store.steps() == [400, 500]
    assert (store.folder / "best").read_text() == "step-00000500\n"
    assert sorted(entry.name for entry in store.folder.iterdir()) == ["best", "last", "step-00000400", "step-00000500"]


def flip_a_bit(path):
    file = path / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def cut_short(path):
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])


def change_the_document(path):
    (path / "state.json").write_text('{"stage": "other"}')


def lose_a_file(path):
    (path / "model.safetensors").unlink()


def lose_the_manifest(path):
    (path / "MANIFEST.json").unlink()


def spoil_the_manifest(path):
    (path / "MANIFEST.json").write_bytes(b"[1, 2")


def replace_the_manifest(path):
    (path / "MANIFEST.json").write_text("[]")


def take_the_manifest_of_another_step(path):
    shutil.copy(path.with_name("step-00000001") / "MANIFEST.json", path / "MANIFEST.json")


def add_a_file(path):
    shutil.copy(path / "model.safetensors", path / "average.safetensors")


@pytest.mark.parametrize(
    "harm",
    [
        flip_a_bit,
        cut_short,
        change_the_document,
        lose_a_file,
        lose_the_manifest,
        spoil_the_manifest,
        replace_the_manifest,
        take_the_manifest_of_another_step,
        add_a_file,
    ],
)
def test_a_damaged_state_falls_back_to_the_one_before_with_a_warning(tmp_path, harm):
    store, warnings = make_store(tmp_path)
    store.save(1, tensors(1.0), {"n": 1})
    harm(store.save(2, tensors(2.0), {"n": 2}))
    saved = store.newest()
    assert (saved.step, saved.document) == (1, {"n": 1})
    assert len(warnings) == 1
    assert "step-00000002 is damaged" in warnings[0]


def test_when_every_state_is_damaged_the_training_starts_over_and_says_so(tmp_path):
    store, warnings = make_store(tmp_path)
    for step in (1, 2):
        flip_a_bit(store.save(step, tensors(step), {}))
    assert store.newest() is None
    assert len(warnings) == 3
    assert "from the beginning" in warnings[-1]


def test_an_empty_folder_has_no_state(tmp_path):
    store, warnings = make_store(tmp_path)
    assert store.newest() is None
    assert store.best() is None
    store.discard_after(-1)
    assert warnings == []


def test_another_format_is_refused(tmp_path):
    store, _ = make_store(tmp_path)
    path = store.save(1, tensors(1.0), {})
    manifest = json.loads((path / "MANIFEST.json").read_text())
    (path / "MANIFEST.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(UserError, match="format 2"):
        store.newest()


def test_discarding_removes_later_and_half_written_states(tmp_path):
    store, _ = make_store(tmp_path, keep=5)
    for step in (10, 20, 30):
        store.save(step, tensors(step), {})
    store.mark_best(30)
    (store.folder / ".writing-x1").mkdir()
    (store.folder / ".removing-step-00000005").mkdir()
    store.discard_after(20)
    assert store.steps() == [10, 20]
    assert store.best() is None
    assert sorted(entry.name for entry in store.folder.iterdir()) == ["last", "step-00000010", "step-00000020"]


def test_a_step_saved_again_replaces_the_old_state(tmp_path):
    store, _ = make_store(tmp_path)
    store.save(5, tensors(1.0), {"n": 1})
    store.save(5, tensors(2.0), {"n": 2})
    assert store.newest().document == {"n": 2}
    assert store.steps() == [5]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
        RuntimeError("[enforce fail] . unexpected pos 64 vs 0: no space left on device"),
    ],
)
def test_a_full_disk_is_survived_twice_and_then_ends_with_the_old_state_intact(tmp_path, monkeypatch, error):
    store, warnings = make_store(tmp_path)
    store.save(1, tensors(1.0), {})

    def full(tensors, path):
        path.write_bytes(b"half")
        raise error

    whole = checkpoint.save_file
    monkeypatch.setattr(checkpoint, "save_file", full)
    assert store.save(2, tensors(2.0), {}) is None
    assert store.save(3, tensors(3.0), {}) is None
    monkeypatch.setattr(checkpoint, "save_file", whole)
    assert store.save(4, tensors(4.0), {}) is not None  # space again: counting starts anew
    monkeypatch.setattr(checkpoint, "save_file", full)
    assert store.save(5, tensors(5.0), {}) is None
    assert store.save(6, tensors(6.0), {}) is None
    with pytest.raises(UserError, match="disk is full"):
        store.save(7, tensors(7.0), {})
    assert len(warnings) == 4
    assert store.steps() == [1, 4]
    assert torch.equal(store.newest().tensors("model")["weight"], torch.full((10,), 4.0))
    assert not list(store.folder.glob(".writing-*"))


def test_an_error_that_is_no_full_disk_is_not_hidden(tmp_path, monkeypatch):
    store, _ = make_store(tmp_path)

    def broken(tensors, path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(checkpoint, "save_file", broken)
    with pytest.raises(OSError, match="Input/output"):
        store.save(1, tensors(1.0), {})


@pytest.fixture
def three_megabytes(tmp_path):
    """A real file system that is soon full."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = (
        shutil.which("mount")
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("a small file system can only be mounted by root on Linux")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_truly_full_disk_keeps_the_old_state(three_megabytes):
    store, warnings = make_store(three_megabytes)
    assert store.save(1, tensors(1.0, size=500_000), {}) is not None  # 2 MB
    assert store.save(2, tensors(2.0, size=500_000), {}) is None
    assert len(warnings) == 1
    assert store.newest().step == 1
    assert store.save(3, tensors(3.0, size=1000), {}) is not None
    assert store.newest().step == 3
