"""Which classes the strings of files name: patch targets, node ids, names to be looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from reassert.model.facts import QuotedRef, ScannedClass, ScannedFacts
from reassert.syntax.references import reference

_Hit = tuple[Path, str, int]
# Who imports these may look the name up in any module.
_LOADING = frozenset({"importlib", "runpy", "imp", "pkgutil"})


class Lookup(Protocol):
    """What is asked of the project."""

    scanned: Mapping[Path, ScannedFacts]

    def modules(self, importer: Path, dotted: str) -> list[Path]:
        """The files that a module's name may mean."""

    def ending(self, parts: tuple[str, ...]) -> list[Path]:
        """The files whose dotted path ends so."""

    def homes(self, name: str) -> Collection[Path]:
        """The files that define a class of this name at their top."""

    def in_module(self, path: Path, name: str) -> tuple[Path, ScannedClass] | None:
        """The class that a module has under this name."""


class Quote(NamedTuple):
    """``text``, in a string of ``importer``, names the class ``qualname`` of ``path``, surely or maybe."""

    importer: Path
    text: str
    line: int
    path: Path
    qualname: str
    place: int
    sure: bool


def quotes(project: Lookup, classes: Collection[tuple[Path, str]]) -> list[Quote]:
    """Every path in a string that leads, or may lead, to one of ``classes`` that may get another name."""
    wanted = frozenset(hit for hit in classes if not _last(hit[1]).startswith("Test"))
    words = frozenset(_last(qualname) for _, qualname in wanted)
    return [
        Quote(importer, text, line, *hit, sure)
        for importer, facts in project.scanned.items()
        for text, line in facts.quoted.items()
        if not words.isdisjoint(reference(text).names)
        for hit, sure in _Search(project, importer).hits(text)
        if hit[:2] in wanted
    ]


def _last(qualname: str) -> str:
    return qualname.rpartition(".")[2]


class _Search:
    """Looks for the classes that the strings of one file name."""

    def __init__(self, project: Lookup, importer: Path) -> None:
        self._project = project
        self._importer = importer

    def hits(self, text: str) -> Iterator[tuple[_Hit, bool]]:
        ref = reference(text)
        found, whole = self._by_path(ref.file, ref.names, 0) if ref.file else self._by_dots(ref.names)
        if not found and not ref.file:
            found, whole = self._by_name(ref.names), False
        homes = {path for path, _, _ in found}
        for hit in found:
            yield hit, whole and len(homes) == 1

    def _by_dots(self, names: Sequence[str]) -> tuple[list[_Hit], bool]:
        """The longest part that is a module decides, as it does for an import."""
        for cut in range(len(names) - 1, 0, -1):
            found, whole = self._by_path(tuple(names[:cut]), names[cut:], cut)
            if found:
                return found, whole
        return [], False

    def _by_path(self, module: tuple[str, ...], names: Sequence[str], offset: int) -> tuple[list[_Hit], bool]:
        """What the files have that end so.

        Failing that the ends of it are tried: the project's folder may be known by another name there.
        """
        for drop in range(len(module)):
            paths = self._project.ending(module[drop:])
            found = [hit for path in paths for hit in self._along(path, names, offset)]
            if found:
                return found, drop == 0
        return [], False

    def _along(self, path: Path, names: Sequence[str], offset: int) -> Iterator[_Hit]:
        """The classes that a chain of names leads through, from the outermost inwards."""
        for length in range(1, len(names) + 1):
            chain = ".".join(names[:length])
            hit = self._project.in_module(path, chain)
            if hit is not None and hit[1].qualname == chain:
                yield hit[0], chain, offset + length - 1

    def _by_name(self, names: Sequence[str]) -> list[_Hit]:
        """Classes of the files that a name without a module is likely to be about."""
        return [(path, names[0], 0) for path in self._project.homes(names[0]) if self._concerns(path)]

    def _concerns(self, path: Path) -> bool:
        importer, project = self._importer, self._project
        if importer.name == "conftest.py":
            return path.is_relative_to(importer.parent)
        if path == importer:
            return False
        facts = project.scanned[importer]
        if any(dotted.partition(".")[0] in _LOADING for dotted in facts.imports):
            return True
        named = (dotted for dotted in (*facts.imports, *facts.quoted) if "/" not in dotted)
        return any(path in project.modules(importer, dotted) for dotted in named)


def by_file(
    found: Iterable[Quote], together: Mapping[Path, Collection[Path]]
) -> tuple[dict[Path, dict[str, tuple[QuotedRef, ...]]], dict[Path, dict[str, str]]]:
    """For each file what its strings name and can follow, and its classes that other strings name for good.

    The latter with the place of such a string: one that is not sure, or is in no file of the family.
    """
    follow: defaultdict[Path, defaultdict[str, list[QuotedRef]]] = defaultdict(lambda: defaultdict(list))
    stay: defaultdict[Path, dict[str, str]] = defaultdict(dict)
    for quote in found:
        if quote.sure and quote.importer == quote.path:
            continue
        if quote.sure and quote.importer in together.get(quote.path, ()):
            ref = QuotedRef(str(quote.path), quote.qualname, quote.place)
            follow[quote.importer][quote.text].append(ref)
        else:
            stay[quote.path].setdefault(quote.qualname, f"{quote.importer}:{quote.line}")
    texts = {path: {text: tuple(refs) for text, refs in table.items()} for path, table in follow.items()}
    return texts, dict(stay)
