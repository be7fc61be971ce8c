"""YAML means what people mean by it: 1e-4 is a number, no is a word, and a broken file is told by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genodesk.core.errors import UserError
from genodesk.core.yaml_text import parse_yaml, read_yaml, write_yaml

WORDS = [
    "no",
    "yes",
    "on",
    "off",
    "Null",
    "~",
    "1e4",
    "010",
    "0x1F",
    "1_000",
    "12:30:45",
    "2026-01-02",
    ".5",
    "",
    " a",
    "#",
    "ß ✓",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1e4", 10000.0),
        ("-1.5E+3", -1500.0),
        (".5", 0.5),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("no", "no"),
        ("On", "On"),
        ("True", True),
        ("~", None),
        ("", None),
        ("1_000", "1_000"),
        ("2026-01-02", "2026-01-02"),
        ("12:30:45", "12:30:45"),
        ("'1'", "1"),
        ("1.0", 1.0),
        ("-.inf", float("-inf")),
    ],
)
def test_plain_words_have_the_meaning_of_yaml_1_2(text, value):
    found = parse_yaml(f"key: {text}\n", "text")["key"]
    assert found == value
    assert type(found) is type(value)


@given(st.dictionaries(st.text("abc_", min_size=1), VALUES, max_size=4))
def test_what_is_written_is_read_back_the_same(document):
    again = parse_yaml(write_yaml(document), "text")
    assert again == document
    assert write_yaml(again) == write_yaml(document)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: 1\na: 2\n", "the key a stands twice", "line 2"),
        ("a: [1, 2\nb: 3\n", "not valid YAML", "line 2"),
        ("a:\n  - 1\n b: 2\n", "not valid YAML", "line 3"),
        ("1: x\n", "the key 1 is not a word", "line 1"),
        ("- a\n- b\n", "holds no settings", ""),
        ("just words\n", "holds no settings", ""),
        ("a: !!python/object/apply:os.system ['true']\n", "could not determine a constructor", "line 1"),
        ("a: " + "[" * 5000, "not valid YAML", ""),
    ],
)
def test_a_mistake_is_told_by_file_and_line(text, message, place):
    with pytest.raises(UserError) as refused:
        parse_yaml(text, "s.yaml")
    assert message in refused.value.message
    assert refused.value.where.startswith("s.yaml")
    assert place in refused.value.where
    assert refused.value.hint


def test_an_empty_file_holds_no_settings_and_a_byte_order_mark_is_no_matter(tmp_path):
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    (tmp_path / "windows.yaml").write_bytes(b"\xef\xbb\xbfkey: \xc2\xb5m\r\n")
    assert read_yaml(tmp_path / "empty.yaml") == {}
    assert read_yaml(tmp_path / "windows.yaml") == {"key": "µm"}


@pytest.mark.parametrize("content", [b"key: \xff\n", bytes(2_000_000)])
def test_what_is_no_settings_file_is_refused(tmp_path, content):
    path = tmp_path / "file.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError):
        read_yaml(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(UserError) as refused:
            read_yaml(path)
        assert refused.value.where == str(path)
