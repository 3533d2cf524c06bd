"""Lines and branches of the code under test, before and after.

A line that is no longer executed is shown, and is no verdict by itself: what a test *proves* is in its
assertions and in the mutants it kills, and lines come and go with import order, caches and threads. So a lost
line is a note with its place; what it proved is lost only if a test, an assertion or a killed mutant is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import TypeVar

from reassert.model.certificate import CoverageDelta
from reassert.model.runs import Lines, SuiteRun

_Item = TypeVar("_Item", bound=Hashable)
_NOTHING = Lines()
NOTHING = "no code of the project ran but tests: an installed copy of it may be what is tested"


def coverage_delta(
    before: SuiteRun,
    after: SuiteRun,
    again: SuiteRun | None = None,
    *,
    exclude: Collection[str] = (),
    flaky: Collection[str] = (),
) -> CoverageDelta:
    """Compare what was executed of the code under test.

    ``exclude`` are files whose lines cannot be compared: tests that changed, code that did. A line counts as
    lost only if both old runs executed it (``again``), and not by ``flaky`` tests alone, where that is known.
    """
    if not before.coverage or not after.coverage:
        return CoverageDelta(note="not measured")
    files = sorted((before.coverage.keys() | after.coverage.keys()) - set(exclude))
    repeated = again.coverage if again is not None and again.coverage else before.coverage

    def lost_line(file: str, line: int) -> bool:
        return line in repeated.get(file, _NOTHING).executed and not _only_by(before, file, line, flaky)

    def lost_branch(file: str, arc: tuple[int, int]) -> bool:
        return arc in repeated.get(file, _NOTHING).executed_branches and lost_line(file, arc[0])

    executed = any(_number(run, files, _lines) for run in (before, after))
    return CoverageDelta(
        measured=True,
        note="" if executed else NOTHING,
        lines_before=_number(before, files, _lines),
        lines_after=_number(after, files, _lines),
        branches_before=_number(before, files, _branches),
        branches_after=_number(after, files, _branches),
        lost=_without(before, after, files, _lines, lost_line),
        gained=_without(after, before, files, _lines),
        lost_branches=_without(before, after, files, _branches, lost_branch),
        gained_branches=_without(after, before, files, _branches),
    )


def completed(run: SuiteRun, other: SuiteRun, before: SuiteRun) -> Mapping[str, Lines]:
    """What a run executed, and what another run of the same suite executed of what the old one did."""
    paths = run.coverage.keys() | other.coverage.keys()
    return {
        path: _completed(*(r.coverage.get(path, _NOTHING) for r in (run, other, before))) for path in paths
    }


def _completed(one: Lines, other: Lines, before: Lines) -> Lines:
    lines = other.executed & before.executed
    branches = other.executed_branches & before.executed_branches
    return Lines(
        one.executed | lines,
        one.missing - lines,
        one.missing_branches - branches,
        one.executed_branches | branches,
    )


def _lines(lines: Lines) -> frozenset[int]:
    return lines.executed


def _branches(lines: Lines) -> frozenset[tuple[int, int]]:
    return lines.executed_branches


def _number(run: SuiteRun, files: Iterable[str], items: Callable[[Lines], frozenset[_Item]]) -> int:
    return sum(len(items(run.coverage.get(file, _NOTHING))) for file in files)


def _any(_file: str, _item: object) -> bool:
    return True


def _without(
    one: SuiteRun,
    other: SuiteRun,
    files: Iterable[str],
    items: Callable[[Lines], frozenset[_Item]],
    counts: Callable[[str, _Item], bool] = _any,
) -> Mapping[str, tuple[_Item, ...]]:
    """Give by file what one run executed and the other did not, as far as it ``counts``."""
    found = {}
    for file in files:
        gone = items(one.coverage.get(file, _NOTHING)) - items(other.coverage.get(file, _NOTHING))
        found[file] = tuple(sorted(item for item in gone if counts(file, item)))  # type: ignore[type-var]
    return {file: gone for file, gone in found.items() if gone}


def _only_by(run: SuiteRun, file: str, line: int, tests: Collection[str]) -> bool:
    """Whether a line was executed by some tests, and by none but these."""
    known = run.covered_by.get((file, line), frozenset())
    return bool(known) and known <= set(tests)
