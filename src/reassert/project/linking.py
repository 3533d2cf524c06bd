"""Links what files say about themselves: which base comes from which file, and which class is used elsewhere.

Modules are matched by the end of their dotted path: ``tests.base`` is any ``.../tests/base.py`` of the project. That can take
two files for one another, and then more is held back than needed; it never holds back less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from reassert.model.facts import BaseFacts, BaseKind, FileFacts, ScannedClass, ScannedFacts
from reassert.syntax.classes import FRAMEWORKS, RANK, ROOTS


def link(scanned: Mapping[Path, ScannedFacts]) -> dict[Path, FileFacts]:
    """The facts of every file that has relations to another one; files without any are left out."""
    project = _Project(scanned)
    used = project.used_classes()
    found: dict[Path, FileFacts] = {}
    for path, facts in scanned.items():
        bases = project.external_bases(path, facts)
        if bases or used.get(path):
            found[path] = FileFacts(bases, used.get(path, {}))
    return found


class _Project:
    """The files by the dotted names under which others may import them."""

    def __init__(self, scanned: Mapping[Path, ScannedFacts]) -> None:
        self.scanned = scanned
        self.by_last: defaultdict[str, list[tuple[tuple[str, ...], Path]]] = defaultdict(list)
        for path in scanned:
            parts = _module_parts(path)
            self.by_last[parts[-1]].append((parts, path))
        self.classes = {path: {c.qualname: c for c in facts.classes} for path, facts in scanned.items()}

    def modules(self, importer: Path, dotted: str) -> list[Path]:
        """The files that ``dotted``, imported in ``importer``, may be; relative names begin with dots."""
        level = len(dotted) - len(dotted.lstrip("."))
        parts = tuple(p for p in dotted.split(".") if p)
        if level:
            package = _module_parts(importer) if importer.name == "__init__.py" else _module_parts(importer)[:-1]
            package = package[: len(package) - (level - 1)] if level > 1 else package
            parts = package + parts
        if not parts:
            return []
        hits = [(p, path) for p, path in self.by_last.get(parts[-1], ()) if p[-len(parts) :] == parts]
        return [path for _, path in hits]

    def find(self, importer: Path, dotted: str, depth: int = 0) -> tuple[Path, ScannedClass] | None:
        """The class that a dotted name means in ``importer``, through re-exports and star imports."""
        if depth > 10:  # noqa: PLR2004 - a chain of re-exports this long is a cycle
            return None
        for module, name in _splits(dotted):
            for path in self.modules(importer, module):
                hit = self._in_module(path, name, depth)
                if hit:
                    return hit
        return None

    def _in_module(self, path: Path, name: str, depth: int) -> tuple[Path, ScannedClass] | None:
        if name in self.classes[path]:
            return path, self.classes[path][name]
        facts = self.scanned[path]
        head, _, rest = name.partition(".")
        if head in facts.exports:
            target = facts.exports[head]
            return self.find(path, f"{target}.{rest}" if rest else target, depth + 1)
        for imported in facts.imports:
            if imported.endswith(".*"):
                hit = self.find(path, f"{imported[:-1]}{name}" , depth + 1)
                if hit:
                    return hit
        return None

    def external_bases(self, path: Path, facts: ScannedFacts) -> dict[str, BaseFacts]:
        """What each base that ``path`` imports is, as far as the project knows it."""
        found: dict[str, BaseFacts] = {}
        wanted = {b for c in facts.classes for b in c.bases}
        for dotted in wanted:
            name = dotted[1:] if dotted.startswith(":") else dotted
            if dotted in ("?", "object") or dotted in ROOTS or (dotted.startswith(":") and name in self.classes[path]):
                continue
            hit = self._star(path, name) if dotted.startswith(":") else self.find(path, dotted)
            if hit and hit[0] != path:
                kind, defines = self.describe(*hit)
                found[name] = BaseFacts(kind, defines, str(hit[0]))
        return found

    def _star(self, path: Path, name: str) -> tuple[Path, ScannedClass] | None:
        stars = (i for i in self.scanned[path].imports if i.endswith(".*"))
        return next((hit for i in stars if (hit := self.find(path, f"{i[:-1]}{name}"))), None)

    def describe(self, path: Path, info: ScannedClass, depth: int = 0) -> tuple[BaseKind, frozenset[str]]:
        """The kind of a class and every name that it and its bases in the project define."""
        kind: BaseKind = "unknown" if info.opaque or depth > 20 else "plain"  # noqa: PLR2004 - a cycle
        defines = info.defines
        if kind == "unknown":
            return kind, defines
        for base in info.bases:
            base_kind, names = self._describe_base(path, base, depth)
            kind = max(kind, base_kind, key=RANK.index)
            defines |= names
        return kind, defines

    def _describe_base(self, path: Path, base: str, depth: int) -> tuple[BaseKind, frozenset[str]]:
        if base in ROOTS:
            return ROOTS[base], frozenset()
        name = base[1:] if base.startswith(":") else base
        if base.startswith(":") and name in self.classes[path]:
            hit: tuple[Path, ScannedClass] | None = (path, self.classes[path][name])
        else:
            hit = self._star(path, name) if base.startswith(":") else self.find(path, base)
        if hit:
            return self.describe(*hit, depth + 1)
        framework = base.startswith(FRAMEWORKS) and base.endswith("TestCase")
        return ("framework" if framework else "unknown"), frozenset()

    def used_classes(self) -> dict[Path, dict[str, str]]:
        """For each file, its classes that another file imports or reaches through the module."""
        used: defaultdict[Path, dict[str, str]] = defaultdict(dict)
        for importer, facts in self.scanned.items():
            for dotted in facts.imports:
                for path, name in self._targets(importer, dotted):
                    if path != importer:
                        used[path].setdefault(name, str(importer))
        return dict(used)

    def _targets(self, importer: Path, dotted: str) -> Iterator[tuple[Path, str]]:
        if dotted.endswith(".*"):
            for path in self.modules(importer, dotted[:-2] or dotted[:-1]):
                yield from ((path, name) for name in self.classes[path] if not name.startswith("_"))
            return
        hit = self.find(importer, dotted)
        if hit:
            yield hit[0], hit[1].qualname


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

