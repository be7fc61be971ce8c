"""A set of pairs comes back as it was written, and whatever else a folder holds is refused in a sentence."""

import json
from pathlib import Path

import pytest

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.pairs import HEADER, Pair, load_pairs, read_header, save_pairs

PARTS = {
    "train": [Pair("a", "ABC1", "ACGT" * 10, "What?", "Это «kinase», 激酶.", "family 1", "t.csv")],
    "validation": [],
    "test": [Pair("b", "b", "N", "", "", "", "")],
}


def test_a_set_comes_back_as_it_was_written(tmp_path):
    place = tmp_path / "基因 pairs"
    save_pairs(place, PARTS, {"genes": 2})
    assert load_pairs(place) == PARTS
    assert read_header(place).counts == {"train": 1, "validation": 0, "test": 1}
    assert read_header(place).report == {"genes": 2}


def test_a_set_is_replaced_and_nothing_is_left_beside(tmp_path):
    place = tmp_path / "set"
    save_pairs(place, PARTS, {})
    save_pairs(place, {**PARTS, "train": []}, {})
    assert load_pairs(place)["train"] == []
    assert [found.name for found in tmp_path.iterdir() if found.name != "测试 data"] == ["set"]
    assert not (place / ".before").exists()


def test_what_a_person_put_into_the_folder_stays_when_its_set_is_replaced(tmp_path):
    place = tmp_path / "set"
    save_pairs(place, PARTS, {})
    (place / "notes.txt").write_text("mine")
    (place / "train" / "more").mkdir()
    (place / "train" / "more" / "plot.png").write_bytes(b"picture")
    save_pairs(place, {**PARTS, "train": []}, {"again": True})
    assert read_header(place).report == {"again": True}
    assert load_pairs(place)["train"] == []
    assert (place / "notes.txt").read_text() == "mine"
    assert (place / "train" / "more" / "plot.png").read_bytes() == b"picture"


def test_a_set_that_cannot_be_put_in_place_leaves_the_former_one(tmp_path, monkeypatch):
    place, rename = tmp_path / "set", Path.rename
    save_pairs(place, PARTS, {})
    (place / "notes.txt").write_text("mine")

    def refused(self, target):
        if target == place and self.name != ".before":
            raise OSError("the disk is gone")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OSError, match="the disk is gone"):
        save_pairs(place, {**PARTS, "train": []}, {})
    assert load_pairs(place) == PARTS
    assert (place / "notes.txt").read_text() == "mine"
    assert [found.name for found in tmp_path.iterdir() if found.name != "测试 data"] == ["set"]


def test_a_file_of_a_person_that_could_not_be_moved_is_not_lost_with_the_next_set(tmp_path, monkeypatch):
    place, rename = tmp_path / "set", Path.rename
    save_pairs(place, PARTS, {})
    (place / "notes.txt").write_text("mine")

    def refused(self, target):
        if self.name == "notes.txt":
            raise OSError("the disk is gone")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OSError, match="the disk is gone"):
        save_pairs(place, PARTS, {})
    with pytest.raises(UserError, match=r"holds \.before"):
        save_pairs(place, PARTS, {})
    assert (place / ".before" / "notes.txt").read_text() == "mine"


def test_something_else_is_never_overwritten(tmp_path):
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter1.txt").write_text("years of work")
    with pytest.raises(UserError, match="has this name already"):
        save_pairs(other, PARTS, {})
    assert (other / "chapter1.txt").read_text() == "years of work"
    with pytest.raises(UserError, match="no folder"):
        save_pairs(tmp_path / "absent" / "set", PARTS, {})


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "cannot be read"), ("[]", "cannot be read"), ('{"format": 1}', "cannot be read"),
     ('{"format": 9, "pairs": {}, "report": {}}', "newer Genodesk")],
)  # fmt: skip
def test_a_bad_header_is_a_sentence(tmp_path, content, said):
    (tmp_path / HEADER).write_text(content)
    with pytest.raises(UserError, match=said):
        read_header(tmp_path)


def test_other_folders_and_damage_are_a_sentence(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        load_pairs(tmp_path / "absent")
    with pytest.raises(UserError, match="holds no pairs"):
        load_pairs(tmp_path)
    place = tmp_path / "set"
    save_pairs(place, PARTS, {})
    document = json.loads((place / HEADER).read_text())
    document["pairs"]["train"] = 7
    (place / HEADER).write_text(json.dumps(document))
    with pytest.raises(UserError, match="incomplete"):
        load_pairs(place)
    for file in (place / "train").glob("*.arrow"):
        file.write_bytes(b"not arrow")
    with pytest.raises(UserError, match="damaged"):
        load_pairs(place)
