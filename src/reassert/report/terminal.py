"""A plan on a terminal or in a log: the diff, the summary, a rule's page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from reassert.report.summary import summary_rows
from reassert.report.text import write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from reassert.model.outcomes import Plan

_FENCE = re.compile(r"^```python (before|after|unchanged)(?: path=(\S+))?$", re.MULTILINE)
_LABELS = {"before": "Before", "after": "After", "unchanged": "Left as it is"}


def write_diff(plan: Plan, stream: TextIO, *, base: Path, colour: bool) -> None:
    """Write every planned change as a unified diff, names relative to ``base``."""
    from reassert.report.diff import diff_rows  # noqa: PLC0415 - a summary needs none of it

    write_rows(diff_rows(plan.changes, base, colour=colour), stream, colour=colour)


def write_summary(  # noqa: PLR0913 - the ways to look at a summary
    plan: Plan,
    stream: TextIO,
    *,
    base: Path,
    colour: bool,
    stat: bool = False,
    grouped: bool = False,
    verbose: bool = False,
) -> None:
    """Write causes, refusals, findings, failures and counts, as ``summary_rows`` gives them."""
    rows = summary_rows(plan, base, stat=stat, grouped=grouped, verbose=verbose)
    write_rows(rows, stream, colour=colour)


def write_page(markdown: str, stream: TextIO, *, colour: bool) -> None:
    """Write a Markdown page: laid out for a terminal, or as it is."""
    if not colour:
        stream.write(markdown if markdown.endswith("\n") else f"{markdown}\n")
        return
    from rich.console import Console  # noqa: PLC0415 - paid for by coloured output alone
    from rich.markdown import Markdown  # noqa: PLC0415

    page = Markdown(_FENCE.sub(_labelled, markdown), code_theme="ansi_dark")
    console = Console(file=None, force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(page)
    stream.write(captured.get())


def _labelled(fence: re.Match[str]) -> str:
    """Say above an example what it is: laid out, a fence shows nothing of its own line."""
    file = f" (`{fence[2]}`)" if fence[2] else ""
    return f"*{_LABELS[fence[1]]}{file}:*\n\n```python"
