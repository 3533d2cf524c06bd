"""The journal of runs: enough, durable before anything is written, to put every file back.

A run is a folder ``runs/<run id>`` of the state folder, holding

- ``originals``: the files' contents before the run, each compressed, one after the other, equal ones once;
- ``manifest.jsonl``: a line about the run, then a line for each file. It gets its name last, when all of it
  is on the disk: a run without it has written nothing;
- ``written.json``: which files were written. A run without it was killed, and any file may be old or new;
- ``undone``: there when the run was put back completely.

The newest ``KEEP_RUNS`` runs and all of the last ``KEEP_DAYS`` days are kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any

from reassert.model.outcomes import Change
from reassert.workspace.reading import explain
from reassert.workspace.state import state_dir
from reassert.workspace.writing import sync_folder

KEEP_RUNS = 20
KEEP_DAYS = 14
FORMAT = 1

_MANIFEST = "manifest.jsonl"
_ORIGINALS = "originals"
_WRITTEN = "written.json"
_UNDONE = "undone"


class JournalError(Exception):
    """The journal cannot be written or read; the message says where and why."""


@dataclass(frozen=True)
class Entry:
    """One file of a run.

    ``path`` is what the plan called it, ``real`` the file behind its symbolic links. ``before`` and ``after``
    are SHA-256 digests, None where there was or will be no file; ``mode`` are the permissions before.
    """

    path: str
    real: str
    mode: int | None
    before: str | None
    after: str | None
    offset: int = 0
    length: int = 0


@dataclass(frozen=True)
class Run:
    """A run as its manifest's first line tells it; ``files`` is the number of its entries."""

    run_id: str
    folder: Path
    command: tuple[str, ...]
    root: Path
    files: int
    undone: bool


def digest(data: bytes) -> str:
    """The SHA-256 digest that the journal uses, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def recording(command: Sequence[str], root: Path, changes: Sequence[Change]) -> Iterator[Run]:
    """Record a run that will make ``changes``; when the body begins, the record is on the disk.

    While the body runs, ``locked`` refuses the run to everybody else. Raises JournalError.
    """
    try:
        run = _new_run(tuple(command), root, len(changes))
    except OSError as error:
        raise JournalError(f"cannot write the journal in {state_dir()}: {explain(error)}") from error
    try:
        _write_record(run, changes)
    except OSError as error:
        _forget(run.folder)
        raise JournalError(f"cannot write the journal in {state_dir()}: {explain(error)}") from error
    with locked(run):
        yield run


def finish(run: Run, written: Iterable[Path]) -> None:
    """Note the paths that the run wrote, at its end; a run that wrote nothing is forgotten."""
    paths = [str(path) for path in written]
    if not paths:
        _forget(run.folder)
        return
    with suppress(OSError):  # then the run counts as killed, and can be undone all the same
        _put(run.folder / _WRITTEN, json.dumps(paths).encode())


def mark_undone(run: Run) -> None:
    """Note that nothing of the run is left to put back. Raises JournalError."""
    try:
        _put(run.folder / _UNDONE, b"")
    except OSError as error:
        raise JournalError(f"cannot write the journal in {run.folder}: {explain(error)}") from error


def load_runs() -> tuple[Run, ...]:
    """All recorded runs, the newest first; what cannot be read is left out."""
    return tuple(each_run())


def each_run() -> Iterator[Run]:
    """The same, one by one: no manifest is opened before it is asked for."""
    for folder in reversed(_run_folders()):
        with suppress(JournalError):
            yield load_run(folder.name)


def load_run(run_id: str) -> Run:
    """The run of that name. Raises JournalError if there is none or its manifest cannot be read."""
    folder = _runs_dir() / run_id
    if Path(run_id).name != run_id or not (folder / _MANIFEST).is_file():
        raise JournalError(f"there is no run {run_id!r} in {_runs_dir()}")
    with _manifest(folder) as lines:
        head = _parse(folder, lines.readline())
        if head.get("format") != FORMAT:
            raise JournalError(f"{folder / _MANIFEST} was written by another version of reassert")
        undone = (folder / _UNDONE).exists()
        return Run(run_id, folder, tuple(head["command"]), Path(head["root"]), head["files"], undone)


def load_entries(run: Run) -> tuple[Entry, ...]:
    """The files that the run may have written: all of them if it was killed. Raises JournalError."""
    with _manifest(run.folder) as lines:
        next(lines)
        entries = [Entry(**_parse(run.folder, line)) for line in lines]
    try:
        written = frozenset(json.loads((run.folder / _WRITTEN).read_bytes()))
    except FileNotFoundError:
        return tuple(entries)
    except (OSError, ValueError, TypeError) as error:
        raise JournalError(f"{run.folder / _WRITTEN} cannot be read: {error}") from error
    return tuple(entry for entry in entries if entry.path in written)


@contextmanager
def originals(run: Run) -> Iterator[Originals]:
    """Opens the file contents that the run keeps. Raises JournalError."""
    try:
        stream = (run.folder / _ORIGINALS).open("rb")
    except OSError as error:
        raise JournalError(f"{run.folder / _ORIGINALS} cannot be read: {explain(error)}") from error
    with stream:
        yield Originals(stream)


class Originals:
    """The contents before a run."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, entry: Entry) -> bytes | None:
        """The file's contents before the run, None if there was none. Raises JournalError."""
        if entry.before is None:
            return None
        self._stream.seek(entry.offset)
        try:
            data = zlib.decompress(self._stream.read(entry.length))
        except (OSError, zlib.error) as error:
            raise JournalError(f"its original in the journal is damaged: {error}") from error
        if digest(data) != entry.before:
            raise JournalError("its original in the journal is damaged")
        return data


@contextmanager
def locked(run: Run) -> Iterator[None]:
    """Hold the run; the lock ends with the process, however it ends. Raises JournalError if it is taken."""
    with (run.folder / _MANIFEST).open("rb") as stream:
        try:
            _lock(stream)
        except OSError:
            raise JournalError(f"run {run.run_id} is being written or undone by another process") from None
        yield


def _lock(stream: IO[bytes]) -> None:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _runs_dir() -> Path:
    return state_dir() / "runs"


def _run_folders() -> list[Path]:
    """The folders of all runs, the oldest first: run ids sort by time."""
    try:
        return sorted(_runs_dir().iterdir())
    except OSError:
        return []


def _new_run(command: tuple[str, ...], root: Path, files: int) -> Run:
    runs = _runs_dir()
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        now = datetime.now(timezone.utc)
        run_id = f"{now:%Y%m%d-%H%M%S}-{now.microsecond * 65536 // 1_000_000:04x}"
        with suppress(FileExistsError):  # another run in the same moment: the next moment is free
            (runs / run_id).mkdir(mode=0o700)
            _prune(now)
            return Run(run_id, runs / run_id, command, root, files, undone=False)


def _write_record(run: Run, changes: Sequence[Change]) -> None:
    head = {"format": FORMAT, "command": run.command, "root": str(run.root), "files": run.files}
    with (run.folder / _ORIGINALS).open("xb") as stream:
        known: dict[str, tuple[int, int]] = {}
        entries = [vars(_store(change, stream, known)) for change in changes]
        _flush(stream)
    lines = [json.dumps(line) + "\n" for line in (head, *entries)]
    _put(run.folder / _MANIFEST, "".join(lines).encode())
    sync_folder(run.folder.parent)


def _store(change: Change, stream: IO[bytes], known: dict[str, tuple[int, int]]) -> Entry:
    real = os.path.realpath(change.path)
    after = None if change.after is None else digest(change.after)
    if change.before is None:
        return Entry(str(change.path), real, None, None, after)
    before = digest(change.before)
    if before not in known:
        known[before] = stream.tell(), stream.write(zlib.compress(change.before, 1))
    mode = None
    with suppress(OSError):  # vanished since it was planned: writing it will say so
        mode = stat.S_IMODE(os.stat(real).st_mode)
    return Entry(str(change.path), real, mode, before, after, *known[before])


def _put(path: Path, data: bytes) -> None:
    """Write a file of the journal so that it is there whole or not at all, also after a power cut."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as stream:
        stream.write(data)
        _flush(stream)
    os.replace(temporary, path)
    sync_folder(path.parent)


def _flush(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _prune(now: datetime) -> None:
    oldest = f"{now - timedelta(days=KEEP_DAYS):%Y%m%d-%H%M%S}"
    for folder in _run_folders()[:-KEEP_RUNS]:
        if folder.name < oldest:
            _forget(folder)


def _forget(folder: Path) -> None:
    import shutil  # noqa: PLC0415 - start-up time

    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _manifest(folder: Path) -> Iterator[IO[bytes]]:
    try:
        with (folder / _MANIFEST).open("rb") as stream:
            yield stream
    except OSError as error:
        raise JournalError(f"{folder / _MANIFEST} cannot be read: {explain(error)}") from error
    except (KeyError, TypeError, StopIteration) as error:
        raise JournalError(f"{folder / _MANIFEST} is damaged") from error


def _parse(folder: Path, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise JournalError(f"{folder / _MANIFEST} is damaged") from error
    if not isinstance(found, dict):
        raise JournalError(f"{folder / _MANIFEST} is damaged")
    return found
