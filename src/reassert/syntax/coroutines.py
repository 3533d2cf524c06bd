"""Functions that give a coroutine function that they define, as decorators of async functions do."""

from __future__ import annotations

import ast

from reassert.syntax.bodies import own_nodes
from reassert.syntax.module import FunctionNode, Module


def gives_coroutine(module: Module, function: FunctionNode) -> bool:
    """Whether all that a function returns are functions of its own that are async, or give such."""
    kinds: tuple[type[FunctionNode], ...] = (ast.FunctionDef, ast.AsyncFunctionDef)
    if all(f is function for kind in kinds for f in module.inside(function, module.of(kind))):
        return False
    own = list(own_nodes(function))
    returned = [n.value for n in own if isinstance(n, ast.Return)]
    made = {f.name: f for f in own if isinstance(f, FunctionNode)}
    names = [v.id if isinstance(v, ast.Name) else "" for v in returned]
    return bool(names) and all(n in made and _is_async(module, made[n]) for n in names)


def _is_async(module: Module, function: FunctionNode) -> bool:
    plain = [d for d in function.decorator_list if not _keeps(module, d)]
    is_async = isinstance(function, ast.AsyncFunctionDef) and function not in module.generators
    return not plain and (is_async or gives_coroutine(module, function))


def _keeps(module: Module, decorator: ast.expr) -> bool:
    """Whether a decorator is ``functools.wraps``, which gives back the function itself."""
    return isinstance(decorator, ast.Call) and module.resolve(decorator.func) == "functools.wraps"
