"""Links what files say about themselves: which base comes from which file, and which class is used elsewhere.

Modules are matched by the end of their dotted path: ``tests.base`` is any ``.../tests/base.py`` of the
project. That can take two files for one another, and then more is held back than needed; it never holds
back less.
"""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from reassert.model.facts import (
    Addition,
    BaseFacts,
    BaseKind,
    ClassRef,
    FileFacts,
    FunctionFacts,
    ScannedClass,
    ScannedFacts,
)
from reassert.project.families import Reference, families
from reassert.syntax.classes import FRAMEWORKS, RANK, ROOTS
from reassert.syntax.grouping import connected
from reassert.syntax.module import canonical
from reassert.syntax.testcase_api import RUN_BY_UNITTEST

# A chain of bases or re-exports this long is a cycle.
_DEEPEST = 20
_STAYING = ("async", "framework", "unknown")


def link(
    scanned: Mapping[Path, ScannedFacts],
    asked: Collection[Path] | None = None,
    sizes: Mapping[Path, int] | None = None,
) -> dict[Path, FileFacts]:
    """The facts of every file that has relations to another one; files without any are left out.

    Only files that were ``asked`` for (None: all) become families; a use in any other file counts as foreign.
    ``sizes``, in bytes, keep families from growing beyond what fits into memory.
    """
    project = _Project(scanned)
    references = project.references()
    together = _families(project, references, scanned if asked is None else asked, sizes or {})
    used = _used(references, together)
    mine = _by_importer(references)
    found: dict[Path, FileFacts] = {}
    for path, facts in scanned.items():
        bases = project.external_bases(path, facts)
        family = together.get(path, frozenset())
        aliases = project.aliases(path, facts)
        functions = project.functions(path, facts)
        additions = dict(project.additions(path, facts))
        if bases or aliases or used.get(path) or family or functions or additions:
            names = {r.dotted: ClassRef(str(r.path), r.qualname) for r in mine[path] if r.path in family}
            found[path] = FileFacts(
                bases,
                used.get(path, {}),
                aliases,
                names,
                tuple(sorted(map(str, family))),
                functions=functions,
                additions=additions,
            )
    return found


def _families(
    project: _Project, references: list[Reference], asked: Collection[Path], sizes: Mapping[Path, int]
) -> dict[Path, frozenset[Path]]:
    """Groups of files that are connected by uses of test classes, or of what test classes inherit from."""
    relevant, among = project.relevant_classes(), set(asked)
    links = [r for r in references if {r.importer, r.path} <= among and (r.path, r.qualname) in relevant]
    return families(links, project.staying_classes, sizes)


def _used(
    references: list[Reference], together: Mapping[Path, frozenset[Path]]
) -> dict[Path, dict[str, str]]:
    """For each file, its classes that a file outside of its family uses."""
    used: defaultdict[Path, dict[str, str]] = defaultdict(dict)
    for reference in references:
        if reference.importer not in together.get(reference.path, ()):
            used[reference.path].setdefault(reference.qualname, str(reference.importer))
    return dict(used)


def _by_importer(references: list[Reference]) -> defaultdict[Path, list[Reference]]:
    found: defaultdict[Path, list[Reference]] = defaultdict(list)
    for reference in references:
        found[reference.importer].append(reference)
    return found


class _Project:
    """The files by the dotted names under which others may import them."""

    def __init__(self, scanned: Mapping[Path, ScannedFacts]) -> None:
        self.scanned = scanned
        self.by_last: defaultdict[str, list[tuple[tuple[str, ...], Path]]] = defaultdict(list)
        for path in scanned:
            parts = _module_parts(path)
            self.by_last[parts[-1]].append((parts, path))
        self._found: dict[tuple[Path, str], tuple[Path, ScannedClass] | None] = {}
        self._modules: dict[tuple[str, ...], list[Path]] = {}
        self._kinds: dict[tuple[Path, str], tuple[BaseKind, frozenset[str]]] = {}
        self.classes = {path: {c.qualname: c for c in facts.classes} for path, facts in scanned.items()}

    def modules(self, importer: Path, dotted: str) -> list[Path]:
        """The files that ``dotted``, imported in ``importer``, may be; relative names begin with dots."""
        level = len(dotted) - len(dotted.lstrip("."))
        parts = tuple(p for p in dotted.split(".") if p)
        if level:
            package = (
                _module_parts(importer) if importer.name == "__init__.py" else _module_parts(importer)[:-1]
            )
            package = package[: len(package) - (level - 1)] if level > 1 else package
            parts = package + parts
        if parts and parts not in self._modules:
            hits = self.by_last.get(parts[-1], ())
            self._modules[parts] = [path for p, path in hits if p[-len(parts) :] == parts]
        return self._modules.get(parts, [])

    def find(self, importer: Path, dotted: str) -> tuple[Path, ScannedClass] | None:
        """The class that a dotted name means in ``importer``, through re-exports and star imports."""
        if dotted.count(".") > _DEEPEST:
            return None
        for module, name in _splits(dotted):
            for path in self.modules(importer, module):
                hit = self._in_module(path, name)
                if hit:
                    return hit
        return None

    def _in_module(self, path: Path, name: str) -> tuple[Path, ScannedClass] | None:
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
                origin = self._stayer(*hit) if kind in _STAYING else ""
                found[name] = BaseFacts(kind, defines, str(hit[0]), hit[1].qualname, origin)
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
        for imported in self.scanned[path].imports:
            if imported.endswith(".*"):
                for source in self.modules(path, imported[:-2] or "."):
                    hit = self._in_module(source, name)
                    if hit:
                        return hit
        return None

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
        framework = base.startswith(FRAMEWORKS) and base.endswith("TestCase")
        return ("framework" if framework else "unknown"), frozenset()

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
        for module, name in _splits(dotted) if depth < _DEEPEST else ():
            for source in self.modules(path, module):
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
        for module, name in _splits(dotted) if depth < _DEEPEST else ():
            for source in self.modules(path, module):
                target = self.scanned[source].exports.get(name)
                if target is not None:
                    return self._origin(source, target, depth + 1)
        return canonical(dotted)

    def relevant_classes(self) -> set[tuple[Path, str]]:
        """The test classes that stem from unittest alone, and every project class that one inherits from."""
        found: set[tuple[Path, str]] = set()
        for path, classes in self.classes.items():
            for info in classes.values():
                if self.describe(path, info)[0] in ("testcase", "async"):
                    found |= {(path, info.qualname), *self._ancestors(path, info)}
        return found

    def staying_classes(self) -> set[tuple[Path, str]]:
        """The classes that are connected by inheritance to one that surely stays a TestCase."""
        pairs, staying = [], []
        for path, classes in self.classes.items():
            for info in classes.values():
                place = path, info.qualname
                pairs += [
                    (place, (hit[0], hit[1].qualname)) for b in info.bases if (hit := self._base(path, b))
                ]
                if self.describe(path, info)[0] in _STAYING or info.defines & RUN_BY_UNITTEST:
                    staying.append(place)
        groups = connected(pairs)
        return {place for stayer in staying for place in groups.get(stayer, {stayer})}

    def _ancestors(self, path: Path, info: ScannedClass, depth: int = 0) -> Iterator[tuple[Path, str]]:
        for base in info.bases if depth < _DEEPEST else ():
            hit = self._base(path, base)
            if hit:
                yield hit[0], hit[1].qualname
                yield from self._ancestors(*hit, depth + 1)

    def references(self) -> list[Reference]:
        """Every use, across files, of a class of the project."""
        found = []
        for importer, facts in self.scanned.items():
            for dotted in sorted(facts.imports):
                for name, path, qualname in self._targets(importer, dotted):
                    if path != importer:
                        found.append(Reference(importer, name, path, qualname))
        return found

    def _targets(self, importer: Path, dotted: str) -> Iterator[tuple[str, Path, str]]:
        if dotted.endswith(".*"):
            for path in self.modules(importer, dotted[:-2] or dotted[:-1]):
                yield from ((name, path, name) for name in self.classes[path] if not name.startswith("_"))
            return
        hit = self.find(importer, dotted)
        if hit:
            yield dotted, hit[0], hit[1].qualname


def _module_parts(path: Path) -> tuple[str, ...]:
    parts = path.with_suffix("").parts
    return (parts[:-1] or ("",)) if parts[-1] == "__init__" else parts


def _splits(dotted: str) -> Iterator[tuple[str, str]]:
    """(module, name in it) for every place where the module may end, the longest module first."""
    dots = len(dotted) - len(dotted.lstrip("."))
    parts = dotted[dots:].split(".")
    for cut in range(len(parts) - 1, 0, -1):
        yield "." * dots + ".".join(parts[:cut]), ".".join(parts[cut:])
    if dots:
        yield "." * dots, ".".join(parts)
