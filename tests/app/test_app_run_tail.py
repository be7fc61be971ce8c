"""The tail of a run: every event once, long histories in slices, files that are replaced or gone."""

import shutil
import time

from hand_made_run import losses, make_run, write_events

from genodesk.app.run_tail import RunTail
from genodesk.core.events import Begin, Log, MetricValues
from genodesk.core.ids import new_run_id


class Listener:
    """Follows a tail and keeps what it says."""

    def __init__(self, folder):
        self.events, self.restarts, self.caught_up = [], 0, False
        self.tail = RunTail(folder.path)
        self.tail.events.connect(self.events.extend)
        self.tail.restarted.connect(self._restart)
        self.tail.caught_up.connect(lambda: setattr(self, "caught_up", True))

    def _restart(self):
        self.restarts += 1
        self.events.clear()

    def texts(self):
        return [event.text for event in self.events if isinstance(event, Log)]


async def test_every_event_comes_once_those_of_before_and_those_of_now(until):
    folder = make_run(losses(50))
    listener = Listener(folder)
    await until(lambda: listener.caught_up)
    write_events(folder, [Log(text="one more")])
    await until(lambda: listener.texts() == ["one more"])
    assert [event.seq for event in listener.events] == list(range(len(listener.events)))
    listener.tail.stop()


async def test_a_history_of_100_000_events_never_holds_the_window_up(until, gap):
    folder = make_run()
    line = MetricValues(step=1, values={"loss": 1.0, "learning_rate": 0.1}).model_dump_json() + "\n"
    with folder.events.open("a") as file:
        file.writelines([line] * 100_000)
    tail, slices = RunTail(folder.path), []
    tail.events.connect(lambda events: slices.append(len(events)))
    done = []
    tail.caught_up.connect(lambda: done.append(True))
    gap.start()
    await until(lambda: done, seconds=30)
    longest = gap.stop()
    tail.stop()
    assert sum(slices) == 100_004
    assert longest < 0.1  # the promise is 50 ms on a quiet machine


async def test_a_replaced_file_is_told_of_and_read_from_its_beginning(until):
    folder = make_run([Log(text="old")])
    listener = Listener(folder)
    await until(lambda: listener.texts() == ["old"])
    folder.events.unlink()
    write_events(folder, [Begin(run=folder.info.id, generation=new_run_id()), Log(text="new")])
    await until(lambda: listener.texts() == ["new"])
    assert listener.restarts == 1
    listener.tail.stop()


async def test_a_folder_that_is_gone_and_comes_back_is_followed_again(until):
    folder = make_run([Log(text="a")])
    away = folder.path.with_name("away")
    listener = Listener(folder)
    await until(lambda: listener.caught_up)
    folder.path.rename(away)
    await until(lambda: not folder.path.exists())
    shutil.move(away, folder.path)
    write_events(folder, [Log(text="b")])
    await until(lambda: listener.texts() == ["a", "b"])
    assert listener.restarts == 0
    listener.tail.stop()


async def test_a_run_that_has_ended_is_looked_at_now_and_then_and_at_once_when_it_goes_again(until):
    folder = make_run()
    listener = Listener(folder)
    listener.tail.set_alive(False)
    await until(lambda: listener.caught_up)
    write_events(folder, [Log(text="resumed")])
    start = time.monotonic()
    listener.tail.set_alive(True)
    await until(lambda: listener.texts() == ["resumed"])
    assert time.monotonic() - start < 0.3
    listener.tail.stop()
