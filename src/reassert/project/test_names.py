"""What other files know of a file's tests: their names, their classes, the fixtures that they get.

Only codemods ask that change the names of tests, or what they take: most plans do without.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from reassert.model.facts import FileFacts, ScannedFacts
from reassert.project.index import Index

_LIBRARIES = frozenset({"parameterized", "ddt", "unittest_parametrize", "absl"})


def with_test_names(
    facts: Mapping[Path, FileFacts],
    project: Mapping[Path, ScannedFacts] | Index,
    wanted: Collection[Path],
) -> dict[Path, FileFacts]:
    """``facts``, with what the project knows of the tests of the files ``wanted``; of others as it is."""
    index = Index.of(project)
    scanned, elsewhere = index.scanned, _Elsewhere(index)
    found = dict(facts)
    for path in wanted:
        if path not in scanned:
            continue
        above = [scanned[c] for f in path.parents if (c := f / "conftest.py") in scanned and c != path]
        known = replace(
            facts.get(path, FileFacts()),
            kept_tests=elsewhere.kept(path),
            conftest_fixtures=frozenset().union(*(c.fixture_names for c in above)),
            multiplied=any(c.multiplies for c in above),
            surrounded=any(c.surrounds for c in above),
        )
        if known != FileFacts():
            found[path] = known
    return found


def makes_tests(facts: ScannedFacts | None) -> bool:
    """Whether a file uses a library that makes tests of rows."""
    return facts is not None and any(name.partition(".")[0] in _LIBRARIES for name in facts.imports)


class _Elsewhere:
    """What is said of tests, by the file that says it."""

    def __init__(self, index: Index) -> None:
        self.scanned = index.scanned
        self.speakers: defaultdict[str, set[Path]] = defaultdict(set)
        for path, facts in index.scanned.items():
            for name in facts.tests_named:
                self.speakers[name].add(path)
        self.classes: defaultdict[Path, set[str]] = defaultdict(set)
        for reference in index.references:
            self.classes[reference.path].add(reference.qualname)

    def kept(self, path: Path) -> frozenset[str]:
        """The names of tests of a file that others mention, and its classes that others use."""
        own = self.scanned[path].tests
        named = {name for name in own if self.speakers.get(name, set()) - {path}}
        return frozenset(named | self.classes[path])
