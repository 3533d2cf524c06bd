"""The summary of a plan: what is converted, and every place that is not, with its reason."""

from __future__ import annotations

import os
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from reassert.report.text import line, one_line, one_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from reassert.model.outcomes import Failed, Finding, Plan, Refusal, TestMap
    from reassert.report.text import Row

_Placed = TypeVar("_Placed", "Refusal", "Finding")

_WIDE = 48


def summary_rows(plan: Plan, base: Path, *, stat: bool = False) -> Iterator[Row]:
    """Give the summary; paths are shown relative to ``base``. ``stat`` counts by code in place of listing."""
    return chain(
        _headline(plan, stat=stat),
        _tally_rows(plan),
        _renames(plan.test_map, stat=stat),
        _refusal_rows(plan.refusals, base, stat=stat),
        _finding_rows(plan.findings, base, stat=stat),
        _failure_rows(plan.failures, base),
        _skipped_rows(plan),
    )


def counted(number: int, noun: str) -> str:
    """Say how many there are, with the noun in the right number."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def place(path: Path, line_number: int | None, base: Path) -> str:
    """Name a place so that an editor finds it: the path from ``base`` where it lies below, and the line."""
    name = os.fspath(path.relative_to(base) if path.is_relative_to(base) else path)
    return one_name(f"{name}:{line_number}" if line_number else name)


def _headline(plan: Plan, *, stat: bool) -> Iterator[Row]:
    if plan.changes and not stat:
        yield line()
    looked = f"{counted(plan.files, 'file')} looked at"
    if plan.changes:
        yield ((f"{counted(len(plan.changes), 'file')} to change", "bold green"), (f" ({looked})", ""))
    else:
        yield (("Nothing to change", "bold"), (f" ({looked})", ""))


def _tally_rows(plan: Plan) -> Iterator[Row]:
    tally = plan.tally
    if tally.classes:
        yield line(f"  classes     {tally.classes_converted:,} of {tally.classes:,} become plain classes")
    if tally.tests:
        yield line(f"  tests       {tally.tests:,} in these classes")
    if tally.assertions:
        yield line(f"  assertions  {tally.assertions_converted:,} of {tally.assertions:,} converted")


def _renames(test_map: TestMap, *, stat: bool) -> Iterator[Row]:
    """Say which tests get other names; the tests of a renamed class are told in one row."""
    if not test_map:
        return
    yield line(f"  names       {counted(len(test_map), 'test')} will have another name")
    if not stat:
        for (old, new), tests in sorted(_name_groups(test_map).items()):
            suffix = f" ({counted(tests, 'test')})" if tests else ""
            yield line(f"    {one_name(old)} -> {one_name(new)}{suffix}")


def _name_groups(test_map: TestMap) -> Counter[tuple[str, str]]:
    groups: Counter[tuple[str, str]] = Counter()
    for old, new in test_map.items():
        owner, _, name = old.rpartition("::")
        new_owner, _, new_name = new[0].rpartition("::") if len(new) == 1 else ("", "", "")
        if owner and name == new_name:
            groups[owner, new_owner.rpartition("::")[2]] += 1
        else:
            groups[old, ", ".join(new)] += 0
    return groups


def _refusal_rows(refusals: Sequence[Refusal], base: Path, *, stat: bool) -> Iterator[Row]:
    if not refusals:
        return
    yield line()
    yield (
        (f"{counted(len(refusals), 'conversion')} refused", "bold yellow"),
        (": what is refused stays as it is, and still runs", ""),
    )
    if not stat:
        yield from _listed(
            (place(r.location.path, r.location.line, base), r.code, r.reason) for r in _by_place(refusals)
        )
        yield line("By code:")
    yield from _code_rows(r.code for r in refusals)


def _finding_rows(findings: Sequence[Finding], base: Path, *, stat: bool) -> Iterator[Row]:
    if not findings:
        return
    yield line()
    yield line(f"{counted(len(findings), 'place')} to look at", "bold yellow")
    if stat:
        yield from _code_rows(finding.code for finding in findings)
        return
    yield from _listed(
        (
            place(f.location.path, f.location.line, base),
            f.code,
            f"{f.message} ({f.suggestion})" if f.suggestion else f.message,
        )
        for f in _by_place(findings)
    )


def _by_place(items: Iterable[_Placed]) -> list[_Placed]:
    return sorted(items, key=lambda item: (item.location, item.code))


def _listed(items: Iterable[tuple[str, str, str]]) -> Iterator[Row]:
    """Give rows of place, code and text in columns; a place too long for its column pushes the others."""
    known = list(items)
    places = min(_WIDE, max((len(where) for where, _, _ in known), default=0))
    codes = max((len(code) for _, code, _ in known), default=0)
    for where, code, text in known:
        yield (
            ("  ", ""),
            (where.ljust(places), "cyan"),
            ("  ", ""),
            (code.ljust(codes), "yellow"),
            (f"  {one_line(text)}", ""),
        )


def _code_rows(codes: Iterable[str]) -> Iterator[Row]:
    counts = Counter(codes)
    width = max(map(len, counts))
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield ("  ", ""), (code.ljust(width), "yellow"), (f"  {count:>6,}", "")


def _failure_rows(failures: Sequence[Failed], base: Path) -> Iterator[Row]:
    if not failures:
        return
    yield line()
    stay = "stays as it is" if len(failures) == 1 else "stay as they are"
    yield line(f"{counted(len(failures), 'file')} could not be worked on, and {stay}", "bold red")
    for failure in sorted(failures, key=lambda f: (f.path, f.line or 0)):
        yield (
            ("  ", ""),
            (place(failure.path, failure.line, base), "cyan"),
            (f"  {one_line(failure.error)}", ""),
        )


def _skipped_rows(plan: Plan) -> Iterator[Row]:
    if plan.skipped:
        yield line()
    for why, count in sorted(Counter(skipped.why for skipped in plan.skipped).items()):
        yield line(f"{counted(count, 'file')} skipped: {one_line(why)}", "dim")
