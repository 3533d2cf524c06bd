"""The comments of a file, by place."""

from __future__ import annotations

import re
import tokenize
from bisect import bisect_left
from typing import cast

from reassert.model.edits import Span
from reassert.syntax.context import Context

# What a comment says to a tool about the very line that it stands on.
_PRAGMA = re.compile(
    rb"#\s*(?:noqa|nosec|nosonar|type:|mypy:|pyright:|pylint:|pragma:|ruff:|fmt:|yapf:|isort:|flake8[:-]"
    rb"|cov(?:erage)?:|reassert:)",
    re.IGNORECASE,
)


def comments_in(context: Context, span: Span) -> list[Span]:
    """The comments that begin inside of a piece of the file, in order."""
    found = _all(context)
    first = bisect_left(found, Span(span.start, 0))
    last = bisect_left(found, Span(span.end, 0))
    return found[first:last]


def is_pragma(text: bytes) -> bool:
    """Whether a comment is meant for a tool."""
    return _PRAGMA.match(text) is not None


def _all(context: Context) -> list[Span]:
    if "comments" not in context.memory:
        context.memory["comments"] = _read(context) if b"#" in context.source.buffer else []
    return cast("list[Span]", context.memory["comments"])


def _read(context: Context) -> list[Span]:
    source = context.source
    lines = [
        source.buffer[a:b] for a, b in zip(source.line_starts, [*source.line_starts[1:], None], strict=True)
    ]
    numbered = iter([line.decode() for line in lines])
    found = []
    for token in tokenize.generate_tokens(lambda: next(numbered, "")):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            before = lines[row - 1].decode()[:column].encode()
            start = source.line_starts[row - 1] + len(before)
            found.append(Span(start, start + len(token.string.encode())))
    return found
