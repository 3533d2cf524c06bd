"""Calls that move: the context manager of a ``with``, and a call that becomes the body of one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reassert.model.edits import Edit, Part, Span, Unit
from reassert.syntax.arguments import Argument
from reassert.syntax.classes import parameter_names
from reassert.syntax.context import Context
from reassert.syntax.layout import Layout, Operand, Piece, deeper_indent, has_bare_newline
from reassert.syntax.module import Module

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LAMBDA = re.compile(rb"lambda\s*:\s*")


def renamed_call(context: Context, call: ast.Call, head: bytes) -> list[Part]:
    """``head(...)`` with the arguments of ``call`` as they are; lines aligned with it follow."""
    layout = context.layout(call)
    start = context.module.span(call.func).end
    return [
        head,
        *layout.moved(Span(start, layout.span.end), layout.column + len(head.decode()), layout.indent),
    ]


def substituted(parts: Iterable[Part], start: int, end: int, new: bytes) -> list[Part]:
    """``parts`` with the original bytes ``[start, end)`` replaced by ``new``; in one or several parts."""
    done: list[Part] = []
    pending = new
    position = -1
    for part in parts:
        if isinstance(part, bytes):
            if not start <= position < end:
                done.append(part)
            continue
        position = part.end
        if part.end < start or part.start > end or (part.end == start and start != end):
            done.append(part)
            continue
        done += [Span(part.start, start)] if part.start < start else []
        done += [pending] if pending else []
        pending = b""
        done += [Span(end, part.end)] if part.end > end else []
    return done


def as_text(context: Context, call: ast.Call, parts: Iterable[Part], argument: Argument) -> list[Part]:
    """``parts`` of the renamed ``call`` with ``str(...)`` around its ``argument``."""
    lone = argument.span.end == context.module.span(call).end
    parts = substituted(parts, argument.span.end, argument.span.end, b")")
    return substituted(parts, argument.span.start, argument.span.start, b"(str" if lone else b"str(")


def renamed_in_place(
    context: Context, call: ast.Call, head: bytes, unit: Unit, argument: Argument | None, *, text: bool
) -> list[Edit]:
    """As ``renamed_call`` in small edits, for a call inside of a statement that an assertion's edit moves.

    The one ``argument`` loses its keyword, and unless it is ``text`` gets ``str(...)`` around it.
    """
    edits = [context.replace(call.func, [head], unit)]
    if argument is None:
        return edits
    start, end = argument.span
    first = context.module.span(call.keywords[0]).start if argument.keyword else start
    lone = end == context.module.span(call).end
    before = b"" if text else b"(str" if lone else b"str("
    edits += [Edit(first, start, (before,), unit)] if before or first < start else []
    return edits if text else [*edits, Edit(end, end, (b")",), unit)]


def is_inside_lines(context: Context, call: ast.Call) -> bool:
    """Whether a call on several lines is only a part of its statement."""
    around = context.module.parents[call]
    return not isinstance(around, ast.Expr) and call.lineno != call.end_lineno


def pushed(parts: Iterable[Part], start: int, end: int, width: int) -> list[Part]:
    """``parts`` with the lines that begin between the original bytes ``start`` and ``end`` moved right."""
    done: list[Part] = []
    position = -1
    for part in parts:
        if isinstance(part, bytes):
            done.append(part + b" " * width if start < position < end else part)
        else:
            position = part.end
            done.append(part)
    return done


class Row(NamedTuple):
    """An argument of a call that is laid out anew, with text before it (``name=``) and behind it."""

    before: bytes
    argument: Argument
    after: bytes = b""


def keyword_row(name: bytes, argument: Argument) -> Row:
    """``name=<argument>`` for an argument that may have been positional; ``f(x=y := 1)`` is no Python."""
    if isinstance(argument.node, ast.NamedExpr) and not argument.parenthesised:
        return Row(name + b"=(", argument, b")")
    return Row(name + b"=", argument)


def rows(arguments: Iterable[Argument]) -> list[Row]:
    """Arguments as they were given, keywords included."""
    return [Row(f"{a.keyword}=".encode() if a.keyword else b"", a) for a in arguments]


def call_parts(
    layout: Layout, head: Sequence[Piece], arguments: Sequence[Row], close: Sequence[Piece]
) -> list[Part]:
    """``head arguments close`` on one line if it fits, else an argument a line; ``head`` opens a bracket."""
    if not any(row.argument.comments or _is_spread(layout, row) for row in arguments):
        pieces = list(head)
        for index, row in enumerate(arguments):
            pieces += [b", " + row.before if index else row.before, Operand(row.argument), row.after]
        flat = layout.flat([*pieces, *close])
        if not arguments or fits(layout, flat):
            return list(flat)
    return [*layout.flat(head), *_one_a_line(layout, arguments), *layout.flat(close)]


def _is_spread(layout: Layout, row: Row) -> bool:
    """Whether an argument gets parentheses that hold several lines together."""
    text = layout.buffer[row.argument.span.start : row.argument.span.end]
    return row.before.endswith(b"(") and not row.argument.parenthesised and has_bare_newline(text)


def _one_a_line(layout: Layout, arguments: Sequence[Row]) -> list[Part]:
    inner = layout.inner_indent()
    parts: list[Part] = []
    for before, argument, after in arguments:
        for comment in argument.before:
            parts += [layout.newline + inner, comment]
        parts.append(layout.newline + inner + before)
        if _is_spread(layout, Row(before, argument, after)):
            further = deeper_indent(inner)
            parts += [layout.newline + further, *layout.moved(argument.span, len(further), further)]
            parts.append(layout.newline + inner)
        else:
            parts += layout.moved(argument.span, len(inner) + len(before), inner)
        parts.append(after + b",")
        for comment in argument.after:
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


def with_block(
    layout: Layout, header: Sequence[Part], body: Sequence[Part], comments: Sequence[Span] = ()
) -> tuple[Part, ...]:
    """``header`` (``with ...:``) and ``body`` one level deeper; ``comments`` stand above."""
    parts: list[Part] = []
    for comment in comments:
        parts += [comment, layout.newline + layout.indent]
    return (*parts, *header, layout.newline + layout.inner_indent(), *body)


def lambda_body(module: Module, node: ast.expr) -> Span | None:
    """The body of a lambda, with its parentheses, if it can stand as a statement of its own."""
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
        inner = layout.inner_indent()
        moved = layout.moved(span, len(inner), inner)
        return [b"(" + layout.newline + inner, *moved, layout.newline + layout.indent + b")"]
    return layout.moved(span, layout.column, layout.indent)
