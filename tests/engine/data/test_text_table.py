"""Tables in text are read from anywhere, as they are written: quotes, Chinese, blank lines, marks at the start."""

from pathlib import Path

import pytest

from genodesk.core.errors import UserError
from genodesk.engine.data.text_table import open_table


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "表 1.csv"


def test_rows_are_found_from_anywhere_also_where_fields_go_over_several_lines(sheet):
    rows = [f'"note {i}\ngoes on, and on",{i}\n' if i % 7 == 0 else f'5" pipe,{i}\n' for i in range(1000)]
    sheet.write_text("text,n\n" + "\n".join(rows))
    table = open_table(sheet)
    assert table.n_rows == 1000
    for start in (0, 199, 200, 201, 630, 999):
        found = table.rows(start, 3)
        assert [row[1] for row in found] == [str(i) for i in range(start, min(start + 3, 1000))]
    assert table.rows(630, 1)[0][0] == "note 630\ngoes on, and on"
    assert table.rows(1000, 5) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_is_read_in_the_ways_it_is_saved(sheet, encoding):
    sheet.write_bytes(("a;b\r\n" * 300 + "基因;值\r\n").encode(encoding))
    table = open_table(sheet)
    assert table.columns == ["a", "b"]
    assert table.rows(299, 1) == [["基因", "值"]]
    assert ["GB 18030" in notice for notice in table.notices] == [True] * (encoding == "gb18030")


def test_a_western_sheet_is_not_taken_for_chinese(sheet):
    for text in ("dose (µM),temperature (°C)\n1,30\n", "drug,dose (µM)\nGröße,1\n"):
        sheet.write_bytes(text.encode("cp1252"))
        with pytest.raises(UserError, match="not UTF-8") as refused:
            open_table(sheet)
        assert "CSV in UTF-8" in refused.value.hint
    sheet.write_bytes("药物,浓度（μM）,温度（℃）,喆\n".encode("gb18030"))  # the last one is rare
    assert open_table(sheet).columns == ["药物", "浓度（μM）", "温度（℃）", "喆"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('sample,"drug; dose; unit"\n1,2\n', ["sample", "drug; dose; unit"]),
        ("sample,drug; dose; unit\n1,2\n", ["sample", "drug; dose; unit"]),
        ("sample;a;b\n1;0,5;0,5\n", ["sample", "a", "b"]),
        ("sample\tnote\ng1\tcuts, then glues, slowly\n", ["sample", "note"]),
        ("sample,note\n", ["sample", "note"]),
        ("sample\n1\n", ["sample"]),
    ],
)
def test_the_sign_between_columns_is_found(sheet, text, columns):
    sheet.write_text(text)
    assert open_table(sheet).columns == columns


def test_what_is_no_table_is_told_in_words(sheet):
    bad = {b"": "is empty", b"\n \n": "is empty", b"a,b\1\2\n": "is not text", b"a,b\r1,2\r": "old programs"}
    bad[b'a,b\n"1' + b"x" * 200_000] = "never closed"
    bad |= {b"\xef\xbb\xbf": "is empty", b"PK\x03\x04 and so on": "is a spreadsheet", b"a," * 2_000_001: "never ends"}
    bad |= {"a,b\n".encode(encoding): "UTF-16" for encoding in ("utf-16", "utf-16-le", "utf-16-be")}
    bad |= {"a\né\n".encode("latin-1"): "not UTF-8", "a\n值\n值\n".encode() + b"\xb5M\n": "not UTF-8"}
    for content, words in bad.items():
        sheet.write_bytes(content)
        with pytest.raises(UserError, match=words):
            open_table(sheet)


def test_looking_through_a_long_table_can_be_given_up(sheet):
    class GivenUp(Exception):
        pass

    def give_up() -> None:
        raise GivenUp

    sheet.write_text("n\n" * 60_000)
    with pytest.raises(GivenUp):
        open_table(sheet, give_up)
