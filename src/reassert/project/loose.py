"""Test classes that a file may use without importing them: as attributes of a module loaded at run time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from reassert.project.index import Index


def loose_uses(index: Index) -> Mapping[Path, dict[str, str]]:
    """For each file its test classes that are perhaps used so, with the first such place.

    Names alone decide: what is loaded (by its path, from a list, with a reload) cannot be told. The classes
    keep their bases, too, as such a module is loaded to look for tests or to make instances, as a rule. So do
    all classes of a module that is asked for attributes by computed names.
    """
    places: dict[str, str] = {}
    for importer, facts in index.scanned.items():
        for name, line in facts.loose.items():
            places.setdefault(name, f"{importer}:{line}")
    found: defaultdict[Path, dict[str, str]] = defaultdict(dict)
    for path, qualname in sorted(index.test_classes(places)):
        found[path][qualname] = f"{places[qualname]}, if that is this module"
    opened = {path: where for where, path in _opened(index)}
    for path, qualname in index.test_classes_of(opened):
        found[path].setdefault(qualname, f"{opened[path]}, by a computed name")
    return found


def _opened(index: Index) -> Iterator[tuple[str, Path]]:
    for importer, facts in index.scanned.items():
        for dotted, line in facts.opened.items():
            yield from ((f"{importer}:{line}", p) for p in index.modules(importer, dotted) if p != importer)
