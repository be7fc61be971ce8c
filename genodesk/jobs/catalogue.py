"""The list of a person's runs: an SQLite index over run folders that can be made again from them at any time.

Desk and command line both write it. A run's new events and the cursor move in one transaction, so that every event is
counted exactly once however many processes refresh. Where index and folder differ, the folder is right.
"""

import sqlite3
from pathlib import Path
from types import TracebackType

from genodesk.core.errors import UserError
from genodesk.core.events import Cursor, Event, EventReader, parse_event
from genodesk.core.run import RunFolder
from genodesk.jobs import places
from genodesk.jobs.status import RunStatus, derive, standing
from genodesk.jobs.summary import Summary

FORMAT = 1
_TABLES = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, folder TEXT NOT NULL, summary TEXT NOT NULL, generation TEXT NOT NULL, offset INTEGER NOT NULL
);
CREATE TABLE events (
    run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, seq INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
"""


class Catalogue:
    """An open catalogue, made new where it is damaged. Use it in one thread, as a context manager or with `close`."""

    def __init__(self, path: Path | None = None) -> None:
        path = path or places.catalogue_file()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._database = _connect(path)
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # locked or not writable, which a new one would be too
                raise
            for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                file.unlink(missing_ok=True)
            self._database = _connect(path)
        with _Transaction(self._database):
            if self._database.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
                for table in ("events", "runs"):
                    self._database.execute(f"DROP TABLE IF EXISTS {table}")
                for statement in _TABLES.split(";"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {FORMAT}")

    def add(self, path: Path) -> None:
        """Remembers a run folder, wherever it lies, and takes in its new events. Raises UserError for what is no run.

        Of two folders with the same id, the one known first stays as long as it exists.
        """
        folder = RunFolder.open(path.absolute())
        with _Transaction(self._database):
            known = self._database.execute("SELECT folder FROM runs WHERE id = ?", (folder.info.id,)).fetchone()
            if known is None:
                self._database.execute(
                    "INSERT INTO runs VALUES (?, ?, ?, '', 0)",
                    (folder.info.id, str(folder.path), Summary().model_dump_json()),
                )
            elif known[0] != str(folder.path):
                if (Path(known[0]) / "run.json").exists():
                    return
                self._database.execute("UPDATE runs SET folder = ? WHERE id = ?", (str(folder.path), folder.info.id))
        self._take_in(folder)

    def refresh(self) -> None:
        """Finds the runs in the runs root, takes in what is new in every run and drops those whose folder is gone."""
        for run_id, path in self._known():
            if not (path / "run.json").exists():
                self.forget(run_id)
        found = [path.parent for path in places.runs_root().glob("*/run.json")]
        for path in dict.fromkeys([*found, *(path for _, path in self._known())]):
            try:
                self.add(path)
            except UserError:  # a damaged or newer run keeps no other from being listed
                continue

    def runs(self) -> list[RunStatus]:
        """The status of every run now, the newest first."""
        self.refresh()
        statuses = []
        for _, path in sorted(self._known(), reverse=True):
            try:
                statuses.append(self._status(RunFolder.open(path)))
            except UserError:  # it was deleted just now
                continue
        return statuses

    def status(self, path: Path) -> RunStatus:
        """The status of one run now; it is remembered. Raises UserError for what is no run.

        Of two folders with the same id it is that of the one known first.
        """
        folder = RunFolder.open(path.absolute())
        self.add(folder.path)
        known = self._database.execute("SELECT folder FROM runs WHERE id = ?", (folder.info.id,)).fetchone()
        return self._status(RunFolder.open(Path(known[0])) if known is not None else folder)

    def find(self, text: str) -> Path:
        """The folder of the run that a path, an id, or the beginning or end of a folder's name or id means.

        Raises UserError where none or several are meant.
        """
        if (Path(text) / "run.json").exists():
            return Path(text).absolute()
        self.refresh()
        wanted = text.lower()
        matches = [
            path
            for run_id, path in self._known()
            if any(name.startswith(wanted) or name.endswith(wanted) for name in (run_id.lower(), path.name.lower()))
        ]
        if wanted and len(matches) == 1:
            return matches[0]
        if wanted and matches:
            raise UserError(f"{len(matches)} runs match {text}.", "Give more of the name, or the folder.", text)
        raise UserError(f"There is no run called {text}.", "See them with `genodesk-engine runs list`.", text)

    def events(self, run_id: str) -> list[Event]:
        """The events of a run that were taken in so far, in order."""
        rows = self._database.execute("SELECT body FROM events WHERE run = ? ORDER BY seq", (run_id,))
        return [event for (body,) in rows if (event := parse_event(body)) is not None]

    def forget(self, run_id: str) -> None:
        """Takes a run off the list; its folder stays."""
        with _Transaction(self._database):
            self._database.execute("DELETE FROM runs WHERE id = ?", (run_id,))

    def rebuild(self) -> None:
        """Makes the index again from the folders, those outside the runs root included."""
        folders = [path for _, path in self._known()]
        with _Transaction(self._database):
            self._database.execute("DELETE FROM runs")
        for path in folders:
            if (path / "run.json").exists():
                self.add(path)
        self.refresh()

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def __enter__(self) -> "Catalogue":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _known(self) -> list[tuple[str, Path]]:
        return [(run_id, Path(folder)) for run_id, folder in self._database.execute("SELECT id, folder FROM runs")]

    def _status(self, folder: RunFolder) -> RunStatus:
        """The status of a run that is known, with every event there was when its processes were looked at."""
        found = standing(folder)
        self._take_in(folder)
        row = self._database.execute("SELECT summary FROM runs WHERE id = ?", (folder.info.id,)).fetchone()
        return derive(folder, found, Summary.model_validate_json(row[0]) if row is not None else Summary())

    def _take_in(self, folder: RunFolder) -> None:
        run_id = folder.info.id
        while self._database.execute(
            "SELECT offset FROM runs WHERE id = ? AND offset != ?", (run_id, _size(folder.events))
        ).fetchone():
            with _Transaction(self._database):
                row = self._database.execute("SELECT summary, generation, offset FROM runs WHERE id = ?", (run_id,))
                stored, generation, offset = row.fetchone()
                reader = EventReader(folder.events, Cursor(generation, offset))
                events = reader.read()
                if reader.cursor == Cursor(generation, offset):
                    return  # only a half-written line is new
                summary = Summary.model_validate_json(stored)
                if reader.cursor.generation != generation or reader.cursor.offset < offset:  # replaced or cut
                    self._database.execute("DELETE FROM events WHERE run = ?", (run_id,))
                    summary = Summary()
                for event in events:
                    summary.add(event)
                self._database.executemany(
                    "INSERT OR IGNORE INTO events VALUES (?, ?, ?)",
                    [(run_id, event.seq, event.model_dump_json()) for event in events],
                )
                self._database.execute(
                    "UPDATE runs SET summary = ?, generation = ?, offset = ? WHERE id = ?",
                    (summary.model_dump_json(), reader.cursor.generation, reader.cursor.offset, run_id),
                )


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=30, isolation_level=None)
    path.chmod(0o600)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last rows, which the folders still tell
    database.execute("PRAGMA foreign_keys = ON")
    return database


class _Transaction:
    """Takes the write lock at once, so that what is read inside stays true until the end."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
