"""Links what files say about themselves: which base comes from which file, which class is used elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from reassert.model.facts import BaseFacts, ClassRef, FileFacts, ScannedFacts
from reassert.project.auto_mode import loop_hooks
from reassert.project.families import Reference, families
from reassert.project.index import Index
from reassert.project.loose import loose_uses
from reassert.project.quotes import by_file, quotes
from reassert.syntax.fixtures import EVENT_LOOP

_NAMED = 3


def link(
    project: Mapping[Path, ScannedFacts] | Index,
    asked: Collection[Path] | None = None,
    sizes: Mapping[Path, int] | None = None,
    held: Mapping[Path, str] | None = None,
) -> dict[Path, FileFacts]:
    """The facts of every file ``asked`` for (None: all) that has relations; files without any are left out.

    Only files that were asked for become families; a use in any other file counts as foreign.
    ``sizes``, in bytes, keep families from growing beyond what fits into memory. ``held`` says in a few words
    why a file was not asked for; it is shown where that file keeps a class from being converted.
    """
    index = Index.of(project)
    scanned = index.scanned
    references = index.references
    found_quotes = quotes(index, index.relevant_classes)
    sure = (Reference(q.importer, q.text, q.path, q.qualname) for q in found_quotes if q.sure)
    wanted = scanned if asked is None else asked
    together = _families(index, [*references, *sure], wanted, sizes or {})
    quoted, named_by = by_file(found_quotes, together)
    used = _used(references, together, held or {})
    for path, uses in loose_uses(index).items():
        used[path] = {**uses, **used.get(path, {})}
    for path, uses in _used(list(index.module_fixtures()), {}, held or {}).items():
        used[path] = {**uses, **used.get(path, {})}
    mine = _by_importer(references)
    fixtures = _conftest_fixtures(scanned)
    hooked = any(facts.asyncio is not None and facts.asyncio.hooks for facts in scanned.values())
    found: dict[Path, FileFacts] = {}
    for path in wanted:
        if path not in scanned:
            continue
        facts = scanned[path]
        family = together.get(path, frozenset())
        names = {r.dotted: ClassRef(str(r.path), r.qualname) for r in mine[path] if r.path in family}
        known = FileFacts(
            _explained(index.external_bases(path, facts), held or {}),
            used.get(path, {}),
            index.aliases(path, facts),
            names,
            tuple(sorted(map(str, family))),
            functions=index.functions(path, facts),
            additions=dict(index.additions(path, facts)),
            quoted=quoted.get(path, {}),
            named_by=named_by.get(path, {}),
            fixtures=_visible(fixtures, path, has_classes=bool(facts.classes)),
            hooks=loop_hooks(scanned, path) if hooked else frozenset(),
        )
        if replace(known, quoted={}) != FileFacts():
            found[path] = known
    return found


def _conftest_fixtures(scanned: Mapping[Path, ScannedFacts]) -> dict[Path, frozenset[str]]:
    """By folder, the fixtures of its conftest.py whose names this tool might make, too."""
    return {p.parent: f.fixtures for p, f in scanned.items() if f.fixtures and p.name == "conftest.py"}


def _visible(fixtures: Mapping[Path, frozenset[str]], path: Path, *, has_classes: bool) -> frozenset[str]:
    """What pytest shows of them in the file at ``path``: only in classes the tool makes fixtures."""
    if not fixtures:
        return frozenset()
    every = frozenset[str]().union(*(fixtures.get(folder, ()) for folder in path.parents))
    return every if has_classes else frozenset(n for n in every if n.startswith(EVENT_LOOP))


def _families(
    index: Index, references: list[Reference], asked: Collection[Path], sizes: Mapping[Path, int]
) -> dict[Path, frozenset[Path]]:
    """Groups of files that are connected by uses of test classes, or of what test classes inherit from."""
    relevant, among = index.relevant_classes, set(asked)
    links = [r for r in references if {r.importer, r.path} <= among and (r.path, r.qualname) in relevant]
    return families(links, lambda: index.staying_classes, sizes)


def _used(
    references: list[Reference], together: Mapping[Path, frozenset[Path]], held: Mapping[Path, str]
) -> dict[Path, dict[str, str]]:
    """For each file, its classes that files outside of its family use, and which files these are."""
    users: defaultdict[Path, dict[str, dict[Path, None]]] = defaultdict(dict)
    for reference in references:
        if reference.importer not in together.get(reference.path, ()):
            users[reference.path].setdefault(reference.qualname, {})[reference.importer] = None
    return {path: {name: _listed(by, held) for name, by in uses.items()} for path, uses in users.items()}


def _listed(files: Iterable[Path], held: Mapping[Path, str]) -> str:
    """``a.py and b.py (not asked for)``, grouped by what keeps the files from changing, too."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for file in sorted(files):
        groups[held.get(file, "")].append(str(file))
    parts = ((_several(names), why) for why, names in groups.items())
    return "; ".join(f"{names} ({why})" if why else names for names, why in parts)


def _several(names: list[str]) -> str:
    more = len(names) - _NAMED
    if more > 0:
        return f"{', '.join(names[:_NAMED])} and {more:,} more file{'s' if more > 1 else ''}"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _explained(bases: Mapping[str, BaseFacts], held: Mapping[Path, str]) -> dict[str, BaseFacts]:
    """The bases, each with the reason why its file is not converted together with this one."""
    return {name: replace(base, held=held.get(Path(base.path), "")) for name, base in bases.items()}


def _by_importer(references: list[Reference]) -> defaultdict[Path, list[Reference]]:
    found: defaultdict[Path, list[Reference]] = defaultdict(list)
    for reference in references:
        found[reference.importer].append(reference)
    return found
