"""Where a module must be registered so that pytest rewrites its assertions before anybody imports it.

Facts, by experiment with pytest 9.2: a conftest.py is imported with the packages that it lies in, after those
of the folders above up to the root; a module that was imported earlier cannot be registered any more, and the
warning that says so is an error under ``-W error``; ``--import-mode=importlib`` imports the packages of test
modules in a way of its own, and never rewrites their ``__init__``.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os.path import commonpath
from pathlib import Path

from reassert.model.facts import ScannedFacts
from reassert.syntax.references import module_parts

_INIT = "__init__.py"
_CONFTEST = "conftest.py"


@dataclass(frozen=True)
class Tree:
    """What is to be known of folders and files beside their contents.

    ``collects``: pytest rewrites the file by itself. ``top``: the folder of a file's project, above which no
    conftest.py is loaded. ``by_path``: pytest imports the file without touching ``sys.path``. ``may_change``:
    the user lets a conftest.py be written.
    """

    is_package: Callable[[Path], bool]
    exists: Callable[[Path], bool]
    collects: Callable[[Path], bool]
    top: Callable[[Path], Path]
    by_path: Callable[[Path], bool]
    may_change: Callable[[Path], bool]


@dataclass
class Registration:
    """The modules that a conftest.py must register, before it makes the imports ``early``."""

    names: set[str] = field(default_factory=set)
    early: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Registrations:
    """``needed`` by the path of the conftest.py, which may have to be made; ``impossible`` says why."""

    needed: Mapping[Path, Registration]
    impossible: Mapping[Path, str]


def registrations(graph: Imports, helpers: Iterable[Path]) -> Registrations:
    """Find a place for each of ``helpers`` that a file which pytest collects imports, if only in the end."""
    tree = graph.tree
    needed: dict[Path, Registration] = {}
    impossible: dict[Path, str] = {}
    for helper in sorted(helpers):
        names = sorted(name for name in graph.names(helper) if not graph.is_registered(name))
        users = [user for user in graph.users(helper) if user != helper and tree.collects(user)]
        places = [_place(graph, helper, group) for group in _by_top(users, tree)] if names else []
        problem = next((place for place in places if isinstance(place, str)), None)
        if problem:
            impossible[helper] = problem
            continue
        for place in places:
            registration = needed.setdefault(Path(place), Registration())
            registration.names.update(names)
            registration.early |= graph.leading(Path(place), helper)
    return Registrations(needed, impossible)


def _by_top(users: Iterable[Path], tree: Tree) -> list[list[Path]]:
    groups: defaultdict[Path, list[Path]] = defaultdict(list)
    for user in users:
        groups[tree.top(user)].append(user)
    return list(groups.values())


def _place(graph: Imports, helper: Path, users: Collection[Path]) -> Path | str:
    """The conftest.py that is loaded before any of ``users`` imports ``helper``, or why there is none.

    The nearest one that is there comes before any that would have to be made.
    """
    tree = graph.tree
    anchor, top = Path(commonpath([user.parent for user in users])), tree.top(next(iter(users)))
    if helper.name == _INIT and any(tree.by_path(u) and u.is_relative_to(helper.parent) for u in users):
        return "with --import-mode=importlib pytest does not rewrite the __init__.py of a package of tests"
    folders = [f for f in (anchor, *anchor.parents) if f.is_relative_to(top)]
    fitting = [f for f in folders if not graph.reaches(graph.loaded_before(f, top), helper)]
    there = [f for f in fitting if tree.exists(f / _CONFTEST)]
    able = [
        f
        for f in there or (f for f in fitting if _may_be_made(graph, f, anchor))
        if tree.may_change(f / _CONFTEST)
    ]
    if able:
        return able[0] / _CONFTEST
    return f"no conftest.py could register the module before {_shown(users, top)} imports it"


def _shown(users: Iterable[Path], top: Path) -> str:
    first = min(users)
    return (first.relative_to(top) if first.is_relative_to(top) else first).as_posix()


def _may_be_made(graph: Imports, folder: Path, anchor: Path) -> bool:
    """Whether a conftest.py in ``folder`` would have no effect but the one that is wanted.

    pytest puts the folder above its outermost package first on ``sys.path``, as it does for test modules. And
    where folders are no packages, every conftest.py has the same module name.
    """
    tree = graph.tree
    if tree.is_package(folder):
        return folder == anchor and (tree.by_path(folder / _CONFTEST) or graph.base(folder) in graph.bases)
    if graph.imports_conftest:
        return False
    return tree.by_path(folder / _CONFTEST) or folder in graph.bases


class Imports:
    """Which file imports which, as far as the dotted names in them tell."""

    def __init__(self, scanned: Mapping[Path, ScannedFacts], tree: Tree) -> None:
        self.scanned = scanned
        self.tree = tree
        self._bases: dict[Path, Path] = {}
        self._found: dict[str, list[Path]] = {}
        self._users: dict[Path, set[Path]] = {}
        self._named: dict[str, list[tuple[str, Path]]] = {}
        self._led: dict[tuple[Path | None, str], frozenset[Path]] = {}
        self._own: dict[Path, str] = {}
        self._near: dict[tuple[Path, str], tuple[tuple[str, Path], ...]] = {}
        self._around: dict[Path, tuple[Path, ...]] = {}
        self._folders: dict[Path, Path] = {}
        self._parts: dict[Path, tuple[str, ...]] = {}
        self._by_text = {os.fspath(path): path for path in scanned}
        self._by_last: defaultdict[str, list[tuple[tuple[str, ...], Path]]] = defaultdict(list)
        self._enter(scanned)

    def _enter(self, paths: Iterable[Path]) -> None:
        """Take paths apart once; equal folders are one object, which is then found by its identity."""
        known: dict[str, Path] = {}
        for path in paths:
            parts = self._parts[path] = module_parts(path)
            self._by_last[parts[-1]].append((parts, path))
            self._folders[path] = known.setdefault(os.fspath(path).rpartition(os.sep)[0], path.parent)

    # -- names -----------------------------------------------------------------------------------------------

    def base(self, folder: Path) -> Path:
        """The folder that is on ``sys.path`` for the modules in ``folder``: the first that is no package."""
        if folder not in self._bases:
            inner = self.tree.is_package(folder) and folder != folder.parent
            self._bases[folder] = self.base(folder.parent) if inner else folder
        return self._bases[folder]

    @cached_property
    def bases(self) -> set[Path]:
        """Those of the files that pytest collects, where it imports them through ``sys.path``."""
        collected = (p for p in self.scanned if self.tree.collects(p) and not self.tree.by_path(p))
        return {self.base(self._folders[path]) for path in collected}

    def own_name(self, path: Path) -> str:
        """The name by which a module is imported from its base."""
        if path not in self._own:
            folder = self._folders.get(path) or path.parent
            parts = self._parts.get(path) or module_parts(path)
            self._own[path] = ".".join(parts[len(self.base(folder).parts) :])
        return self._own[path]

    def names(self, helper: Path) -> set[str]:
        """Every name by which a file of the project imports ``helper``; its own if none does so directly."""
        return self._names.get(helper) or {self.own_name(helper)}

    @cached_property
    def _names(self) -> Mapping[Path, set[str]]:
        found: defaultdict[Path, set[str]] = defaultdict(set)
        for path, dotted in self._distinct.values():
            for name, hit in self._hits(path, dotted):
                found[hit].add(name)
        return found

    @cached_property
    def _distinct(self) -> Mapping[tuple[Path | None, str], tuple[Path, str]]:
        """Every import with a file that makes it, once for all files for which it means the same."""
        return {self._key(path, d): (path, d) for path, facts in self.scanned.items() for d in facts.imports}

    def _key(self, path: Path, dotted: str) -> tuple[Path | None, str]:
        return (self._folders[path] if dotted.startswith(".") else None), dotted

    def is_registered(self, name: str) -> bool:
        """Whether the project has registered a module already, by its own name or that of its package."""
        return any(name == m or name.startswith(f"{m}.") for m in self._registered)

    @cached_property
    def _registered(self) -> set[str]:
        return {m for facts in self.scanned.values() for m in facts.registered}

    @cached_property
    def imports_conftest(self) -> bool:
        """Whether a file imports a conftest.py by the name that all have that are in no package."""
        return any(d.partition(".")[0] == "conftest" for f in self.scanned.values() for d in f.imports)

    # -- edges -----------------------------------------------------------------------------------------------

    def _hits(self, importer: Path, dotted: str) -> Iterable[tuple[str, Path]]:
        """The modules that a dotted name leads to, each with the name that it gets by that."""
        if dotted.startswith("."):
            key = self._folders[importer], dotted
            if key not in self._near:
                self._near[key] = tuple(self._relative_hits(importer, dotted.removesuffix(".*")))
            return self._near[key]
        if dotted not in self._named:
            name = dotted.removesuffix(".*")
            hits = self._absolute(name)
            self._named[dotted] = [(".".join(name.split(".")[: self._depth(h, name)]), h) for h in hits]
        return self._named[dotted]

    def _relative_hits(self, importer: Path, dotted: str) -> Iterator[tuple[str, Path]]:
        level = len(dotted) - len(dotted.lstrip("."))
        folder = importer.parents[level - 1] if level <= len(importer.parents) else importer.parent
        parts = [p for p in dotted.split(".") if p]
        for cut in range(len(parts), -1, -1):
            inner = "".join((os.fspath(folder), *(f"{os.sep}{part}" for part in parts[:cut])))
            for text in (f"{inner}.py", f"{inner}{os.sep}{_INIT}")[not cut :]:
                if found := self._by_text.get(text):
                    yield self._relative_name(found), found
                    return

    def _relative_name(self, path: Path) -> str:
        """The name that a relative import gives a module; without packages it follows from the place."""
        if self.tree.is_package(path.parent) or not self.tree.by_path(path):
            return self.own_name(path)
        return ".".join(module_parts(path)[len(self.tree.top(path).parts) :])

    def _absolute(self, dotted: str) -> list[Path]:
        """The modules that may be meant: where one has just that name from its base, no others."""
        if dotted not in self._found:
            parts = tuple(dotted.split("."))
            found: list[Path] = []
            for cut in range(len(parts), 0, -1):
                hits = [h for p, h in self._by_last.get(parts[cut - 1], ()) if p[-cut:] == parts[:cut]]
                name = ".".join(parts[:cut])
                found = [h for h in hits if self.own_name(h) == name] or hits
                if found:
                    break
            self._found[dotted] = found
        return self._found[dotted]

    def _depth(self, path: Path, dotted: str) -> int:
        """How many parts of a dotted name are the module itself."""
        parts, own = dotted.split("."), self._parts[path]
        return next(n for n in range(len(parts), 0, -1) if own[-n:] == tuple(parts[:n]))

    def _packages(self, folder: Path) -> tuple[Path, ...]:
        """The ``__init__.py`` of a folder and of the packages around it."""
        if folder not in self._around:
            inner = self.tree.is_package(folder) and folder != folder.parent
            init = folder / _INIT
            own = self._by_text.get(os.fspath(init), init)
            self._around[folder] = (own, *self._packages(folder.parent)) if inner else ()
        return self._around[folder]

    def _edges(self, path: Path) -> set[Path]:
        found = set(self._packages(self._folders[path]))
        facts = self.scanned.get(path)
        for dotted in facts.imports if facts else ():
            found |= self._leads_to(path, dotted)
        return found

    def _leads_to(self, path: Path, dotted: str) -> frozenset[Path]:
        key = self._key(path, dotted)
        if key not in self._led:
            self._led[key] = self._with_packages(path, dotted)
        return self._led[key]

    def _with_packages(self, path: Path, dotted: str) -> frozenset[Path]:
        hits = frozenset(hit for _, hit in self._hits(path, dotted))
        return hits.union(*(self._packages(self._folders[hit]) for hit in hits))

    @cached_property
    def _imported_by(self) -> Mapping[Path, list[Path]]:
        found: defaultdict[Path, list[Path]] = defaultdict(list)
        for path in self.scanned:
            for target in self._edges(path):
                found[target].append(path)
        return found

    # -- ways ------------------------------------------------------------------------------------------------

    def users(self, helper: Path) -> set[Path]:
        """Every file that imports ``helper``, directly or not, and itself."""
        if helper not in self._users:
            self._users[helper] = _closure([helper], lambda path: self._imported_by.get(path, ()))
        return self._users[helper]

    def reaches(self, starts: Iterable[Path], helper: Path) -> bool:
        """Whether importing one of ``starts`` imports ``helper``."""
        return not self.users(helper).isdisjoint(starts)

    def leading(self, conftest: Path, helper: Path) -> set[str]:
        """The imports of a conftest.py that import ``helper``."""
        users, facts = self.users(helper), self.scanned.get(conftest)
        imports = facts.imports if facts else ()
        return {dotted for dotted in imports if not users.isdisjoint(self._leads_to(conftest, dotted))}

    def loaded_before(self, folder: Path, top: Path) -> list[Path]:
        """What is imported before the conftest.py of ``folder``: its packages, and those further up."""
        above = [f / _CONFTEST for f in folder.parents if f.is_relative_to(top)]
        return [*self._packages(folder), *(c for c in above if self.tree.exists(c))]


def _closure(starts: Iterable[Path], following: Callable[[Path], Iterable[Path]]) -> set[Path]:
    found, todo = set(starts), list(starts)
    while todo:
        new = [path for path in following(todo.pop()) if path not in found]
        found.update(new)
        todo += new
    return found
