"""Copies a tree of files so that nothing done in the copy can reach the original."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

LEFT_OUT = frozenset(
    {
        *(".git", ".hg", ".svn", ".tox", ".nox", "node_modules", "__pycache__"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".pytype", ".reassert_cache"),
    }
)

Mark = tuple[int, ...]


@dataclass
class Clone:
    """A copy in the making: ``source`` and ``target`` are real folders, neither within the other's files.

    ``sources`` maps what was copied (relative paths) to the state of the original when it was; ``missed`` are
    the paths that could not be read, each with the reason.
    """

    source: str
    target: str
    avoid: str = ""
    sources: dict[str, Mark] = field(default_factory=dict)
    missed: dict[str, str] = field(default_factory=dict)

    def take_tree(self, relative: str = "") -> None:
        """Copy a folder with all that is in it, except for ``LEFT_OUT`` and virtual environments."""
        folder = os.path.join(self.source, relative) if relative else self.source
        try:
            with os.scandir(folder) as scan:
                entries = list(scan)
        except OSError as error:
            self.missed[relative or "."] = error.strerror or str(error)
            return
        if relative and any(entry.name == "pyvenv.cfg" for entry in entries):
            return
        self._make_folder(relative)
        for entry in entries:
            if entry.name not in LEFT_OUT and entry.path != self.avoid:
                self._take_entry(entry, os.path.join(relative, entry.name) if relative else entry.name)

    def _take_entry(self, entry: os.DirEntry[str], relative: str) -> None:
        if not entry.is_dir(follow_symlinks=False):
            self.take_file(relative)
        else:
            self.take_tree(relative)

    def take_files(self, relatives: Iterable[str]) -> None:
        """Copy the named files, and the folders that are named, unless they are in the copy already."""
        for relative in relatives:
            if os.path.lexists(os.path.join(self.target, relative)):
                continue
            origin = os.path.join(self.source, relative)
            if os.path.isdir(origin) and not os.path.islink(origin):
                self.take_tree(relative)
            else:
                self.take_file(relative)

    def take_file(self, relative: str) -> None:
        """Copy one file or symbolic link; what is neither (a socket, a device) is left out."""
        origin, copy = os.path.join(self.source, relative), os.path.join(self.target, relative)
        try:
            info = os.lstat(origin)
            self._make_folder(os.path.dirname(relative))
            if stat.S_ISLNK(info.st_mode):
                os.symlink(self._target_of(relative), copy)
            elif stat.S_ISREG(info.st_mode):
                shutil.copy2(origin, copy)
            else:
                return
        except FileNotFoundError:
            return  # it was deleted meanwhile, or in the working tree
        except OSError as error:
            self.missed[relative] = error.strerror or str(error)
            return
        self.sources[relative] = mark(info)

    def _make_folder(self, relative: str) -> None:
        copy = os.path.join(self.target, relative) if relative else self.target
        if os.path.isdir(copy):
            return
        if relative:
            self._make_folder(os.path.dirname(relative))
        os.mkdir(copy)
        with suppress(OSError):
            os.chmod(copy, stat.S_IMODE(os.stat(os.path.join(self.source, relative)).st_mode) | stat.S_IRWXU)

    def _target_of(self, relative: str) -> str:
        """What a link must say in the copy: the same within the tree, the absolute path out of it."""
        said = os.readlink(os.path.join(self.source, relative))
        folder = os.path.join(self.source, os.path.dirname(relative))
        meant = os.path.normpath(os.path.join(folder, said))
        if not is_inside(meant, self.source):
            return meant
        inner = os.path.join(self.target, os.path.relpath(meant, self.source))
        return inner if os.path.isabs(said) else said


def mark(info: os.stat_result) -> Mark:
    """What changes when a file does. The time of the last change of the inode cannot be set by a program."""
    return info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns


def is_inside(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or below it; both absolute and normalised."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def walk(folder: str, relative: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every entry below ``folder`` with its relative path, a folder before its entries; links stay links."""
    with os.scandir(folder) as scan:
        entries = list(scan)
    for entry in entries:
        inner = os.path.join(relative, entry.name) if relative else entry.name
        yield inner, entry
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path, inner)


def remove_tree(folder: str) -> None:
    """Remove a folder with all that is in it, whatever permissions are left there; raises OSError."""

    def open_and_retry(_: object, path: str, __: object) -> None:
        with suppress(OSError):
            os.chmod(os.path.dirname(path), stat.S_IRWXU)
        if os.path.isdir(path) and not os.path.islink(path):
            with suppress(OSError):
                os.chmod(path, stat.S_IRWXU)
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(path)

    retry: dict[str, Any] = {"onexc" if sys.version_info >= (3, 12) else "onerror": open_and_retry}
    for _ in range(3):  # a process of the suite that is about to end may still be writing
        if not os.path.lexists(folder):
            return
        shutil.rmtree(folder, **retry)
    if os.path.lexists(folder):
        raise OSError(f"{folder} cannot be removed")
