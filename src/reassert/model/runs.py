"""What happened when a test suite ran: plain values that the runner gives and the certificate compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

TestOutcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
Arc = tuple[int, int]


@dataclass(frozen=True)
class Executed:
    """One kind of assertion at one place, and how often a test executed it.

    ``form`` is what was executed: the name of a TestCase method (``assertEqual``), ``assert`` for a
    statement, or ``pytest.raises``, ``pytest.warns`` and so on. ``text`` is the source of an ``assert``'s
    condition, of the arguments of a method that says by them what it asks, or the classes that are expected.
    ``caught``: a failure would be caught where it stands. ``around``: the statements in the block of a
    ``with`` that expects something, 0 if not known. ``path`` is relative to the project's root, ``line``
    1-based.
    """

    form: str
    path: str
    line: int
    count: int
    text: str = ""
    caught: bool = False
    around: int = 0


@dataclass(frozen=True)
class TestRun:
    """One test of one run.

    ``outcome`` sums up set-up, call and tear-down: ``error`` is a failure outside of the call. ``message`` is
    the one line that explains a failure or a skip; ``details`` the whole report of a failure. ``seconds`` are
    those of all phases. ``subtests`` are the numbers of passed, failed and skipped subtests.
    ``never_ran`` is ``coroutine`` or ``generator`` where the test function was called and its body never ran.
    """

    __test__ = False

    nodeid: str
    outcome: TestOutcome
    message: str = ""
    details: str = ""
    seconds: float = 0.0
    assertions: tuple[Executed, ...] = ()
    subtests: tuple[int, int, int] = (0, 0, 0)
    never_ran: str = ""


@dataclass(frozen=True)
class Lines:
    """What was executed of one file of the code under test: lines, and arcs between lines (for branches)."""

    executed: frozenset[int] = frozenset()
    missing: frozenset[int] = frozenset()
    missing_branches: frozenset[Arc] = frozenset()
    executed_branches: frozenset[Arc] = frozenset()


@dataclass(frozen=True)
class Following:
    """What is known of the part that single tests have in the coverage.

    ``covering`` are tests that suffice to execute all that was measured (None: not known), ``executing`` maps
    (file, line) to some that execute it.
    """

    covering: frozenset[str] | None = None
    executing: Mapping[tuple[str, int], frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SuiteRun:
    """One run of a suite. Node ids are relative to the project's root, as pytest writes them.

    ``errors`` maps files or node ids that could not be collected to one line each; ``skipped`` those that
    skip themselves as a whole to the reason: their tests are not known. ``order`` are the node ids in the
    order in which they ran. ``strays`` are modules that came from the user's own tree, not from the copy.
    ``coverage`` maps files relative to the root; ``covered_by`` maps (file, line) to the node ids that
    executed it, only where it was asked for. ``traced`` tells whether ``assert`` statements were counted.
    ``trouble`` is empty if the run came to its end, else why not, for a person to read; ``notes`` are what
    was asked for and could not be done; ``output`` is the end of what the run printed. ``rewritten`` are the
    files whose ``assert`` statements pytest rewrote, so that they could be counted; None if all were.
    """

    tests: Mapping[str, TestRun] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    coverage: Mapping[str, Lines] = field(default_factory=dict)
    covered_by: Mapping[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    following: Following = Following()
    seconds: float = 0.0
    exit_code: int | None = None
    python: str = ""
    pytest: str = ""
    trouble: str = ""
    output: str = ""
    rewritten: frozenset[str] | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    traced: bool = True
