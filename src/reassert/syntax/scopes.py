"""Which uses of a name mean what the module binds it to, and which what a function binds for itself."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from typing import cast

from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode, Module, imported_names

_SCOPES = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


def uses_of_module_name(context: Context, name: str) -> list[ast.Name]:
    """The uses of a name but for those in functions that bind the name for themselves."""
    module = context.module
    uses = module.names.get(name, [])
    functions = {s for s in _scopes(context, name) if isinstance(s, FunctionNode)}
    return [n for n in uses if not any(_is_inside(module, f, n) for f in functions)] if functions else uses


def is_bound_once(context: Context, name: str, besides: int = 0) -> bool:
    """Whether the module binds a name once, and else only functions do, or classes that do not use it.

    ``besides`` so many bindings that do not count.
    """
    others = [s for s in _scopes(context, name) if not isinstance(s, FunctionNode)]
    return (
        sum(not isinstance(s, ast.ClassDef) or _uses(context.module, s, name) for s in others) == 1 + besides
    )


def _uses(module: Module, node: ast.ClassDef, name: str) -> bool:
    """Whether the body of a class reads a name itself; its methods do not see what it binds."""
    inside = [n for n in module.names.get(name, ()) if any(module.holds(s, n) for s in node.body)]
    methods = [f for f in node.body if isinstance(f, FunctionNode)]
    return any(not any(_is_inside(module, f, n) for f in methods) for n in inside)


def _scopes(context: Context, name: str) -> list[ast.AST | None]:
    """The scope of each binding of a name, None for the module's own; Python Reference, 4.2.1."""
    known = cast("dict[str, list[ast.AST | None]]", context.memory.setdefault("scopes", {}))
    if name not in known:
        module = context.module
        known[name] = [
            None
            if isinstance(node, (ast.Global, ast.Nonlocal))
            else next((a for a in module.ancestors(node) if isinstance(a, _SCOPES)), None)
            for node in (*_stored(module, name), *_bound(context).get(name, ()))
        ]
    return known[name]


def _stored(module: Module, name: str) -> list[ast.Name]:
    return [node for node in module.names.get(name, ()) if isinstance(node.ctx, ast.Store)]


def _bound(context: Context) -> dict[str, list[ast.AST]]:
    """Name -> what binds it, assignments aside, or says that it is bound elsewhere."""
    if "bound" not in context.memory:
        found: defaultdict[str, list[ast.AST]] = defaultdict(list)
        for name, node in _bindings(context.module):
            found[name].append(node)
        context.memory["bound"] = found
    return cast("dict[str, list[ast.AST]]", context.memory["bound"])


def _bindings(module: Module) -> Iterator[tuple[str, ast.AST]]:
    yield from ((node.name, node) for node in module.classes)
    yield from ((node.name, node) for node in module.of(ast.FunctionDef))
    yield from ((node.name, node) for node in module.of(ast.AsyncFunctionDef))
    yield from ((argument.arg, argument) for argument in module.of(ast.arg))
    yield from ((local, node) for node in module.import_nodes for local, _ in imported_names(node))
    yield from ((handler.name, handler) for handler in module.of(ast.ExceptHandler) if handler.name)
    yield from ((name, node) for node in module.of(ast.Global) for name in node.names)
    yield from ((name, node) for node in module.of(ast.Nonlocal) for name in node.names)


def _is_inside(module: Module, function: FunctionNode, node: ast.AST) -> bool:
    """Whether a node is in the body of a function, not in what is evaluated where it is defined."""
    return any(module.holds(statement, node) for statement in function.body)
