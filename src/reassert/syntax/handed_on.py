"""The test instance handed to other code: which of it may use what only a TestCase has."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.classes import ClassInfo, dotted_name
from reassert.syntax.context import Context
from reassert.syntax.setup_chain import Problem
from reassert.syntax.testcase_api import API

# Builtins and constructors that may be handed the test instance: they do not call its methods.
_HARMLESS_CALLS = frozenset(
    """
    id isinstance issubclass type repr str hash getattr setattr hasattr delattr vars dir print super
    """.split()  # noqa: SIM905 - a list of words reads better
)


def escape_problems(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """The test instance handed to code that may call TestCase's methods on it."""
    for node, function in info.uses.escapes:
        if id(node) not in context.handled and not _is_harmless(context, info, node):
            yield Problem(info, "B-INTERNALS", node, f"{function.name} hands the test instance to other code")


def _is_harmless(context: Context, info: ClassInfo, node: ast.Name) -> bool:
    parents = context.module.parents
    parent = parents[node]
    if isinstance(parent, ast.keyword):
        parent = parents[parent]
    if isinstance(parent, (ast.Compare, ast.Assert, ast.UnaryOp, ast.BoolOp, ast.If, ast.Expr)):
        return True
    if not isinstance(parent, ast.Call):
        return False
    if id(parent.func) in context.handled:
        return True
    func = parent.func
    if isinstance(func, ast.Name) and (func.id in _HARMLESS_CALLS or is_own_harmless(context, func.id)):
        return func.id != "getattr" or _constant_name(parent)
    resolved = context.module.resolve(func) or ""
    if resolved.startswith(("unittest.mock.", "weakref.")):
        return True
    explicit = dotted_name(func.value) if isinstance(func, ast.Attribute) else None
    return any(c.qualname == explicit for c in info.lineage)


def _constant_name(call: ast.Call) -> bool:
    """``getattr(self, "name")`` with a literal that is no part of TestCase's interface."""
    return len(call.args) > 1 and isinstance(call.args[1], ast.Constant) and call.args[1].value not in API


def is_own_harmless(context: Context, name: str) -> bool:
    """Whether a name is a function of this file whose code knows nothing of unittest."""
    definitions = [
        n
        for n in context.module.tree.body
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name
    ]
    return len(definitions) == 1 and not any(
        _touches_unittest(context, n) for n in context.module.subtree(definitions[0])
    )


def _touches_unittest(context: Context, node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in API or node.attr.startswith("__unittest")
    return isinstance(node, ast.Name) and (context.module.resolve(node) or "").startswith("unittest")
