"""What became of each test: one label each, with the evidence for every one that is not simply kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reassert.model.certificate import AssertionCounts, Difference, Label
from reassert.model.runs import SuiteRun, TestRun
from reassert.workflow.certifying.absence import Absences
from reassert.workflow.certifying.assertions import Compared, View, compare_assertions
from reassert.workflow.certifying.errors import Errors
from reassert.workflow.certifying.garbage import blames_garbage, settled
from reassert.workflow.certifying.matching import Match, Matching
from reassert.workflow.certifying.names import parse_nodeid
from reassert.workflow.certifying.outcomes import (
    ABSENT,
    FAILING,
    PASSED,
    SKIPPED,
    failure_lines,
    judged,
    standing,
)

_NEVER_RAN = "never ran before"
_SHOWN = 5
_COUNTED = "passes in another run, in which assertions are not counted"
_FLAKY = "flaky: it failed in one of three runs; the old one passed in both of its own"
_DISTURBED = "disturbed by another test's garbage; {} without it"


@dataclass(frozen=True)
class Runs:
    """The runs that are compared.

    ``again`` is a second run of the old suite, to find flaky tests. ``apart_before`` and ``apart_after``
    hold tests that were run without the others (see ``disturbed``), ``uncounted_after`` the new tests that
    fail, run again without counting assertions (see ``newly_failing``), ``third_after`` those that passed
    there, once more and counting. ``by_unittest`` is the old suite run by unittest, which finds its tests
    whether pytest collects them or not.
    """

    before: SuiteRun
    after: SuiteRun
    again: SuiteRun | None = None
    apart_before: SuiteRun | None = None
    apart_after: SuiteRun | None = None
    uncounted_after: SuiteRun | None = None
    third_after: SuiteRun | None = None
    by_unittest: SuiteRun | None = None

    @cached_property
    def unittest_ids(self) -> frozenset[str]:
        """The node ids of the tests that unittest finds in the old suite."""
        return frozenset(self.by_unittest.tests if self.by_unittest else ())

    @cached_property
    def old(self) -> Mapping[str, TestRun]:
        """The old tests; one that another's garbage disturbed as it was the second time, or apart."""
        others = self.again, self.apart_before
        return {nodeid: settled(test, others) for nodeid, test in self.before.tests.items()}


@dataclass(frozen=True)
class Comparison:
    """The differences between two runs, in the order of the old one, and the number of each label.

    ``flaky`` are old tests that were set aside; ``notes`` what a reader must know.
    """

    differences: tuple[Difference, ...] = ()
    counts: Mapping[Label, int] = field(default_factory=dict)
    flaky: tuple[str, ...] = ()
    assertions: AssertionCounts = field(default_factory=AssertionCounts)
    notes: tuple[str, ...] = ()


def compare(runs: Runs, matching: Matching, *, traced: bool = True) -> Comparison:
    """Compare an old and a new run; ``traced`` says whether executed assertions were counted in both."""
    return _Comparer(runs, matching, traced=traced).comparison()


def flaky_tests(before: SuiteRun, again: SuiteRun | None) -> tuple[str, ...]:
    """Give the tests that two runs of the same suite do not agree on, in the order of the first one.

    One that another test's garbage disturbed in one of them is as it was in the other.
    """
    if again is None:
        return ()
    both = dict.fromkeys([*before.tests, *again.tests])
    pairs = ((nodeid, before.tests.get(nodeid), again.tests.get(nodeid)) for nodeid in both)
    return tuple(
        t for t, a, b in pairs if standing(a) != standing(b) and blames_garbage(a) == blames_garbage(b)
    )


def disturbed(runs: Runs, matching: Matching) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give old and new ids of tests worth running apart: garbage may be why they fail, on either side."""
    found = []
    for old, match in matching.matches.items():
        before = runs.old[old]
        failing = [n for n in match.after if standing(runs.after.tests.get(n)) == FAILING]
        if not blames_garbage(before):
            failing = [n for n in failing if blames_garbage(runs.after.tests[n])]
        if failing and (blames_garbage(before) or standing(before) in (PASSED, SKIPPED)):
            found.append((old, tuple(failing)))
    return tuple(found)


def newly_failing(runs: Runs, matching: Matching) -> tuple[str, ...]:
    """Give the new tests that fail and whose old ones passed: worth running again without counting.

    A test may notice that it is observed, as one that looks at the frames around it.
    """
    passed = (match for old, match in matching.matches.items() if standing(runs.old[old]) == PASSED)
    return tuple(n for match in passed for n in match.after if standing(runs.after.tests.get(n)) == FAILING)


class _Comparer:
    """One comparison; the methods give the difference of one test each, None where it is simply kept."""

    def __init__(self, runs: Runs, matching: Matching, *, traced: bool) -> None:
        self.runs = runs
        self.matching = matching
        self.traced = traced
        self.view = View(matching.mapped, matching.file_renames, runs.before.rewritten, runs.after.rewritten)
        self.errors = Errors(runs.after.errors)
        self.old_errors = Errors(runs.before.errors)
        self.absences = Absences(runs.after, matching.file_renames)
        self.flaky = frozenset(flaky_tests(runs.before, runs.again))
        self.sharing = _sharing(matching)
        self.compared: list[Compared] = []

    def comparison(self) -> Comparison:
        labelled = list(self._labelled())
        differences = tuple(difference for _, difference in labelled if difference is not None)
        counts = Counter(label for label, _ in labelled)
        return Comparison(
            differences,
            {label: counts[label] for label in Label if counts[label]},
            tuple(t for t in flaky_tests(self.runs.before, self.runs.again)),
            self._assertion_counts(),
            tuple(self._notes()),
        )

    def _labelled(self) -> Iterator[tuple[Label, Difference | None]]:
        for old, match in self.matching.matches.items():
            if old in self.flaky and not self._is_gone(old, match):
                continue
            difference = self._difference(old, match)
            yield (Label.KEPT if difference is None else difference.label), difference
        for difference in (*self._uncollected(), *self._awakened()):
            yield difference.label, difference

    def _is_gone(self, old: str, match: Match) -> bool:
        """Whether a flaky test is no longer there at all; one whose very id varies is not asked."""
        again = self.runs.again
        steady = old in self.runs.before.tests and again is not None and old in again.tests
        return steady and not any(new in self.runs.after.tests for new in match.after)

    def _difference(self, old: str, match: Match) -> Difference | None:
        before = self.runs.old[old]
        after = [self.runs.after.tests.get(new) for new in match.after]
        found = self._of_bodies(before, after) or self._of_outcomes(before, match, after)
        if found is None and not before.never_ran:
            found = self._of_assertions(before, match, [test for test in after if test is not None])
        if found is None:
            found = self._of_names(old, match)
        if found is None:
            return None
        evidence = (*([f"matched by {match.how}"] if match.how else []), *found.evidence)
        return Difference(
            found.label, old, match.after, found.detail, evidence, found.explained, certain=match.certain
        )

    def _of_bodies(self, before: TestRun, after: Sequence[TestRun | None]) -> Difference | None:
        """Look at tests whose body did not run on one side: coroutines and generators that nobody awaits."""
        there = [test for test in after if test is not None]
        if not there or len(there) < len(after):
            return None
        if before.never_ran:
            return None if any(test.never_ran for test in there) else _awake(before, there)
        asleep = [test for test in there if test.never_ran]
        if not asleep:
            return None
        kinds = ", ".join(sorted({test.never_ran for test in asleep}))
        return Difference(Label.LOST, before.nodeid, detail=f"its body no longer runs ({kinds})")

    def _of_outcomes(
        self, before: TestRun, match: Match, after: Sequence[TestRun | None]
    ) -> Difference | None:
        if not after:
            absence = self.absences.of(before.nodeid)
            return Difference(Label.LOST, before.nodeid, detail=absence.detail, evidence=absence.evidence)
        verdict = judged(before, after)
        if verdict is None:
            return None
        missing = [new for new, test in zip(match.after, after, strict=True) if test is None]
        if verdict.now == ABSENT:
            return self._lost(before, match, missing)
        explained = self._explained(before, verdict.tests) if verdict.now == FAILING else ""
        return Difference(
            verdict.label,
            before.nodeid,
            detail=verdict.detail,
            evidence=tuple(failure_lines(verdict.tests)),
            explained=explained,
        )

    def _lost(self, before: TestRun, match: Match, missing: Sequence[str]) -> Difference:
        uncollected = next((new for new in missing if self.errors.about(new)), None)
        if len(missing) < len(match.after) and uncollected is None:
            detail = f"{len(missing)} of {len(match.after)} cases did not run"
            return Difference(Label.LOST, before.nodeid, detail=detail, evidence=tuple(missing))
        absence = self.absences.of(uncollected or missing[0])
        others = (new for new in missing if new != before.nodeid)
        return Difference(
            Label.LOST, before.nodeid, detail=absence.detail, evidence=(*absence.evidence, *others)
        )

    def _explained(self, before: TestRun, failing: Iterable[TestRun]) -> str:
        """Say that a test is only a victim: of the counting, of chance, or of another test's garbage."""
        was, failing = standing(before), tuple(failing)
        if was == PASSED and all(self._is(was, self.runs.uncounted_after, test) for test in failing):
            flaky = any(self._is(was, self.runs.third_after, test) for test in failing)
            return _FLAKY if flaky else _COUNTED
        blamed = all(blames_garbage(test) and self._is(was, self.runs.apart_after, test) for test in failing)
        how = {PASSED: "passes", SKIPPED: "is skipped"}.get(was)
        return (
            _DISTURBED.format(how) if how and blamed and self._is(was, self.runs.apart_before, before) else ""
        )

    @staticmethod
    def _is(outcome: str, run: SuiteRun | None, test: TestRun) -> bool:
        return run is not None and standing(run.tests.get(test.nodeid)) == outcome

    def _of_assertions(self, before: TestRun, match: Match, after: Sequence[TestRun]) -> Difference | None:
        together = self.sharing.get(match.after, (before.nodeid,))
        olds = [self.runs.old[old] for old in together]
        if not self.traced or any(standing(test) != PASSED for test in (*olds, *after)):
            return None
        again = self.runs.again
        repeated = None if again is None else [again.tests.get(test.nodeid, test) for test in olds]
        result = compare_assertions(olds, after, self.view, repeated)
        if before.nodeid == together[0]:
            self.compared.append(result)
        return self._asserted(before, _own(result, before) if len(olds) > 1 else result)

    def _asserted(self, before: TestRun, result: Compared) -> Difference | None:
        if not result.changes and result.wholes:
            evidence = tuple(map(str, result.wholes))
            return Difference(
                Label.ASSERTIONS_DIFFER,
                before.nodeid,
                (),
                evidence[0],
                evidence,
                "a value is compared as a whole",
            )
        if not result.changes:
            return None
        evidence = tuple(map(str, result.changes))
        if result.missing:
            detail = f"{result.missing:,} of {result.before:,} executed assertions: {evidence[0]}"
            return Difference(Label.ASSERTIONS_DIFFER, before.nodeid, detail=detail, evidence=evidence)
        detail = f"{result.extra:,} executed assertions more than the {result.before:,} before"
        explained = "nothing is missing; more is asserted"
        return Difference(Label.ASSERTIONS_DIFFER, before.nodeid, (), detail, evidence, explained)

    def _of_names(self, old: str, match: Match) -> Difference | None:
        if len(match.after) > 1:
            return Difference(Label.SPLIT, old, detail=f"{len(match.after)} tests; all agree")
        (new,) = match.after
        if new == old:
            return None
        others = {parse_nodeid(other).base for other in self.sharing.get(parse_nodeid(new).base, ())}
        return Difference(Label.MERGED if len(others) > 1 else Label.RENAMED, old)

    def _uncollected(self) -> Iterator[Difference]:
        """Say which files or tests can no longer be collected, of which no old test is known."""
        expected = {new for match in self.matching.matches.values() for new in match.after}
        expected |= {self.absences.new_id(old) for old in self.matching.matches}
        for error in self.errors:
            known = any(error.covers(new) for new in expected)
            if not known and self.old_errors.about(error.place) is None:
                detail = f"cannot be collected: {error.text}"
                yield Difference(Label.LOST, error.place, (), detail, (str(error),))

    def _awakened(self) -> Iterator[Difference]:
        """Say which tests only exist after; not of a test whose parameters differ from run to run."""
        expected = {new for match in self.matching.matches.values() for new in match.after}
        varying = {parse_nodeid(old).base for old in self.flaky if self._varies(old)}
        for new, test in self.runs.after.tests.items():
            if new not in expected and parse_nodeid(new).base not in varying:
                yield self._new(new, test)

    def _varies(self, old: str) -> bool:
        again = self.runs.again
        return again is not None and not (old in self.runs.before.tests and old in again.tests)

    def _new(self, new: str, test: TestRun) -> Difference:
        if self.old_errors.about(new) is not None:
            why = "its file could not be collected before"
        elif new in self.runs.unittest_ids:
            why = "unittest ran it before, pytest did not collect it"
        else:
            why = "pytest did not collect it before"
        fails = standing(test) == FAILING
        detail = f"{why}; now {test.outcome}" + (f": {test.message}" if test.message else "")
        evidence = tuple(failure_lines([test])) if fails else ()
        return Difference(
            Label.AWAKENED, None, (new,), detail, evidence, explained=_NEVER_RAN if fails else ""
        )

    def _assertion_counts(self) -> AssertionCounts:
        return AssertionCounts(
            tests=len(self.compared),
            before=sum(result.before for result in self.compared),
            after=sum(result.after for result in self.compared),
            differing=sum(bool(result.changes or result.wholes) for result in self.compared),
            traced=self.traced,
        )

    def _never_collected(self) -> list[str]:
        """Give the tests that only unittest finds in the old suite."""
        known = {parse_nodeid(nodeid).base for nodeid in self.runs.before.tests}
        return sorted(nodeid for nodeid in self.runs.unittest_ids if parse_nodeid(nodeid).base not in known)

    def _notes(self) -> Iterator[str]:
        unsure = sum(not match.certain for match in self.matching.matches.values())
        if unsure:
            yield f"{unsure:,} tests were matched by similar names alone"
        if uncollected := self._never_collected():
            shown = ", ".join(uncollected[:_SHOWN]) + (" ..." if uncollected[_SHOWN:] else "")
            noun = "test" if len(uncollected) == 1 else "tests"
            yield f"unittest runs {len(uncollected):,} {noun} that pytest does not collect before: {shown}"
        if self.runs.by_unittest and self.runs.by_unittest.trouble:
            yield f"what only unittest runs is not known: {self.runs.by_unittest.trouble}"
        unseen: Counter[str] = Counter()
        for result in self.compared:
            unseen.update(result.unseen)
        for path, number in sorted(unseen.items()):
            yield (
                f"{number:,} executed assertions in {path} cannot be compared: pytest does not rewrite that "
                "file, so its assert statements are not counted"
            )
        for error in self.errors:
            if self.old_errors.about(error.place) is not None:
                yield f"{error.place} could be collected neither before nor after: {error.text}"


def _awake(before: TestRun, after: Sequence[TestRun]) -> Difference:
    """Say that a test runs for the first time; how it ends is no loss, as nothing was proved before."""
    outcomes = ", ".join(sorted({test.outcome for test in after}))
    failing = [test for test in after if standing(test) == FAILING]
    message = f": {failing[0].message}" if failing and failing[0].message else ""
    return Difference(
        Label.AWAKENED,
        before.nodeid,
        detail=f"its body never ran before ({before.never_ran}); now {outcomes}{message}",
        evidence=tuple(failure_lines(failing)),
        explained=_NEVER_RAN if failing else "",
    )


def _own(result: Compared, test: TestRun) -> Compared:
    """Leave the changes of places that this one of several merged tests executed."""
    places = {(item.form, item.path, item.line) for item in test.assertions}
    changes = tuple(c for c in result.changes if c.before is None or c.before[:3] in places)
    return result._replace(changes=changes, missing=sum(c.before is not None for c in changes))


def _sharing(matching: Matching) -> dict[object, tuple[str, ...]]:
    """Give the old tests by what they share: all of their new ids, or a new test but for its parameters."""
    groups: dict[object, list[str]] = {}
    for old, match in matching.matches.items():
        for key in dict.fromkeys([match.after, *(parse_nodeid(new).base for new in match.after)]):
            groups.setdefault(key, []).append(old)
    return {key: tuple(olds) for key, olds in groups.items()}
