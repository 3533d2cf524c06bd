"""What planning yields: changes, refusals, findings, failures. The expected is a value, not an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from reassert.model.edits import Block, Unit


class Safety(Enum):
    """How sure a change is: SAFE is applied, UNSAFE with --unsafe-fixes only, SUGGEST only shown."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    SUGGEST = "suggest"


@dataclass(frozen=True, order=True)
class Location:
    """A place in the user's file as it is on disk: 1-based line, 1-based column in characters."""

    path: Path
    line: int
    column: int = 1


@dataclass(frozen=True)
class Refusal:
    """A conversion not made: a stable ``code``, a one-line ``reason``, the unit that stays as it was."""

    rule_id: str
    code: str
    location: Location
    unit: Unit
    reason: str


@dataclass(frozen=True)
class Finding:
    """Something a person should look at; it does not stop a conversion. ``others`` are more places of it."""

    rule_id: str
    code: str
    location: Location
    message: str
    suggestion: str = ""
    others: tuple[Location, ...] = ()


@dataclass(frozen=True)
class Note:
    """What one file tells an audit that compares files: something called ``name`` at a place.

    Notes with the same ``key`` are of the same thing. ``lines`` is how long it is; ``facts`` are what may
    tell two of them apart, as pairs of what it is about and what it is there.
    """

    rule_id: str
    key: bytes
    location: Location
    name: str
    lines: int = 0
    facts: tuple[tuple[str, str], ...] = ()


# The code of findings that say that a test runs for the first time.
NEWLY_EXECUTED = "NEWLY-EXECUTED"
# The code of a finding that is one only if its block stays, and a class that it ran becomes plain.
STALE_MAIN = "STALE-MAIN"
# The code of a finding that counts only if some classes of the file become plain, and its block stays.
STALE_MAIN = "STALE-MAIN"


@dataclass(frozen=True)
class Tally:
    """Counts for a summary. Assertions are calls of legacy ones; classes and tests those of TestCase."""

    classes: int = 0
    classes_converted: int = 0
    tests: int = 0
    assertions: int = 0
    assertions_converted: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.classes + other.classes,
            self.classes_converted + other.classes_converted,
            self.tests + other.tests,
            self.assertions + other.assertions,
            self.assertions_converted + other.assertions_converted,
        )


@dataclass(frozen=True)
class Change:
    """One file's change, in bytes on disk. ``before`` is None for a new file, ``after`` for a removed one.

    ``blocks`` are the changed line ranges, ``units`` what they consist of.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    units: tuple[Unit, ...] = ()
    safety: Safety = Safety.SAFE
    blocks: tuple[Block, ...] = ()
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Held:
    """What stays for some of the refusals that stand beside it: ``causes`` are their indices.

    ``family`` is the place of the first class of an inheritance component; of it ``classes`` of one file (in
    a plan: of all) stay, with ``assertions`` that only a plain class could have converted. ``reach`` has for
    each cause the number of classes that have or inherit it. Without a family each cause leaves an assertion.
    """

    family: Location | None
    classes: int
    assertions: int
    causes: tuple[int, ...] = ()
    reach: tuple[int, ...] = ()


@dataclass(frozen=True)
class Report:
    """What was seen in one file beside its outcome. ``test_map`` maps ``Class::test`` to its new names.

    ``asserts``: the change puts assert statements into the file.
    ``held`` says what stays for which of ``refusals``. A B-COMPONENT that it does not name is a consequence.
    ``notes`` are what audits want to compare with other files.
    """

    refusals: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()
    tally: Tally = Tally()
    test_map: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asserts: bool = False
    held: tuple[Held, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Rewritten:
    """The file changes."""

    change: Change
    report: Report


@dataclass(frozen=True)
class Unchanged:
    """Nothing to do, or everything refused."""

    path: Path
    report: Report = Report()


@dataclass(frozen=True)
class Skipped:
    """The file was not looked at, and why (``generated``, ``ignored by a comment`` …)."""

    path: Path
    why: str


@dataclass(frozen=True)
class Failed:
    """The file could not be worked on: unreadable, not Python, crash, hang. ``line`` is None if unknown."""

    path: Path
    error: str
    line: int | None = None


@dataclass(frozen=True)
class Deferred:
    """What becomes of the file depends on others; until these are known it is only scanned."""

    path: Path


@dataclass(frozen=True)
class Dependency:
    """A package that changed code needs and that the project does not ask for.

    ``user`` is the first file that needs it, ``place`` the file that it can be added to (None: there is none
    that is sure), ``group`` where in it.
    """

    name: str
    user: Path
    place: Path | None = None
    group: str = ""


Outcome = Rewritten | Unchanged | Skipped | Failed | Deferred


def path_of(outcome: Outcome) -> Path:
    """The file that an outcome is about."""
    return outcome.change.path if isinstance(outcome, Rewritten) else outcome.path


TestMap = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Plan:
    """What report, review and apply consume. ``test_map`` maps old node ids to new ones where they differ.

    ``connected`` are the files that change although they were not asked for: test classes connect them with
    one that was.
    ``held`` says what stays for which of ``refusals``, a component over all of its files in one value.
    ``dependencies`` are packages to be declared, by a person or, if asked to, by the tool.
    """

    root: Path
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()
    failures: tuple[Failed, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    tally: Tally = Tally()
    test_map: TestMap = field(default_factory=dict)
    files: int = 0
    connected: tuple[Path, ...] = ()
    held: tuple[Held, ...] = ()
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True)
class Audited:
    """What an audit of some files found, the most telling findings first."""

    root: Path
    findings: tuple[Finding, ...] = ()
    failures: tuple[Failed, ...] = ()
    files: int = 0
