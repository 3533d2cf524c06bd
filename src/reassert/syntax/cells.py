"""Values as cells of a table: on one line, and the bytes that they take the place of."""

from __future__ import annotations

import ast
import keyword
import re

from reassert.model.edits import Span
from reassert.syntax.context import Context
from reassert.syntax.layout import movable_lines

_OPENING = re.compile(rb"[(\[{]\s*\Z")
_LETTER = re.compile(rb"[\w\x80-\xff]")
_WORD_BEFORE = re.compile(rb"([A-Za-z_]\w*)[ \t]*\Z")


def cell(context: Context, node: ast.expr) -> bytes:
    """A value as it is written, on one line."""
    span = context.module.span(node)
    text = context.source.buffer[span.start : span.end]
    joined = on_one_line(text) if b"\n" in text else text
    bare = isinstance(node, ast.Tuple) and len(ast.parse(b"f(" + joined + b")", mode="eval").body.args) != 1  # type: ignore[attr-defined] # a call
    return b"(" + joined + b")" if bare else joined


def on_one_line(text: bytes) -> bytes:
    """The text with the line ends gone that are outside of strings."""
    parts: list[bytes] = []
    position = 0
    for offset, blanks in movable_lines(text):
        parts.append(text[position:offset].rstrip())
        position = offset + len(blanks)
    parts.append(text[position:])
    out = parts[0]
    for part in parts[1:]:
        if part[:1] in (b")", b"]", b"}"):
            out = out.removesuffix(b",") + part
        else:
            out += (b"" if _OPENING.search(out) else b" ") + part
    return out


def whole(context: Context, place: ast.expr) -> Span:
    """The bytes of an expression with parentheses that are nothing but its own."""
    buffer, span = context.source.buffer, context.module.span(place)
    while True:
        start, end = span.start, span.end
        while buffer[start - 1 : start] in (b" ", b"\n", b"\t"):
            start -= 1
        while buffer[end : end + 1] in (b" ", b"\n", b"\t"):
            end += 1
        if buffer[start - 1 : start] != b"(" or buffer[end : end + 1] != b")":
            return span
        before = buffer[: start - 1].rstrip(b" \t")
        word = _WORD_BEFORE.search(before[-40:])
        called = before[-1:] in (b")", b"]", b'"', b"'") or _LETTER.match(before[-1:])
        if called and not (word and keyword.iskeyword(word[1].decode(errors="replace"))):
            return span
        span = Span(start - 1, end + 1)
