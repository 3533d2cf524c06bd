"""Sentences about a certificate that its terminal and its Markdown form share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reassert.model.certificate import Label, Verdict
from reassert.report.renames import inside, owner_of
from reassert.report.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from reassert.model.certificate import Certificate, CoverageDelta, Difference, Excluded

MATCHED = "matched by "
UNEXECUTED = "no assertion is missing: a message, say, is made only when its assertion fails"
_FAILING = "passed before, failing after: "
_VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*")
_ERROR = re.compile(r"\s*E   (\s*\S.*)")
_RAISED = re.compile(r"\s*\S.*:\d+: ")  # as pytest ends the report of each frame
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
    """Name the test: its old id, and its new one where that is another; the file only once."""
    old, news = difference.before, difference.after
    shown = news if old is None else tuple(inside(new, old) for new in news)
    new = ", ".join(shown[:2]) + (f" and {len(news) - 2} more" if news[2:] else "")
    if old is None:
        return new
    return old if not news or news == (old,) else f"{old} -> {new}"


def told(difference: Difference) -> str:
    """Give a difference's detail, without what its label says, and why it is no loss."""
    explained = f" [{difference.explained}]" if difference.explained else ""
    return one_line(f"{difference.detail.removeprefix(_FAILING)}{explained}").strip()


def sureness(difference: Difference) -> str:
    """Say so if nothing but similar names speaks for what a test became."""
    return "" if difference.certain else " [matched by name]"


def places(difference: Difference) -> list[str]:
    """Give the lines that show a difference: of a failure's report the errors and where they were raised."""
    ids = {difference.before, *difference.after}
    lines = [text for text in difference.evidence if text not in ids and not text.startswith(MATCHED)]
    errors = [found.group(1) for text in lines if (found := _ERROR.match(text))]
    raised = [text.strip() for text in lines if _RAISED.match(text)]
    own = [text for text in raised if not text.startswith("/")] or raised
    return [*errors, *own[-1:]] if errors else lines


class Group(NamedTuple):
    """Differences of one label that are told together: the first of them, their number and that of files."""

    first: Difference
    tests: int
    files: int


def by_cause(differences: Iterable[Difference]) -> list[Group]:
    """Group losses by what is said about them but for names and numbers; the largest groups first."""
    found = _grouped(differences, lambda d: _VARIABLE.sub("", told(d)))
    return sorted(found, key=lambda group: -group.tests)


def by_class(differences: Iterable[Difference]) -> list[Group]:
    """Group differences by old and new class, and by what is said about them."""
    return _grouped(differences, lambda d: (*owners(d), d.certain, _VARIABLE.sub("", told(d))))


def owners(difference: Difference) -> tuple[str, str]:
    """Give the class or the file of a test before and after; empty where there is no such side."""
    old = owner_of(difference.before) if difference.before else ""
    bases = {new.partition("[")[0] for new in difference.after}
    merged = difference.label is Label.MERGED and len(bases) == 1
    new = bases.pop() if merged else owner_of(difference.after[0]) if difference.after else ""
    return old, new


def _grouped(differences: Iterable[Difference], key: Callable[[Difference], Hashable]) -> list[Group]:
    groups: dict[Hashable, list[Difference]] = {}
    for difference in differences:
        groups.setdefault(key(difference), []).append(difference)
    return [Group(found[0], len(found), len(set(map(_file, found)))) for found in groups.values()]


def _file(difference: Difference) -> str:
    return (difference.before or difference.after[0]).partition("::")[0]


def group_line(group: Group) -> str:
    """Name the tests of a group by their class."""
    if group.tests == 1:
        return named(group.first)
    old, new = owners(group.first)
    same = not old or not new or old == new
    classes = old or new if same else f"{old} -> {inside(new, old)}"
    return f"{classes} ({counted(group.tests, noun(group.first.label))})"


def like_it(group: Group) -> str:
    """Say how many more there are in a group, and in how many files."""
    if group.tests == 1:
        return ""
    files = f" in {counted(group.files, 'file')}" if group.files > 1 else ""
    return f" and {group.tests - 1:,} more like it{files}"


def outcome_line(counts: Mapping[Label, int]) -> str:
    """Say how many tests have which label."""
    return ", ".join(f"{counts[label]:,} {label.value}" for label in Label if counts.get(label)) or "none"


def check_lines(certificate: Certificate) -> Iterator[tuple[str, str]]:
    """Give what was checked beside the tests' outcomes, one name and one sentence each."""
    assertions = certificate.assertions
    if assertions.traced:
        same = "the same" if assertions.before == assertions.after else "none is missing"
        verb = "differs" if assertions.differing == 1 else "differ"
        result = f"{counted(assertions.differing, 'test')} {verb}" if assertions.differing else same
        yield "assertions", f"{assertions.before:,} executed before, {assertions.after:,} after; {result}"
    yield from _coverage_lines(certificate.coverage)
    mutants = certificate.mutants
    if mutants.tried:
        killed = f"{mutants.killed_before:,} killed before, {mutants.killed_after:,} after"
        note = f"; {mutants.note}" if mutants.note else ""
        tried = f"{mutants.tried:,} tried (seed {mutants.seed})"
        yield "mutants", f"{tried}; {killed}; {mutants.survivors:,} escape now{note}"
    if certificate.order.runs:
        found = certificate.counts.get(Label.ORDER_DEPENDENT, 0)
        verb = "depends" if found == 1 else "depend"
        yield (
            "order",
            f"{counted(certificate.order.runs, 'random order')}; {counted(found, 'test')} {verb} on it",
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


def unit_name(unit: Excluded) -> str:
    """Name what was taken out of a migration."""
    return f"{unit.path} (the whole file)" if unit.qualname == "*" else f"{unit.path}::{unit.qualname}"


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
