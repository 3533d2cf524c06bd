"""Tests that fail by what another one left behind: garbage that warns whenever it is collected.

Pytest gives the warning to the test that runs at that moment, whatever that has to do with it, and a project
may make warnings errors: https://docs.pytest.org/en/stable/how-to/failures.html#unraisable.
"""

from __future__ import annotations

from collections.abc import Iterable

from reassert.model.runs import SuiteRun, TestRun
from reassert.workflow.certifying.outcomes import FAILING, standing

_WARNINGS = ("PytestUnraisableExceptionWarning", "PytestUnhandledThreadExceptionWarning")
_SEVERAL = (
    "ExceptionGroup: multiple unraisable exception warnings",
    "ExceptionGroup: multiple thread exception warnings",
)


def blames_garbage(test: TestRun | None) -> bool:
    """Whether a test fails by a warning that the garbage of any earlier test may have raised in it."""
    if test is None or standing(test) != FAILING:
        return False
    raised = test.message.split(":", 1)[0]
    return raised.endswith(_WARNINGS) or test.message.startswith(_SEVERAL)


def settled(test: TestRun, others: Iterable[SuiteRun | None]) -> TestRun:
    """Give the test as it is in the first of some other runs where no garbage disturbs it, if it did here."""
    if not blames_garbage(test):
        return test
    again = (run.tests.get(test.nodeid) for run in others if run is not None)
    return next((other for other in again if other is not None and not blames_garbage(other)), test)
