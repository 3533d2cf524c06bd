"""The test map as a table that says what a path to a test is called afterwards."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from reassert.model.outcomes import TestMap

Names = tuple[str, ...]
_SEPARATORS = re.compile(r"[/\\]+")


@dataclass(frozen=True)
class Verdict:
    """What becomes of a path in a text: its names afterwards; None if that cannot be told."""

    names: Names | None


class Renames:
    """What the tests of a test map, and the classes that they are in, are called afterwards.

    ``files`` are the Python files of the project as node ids name them; ``has_word`` tells whether one of
    them contains a word.
    """

    def __init__(self, test_map: TestMap, files: Iterable[str], has_word: Callable[[str, str], bool]) -> None:
        self._files = frozenset(files)
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for file in self._files:
            self._by_name[posixpath.basename(file)].append(file)
        self._has_word = has_word
        self._table: defaultdict[str, dict[Names, Names | None]] = defaultdict(dict)
        for old, new in test_map.items():
            self._enter(old, new)

    def _enter(self, old: str, new: Collection[str]) -> None:
        file, _, rest = old.partition("::")
        table, names = self._table[file], tuple(rest.split("::"))
        after = [_names_of(nodeid, bare=len(new) > 1) for nodeid in new]
        for length in range(1, len(names) + 1):
            now = _common({a[:length] if len(a) == len(names) else None for a in after})
            if table.setdefault(names[:length], now) != now:
                table[names[:length]] = None

    def _all(self) -> Iterator[tuple[str, Names, Names | None]]:
        for file, table in self._table.items():
            for before, now in table.items():
                if now != before:
                    yield file, before, now

    @cached_property
    def words(self) -> frozenset[str]:
        """The names that tests and classes had and have no more."""
        return frozenset(
            name
            for _, before, now in self._all()
            for position, name in enumerate(before)
            if now is None or now[position] != name
        )

    @cached_property
    def _last_names(self) -> frozenset[tuple[str, str]]:
        return frozenset((before[-1], now[-1]) for _, before, now in self._all() if now)

    def without(self, part: str) -> tuple[str, str] | None:
        """The old and the new name of something that has a part of its name no more, in whatever case."""
        low = part.lower()
        hits = (
            names for names in self._last_names if low in names[0].lower() and low not in names[1].lower()
        )
        return min(hits, default=None)

    def called(self, word: str) -> list[str]:
        """What classes and tests of this name are called now, in all files."""
        return sorted({now[-1] for _, before, now in self._all() if now and before[-1] == word != now[-1]})

    def of_node_id(self, path: str, names: Names, folder: str) -> Verdict | None:
        """What the names of a node id become that stands in a file in ``folder``; None if they stay.

        The path may be as seen from the root, from the folder, or from where a command goes first. So every
        file that it may mean has to agree.
        """
        near, far = self._candidates(path, folder)
        concerned = [f for f in near if names[:1] in self._table[f] or self._has_word(f, names[0])]
        found = {self._of(file, names) for file in concerned}
        if len(found) == 1:
            return _changed(names, found.pop())
        if found or any(_changed(names, self._of(file, names)) for file in far):
            return Verdict(None)
        return None

    def of_dotted(self, names: Names) -> tuple[str, str] | None:
        """The old and the new name of a class that a dotted path may lead to."""
        for file, before, now in self._all():
            module = tuple(file.removesuffix(".py").split("/"))
            if now and before[-1] != now[-1] and _leads_to(names, module, before):
                return before[-1], now[-1]
        return None

    def _candidates(self, path: str, folder: str) -> tuple[list[str], list[str]]:
        """The files that a path may mean; failing these, the ones it may mean as seen from outside."""
        parts = [p for p in _SEPARATORS.split(path) if p not in ("", ".")]
        if ".." in parts:
            joined = posixpath.normpath(posixpath.join(folder, *parts))
            return [joined] if joined in self._files else [], []
        plain = "/".join(parts)
        near = [f for f in self._by_name[parts[-1]] if f == plain or f.endswith(f"/{plain}")]
        return near, [] if near else [f for f in self._table if plain.endswith(f"/{f}")]

    def _of(self, file: str, names: Names) -> Names | None:
        for length in range(len(names), 0, -1):
            if names[:length] in self._table[file]:
                now = self._table[file][names[:length]]
                return None if now is None else (*now, *names[length:])
        return names


def _names_of(nodeid: str, *, bare: bool) -> Names:
    """The names in a node id behind the file's; ``bare``: without the case of a test."""
    path, bracket, case = nodeid.partition("::")[2].partition("[")
    *classes, test = path.split("::")
    return (*classes, test if bare else test + bracket + case)


def _common(names: Collection[Names | None]) -> Names | None:
    """What all agree on; a node id without a case stands for all cases of a test."""
    return next(iter(names)) if len(names) == 1 else None


def _changed(names: Names, now: Names | None) -> Verdict | None:
    return Verdict(now) if now != names else None


def _leads_to(names: Names, module: Names, wanted: Names) -> bool:
    """Whether a dotted path has the class behind the end of its module's path."""
    return any(
        names[start : start + len(wanted)] == wanted and names[:start] == module[-start:]
        for start in range(1, len(names) - len(wanted) + 1)
    )
