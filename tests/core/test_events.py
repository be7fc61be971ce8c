"""Events: written once, numbered without gaps, read exactly once from a growing file."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genodesk.core.events import (
    MAXIMUM_LINE,
    Begin,
    Cursor,
    EventReader,
    EventWriter,
    Log,
    MetricValues,
    Progress,
    StateChange,
    encode,
    parse_event,
)
from genodesk.core.json_text import to_json_line

WRITER = """
import sys, time
from pathlib import Path
from genodesk.core.events import Begin, EventWriter, MetricValues
writer = EventWriter(Path(sys.argv[1]))
writer.write(Begin(run="R", generation="G"))
for step in range(1, 3000):
    writer.write(MetricValues(step=step, values={"loss": step / 7}))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


def test_a_reader_beside_a_writing_process_gets_every_event_exactly_once(path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)])
    seen, cursor = [], Cursor()
    while writer.poll() is None or len(seen) < 3000:
        reader = EventReader(path, cursor)  # a new reader each time: only the cursor is remembered
        seen += reader.read(maximum_bytes=1000)
        cursor = reader.cursor
        if writer.poll():
            pytest.fail("the writer failed")
    assert [event.seq for event in seen] == list(range(3000))
    assert cursor.offset == path.stat().st_size


def test_numbers_continue_over_reopenings_and_torn_lines(path):
    writer = EventWriter(path)
    writer.write(Begin(run="R", generation="G"))
    writer.write(Log(text="one"))
    writer.close()
    with path.open("ab") as file:
        file.write(b'{"kind":"log","seq":2,"te')
    assert [event.seq for event in EventReader(path)] == [0, 1]
    writer = EventWriter(path)
    assert writer.next_seq == 2
    writer.write(Log(text="two"))
    writer.close()
    assert [event.seq for event in EventReader(path)] == [0, 1, 2]


def test_a_half_written_line_is_left_for_the_next_read(path):
    line = Log(text="细胞", seq=1).model_dump_json().encode() + b"\n"
    begin = Begin(run="R", generation="G").model_dump_json().encode() + b"\n"
    for cut in range(1, len(line)):
        path.write_bytes(begin + line[:cut])
        reader = EventReader(path)
        assert [event.kind for event in reader.read()] == ["begin"]
        path.write_bytes(begin + line)
        assert [event.text for event in reader.read()] == ["细胞"]


def test_a_replaced_file_is_read_from_its_start(path):
    for generation in ("first", "second"):
        path.unlink(missing_ok=True)
        writer = EventWriter(path)
        writer.write(Begin(run="R", generation=generation))
        writer.write(Log(text=generation))
        writer.close()
        reader = EventReader(path, Cursor("first", 40) if generation == "second" else None)
        assert [event.kind for event in reader.read()] == ["begin", "log"]
        assert reader.cursor == Cursor(generation, path.stat().st_size)


def test_a_file_that_was_cut_is_read_from_its_start(path):
    writer = EventWriter(path)
    writer.write(Begin(run="R", generation="G"))
    size = path.stat().st_size
    writer.write(Log(text="one"))
    reader = EventReader(path)
    assert len(reader.read()) == 2
    with path.open("r+b") as file:
        file.truncate(size)
    assert [event.kind for event in reader.read()] == ["begin"]


def test_lines_that_are_no_events_are_passed_over(path):
    good = Log(text="x").model_dump_json().encode()
    begin = Begin(run="R", generation="G").model_dump_json().encode()
    huge = b'{"kind":"log","text":"' + b"x" * (10 * MAXIMUM_LINE) + b'"}'
    bad = [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b'{"kind":"unheard"}',
        b'{"kind":"state","state":"lost"}',
        b"[" * 100_000,
        huge,
    ]
    path.write_bytes(b"\n".join([begin, *bad, good]) + b"\n")
    assert [event.kind for event in EventReader(path)] == ["begin", "log"]


def test_a_long_line_is_read_whole_also_in_small_pieces(path):
    lines = [Begin(run="R", generation="G"), Log(text="x" * 50_000), Log(text="y")]
    path.write_text("\n".join(event.model_dump_json() for event in lines) + "\n")
    reader, seen = EventReader(path), []
    for _ in range(5):
        seen += reader.read(maximum_bytes=1000)
    assert [len(event.text) for event in seen[1:]] == [50_000, 1]


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=10), st.floats(), max_size=5))
def test_numbers_survive_and_what_is_not_finite_becomes_null(values):
    read = parse_event(MetricValues(step=1, values=values).model_dump_json())
    expected = {name: value if abs(value) < float("inf") else None for name, value in values.items()}
    assert read.values == expected


def test_json_is_strict():
    assert to_json_line({"a": [float("nan"), 1.5], "b": {"c": float("inf")}}) == '{"a":[null,1.5],"b":{"c":null}}'
    assert encode(Progress(done=1, eta_s=float("inf")))["eta_s"] is None
    assert parse_event(b"x" * (MAXIMUM_LINE + 1)) is None


def test_events_of_a_newer_version_with_more_fields_are_read():
    assert parse_event('{"kind":"state","seq":3,"state":"running","weather":"fine"}') == StateChange(
        seq=3, state="running"
    )
