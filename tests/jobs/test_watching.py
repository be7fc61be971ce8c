"""Following, listing and reaching runs: everybody sees the same, exactly once."""

import shutil
import threading

import pytest

from genodesk.core.errors import UserError
from genodesk.core.events import Cursor, EventReader, StateChange
from genodesk.core.ids import new_run_id
from genodesk.jobs import places
from genodesk.jobs.catalogue import Catalogue
from genodesk.jobs.status import read
from genodesk.jobs.submit import resume
from genodesk.jobs.transport import LocalTransport
from genodesk.jobs.watch import follow


def test_two_watchers_see_the_same_events_each_once(toy):
    folder = toy.start(steps=60, step_seconds=0.01)
    seen: dict[str, list] = {"first": [], "second": []}
    watchers = [
        threading.Thread(target=lambda name=name: seen[name].extend(follow(folder)), name=name) for name in seen
    ]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(timeout=30)
    assert seen["first"] == seen["second"] == toy.events(folder)
    assert [event.seq for event in seen["first"]] == list(range(len(seen["first"])))
    assert isinstance(seen["first"][-1], StateChange)


def test_following_a_resumed_run_goes_on_to_its_new_end(toy):
    folder = toy.finish(steps=6, trouble="user")
    cursor = EventReader(folder.events)
    list(cursor)
    resume(folder.path)
    events = list(follow(folder, cursor.cursor))
    assert [event.state for event in events if isinstance(event, StateChange)][-1] == "failed"
    assert events[0].kind == "attempt"


def test_a_rebuilt_catalogue_equals_the_grown_one(toy, tmp_path):
    with Catalogue() as catalogue:
        first = toy.start(steps=40, step_seconds=0.01)
        outside = toy.start(tmp_path / "elsewhere" / "run", steps=5)
        catalogue.add(outside.path)
        while not all(read(folder.path).state == "finished" for folder in (first, outside)):
            catalogue.refresh()
        for folder in (first, outside):
            toy.until_over(folder)
        grown = catalogue.runs()
        events = {status.id: catalogue.events(status.id) for status in grown}
        assert {status.folder for status in grown} == {first.path, outside.path}
        assert events[first.info.id] == toy.events(first)
        assert grown == [read(status.folder) for status in grown]
        catalogue.rebuild()
        assert catalogue.runs() == grown
        assert {status.id: catalogue.events(status.id) for status in grown} == events


def test_many_catalogues_at_once_count_every_event_once(toy):
    folder = toy.start(steps=60, step_seconds=0.01)

    def refresh() -> None:
        with Catalogue() as catalogue:
            while not catalogue.runs() or catalogue.runs()[0].state != "finished":
                pass

    threads = [threading.Thread(target=refresh) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    toy.until_over(folder)
    with Catalogue() as catalogue:
        (status,) = catalogue.runs()
        assert catalogue.events(status.id) == toy.events(folder)
    assert status == read(folder.path)


def test_the_folder_wins_over_the_catalogue(toy):
    folder = toy.finish(steps=3)
    with Catalogue() as catalogue:
        assert len(catalogue.runs()) == 1
        events = folder.events.read_text()
        folder.events.write_text(
            events.replace('"generation":"', '"generation":"other').replace("Computing", "Thinking")
        )
        catalogue.refresh()
        taken = catalogue.events(folder.info.id)
        assert taken == toy.events(folder)
        assert any(event.kind == "log" and event.text.startswith("Thinking") for event in taken)
        whole = folder.events.read_bytes()
        folder.events.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
        assert catalogue.runs() == [read(folder.path)]
        shutil.rmtree(folder.path)
        assert catalogue.runs() == []


def test_an_old_or_damaged_catalogue_is_made_again(toy):
    toy.finish(steps=3)
    with Catalogue() as catalogue:
        catalogue.refresh()
        catalogue._database.execute("PRAGMA user_version = 0")
    with Catalogue() as catalogue:
        assert len(catalogue.runs()) == 1
    places.catalogue_file().write_bytes(b"not a database" * 1000)
    with Catalogue() as catalogue:
        assert len(catalogue.runs()) == 1
    assert places.catalogue_file().stat().st_mode & 0o077 == 0


def test_a_run_is_found_by_the_end_of_its_name_and_doubt_is_an_error(toy):
    one, two = toy.finish(steps=1), toy.finish(steps=1)
    with Catalogue() as catalogue:
        assert catalogue.find(one.info.id[-8:].lower()) == one.path
        assert catalogue.find(str(two.path)) == two.path
        with pytest.raises(UserError, match="2 runs match"):
            catalogue.find("20")
        with pytest.raises(UserError, match="no run called nothing"):
            catalogue.find("nothing")


def test_the_transport_takes_a_run_from_submit_to_its_copy(toy, tmp_path):
    local = LocalTransport()
    given = {"id": new_run_id(), "workflow": "toy", "action": "train", "preset": "quick", "settings": {"steps": 12}}
    status = local.call("submit", given)
    assert local.call("submit", given)["folder"] == status["folder"]
    cursor, events = Cursor(), []
    while not any(isinstance(event, StateChange) and event.state == "finished" for event in events):
        new, cursor = local.tail(status["folder"], cursor)
        events += new
    toy.until(lambda: local.call("status", {"run": status["folder"]})["alive"] is False)
    assert [event.seq for event in events] == list(range(len(events)))
    assert [run["id"] for run in local.call("list", {})["runs"]] == [given["id"]]
    local.get(status["folder"], tmp_path / "copy")
    assert read(tmp_path / "copy").state == "finished"
    with pytest.raises(UserError, match="at this place already"):
        local.get(status["folder"], tmp_path / "copy")
    with pytest.raises(UserError, match="is finished"):
        local.call("resume", {"run": status["folder"]})
    with pytest.raises(UserError, match="not going"):
        local.call("request", {"run": status["folder"], "request": "stop"})
    for verb, arguments in (("reboot", {}), ("status", {}), ("request", {"run": status["folder"], "request": "fly"})):
        with pytest.raises(UserError):
            local.call(verb, arguments)
