"""Which functions are coroutine functions: that tells what unittest awaits, but not what an ExitStack does.

In Lib/unittest/async_case.py ``inspect.iscoroutinefunction`` decides if a cleanup or a test is awaited, from
Python 3.11 on; before that, whether the result can be. It looks through ``functools.partial``.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from typing import Literal

from reassert.syntax.classes import ClassInfo, Use, receiver_name
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode

Kind = Literal["sync", "async", "unknown"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Modules of the standard library that have coroutine functions, or make what has.
_ASYNC_MODULES = ("asyncio", "contextlib", "unittest", "functools", "types", "inspect", "concurrent")
_ASYNC_METHODS = ("__aexit__", "aclose")
_SYNC_METHODS = ("__exit__",)
_PATCHES = "unittest.mock.patch"
_MOCKS: dict[str, Kind] = {
    "unittest.mock.Mock": "sync",
    "unittest.mock.MagicMock": "sync",
    "unittest.mock.AsyncMock": "async",
}
# What these give is of a builtin type, which has no coroutine functions.
_DISPLAYS = (
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.Constant,
    ast.JoinedStr,
)
_TASKS = ("create_task", "ensure_future")
# Methods of what asyncio makes that are no coroutine functions, whatever it is.
_PLAIN_METHODS = ("cancel", "clear", "close", "kill", "release", "set", "stop", "terminate")


def function_kind(context: Context, owner: ClassInfo, method: FunctionNode, node: ast.expr) -> Kind:
    """Whether an expression in a method gives a coroutine function, or surely none."""
    if isinstance(node, ast.Lambda):
        return "sync"
    if isinstance(node, ast.Call):
        is_partial = context.module.resolve(node.func) == "functools.partial" and node.args
        return function_kind(context, owner, method, node.args[0]) if is_partial else "unknown"
    if isinstance(node, ast.Name):
        return _kind_of_name(context, method, node)
    if isinstance(node, ast.Attribute):
        return _kind_of_attribute(context, owner, method, node)
    return "unknown"


def _kind_of_name(context: Context, method: FunctionNode, node: ast.Name) -> Kind:
    module = context.module
    inner = [f for f in module.subtree(method) if isinstance(f, _FUNCTIONS) and f.name == node.id]
    if inner and node.id not in module.parameters:
        return _agreed({_kind(f) for f in inner})
    stores = [n for n in module.names.get(node.id, ()) if not isinstance(n.ctx, ast.Load)]
    if stores or node.id in module.parameters:
        return "unknown"
    if node.id in module.top_level_functions and module.top_level_definitions[node.id] == 1:
        return _kind(module.top_level_functions[node.id])
    if node.id not in module.imports:
        return "sync" if hasattr(builtins, node.id) else "unknown"
    return _kind_of_import(context, node)


def _kind_of_import(context: Context, node: ast.expr) -> Kind:
    dotted = context.module.resolve(node) or ""
    facts = context.facts.functions.get(dotted)
    if facts is not None:
        return "async" if facts.coroutine else "sync"
    return "sync" if is_sync_library(dotted) else "unknown"


def is_sync_library(dotted: str) -> bool:
    """Whether a name is of a module of the standard library without coroutine functions, or of a patch."""
    top = dotted.partition(".")[0]
    known = top in sys.stdlib_module_names and top not in _ASYNC_MODULES
    return known or dotted.startswith(_PATCHES)


def _kind_of_attribute(context: Context, owner: ClassInfo, method: FunctionNode, node: ast.Attribute) -> Kind:
    if node.attr in _ASYNC_METHODS:
        return "async"
    if node.attr in _SYNC_METHODS:
        return "sync"
    if isinstance(node.value, ast.Name) and node.value.id == receiver_name(method):
        return _kind_of_method(context, owner, node.attr)
    if context.module.resolve(node) is not None:
        return _kind_of_import(context, node)
    return _agreed({_kind_of_member(context, value, node.attr) for value in _made(owner, method, node)})


def _kind_of_method(context: Context, owner: ClassInfo, name: str) -> Kind:
    family = context.classes.component(owner)
    if name in {u.name for c in family for u in c.uses.attributes if not isinstance(u.node.ctx, ast.Load)}:
        return "unknown"
    found = {_kind(c.methods[name]) if name in c.methods else "unknown" for c in family if name in c.defines}
    return _agreed(found)


def _made(owner: ClassInfo, method: FunctionNode, node: ast.Attribute) -> Iterator[ast.expr | None]:
    """What is assigned to the object that an attribute is read of; None: it is bound in another way."""
    module = owner.module
    if isinstance(node.value, ast.Name):
        stores: list[ast.expr] = [
            n for n in module.inside(method, module.names[node.value.id]) if not isinstance(n.ctx, ast.Load)
        ]
    else:
        family = owner.home.component(owner)
        uses: list[Use] = [u for c in family for u in c.uses.attributes]
        same = isinstance(node.value, ast.Attribute) and isinstance(node.value.value, ast.Name)
        name = node.value.attr if isinstance(node.value, ast.Attribute) and same else ""
        stores = [u.node for u in uses if u.name == name and not isinstance(u.node.ctx, ast.Load)]
    for store in stores:
        home = module if store in module.index else None
        parent = home.parents[store] if home else None
        if home and isinstance(parent, ast.Tuple):
            parent = home.parents[parent]
        if isinstance(parent, ast.For) and isinstance(parent.iter, (ast.Tuple, ast.List)):
            yield from parent.iter.elts
        else:
            yield parent.value if isinstance(parent, ast.Assign) else None


def _kind_of_member(context: Context, value: ast.expr | None, name: str) -> Kind:
    """Whether a method of what a call gives is a coroutine function."""
    value = value.value if isinstance(value, ast.Await) else value
    if isinstance(value, _DISPLAYS):
        return "sync"
    if not isinstance(value, ast.Call):
        return "unknown"
    if isinstance(value.func, ast.Attribute) and value.func.attr in _TASKS:
        return "sync" if name == "cancel" else "unknown"
    dotted = context.module.resolve(value.func) or ""
    if dotted in _MOCKS and not value.args and not value.keywords:
        return _MOCKS[dotted]
    if isinstance(value.func, ast.Name) and not dotted:
        made = [c for c in context.classes.by_name.get(value.func.id, []) if not c.local]
        kinds = {_kind(c.methods[name]) for k in made for c in k.mro[:1] if name in c.methods}
        return _agreed(kinds) if len(made) == 1 else "sync" if value.func.id == "open" else "unknown"
    is_plain = dotted.startswith("asyncio.") and name in _PLAIN_METHODS
    return "sync" if is_plain or is_sync_library(dotted) else "unknown"


def _agreed(kinds: set[Kind]) -> Kind:
    return kinds.pop() if len(kinds) == 1 else "unknown"


def _kind(function: FunctionNode) -> Kind:
    if any(not _is_plain(d) for d in function.decorator_list):
        return "unknown"
    return "async" if isinstance(function, ast.AsyncFunctionDef) else "sync"


def _is_plain(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id in ("staticmethod", "classmethod")
