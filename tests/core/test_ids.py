"""Ids sort by time, tell their time and make folder names without looking at anything else."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from genodesk.core.ids import folder_name, is_run_id, new_run_id, run_time, timestamp

MOMENT = datetime(2026, 11, 22, 10, 15, 30, 123_000, tzinfo=UTC)


@given(st.datetimes(datetime(1971, 1, 1), datetime(5000, 1, 1), timezones=st.just(UTC)), st.integers(0, 2**80 - 1))
def test_an_id_holds_its_time_and_its_random_part(moment, bits):
    run_id = new_run_id(moment, lambda count: bits)
    assert is_run_id(run_id)
    assert abs((run_time(run_id) - moment).total_seconds()) < 0.002


def test_later_ids_sort_later():
    ids = [new_run_id(MOMENT.replace(second=second)) for second in range(60)]
    assert ids == sorted(ids)
    assert len({new_run_id(MOMENT) for _ in range(1000)}) == 1000


def test_the_folder_name_is_a_pure_function_of_the_id():
    run_id = new_run_id(MOMENT, lambda count: 0x7F3F9)
    assert folder_name(run_id, "alphastomics", "train") == "20261122-101530-alphastomics-train-0000fwzs"
    assert timestamp(MOMENT) == "2026-11-22T10:15:30.123Z"


def test_what_is_no_id_is_known_as_such():
    good = new_run_id(MOMENT)
    for bad in ("", good[:-1], good + "0", good.lower(), "8" + good[1:], good[:-1] + "U", good + "\n", "../../x"):
        assert not is_run_id(bad)
