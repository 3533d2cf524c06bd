"""What an audit found, for a reader: each finding with its places and what could be done; then numbers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reassert.report.summary import code_rows, failure_rows
from reassert.report.text import counted, line, one_line, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from reassert.model.outcomes import Audited, Finding
    from reassert.report.text import Row

# How many more places of a finding are shown unless all are asked for.
_PLACES = 8


def finding_rows(findings: Iterable[Finding], base: Path, *, verbose: bool = False) -> Iterator[Row]:
    """Give each finding: its place and code, what it says, its other places, what could be done.

    Paths are shown relative to ``base``; ``verbose`` shows every place.
    """
    for number, found in enumerate(findings):
        if number:
            yield line()
        where = place(found.location.path, found.location.line, base)
        yield (where, "cyan"), ("  ", ""), (found.code, "yellow"), (f"  {one_line(found.message)}", "")
        shown = found.others if verbose else found.others[:_PLACES]
        yield from (((f"  also {place(o.path, o.line, base)}", "cyan"),) for o in shown)
        if len(found.others) > len(shown):
            yield line(f"  and {len(found.others) - len(shown):,} more places (--verbose shows them)", "dim")
        if found.suggestion:
            yield ("  -> ", "green"), (one_line(found.suggestion), "")


def audit_summary_rows(audited: Audited, base: Path) -> Iterator[Row]:
    """Give failures, and what was found in how many files."""
    if audited.findings:
        yield line()
    yield from failure_rows(audited.failures, base, stays=False)
    looked = f"{counted(audited.files, 'file')} looked at" if audited.files else "no Python file found"
    if not audited.findings:
        yield ("Nothing found", "bold green"), (f" ({looked})", "")
        return
    yield (counted(len(audited.findings), "finding"), "bold yellow"), (f" ({looked})", "")
    counts = Counter(finding.code for finding in audited.findings)
    yield from code_rows(counts.elements())
    yield line("What a code means: reassert explain CODE", "dim")
