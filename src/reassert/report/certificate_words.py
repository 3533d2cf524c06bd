"""Sentences about a certificate that its terminal and its Markdown form share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reassert.model.certificate import Label, Verdict
from reassert.report.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reassert.model.certificate import Certificate, CoverageDelta, Difference

_ABOUT = {
    Label.LOST: "not run after",
    Label.NEWLY_FAILING: "that passed before",
    Label.SKIP_CHANGED: "skipped, or expected to fail, on one side only",
    Label.ASSERTIONS_DIFFER: "with other executed assertions",
    Label.SURVIVES: "killed by the old suite, not by the new one",
    Label.ORDER_DEPENDENT: "failing in a random order",
    Label.AWAKENED: "running for the first time",
    Label.NEWLY_PASSING: "that failed before",
    Label.SPLIT: "split into several, which agree",
    Label.MERGED: "now cases of one test",
    Label.RENAMED: "with another name",
}


def headline(certificate: Certificate) -> str:
    """Say in one line what a manager wants to know."""
    if certificate.verdict is Verdict.NOT_RUN:
        return f"NOT RUN: nothing is known. {one_line(' '.join(certificate.reasons[:1]))}".strip()
    tests = f"{counted(certificate.tests_before, 'test')} before, {certificate.tests_after:,} after"
    if certificate.verdict is Verdict.VALID:
        return f"VALID: nothing was lost. {tests}."
    lost = sum(difference.is_loss for difference in certificate.differences)
    return f"INVALID: {counted(lost, 'unexplained difference')}. {tests}."


def about(label: Label) -> str:
    """Say what a label means, in half a sentence."""
    return _ABOUT.get(label, label.value)


def noun(label: Label) -> str:
    """Say what a label's differences are counted in."""
    return "mutant" if label is Label.SURVIVES else "test"


def by_label(differences: Sequence[Difference]) -> Iterator[tuple[Label, list[Difference]]]:
    """Group differences: first the labels that have losses, worst first; within a label, losses first."""
    for label in _ABOUT:
        found = [difference for difference in differences if difference.label is label]
        if found:
            yield label, sorted(found, key=lambda difference: not difference.is_loss)


def named(difference: Difference) -> str:
    """Name the test: its old id, and its new one where that is another."""
    new = ", ".join(difference.after[:2]) + (
        f" and {len(difference.after) - 2} more" if difference.after[2:] else ""
    )
    if difference.before is None:
        return new
    return difference.before if not new or new == difference.before else f"{difference.before} -> {new}"


def told(difference: Difference) -> str:
    """Give a difference's detail, why it is no loss, and whether its tests were only matched by name."""
    explained = f" [{difference.explained}]" if difference.explained else ""
    unsure = "" if difference.certain else " [matched by name]"
    return one_line(f"{difference.detail}{explained}{unsure}")


def outcome_line(counts: Mapping[Label, int]) -> str:
    """Say how many tests have which label."""
    return ", ".join(f"{counts[label]:,} {label.value}" for label in Label if counts.get(label)) or "none"


def check_lines(certificate: Certificate) -> Iterator[tuple[str, str]]:
    """Give what was checked beside the tests' outcomes, one name and one sentence each."""
    assertions = certificate.assertions
    if assertions.traced:
        same = "the same" if not assertions.differing else f"{counted(assertions.differing, 'test')} differ"
        yield "assertions", f"{assertions.before:,} executed before, {assertions.after:,} after; {same}"
    yield from _coverage_lines(certificate.coverage)
    mutants = certificate.mutants
    if mutants.tried:
        killed = f"{mutants.killed_before:,} killed before, {mutants.killed_after:,} after"
        note = f"; {mutants.note}" if mutants.note else ""
        tried = f"{mutants.tried:,} tried (seed {mutants.seed})"
        yield "mutants", f"{tried}; {killed}; {mutants.survivors:,} escape now{note}"
    if certificate.order.runs:
        found = certificate.counts.get(Label.ORDER_DEPENDENT, 0)
        yield (
            "order",
            f"{counted(certificate.order.runs, 'random order')}; {counted(found, 'test')} depend on it",
        )


def _coverage_lines(coverage: CoverageDelta) -> Iterator[tuple[str, str]]:
    if not coverage.measured:
        return
    lost, gained = (sum(map(len, lines.values())) for lines in (coverage.lost, coverage.gained))
    lines = f"{coverage.lines_before:,} lines before, {coverage.lines_after:,} after"
    branches = (
        f"; branches {coverage.branches_before:,} before, {coverage.branches_after:,} after"
        if coverage.branches_before or coverage.branches_after
        else ""
    )
    yield (
        "coverage",
        f"{lines} ({lost:,} lost, {gained:,} gained)"
        + branches
        + (f"; {coverage.note}" if coverage.note else ""),
    )


def lost_places(coverage: CoverageDelta) -> Iterator[str]:
    """Give the lines that are no longer executed, by file, neighbours as ranges."""
    for file, numbers in sorted(coverage.lost.items()):
        yield f"{file}:{', '.join(_ranges(numbers))}"


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    start = previous = None
    for number in numbers:
        if previous is not None and number == previous + 1:
            previous = number
            continue
        if start is not None:
            yield _range(start, previous)
        start = previous = number
    if start is not None:
        yield _range(start, previous)


def _range(start: int, end: int | None) -> str:
    return str(start) if start == end else f"{start}-{end}"


def shortened(items: Sequence[str], limit: int, noun: str) -> Iterator[str]:
    """Give the first items, and the number of those that are left out."""
    keep = limit if len(items) <= limit else limit - 1
    yield from items[:keep]
    if len(items) > keep:
        yield f"... and {counted(len(items) - keep, f'more {noun}')}"
