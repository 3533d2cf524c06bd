"""A certificate for the description of a pull request: a short table, and the details folded away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reassert.model.certificate import Label
from reassert.report.certificate_words import (
    about,
    by_class,
    by_label,
    check_lines,
    group_line,
    headline,
    lost_places,
    named,
    noun,
    outcome_line,
    shortened,
    sureness,
    told,
    unit_name,
)
from reassert.report.text import counted, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reassert.model.certificate import Certificate, Difference

_LISTED = 50  # of one label; GitHub cuts a description at 65,536 characters
_EVIDENCE = 20
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")


def certificate_markdown(certificate: Certificate) -> str:
    """Give the document, with a line end. Whatever comes from the tests is quoted or escaped."""
    return "\n".join(_lines(certificate)) + "\n"


def _lines(certificate: Certificate) -> Iterator[str]:
    verdict, _, rest = headline(certificate).partition(":")
    yield f"**{verdict}**:{_escaped(rest)}"
    yield ""
    if certificate.reasons:
        yield from (f"- {_escaped(one_line(reason))}" for reason in certificate.reasons)
        return
    yield "| checked | result |"
    yield "|---|---|"
    yield f"| tests | {_escaped(outcome_line(certificate.counts))} |"
    yield from (f"| {name} | {_escaped(one_line(text))} |" for name, text in check_lines(certificate))
    for label, found in by_label(certificate.differences):
        yield from _section(label, found)
    yield from _lists(certificate)


def _section(label: Label, found: Sequence[Difference]) -> Iterator[str]:
    losses = any(difference.is_loss for difference in found)
    title = f"{label.value}: {counted(len(found), noun(label))} {about(label)}"
    if losses:
        rows = [row for item in found[:_LISTED] for row in _item(item, named(item))]
        left = len(found) - _LISTED
    else:
        groups = by_class(found)
        rows = [row for group in groups[:_LISTED] for row in _item(group.first, group_line(group))]
        left = sum(group.tests for group in groups[_LISTED:])
    yield from _details(title, rows, opened=losses)
    if left > 0:
        yield f"... and {left:,} more."


def _item(difference: Difference, name: str) -> Iterator[str]:
    words = told(difference) + sureness(difference)
    yield f"- {_code(name)}" + (f": {_escaped(words.strip())}" if words else "")
    if difference.is_loss and difference.evidence:
        yield ""
        yield from _fenced(list(shortened(difference.evidence, _EVIDENCE, "line")))
        yield ""


def _lists(certificate: Certificate) -> Iterator[str]:
    units = [f"{unit_name(item)}: {item.evidence}" for item in certificate.excluded]
    lists = (
        ("taken out again, not to lose anything", "unit", units),
        ("flaky, set aside", "test", list(certificate.flaky)),
        ("lines not executed any more", "file", list(lost_places(certificate.coverage))),
        ("to know", "note", list(certificate.notes)),
    )
    for title, unit, items in lists:
        if items:
            listed = [f"- {_escaped(one_line(item))}" for item in shortened(items, _LISTED, unit)]
            yield from _details(f"{title}: {counted(len(items), unit)}", listed)


def _details(title: str, body: Sequence[str], *, opened: bool = False) -> Iterator[str]:
    yield ""
    yield f"<details{' open' if opened else ''}><summary>{_html(title)}</summary>"
    yield ""
    yield from body
    yield ""
    yield "</details>"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> str:
    """Give inline code, with more backquotes around than there are inside."""
    shown = one_line(text)
    ticks = "`" * (max(map(len, re.findall(r"`+", shown)), default=0) + 1)
    return f"{ticks}{shown}{ticks}" if len(ticks) == 1 else f"{ticks} {shown} {ticks}"


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """Give a block of text below an item of a list."""
    inside = max((len(run) for text in lines for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, inside + 1)
    yield f"  {fence}{'diff' if lines[0].startswith('--- ') else 'text'}"
    yield from (f"  {visible(text)}" for text in lines)
    yield f"  {fence}"
