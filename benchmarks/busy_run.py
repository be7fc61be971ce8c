"""A run that does nothing but talk: `busy_run.py RATE` writes RATE events a second until its standard input ends.

Prints the run's folder first. It lies below GENODESK_HOME and looks to every reader like a run that is going.
"""

import sys
import threading
import time

import numpy as np

from genodesk.core.events import Attempt, MetricValues, Progress, StateChange
from genodesk.core.ids import new_run_id, timestamp, utc_now
from genodesk.core.layers import Layer, build
from genodesk.core.run import AttemptExit, RunFolder
from genodesk.core.workflow import get_workflow
from genodesk.jobs import places
from genodesk.jobs.journal import Journal
from genodesk.jobs.liveness import this_host, this_process
from genodesk.jobs.lock import RunLock

STEPS = 1_000_000


def main() -> None:
    rate = float(sys.argv[1])
    action = get_workflow("alphastomics").action("train")
    folder = RunFolder.create(
        places.runs_root(),
        run_id=new_run_id(),
        workflow="alphastomics",
        action="train",
        settings=build(action.settings, Layer({"tissue": {"data": __file__}}, "benchmark")),
        host=this_host(),
        now=utc_now(),
    )
    lock = RunLock.acquire(folder.lock)
    assert lock is not None
    attempt = folder.start_attempt()
    (attempt / "process.json").write_text(this_process().model_dump_json())
    journal = Journal(folder)
    journal.write(Attempt(number=1, host=this_host(), pid=this_process().pid))
    journal.write(StateChange(state="running"))
    print(folder.path, flush=True)
    talk(journal, rate)
    journal.write(StateChange(state="stopped"))
    (attempt / "exit.json").write_text(
        AttemptExit(state="stopped", code=3, ended=timestamp(utc_now())).model_dump_json()
    )
    lock.close()


def talk(journal: Journal, rate: float) -> None:
    """Training losses, every tenth time with a held-out loss and a progress beside it."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    random = np.random.default_rng(0)
    start, step, written = time.monotonic(), 0, 0
    while not over.is_set():
        while written < rate * (time.monotonic() - start):
            step += 1
            loss = 2 * step**-0.2 + 0.05 * random.normal()
            journal.write(MetricValues(step=step, values={"loss": loss, "position_loss": loss / 2}))
            written += 1
            if step % 10 == 0:
                journal.write(MetricValues(step=step, split="validation", values={"loss": loss + 0.1}))
                journal.write(Progress(done=step, total=STEPS, eta_s=3600.0))
                written += 2
        time.sleep(0.002)


if __name__ == "__main__":
    main()
