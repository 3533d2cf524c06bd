"""The coloured unified diff: the lines of the patch, made safe to show, with the new code highlighted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reassert.model.outcomes import Safety
from reassert.report.hunks import hunks
from reassert.report.patch import relative_name
from reassert.report.text import line, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from reassert.model.outcomes import Change
    from reassert.report.hunks import Hunk
    from reassert.report.text import Piece, Row

    Highlighter = Callable[[Sequence[str]], Sequence[Sequence[Piece]]]

# Beyond this many lines only the kind of line is coloured, so that a diff of any size scrolls at once.
HIGHLIGHT_LINES = 10_000
_STYLES = {b" ": "dim", b"-": "red", b"+": "green"}
_NOTES = {
    Safety.UNSAFE: " (unsafe: not proved to keep every behaviour)",
    Safety.SUGGEST: " (a suggestion: never written)",
}


def diff_rows(changes: Sequence[Change], base: Path, *, colour: bool) -> Iterator[Row]:
    """Give the diff of each change; names are relative to ``base``. Only coloured rows are highlighted."""
    budget = HIGHLIGHT_LINES if colour else 0
    for change in changes:
        yield from _name_rows(change, base)
        for hunk in hunks(change):
            budget -= len(hunk.lines)
            yield line(hunk.header, "cyan")
            yield from _hunk_rows(hunk, change.encoding, _highlighter() if budget >= 0 and colour else None)


def _name_rows(change: Change, base: Path) -> Iterator[Row]:
    name = visible(os.fsdecode(relative_name(change.path, base)))
    old = "/dev/null" if change.before is None else f"a/{name}"
    new = "/dev/null" if change.after is None else f"b/{name}"
    yield line(f"--- {old}", "bold red")
    yield (f"+++ {new}", "bold green"), (_NOTES.get(change.safety, ""), "bold yellow")


def _highlighter() -> Highlighter:
    from reassert.report.highlight import highlighted  # noqa: PLC0415 - brings pygments

    return highlighted


def _hunk_rows(hunk: Hunk, encoding: str, highlight: Highlighter | None) -> Iterator[Row]:
    shown = [_shown(each.text, encoding) for each in hunk.lines]
    after = [text for each, text in zip(hunk.lines, shown, strict=True) if each.mark != b"-"]
    pieces = iter(highlight(after) if highlight else ())
    for each, text in zip(hunk.lines, shown, strict=True):
        style = _STYLES[each.mark]
        mark = each.mark.decode()
        body = next(pieces, None) if each.mark != b"-" else None
        if body is None or each.mark == b" ":
            yield line(mark + text, style)
        else:
            yield ((mark, f"bold {style}"), *body)
        if not each.text.endswith(b"\n"):
            yield line("\\ No newline at end of file", "dim")


def _shown(text: bytes, encoding: str) -> str:
    """Decode a line, without its end."""
    ended = text[:-1] if text.endswith(b"\n") else text
    return visible((ended[:-1] if ended.endswith(b"\r") else ended).decode(encoding, "replace"))
