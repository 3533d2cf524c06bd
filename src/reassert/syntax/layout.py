"""Lays out generated statements the way a formatter would, from pieces of the original source.

A statement that stood on one line stays on one line. Pieces that span lines keep their inner layout, moved
sideways with what they hang on; one that only the call's parentheses allowed to do so gets a pair of its own.
Where that is not enough the condition goes into parentheses, if need be an operand a line.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reassert.model.edits import Part, Span
from reassert.syntax.arguments import Argument
from reassert.syntax.module import Module

LIMIT = 88
STEP = 4
_NEWLINE = re.compile(rb"\r\n|\r|\n")
_BLANKS = re.compile(rb"[ \t\f]*")
_CLOSING = re.compile(rb"[)\]}]+")


class Operand(NamedTuple):
    """An argument in its new place; ``wrap`` says that it needs parentheses of its own there.

    ``parts`` stand for the argument's own text where that is not taken as it is; they are on one line.
    """

    argument: Argument
    wrap: bool = False
    parts: tuple[Part, ...] = ()


Piece = bytes | Operand


class Layout:
    """Builds the parts of a statement that replaces ``statement``."""

    def __init__(self, module: Module, statement: ast.AST) -> None:
        self.module = module
        self.buffer = module.source.buffer
        self.span = module.span(statement)
        self.newline = module.source.newline.encode()
        first = module.source.line_starts[module.source.line_of(self.span.start) - 1]
        self.indent = self._blanks(first)
        self.column = len(self.buffer[first : self.span.start].decode())
        self.limit = LIMIT
        if self.span.end - first > LIMIT:
            lines = _NEWLINE.split(self.buffer[first : self.span.end])
            self.limit = max(LIMIT, *(len(line.decode()) for line in lines))

    def line_indent(self, offset: int) -> bytes:
        """The white space at the beginning of the line that holds ``offset``."""
        return self._blanks(self.module.source.line_starts[self.module.source.line_of(offset) - 1])

    def _blanks(self, start: int) -> bytes:
        match = _BLANKS.match(self.buffer, start)
        return match.group() if match else b""

    def _column(self, offset: int) -> int:
        start = self.module.source.line_starts[self.module.source.line_of(offset) - 1]
        return len(self.buffer[start:offset].decode())

    def inner_indent(self) -> bytes:
        """One level deeper than the statement, in the file's own way."""
        return deeper_indent(self.indent)

    def deeper(self, indent: bytes) -> bytes:
        """One level deeper than a line with this indentation."""
        return deeper_indent(indent)

    # -- statements ------------------------------------------------------------------------------------------

    def asserting(
        self, pieces: Sequence[Piece], message: Operand | None = None, tail: Sequence[Span] = ()
    ) -> tuple[Part, ...]:
        """``assert <pieces>[, <message>]``; comments of all arguments are kept."""
        said = _Said(pieces, message, tail)
        if said.comments:
            return self._parenthesised(said)
        flat = self.flat([b"assert ", *pieces, *self._flat_message(message)])
        if self.fits(flat):
            return flat
        return self._message_below(said) or self._condition_below(said) or self._parenthesised(said)

    def asserting_call(
        self,
        head: bytes,
        operands: Sequence[Piece],
        close: bytes,
        message: Operand | None = None,
        tail: Sequence[Span] = (),
    ) -> tuple[Part, ...]:
        """``assert head(<operands>)close``: ``head`` ends with the bracket that ``close`` closes first."""
        inside: list[Piece] = []
        for operand in operands:
            inside += [b", ", operand] if inside else [operand]
        pieces = [head, *inside, close]
        said = _Said(pieces, message, tail)
        if not (said.comments or any(self._breaks(p) for p in said.operands)):
            flat = self.flat([b"assert ", *pieces, *self._flat_message(message)])
            below = None if self.fits(flat) else self._message_below(said)
            if self.fits(flat) or below:
                return below or flat
        rows = self._rows(said, operands)
        return (b"assert " + head, *rows, self.newline + self.indent + close, *self._message(message))

    def assigning(self, name: bytes, operand: Operand) -> tuple[Part, ...]:
        """``name = <operand>``, below the comments that belong to the operand."""
        parts: list[Part] = []
        for comment in operand.argument.comments:
            parts += [comment, self.newline + self.indent]
        return (*parts, *self.flat([name + b" = ", self._hugged(operand)]))

    def joined(self, statements: Iterable[Sequence[Part]]) -> tuple[Part, ...]:
        """Several statements, a line each; what they replace must stand alone."""
        parts: list[Part] = []
        for statement in statements:
            parts += [self.newline + self.indent, *statement] if parts else statement
        return tuple(parts)

    # -- shapes ----------------------------------------------------------------------------------------------

    def _message_below(self, said: _Said) -> tuple[Part, ...] | None:
        """The message in parentheses on lines of its own, the condition on the first line."""
        if said.message is None or self.spans_lines(said.message):
            return None
        inner = self.inner_indent()
        head = self.flat([b"assert ", *said.pieces, b", ("])
        body = self._operand(said.message, len(inner), inner)
        parts = (*head, self.newline + inner, *body, self.newline + self.indent + b")")
        return parts if self.fits(parts) else None

    def _condition_below(self, said: _Said) -> tuple[Part, ...] | None:
        """The whole condition in parentheses on a line of its own."""
        inner = self.inner_indent()
        body = self.flat(said.pieces, inner)
        parts = (b"assert (", self.newline + inner, *body, self.newline + self.indent + b")")
        is_call = isinstance(said.pieces[0], bytes) and isinstance(said.pieces[-1], bytes)
        return (*parts, *self._message(said.message)) if is_call or self.fits(parts) else None

    def _parenthesised(self, said: _Said) -> tuple[Part, ...]:
        """The condition in parentheses, an operand a line, comments where they were."""
        inner = self.inner_indent()
        parts: list[Part] = [b"assert ("]
        for row in self._condition_rows(said, inner):
            for comment in row.above:
                parts += [self.newline + inner, comment]
            parts += [self.newline + inner, *row.parts]
            for comment in row.behind:
                parts += [b"  ", comment]
        for comment in said.late:
            parts += [self.newline + inner, comment]
        parts.append(self.newline + self.indent + b")")
        return (*parts, *self._message(said.message))

    def _condition_rows(self, said: _Said, inner: bytes) -> list[_Row]:
        """A row begins with each operator; what closes a call stays on the row of its operand."""
        rows = [_Row()]
        for piece in said.pieces:
            row = rows[-1]
            if isinstance(piece, Operand):
                row.above += said.before(piece)
                column = self._column_after(len(inner), row.parts)
                row.parts += self._operand(self._hugged(piece), column, inner)
                row.behind += said.after(piece, row.behind)
                continue
            closing = _CLOSING.match(piece)
            end = closing.end() if closing else 0
            row.parts += [piece[:end]] if end else []
            if row.parts and piece[end:].startswith(b" "):
                rows.append(_Row([piece[end:].lstrip()]))
            elif piece[end:]:
                row.parts.append(piece[end:])
        return rows

    def _rows(self, said: _Said, operands: Sequence[Piece]) -> list[Part]:
        inner = self.inner_indent()
        line = self.flat([p for i, o in enumerate(operands) for p in ((b", ", o) if i else (o,))], inner)
        broken = any(self._breaks(p) for p in said.operands)
        if not (said.comments or broken) and self.fits((self.newline + inner, *line)):
            return [self.newline + inner, *line]
        parts: list[Part] = []
        for operand in operands:
            if isinstance(operand, bytes):
                parts += [self.newline + inner + operand + b","]
                continue
            for comment in said.before(operand):
                parts += [self.newline + inner, comment]
            parts += [self.newline + inner, *self._operand(operand, len(inner), inner), b","]
            for comment in said.after(operand, ()):
                parts += [b"  ", comment]
        for comment in said.late:
            parts += [self.newline + inner, comment]
        return parts

    def flat(self, pieces: Sequence[Piece], indent: bytes | None = None) -> tuple[Part, ...]:
        """The pieces one behind the other, inner lines moved along."""
        base = self.indent if indent is None else indent
        column = self.column if indent is None else len(indent)
        parts: list[Part] = []
        for piece in pieces:
            if isinstance(piece, bytes):
                parts.append(piece)
            elif piece.parts or self.spans_lines(piece):
                parts += self._operand(self._hugged(piece), self._column_after(column, parts), base)
            else:
                span = piece.argument.span
                parts += [b"(", span, b")"] if piece.wrap else [span]
        return tuple(parts)

    def fits(self, parts: Sequence[Part]) -> bool:
        """Whether all lines of parts stay within the limit, the first one where the statement begins."""
        text = b" " * self.column + self.text(parts)
        if len(text) <= self.limit:
            return True  # nearly always, and told without a look at it
        lines = _NEWLINE.split(text)
        return all(len(line.decode()) <= self.limit for line in lines)

    def text(self, parts: Sequence[Part]) -> bytes:
        """The bytes of parts as the original has them (edits inside not applied)."""
        return b"".join(p if isinstance(p, bytes) else self.buffer[p.start : p.end] for p in parts)

    def _column_after(self, column: int, parts: Sequence[Part]) -> int:
        *above, last = _NEWLINE.split(self.text(parts))
        return len(last.decode()) + (0 if above else column)

    def _flat_message(self, message: Operand | None) -> list[Piece]:
        return [b", ", message] if message else []

    def _message(self, message: Operand | None) -> list[Part]:
        if message is None:
            return []
        return [b", ", *self._operand(self._hugged(message), len(self.indent) + 3, self.indent)]

    # -- pieces that span lines ------------------------------------------------------------------------------

    def spans_lines(self, operand: Operand) -> bool:
        """Whether an operand's own text has a line end."""
        span = operand.argument.span
        return not operand.parts and _NEWLINE.search(self.buffer, span.start, span.end) is not None

    def _breaks(self, operand: Operand) -> bool:
        """Whether the operand has a line end that only the call's own parentheses allowed."""
        if operand.wrap or operand.argument.parenthesised or operand.parts:
            return False
        return has_bare_newline(self.buffer[operand.argument.span.start : operand.argument.span.end])

    def _hugged(self, operand: Operand) -> Operand:
        """The operand with parentheses if it needs them to span lines."""
        return Operand(operand.argument, wrap=True) if self._breaks(operand) else operand

    def _operand(self, operand: Operand, column: int, base: bytes) -> list[Part]:
        """``column`` is where it begins, ``base`` the indentation of the line in which it begins."""
        span = operand.argument.span
        if operand.parts:
            return list(operand.parts)
        if not operand.wrap:
            return self.moved(span, column, base)
        if not has_bare_newline(self.buffer[span.start : span.end]):
            return [b"(", *self.moved(span, column + 1, base), b")"]
        inner = deeper_indent(base)
        body = self.moved(span, len(inner), inner)
        return [b"(", self.newline + inner, *body, self.newline + base + b")"]

    def moved(self, span: Span, column: int, base: bytes) -> list[Part]:
        """A piece of source whose first byte comes to stand at ``column``; its other lines follow it.

        Lines that hung no further left than the piece began are aligned with it again; others keep their
        distance from the beginning of the line, which is now ``base``. Lines inside strings stay as they are.
        """
        text = self.buffer[span.start : span.end]
        if b"\n" not in text and b"\r" not in text:
            return [span]
        lines = movable_lines(text)
        if not lines:
            return [span]
        old_column = self._column(span.start)
        old_base = self.line_indent(span.start)
        # A piece that begins its line hangs from the line's indentation, not from its own column.
        nearest = old_column + (old_column == len(old_base))
        visual = min(len(blanks) for _, blanks in lines) >= nearest
        parts: list[Part] = []
        position = span.start
        for offset, blanks in lines:
            at = span.start + offset
            parts.append(Span(position, at))
            shifted = _shift(blanks, column - old_column) if visual else _rebase(blanks, old_base, base)
            parts.append(shifted)
            position = at + len(blanks)
        parts.append(Span(position, span.end))
        return parts


@dataclass
class _Row:
    """A line of a condition, the comments above it and the one behind it."""

    parts: list[Part] = field(default_factory=list)
    above: list[Span] = field(default_factory=list)
    behind: list[Span] = field(default_factory=list)


class _Said:
    """What a statement says, and the comments that go with it, each of them once."""

    def __init__(self, pieces: Sequence[Piece], message: Operand | None, tail: Sequence[Span]) -> None:
        self.pieces = pieces
        self.message = message
        self.late = [*(message.argument.comments if message else ()), *tail]
        self.operands = [p for p in pieces if isinstance(p, Operand)]
        self.comments = bool(self.late) or any(o.argument.comments for o in self.operands)
        self._told: set[Span] = set()

    def before(self, operand: Operand) -> list[Span]:
        """Comments to put above the operand."""
        return self._once(operand.argument.before)

    def after(self, operand: Operand, already: Sequence[Span]) -> list[Span]:
        """The comment to put behind the operand; a second one on the same line must come late."""
        found = self._once(operand.argument.after)
        room = 0 if already else 1
        self.late[:0] = found[room:]
        return found[:room]

    def _once(self, comments: Sequence[Span]) -> list[Span]:
        new = [c for c in comments if c not in self._told]
        self._told.update(new)
        return new


def deeper_indent(indent: bytes) -> bytes:
    """One level deeper, with tabs where there are tabs."""
    return indent + (b"\t" if indent.endswith(b"\t") else b" " * STEP)


def _shift(blanks: bytes, delta: int) -> bytes:
    if delta >= 0:
        return blanks + b" " * delta
    spaces = len(blanks) - len(blanks.rstrip(b" "))
    return blanks[: len(blanks) + delta] if spaces >= -delta else blanks


def _rebase(blanks: bytes, old: bytes, new: bytes) -> bytes:
    return new + blanks[len(old) :] if blanks.startswith(old) else blanks


def _tokens(text: bytes) -> list[tokenize.TokenInfo] | None:
    """Tokens of an expression, or None when it cannot be read by itself; line ends count as one each."""
    plain = _NEWLINE.sub(b"\n", text).decode()
    try:
        return list(tokenize.generate_tokens(io.StringIO(f"({plain}\n)").readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return None


def has_bare_newline(text: bytes) -> bool:
    """Whether an expression's source has a line end outside brackets, strings and backslash continuations."""
    if b"\n" not in text and b"\r" not in text:
        return False
    tokens = _tokens(text)
    if tokens is None:
        return True
    depth = 0
    for token in tokens[:-4]:
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        elif token.type == tokenize.NL and depth == 1:
            return True
    return False


def movable_lines(text: bytes) -> list[tuple[int, bytes]]:
    """(offset, leading blanks) of each line after the first that is not empty and not inside a string."""
    tokens = _tokens(text)
    if tokens is None:
        return []
    inside: set[int] = set()
    for token in tokens:
        if token.type == tokenize.STRING or tokenize.tok_name[token.type] in (
            "FSTRING_MIDDLE",
            "TSTRING_MIDDLE",
        ):
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    inside |= _open_string_lines(tokens)
    found = []
    for number, match in enumerate(_NEWLINE.finditer(text), 2):
        blanks = _BLANKS.match(text, match.end())
        if number not in inside and blanks and not _NEWLINE.match(text, blanks.end()):
            found.append((match.end(), blanks.group()))
    return found


def _open_string_lines(tokens: list[tokenize.TokenInfo]) -> set[int]:
    """Lines that begin inside an f-string (Python 3.12 and later give such strings as several tokens)."""
    lines: set[int] = set()
    opened: list[int] = []
    for token in tokens:
        name = tokenize.tok_name[token.type]
        if name in ("FSTRING_START", "TSTRING_START"):
            opened.append(token.start[0])
        elif name in ("FSTRING_END", "TSTRING_END") and opened:
            lines.update(range(opened.pop() + 1, token.end[0] + 1))
    return lines
