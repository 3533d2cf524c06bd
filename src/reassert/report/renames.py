"""Names of tests before and after, told by class: a list of tests would be long and say no more."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def name_groups(pairs: Iterable[tuple[str, Sequence[str]]]) -> Counter[tuple[str, str]]:
    """Count old and new ids of tests by their old and new class; 0 for one that is told by its own name."""
    groups: Counter[tuple[str, str]] = Counter()
    for old, new in pairs:
        owner, _, name = old.rpartition("::")
        new_owner, _, new_name = new[0].rpartition("::") if len(new) == 1 else ("", "", "")
        if owner and name == new_name:
            groups[owner, new_owner.rpartition("::")[2]] += 1
        else:
            groups[old, ", ".join(new)] += 0
    return groups


def owner_of(nodeid: str) -> str:
    """Give the class of a test, or the file of a function."""
    return nodeid.partition("[")[0].rpartition("::")[0] or nodeid


def inside(nodeid: str, other: str) -> str:
    """Give a node id without its file, if ``other`` is of the same file and it has more than that."""
    file, colons, rest = nodeid.partition("::")
    return rest if colons and file == other.partition("::")[0] else nodeid
