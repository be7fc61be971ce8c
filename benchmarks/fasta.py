"""How fast a FASTA file of 100 Mb is summarised, and read, beside plain Python and Biopython doing the same.

Makes chromosomes with lower case and N in a temporary folder, and the same bases as 100,000 short sequences and as
gzip. Each reader runs in a process of its own, warmed on a small file and on the page cache, so that its peak memory is
its own. Exits with 1 when the summary of the chromosomes takes a second or more.
"""

import argparse
import gzip
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np

from genodesk.engine.data.fasta import read_fasta
from genodesk.engine.data.sequences import open_sequences

MEGABASES, CHROMOSOMES, SHORT, GOAL_S = 100, 5, 100_000, 1.0
WIDTH = 80
REPEATS = 3
FETCHES = 200


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain, short, packed, small = (Path(folder) / name for name in ("chr.fa", "short.fa", "chr.fa.gz", "small.fa"))
        bases = synthetic(MEGABASES * 1_000_000)
        write(plain, bases, CHROMOSOMES)
        write(short, bases, SHORT)
        write(small, bases[:100_000], 3)
        packed.write_bytes(gzip.compress(plain.read_bytes(), compresslevel=6))
        del bases
        measured: dict[str, float] = {"file_mb": plain.stat().st_size / 1e6}
        for name, reader, path in (
            ("summary", summary, plain),
            ("summary_short", summary, short),
            ("summary_gzip", summary, packed),
            ("read", coded, plain),
            ("fetch_1kb", fetches, plain),
            ("fetch_1kb_gzip", fetches, packed),
            ("plain_python", plain_python, plain),
            ("biopython", biopython, plain),
        ):
            seconds, peak = alone(reader, path, small)
            measured |= {f"{name}_s": seconds, f"{name}_peak_mb": peak}
    measured["summary_s_per_mb"] = measured["summary_s"] / MEGABASES
    measured["plain_python_to_summary"] = measured["plain_python_s"] / measured["summary_s"]
    measured["biopython_to_summary"] = measured["biopython_s"] / measured["summary_s"]
    measured["goal_s"] = GOAL_S
    measured["ok"] = measured["summary_s"] < GOAL_S
    if options.json:
        print(json.dumps(measured))
    else:
        for name, value in measured.items():
            print(f"{name:26} {value:.4f}" if isinstance(value, float) else f"{name:26} {value}")
    return 0 if measured["ok"] else 1


def summary(path: Path) -> float:
    """What `inspect` and the Sequences tab wait for."""
    return _timed(lambda: _numbers([(r.length, r.gc, r.n) for r in open_sequences(path).records]))


def coded(path: Path) -> float:
    """All sequences as codes with their masked intervals, one in memory at a time."""
    return _timed(lambda: sum(len(record.codes) for record in read_fasta(path)))


def fetches(path: Path) -> float:
    """A kilobase from anywhere, after the file was opened."""
    file, choose = open_sequences(path), random.Random(0)
    parts = [(r.id, choose.randrange(r.length - 1000)) for r in choose.choices(file.records, k=FETCHES)]
    return _timed(lambda: [file.fetch(name, start, start + 1000) for name, start in parts]) / FETCHES


def plain_python(path: Path) -> float:
    """The same numbers, a line at a time."""

    def read() -> int:
        found, name, parts = [], None, []
        with path.open() as file:
            for line in chain(file, [">"]):
                if line.startswith(">"):
                    if name is not None:
                        found.append(_by_counting("".join(parts)))
                    name, parts = line[1:], []
                else:
                    parts.append(line.strip())
        return _numbers(found)

    return _timed(read)


def biopython(path: Path) -> float:
    """The same numbers from the records of the package that most scripts use."""
    from Bio import SeqIO

    return _timed(lambda: _numbers([_by_counting(str(record.seq)) for record in SeqIO.parse(path, "fasta")]))


def alone(reader: Callable[[Path], float], path: Path, small: Path) -> tuple[float, float]:
    """Seconds, the best of three, and the megabytes by which the process grew, in a process of its own."""
    path.read_bytes()
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_measured, args=(reader, path, small, answers))
    process.start()
    seconds, peak = answers.get()
    process.join()
    return seconds, peak


def _measured(reader: Callable[[Path], float], path: Path, small: Path, answers: multiprocessing.Queue) -> None:
    reader(small)
    before = _peak_mb()
    seconds = min(reader(path) for _ in range(REPEATS))
    answers.put((seconds, _peak_mb() - before))


def _peak_mb() -> float:
    """The most memory that this process has held (Linux; elsewhere 0)."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)


def synthetic(number: int) -> np.ndarray:
    """uint8 [bases]: random bases, a fifth in soft-masked runs of some hundred, and a run of N in every million."""
    generator = np.random.default_rng(1)
    bases = np.frombuffer(b"ACGT", np.uint8)[generator.integers(0, 4, number, dtype=np.uint8)]
    for start in generator.integers(0, number - 500, number // 1500):
        bases[start : start + 300] |= 32
    for start in range(0, number, 1_000_000):
        bases[start : start + 5000] = ord("N")
    return bases


def write(path: Path, bases: np.ndarray, records: int) -> None:
    """FASTA in lines of 80."""
    with path.open("wb") as file:
        for number, part in enumerate(np.array_split(bases, records)):
            file.write(b">seq%d of many\n" % number)
            whole = len(part) // WIDTH * WIDTH
            ends = np.full((whole // WIDTH, 1), ord("\n"), np.uint8)
            file.write(np.concatenate([part[:whole].reshape(-1, WIDTH), ends], axis=1).tobytes())
            if whole < len(part):
                file.write(part[whole:].tobytes() + b"\n")


def _by_counting(sequence: str) -> tuple[int, float, int]:
    upper = sequence.upper()
    n = upper.count("N")
    return len(upper), (upper.count("G") + upper.count("C")) / (len(upper) - n), n


def _numbers(records: list[tuple[int, float, int]]) -> int:
    return sum(length + n for length, _, n in records)


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
