"""The certificate: what a verification proves, test by test, with the evidence for every difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from reassert.model.runs import Arc


class Verdict(Enum):
    """``VALID``: nothing is lost; ``INVALID``: something is, and is listed; ``NOT_RUN``: nothing is known."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_RUN = "not run"


class Label(Enum):
    """What became of a test, or of what it proved."""

    KEPT = "kept"
    RENAMED = "renamed"
    SPLIT = "split"
    MERGED = "merged"
    AWAKENED = "awakened"
    LOST = "lost"
    NEWLY_FAILING = "newly failing"
    NEWLY_PASSING = "newly passing"
    SKIP_CHANGED = "skip changed"
    ASSERTIONS_DIFFER = "assertions differ"
    SURVIVES = "mutant survives"
    ORDER_DEPENDENT = "order dependent"


LOSSES = frozenset(
    [Label.LOST, Label.NEWLY_FAILING, Label.SKIP_CHANGED, Label.ASSERTIONS_DIFFER, Label.SURVIVES]
)


@dataclass(frozen=True)
class Difference:
    """One test that is not simply kept. ``before`` is None for a test that only exists after.

    ``detail`` is one line for a person; ``evidence`` more lines: a failure's report, assertions by place.
    ``explained`` says why a difference that is usually a loss is none here (empty: it is one).
    ``certain`` is False where tests were matched by name alone.
    """

    label: Label
    before: str | None
    after: tuple[str, ...] = ()
    detail: str = ""
    evidence: tuple[str, ...] = ()
    explained: str = ""
    certain: bool = True

    @property
    def is_loss(self) -> bool:
        """Whether it makes a certificate invalid."""
        return self.label in LOSSES and not self.explained


@dataclass(frozen=True)
class AssertionCounts:
    """Executed assertions of the tests that can be compared, before and after."""

    tests: int = 0
    before: int = 0
    after: int = 0
    differing: int = 0
    traced: bool = False


@dataclass(frozen=True)
class CoverageDelta:
    """Executed lines and branches of the code under test; ``lost`` and ``gained`` ones by file."""

    measured: bool = False
    lines_before: int = 0
    lines_after: int = 0
    branches_before: int = 0
    branches_after: int = 0
    lost: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    gained: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    lost_branches: Mapping[str, tuple[Arc, ...]] = field(default_factory=dict)
    gained_branches: Mapping[str, tuple[Arc, ...]] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class MutantCounts:
    """Mutants tried against both suites."""

    tried: int = 0
    killed_before: int = 0
    killed_after: int = 0
    survivors: int = 0
    seed: int = 0
    note: str = ""


@dataclass(frozen=True)
class OrderCheck:
    """Runs of the new suite in random orders."""

    runs: int = 0
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Excluded:
    """A unit that was taken out of a migration because its conversion could not be proved."""

    path: str
    qualname: str
    label: Label
    evidence: str


@dataclass(frozen=True)
class Certificate:
    """The whole document. ``counts`` has every label that occurs; ``flaky`` are tests set aside by name.

    ``reasons`` say why nothing could be run; ``notes`` what a reader must know (how tests were matched, what
    was not measured). ``command`` is the test command, ``seconds`` the time of each run by its name.
    """

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    counts: Mapping[Label, int] = field(default_factory=dict)
    tests_before: int = 0
    tests_after: int = 0
    flaky: tuple[str, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    assertions: AssertionCounts = AssertionCounts()
    coverage: CoverageDelta = CoverageDelta()
    mutants: MutantCounts = MutantCounts()
    order: OrderCheck = OrderCheck()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    python: str = ""
    pytest: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
