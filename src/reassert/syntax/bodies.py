"""What runs when the body of a class or a module runs, and what that binds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from reassert.syntax.conditions import settled


def body_statements(node: ast.ClassDef | ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when the body runs, in order, without those inside functions and classes."""
    todo = list(reversed(node.body))
    while todo:
        statement = todo.pop()
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if not hasattr(statement, "body"):
            continue
        inner = _branches(statement)
        for handler in getattr(statement, "handlers", []):
            inner += handler.body
        todo.extend(reversed(inner))


def _branches(statement: ast.stmt) -> list[ast.stmt]:
    """The statements inside a statement, without branches that no supported Python takes."""
    if isinstance(statement, ast.If):
        value = settled(statement.test)
        return [
            *(statement.body if value is not False else []),
            *(statement.orelse if value is not True else []),
        ]
    return [c for c in ast.iter_child_nodes(statement) if isinstance(c, ast.stmt)]


def bound_names(statement: ast.stmt, nodes: Iterable[ast.AST] | None = None) -> Iterator[str]:
    """The names that one statement binds in its own scope; ``nodes`` are it and all below it, if known."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    elif isinstance(
        statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)
    ):
        for node in ast.walk(statement) if nodes is None else nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def own_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of functions, lambdas and classes inside it."""
    todo: list[ast.AST] = list(reversed(function.body))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(reversed(list(ast.iter_child_nodes(node))))


def last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c``, the name itself of a name; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def is_bare_constant(statement: ast.AST) -> bool:
    """Whether a statement is a constant that nothing is done with: a docstring, ``...``."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
