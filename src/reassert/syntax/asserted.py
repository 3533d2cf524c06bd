"""What kind of question an asserted condition asks: its topmost comparison, and what it compares."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
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
_TAGS = _SIZES | {
    "approx",
    "abs",
    "round",
    "search",
    "sorted",
    "Counter",
    "keys",
    "lower",
    "upper",
    "casefold",
}
_TAGS |= {"strip", "str", "repr", "bool", "int"}
_PLACES = 7
_RELATIVE = 1e-6


class Shape(NamedTuple):
    """The kind of a condition.

    ``op`` is the topmost comparison (``==``, ``is None``, ``not in``), a predicate (``isinstance``), ``not ``
    and one of these, ``and``, ``or``, ``chained``, ``tuple``, ``constant`` for one that is always true,
    ``truth`` for any other value, or ``?`` if the text is no expression. ``tags`` are functions called for
    the operands, ``set`` for set displays, ``sizes`` where all are sets or sizes, ``same`` where they are,
    ``caplog`` where that fixture is asked, and ``bound`` for the name that codemods bind a condition to where
    the message is evaluated before the assertion.

    ``limit`` is how far the condition lets values go, where a number says so: a tolerance, or the bound of an
    inequality, that of a lower one with its sign changed; so less is stricter.
    """

    op: str
    tags: frozenset[str] = frozenset()
    limit: float | None = None


@lru_cache(maxsize=4096)
def shape_of(text: str) -> Shape:
    """Classify the source of a condition, as it stands in an ``assert`` statement."""
    if not text:
        return Shape(UNKNOWN)
    try:
        node = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Shape(UNKNOWN)
    shape = _classified(node)
    if any(isinstance(part, ast.Name) and part.id == "caplog" for part in ast.walk(node)):
        return shape._replace(tags=shape.tags | {"caplog"})
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


@lru_cache(maxsize=4096)
def tolerance(arguments: str) -> float | None:
    """Give how far apart a call of ``assertAlmostEqual`` lets values be; None if no number says so."""
    call = _call(arguments)
    if call is None or any(isinstance(value, ast.Starred) for value in call.args):
        return None
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    places = call.args[2] if len(call.args) > 2 else given.get("places")  # noqa: PLR2004 - after two values
    delta = call.args[4] if len(call.args) > 4 else given.get("delta")  # noqa: PLR2004 - and the message
    if delta is not None and not _is_none(delta):
        return number(delta)
    return 0.5 * 10**-_PLACES if places is None or _is_none(places) else _of_places(number(places))


def _of_places(places: float | None) -> float | None:
    return None if places is None else 0.5 * 10**-places


@lru_cache(maxsize=4096)
def bound(arguments: str, op: str) -> float | None:
    """Give the limit (see ``Shape``) of what a method is called with that compares two values by ``op``."""
    found = operands(arguments)
    return shape_of("({0}) {2} ({1})".format(*found, op)).limit if found else None


def number(node: ast.expr) -> float | None:
    """Give the value of an expression that is a number."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = number(node.operand)
        return None if value is None else -value
    plain = node.value if isinstance(node, ast.Constant) else None
    return float(plain) if isinstance(plain, (int, float)) and not isinstance(plain, bool) else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _call(arguments: str) -> ast.Call | None:
    try:
        call = ast.parse(f"_({arguments}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return call if isinstance(call, ast.Call) else None


def _arguments(arguments: str, most: int, names: tuple[str, ...]) -> tuple[str, ...]:
    call = _call(arguments)
    if call is None:
        return ()
    named = [keyword.value for keyword in call.keywords if keyword.arg in names]
    values = [*call.args[:most], *named][:most]
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
    elif truth and isinstance(node, ast.Compare) and len(node.ops) > 1:
        values = [node.left, *node.comparators]
        for op, (left, right) in zip(node.ops, pairwise(values), strict=True):
            yield ast.Compare(left, [op], [right])
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
    none = any(map(_is_none, operands))
    limit = _limit(name, operands[0], operands[1])
    return Shape(f"{name} None" if none and name in _IDENTITY else name, tags, limit)


def _limit(op: str, left: ast.expr, right: ast.expr) -> float | None:
    if op == "==":
        return next((limit for each in (left, right) if (limit := _of_call(each)) is not None), None)
    sign = {"<": 1, "<=": 1, ">": -1, ">=": -1}.get(op)
    if sign is None or (number(left) is None) == (number(right) is None):
        return None
    value, sign = (number(right), sign) if number(left) is None else (number(left), -sign)
    return None if value is None else sign * value


def _of_call(node: ast.expr) -> float | None:
    """The tolerance of ``approx`` or ``round``.

    The default of ``approx``, a millionth of the value, is taken for that of ``assertAlmostEqual``.
    """
    name = _called(node)
    if not isinstance(node, ast.Call) or name not in ("approx", "round"):
        return None
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    given |= dict(zip(("", "rel", "abs") if name == "approx" else ("", "ndigits"), node.args, strict=False))
    if name == "round":
        return _of_places(number(given["ndigits"]) if "ndigits" in given else 0.0)
    relative, absolute = (given.get(each) for each in ("rel", "abs"))
    if relative is None and absolute is not None:
        return number(absolute)
    told = _RELATIVE if relative is None else number(relative)
    usual = told is not None and told <= _RELATIVE and absolute is None
    return 0.5 * 10**-_PLACES if usual else told


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
