"""The summary of a plan: what is converted, and every place that is not, with its reason."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from reassert.model.outcomes import NEWLY_EXECUTED
from reassert.report.causes import cause_rows
from reassert.report.renames import name_groups
from reassert.report.text import counted, line, one_line, one_name, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from reassert.model.outcomes import Dependency, Failed, Finding, Location, Plan, Refusal, Tally, TestMap
    from reassert.report.text import Row

_WIDE = 48
_NAMED = 5


class _Remark(NamedTuple):
    """A refusal or a finding, and the lines further down in which its file has the same one."""

    location: Location
    code: str
    text: str
    more: list[int]


def summary_rows(
    plan: Plan, base: Path, *, stat: bool = False, grouped: bool = False, verbose: bool = False
) -> Iterator[Row]:
    """Give the summary: what needs words, and last the numbers, where a terminal's reader looks first.

    Paths are shown relative to ``base``. ``stat`` leaves out the lists but those of causes and failures;
    ``grouped`` gives a reader causes in the place of single refusals, and one row for what is said several
    times of one file. ``verbose`` gives causes and refusals in full.
    """
    in_detail = verbose or not grouped
    return chain(
        [line()] if plan.changes and not stat else (),
        () if stat else _renames(plan.test_map),
        _refusal_rows(plan.refusals, base, grouped=grouped) if in_detail and not stat else (),
        () if stat else _finding_rows(_others(plan), base, grouped=grouped),
        () if stat else _awakened_rows(_awakened(plan), base),
        failure_rows(plan.failures, base),
        _connected_rows(plan.connected, base),
        _dependency_rows(plan.dependencies, base),
        cause_rows(plan, base, every=verbose),
        _headline(plan),
        _tally_rows(plan.tally),
        _count_rows(plan, by_code=in_detail or stat),
    )


def _connected_rows(connected: Sequence[Path], base: Path) -> Iterator[Row]:
    """Say which files change that nobody gave; of many only some are named."""
    if not connected:
        return
    changes = "file changes" if len(connected) == 1 else "files change"
    yield (
        (f"{len(connected):,} more {changes} with those given", "bold yellow"),
        (" (test classes or pytest connect them)", ""),
    )
    yield from (line(f"  {place(path, None, base)}", "cyan") for path in connected[:_NAMED])
    if len(connected) > _NAMED:
        yield line(f"  and {len(connected) - _NAMED:,} more")
    yield line("  (--only-given leaves these files as they are, and what needs them)", "dim")
    yield line()


def _dependency_rows(dependencies: Sequence[Dependency], base: Path) -> Iterator[Row]:
    """Say which packages the project should ask for, and where the tool would add them."""
    if not dependencies:
        return
    several = "packages are" if len(dependencies) > 1 else "package is"
    yield line(f"{len(dependencies)} {several} needed that the project does not ask for", "bold yellow")
    width = max(len(dependency.name) for dependency in dependencies)
    for found in dependencies:
        group = f" ({found.group})" if found.group else ""
        where = (
            f"; --add-dependencies adds it to {place(found.place, None, base)}{group}" if found.place else ""
        )
        yield (
            ("  ", ""),
            (found.name.ljust(width), "yellow"),
            (f"  by {place(found.user, None, base)}{where}", ""),
        )
    yield line()


def _headline(plan: Plan) -> Iterator[Row]:
    looked = f"{counted(plan.files, 'file')} looked at" if plan.files else "no Python file found"
    if plan.changes:
        yield ((f"{counted(len(plan.changes), 'file')} to change", "bold green"), (f" ({looked})", ""))
    else:
        yield (("Nothing to change", "bold"), (f" ({looked})", ""))


def _tally_rows(tally: Tally) -> Iterator[Row]:
    if tally.classes:
        yield line(f"  classes     {tally.classes_converted:,} of {tally.classes:,} become plain classes")
    if tally.tests:
        yield line(f"  tests       {tally.tests:,} in these classes")
    if tally.assertions:
        yield line(f"  assertions  {tally.assertions_converted:,} of {tally.assertions:,} converted")


def _count_rows(plan: Plan, *, by_code: bool) -> Iterator[Row]:
    if plan.test_map:
        yield line(f"  names       {counted(len(plan.test_map), 'test')} will have another name")
    if plan.refusals:
        refused = counted(len(plan.refusals), "conversion")
        yield ("  ", ""), ("refused", "bold yellow"), (f"     {refused}; the code stays and still runs", "")
        yield from code_rows(refusal.code for refusal in plan.refusals) if by_code else ()
    others, awakened = _others(plan), _awakened(plan)
    if others:
        yield ("  ", ""), ("to look at", "bold yellow"), (f"  {counted(len(others), 'place')}", "")
        yield from code_rows(finding.code for finding in others)
    if awakened:
        yield ("  ", ""), ("awakened", "bold yellow"), (f"    {counted(len(awakened), 'test')}", "")
    for why, count in sorted(Counter(skipped.why for skipped in plan.skipped).items()):
        yield line(f"  skipped     {counted(count, 'file')}: {one_line(why)}")
    if plan.failures:
        yield ("  ", ""), ("failed", "bold red"), (f"      {counted(len(plan.failures), 'file')}", "")
    if plan.refusals or plan.findings:
        yield line("What a code means: reassert explain CODE", "dim")
    if plan.held:
        yield line("Why a class stays: reassert explain --class FILE::CLASS", "dim")


def _renames(test_map: TestMap) -> Iterator[Row]:
    """Say which tests get other names; the tests of a renamed class are told in one row."""
    if not test_map:
        return
    yield line(f"{counted(len(test_map), 'test')} will have another name", "bold")
    for (old, new), tests in sorted(name_groups(test_map.items()).items()):
        suffix = f" ({counted(tests, 'test')})" if tests else ""
        yield line(f"  {one_name(old)} -> {one_name(new)}{suffix}")
    yield line()


def _refusal_rows(refusals: Sequence[Refusal], base: Path, *, grouped: bool) -> Iterator[Row]:
    if not refusals:
        return
    yield (
        (f"{counted(len(refusals), 'conversion')} refused", "bold yellow"),
        (": what is refused stays as it is, and still runs", ""),
    )
    items = [(r.location, r.code, r.reason) for r in refusals]
    yield from _listed(_remarks(items, grouped=grouped), base)
    yield line()


def _finding_rows(findings: Sequence[Finding], base: Path, *, grouped: bool) -> Iterator[Row]:
    if not findings:
        return
    yield line(f"{counted(len(findings), 'place')} to look at", "bold yellow")
    items = [
        (f.location, f.code, f"{f.message} ({f.suggestion})" if f.suggestion else f.message) for f in findings
    ]
    yield from _listed(_remarks(items, grouped=grouped), base)
    yield line()


def _others(plan: Plan) -> list[Finding]:
    return [finding for finding in plan.findings if finding.code != NEWLY_EXECUTED]


def _awakened(plan: Plan) -> list[Finding]:
    return [finding for finding in plan.findings if finding.code == NEWLY_EXECUTED]


def _awakened_rows(findings: Sequence[Finding], base: Path) -> Iterator[Row]:
    """Say which tests run for the first time."""
    if not findings:
        return
    runs = "test runs" if len(findings) == 1 else "tests run"
    yield (
        (f"{len(findings):,} {runs} for the first time", "bold yellow"),
        (": how it ends is not known, `reassert verify` tells", ""),
    )
    items = [(f.location, f.code, f.message) for f in findings]
    yield from _listed(_remarks(items, grouped=False), base)
    yield line()


def _remarks(items: Iterable[tuple[Location, str, str]], *, grouped: bool) -> list[_Remark]:
    """Sort by place; if ``grouped`` the later ones of a file that say the same are named in the first one."""
    found: dict[object, _Remark] = {}
    for number, (location, code, text) in enumerate(sorted(items)):
        key = (location.path, code, text) if grouped else number
        known = found.setdefault(key, _Remark(location, code, one_line(text), []))
        if known.location is not location:
            known.more.append(location.line)
    return list(found.values())


def _listed(remarks: Sequence[_Remark], base: Path) -> Iterator[Row]:
    """Give rows of place, code and text in columns; a place too long for its column pushes the others."""
    shown = [place(remark.location.path, remark.location.line, base) for remark in remarks]
    places = min(_WIDE, max(map(len, shown)))
    codes = max(len(remark.code) for remark in remarks)
    for where, remark in zip(shown, remarks, strict=True):
        also = f" (also in {_lines(remark.more)})" if remark.more else ""
        yield (
            ("  ", ""),
            (where.ljust(places), "cyan"),
            ("  ", ""),
            (remark.code.ljust(codes), "yellow"),
            (f"  {remark.text}", ""),
            (also, "dim"),
        )


def _lines(numbers: Sequence[int]) -> str:
    return f"line{'s' if len(numbers) > 1 else ''} " + ", ".join(map(str, numbers))


def code_rows(codes: Iterable[str]) -> Iterator[Row]:
    """Give a row for each code with how often there is one, the commonest first."""
    counts = Counter(codes)
    width = max(map(len, counts))
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield ("    ", ""), (code.ljust(width), "yellow"), (f"  {count:>6,}", "")


def failure_rows(failures: Sequence[Failed], base: Path, *, stays: bool = True) -> Iterator[Row]:
    """Give the files that could not be worked on; ``stays``: say that they do not change."""
    if not failures:
        return
    stay = "stays as it is" if len(failures) == 1 else "stay as they are"
    end = f", and {stay}" if stays else ""
    yield line(f"{counted(len(failures), 'file')} could not be worked on{end}", "bold red")
    for failure in sorted(failures, key=lambda f: (f.path, f.line or 0)):
        yield (
            ("  ", ""),
            (place(failure.path, failure.line, base), "cyan"),
            (f"  {one_line(failure.error)}", ""),
        )
    yield line()
