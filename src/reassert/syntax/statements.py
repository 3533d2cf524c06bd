"""Statements as whole lines: removing one, the body of a function as a region that can be moved."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from reassert.model.edits import Edit, Moved, Part, Span, Unit, line_ends, skip_blank_lines
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.layout import movable_lines
from reassert.syntax.module import FunctionNode

_HEADER_TOKEN = re.compile(rb"#[^\r\n]*|[()\[\]{}:]|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
# A name may have any letter, and a backslash may join the lines before it (The Python Language Reference, 2).
_GAP = rb"(?:\s|\\\r?\n)"
_NAME = re.compile(rb"\s*(?:async" + _GAP + rb"+)?(?:def|class)" + _GAP + rb"+([\w\x80-\xff]+)")


def line_start(context: Context, offset: int) -> int:
    """Offset of the first byte of the line that holds ``offset``."""
    return context.source.line_starts[context.source.line_of(offset) - 1]


def line_stop(context: Context, offset: int) -> int:
    """Offset behind the line end of the line that holds ``offset``."""
    starts = context.source.line_starts
    line = context.source.line_of(offset)
    return starts[line] if line < len(starts) else len(context.source.buffer)


def is_docstring(statement: ast.stmt) -> bool:
    """Whether a statement is a bare string."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def name_span(context: Context, node: FunctionNode | ast.ClassDef) -> Span:
    """The bytes of the name in ``def name`` or ``class name``."""
    match = _NAME.match(context.source.buffer, context.module.span(node).start)
    if match is None:
        raise ValueError(f"no name in the definition in line {node.lineno}")
    return Span(*match.span(1))


def header_end(context: Context, node: FunctionNode | ast.ClassDef) -> int:
    """Offset behind the colon that ends the header of a definition."""
    depth = 0
    for match in _HEADER_TOKEN.finditer(context.source.buffer, name_span(context, node).end):
        token = match.group()
        if token in b"([{":
            depth += 1
        elif token in b")]}":
            depth -= 1
        elif token == b":" and depth == 0:
            return match.end()
    raise ValueError(f"no end of the header in line {node.lineno}")


def definition_start(context: Context, node: FunctionNode | ast.ClassDef) -> int:
    """Offset of the line on which a definition begins, decorators included."""
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return context.source.line_starts[first - 1]


def comment_block_above(context: Context, start: int, indent: bytes) -> int:
    """Offset of the first of the comment lines right above the line at ``start`` with its indentation."""
    buffer = context.source.buffer
    while start > 0:
        above = line_start(context, start - 1)
        if not buffer[above:start].startswith(indent + b"#"):
            break
        start = above
    return start


def definition_region(context: Context, node: FunctionNode) -> Span:
    """A function with the comments right above it, and those behind it that are indented deeper than it."""
    buffer = context.source.buffer
    indent = context.layout(node).indent
    start = comment_block_above(context, definition_start(context, node), indent)
    stop = line_stop(context, context.module.span(node).end)
    while stop < len(buffer):
        line = buffer[stop : line_stop(context, stop)]
        if not line.lstrip().startswith(b"#") or len(line) - len(line.lstrip()) <= len(indent):
            break
        stop += len(line)
    return Span(start, stop)


@dataclass(frozen=True)
class Body:
    """A function's body as source: ``span``: its statements and the comments between, ``indent``: theirs.

    ``inline`` bodies stand on the line of the header.
    """

    span: Span
    indent: bytes
    inline: bool


def function_body(context: Context, node: FunctionNode, without: Sequence[ast.stmt] = ()) -> Body:
    """The body; statements of ``without`` at its edges lie outside of it."""
    module, buffer = context.module, context.source.buffer
    left = [s for s in node.body if s not in without] or node.body
    first, last = module.span(left[0]), module.span(left[-1])
    head = header_end(context, node)
    if context.source.line_of(head) == context.source.line_of(first.start):
        return Body(Span(first.start, last.end), b"", inline=True)
    before = node.body[: node.body.index(left[0])]
    start = line_stop(context, module.span(before[-1]).end if before else head)
    stop = line_stop(context, last.end)
    while stop > last.end and buffer[stop - 1 : stop] in (b"\n", b"\r"):
        stop -= 1
    return Body(Span(skip_blank_lines(buffer, start), stop), context.layout(left[0]).indent, inline=False)


def reindented(body: Body, indent: bytes) -> list[Part]:
    """The body with another indentation; lines inside string literals stay."""
    if body.inline:
        return [indent, body.span]
    if body.indent == indent:
        return [body.span]
    return [Moved(body.span, partial(_reindented, old=body.indent, new=indent))]


def _reindented(text: bytes, old: bytes, new: bytes) -> bytes:
    """The text of statements with another indentation."""
    parts: list[bytes] = []
    position = 0
    for offset, blanks in [(0, old), *movable_lines(text)]:
        if blanks.startswith(old):
            parts += [text[position:offset], new, blanks[len(old) :]]
            position = offset + len(blanks)
    return b"".join([*parts, text[position:]])


def remove_statement(
    context: Context,
    statement: ast.stmt,
    unit: Unit,
    requires: ClassInfo | None,
    gone: Collection[ast.stmt] = (),
) -> Edit:
    """Removes a statement with its line; an only child becomes ``pass``, a trailing comment stays.

    ``gone`` are statements that are removed as well.
    """
    module, buffer = context.module, context.source.buffer
    span = module.span(statement)
    required = requires.qualname if requires else None
    if is_only_child(context, statement) or not context.stands_alone(statement):
        return Edit(span.start, span.end, (b"pass",), unit, required, swallows=True)
    stop = line_stop(context, span.end)
    comment = buffer.find(b"#", span.end, stop)
    if comment >= 0:
        return Edit(span.start, comment, (), unit, required, swallows=True)
    start = line_start(context, span.start)
    if is_first_child(context, statement, gone):
        stop = skip_blank_lines(buffer, stop)
    return Edit(start, stop, (), unit, required, swallows=True)


def without_line(context: Context, decorator: ast.expr, unit: Unit, requires: ClassInfo | None) -> Edit:
    """Removes a decorator with its line; a comment behind it stays, on a line of its own."""
    span, buffer = context.module.span(decorator), context.source.buffer
    start, stop = line_start(context, span.start), line_stop(context, span.end)
    required = requires.qualname if requires else None
    comment = buffer.find(b"#", span.end, stop)
    if comment >= 0:
        return Edit(buffer.rindex(b"@", start, span.start), comment, (), unit, required, swallows=True)
    return Edit(start, stop, (), unit, required, swallows=True)


def siblings(context: Context, statement: ast.stmt) -> list[ast.stmt]:
    """The block that holds a statement."""
    parent = context.module.parents[statement]
    known = cast("dict[ast.AST, list[ast.stmt]]", context.memory.setdefault("blocks", {}))
    if statement not in known:
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list):
                known.update(dict.fromkeys(block, block))
    return known.get(statement, [statement])


def is_only_child(context: Context, statement: ast.stmt) -> bool:
    """Whether its block holds nothing else."""
    return len(siblings(context, statement)) == 1


def is_first_child(context: Context, statement: ast.stmt, gone: Collection[ast.stmt] = ()) -> bool:
    """Whether it is the first statement of its block, of those that are not ``gone``."""
    return next(s for s in siblings(context, statement) if s is statement or s not in gone) is statement


def remove_definition(context: Context, node: FunctionNode, unit: Unit, requires: ClassInfo) -> Edit:
    """Removes a method with its decorators, the comments right above it and the blank lines before it.

    The first definition of a class loses the blank lines behind it instead.
    """
    buffer = context.source.buffer
    indent = context.layout(node).indent
    start = comment_block_above(context, definition_start(context, node), indent)
    stop = line_stop(context, context.module.span(node).end)
    if is_first_child(context, node):
        stop = skip_blank_lines(buffer, stop)
    else:
        while start > 0 and not buffer[line_start(context, start - 1) : start].strip():
            start = line_start(context, start - 1)
    return Edit(start, stop, (), unit, requires.qualname, swallows=True)


def insertion(offset: int, parts: list[Part], unit: Unit, requires: ClassInfo | None, *imports: str) -> Edit:
    """New text at ``offset``."""
    return Edit(
        offset, offset, tuple(parts), unit, requires.qualname if requires else None, frozenset(imports)
    )


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def at_the_top(context: Context, host: ClassInfo, rows: Sequence[str], unit: Unit, *imports: str) -> Edit:
    """Methods before all else of a class: ``rows`` are indented by tabs, and each ends in an empty one."""
    body = host.node.body
    documented = is_docstring(body[0])
    node = body[1] if documented and len(body) > 1 else body[0]
    return before_statement(context, host, node, rows, unit, *imports)


def before_methods(context: Context, host: ClassInfo, rows: Sequence[str], unit: Unit, *imports: str) -> Edit:
    """The same behind the attributes of a class, where a method of it is among its own statements."""
    node = next((s for s in host.node.body if isinstance(s, FunctionNode)), None)
    if node is None:
        return at_the_top(context, host, rows, unit, *imports)
    return before_statement(context, host, node, rows, unit, *imports)


def before_statement(
    context: Context, host: ClassInfo, node: ast.stmt, rows: Sequence[str], unit: Unit, *imports: str
) -> Edit:
    """The same before one of its statements, or behind its docstring, if it has nothing else."""
    body = host.node.body
    documented = is_docstring(body[0])
    indent = context.layout(node).indent
    step = b"\t" if indent.endswith(b"\t") else b"    "
    newline = context.source.newline.encode()
    lines = [(indent + row.encode().replace(b"\t", step) if row else b"") for row in rows]
    if documented and node is body[0]:
        text = b"".join(newline + line for line in [b"", *lines[:-1]])
        return insertion(context.module.span(node).end, [text], unit, host, *imports)
    start = (
        definition_start(context, node)
        if isinstance(node, _DEFINITIONS)
        else line_start(context, context.module.span(node).start)
    )
    start = comment_block_above(context, start, indent)
    text = b"".join(line + newline for line in lines)
    # The method that it stands before may move.
    return replace(insertion(start, [text], unit, host, *imports), apart=True)


def fewer_lines(context: Context, edits: Iterable[Edit]) -> int:
    """How many lines a file loses by edits that do not overlap."""
    buffer, saved = context.source.buffer, 0
    for edit in edits:
        texts = (p if isinstance(p, bytes) else buffer[p.start : p.end] for p in edit.parts)
        saved += line_ends(buffer[edit.start : edit.end]) - sum(map(line_ends, texts))
    return saved
