"""What is known of files from earlier runs: outcomes by content, and contents by the file system's marks.

A result is looked up by the file's place in the project, the digest of its contents, and a *purpose*: the
digest of everything else that it depends on. An unchanged file is not even read, unless it has a change.
"""

from __future__ import annotations

import os
import pickle
import stat
import time
import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reassert.model.facts import ScannedFacts
from reassert.model.outcomes import Outcome, Report, Unchanged
from reassert.workspace import vault
from reassert.workspace.fingerprint import content_digest, stat_mark, tool_digest, value_digest
from reassert.workspace.reading import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reassert.workspace.store import Store

DEFAULT_NAME = ".reassert_cache"
_BATCH_ROWS = 500
_BATCH_BYTES = 8_000_000
_DAY_NS = 86_400 * 10**9

_FIND_FILE = "SELECT mark, digest, used FROM files WHERE path = ?"
_FIND_ENTRY = "SELECT used, known, crc FROM entries WHERE key = ?"
_FIND_FACTS = "SELECT said, sum FROM entries WHERE key = ?"
_FIND_PLAN = "SELECT keys, made FROM plans WHERE root = ? AND state = ?"
_FIND_ENTRIES = "SELECT key, used, known, crc, after FROM entries WHERE key IN (%s)"
_FIND_AFTER = "SELECT after FROM entries WHERE key = ?"
_KEEP_FILE = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)"
_KEEP_ENTRY = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)"
_KEEP_PLAN = "INSERT OR REPLACE INTO plans VALUES (?, ?, ?, ?, ?)"
_TOUCH_ENTRY = "UPDATE entries SET used = ? WHERE key = ?"
_KEY_BYTES = 16
# In the place of a key: there is nothing to say of the file.
_SILENT = bytes(_KEY_BYTES)
_NO_REPORT = Report()


class Known(NamedTuple):
    """A result of an earlier run."""

    outcome: Outcome
    facts: ScannedFacts | None


class Cache(AbstractContextManager["Cache"]):
    """A persistent cache in ``folder`` (None: none), for the files below ``root``.

    Never raises: what is damaged, foreign or unreachable is unknown. ``now_ns`` is the wall clock.
    Use as a context manager; what is kept is certainly written when it closes.
    """

    def __init__(self, folder: Path | None, root: Path, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._root = str(root)
        self._now_ns = now_ns
        self._today = now_ns() // _DAY_NS
        self._store = _open_store(folder, self._today)
        self._marks: dict[Path, str | None] = {}
        self._keys: dict[Path, bytes] = {}
        self._files: list[tuple[Any, ...]] = []
        self._entries: list[tuple[Any, ...]] = []
        self._touched: list[tuple[int, bytes]] = []
        self._pending = 0

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is pending and close; safe to call again."""
        self._flush()
        if self._store:
            self._store.close()
            self._store = None

    def find(self, path: Path, info: os.stat_result, purpose: bytes) -> Known | None:
        """The result for ``path``, if known for its present contents; ``info`` is its fresh ``os.stat``."""
        if self._store is None:
            return None
        self._keys.pop(path, None)
        seen = self._contents(path, info)
        if seen is None:
            return None
        key = self._key(path, seen.digest, purpose)
        supply = _Supply(self._store, path, info, key, seen.data)
        outcome = self._load(supply, self._store.get(_FIND_ENTRY, key))
        if outcome is None:
            return None
        try:
            known = Known(outcome, self._facts(supply))
        except pickle.UnpicklingError:
            return None
        self._keys[path] = _SILENT if _is_silent(outcome) else key
        return known

    def keep(self, path: Path, purpose: bytes, digest: bytes, known: Known) -> None:
        """Remember a result for the contents with this ``digest``; ``find`` was asked for ``path`` before."""
        if self._store is None:
            return
        change = vault.change_of(known.outcome)
        try:
            packed, facts = vault.pack(known.outcome, path), vault.pack(known.facts, path)
        except (pickle.PicklingError, TypeError, RecursionError):
            return
        after = change.after if change else None
        key = self._key(path, digest, purpose)
        self._keys[path] = _SILENT if _is_silent(known.outcome) else key
        checked = packed, _checksum(packed, after), facts, _checksum(facts, None)
        self._entries.append((key, self._today, *checked, after))
        self._files.append((self._name(path), self._marks.get(path), digest, self._today))
        self._pending += len(packed) + len(facts) + len(after or b"")
        if len(self._entries) >= _BATCH_ROWS or self._pending >= _BATCH_BYTES:
            self._flush()

    @property
    def is_open(self) -> bool:
        """Whether anything can be found or kept."""
        return self._store is not None

    def state_of(
        self, files: Iterable[tuple[Path, os.stat_result | None, bytes]], more: bytes = b""
    ) -> bytes | None:
        """A digest of the state of files, each with a purpose; None if one was just written, or is gone.

        ``more`` is a digest of what else matters.
        """
        parts = [more.hex()]
        now = self._now_ns()
        for path, info, purpose in files:
            mark = stat_mark(info, now) if info else None
            if mark is None:
                return None
            parts.append(f"{self._name(path)}\0{mark}\0{purpose.hex()}")
        return content_digest("\0".join(parts).encode("utf-8", "surrogateescape"))

    def find_plan(
        self,
        state: bytes,
        files: Sequence[tuple[Path, os.stat_result]],
        may_be_made: Callable[[Path], bool] = lambda _path: False,
    ) -> dict[Path, Outcome] | None:
        """What ``keep_plan`` was told in this state; one that is not known is a plan that is not.

        Of other files only those that ``may_be_made`` are believed to be new.
        """
        row = self._store.get(_FIND_PLAN, self._root, state) if self._store else None
        if self._store is None or row is None or not (isinstance(row[0], bytes) and isinstance(row[1], str)):
            return None
        made = [Path(self._root, name) for name in row[1].split("\0") if name]
        keys = [row[0][at : at + _KEY_BYTES] for at in range(0, len(row[0]), _KEY_BYTES)]
        if len(keys) != len(files) + len(made) or not all(map(may_be_made, made)):
            return None
        entries = {entry[0]: entry[1:] for entry in self._store.rows(_FIND_ENTRIES, {*keys} - {_SILENT})}
        found: dict[Path, Outcome] = {}
        for key, (path, info) in zip(keys, [*files, *((path, _stat(path)) for path in made)], strict=True):
            silent = key == _SILENT and info is not None
            *entry, after = entries.pop(key, (None,))  # no two files have the same
            supply = _Supply(self._store, path, info, key, None, after)
            outcome = Unchanged(path) if silent else self._load(supply, entry or None)
            if outcome is None:
                return None
            found[path] = outcome
        return found

    def keep_plan(self, state: bytes, paths: Iterable[Path], made: Sequence[Path] = ()) -> None:
        """Remember that the last results are the outcomes in this state; those ``made`` are new files."""
        keys = [self._keys.get(path) for path in (*paths, *made)]
        known = [key for key in keys if key is not None]
        if self._store and len(known) == len(keys):
            self._flush()
            names = "\0".join(map(self._name, made))
            self._store.put([(_KEEP_PLAN, [(self._root, self._today, state, b"".join(known), names)])])

    def _contents(self, path: Path, info: os.stat_result) -> _Contents | None:
        """What the file holds; None for a file never seen: whoever works on it will read it."""
        mark = self._marks[path] = stat_mark(info, self._now_ns())
        row = self._store.get(_FIND_FILE, self._name(path)) if self._store else None
        if row is None or info.st_size > MAX_BYTES or not stat.S_ISREG(info.st_mode):
            return None
        known_mark, digest, used = row
        if mark is not None and mark == known_mark and isinstance(digest, bytes):
            seen = _Contents(digest, None)
        elif (data := _read(path, info)) is not None:
            seen = _Contents(content_digest(data), data)
        else:
            return None
        if (mark, seen.digest, self._today) != (known_mark, digest, used):
            self._files.append((self._name(path), mark, seen.digest, self._today))
        return seen

    def _load(self, supply: _Supply, row: Sequence[Any] | None) -> Outcome | None:
        if row is None:
            return None
        used, packed, crc = row
        try:
            outcome: Outcome = vault.unpack(packed, supply)
            intact = _checksum(packed, supply.after) == crc
        except (pickle.UnpicklingError, TypeError):
            return None
        if not (intact and vault.is_outcome_of(outcome, supply.path, is_new=supply.is_new)):
            return None
        if used != self._today:
            self._touched.append((self._today, supply.key))
        return outcome

    def _facts(self, supply: _Supply) -> ScannedFacts | None:
        """What was kept of the facts of a file; raises UnpicklingError."""
        row = self._store.get(_FIND_FACTS, supply.key) if self._store else None
        try:
            packed, crc = row or (b"", None)
            if _checksum(packed, None) == crc:
                facts = vault.unpack(packed, supply)
                if facts is None or isinstance(facts, ScannedFacts):
                    return facts
        except TypeError as error:
            raise pickle.UnpicklingError("not facts") from error
        raise pickle.UnpicklingError("damaged facts")

    def _key(self, path: Path, digest: bytes, purpose: bytes) -> bytes:
        # Equal contents at two places are two results: their locations and cross-file facts differ.
        name = self._name(path).encode("utf-8", "surrogateescape")
        return content_digest(b"\0".join((name, digest, purpose)))

    def _name(self, path: Path) -> str:
        name = str(path)
        if name.startswith(self._root + os.sep):
            name = name[len(self._root) + 1 :]
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    def _flush(self) -> None:
        writes = ((_KEEP_FILE, self._files), (_KEEP_ENTRY, self._entries), (_TOUCH_ENTRY, self._touched))
        if self._store and any(rows for _, rows in writes):
            self._store.put(writes)
        self._files, self._entries, self._touched, self._pending = [], [], [], 0


class _Contents(NamedTuple):
    digest: bytes
    data: bytes | None  # None: known by its mark, not read


class _Supply:
    """What stands outside of the pickles; the two contents are only fetched for a file that changes.

    ``info`` is None for a file that is not there yet.
    """

    def __init__(
        self,
        store: Store,
        path: Path,
        info: os.stat_result | None,
        key: bytes,
        data: bytes | None,
        after: object = None,
    ) -> None:
        self._store = store
        self._info = info
        self._data = data
        self.path = path
        self.key = key
        self.after = after if isinstance(after, bytes) else None

    @property
    def is_new(self) -> bool:
        return self._info is None

    def __call__(self, pid: str) -> Path | bytes:
        if pid == "path":
            return self.path
        part = self._before() if pid == "before" else self._after() if pid == "after" else None
        if part is None:
            raise pickle.UnpicklingError("a part of the entry is missing")
        return part

    def _before(self) -> bytes | None:
        if self._info is None:
            return None
        return _read(self.path, self._info) if self._data is None else self._data

    def _after(self) -> bytes | None:
        if self.after is None and (row := self._store.get(_FIND_AFTER, self.key)):
            self.after = row[0] if isinstance(row[0], bytes) else None
        return self.after


def _stat(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _read(path: Path, info: os.stat_result) -> bytes | None:
    """The contents of the very file that ``info`` describes; None if it is being changed."""
    try:
        with open(path, "rb", buffering=0) as stream:
            data = stream.read()
            now = os.fstat(stream.fileno())
    except OSError:
        return None
    same = (now.st_mtime_ns, now.st_ctime_ns, now.st_ino) == (info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
    return data if same and len(data) == info.st_size else None


def purpose_of(*values: object) -> bytes:
    """A digest of what a result depends on beside the contents: ``values``, this tool, this Python."""
    return value_digest(tool_digest(), *values)


def _open_store(folder: Path | None, today: int) -> Store | None:
    if folder is None:
        return None
    try:
        from reassert.workspace.store import Store  # noqa: PLC0415 - a Python may lack SQLite
    except ImportError:
        return None
    return Store(folder, today)


def _is_silent(outcome: Outcome) -> bool:
    return isinstance(outcome, Unchanged) and outcome.report == _NO_REPORT


def _checksum(packed: bytes, after: bytes | None) -> int:
    return zlib.crc32(after or b"", zlib.crc32(packed))
