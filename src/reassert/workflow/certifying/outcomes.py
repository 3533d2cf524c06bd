"""Outcomes before and after: which pairs are the same, which are a loss, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reassert.model.certificate import Label
from reassert.model.runs import TestRun

PASSED = "passed"
FAILING = "failing"
SKIPPED = "skipped"
XFAILED = "xfailed"
XPASSED = "xpassed"
ABSENT = "absent"
_WORST_FIRST = (ABSENT, FAILING, XFAILED, XPASSED, SKIPPED, PASSED)
_LINES = 40  # of a failure's report

# What is not here is a change of what is skipped, or expected to fail. A failure that was expected and no
# longer happens is one, too: something that was raised is not raised any more.
_LABELS = {
    (PASSED, FAILING): Label.NEWLY_FAILING,
    (PASSED, XFAILED): Label.NEWLY_FAILING,
    (SKIPPED, FAILING): Label.NEWLY_FAILING,
    (XFAILED, FAILING): Label.NEWLY_FAILING,
    (XPASSED, FAILING): Label.NEWLY_FAILING,
    (XPASSED, XFAILED): Label.NEWLY_FAILING,
    (FAILING, PASSED): Label.NEWLY_PASSING,
    (XPASSED, PASSED): Label.NEWLY_PASSING,
}
_WORDS = {XFAILED: "expected to fail", XPASSED: "passed though a failure is expected", FAILING: "failing"}


class Judged(NamedTuple):
    """What two outcomes that differ are called; ``tests`` are the new ones that differ from the old one."""

    label: Label
    now: str
    detail: str
    tests: tuple[TestRun, ...] = ()


def standing(test: TestRun | None) -> str:
    """Sum up a test: a failure outside of the call, or of a subtest, is a failure, too."""
    if test is None:
        return ABSENT
    if test.outcome in ("failed", "error") or test.subtests[1]:
        return FAILING
    return test.outcome


def judged(before: TestRun, after: Sequence[TestRun | None]) -> Judged | None:
    """Compare an old test with all that became of it; None where they agree."""
    was, now = standing(before), _agreed(before, after)
    if now == ABSENT:
        return Judged(Label.LOST, now, "")
    differing = tuple(test for test in after if test is not None and standing(test) == now)
    if was == now:
        return _fewer_subtests(before, differing) or _fewer_cases(before, differing)
    message = next((f": {test.message}" for test in differing if test.message), "")
    cases = f" ({len(differing)} of {len(after)} cases)" if len(after) > 1 else ""
    words = f"{_WORDS.get(was, was)} before, {_WORDS.get(now, now)} after{cases}{message}"
    return Judged(_LABELS.get((was, now), Label.SKIP_CHANGED), now, words, differing)


def _agreed(before: TestRun, after: Sequence[TestRun | None]) -> str:
    """Give the outcome that all new tests agree on, else the worst that the old one did not have.

    A test of which some cases fail was split rightly if the old one failed; so it is with an expected
    failure, and with subtests that were skipped in a test that passed.
    """
    was = standing(before)
    now = [standing(test) for test in after]
    kinds = set(now)
    if ABSENT in kinds:
        return ABSENT
    if was == FAILING and FAILING in kinds:
        return FAILING
    if len(now) > 1 and was == XFAILED and kinds == {XFAILED, PASSED}:
        return XFAILED
    if len(now) > 1 and was == PASSED and now.count(SKIPPED) == before.subtests[2]:
        kinds.discard(SKIPPED)
    return next((kind for kind in _WORST_FIRST if kind in kinds - {was}), was)


def _fewer_subtests(before: TestRun, after: Sequence[TestRun]) -> Judged | None:
    """Compare the subtests of one test that became one: a skip that is new or gone, one that no longer runs.

    Without any after, the statement is gone, and what it held is compared by its assertions.
    """
    if (
        standing(before) != PASSED
        or len(after) != 1
        or not sum(before.subtests)
        or not sum(after[0].subtests)
    ):
        return None
    old, new = before.subtests, after[0].subtests
    if old[2] != new[2]:
        words = f"{old[2]} subtests skipped before, {new[2]} after"
        return Judged(Label.SKIP_CHANGED, SKIPPED, words, tuple(after))
    if sum(new) < sum(old):
        words = f"{sum(old)} subtests ran before, {sum(new)} after"
        return Judged(Label.ASSERTIONS_DIFFER, PASSED, words, tuple(after))
    return None


def _fewer_cases(before: TestRun, after: Sequence[TestRun]) -> Judged | None:
    """Compare subtests that became cases: by their number, where no assertion tells that one is lost."""
    cases = all("[" in test.nodeid for test in after)
    old, new = sum(before.subtests), sum(max(1, sum(test.subtests)) for test in after)
    if standing(before) != PASSED or not cases or before.assertions or "[" in before.nodeid or new >= old:
        return None
    words = f"{old} subtests ran before, {new} case{'s' if new != 1 else ''} after"
    return Judged(Label.ASSERTIONS_DIFFER, PASSED, words, tuple(after))


def failure_lines(tests: Iterable[TestRun]) -> Iterator[str]:
    """Give the reports of failing tests, each with its id, and of a long one its end."""
    for test in tests:
        if standing(test) == FAILING:
            yield test.nodeid
            yield from (f"  {line}" for line in test.details.splitlines()[-_LINES:])
