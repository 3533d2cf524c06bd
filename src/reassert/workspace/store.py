"""The cache's one file: an SQLite database that rebuilds itself when damaged and is shared without harm.

Trouble is never an error here: a store that cannot be read answers nothing, one not writable forgets.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = "results-1.sqlite3"
MAX_AGE_DAYS = 30
MAX_BYTES = 512_000_000
BUSY_SECONDS = 1.0
_AT_ONCE = 500  # older SQLite takes 999 parameters

_SCHEMA = (
    "CREATE TABLE files (path TEXT PRIMARY KEY, mark TEXT, digest BLOB, used INTEGER) WITHOUT ROWID",
    "CREATE TABLE entries (key BLOB PRIMARY KEY, used INT, known BLOB, crc INT, said BLOB, sum INT, after)",
    "CREATE TABLE plans (root TEXT PRIMARY KEY, used INT, state BLOB, keys BLOB, made TEXT) WITHOUT ROWID",
    "CREATE TABLE pruned (day INTEGER)",
)
_SIZE = (
    "SELECT (page_count - freelist_count) * page_size "
    "FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
)
_SIDE_FILES = ("", "-wal", "-shm", "-journal")
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of reassert; it can be deleted at any time.\n"


class Store:
    """Rows by primary key. ``today`` is a day number, by which unused rows are found and dropped."""

    def __init__(self, folder: Path, today: int) -> None:
        self._path = folder / NAME
        self._today = today
        self._db: sqlite3.Connection | None = None
        with suppress(OSError):
            _make_folder(folder)
            # A damaged file is dropped on the first try, and made anew on the second.
            self._db = self._open() or self._open()

    def get(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query, None if there is none."""
        if self._db is None:
            return None
        try:
            row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            self._give_up(error)
            return None
        return row

    def rows(self, sql: str, keys: Collection[bytes]) -> Iterator[tuple[Any, ...]]:
        """The rows for ``keys``, for which ``sql`` has one ``%s``; those that cannot be had are missing."""
        left = list(keys)
        while left and self._db is not None:
            some, left = left[:_AT_ONCE], left[_AT_ONCE:]
            try:
                yield from self._db.execute(sql % ",".join("?" * len(some)), some)
            except (sqlite3.Error, OverflowError, UnicodeError) as error:
                self._give_up(error)

    def put(self, writes: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> None:
        """Run each statement with its rows, all in one transaction."""
        if self._db is None:
            return
        try:
            with self._db:
                for sql, rows in writes:
                    self._db.executemany(sql, rows)
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            self._give_up(error)

    def close(self) -> None:
        """Drop what is old (once a day) and close; safe to call again."""
        self._prune()
        self._shut()

    def _open(self) -> sqlite3.Connection | None:
        try:
            self._db = sqlite3.connect(self._path, timeout=BUSY_SECONDS)
            self._prepare(self._db)
        except (sqlite3.Error, UnicodeError) as error:
            self._give_up(error)
        return self._db

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA trusted_schema=OFF")
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        if not _schema(db):
            with db:
                # Another process may be doing the same.
                for statement in _SCHEMA:
                    db.execute(statement.replace("TABLE", "TABLE IF NOT EXISTS", 1))
        if _schema(db) != set(_SCHEMA):
            raise sqlite3.DatabaseError("not a store of this version")

    def _give_up(self, error: Exception) -> None:
        """Go on without a store; the file goes, too, unless it was merely busy, full or not writable."""
        self._shut()
        if type(error) is sqlite3.DatabaseError:
            for suffix in _SIDE_FILES:
                with suppress(OSError):
                    self._path.with_name(NAME + suffix).unlink()

    def _shut(self) -> None:
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None

    def _prune(self) -> None:
        row = self.get("SELECT max(day) FROM pruned")
        if row is None or row[0] == self._today:
            return
        oldest = self._today - MAX_AGE_DAYS
        self.put(
            [
                ("DELETE FROM entries WHERE used < ?", [(oldest,)]),
                ("DELETE FROM files WHERE used < ?", [(oldest,)]),
                ("DELETE FROM plans WHERE used < ?", [(oldest,)]),
                ("DELETE FROM pruned", [()]),
                ("INSERT INTO pruned VALUES (?)", [(self._today,)]),
            ]
        )
        self._shrink()

    def _shrink(self) -> None:
        """Halve the number of entries, the longest unused first, until the size is within bounds."""
        while self._size() > MAX_BYTES and (count := self.get("SELECT count(*) FROM entries")) and count[0]:
            oldest = "SELECT rowid FROM entries ORDER BY used, rowid LIMIT ?"
            self.put([(f"DELETE FROM entries WHERE rowid IN ({oldest})", [((count[0] + 1) // 2,)])])  # noqa: S608 - no input in it
        if self._db is not None:
            with suppress(sqlite3.Error):
                # As a script: ``execute`` would stop after the first page.
                self._db.executescript("PRAGMA incremental_vacuum")

    def _size(self) -> int:
        row = self.get(_SIZE)
        return int(row[0]) if row else 0


def _schema(db: sqlite3.Connection) -> set[str]:
    """The statements that made the tables: whoever planted a view or a trigger in the file does not pass."""
    rows = db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {row[0] for row in rows}


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # A folder of the user's (`--cache-dir .`) must not vanish from git.
    if any(name != NAME for name in os.listdir(folder)):
        return
    # Exclusive creation follows no planted link.
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
        with suppress(FileExistsError), (folder / name).open("x", encoding="utf-8") as stream:
            stream.write(text)
