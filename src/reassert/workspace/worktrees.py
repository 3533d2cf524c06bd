"""Linked worktrees of git that belong to reassert: made without hooks, filters or a branch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from reassert.workspace.cloning import remove_tree
from reassert.workspace.git import GitError, run_git

_KEPT = ("HEAD", "index")


@dataclass
class Worktree:
    """A linked worktree: ``place`` is its folder, ``admin`` git's folder about it in the repository."""

    top: Path
    place: Path
    admin: Path
    first: dict[str, bytes] = field(default_factory=dict)

    def remember(self) -> None:
        """Note what git knows about the worktree, for ``restore``."""
        files = [self.admin / name for name in _KEPT] + [self.place / ".git"]
        self.first = {str(path): path.read_bytes() for path in files if path.is_file()}

    def restore(self) -> None:
        """Put that back."""
        for name, data in self.first.items():
            path = Path(name)
            if not path.is_file() or path.read_bytes() != data:
                path.write_bytes(data)


def admin_folder(top: Path, name: str) -> Path:
    """Where git will keep its folder about a worktree called ``name``. Raises GitError."""
    said = os.fsdecode(run_git(top, "rev-parse", "--git-common-dir")).rstrip("\n")
    return Path(os.path.realpath(top / said)) / "worktrees" / name


def commit_of(top: Path, revision: str) -> str:
    """The commit that ``revision`` names, as git's hash. Raises GitError."""
    if revision.startswith("-"):
        raise GitError(f"{revision!r} is not a revision")
    try:
        said = run_git(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except GitError:
        raise GitError(f"there is no commit {revision!r}") from None
    return said.decode().strip()


def add(worktree: Worktree, commit: str, *, checkout: bool, keep: Sequence[int] = ()) -> None:
    """Make the worktree at ``commit``, with no branch; its files are there only after ``checkout``.

    Git calls a worktree after its folder: it is made under the name of ``admin``, then renamed.
    Raises GitError.
    """
    born = worktree.place.with_name(worktree.admin.name)
    words = ["worktree", "add", "--detach", "--quiet", *([] if checkout else ["--no-checkout"])]
    run_git(worktree.top, *words, str(born), commit, keep=keep)
    born.rename(worktree.place)
    (worktree.admin / "gitdir").write_bytes(os.fsencode(worktree.place / ".git") + b"\n")


def copy_index(worktree: Worktree) -> None:
    """Make the worktree's index say what the user's does, staged files and sparse ones included.

    It is told entry by entry: an index file may refer to others, and to a monitor of the file system.
    """
    said = run_git(worktree.top, "ls-files", "-z", "-s", "-t")
    entries = [line.partition(b" ") for line in said.split(b"\0") if line]
    lines = b"".join(line + b"\0" for _, _, line in entries)
    run_git(worktree.place, "update-index", "-z", "--index-info", data=lines)
    sparse = [line.partition(b"\t")[2] for tag, _, line in entries if tag == b"S"]
    if sparse:
        paths = b"".join(path + b"\0" for path in sparse)
        run_git(worktree.place, "update-index", "-z", "--skip-worktree", "--stdin", data=paths)


def tracked_files(top: Path) -> Iterator[str]:
    """The paths in the index, relative to ``top``; a submodule is one path. Raises GitError."""
    return _paths(run_git(top, "ls-files", "-z"))


def ignored_files(top: Path, folder: str) -> Iterator[str]:
    """The ignored files below ``folder``; where all of a folder is, the folder. Raises GitError."""
    words = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    return (path.rstrip("/") for path in _paths(run_git(top, *words, "--", folder or ".")))


def check_out(worktree: Worktree, paths: Sequence[str]) -> None:
    """Bring files of the worktree back to its commit. Raises GitError."""
    data = b"".join(os.fsencode(path) + b"\0" for path in paths)
    run_git(worktree.place, "checkout-index", "-z", "--force", "--stdin", data=data)


def forget(admin: Path) -> None:
    """Remove what git keeps about a worktree of ours, as ``git worktree remove`` does; its folder is gone."""
    if admin.parent.name != "worktrees" or not admin.name.startswith("reassert-"):
        raise ValueError(admin)
    remove_tree(str(admin))
    with suppress(OSError):  # not empty: the user has worktrees, too
        admin.parent.rmdir()


def _paths(said: bytes) -> Iterator[str]:
    return (os.fsdecode(path) for path in said.split(b"\0") if path)
