"""Calls that move: the context manager of a ``with``, and a call that becomes the body of one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reassert.model.edits import Part, Span
from reassert.syntax.arguments import Argument
from reassert.syntax.classes import parameter_names
from reassert.syntax.context import Context
from reassert.syntax.layout import Layout, Operand, Piece, has_bare_newline
from reassert.syntax.module import Module

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LAMBDA = re.compile(rb"lambda\s*:\s*")


def renamed_call(context: Context, call: ast.Call, head: bytes) -> list[Part]:
    """``head(...)`` with the arguments of ``call`` as they are; lines aligned with the parenthesis follow it."""
    layout = context.layout(call)
    start = context.module.span(call.func).end
    return [head, *layout.moved(Span(start, layout.span.end), layout.column + len(head.decode()), layout.indent)]


def substituted(parts: Iterable[Part], start: int, end: int, new: bytes) -> list[Part]:
    """``parts`` with the original bytes ``[start, end)`` replaced by ``new``; they may lie in several parts."""
    done: list[Part] = []
    pending = new
    for part in parts:
        if isinstance(part, bytes) or part.end < start or part.start > end or (part.end == start and start != end):
            done.append(part)
            continue
        if part.start < start:
            done.append(Span(part.start, start))
        if pending:
            done.append(pending)
            pending = b""
        if part.end > end:
            done.append(Span(end, part.end))
    return done


@dataclass(frozen=True)
class Rows:
    """The arguments of a call that is laid out anew: text before each one (``name=``), and the argument."""

    items: tuple[tuple[bytes, Operand], ...]

    @property
    def has_comments(self) -> bool:
        """Whether a comment stands beside an argument."""
        return any(operand.argument.comments for _, operand in self.items)


def rows(arguments: Iterable[Argument]) -> Rows:
    """Arguments as they were given, keywords included."""
    return Rows(tuple((f"{a.keyword}=".encode() if a.keyword else b"", Operand(a)) for a in arguments))


def call_parts(layout: Layout, head: Sequence[Piece], arguments: Rows, close: Sequence[Piece]) -> list[Part]:
    """``head arguments close`` on one line where it fits, else an argument a line; ``head`` opens the parenthesis."""
    if not arguments.has_comments:
        pieces = list(head)
        for index, (prefix, operand) in enumerate(arguments.items):
            pieces += [b", " + prefix if index else prefix, operand]
        flat = layout.flat([*pieces, *close])
        if not arguments.items or fits(layout, flat):
            return list(flat)
    return [*layout.flat(head), *_one_a_line(layout, arguments), *layout.flat(close)]


def _one_a_line(layout: Layout, arguments: Rows) -> list[Part]:
    inner = layout.inner_indent()
    parts: list[Part] = []
    for prefix, operand in arguments.items:
        for comment in operand.argument.before:
            parts += [layout.newline + inner, comment]
        parts.append(layout.newline + inner + prefix)
        parts += layout.moved(operand.argument.span, len(inner) + len(prefix), inner)
        parts.append(b",")
        for comment in operand.argument.after:
            parts += [b"  ", comment]
    return [*parts, layout.newline + layout.indent]


def fits(layout: Layout, parts: Sequence[Part]) -> bool:
    """Whether a statement of these parts keeps within the line length."""
    lines = _LINE_END.split(b" " * layout.column + layout.text(parts))
    return all(len(line.decode()) <= layout.limit for line in lines)


def deeper(context: Context, node: ast.AST) -> Layout:
    """The layout of a statement one level below the statement ``node``."""
    layout = context.layout(node)
    layout.indent = layout.inner_indent()
    layout.column = len(layout.indent)
    return layout


def with_block(layout: Layout, header: Sequence[Part], body: Sequence[Part], comments: Sequence[Span] = ()) -> tuple[Part, ...]:
    """``header`` (``with ...:``) and ``body`` one level deeper; ``comments`` stand above."""
    parts: list[Part] = []
    for comment in comments:
        parts += [comment, layout.newline + layout.indent]
    return (*parts, *header, layout.newline + layout.inner_indent(), *body)


def lambda_body(module: Module, node: ast.expr) -> Span | None:
    """The body of a lambda that can stand as a statement of its own, with its parentheses; None if it cannot."""
    if not isinstance(node, ast.Lambda) or parameter_names(node):
        return None
    if any(isinstance(n, (ast.NamedExpr, ast.Yield, ast.YieldFrom)) for n in ast.walk(node.body)):
        return None
    span = module.span(node)
    match = _LAMBDA.match(module.source.buffer, span.start, span.end)
    return Span(match.end(), span.end) if match else None


def statement_of(layout: Layout, span: Span) -> list[Part]:
    """An expression as a statement; what only the lost parentheses held together gets its own."""
    text = layout.buffer[span.start : span.end]
    if has_bare_newline(text):
        return [b"(", *layout.moved(span, layout.column + 1, layout.indent), b")"]
    return layout.moved(span, layout.column, layout.indent)
