"""What stands directly below the nodes of a syntax tree, in source order."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

_SILENT = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)


def _of_function(n: ast.FunctionDef) -> list[ast.AST]:
    returns = [n.returns] if n.returns else []
    return [n.args, *n.body, *n.decorator_list, *returns, *getattr(n, "type_params", ())]


def _of_arguments(n: ast.arguments) -> list[ast.AST]:
    if n.vararg is n.kwarg and not n.kwonlyargs:  # neither is there
        return [*n.posonlyargs, *n.args, *n.defaults]
    return children(n)


# Below these is nothing that says anything.
LEAVES = frozenset([ast.Name, ast.Constant, ast.alias, ast.Pass, ast.Global, ast.Nonlocal])
# All that is below these is their ``value``.
WRAPPERS = frozenset([ast.Attribute, ast.Expr, ast.keyword, ast.Starred, ast.Await])
# What is directly below the commonest nodes, in source order.
CHILDREN: Mapping[type[ast.AST], Callable[[Any], list[ast.AST]]] = {
    ast.Call: lambda n: [n.func, *n.args, *n.keywords],
    ast.Assign: lambda n: [*n.targets, n.value],
    ast.arg: lambda n: [n.annotation] if n.annotation else [],
    ast.List: lambda n: list(n.elts),
    ast.Tuple: lambda n: list(n.elts),
    ast.Subscript: lambda n: [n.value, n.slice],
    ast.Compare: lambda n: [n.left, *n.comparators],
    ast.BinOp: lambda n: [n.left, n.right],
    ast.UnaryOp: lambda n: [n.operand],
    ast.BoolOp: lambda n: list(n.values),
    ast.Return: lambda n: [n.value] if n.value else [],
    ast.If: lambda n: [n.test, *n.body, *n.orelse],
    ast.With: lambda n: [*n.items, *n.body],
    ast.withitem: lambda n: [n.context_expr, n.optional_vars] if n.optional_vars else [n.context_expr],
    ast.FunctionDef: _of_function,
    ast.arguments: _of_arguments,
    ast.Import: lambda n: list(n.names),
    ast.ImportFrom: lambda n: list(n.names),
}


def children(node: ast.AST) -> list[ast.AST]:
    """What is directly below any node; contexts and operators are left out: they say nothing alone."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [c for c in value if isinstance(c, ast.AST) and not isinstance(c, _SILENT)]
        elif isinstance(value, ast.AST) and not isinstance(value, _SILENT):
            found.append(value)
    return found
