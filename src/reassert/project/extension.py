"""Which files that were not asked for must change with those that were, so that neither breaks the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from reassert.model.facts import ScannedFacts
from reassert.project.families import Place, Reference
from reassert.project.index import Index


def extension(
    scanned: Mapping[Path, ScannedFacts], asked: Collection[Path], held: Collection[Path]
) -> dict[Path, frozenset[str]]:
    """Files beyond ``asked``, each with its classes that must change with a test class of these.

    They are the classes that inheritance connects, and the files that use one of them (those have perhaps no
    class to change). A class stays, and asks for nothing, if a file that is ``held`` is among these, or if
    one of its relatives is a TestCase in any case.
    """
    index = Index(scanned)
    relevant, asked = index.relevant_classes, frozenset(asked)
    seeds = [place for place in relevant - index.staying_classes if place[0] in asked]
    users = _users(index.references)
    found: defaultdict[Path, set[str]] = defaultdict(set)
    for group in {index.relatives.get(seed, frozenset({seed})) for seed in seeds}:
        files = {path for path, _ in group} | {user for place in group for user in users.get(place, ())}
        if files.isdisjoint(held):
            for path in files - asked:
                found[path].update(name for at, name in group if at == path)
    return {path: frozenset(names) for path, names in found.items()}


def _users(references: Iterable[Reference]) -> Mapping[Place, set[Path]]:
    users: defaultdict[Place, set[Path]] = defaultdict(set)
    for reference in references:
        users[reference.path, reference.qualname].add(reference.importer)
    return users
