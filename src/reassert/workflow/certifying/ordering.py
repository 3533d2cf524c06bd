"""Tests that fail in a random order only: what their failure depends on is another test."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from reassert.model.certificate import Difference, Label, OrderCheck
from reassert.model.runs import SuiteRun, TestRun
from reassert.workflow.certifying.matching import Matching
from reassert.workflow.certifying.outcomes import FAILING, failure_lines, standing


@dataclass(frozen=True)
class Shuffled:
    """The new suite in one random order, and the old suite in the same one, if it was run."""

    seed: int
    after: SuiteRun
    before: SuiteRun | None = None


def order_differences(
    after: SuiteRun, shuffled: Sequence[Shuffled], matching: Matching, flaky: Collection[str] = ()
) -> tuple[Difference, ...]:
    """Give the tests that fail in an order of ``shuffled`` and not in the usual one, ``after``.

    Each says in which orders, and whether the old suite has the same flaw: it failed in one of them, too.
    """
    origins = {new: old for old, match in matching.matches.items() for new in match.after}
    return tuple(
        _difference(test.nodeid, origins.get(test.nodeid), failed)
        for test in after.tests.values()
        if standing(test) != FAILING and origins.get(test.nodeid) not in flaky
        if (failed := [run for run in shuffled if standing(run.after.tests.get(test.nodeid)) == FAILING])
    )


def order_check(shuffled: Sequence[Shuffled]) -> OrderCheck:
    """Give the number of random orders and their seeds."""
    return OrderCheck(len(shuffled), tuple(run.seed for run in shuffled))


def order_notes(shuffled: Sequence[Shuffled]) -> Iterator[str]:
    """Say which orders did not come to their end."""
    for run in shuffled:
        if run.after.trouble:
            yield f"the order of seed {run.seed} did not come to its end: {run.after.trouble}"


def _difference(new: str, old: str | None, failed: Sequence[Shuffled]) -> Difference:
    first: TestRun = failed[0].after.tests[new]
    seeds = ", ".join(str(run.seed) for run in failed)
    order = "orders" if len(failed) > 1 else "order"
    detail = f"fails in {len(failed)} random {order} (seed {seeds})" + (
        f": {first.message}" if first.message else ""
    )
    explained = _old_flaw(old, failed)
    return Difference(Label.ORDER_DEPENDENT, old, (new,), detail, tuple(failure_lines([first])), explained)


def _old_flaw(old: str | None, failed: Sequence[Shuffled]) -> str:
    """Say that the old suite fails in the same orders; nothing where it was not run or does not."""
    olds = [run.before.tests.get(old) for run in failed if run.before is not None and old is not None]
    return "the old suite has the same flaw" if any(standing(test) == FAILING for test in olds) else ""
