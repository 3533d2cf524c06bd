"""What an expression of a decorator is known to be: its value, or at least that it is no string."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode
from reassert.syntax.types import assigned_value, is_builtin, static_type


@dataclass(frozen=True)
class Known:
    """A value. For a function or a class it is an ``Opaque`` with its name."""

    value: object


@dataclass(frozen=True)
class Opaque:
    """An object that is no string, number, list or tuple; ``name`` is its ``__name__``, if it has one."""

    name: str = ""


def known(context: Context, node: ast.expr) -> Known | None:
    """The value of an expression at module level or in a class body; None if it cannot be told."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return _sequence(context, node)
    if isinstance(node, ast.Name):
        return _of_name(context, node)
    try:
        return Known(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        pass
    if isinstance(node, ast.Lambda):
        return Known(Opaque("<lambda>"))
    opaque = static_type(context, node) in _OPAQUE or is_scalar_call(context, node)
    return Known(Opaque()) if opaque else None


# What these make is no string, whatever their arguments are, and cannot be iterated over.
_SCALARS = frozenset(
    {"decimal.Decimal", "fractions.Fraction", "uuid.UUID"}
    | {f"datetime.{name}" for name in ("date", "time", "datetime", "timedelta")}
)


def is_scalar_call(context: Context, node: ast.expr) -> bool:
    """Whether an expression makes one of the standard library's numbers or dates."""
    return isinstance(node, ast.Call) and context.module.resolve(node.func) in _SCALARS


# Built-in types whose values are neither strings, nor numbers, nor sequences of such.
_OPAQUE = frozenset({"dict", "set", "frozenset", "bytes", "bytearray", "complex"})


def _sequence(context: Context, node: ast.Tuple | ast.List) -> Known | None:
    items = [known(context, element) for element in node.elts]
    found = [item.value for item in items if item is not None]
    if len(found) < len(items):
        return None
    return Known(tuple(found) if isinstance(node, ast.Tuple) else found)


def _of_name(context: Context, node: ast.Name) -> Known | None:
    owner = context.module.parents.get(node)
    while owner is not None and not isinstance(owner, ast.ClassDef):
        owner = context.module.parents.get(owner)
    if isinstance(owner, ast.ClassDef) and node.id in context.classes.by_node[owner].defines:
        return None
    value = assigned_value(context, node)
    if value is not None:
        return known(context, value)
    defined = [
        s
        for s in context.module.tree.body
        if isinstance(s, (FunctionNode, ast.ClassDef)) and s.name == node.id
    ]
    if len(defined) == 1 and not defined[0].decorator_list and node.id not in context.module.imports:
        return Known(Opaque(node.id))
    thing = getattr(builtins, node.id, None) if is_builtin(context.module, node.id) else None
    return Known(Opaque(thing.__name__)) if callable(thing) else None
