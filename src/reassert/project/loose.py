"""Test classes that a file may use without importing them: as attributes of a module loaded at run time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from reassert.project.index import Index


def loose_uses(index: Index) -> Mapping[Path, dict[str, str]]:
    """For each file its test classes that are perhaps used so, with the first such place.

    Names alone decide: what is loaded (by its path, from a list, with a reload) cannot be told. The classes
    keep their bases, too, as such a module is loaded to look for tests or to make instances, as a rule.
    """
    places: dict[str, str] = {}
    for importer, facts in index.scanned.items():
        for name, line in facts.loose.items():
            places.setdefault(name, f"{importer}:{line}")
    found: defaultdict[Path, dict[str, str]] = defaultdict(dict)
    for path, qualname in sorted(index.test_classes(places)):
        found[path][qualname] = f"{places[qualname]}, if that is this module"
    return found
