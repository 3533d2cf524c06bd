"""The index of a project: who defines the class or the function that a dotted name means in some file.

Modules are matched by the end of their dotted path: ``tests.base`` is any ``.../tests/base.py`` of the
project. That can take two files for one another, and then more is held back than needed; it never holds
back less.
"""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from reassert.model.facts import Addition, BaseFacts, BaseKind, FunctionFacts, ScannedClass, ScannedFacts
from reassert.project.families import Place, Reference
from reassert.syntax.frameworks import framework_of
from reassert.syntax.grouping import connected
from reassert.syntax.module import canonical
from reassert.syntax.references import module_parts
from reassert.syntax.roots import RANK, ROOTS, known_kind
from reassert.syntax.testcase_api import MODULE_FIXTURES, RUN_BY_UNITTEST

# A chain of bases or re-exports this long is a cycle.
_DEEPEST = 20
_STAYING = ("framework", "unknown")
_UNKNOWN = ((Path(), ""),)


class Index:
    """The files of a project by the dotted names under which others may import them."""

    def __init__(self, scanned: Mapping[Path, ScannedFacts]) -> None:
        self.scanned = scanned
        self.by_last: defaultdict[str, list[tuple[tuple[str, ...], Path]]] = defaultdict(list)
        self._parts = {path: module_parts(path) for path in scanned}
        for path, parts in self._parts.items():
            self.by_last[parts[-1]].append((parts, path))
        self._found: dict[Place, tuple[Path, ScannedClass] | None] = {}
        self._modules: dict[tuple[str, ...], list[Path]] = {}
        self._absolute: dict[str, Sequence[tuple[Path, str]]] = {}
        self._origins: dict[str, str] = {}
        self._brought: dict[Path, Sequence[tuple[str, Path, str]]] = {}
        self._kinds: dict[Place, tuple[BaseKind, frozenset[str]]] = {}
        self.classes = {path: {c.qualname: c for c in facts.classes} for path, facts in scanned.items()}

    @classmethod
    def of(cls, scanned: Mapping[Path, ScannedFacts] | Index) -> Index:
        """The index of what was scanned, if that is not one already."""
        return scanned if isinstance(scanned, Index) else cls(scanned)

    def modules(self, importer: Path, dotted: str) -> list[Path]:
        """The files that ``dotted``, imported in ``importer``, may be; relative names begin with dots."""
        if not dotted.startswith("."):
            if dotted.rpartition(".")[2] not in self.by_last:
                return []  # nearly all names: they come from other distributions
            return self.ending(tuple(dotted.split(".")))
        level = len(dotted) - len(dotted.lstrip("."))
        package = self._parts[importer] if importer.name == "__init__.py" else self._parts[importer][:-1]
        package = package[: len(package) - (level - 1)] if level > 1 else package
        return self.ending((*package, *(p for p in dotted.split(".") if p)))

    def ending(self, parts: tuple[str, ...]) -> list[Path]:
        """The files whose dotted path ends so."""
        if parts and parts not in self._modules:
            hits = self.by_last.get(parts[-1], ())
            self._modules[parts] = [path for p, path in hits if p[-len(parts) :] == parts]
        return self._modules.get(parts, [])

    def find(self, importer: Path, dotted: str) -> tuple[Path, ScannedClass] | None:
        """The class that a dotted name means in ``importer``, through re-exports and star imports."""
        if dotted.count(".") > _DEEPEST:
            return None
        for path, name in self._places(importer, dotted):
            hit = self.in_module(path, name)
            if hit:
                return hit
        return None

    def _places(self, importer: Path, dotted: str) -> Sequence[tuple[Path, str]]:
        """The files that a dotted name may begin with, each with what is then meant in it; longest first."""
        if dotted.startswith("."):
            return self._split_up(importer, dotted)
        if dotted not in self._absolute:  # means the same in every file
            self._absolute[dotted] = self._split_up(importer, dotted)
        return self._absolute[dotted]

    def _split_up(self, importer: Path, dotted: str) -> Sequence[tuple[Path, str]]:
        return [(path, name) for module, name in _splits(dotted) for path in self.modules(importer, module)]

    def in_module(self, path: Path, name: str) -> tuple[Path, ScannedClass] | None:
        """The class that a module has under this name, its own or an imported one."""
        if (path, name) not in self._found:
            self._found[path, name] = None  # what leads back to itself leads nowhere
            self._found[path, name] = self._search(path, name)
        return self._found[path, name]

    def _search(self, path: Path, name: str) -> tuple[Path, ScannedClass] | None:
        if name in self.classes[path]:
            return path, self.classes[path][name]
        facts = self.scanned[path]
        head, _, rest = name.partition(".")
        if head in facts.exports:
            target = facts.exports[head]
            return self.find(path, f"{target}.{rest}" if rest else target)
        return self._star(path, name)

    def external_bases(self, path: Path, facts: ScannedFacts) -> dict[str, BaseFacts]:
        """What each base that ``path`` imports is, as far as the project knows it."""
        found: dict[str, BaseFacts] = {}
        wanted = {b for c in facts.classes for b in c.bases}
        for dotted in wanted:
            name = dotted.removeprefix(":")
            if (
                dotted in ("?", "object")
                or dotted in ROOTS
                or self._origin(path, dotted, 0) in ROOTS
                or (dotted.startswith(":") and name in self.classes[path])
            ):
                continue
            hit = self._base(path, dotted)
            if hit and hit[0] != path:
                kind, defines = self.describe(*hit)
                found[name] = BaseFacts(
                    kind,
                    defines,
                    str(hit[0]),
                    hit[1].qualname,
                    framework=self._framework(*hit),
                    origin=self._stayer(*hit) if kind in _STAYING else "",
                )
        return found

    def _stayer(self, path: Path, info: ScannedClass, depth: int = 0) -> str:
        """The base, as written, that makes a class and its heirs stay; empty if it is the class itself."""
        kind = self.describe(path, info)[0]
        for base in info.bases if depth < _DEEPEST else ():
            if self._describe_base(path, base)[0] == kind:
                hit = self._base(path, base)
                return self._stayer(*hit, depth + 1) if hit else base.removeprefix(":")
        return ""

    def _star(self, path: Path, name: str) -> tuple[Path, ScannedClass] | None:
        """The class of this name that ``path`` gets from one of its star imports."""
        for source in self._stars.get(path, ()):
            hit = self.in_module(source, name)
            if hit:
                return hit
        return None

    @cached_property
    def _stars(self) -> Mapping[Path, Sequence[Path]]:
        """The modules that each file imports everything of."""
        found: defaultdict[Path, list[Path]] = defaultdict(list)
        for path, facts in self.scanned.items():
            for imported in facts.imports:
                if imported.endswith(".*"):
                    found[path] += self.modules(path, imported[:-2] or ".")
        return dict(found)

    def homes(self, name: str) -> Collection[Path]:
        """The files that define a class of this name at their top."""
        return self._homes.get(name, ())

    @cached_property
    def _homes(self) -> Mapping[str, Sequence[Path]]:
        found: defaultdict[str, list[Path]] = defaultdict(list)
        for path, classes in self.classes.items():
            for qualname in classes:
                found[qualname].append(path)
        return dict(found)

    def describe(self, path: Path, info: ScannedClass) -> tuple[BaseKind, frozenset[str]]:
        """The kind of a class and every name that it and its bases in the project define."""
        place = path, info.qualname
        if place not in self._kinds:
            self._kinds[place] = "unknown", info.defines  # a class that inherits from itself
            self._kinds[place] = self._describe(path, info)
        return self._kinds[place]

    def _describe(self, path: Path, info: ScannedClass) -> tuple[BaseKind, frozenset[str]]:
        kind: BaseKind = "plain"
        defines = info.defines
        for base in info.bases:
            base_kind, names = self._describe_base(path, base)
            kind = max(kind, base_kind, key=RANK.index)
            defines |= names
        return kind, defines

    def _describe_base(self, path: Path, base: str) -> tuple[BaseKind, frozenset[str]]:
        if base in ROOTS:
            return ROOTS[base], frozenset()
        hit = self._base(path, base)
        if hit:
            return self.describe(*hit)
        origin = self._origin(path, base, 0)
        if origin in ROOTS:
            return ROOTS[origin], frozenset()
        if base.startswith(":") and hasattr(builtins, base[1:]):
            return "plain", frozenset()
        return known_kind(origin), frozenset()

    def _framework(self, path: Path, info: ScannedClass, depth: int = 0) -> str:
        """The first base, of the class or of its bases, that is a framework's; empty if none is."""
        for base in info.bases if depth < _DEEPEST else ():
            hit = self._base(path, base)
            origin = self._framework(*hit, depth + 1) if hit else self._origin(path, base, 0)
            if framework_of(origin):
                return origin
        return ""

    def _base(self, path: Path, base: str) -> tuple[Path, ScannedClass] | None:
        """The class of the project that a base, as scanned, means."""
        if not base.startswith(":"):
            return None if base in ("?", "object") or base in ROOTS else self.find(path, base)
        name = base[1:]
        return (path, self.classes[path][name]) if name in self.classes[path] else self._star(path, name)

    def aliases(self, path: Path, facts: ScannedFacts) -> dict[str, str]:
        """The names of unittest that ``path`` imports by way of other files."""
        found = {}
        for dotted in facts.imports:
            if not dotted.startswith("unittest"):
                origin = self._origin(path, dotted, 0)
                if origin.startswith("unittest") and origin != dotted:
                    found[dotted] = origin
        return found

    def functions(self, path: Path, facts: ScannedFacts) -> dict[str, FunctionFacts]:
        """The functions of the project that ``path`` wants to know more of."""
        found = {dotted: set(self._functions(path, dotted, 0)) for dotted in sorted(facts.wanted)}
        return {dotted: hits.pop() for dotted, hits in found.items() if len(hits) == 1}

    def _functions(self, path: Path, dotted: str, depth: int) -> Iterator[FunctionFacts]:
        """What a dotted name may be; several if the name of its module fits several files."""
        for source, name in self._places(path, dotted) if depth < _DEEPEST else ():
            facts = self.scanned[source]
            if name in facts.functions:
                yield facts.functions[name]
            elif name in facts.exports:
                yield from self._functions(source, facts.exports[name], depth + 1)

    def additions(self, path: Path, facts: ScannedFacts) -> Iterator[tuple[str, Addition]]:
        """The methods that come with the TestCase that ``path`` imports from a file of the project."""
        for dotted in sorted(facts.imports):
            module, _, name = dotted.rpartition(".")
            sources = self.modules(path, module) if module and not dotted.startswith(".") else []
            if len(sources) != 1 or self.scanned[sources[0]].exports.get(name) != "unittest.TestCase":
                continue
            for added, uses in self.scanned[sources[0]].additions.items():
                yield added, Addition(dotted, uses)

    def _origin(self, path: Path, dotted: str, depth: int) -> str:
        """Where a dotted name comes from in the end, as far as the project's files tell."""
        if depth or dotted.startswith("."):
            return self._followed(path, dotted, depth)
        if dotted not in self._origins:  # means the same in every file
            self._origins[dotted] = self._followed(path, dotted, 0)
        return self._origins[dotted]

    def _followed(self, path: Path, dotted: str, depth: int) -> str:
        for source, name in self._places(path, dotted) if depth < _DEEPEST else ():
            target = self.scanned[source].exports.get(name)
            if target is not None:
                return self._origin(source, target, depth + 1)
        return canonical(dotted)

    @cached_property
    def relevant_classes(self) -> frozenset[Place]:
        """The test classes that stem from unittest alone, and every project class that one inherits from."""
        found: set[Place] = set()
        for path, classes in self.classes.items():
            for info in classes.values():
                if self.describe(path, info)[0] in ("testcase", "async"):
                    found |= {(path, info.qualname), *self._ancestors(path, info)}
        return frozenset(found)

    def test_classes(self, names: Collection[str]) -> Iterator[Place]:
        """The classes of the modules themselves, of these names, that stem from unittest alone."""
        for path, classes in self.classes.items():
            for name in classes.keys() & names:
                if self.describe(path, classes[name])[0] in ("testcase", "async"):
                    yield path, name

    def test_classes_of(self, paths: Iterable[Path]) -> Iterator[Place]:
        """The classes of modules, nested ones aside, that stem from unittest alone."""
        for path in paths:
            for name, info in self.classes[path].items():
                if "." not in name and self.describe(path, info)[0] in ("testcase", "async"):
                    yield path, name

    @cached_property
    def relatives(self) -> Mapping[Place, frozenset[Place]]:
        """The classes that inheritance connects with each class that has a relative."""
        return connected(
            ((path, info.qualname), (hit[0], hit[1].qualname))
            for path, classes in self.classes.items()
            for info in classes.values()
            for base in info.bases
            if (hit := self._base(path, base))
        )

    @cached_property
    def staying_classes(self) -> frozenset[Place]:
        """The classes that are connected by inheritance to one that surely stays a TestCase."""
        staying = [
            (path, info.qualname)
            for path, classes in self.classes.items()
            for info in classes.values()
            if self.describe(path, info)[0] in _STAYING or info.defines & RUN_BY_UNITTEST
        ]
        return frozenset(place for stayer in staying for place in self.relatives.get(stayer, {stayer}))

    def _ancestors(self, path: Path, info: ScannedClass, depth: int = 0) -> Iterator[Place]:
        for base in info.bases if depth < _DEEPEST else ():
            hit = self._base(path, base)
            if hit:
                yield hit[0], hit[1].qualname
                yield from self._ancestors(*hit, depth + 1)

    @cached_property
    def references(self) -> list[Reference]:
        """Every use, across files, of a class of the project."""
        found = []
        strangers: set[str] = set()  # names that mean nothing here, whoever imports them
        for importer, facts in self.scanned.items():
            for dotted in sorted(facts.imports - strangers):
                for name, path, qualname in self._targets(importer, dotted):
                    if path != importer:
                        found.append(Reference(importer, name, path, qualname))
                if not self._absolute.get(dotted, _UNKNOWN):
                    strangers.add(dotted)
            found += self._starred_bases(importer, facts) if importer in self._stars else ()
        return found

    def _starred_bases(self, importer: Path, facts: ScannedFacts) -> Iterator[Reference]:
        """The bases in modules that a star import brings."""
        for base in {b for c in facts.classes for b in c.bases if b.startswith(":") and "." in b}:
            hit = self._base(importer, base)
            if hit and hit[0] != importer:
                yield Reference(importer, base[1:], hit[0], hit[1].qualname)

    def module_fixtures(self) -> Iterator[Reference]:
        """Every import of a module's set-up by another file: it keeps its name."""
        for importer, facts in self.scanned.items():
            for dotted in sorted(facts.imports):
                module, _, name = dotted.rpartition(".")
                if name in MODULE_FIXTURES:
                    paths = self.modules(importer, module or ".")
                    yield from (Reference(importer, dotted, p, name) for p in paths if p != importer)

    def _targets(self, importer: Path, dotted: str) -> Iterator[tuple[str, Path, str]]:
        if dotted.endswith(".*"):
            for path in self.modules(importer, dotted[:-2] or dotted[:-1]):
                yield from self._starred(path)
            return
        hit = self.find(importer, dotted)
        if hit:
            yield dotted, hit[0], hit[1].qualname

    def _starred(self, path: Path) -> Sequence[tuple[str, Path, str]]:
        """Every class that a star import of ``path`` may bring, under its name there."""
        if path not in self._brought:
            self._brought[path] = tuple(self._brings(path))
        return self._brought[path]

    def _brings(self, path: Path) -> Iterator[tuple[str, Path, str]]:
        """Private names, too: ``__all__`` may have them."""
        for module in self._reached(path):
            yield from ((name, module, name) for name in self.classes[module])
            for name in self.scanned[module].exports:
                hit = self.in_module(module, name)
                if hit:
                    yield name, hit[0], hit[1].qualname

    def _reached(self, path: Path) -> Collection[Path]:
        """A module and those that it has all names of, through star imports."""
        found = {path: None}
        waiting = [path]
        while waiting:
            more = [p for p in self._stars.get(waiting.pop(), ()) if p not in found]
            found.update(dict.fromkeys(more))
            waiting += more
        return found


def _splits(dotted: str) -> Iterator[tuple[str, str]]:
    """(module, name in it) for every place where the module may end, the longest module first."""
    dots = len(dotted) - len(dotted.lstrip("."))
    parts = dotted[dots:].split(".")
    for cut in range(len(parts) - 1, 0, -1):
        yield "." * dots + ".".join(parts[:cut]), ".".join(parts[cut:])
    if dots:
        yield "." * dots, ".".join(parts)
