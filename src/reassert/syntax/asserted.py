"""What kind of question an asserted condition asks: its topmost comparison, and what it compares."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

UNKNOWN = "?"
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_BOUND = re.compile(r"value\d*")
_IDENTITY = frozenset({"is", "is not"})
_OPPOSITES = {"in": "not in", "is": "is not", "is None": "is not None"}
_OPPOSITES |= {new: old for old, new in _OPPOSITES.items()}
_PREDICATES = frozenset(
    {"isinstance", "issubclass", "hasattr", "search", "match", "fullmatch", "all", "any", "isclose"}
    | {"startswith", "endswith"}
)
_SIZES = frozenset({"set", "frozenset", "len"})
_TAGS = frozenset({"approx", "abs", "round", "set", "frozenset", "len", "search"})


class Shape(NamedTuple):
    """The kind of a condition.

    ``op`` is the topmost comparison (``==``, ``is None``, ``not in``), a predicate (``isinstance``), ``not ``
    and one of these, ``and``, ``or``, ``chained``, ``tuple``, ``constant`` for one that is always true,
    ``truth`` for any other value, or ``?`` if the text is no expression. ``tags`` are functions called for
    the operands, ``set`` for set displays, ``sizes`` where all are sets or sizes, ``same`` where they are,
    ``caplog`` where that fixture is asked, and ``bound`` for the name that codemods bind a condition to where
    the message is evaluated before the assertion.
    """

    op: str
    tags: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def shape_of(text: str) -> Shape:
    """Classify the source of a condition, as it stands in an ``assert`` statement."""
    try:
        node = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Shape(UNKNOWN)
    shape = _classified(node)
    if any(isinstance(part, ast.Name) and part.id == "caplog" for part in ast.walk(node)):
        return Shape(shape.op, shape.tags | {"caplog"})
    return shape


@lru_cache(maxsize=4096)
def first_argument(arguments: str) -> str:
    """Give the source of a call's first argument, or of ``expr=``, from that of all; empty without one."""
    return next(iter(_arguments(arguments, 1, ("expr",))), "")


@lru_cache(maxsize=4096)
def operands(arguments: str) -> tuple[str, ...]:
    """Give the sources of the two values that a call of ``assertEqual`` compares; empty if not clear."""
    found = _arguments(arguments, 2, ("first", "second"))
    return found if len(found) == 2 else ()  # noqa: PLR2004 - as its name says


def _arguments(arguments: str, number: int, names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        call = ast.parse(f"_({arguments}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    if not isinstance(call, ast.Call):
        return ()
    named = [keyword.value for keyword in call.keywords if keyword.arg in names]
    values = [*call.args[:number], *named][:number]
    return () if any(isinstance(v, ast.Starred) for v in values) else tuple(map(ast.unparse, values))


def conjuncts(text: str, *, truth: bool = True) -> tuple[str, ...]:
    """Give the conditions that must all hold for a condition to be true, or with ``truth`` False, false."""
    try:
        node = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return (text,)
    return tuple(map(ast.unparse, _conjuncts(node, truth=truth)))


def _conjuncts(node: ast.expr, *, truth: bool) -> Iterator[ast.expr]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _conjuncts(node.operand, truth=not truth)
    elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And if truth else ast.Or):
        for value in node.values:
            yield from _conjuncts(value, truth=truth)
    else:
        yield node if truth else ast.UnaryOp(ast.Not(), node)


def negated(shape: Shape) -> Shape:
    """Give the shape of ``not`` before a condition."""
    if shape.op == UNKNOWN:
        return shape
    if shape.op.startswith("not ") and shape.op not in _OPPOSITES:
        return Shape(shape.op.removeprefix("not "), shape.tags)
    return Shape(_OPPOSITES.get(shape.op, f"not {shape.op}"), shape.tags)


def _classified(node: ast.expr) -> Shape:
    if isinstance(node, ast.Compare):
        return _comparison(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return negated(_classified(node.operand))
    if isinstance(node, ast.BoolOp):
        return _boolean(node)
    if isinstance(node, ast.NamedExpr):
        return _classified(node.value)
    return _value(node)


def _value(node: ast.expr) -> Shape:
    if isinstance(node, ast.Tuple) and node.elts:
        return Shape("tuple")
    if isinstance(node, ast.Constant) and node.value:
        return Shape("constant")
    if isinstance(node, ast.Name) and _BOUND.fullmatch(node.id):
        return Shape("truth", frozenset({"bound"}))
    return Shape(name) if (name := _called(node)) in _PREDICATES else Shape("truth")


def _comparison(node: ast.Compare) -> Shape:
    operands = [node.left, *node.comparators]
    tags = frozenset(tag for operand in operands if (tag := _tag(operand))) | _in_common(operands)
    names = {_OPERATORS[type(op)] for op in node.ops}
    if len(node.ops) > 1:
        return Shape("==" if names == {"=="} else "chained", tags)
    (name,) = names
    none = any(isinstance(operand, ast.Constant) and operand.value is None for operand in operands)
    return Shape(f"{name} None" if none and name in _IDENTITY else name, tags)


def _in_common(operands: list[ast.expr]) -> frozenset[str]:
    sizes = all(_tag(operand) in _SIZES for operand in operands)
    same = len({ast.dump(operand) for operand in operands}) == 1
    return frozenset([*(["sizes"] if sizes else []), *(["same"] if same else [])])


def _boolean(node: ast.BoolOp) -> Shape:
    shapes = [_classified(value) for value in node.values]
    if isinstance(node.op, ast.Or) and any(shape.op == "constant" for shape in shapes):
        return Shape("constant")
    tags = frozenset[str]().union(*(shape.tags for shape in shapes))
    return Shape("or" if isinstance(node.op, ast.Or) else "and", tags)


def _called(node: ast.expr) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _tag(node: ast.expr) -> str:
    if isinstance(node, ast.NamedExpr):
        return _tag(node.value)
    if isinstance(node, (ast.Set, ast.SetComp)):
        return "set"
    return name if (name := _called(node)) in _TAGS else ""
