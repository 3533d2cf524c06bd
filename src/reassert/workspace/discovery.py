"""Finds the Python files below the paths a user names, and the root of the project they belong to."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from reassert.model.outcomes import Failed
from reassert.workspace.folders import Folders
from reassert.workspace.reading import explain

MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "pytest.ini", ".git", ".hg")
DEFAULT_EXCLUDES = frozenset(
    {
        *(".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".reassert_cache", ".eggs"),
        *("build", "dist", "site-packages"),
    }
)

_IRREGULAR = "is not a regular file"
_LOCK_PREFIX = ".#"  # Emacs marks a file that is being edited by a link that leads nowhere


Exclude = Callable[[Path], tuple[Path, Sequence[str]]]
"""For a folder: the gitignore patterns that leave files in it out, and the folder that they are relative to.
It is asked for the folders that are named and for those below that have a ``pyproject.toml``."""


@dataclass(frozen=True)
class Discovery:
    """``files`` are absolute and sorted, each real file once; ``failures``: what could not be looked at.

    ``excluded`` are files that would be among them, were it not for ``exclude``.
    """

    files: tuple[Path, ...]
    failures: tuple[Failed, ...]
    excluded: tuple[Path, ...] = ()


def project_root(paths: Sequence[Path]) -> Path:
    """The nearest folder that holds all ``paths`` and a project's marker file, absolute.

    Without any marker it is the deepest folder that holds all paths; without paths, the current folder.
    """
    folders = [_folder_of(os.path.abspath(path)) for path in paths] or [os.getcwd()]
    try:
        common = Path(os.path.commonpath(folders))
    except ValueError:  # paths on several drives have nothing in common
        common = Path(folders[0])
    for folder in (common, *common.parents):
        if any((folder / marker).exists() for marker in MARKERS):
            return folder
    return common


def is_python(name: str) -> bool:
    """Whether a file of this name is a Python module."""
    return name.endswith(".py")


def discover(
    paths: Sequence[Path],
    *,
    root: Path,
    exclude: Exclude | None = None,
    wanted: Callable[[str], bool] = is_python,
    see_excluded: bool = False,
    folders: Folders | None = None,
) -> Discovery:
    """The files named by ``paths`` and, in the folders among them, those whose names are ``wanted``.

    A named file is always taken. Below a named folder these are left out: ``DEFAULT_EXCLUDES``, virtual
    environments, what a ``.gitignore`` between the repository's top and the file ignores, what ``exclude``
    says for the folder, and symbolic links: what they lead to is taken where it
    really lies, so a loop cannot happen and nothing outside of the named paths is reached. What is called
    ``.py`` and is no file that was taken is a failure. Files that ``exclude`` leaves out are only
    looked for if ``see_excluded``. ``folders`` are those that have been looked at, and will be.
    """
    search = _Search(
        os.path.abspath(root), exclude or _nothing, wanted, folders or Folders(), see_excluded=see_excluded
    )
    for path in sorted(set(paths)):
        search.take(path)
    return search.result()


def _folder_of(path: str) -> str:
    return path if os.path.isdir(path) else os.path.dirname(path)


class _Patterns:
    """The gitignore patterns that hold in one folder and below."""

    def __init__(self, folder: str, lines: Iterable[str]) -> None:
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - costs 40 ms, and most runs have no use for it

        self.folder = _inside(folder, "")
        self._start = len(self.folder)
        self._spec = GitIgnoreSpec.from_lines(lines)
        patterns = [p.regex.pattern for p in self._spec.patterns if p.regex is not None]
        # One look with all patterns at once: nearly every path matches none, and is done with.
        self._any = re.compile("|".join(p.replace("?P<ps_d>", "?:") for p in patterns) or r"(?!)")

    def holds_for(self, path: str) -> bool:
        """Whether ``path`` lies below the folder of the patterns."""
        return path.startswith(self.folder)

    def verdict(self, path: str) -> bool | None:
        """Whether ``path`` (a folder's ends with a slash) is ignored; None if no pattern says anything."""
        relative = path[self._start :].replace(os.sep, "/")
        return self._spec.check_file(relative).include if self._any.match(relative) else None


Chain = tuple[_Patterns, ...]


class _Folder(NamedTuple):
    """A folder to look into: as shown, its real path, what is ignored there, and whether it is excluded."""

    shown: str
    real: str
    chain: Chain
    exclude: _Patterns | None
    is_excluded: bool = False

    def excludes(self, path: str) -> bool:
        """Whether the configuration leaves ``path`` out; a folder's ends with a slash."""
        return self.is_excluded or bool(
            self.exclude and self.exclude.holds_for(path) and self.exclude.verdict(path)
        )


class _Search:
    """Collects files by their real path, so that each is worked on once."""

    def __init__(
        self,
        root: str,
        exclude: Exclude,
        wanted: Callable[[str], bool],
        folders: Folders,
        *,
        see_excluded: bool,
    ) -> None:
        self._root = root
        self._folders = folders
        self._wanted = wanted
        self._exclude = exclude
        self._see_excluded = see_excluded
        self._excluded: dict[str, str] = {}
        self._excludes: dict[tuple[Path, tuple[str, ...]], _Patterns | None] = {}
        self._shown: dict[str, str] = {}
        self._failures: list[Failed] = []
        self._links: list[str] = []

    def take(self, path: Path) -> None:
        """Add what ``path`` names."""
        absolute = os.path.abspath(path)
        try:
            found = os.stat(absolute)
        except OSError as error:
            self._fail(path, _why_not(absolute, error))
            return
        real = os.path.realpath(absolute)
        if stat.S_ISDIR(found.st_mode):
            self._walk(absolute, real)
        elif stat.S_ISREG(found.st_mode):
            self._add(absolute, real)
        else:
            self._fail(path, _IRREGULAR)

    def result(self) -> Discovery:
        """What was found, in an order that depends on the names alone."""
        for link in self._links:
            self._follow(link)
        files = tuple(map(self._folders.path, sorted(self._shown.values())))
        excluded = sorted(shown for real, shown in self._excluded.items() if real not in self._shown)
        return Discovery(files, tuple(self._failures), tuple(map(Path, excluded)))

    def _excluded_in(self, folder: str) -> _Patterns | None:
        """Give the patterns that are configured for ``folder``; an invalid one counts as none."""
        base, lines = self._exclude(Path(folder))
        key = base, tuple(lines)
        if key not in self._excludes:
            try:
                self._excludes[key] = _Patterns(os.path.abspath(base), lines) if lines else None
            except (ValueError, re.error) as error:
                self._fail(base, f"a pattern in exclude is not valid: {error}")
                self._excludes[key] = None
        return self._excludes[key]

    def _fail(self, path: Path, reason: str) -> None:
        self._failures.append(Failed(path, reason))

    def _add(self, shown: str, real: str) -> None:
        known = self._shown.get(real)
        # Of several names for one file its real one is shown, else the first.
        if known is None or shown == real:
            self._shown[real] = shown

    def _follow(self, link: str) -> None:
        """Look where a link met on the way leads: to a file that was taken, or the link is reported."""
        try:
            found = os.stat(link)
        except OSError as error:
            self._fail(Path(link), _why_not(link, error))
            return
        if stat.S_ISREG(found.st_mode) and os.path.realpath(link) not in self._shown:
            self._fail(Path(link), "is a symbolic link to a file that is not among those asked for")

    def _walk(self, shown: str, real: str) -> None:
        # A list of what is left to do, not recursion: a path may be deeper than the interpreter's stack.
        top = _chain_above(shown, self._root)
        left = [_Folder(shown, real, top, self._excluded_in(shown))]
        while left:
            place = left.pop()
            try:
                entries = self._folders.entries(place.shown)
            except OSError as error:
                if not place.is_excluded:
                    self._fail(Path(place.shown), explain(error))
                continue
            names = {entry.name for entry in entries}
            if "pyvenv.cfg" in names and place.shown != shown:
                continue
            if ".gitignore" in names:
                place = place._replace(chain=(*place.chain, *_load(place.shown)))
            concerned = [entry for entry in entries if self._concerns(entry)]
            if concerned and "pyproject.toml" in names and place.shown != shown and not place.is_excluded:
                place = place._replace(exclude=self._excluded_in(place.shown))
            left += self._look(concerned, place)

    def _concerns(self, entry: os.DirEntry[str]) -> bool:
        """Whether an entry may be taken, or gone into; a folder of mere data asks for no configuration."""
        if entry.is_dir(follow_symlinks=False):
            return entry.name not in DEFAULT_EXCLUDES
        return self._wanted(entry.name)

    def _look(self, entries: Iterable[os.DirEntry[str]], place: _Folder) -> Iterable[_Folder]:
        """Add the files among ``entries`` of a folder; yield the folders to go on with."""
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            path = entry.path + os.sep if is_folder else entry.path
            if _ignored_by(place.chain, path):
                continue
            excluded = place.excludes(path)
            if excluded and not self._see_excluded:
                continue
            if is_folder:
                real = _inside(place.real, entry.name)
                yield _Folder(entry.path, real, place.chain, place.exclude, excluded)
            elif not excluded:
                self._meet(entry, place.real)
            elif entry.is_file(follow_symlinks=False):
                self._excluded[_inside(place.real, entry.name)] = entry.path

    def _meet(self, entry: os.DirEntry[str], real: str) -> None:
        if entry.is_file(follow_symlinks=False):
            self._add(entry.path, _inside(real, entry.name))
        elif not entry.is_symlink():
            self._fail(Path(entry.path), _IRREGULAR)
        elif not entry.name.startswith(_LOCK_PREFIX):
            self._links.append(entry.path)


def is_excluded(path: Path, exclude: Exclude) -> bool:
    """Whether the configuration leaves a file out, by its own name or that of a folder around it."""
    base, lines = exclude(path.parent)
    if not lines:
        return False
    patterns = _Patterns(os.path.abspath(base), lines)
    names = (os.fspath(path), *(_inside(os.fspath(folder), "") for folder in path.parents))
    inside = (name for name in names if patterns.holds_for(name) and name != patterns.folder)
    return any(map(patterns.verdict, inside))


def _nothing(folder: Path) -> tuple[Path, Sequence[str]]:
    return folder, ()


def _why_not(path: str, error: OSError) -> str:
    broken = isinstance(error, FileNotFoundError) and os.path.islink(path)
    return "is a symbolic link to nothing" if broken else explain(error)


def _ignored_by(chain: Chain, path: str) -> bool:
    """The innermost file that says something about ``path`` decides, as in git."""
    verdicts = (patterns.verdict(path) for patterns in reversed(chain))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _chain_above(folder: str, root: str) -> Chain:
    """The patterns of the folders above ``folder``; none if it is itself ignored by them.

    A folder that is ignored and yet named by the user is meant.
    """
    above = _folders_above(folder, root)
    chain = tuple(patterns for parent in reversed(above) for patterns in _load(parent))
    inner = (_inside(path, "") for path in (folder, *above))
    return () if any(_ignored_by(chain, path) for path in inner) else chain


def _folders_above(folder: str, root: str) -> list[str]:
    """The folders above ``folder`` up to the top of its repository; without a repository, up to ``root``."""
    above: list[str] = []
    inner = folder
    while not os.path.exists(_inside(inner, ".git")):
        parent = os.path.dirname(inner)
        if parent == inner:
            return [path for path in above if _inside(path, "").startswith(_inside(root, ""))]
        above.append(parent)
        inner = parent
    return above


def _load(folder: str) -> Chain:
    """What the folder's ``.gitignore`` says: none or one; a line that is no pattern counts as absent."""
    try:
        with open(_inside(folder, ".gitignore"), encoding="utf-8", errors="surrogateescape") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return ()
    try:
        return (_Patterns(folder, lines),)
    except (ValueError, re.error):
        return (_Patterns(folder, filter(_is_valid, lines)),)


def _is_valid(line: str) -> bool:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - as above

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def _inside(folder: str, name: str) -> str:
    return folder + name if folder.endswith(os.sep) else folder + os.sep + name
