"""Why an old test has no counterpart in the new run: what pytest said about its file and its class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from reassert.model.runs import SuiteRun
from reassert.workflow.certifying.errors import Errors
from reassert.workflow.certifying.names import NodeName, parse_nodeid, plain_class

# Pytest's word for a class or function that is named like a test and is none: see
# https://docs.pytest.org/en/stable/reference/reference.html#pytest.PytestCollectionWarning.
_UNCOLLECTED = "PytestCollectionWarning: "


class Absence(NamedTuple):
    """One line that says why a test is not there, and what speaks for it."""

    detail: str
    evidence: tuple[str, ...] = ()


class Absences:
    """What the new run tells of tests that it does not have; old files are looked for by their new names."""

    def __init__(self, after: SuiteRun, file_renames: Mapping[str, str]) -> None:
        self._after = after
        self._renames = file_renames
        self._errors = Errors(after.errors)
        self._skipped = Errors(after.skipped)

    def of(self, nodeid: str) -> Absence:
        """Say why nothing like the old test ``nodeid`` ran after."""
        name = self._renamed(nodeid)
        if error := self._errors.about(name.nodeid):
            return Absence(f"cannot be collected: {error.text}", (str(error),))
        if skipped := self._skipped.about(name.nodeid):
            return Absence(f"{skipped.place} is skipped as a whole: {skipped.text}")
        warnings = tuple(self._warnings(name))
        if warnings:
            return Absence(warnings[0].partition(_UNCOLLECTED)[2], warnings)
        return Absence(self._nothing(name))

    def new_id(self, nodeid: str) -> str:
        """Give the node id that an old test would have in its file's new place."""
        return self._renamed(nodeid).nodeid

    def _renamed(self, nodeid: str) -> NodeName:
        name = parse_nodeid(nodeid)
        return name._replace(file=self._renames.get(name.file, name.file))

    def _warnings(self, name: NodeName) -> Iterator[str]:
        """Give what pytest says about the test's class, or about its function."""
        wanted = {plain_class((part,)) for part in (*name.classes, name.name)}
        for text in self._after.warnings:
            said = text.partition(_UNCOLLECTED)[2]
            if text.startswith(name.file) and plain_class((_quoted(said),)) in wanted:
                yield text

    def _nothing(self, name: NodeName) -> str:
        if name.file not in self._known:
            return "no test of its file ran after"
        if name.classes and (name.file, plain_class(name.classes)) not in self._known:
            return "no test of its class ran after"
        return "nothing like it ran after"

    @cached_property
    def _known(self) -> frozenset[object]:
        names = [parse_nodeid(nodeid) for nodeid in self._after.tests]
        return frozenset((*(n.file for n in names), *((n.file, plain_class(n.classes)) for n in names)))


def _quoted(text: str) -> str:
    return text.partition("'")[2].partition("'")[0]
