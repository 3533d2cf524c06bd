"""Puts the parts together: the certificate, its verdict, and why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reassert.model.certificate import (
    AssertionCounts,
    Certificate,
    CoverageDelta,
    Difference,
    Excluded,
    Label,
    MutantCounts,
    OrderCheck,
    Verdict,
)
from reassert.model.runs import SuiteRun
from reassert.workflow.certifying.comparing import Comparison, Runs
from reassert.workflow.certifying.outcomes import FAILING, standing


@dataclass(frozen=True)
class Checks:
    """What was checked beside the tests themselves; each part is empty if it was not asked for.

    ``differences`` are those that the parts found, ``notes`` what they have to say.
    """

    coverage: CoverageDelta = field(default_factory=CoverageDelta)
    mutants: MutantCounts = field(default_factory=MutantCounts)
    order: OrderCheck = field(default_factory=OrderCheck)
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


def certificate(
    runs: Runs,
    comparison: Comparison,
    checks: Checks | None = None,
    *,
    excluded: tuple[Excluded, ...] = (),
    command: tuple[str, ...] = (),
    seconds: Mapping[str, float] | None = None,
) -> Certificate:
    """Make the certificate of two runs that were compared.

    It is invalid if any difference is a loss, and says ``not run`` with the reasons if a run did not come to
    its end, if code of another tree ran, or if there is nothing that could be lost.
    """
    checks = checks or Checks()
    reasons = tuple(reasons_against(runs))
    differences = () if reasons else (*comparison.differences, *checks.differences)
    before, after = runs.before, runs.after
    return Certificate(
        _verdict(reasons, differences),
        differences,
        {} if reasons else _counts(comparison.counts, checks.differences),
        len(before.tests),
        len(after.tests),
        comparison.flaky,
        excluded,
        AssertionCounts() if reasons else comparison.assertions,
        checks.coverage,
        checks.mutants,
        checks.order,
        reasons,
        () if reasons else (*_notes(runs, comparison), *checks.notes),
        command,
        before.python,
        before.pytest,
        seconds if seconds is not None else {"before": before.seconds, "after": after.seconds},
    )


def not_run(reasons: Iterable[str], *, command: tuple[str, ...] = ()) -> Certificate:
    """Make the certificate of a verification that could not even begin."""
    return Certificate(Verdict.NOT_RUN, reasons=tuple(reasons), command=command)


def reasons_against(runs: Runs) -> Iterator[str]:
    """Say why two runs prove nothing."""
    named = ("before", runs.before), ("before, when it ran again,", runs.again), ("after", runs.after)
    for name, run in named:
        if run is None or (name == "after" and run is runs.before):  # an old suite that proves nothing
            continue
        if run.trouble:
            yield f"the suite {name} did not come to its end: {run.trouble}"
        if run.strays:
            shown = ", ".join(run.strays[:3]) + (" ..." if run.strays[3:] else "")
            yield f"the suite {name} ran code from outside of its copy: {shown}"
    if not runs.before.trouble and not _proves_anything(runs.before):
        yield _nothing(runs.before)


def _proves_anything(run: SuiteRun) -> bool:
    return any(standing(test) != FAILING for test in run.tests.values())


def _nothing(run: SuiteRun) -> str:
    first = next(iter(sorted(run.errors.items())), None)
    error = f" ({first[0]}: {first[1]})" if first else ""
    if not run.tests:
        return f"no test was collected before{error}"
    return f"every test fails before{error}: there is nothing that could be lost"


def _verdict(reasons: tuple[str, ...], differences: Iterable[Difference]) -> Verdict:
    if reasons:
        return Verdict.NOT_RUN
    return Verdict.INVALID if any(difference.is_loss for difference in differences) else Verdict.VALID


def _counts(tests: Mapping[Label, int], others: Iterable[Difference]) -> Mapping[Label, int]:
    counts = Counter(tests)
    counts.update(difference.label for difference in others)
    return {label: counts[label] for label in Label if counts[label]}


def _notes(runs: Runs, comparison: Comparison) -> Iterator[str]:
    if runs.again is None:
        yield "flaky tests were not looked for: the old suite ran once"
    if not comparison.assertions.traced:
        yield "executed assertions were not counted"
    for name in ("python", "pytest"):
        old, new = getattr(runs.before, name), getattr(runs.after, name)
        if old != new:
            yield f"{name} {old} before, {new} after"
    yield from comparison.notes
