"""A temporary copy of a project, in which its tests can run while the user's own tree is not touched.

In a git repository the copy is a linked worktree with no branch, brought to the exact state of the user's
working tree: tracked files as they are on the disk; below the project's root also untracked and ignored ones
(generated modules, compiled extensions, ``.env``), but no virtual environments and caches
(``cloning.LEFT_OUT``). No hook and no filter runs, and the user's index is only read. Elsewhere, and where
git refuses, the files below the root are copied.
"""

from __future__ import annotations

import os
import secrets
import signal
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from reassert.model.outcomes import Change
from reassert.workspace.cloning import LEFT_OUT, Clone, Mark, is_inside, mark, remove_tree, walk
from reassert.workspace.git import GitError, repository_top
from reassert.workspace.leftovers import Registered, clear_leftovers, registered
from reassert.workspace.reading import explain
from reassert.workspace.worktrees import (
    Worktree,
    add,
    admin_folder,
    check_out,
    commit_of,
    copy_index,
    forget,
    ignored_files,
    tracked_files,
)

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_WAITING = (signal.SIGINT, *_ENDING)


class CopyError(Exception):
    """The project cannot be copied, or the copy not be changed; the message says why."""


@dataclass
class Copy:
    """A copy of a project, valid inside ``copying`` only.

    ``root`` is the project's root in the copy, for ``original_root`` of the user; ``top`` and
    ``original_top`` are the folders that were copied: a repository's, or the same. ``scratch`` is a folder
    for files about the copy, removed with it. ``notes`` say what a person should know.
    """

    original_top: Path
    original_root: Path
    top: Path
    scratch: Path
    notes: tuple[str, ...] = ()
    _worktree: Worktree | None = None
    _sources: dict[str, Mark] = field(default_factory=dict)
    _first: dict[str, Mark] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The project's root in the copy."""
        return self.top / self.original_root.relative_to(self.original_top)

    def path_of(self, original: Path) -> Path:
        """Where a path of the user's tree is in the copy; symbolic links are followed. Raises CopyError."""
        real = os.path.realpath(original)
        if not is_inside(real, str(self.original_top)):
            raise CopyError(f"{original} is outside of {self.original_top}, which was copied")
        return self.top / os.path.relpath(real, self.original_top)

    def apply(self, changes: Sequence[Change]) -> None:
        """Write changes planned for the user's tree. Raises CopyError if a file is not as planned."""
        for change in changes:
            path = self.path_of(change.path)
            try:
                self._write(path, change)
            except OSError as error:
                raise CopyError(f"{change.path}: {explain(error)}") from error

    def _write(self, path: Path, change: Change) -> None:
        now = path.read_bytes() if path.is_file() else None
        if now != change.before:
            raise CopyError(f"{change.path} has changed since it was read")
        if change.after is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change.after)

    def reset(self) -> None:
        """Bring the copy back to its first state, whatever a test suite did to it.

        Raises CopyError where a file must be fetched again from the user's tree and has changed there.
        """
        try:
            if self._worktree:
                self._worktree.restore()
            now = self._state()
            odd = [path for path, state in self._first.items() if now.get(path) != state]
            self._remove(now.keys() - self._first.keys() | now.keys() & odd)
            self._bring_back(sorted(odd))
        except (OSError, GitError) as error:
            raise CopyError(f"the copy in {self.top} cannot be reset: {error}") from error

    def remember(self, sources: Mapping[str, Mark]) -> None:
        """Take the present state for the first one; ``sources`` tells the state of the originals."""
        self._sources = dict(sources)
        if self._worktree:
            self._worktree.remember()
        self._first = self._state()

    def _state(self) -> dict[str, Mark]:
        """What is in the copy; of a folder only that it is one, and its mode."""
        state = {}
        for relative, entry in walk(str(self.top)):
            if relative == ".git" and self._worktree:
                continue  # git's, and put back as such
            found = mark(entry.stat(follow_symlinks=False))
            state[relative] = found[:1] if entry.is_dir(follow_symlinks=False) else found
        return state

    def _remove(self, relatives: set[str]) -> None:
        for relative in sorted(relatives):
            path = self.top / relative
            if path.is_dir() and not path.is_symlink():
                # A folder that was there at first stays: its mode alone is put right.
                if len(self._first.get(relative, ())) != 1:
                    remove_tree(str(path))
            else:
                path.unlink(missing_ok=True)

    def _bring_back(self, relatives: Sequence[str]) -> None:
        clone = Clone(str(self.original_top), str(self.top))
        tracked: list[str] = []
        for relative in relatives:
            first = self._first[relative]
            if len(first) == 1:
                (self.top / relative).mkdir(exist_ok=True)
                (self.top / relative).chmod(stat.S_IMODE(first[0]))
            elif relative in self._sources:
                self._fetch(clone, relative)
            else:
                tracked.append(relative)
        if self._worktree and tracked:
            check_out(self._worktree, tracked)
        for relative in relatives:
            found = mark(os.lstat(self.top / relative))
            self._first[relative] = found if len(self._first[relative]) > 1 else found[:1]

    def _fetch(self, clone: Clone, relative: str) -> None:
        clone.take_file(relative)
        if clone.sources.get(relative) != self._sources[relative]:
            raise CopyError(f"{self.original_top / relative} was changed while its copy was in use")


@contextmanager
def copying(root: Path, *, revision: str | None = None) -> Iterator[Copy]:
    """Copy the project in ``root`` for the body; nothing of it is left afterwards, also if it is interrupted.

    SIGTERM and SIGHUP end the body like an exception. What killed runs left behind is removed first. With a
    ``revision`` of git the copy has the tracked files of that commit, and beside them what git ignores in
    the user's tree (large files kept by git-lfs stay pointers). Raises CopyError.
    """
    clear_leftovers()
    original = Path(os.path.realpath(root))
    name = f"reassert-{secrets.token_hex(5)}"
    home = Path(os.path.realpath(tempfile.gettempdir())) / name
    with _ending_on_signals(), ExitStack() as stack:
        try:
            copy = _make(original, home, revision, stack)
        except OSError as error:
            raise CopyError(f"{root} cannot be copied: {error}") from error
        except GitError as error:
            raise CopyError(f"{root} cannot be copied at {revision}: {error}") from error
        yield copy


def _make(original: Path, home: Path, revision: str | None, stack: ExitStack) -> Copy:
    """Register the copy, then make it; ``stack`` will remove it."""
    if not original.is_dir():
        raise CopyError(f"{original} is not a folder")
    top = repository_top(original)
    if top is None and revision is not None:
        raise GitError("it is not in a git repository")
    commit, admin, note = _ask_git(top, home.name, revision)
    held = stack.enter_context(_uninterrupted(registered(Registered(home, admin))))
    home.mkdir(mode=0o700)
    (home / "scratch").mkdir()
    if top is not None and admin is not None:
        try:
            return _from_git(
                Worktree(top, home / "tree" / _name(top), admin), original, (commit, revision), held
            )
        except GitError as error:
            if revision is not None:
                raise
            remove_tree(str(home / "tree"))
            forget(admin)
            note = (f"copied without git: {error}",)
    return _plainly(original, home, note)


def _ask_git(top: Path | None, name: str, revision: str | None) -> tuple[str, Path | None, tuple[str, ...]]:
    """The commit and git's folder for a worktree; None with a note where there can be none."""
    if top is None:
        return "", None, ()
    try:
        admin = admin_folder(top, name)  # first: why git refuses altogether is the better message
        return commit_of(top, revision or "HEAD"), admin, ()
    except GitError as error:
        if revision is not None:
            raise
        return "", None, (f"copied without git: {error}",)


def _from_git(worktree: Worktree, original: Path, at: tuple[str, str | None], held: int) -> Copy:
    commit, revision = at
    worktree.place.parent.mkdir()
    add(worktree, commit, checkout=revision is not None, keep=(held,) if os.name == "posix" else ())
    scratch = worktree.place.parent.parent / "scratch"
    copy = Copy(worktree.top, original, worktree.place, scratch, _worktree=worktree)
    clone = _clone_for(copy)
    if revision is None:
        _take_working_tree(copy, clone)
        copy_index(worktree)
    else:
        _take_ignored(copy, clone)
    return _finished(copy, clone)


def _plainly(original: Path, home: Path, note: tuple[str, ...]) -> Copy:
    copy = Copy(original, original, home / "tree" / _name(original), home / "scratch", note)
    copy.top.parent.mkdir()
    clone = _clone_for(copy)
    clone.take_tree()
    return _finished(copy, clone)


def _name(folder: Path) -> str:
    """The name of a copy: the original's, which a package in the project's root may be imported by."""
    return folder.name or "root"


def _clone_for(copy: Copy) -> Clone:
    return Clone(str(copy.original_top), str(copy.top), avoid=str(copy.scratch.parent))


def _take_working_tree(copy: Copy, clone: Clone) -> None:
    clone.take_tree(_inner(copy))
    clone.take_files(tracked_files(copy.original_top))


def _take_ignored(copy: Copy, clone: Clone) -> None:
    ignored = ignored_files(copy.original_top, _inner(copy))
    clone.take_files(path for path in ignored if LEFT_OUT.isdisjoint(path.split("/")))
    copy.root.mkdir(parents=True, exist_ok=True)


def _inner(copy: Copy) -> str:
    inner = os.path.relpath(copy.original_root, copy.original_top)
    return "" if inner == "." else inner


def _finished(copy: Copy, clone: Clone) -> Copy:
    copy.notes += tuple(f"{path} could not be copied: {why}" for path, why in sorted(clone.missed.items()))
    copy.remember(clone.sources)
    return copy


@contextmanager
def _uninterrupted(inner: AbstractContextManager[int]) -> Iterator[int]:
    """Enter ``inner``; while it is left, signals that would end the process wait for the end of that."""
    value = inner.__enter__()
    try:
        yield value
    finally:
        with _handling(_WAITING, signal.SIG_IGN):
            inner.__exit__(None, None, None)


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Turn the signals that end a process into SystemExit during the body, unless somebody handles them."""
    ours = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    with _handling(ours, _end):
        yield


@contextmanager
def _handling(
    numbers: Sequence[int], handler: Callable[[int, FrameType | None], None] | int
) -> Iterator[None]:
    # Only the main thread may set handlers; the others get no signals.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
