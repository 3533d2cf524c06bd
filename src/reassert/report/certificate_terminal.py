"""A certificate on a terminal: the verdict in one line, the numbers, and as many losses as fit a screen."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from reassert.model.certificate import Label, Verdict
from reassert.report.certificate_words import (
    about,
    by_label,
    check_lines,
    headline,
    lost_places,
    named,
    noun,
    outcome_line,
    shortened,
    told,
)
from reassert.report.text import counted, line, one_line, one_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reassert.model.certificate import Certificate, Difference
    from reassert.report.text import Row

_STYLES = {Verdict.VALID: "bold green", Verdict.INVALID: "bold red", Verdict.NOT_RUN: "bold yellow"}
_ROWS = 16  # for all losses together
_ROOMY = 2  # labels with losses that leave room for evidence
_DIFF = 7  # lines of a mutant's diff
_ASIDE = 2  # differences of a label that has no loss, and lines of the lists at the end
_EVIDENCE = 2  # lines below a loss
_WIDTH = 100


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
    for label, found in groups:
        below = _lines_below(label) if len(lost) <= _ROOMY else 0
        room = max(1, _ROWS // (len(lost) * (2 + below))) if lost else _ASIDE
        if len(lost) <= _ROOMY and (label in lost or not lost):
            yield line()
        yield from _label_rows(label, found, room if label in lost or not lost else 0, below)


def _lines_below(label: Label) -> int:
    return _DIFF if label is Label.SURVIVES else _EVIDENCE


def _label_rows(label: Label, found: Sequence[Difference], room: int, below: int) -> Iterator[Row]:
    """Give the row of one label, and as many of its differences as there is room for."""
    style = "bold red" if found[0].is_loss else "bold"
    yield (label.value, style), (f": {counted(len(found), noun(label))} {about(label)}", "")
    for difference in found[:room]:
        yield from _difference_rows(difference, below)
    if room and len(found) > room:
        yield line(f"  ... and {len(found) - room:,} more", "dim")


def _difference_rows(difference: Difference, below: int) -> Iterator[Row]:
    """Give the rows of one difference; of its evidence, up to ``below`` lines if it is a loss."""
    yield ("  ", ""), (one_name(named(difference)), "cyan")
    words = told(difference)
    if words:
        yield line(f"    {_cut(words)}")
    if difference.is_loss:
        rest = [text for text in difference.evidence if one_line(text) not in words]
        yield from (line(f"    {_cut(one_name(text))}", "dim") for text in rest[:below])


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."


def _excluded(certificate: Certificate) -> Iterator[Row]:
    if not certificate.excluded:
        return
    yield line()
    yield line(
        f"{counted(len(certificate.excluded), 'unit')} left as they were, not to lose anything", "bold"
    )
    items = [
        f"{unit.path}::{unit.qualname} ({unit.label.value}: {unit.evidence})" for unit in certificate.excluded
    ]
    yield from (line(f"  {_cut(one_line(item))}") for item in shortened(items, _ASIDE + 1, "unit"))


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
