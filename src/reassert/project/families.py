"""Which files are converted together: those whose test classes are connected, as far as memory allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")
Place = tuple[Path, str]
# The trees of a family are held at once, some 60 bytes for each byte of source.
LARGEST = 5_000_000


class Reference(NamedTuple):
    """``dotted``, written in ``importer``, means the class ``qualname`` of ``path``."""

    importer: Path
    dotted: str
    path: Path
    qualname: str


def connected(pairs: Iterable[tuple[T, T]]) -> dict[T, frozenset[T]]:
    """For everything that is in a pair, all that is connected to it."""
    root: dict[T, T] = {}

    def find(item: T) -> T:
        root.setdefault(item, item)
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    for one, other in pairs:
        root[find(one)] = find(other)
    members: dict[T, set[T]] = {}
    for item in list(root):
        members.setdefault(find(item), set()).add(item)
    groups = {head: frozenset(found) for head, found in members.items()}
    return {item: groups[find(item)] for item in root}


def families(
    links: Collection[Reference], staying: Collection[Place], sizes: Mapping[Path, int]
) -> dict[Path, frozenset[Path]]:
    """The family of every file that has one. ``staying``: classes that cannot be converted in any case.

    A family that is too large for memory falls apart where only such classes connect it; what is too large
    even then is no family: its files are worked on one by one, and what they share stays as it is.
    """
    found = connected((link.importer, link.path) for link in links)
    for large in {family for family in found.values() if _size(family, sizes) > LARGEST}:
        left = [k for k in links if k.importer in large and (k.path, k.qualname) not in staying]
        for path in large:
            del found[path]
        parts = connected((link.importer, link.path) for link in left)
        found.update({path: part for path, part in parts.items() if _size(part, sizes) <= LARGEST})
    return found


def _size(family: Iterable[Path], sizes: Mapping[Path, int]) -> int:
    return sum(sizes.get(path, 0) for path in family)
