"""Replaces files so that at every moment each of them is wholly old or wholly new."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from reassert.model.outcomes import Failed
from reassert.workspace.reading import explain


class _Refused(Exception):  # noqa: N818 - ends the write, and becomes a value at once
    """The file must not be written; the message is the reason."""


def temporary_name(path: Path, run_id: str) -> Path:
    """The temporary file, beside the real path ``path``, that the run called ``run_id`` writes first."""
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    return path.with_name(f".reassert-{run_id}-{digest}.tmp")


def replace(
    path: Path, before: bytes | None, after: bytes | None, *, run_id: str, mode: int | None = None
) -> Failed | None:
    """Make the file at ``path`` hold ``after`` if it holds ``before``; None when done, else the reason.

    ``before`` None means that there must be no file, ``after`` None that the file is removed. Symbolic links
    are followed. The new file has the old one's owner, extended attributes and mode (or ``mode``). Other hard
    links to the old file keep the old contents. Call ``sync_folders`` when all files are written.
    """
    real = Path(os.path.realpath(path))
    try:
        if before is None:
            _create(real, after, temporary_name(real, run_id), mode)
        else:
            _exchange(real, before, after, temporary_name(real, run_id), mode)
    except _Refused as reason:
        return Failed(path, str(reason))
    except OSError as error:
        return Failed(path, explain(error))
    return None


def is_writable(path: Path) -> bool:
    """Whether ``replace`` may write a file, or make it where there is none, as far as permissions tell."""
    real = Path(os.path.realpath(path))
    try:
        if real.exists():
            _check_writable(real, os.stat(real))
        else:
            _check_writable_folder(real)
    except (_Refused, OSError):
        return False
    return True


def sync_folders(paths: Iterable[Path]) -> None:
    """Make the renames of ``paths`` durable: one fsync for each folder that holds one of them."""
    for folder in {os.path.dirname(os.path.realpath(path)) for path in paths}:
        with suppress(OSError):  # some file systems cannot sync a folder; the files themselves are safe
            sync_folder(folder)


def sync_folder(folder: str | Path) -> None:
    """Flush a folder's entries to the disk; raises OSError."""
    if os.name == "nt":  # a folder cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _create(real: Path, after: bytes | None, temporary: Path, mode: int | None) -> None:
    if after is None:
        return
    _check_writable_folder(real)
    _check_absent(real)
    try:
        _write(temporary, after, 0o666)
        if mode is not None:
            os.chmod(temporary, mode)
        _sync(temporary)
        _check_absent(real)
        os.replace(temporary, real)
    finally:
        _remove(temporary)


def _exchange(real: Path, before: bytes, after: bytes | None, temporary: Path, mode: int | None) -> None:
    info = os.stat(real)
    _check_writable(real, info)
    if after is None:
        _check_unchanged(real, before)
        os.unlink(real)
        return
    try:
        _write(temporary, after, 0o600)
        _copy_attributes(real, temporary)
        _copy_owner(temporary, info)
        os.chmod(temporary, stat.S_IMODE(info.st_mode) if mode is None else mode)
        _sync(temporary)
        _check_unchanged(real, before)
        os.replace(temporary, real)
    finally:
        _remove(temporary)


def _check_writable(real: Path, info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise _Refused("is not a regular file")
    # The mode is looked at, too: for root `access` says yes to everything.
    if not info.st_mode & stat.S_IWUSR or not os.access(real, os.W_OK):
        raise _Refused("is read-only")
    _check_writable_folder(real)


def _check_writable_folder(real: Path) -> None:
    folder = real.parent
    if not os.stat(folder).st_mode & stat.S_IWUSR or not os.access(folder, os.W_OK | os.X_OK):
        raise _Refused("its folder is read-only")


def _check_unchanged(real: Path, before: bytes) -> None:
    if os.stat(real).st_size != len(before) or real.read_bytes() != before:
        raise _Refused("has changed since it was read; nothing was written to it")


def _check_absent(real: Path) -> None:
    if os.path.lexists(real):
        raise _Refused("exists already; nothing was written to it")


def _write(temporary: Path, data: bytes, mode: int) -> None:
    # Exclusive: a file of that name that somebody else made, or a link, is never written to.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    with open(handle, "wb") as stream:
        stream.write(data)


def _sync(temporary: Path) -> None:
    """Flush contents, owner and mode, before the rename can make them visible."""
    handle = os.open(temporary, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_attributes(source: Path, target: Path) -> None:
    if not hasattr(os, "listxattr"):
        return
    with suppress(OSError):  # not supported by the file system, or set by the system alone
        for name in os.listxattr(source):
            os.setxattr(target, name, os.getxattr(source, name))


def _copy_owner(temporary: Path, info: os.stat_result) -> None:
    made = os.stat(temporary)
    if (made.st_uid, made.st_gid) == (info.st_uid, info.st_gid):
        return
    try:
        os.chown(temporary, info.st_uid, info.st_gid)
    except PermissionError:
        raise _Refused("belongs to another user or group, which replacing it would change") from None


def _remove(temporary: Path) -> None:
    with suppress(FileNotFoundError):
        os.unlink(temporary)
