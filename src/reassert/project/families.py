"""Which files are converted together: those whose test classes are connected, as far as memory allows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from reassert.syntax.grouping import connected

Place = tuple[Path, str]
# The trees of a family are held at once, some 60 bytes for each byte of source.
LARGEST = 5_000_000


class Reference(NamedTuple):
    """``dotted``, written in ``importer``, means the class ``qualname`` of ``path``."""

    importer: Path
    dotted: str
    path: Path
    qualname: str


def families(
    links: Collection[Reference], staying: Callable[[], Collection[Place]], sizes: Mapping[Path, int]
) -> dict[Path, frozenset[Path]]:
    """The family of every file that has one. ``staying`` finds what cannot be converted in any case.

    A family that is too large for memory falls apart where only such classes connect it; what is too large
    even then is no family: its files are worked on one by one, and what they share stays as it is.
    """
    found = connected((link.importer, link.path) for link in links)
    too_large = {family for family in set(found.values()) if _size(family, sizes) > LARGEST}
    stay = staying() if too_large else ()
    for large in too_large:
        left = [k for k in links if k.importer in large and (k.path, k.qualname) not in stay]
        for path in large:
            del found[path]
        parts = connected((link.importer, link.path) for link in left)
        found.update({path: part for path, part in parts.items() if _size(part, sizes) <= LARGEST})
    return found


def _size(family: Iterable[Path], sizes: Mapping[Path, int]) -> int:
    return sum(sizes.get(path, 0) for path in family)
