"""A certificate on a terminal: the verdict in one line, the numbers, and as many losses as fit a screen."""

from __future__ import annotations

from itertools import accumulate, chain
from textwrap import wrap
from typing import TYPE_CHECKING, TextIO

from reassert.model.certificate import Label, Verdict
from reassert.report.certificate_words import (
    UNEXECUTED,
    about,
    by_cause,
    by_class,
    by_label,
    check_lines,
    group_line,
    headline,
    like_it,
    lost_places,
    named,
    noun,
    outcome_line,
    places,
    shortened,
    sureness,
    told,
    unit_name,
)
from reassert.report.text import counted, line, one_line, one_name, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reassert.model.certificate import Certificate, Difference
    from reassert.report.certificate_words import Group
    from reassert.report.text import Row

_STYLES = {Verdict.VALID: "bold green", Verdict.INVALID: "bold red", Verdict.NOT_RUN: "bold yellow"}
_ROWS = 16  # for the differences of all labels together that are shown
_ROOMY = 2  # labels that leave room for empty lines
_DIFF = 7  # lines of a mutant's diff
_ASIDE = 2  # items of the lists at the end
_EVIDENCE = 3  # lines below a loss
_SEVERAL = 3  # rows for a loss that leave one for how many are like it
_LINES = 2  # of what is said about one
_WIDTH = 96


def write_certificate(certificate: Certificate, stream: TextIO, *, colour: bool) -> None:
    """Write the verdict, the numbers behind it, and what differs; it fits a screen."""
    write_rows(certificate_rows(certificate), stream, colour=colour)


def certificate_rows(certificate: Certificate) -> Iterator[Row]:
    """Give the rows of a certificate; lists are shortened, with the number of what is left out."""
    return chain(
        [line(headline(certificate), _STYLES[certificate.verdict])],
        (line(f"  {one_line(reason)}") for reason in certificate.reasons[1:]),
        _numbers(certificate) if certificate.verdict is not Verdict.NOT_RUN else (),
        _differences(certificate.differences),
        _excluded(certificate),
        _asides(certificate),
    )


def _numbers(certificate: Certificate) -> Iterator[Row]:
    yield line(f"  {'tests':<11} {outcome_line(certificate.counts)}")
    for name, sentence in check_lines(certificate):
        yield line(f"  {name:<11} {one_line(sentence)}")
    versions = ", ".join(
        f"{name} {number}"
        for name, number in (("Python", certificate.python), ("pytest", certificate.pytest))
        if number
    )
    if versions:
        yield line(f"  {'with':<11} {versions}", "dim")


def _differences(differences: Sequence[Difference]) -> Iterator[Row]:
    """Give the differences by label; where there are losses, the labels without any are only counted."""
    groups = list(by_label(differences))
    lost = [label for label, found in groups if found[0].is_loss]
    shown = lost or [label for label, _ in groups]
    room = _ROWS // max(1, len(shown)) - 1
    for label, found in groups:
        if label in shown and len(shown) <= _ROOMY:
            yield line()
        yield (
            (label.value, "bold red" if label in lost else "bold"),
            (f": {counted(len(found), noun(label))} {about(label)}", ""),
        )
        if label in shown:
            yield from _fitting(found, room) if label in lost else _told_by_class(found, room)


def _fitting(found: Sequence[Difference], room: int) -> Iterator[Row]:
    """Give the losses of one label by their causes, as many as fit into ``room`` rows; one always does."""
    groups = by_cause(found)
    left, rest = room, len(found)
    for number, group in enumerate(groups):
        rows = list(_loss_rows(group, room if len(groups) == 1 else max(1, room // 2)))
        if number and len(rows) + (rest > group.tests) > left:
            break
        yield from rows
        left, rest = left - len(rows), rest - group.tests
    if rest:
        yield line(f"  ... and {rest:,} more", "dim")


def _loss_rows(group: Group, room: int) -> Iterator[Row]:
    """Give the test, what is said about it, and of its evidence what fits."""
    difference = group.first
    name, more = one_name(named(difference)), like_it(group) + sureness(difference)
    if len(name + more) <= _WIDTH or room < _SEVERAL:
        yield ("  ", ""), (name, "cyan"), (more, "")
    else:
        yield ("  ", ""), (name, "cyan")
        yield line(f"   {more}")
    words = told(difference)
    if words and room > 1:
        yield from (line(f"    {text}") for text in _wrapped(words))
    below = _DIFF if difference.label is Label.SURVIVES else _EVIDENCE
    rest = [text for text in places(difference) if not _is_in(one_line(text), words)]
    yield from (line(f"    {_cut(one_name(text))}", "dim") for text in rest[: min(below, max(0, room - 2))])


def _is_in(text: str, words: str) -> bool:
    """Whether a line of evidence says nothing that was not said: but for the test's file, perhaps."""
    said = text.partition(": ")[2]
    return text in words or (said != "" and words.endswith(said))


def _told_by_class(found: Sequence[Difference], room: int) -> Iterator[Row]:
    """Give what is no loss by class, a row each and one for what is said about it."""
    groups = by_class(found)
    rows = [list(_class_rows(group)) for group in groups]
    fit = sum(total <= max(1, room - 1) for total in accumulate(map(len, rows))) or 1
    if len(groups) == fit + 1 and len(rows[-1]) == 1:
        fit += 1  # it takes no more room than to say that it is left out
    yield from chain.from_iterable(rows[:fit])
    if groups[fit:]:
        left = sum(group.tests for group in groups[fit:])
        yield line(f"  ... and {counted(left, f'more {noun(found[0].label)}')}", "dim")


def _class_rows(group: Group) -> Iterator[Row]:
    yield ("  ", ""), (one_name(group_line(group)), "cyan"), (sureness(group.first), "")
    words = told(group.first)
    if words:
        yield line(f"    {_cut(words)}")


def _wrapped(words: str) -> list[str]:
    """Give a sentence as one or two lines."""
    lines = wrap(words, _WIDTH, break_on_hyphens=False)
    return lines if len(lines) <= _LINES else [*lines[: _LINES - 1], _cut(" ".join(lines[_LINES - 1 :]))]


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."


def _excluded(certificate: Certificate) -> Iterator[Row]:
    """Give what was taken out of the migration, each with the loss that it had caused."""
    units = certificate.excluded
    if not units:
        return
    yield line()
    yield line(f"{counted(len(units), 'unit')} taken out again, not to lose anything", "bold")
    keep = _ASIDE if len(units) <= _ASIDE else _ASIDE - 1
    for unit in units[:keep]:
        yield ("  ", ""), (one_name(unit_name(unit)), "cyan")
        yield line(f"    {_cut(one_line(unit.evidence))}")
    if units[keep:]:
        yield line(f"  ... and {counted(len(units) - keep, 'more unit')}", "dim")


def _asides(certificate: Certificate) -> Iterator[Row]:
    """Give what is no verdict: tests set aside, lines that are no longer executed, notes."""
    parts = (
        ("flaky, set aside", certificate.flaky, "test"),
        ("lines not executed any more", tuple(lost_places(certificate.coverage)), "file"),
        ("to know", certificate.notes, "note"),
    )
    if any(items for _, items, _ in parts):
        yield line()
    for title, items, unit in parts:
        for item in shortened(items, _ASIDE + 1, unit):
            yield (f"{title}: ", "bold"), (_cut(one_line(item)), "")
    if certificate.coverage.lost and certificate.verdict is Verdict.VALID:
        yield line(f"  ({UNEXECUTED})", "dim")
