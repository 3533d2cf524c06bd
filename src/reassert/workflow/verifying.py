"""Use case: prove a migration by running the suite before and after it, in a copy of the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from reassert.model.certificate import Difference
from reassert.model.outcomes import Failed
from reassert.model.runs import SuiteRun
from reassert.model.source import SourceFile
from reassert.workflow.certifying.certificate import reasons_against
from reassert.workflow.certifying.comparing import Comparison, Runs, compare, disturbed, newly_failing
from reassert.workflow.certifying.coverage import completed, coverage_delta
from reassert.workflow.certifying.garbage import blames_garbage
from reassert.workflow.certifying.matching import Matching, match_by_map, match_by_name
from reassert.workflow.certifying.outcomes import PASSED, standing

# So many tests are run one by one to see whether another test's garbage has disturbed them.
_MOST_ALONE = 50


class Bench(Protocol):
    """Where a suite is run: a copy of the project, which can be put into the state before or after."""

    def before(self) -> None:
        """Put the copy into the state before the migration."""
        ...

    def after(self) -> None:
        """Put the copy into the state after it."""
        ...

    def run(self, name: str, **how: Any) -> SuiteRun:
        """Run the suite as the copy is; ``how`` are fields of a ``RunSpec``, ``name`` is for the reader."""
        ...

    def source(self, path: str) -> SourceFile | Failed:
        """The file as it is in the copy; ``path`` is relative to the root."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Replace a file in the copy."""
        ...


@dataclass(frozen=True)
class Proof:
    """How far to go.

    ``coverage``: also compare what is executed of the code under test. ``unittest``: also run the old suite
    with unittest, to see what pytest never collected. ``mutants``: so many, drawn with ``seed``, are tried
    against both suites. ``shuffle``: so many random orders of the new suite.
    """

    coverage: bool = True
    unittest: bool = False
    mutants: int = 0
    seed: int = 0
    shuffle: int = 0


@dataclass(frozen=True)
class Old:
    """The suite before: traced, a second time, and run by unittest."""

    first: SuiteRun
    again: SuiteRun | None = None
    by_unittest: SuiteRun | None = None

    @property
    def is_useless(self) -> bool:
        """Whether nothing can be proved with it, so that there is no use in running the new suite."""
        return next(reasons_against(Runs(self.first, self.first, self.again)), None) is not None


@dataclass(frozen=True)
class Compared:
    """A new suite, compared with the old one."""

    runs: Runs
    matching: Matching
    comparison: Comparison

    @property
    def losses(self) -> list[Difference]:
        """What makes the certificate invalid."""
        return [d for d in self.comparison.differences if d.is_loss]


@dataclass(frozen=True)
class Names:
    """What is known of how old names became new ones.

    ``test_map`` is a plan's; None: tests are matched by file and name, with git's ``file_renames``.
    ``changed`` are the files that differ, relative to the root.
    """

    test_map: Mapping[str, Sequence[str]] | None = None
    file_renames: Mapping[str, str] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()


def run_old(bench: Bench, proof: Proof) -> Old:
    """Run the old suite as often as ``proof`` needs it."""
    bench.before()
    first = bench.run("before", coverage=proof.coverage, contexts=bool(proof.mutants))
    old = Old(first)
    if old.is_useless:
        return old
    bench.before()
    again = bench.run("before, again")
    if not proof.unittest:
        return Old(first, again)
    bench.before()
    return Old(first, again, bench.run("before, with unittest", unittest=True))


def run_new(bench: Bench, old: Old, names: Names, proof: Proof) -> Compared:
    """Run the new suite and compare it.

    What newly fails has to fail again, in a run that counts nothing: a test may be flaky, or notice that
    it is observed. Which of the two it is, a third run of these tests tells.
    """
    after = _run_after(bench, old, names, proof)
    runs = Runs(old.first, after, old.again, by_unittest=old.by_unittest)
    if failing := newly_failing(runs, matched(runs, names)):
        bench.after()
        again = bench.run("after, again", counted=False)
        runs = replace(runs, uncounted_after=again)
        passing = tuple(n for n in failing if standing(again.tests.get(n)) == PASSED)
        if passing:
            bench.after()
            runs = replace(runs, third_after=bench.run("after, what failed once", select=passing))
    return _compared(bench, runs, names)


def _run_after(bench: Bench, old: Old, names: Names, proof: Proof) -> SuiteRun:
    """Run the new suite.

    Following what a test executes slows it down several times, where Python has no ``sys.monitoring`` for
    branches (before 3.14). So those are followed whose old ones suffice for the coverage, and, if a line is
    missing then, those whose old ones executed it, in a run of their own. What is missing even then may need
    the tests before it, in this order: then all are followed. So they are at once where no plan tells that
    a test does what the old one did.
    """
    bench.after()
    if not proof.coverage or proof.mutants:
        return bench.run("after", coverage=proof.coverage, contexts=bool(proof.mutants))
    unfollowed = frozenset() if names.test_map is None else _repeating(old.first, names.test_map)
    after = bench.run("after", coverage=True, unfollowed=unfollowed)
    if not unfollowed or after.trouble:
        return after
    lost = _lost_lines(old.first, after, names)
    if lost and (select := _executing(old.first, after, lost, names)):
        bench.after()
        found = bench.run("after, for lines that are missing", coverage=True, counted=False, select=select)
        after = replace(after, coverage=completed(after, found, old.first))
        lost = _lost_lines(old.first, after, names)
    if lost:
        bench.after()
        found = bench.run("after, all of it followed", coverage=True, counted=False)
        whole, part = (after, found) if found.trouble else (found, after)
        after = replace(after, coverage=completed(whole, part, old.first))
    return after


def _executing(
    before: SuiteRun, after: SuiteRun, lost: set[tuple[str, int]], names: Names
) -> tuple[str, ...]:
    """The new ids of tests whose old ones executed some lines."""
    matching = match_by_map(before.order, after.tests, names.test_map or {})
    olds = {nodeid for place in lost for nodeid in before.following.executing.get(place, ())}
    return tuple(new for old in sorted(olds) for new in matching.matches[old].after)


def _repeating(before: SuiteRun, test_map: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The new ids of those old tests without which the others execute all that was executed."""
    covering = before.following.covering
    matching = match_by_map(before.order, (), test_map)
    needed: set[str] = set()
    others: set[str] = set()
    for old in before.order if covering is not None else ():
        (needed if old in (covering or ()) else others).update(matching.matches[old].after)
    return frozenset(others - needed)


def _lost_lines(before: SuiteRun, after: SuiteRun, names: Names) -> set[tuple[str, int]]:
    delta = coverage_delta(before, after, exclude=names.changed)
    lines = {(path, line) for path, lost in delta.lost.items() for line in lost}
    return lines | {
        (path, line) for path, lost in delta.lost_branches.items() for arc in lost for line in arc
    }


def _compared(bench: Bench, runs: Runs, names: Names) -> Compared:
    """Compare; what seems to fail by another test's garbage is run apart from the others first."""
    matching = matched(runs, names)
    if suspects := disturbed(runs, matching):
        runs = _with_runs_apart(bench, runs, suspects)
    return Compared(runs, matching, compare(runs, matching))


def matched(runs: Runs, names: Names) -> Matching:
    """Match old tests to new ones, by the test map where there is one."""
    before, after = runs.before.tests, runs.after.tests
    if names.test_map is None:
        return match_by_name(before, after, names.file_renames)
    return match_by_map(before, after, names.test_map)


def _with_runs_apart(bench: Bench, runs: Runs, suspects: Sequence[tuple[str, tuple[str, ...]]]) -> Runs:
    after = _run_apart(bench, [new for _, news in suspects for new in news])
    bench.before()
    before = _run_apart(bench, [old for old, _ in suspects])
    bench.after()
    return replace(runs, apart_before=before, apart_after=after)


def _run_apart(bench: Bench, nodeids: Sequence[str]) -> SuiteRun:
    """Run some tests without the others; those that disturb each other even so, alone."""
    together = bench.run("apart from the others", select=tuple(nodeids))
    disturbed = [nodeid for nodeid in nodeids if blames_garbage(together.tests.get(nodeid))]
    alone = [bench.run(f"alone: {nodeid}", select=(nodeid,)) for nodeid in disturbed[:_MOST_ALONE]]
    return SuiteRun({nodeid: test for run in (together, *alone) for nodeid, test in run.tests.items()})
