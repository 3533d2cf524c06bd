"""A certificate for the description of a pull request: a short table, and the details folded away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

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

_MOST = 65_000  # GitHub takes no description of more than 65,536 characters
_LONGEST = 500  # characters of a line of evidence
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")


class _Extent(NamedTuple):
    """How many items are listed of one kind, and how many lines of evidence are shown of each."""

    listed: int
    evidence: int


_EXTENTS = (_Extent(50, 20), _Extent(50, 5), _Extent(25, 3), _Extent(10, 2), _Extent(3, 2))


def certificate_markdown(certificate: Certificate) -> str:
    """Give the document, with a line end; it shows less of many differences, so that it can be posted.

    Whatever comes from the tests is quoted or escaped.
    """
    documents = ("\n".join(_lines(certificate, extent)) + "\n" for extent in _EXTENTS)
    shown = ""
    for shown in documents:
        if len(shown) <= _MOST:
            break
    return shown


def _lines(certificate: Certificate, extent: _Extent) -> Iterator[str]:
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
        yield from _section(label, found, extent)
    yield from _lists(certificate, extent)


def _section(label: Label, found: Sequence[Difference], extent: _Extent) -> Iterator[str]:
    losses = any(difference.is_loss for difference in found)
    title = f"{label.value}: {counted(len(found), noun(label))} {about(label)}"
    if losses:
        rows = [row for item in found[: extent.listed] for row in _item(item, named(item), extent)]
        left = len(found) - extent.listed
    else:
        groups = by_class(found)
        shown = groups[: extent.listed]
        rows = [row for group in shown for row in _item(group.first, group_line(group), extent)]
        left = sum(group.tests for group in groups[extent.listed :])
    yield from _details(title, rows, opened=losses)
    if left > 0:
        yield f"... and {left:,} more."


def _item(difference: Difference, name: str, extent: _Extent) -> Iterator[str]:
    words = told(difference) + sureness(difference)
    yield f"- {_code(name)}" + (f": {_escaped(words.strip())}" if words else "")
    if difference.is_loss and difference.evidence:
        yield ""
        yield from _fenced(list(shortened(difference.evidence, extent.evidence, "line")))
        yield ""


def _lists(certificate: Certificate, extent: _Extent) -> Iterator[str]:
    units = [f"{unit_name(item)}: {item.evidence}" for item in certificate.excluded]
    lists = (
        ("taken out again, not to lose anything", "unit", units),
        ("flaky, set aside", "test", list(certificate.flaky)),
        ("lines not executed any more", "file", list(lost_places(certificate.coverage))),
        ("to know", "note", list(certificate.notes)),
    )
    for title, unit, items in lists:
        if items:
            listed = [f"- {_escaped(one_line(item))}" for item in shortened(items, extent.listed, unit)]
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
    yield from (f"  {_cut(visible(text))}" for text in lines)
    yield f"  {fence}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
