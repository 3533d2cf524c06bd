"""Which of the collected tests run, and in which order."""

from __future__ import annotations

import os
import random
from typing import Any, Callable, Iterable


def narrowed(select: Iterable[str], root: str) -> list[str]:
    """The files to collect so that the selected tests are found; those that are not there are left out."""
    files = {nodeid.partition("::")[0] for nodeid in select}
    paths = (os.path.join(root, file) for file in sorted(files))
    return [path for path in paths if os.path.exists(path)]


def in_order(items: list[Any], order: Iterable[str], name: Callable[[str], str]) -> list[Any]:
    """The items as ``order`` has their node ids, changed by ``name``; the others after them, as they were."""
    places = {nodeid: place for place, nodeid in enumerate(order)}
    return sorted(items, key=lambda item: places.get(name(item.nodeid), len(places)))


def shuffled(items: list[Any], seed: int) -> list[Any]:
    """The items in an order that depends on their ids and the seed: modules, in them classes, in them tests.

    A class stays together, and so does a module: so fixtures of theirs are set up as often as before.
    """
    dice = random.Random(seed)  # noqa: S311 - not a secret
    return _mixed(sorted(items, key=lambda item: item.nodeid), 0, dice)


def _mixed(items: list[Any], depth: int, dice: random.Random) -> list[Any]:
    """Shuffle what is alike in the first ``depth`` parts of the node id."""
    groups: dict[str, list[Any]] = {}
    for item in items:
        parts = item.nodeid.partition("[")[0].split("::")
        group = parts[depth] if depth < len(parts) - 1 else item.nodeid
        groups.setdefault(group, []).append(item)
    names = list(groups)
    dice.shuffle(names)
    mixed = []
    for name in names:
        group_items = groups[name]
        mixed += group_items if len(group_items) == 1 else _mixed(group_items, depth + 1, dice)
    return mixed
