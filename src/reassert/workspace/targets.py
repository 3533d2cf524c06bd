"""The oldest pytest and Python that a project says it supports, read from its declared requirements.

Where these name no version, what the project has counts: its lock files, its virtual environment.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from reassert.model.plugins import FIXTURES_OF
from reassert.workspace.folders import Folders
from reassert.workspace.installed import LOCKS, installed_version, locked_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from reassert.model.config import Version
    from reassert.workspace.toml import Document

    Plugins = tuple[tuple[str, Version | None], ...]

OLDEST_PYTHON: Version = (3, 8)
NEWEST_PYTHON: Version = (3, 14)
MAX_BYTES = 1_000_000

_MARKERS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "tox.ini"})
_TEXTS = frozenset({"setup.py", "setup.cfg", "tox.ini", "dev-requirements.txt", "test-requirements.txt"})
# Others that may name packages, though not in a way that gives versions.
_OTHERS = frozenset({"Pipfile", "environment.yml", "environment.yaml", "noxfile.py"})
# A pattern, for the place of a name: whoever asks for one of these has pytest.
PYTEST_PLUGINS = r"pytest-[\w.-]+"
_SPECIFIER = re.compile(r"(===|==|~=|>=|<=|!=|>|<|\^|~)\s*v?(\d+)(?:\.(\d+))?(?:\.\d+)*")
_COMMENT = re.compile(r"(?:^|\s)#[^\n]*|^\s*;[^\n]*", re.MULTILINE)
_PYTHON = re.compile(r"""python_requires\s*=\s*["']?([^"'#\n]+)""")
# A requirement that holds only on Pythons older than any this tool converts for says nothing here.
_OLD_PYTHON = re.compile(
    r"""python_version\s*(?:<\s*["'](?:2[\d.]*|3(?:\.[0-8])?)["']|(?:<=|==)\s*["'](?:2[\d.]*|3\.[0-7])["'])"""
)


# They run async tests in a way of their own.
ASYNC_PLUGINS = (
    *("pytest-aiohttp", "pytest-curio", "pytest-tornado", "pytest-tornasync", "pytest-trio"),
    *("pytest-twisted",),
)
# The plugins whose presence or version changes what may be written, or how an argument may be called.
PLUGINS = tuple(dict.fromkeys(("pytest-asyncio", "pytest-subtests", *ASYNC_PLUGINS, *FIXTURES_OF)))


class DeclaredVersions:
    """Asks a project for its versions, folder by folder upwards, and remembers the answers.

    The nearest folder that declares something wins. The search ends at the root of the repository, or,
    outside one, at the first folder that looks like a project. ``read`` gives a parsed TOML file or None.
    """

    def __init__(self, read: Callable[[Path], Document | None], listed: Folders | None = None) -> None:
        self._read = read
        self._listed = listed or Folders()
        self.folders: dict[Path, _Declarations] = {}
        self._homes: dict[Path, Path | None] = {}

    def pytest(self, folder: Path, top: Path | None) -> Version | None:
        """Give the oldest pytest allowed, or None; ``top`` is a folder above that is of the project too."""
        return next((d.pytest for d in self._upwards(folder, top) if d.pytest), None)

    def plugins(self, folder: Path, top: Path | None) -> Plugins:
        """Give the ``PLUGINS`` that the project asks for or has, with their versions as far as known."""
        found: dict[str, Version | None] = {}
        for declarations in self._upwards(folder, top):
            for name, version in declarations.plugins:
                found.setdefault(name, version)
        return tuple(sorted(found.items()))

    def python(self, folder: Path, top: Path | None) -> Version | None:
        """Give the oldest Python allowed among those that the tool knows, or None."""
        found = next((d.python for d in self._upwards(folder, top) if d.python), None)
        return found and min(max(found, OLDEST_PYTHON), NEWEST_PYTHON)

    def declares(self, folder: Path, name: str) -> bool:
        """Whether the project asks for a package by its name; pytest is also there for its plugins."""
        return any(d.asks_for(name) for d in self._upwards(folder, None))

    def home(self, folder: Path) -> Path | None:
        """Give the nearest folder that looks like a project, or None."""
        if folder not in self._homes:
            here = self._at(folder)
            ends = here.is_project or here.is_repository or folder == folder.parent
            self._homes[folder] = (folder if here.is_project else None) if ends else self.home(folder.parent)
        return self._homes[folder]

    def _upwards(self, folder: Path, top: Path | None) -> Iterator[_Declarations]:
        reached_top = top is None or not folder.is_relative_to(top)
        repository = next((p for p in (folder, *folder.parents) if self._at(p).is_repository), None)
        for place in (folder, *folder.parents):
            here = self._at(place)
            yield here
            reached_top = reached_top or place == top
            if reached_top and (place == repository if repository else here.is_project):
                return

    def _at(self, folder: Path) -> _Declarations:
        if folder not in self.folders:
            self.folders[folder] = _Declarations(folder, self._listed.names(folder), self._read)
        return self.folders[folder]


def may_declare(names: frozenset[str]) -> bool:
    """Whether a folder with these names says anything of versions, or where the search for them ends."""
    known = {*_MARKERS, *LOCKS, ".git", "requirements"}
    return not known.isdisjoint(names) or any(map(_is_requirements, names))


class _Declarations:
    """What the files of one folder say; a folder is listed once, its files are read when asked for."""

    def __init__(self, folder: Path, names: frozenset[str], read: Callable[[Path], Document | None]) -> None:
        self.is_repository = ".git" in names
        texts = sorted(name for name in names if _is_requirements(name))
        self.is_project = bool(texts or names & _MARKERS)
        self.folder = folder
        self._names = names
        self._texts = texts
        self._read = read
        self._versions: tuple[Version | None, Version | None, Plugins] | None = None

    @property
    def pytest(self) -> Version | None:
        return self._parsed()[0]

    @property
    def python(self) -> Version | None:
        return self._parsed()[1]

    @property
    def plugins(self) -> Plugins:
        return self._parsed()[2]

    def asks_for(self, name: str) -> bool:
        """Whether a file of the folder asks for a package, with or without a version."""
        if not (self.is_project or "requirements" in self._names):
            return False
        document = self._read(self.folder / "pyproject.toml") or {}
        texts = [*map(_text, self._files()), *(_text(self.folder / n) for n in sorted(self._names & _OTHERS))]
        names = (name, PYTEST_PLUGINS) if name == "pytest" else (name,)
        return any(
            next(chain(_required_by(document, n), *(specifiers_of(n, text) for text in texts)), None)
            is not None
            for n in names
        )

    def _parsed(self) -> tuple[Version | None, Version | None, Plugins]:
        if self._versions is None:
            declares = self.is_project or not self._names.isdisjoint(("requirements", *LOCKS))
            self._versions = self._parse() if declares else (None, None, ())
        return self._versions

    def _parse(self) -> tuple[Version | None, Version | None, Plugins]:
        document = self._read(self.folder / "pyproject.toml") or {}
        texts = [_text(path) for path in self._files()]
        pythons = [*_python_of(document), *(m[1] for text in texts for m in _PYTHON.finditer(text))]
        plugins = {name: self._package(name, document, texts) for name in PLUGINS}
        return (
            self._package("pytest", document, texts)[1],
            _lowest(pythons),
            tuple((name, version) for name, (is_there, version) in plugins.items() if is_there),
        )

    def _package(self, name: str, document: Document, texts: Iterable[str]) -> tuple[bool, Version | None]:
        """Whether a package is asked for or there, and its version: declared, locked, installed."""
        specifiers = [
            *_required_by(document, name),
            *(s for text in texts for s in specifiers_of(name, text)),
        ]
        version = (
            _lowest(specifiers)
            or locked_version(self.folder, self._names, name)
            or installed_version(self.folder, self._names, name)
        )
        return bool(specifiers) or version is not None, version

    def _files(self) -> Iterator[Path]:
        for name in sorted({*self._texts, *(self._names & _TEXTS)}):
            yield self.folder / name
        if "requirements" in self._names:
            folder = self.folder / "requirements"
            yield from (folder / name for name in sorted(Folders().names(folder)) if name.endswith(".txt"))


def _is_requirements(name: str) -> bool:
    return name.endswith(".txt") and (name.startswith("requirements") or name in _TEXTS)


def _text(path: Path) -> str:
    """Read a file without its comments; nothing if it is large or cannot be read: it is only a hint."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        return ""
    return _COMMENT.sub("", data.decode("utf-8", "replace")) if len(data) <= MAX_BYTES else ""


@lru_cache(maxsize=32)
def _requirement(name: str) -> re.Pattern[str]:
    """Match a requirement for the package: its specifiers, if any, and what follows them (names: PEP 503)."""
    return re.compile(
        r"""(?:^|[\s:=,"'\[])"""
        + re.sub(r"(?<=\w)-(?=\w)", "[-_.]", name)
        + r"""(?![\w.-])[ \t]*(?:\[[^\]\n]*\])?[ \t]*\(?[ \t]*"""
        r"""((?:(?:===|==|~=|>=|<=|!=|>|<)[^;#"'\n]*)?)([^#\n]*)""",
        re.MULTILINE | re.IGNORECASE,
    )


def _may_name(name: str, text: str) -> bool:
    """Whether all words of a name are there; a look at them costs less than to compile what finds it."""
    words = ("pytest",) if name == PYTEST_PLUGINS else name.split("-")
    low = text.lower()
    return all(word in low for word in words)


def specifiers_of(name: str, text: str) -> Iterator[str]:
    """Find the version specifiers that requirement strings in ``text`` give for a package; may be empty."""
    for match in _requirement(name).finditer(text) if _may_name(name, text) else ():
        if not _OLD_PYTHON.search(match[2]):
            yield match[1]


def minimum(specifiers: str) -> Version | None:
    """Find the oldest version that ``>=7.4,<9`` or the like allows; None where nothing bounds it.

    An upper bound alone gives the newest minor series below it that is sure to exist: ``<8`` gives 7.0.
    """
    lower, upper = [], []
    for match in _SPECIFIER.finditer(specifiers):
        version = int(match[2]), int(match[3] or 0)
        if match[1] in {"<", "<="}:
            upper.append(version if match[1] == "<=" else _below(version))
        elif match[1] != "!=":
            lower.append(version)
    return max(lower) if lower else min(upper, default=None)


def _below(version: Version) -> Version:
    major, minor = version
    return (major, minor - 1) if minor else (max(major - 1, 0), 0)


def _lowest(specifiers: Iterable[str]) -> Version | None:
    return min(filter(None, map(minimum, specifiers)), default=None)


def _required_by(document: Document, name: str) -> Iterator[str]:
    """Find the specifiers for a package in a pyproject.toml: PEP 621, PEP 735, and Poetry's own tables."""
    project = _mapping(document.get("project"))
    groups = [project.get("dependencies")]
    groups += _mapping(project.get("optional-dependencies")).values()
    groups += _mapping(document.get("dependency-groups")).values()
    for group in groups:
        for item in group if isinstance(group, list) else ():
            yield from specifiers_of(name, item) if isinstance(item, str) else ()
    poetry = _poetry(document)
    tables = [poetry, *(_mapping(group) for group in _mapping(poetry.get("group")).values())]
    for table in tables:
        for key in ("dependencies", "dev-dependencies"):
            yield from _poetry_version(_mapping(table.get(key)).get(name))


def _python_of(document: Document) -> Iterator[str]:
    declared = _mapping(document.get("project")).get("requires-python")
    if isinstance(declared, str):
        yield declared
    yield from _poetry_version(_mapping(_poetry(document).get("dependencies")).get("python"))


def _poetry(document: Document) -> Mapping[str, Any]:
    return _mapping(_mapping(document.get("tool")).get("poetry"))


def _poetry_version(value: object) -> Iterator[str]:
    """Poetry writes a bare version for a pin, and may wrap the constraint in a table."""
    version = value.get("version") if isinstance(value, dict) else value
    if isinstance(version, str):
        yield f"=={version}" if version[:1].isdigit() else version


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
