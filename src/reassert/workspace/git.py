"""Runs git: which files have changes that only the working tree holds, and linked worktrees."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from reassert.children import child

_STATUS = (
    "status",
    "--porcelain=v1",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--ignore-submodules=all",
)
# A git hook exports these for its own repository; the question is about the repositories of the paths.
_LOCAL = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
)

_COMMIT = "^{commit}"  # what a revision names, of a tag, too


class GitError(Exception):
    """git is missing, or would not do what it was asked; the message is one line, git's own if it spoke."""


def repository_top(folder: Path) -> Path | None:
    """The top of the working tree that holds ``folder``, by the files on the disk; None outside of one."""
    top = _top(os.path.realpath(folder), {})
    return None if top is None else Path(top)


def run_git(top: Path, *words: str, data: bytes | None = None, keep: Sequence[int] = ()) -> bytes:
    """What git prints when it is run in ``top``, without hooks, prompts and the environment of other calls.

    ``data`` is its input; ``keep`` are file descriptors that it holds open while it runs. Raises GitError.
    """
    import subprocess  # noqa: PLC0415 - costs start-up time

    command = ["git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", *words]
    options = {
        "cwd": top,
        "env": _environment(),
        "stdin": subprocess.DEVNULL if data is None else subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "pass_fds": keep,
    }
    try:
        with child(command, **options) as process:
            printed, said = process.communicate(data)
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from error
    if process.returncode:
        raise GitError(_said(said))
    return printed


def _environment() -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if key not in _LOCAL}
    # Optional locks off: looking must not rewrite the index while the user's own git is at work.
    return environment | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _said(stderr: bytes) -> str:
    lines = os.fsdecode(stderr).strip().splitlines() or ["no message"]
    return next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0])


def dirty_files(paths: Iterable[Path]) -> frozenset[Path]:
    """Those of ``paths`` that git could not bring back: changed, staged or not, or untracked.

    Ignored files are not dirty, nor are files outside of a repository, nor any file where git is not
    installed. Symbolic links are judged by the file they lead to. Raises GitError.
    """
    real = {path: os.path.realpath(path) for path in paths}
    tops: dict[str, str | None] = {}
    by_top: dict[str, list[str]] = {}
    for name in set(real.values()):
        top = _top(os.path.dirname(name), tops)
        if top is not None:
            by_top.setdefault(top, []).append(name)
    dirty = {name for top, names in by_top.items() for name in _changed(top, names)}
    return frozenset(path for path, name in real.items() if name in dirty)


def _top(folder: str, known: dict[str, str | None]) -> str | None:
    """The top of the working tree that holds ``folder``; ``known`` remembers it for all on the way."""
    if folder not in known:
        parent = os.path.dirname(folder)
        if _is_top(folder):
            known[folder] = folder
        else:
            known[folder] = None if parent == folder else _top(parent, known)
    return known[folder]


def _is_top(folder: str) -> bool:
    # In a linked worktree and in a submodule `.git` is a file.
    mark = os.path.join(folder, ".git")
    return os.path.isfile(mark) or os.path.exists(os.path.join(mark, "HEAD"))


def _changed(top: str, names: list[str]) -> set[str]:
    """The absolute names of all files with changes below the folder that ``names`` have in common."""
    import subprocess  # noqa: PLC0415 - costs start-up time

    common = names[0] if len(names) == 1 else os.path.commonpath(names)
    command = ["git", "--literal-pathspecs", "-C", top, *_STATUS, "--", common]
    try:
        done = subprocess.run(command, capture_output=True, env=_environment(), check=False)  # noqa: S603 - fixed words and a path
    except OSError:
        return set()
    if done.returncode:
        raise GitError(f"git status fails in {top}: {_said(done.stderr)}")
    return {os.path.join(top, os.fsdecode(line[3:])) for line in done.stdout.split(b"\0") if line}


def changes_between(root: Path, old: str, new: str) -> tuple[frozenset[str], dict[str, str]]:
    """The files below ``root`` that differ between two revisions, and old names of those that were renamed.

    Paths are relative to ``root``; a renamed file is among the changed ones by both names. Raises GitError.
    """
    for revision in (old, new):
        _said_by_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + _COMMIT)
    listed = _said_by_git(
        root,
        "diff",
        "--name-status",
        "-z",
        "--find-renames",
        "--relative",
        old + _COMMIT,
        new + _COMMIT,
        "--",
    )
    words = iter(os.fsdecode(word) for word in listed.split(b"\0") if word)
    changed: set[str] = set()
    renames: dict[str, str] = {}
    for status in words:
        first = next(words)
        changed.add(first)
        if status.startswith("R"):
            renames[first] = next(words)
            changed.add(renames[first])
    return frozenset(changed), renames


def _said_by_git(root: Path, *words: str) -> bytes:
    import subprocess  # noqa: PLC0415 - costs start-up time

    environment = {key: value for key, value in os.environ.items() if key not in _LOCAL}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-C", os.fspath(root), *words]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, check=False)  # noqa: S603 - fixed words
    except OSError as error:
        raise GitError(f"git cannot be started: {error.strerror or error}") from error
    if done.returncode:
        said = os.fsdecode(done.stderr).strip().splitlines() or [
            f"no such revision: {words[-1].removesuffix(_COMMIT)}"
        ]
        raise GitError(said[0])
    return done.stdout
