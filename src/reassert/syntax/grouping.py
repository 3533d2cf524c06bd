"""Groups of things of which pairs are known to belong together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


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
