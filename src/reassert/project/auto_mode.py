"""What pytest-asyncio's auto mode would do to the files of one project that strict mode does not.

Source: spec C.1 and C.4, and ``pytest_asyncio/plugin.py``: in auto mode every async function that pytest
collects gets the mark that it lacks. A TestCase is none of its business: unittest runs its methods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from reassert.model.config import PytestConfig
from reassert.model.facts import (
    AsyncioClass,
    AsyncioFacts,
    LoopHook,
    MarkKind,
    Remark,
    ScannedClass,
    ScannedFacts,
)

_NOTHING = AsyncioFacts()
_NEWLY = "this async test has no mark: strict mode does not run it, auto mode would"
_HOOKED = "whether a hook of a conftest.py gives this async test its mark is not certain"

# A class: the file, and what is known of it.
_Home = tuple[Path, ScannedClass]


class AsyncioSuite:
    """The files that one configuration of pytest counts for; ``config`` is what it says to a file.

    Classes are told apart by their bare names: where several have the same, what one says counts for all.
    """

    def __init__(self, scanned: Mapping[Path, ScannedFacts], config: Callable[[Path], PytestConfig]) -> None:
        self._scanned = scanned
        self._config = config
        self._homes: defaultdict[str, list[_Home]] = defaultdict(list)
        for path, facts in scanned.items():
            for info in facts.classes:
                self._homes[_last(info.qualname)].append((path, info))

    def facts(self, path: Path) -> AsyncioFacts:
        """What a file says."""
        facts = self._scanned.get(path)
        return (facts.asyncio if facts else None) or _NOTHING

    @property
    def has_wide_fixtures(self) -> bool:
        """Whether a fixture takes the loop of its own scope, because no other is configured."""
        return any(self.facts(path).wide for path in self._scanned)

    def is_scoped(self, path: Path) -> bool:
        """Whether a hook gives a loop scope, or a package around a file: older versions of pytest heed it."""
        in_package = any(self.facts(init).mark == "scoped" for init in self._packages(path))
        return in_package or "scope" in loop_hooks(self._scanned, path)

    @cached_property
    def scoped(self) -> frozenset[str]:
        """The names of classes that have a mark with a loop scope, or inherit one."""
        scoped = {name for name in self._homes if "scoped" in self._marks(name)}
        heirs = (name for name in self._homes if not scoped.isdisjoint(self._lineage({name})))
        return frozenset(heirs) if scoped else frozenset()

    def obstacles(self) -> dict[Path, set[Remark]]:
        """What auto mode would change, at its place, by file."""
        found: defaultdict[Path, set[Remark]] = defaultdict(set)
        is_asked = any(self.facts(path).sync for path in self._scanned)
        for path in self._scanned:
            found[path].update(self.facts(path).obstacles)
            found[path].update(self.facts(path).asked if is_asked else ())
        for path in filter(self._is_collected, self._scanned):
            reason = _HOOKED if loop_hooks(self._scanned, path) & {"mark", "scope"} else _NEWLY
            for place, line, column in self._newly_run(path):
                found[place].add(Remark(line, column, "C-VACUOUS", reason))
        return {path: remarks for path, remarks in found.items() if remarks}

    @cached_property
    def untold(self) -> frozenset[str]:
        """The names of classes and functions that make async tests without a mark where they are imported."""
        classes = (c for path in self._scanned for c in self.facts(path).classes)
        names = {_last(c.qualname) for c in classes if c.functions and not c.mark}
        for path in self._scanned:
            functions = (name for name, *_ in self.facts(path).functions)
            names.update(filter(self._config(path).collects_function, functions))
        return frozenset(names)

    # -- what runs newly -------------------------------------------------------------------------------------

    def _is_collected(self, path: Path) -> bool:
        return self._config(path).is_test_module(path)

    def _newly_run(self, path: Path) -> Iterator[tuple[Path, int, int]]:
        if self.facts(path).mark:
            return
        config = self._config(path)
        for name, line, column in self.facts(path).functions:
            if config.collects_function(name):
                yield path, line, column
        imported = self._scanned[path].exports
        for local, dotted in imported.items():
            if config.collects_function(local):
                yield from self._functions_called(_last(dotted))
            if config.collects_class(local):
                yield from self._of_class({_last(dotted)}, config)
        for info in self._scanned[path].classes:
            if config.collects_class(_last(info.qualname)):
                yield from self._of_class({_last(info.qualname)}, config)

    def _functions_called(self, name: str) -> Sequence[tuple[Path, int, int]]:
        return self._functions.get(name, ())

    @cached_property
    def _functions(self) -> Mapping[str, Sequence[tuple[Path, int, int]]]:
        found: defaultdict[str, list[tuple[Path, int, int]]] = defaultdict(list)
        for path in self._scanned:
            for name, line, column in self.facts(path).functions:
                found[name].append((path, line, column))
        return dict(found)

    def _of_class(self, names: Collection[str], config: PytestConfig) -> Iterator[tuple[Path, int, int]]:
        lineage = self._lineage(names)
        if self._is_testcase(lineage) or any(map(self._is_marked, lineage)):
            return
        for path, info in (home for name in lineage for home in self._homes.get(name, ())):
            said = self._said(path, info)
            for name, line, column in said.functions if said else ():
                if config.collects_function(name):
                    yield path, line, column

    def _packages(self, path: Path) -> Iterator[Path]:
        """The ``__init__.py`` of the packages that a file lies in."""
        inits = (folder / "__init__.py" for folder in path.parents)
        yield from (init for init in inits if init in self._scanned and init != path)

    # -- classes ---------------------------------------------------------------------------------------------

    def _lineage(self, names: Collection[str]) -> set[str]:
        """Classes and everything that they inherit from, also what no file of the project defines."""
        found, todo = set(names), list(names)
        while todo:
            for _, info in self._homes.get(todo.pop(), ()):
                bases = {_last(base) for base in info.bases} - found
                found |= bases
                todo += bases
        return found

    def _is_testcase(self, lineage: Collection[str]) -> bool:
        homes = (home for name in lineage for home in self._homes.get(name, ()))
        bases = (base for _, info in homes for base in info.bases)
        known = self._homes.keys()
        return any(
            base.startswith("unittest.") or (_last(base).endswith("TestCase") and _last(base) not in known)
            for base in bases
        )

    def _said(self, path: Path, info: ScannedClass) -> AsyncioClass | None:
        return next((c for c in self.facts(path).classes if c.qualname == info.qualname), None)

    def _marks(self, name: str) -> list[MarkKind]:
        said = [self._said(path, info) for path, info in self._homes.get(name, ())]
        return [s.mark if s else "" for s in said]

    def _is_marked(self, name: str) -> bool:
        marks = self._marks(name)
        return bool(marks) and all(marks)


def loop_hooks(scanned: Mapping[Path, ScannedFacts], path: Path) -> frozenset[LoopHook]:
    """What the hooks of every ``conftest.py`` above a file do to the loops of its tests."""
    above = (scanned.get(folder / "conftest.py") for folder in path.parents)
    found = (facts.asyncio.hooks for facts in above if facts is not None and facts.asyncio is not None)
    return frozenset[LoopHook]().union(*found)


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2].lstrip(":")
