"""unittest's skip decorators as pytest marks."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import NamedTuple

from reassert.model.edits import Part, Span
from reassert.syntax.arguments import Argument, bind, read_arguments
from reassert.syntax.assertions import negated
from reassert.syntax.calling import Row, call_parts, keyword_row
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.module import Module
from reassert.syntax.texts import is_no_text, is_text

FAILURE = "unittest.expectedFailure"
_SKIPS = frozenset({"unittest.skip", "unittest.skipIf", "unittest.skipUnless"})
_FLIPPED = {ast.In: b"not in", ast.NotIn: b"in", ast.Is: b"is not", ast.IsNot: b"is"}
_OPERATOR = re.compile(rb"\b(?:not\s+in|in|is\s+not|is)\b")
_NOT = re.compile(rb"not\b\s*")


class Flip(NamedTuple):
    """An operator inside of an operand that is replaced by its opposite."""

    span: Span
    operator: bytes


@dataclass(frozen=True)
class Mark:
    """What takes the place of a decorator, and what changes inside of the original text that it holds."""

    parts: tuple[Part, ...]
    flips: tuple[Flip, ...] = ()


def kind_of(context: Context, node: ast.expr) -> str | None:
    """``unittest.skip``, ``.skipIf``, ``.skipUnless`` or ``.expectedFailure`` if a decorator is one."""
    called = isinstance(node, ast.Call)
    name = context.module.resolve(node.func if isinstance(node, ast.Call) else node)
    if name in _SKIPS and (called or name == "unittest.skip"):
        return name
    return name if name == FAILURE and not called else None


def mark_for(context: Context, node: ast.expr, kind: str) -> Mark | None:
    """The mark; None if the decorator has arguments that do not fit."""
    mark = imported_as(context, "pytest") + b".mark"
    if kind == FAILURE:
        return Mark((mark + b".xfail(strict=True)",))
    if not isinstance(node, ast.Call):
        return Mark((mark + b".skip",))
    parameters = ("reason",) if kind == "unittest.skip" else ("condition", "reason")
    bound = bind(read_arguments(context.module, node), parameters)
    if bound is None or len(bound) < len(parameters):
        return None
    rows = [_reason(context, bound["reason"])]
    flips: tuple[Flip, ...] = ()
    if kind == "unittest.skipIf":
        rows.insert(0, _condition(context, bound["condition"]))
    elif kind == "unittest.skipUnless":
        row, flips = _opposite(context, bound["condition"])
        rows.insert(0, row)
    head = mark + (b".skip(" if kind == "unittest.skip" else b".skipif(")
    return Mark(tuple(call_parts(context.layout(node), [head], rows, [b")"])), flips)


def _reason(context: Context, argument: Argument) -> Row:
    """Pytest wants a string where unittest takes anything; what other files provide is taken to be one."""
    foreign = not isinstance(argument.node, (ast.Name, ast.Constant)) or _is_foreign(context, argument.node)
    if foreign or is_text(context, argument.node):
        return keyword_row(b"reason", argument)
    return Row(b"reason=str(", argument, b")")


def _is_foreign(context: Context, node: ast.expr) -> bool:
    """Whether no assignment of this file gives a name its value."""
    return isinstance(node, ast.Name) and node.id not in context.module.rebound


def _condition(context: Context, argument: Argument) -> Row:
    """Pytest evaluates a condition that is a string."""
    if is_no_text(context, argument.node):
        return Row(b"", argument)
    return Row(b"bool(", argument, b")")


def _opposite(context: Context, argument: Argument) -> tuple[Row, tuple[Flip, ...]]:
    node = argument.node
    inner = _operand(context.module, argument)
    if inner is not None:
        return _condition(context, inner), ()
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _FLIPPED:
        flip = _flip(context.module, node)
        if flip is not None:
            return Row(b"", argument), (flip,)
    if negated(argument).wrap:
        return Row(b"not (", argument, b")"), ()
    return Row(b"not ", argument), ()


def _operand(module: Module, argument: Argument) -> Argument | None:
    """What stands behind ``not``, with its parentheses; None if there is none, or a comment would go."""
    node, buffer = argument.node, module.source.buffer
    if not isinstance(node, ast.UnaryOp) or not isinstance(node.op, ast.Not):
        return None
    whole = module.span(node)
    if b"#" in buffer[argument.span.start : whole.start] + buffer[whole.end : argument.span.end]:
        return None
    match = _NOT.match(buffer, whole.start)
    start = match.end() if match else module.span(node.operand).start
    inner = start != module.span(node.operand).start
    return Argument(node.operand, None, Span(start, whole.end), inner, argument.before, argument.after)


def _flip(module: Module, node: ast.Compare) -> Flip | None:
    start, stop = module.span(node.left).end, module.span(node.comparators[0]).start
    found = list(_OPERATOR.finditer(module.source.buffer, start, stop))
    if len(found) != 1 or b"#" in module.source.buffer[start:stop]:
        return None
    return Flip(Span(*found[0].span()), _FLIPPED[type(node.ops[0])])
