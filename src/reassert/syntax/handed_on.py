"""The test instance handed to other code: which of it may use what only a TestCase has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from reassert.model.facts import FunctionFacts
from reassert.syntax.assertions import redefinition
from reassert.syntax.classes import ClassInfo, dotted_name, is_classmethod
from reassert.syntax.context import Context
from reassert.syntax.functions import function_facts
from reassert.syntax.module import FunctionNode
from reassert.syntax.setup_chain import Problem
from reassert.syntax.testcase_api import API, DEAD_ALIASES, LEGACY_ASSERTIONS

# Builtins and constructors that may be handed the test instance: they do not call its methods.
_HARMLESS_CALLS = frozenset(
    """
    id isinstance issubclass type hash getattr setattr hasattr delattr vars dir super
    """.split()  # noqa: SIM905 - a list of words reads better
)
_LOOKUPS = frozenset({"getattr", "hasattr"})
# Those that ask the instance for a text: unittest's names the test (``__str__`` in Lib/unittest/case.py).
_TEXTS = frozenset({"repr", "str", "print", "format", "ascii"})


def escape_problems(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """The test instance handed to code that may call TestCase's methods on it."""
    for node, function in info.uses.escapes:
        if id(node) in context.handled or _is_harmless(context, info, node):
            continue
        if not wants_assertions_only(context, info, node, function):
            yield Problem(info, "B-INTERNALS", node, f"{function.name} hands the test instance to other code")


def handed_for_assertions(context: Context, info: ClassInfo) -> Iterator[ast.Name]:
    """Where a function gets the test instance for nothing but its assertions: any instance will do."""
    for node, function in info.uses.escapes:
        if id(node) in context.handled or _is_harmless(context, info, node):
            continue
        if wants_assertions_only(context, info, node, function):
            yield node


def _is_harmless(context: Context, info: ClassInfo, node: ast.Name) -> bool:
    call = context.module.call_of_argument(node)
    if call is None:
        return isinstance(
            context.module.parents[node], (ast.Compare, ast.Assert, ast.UnaryOp, ast.BoolOp, ast.If, ast.Expr)
        )
    if id(call.func) in context.handled:
        return True
    return _is_harmless_call(context, info, node, call)


def _is_harmless_call(context: Context, info: ClassInfo, node: ast.Name, call: ast.Call) -> bool:
    func = call.func
    if isinstance(func, ast.Name) and func.id in _TEXTS and info.inherited & {"__str__", "__repr__"}:
        return True
    if isinstance(func, ast.Name) and func.id in _HARMLESS_CALLS:
        named = call.args[1] if len(call.args) > 1 else None
        return func.id not in _LOOKUPS or (named is not None and _names_nothing_of_ours(context, named))
    if (context.module.resolve(func) or "").startswith(("unittest.mock.", "weakref.")):
        return True
    used = _uses_of_argument(context, node, call)
    if used is not None and not used & API - info.inherited:
        return True
    explicit = dotted_name(func.value) if isinstance(func, ast.Attribute) else None
    return any(c.qualname == explicit for c in info.lineage)


def wants_assertions_only(context: Context, info: ClassInfo, node: ast.Name, function: FunctionNode) -> bool:
    """Whether a call uses of the instance nothing but assertions, and those as they are on any instance."""
    call = context.module.call_of_argument(node)
    if call is None:
        return False
    used = _looked_up(node, call) or _uses_of_argument(context, node, call)
    known = LEGACY_ASSERTIONS if _looked_up(node, call) else LEGACY_ASSERTIONS - DEAD_ALIASES
    if not used or not used <= known | {"skipTest"} or used & info.inherited:
        return False
    if is_classmethod(function) or function in info.uses.rebound:
        return False
    return all(redefinition(context, info, name) is None for name in used)


def _looked_up(node: ast.Name, call: ast.Call) -> frozenset[str]:
    """The name that ``getattr`` or ``hasattr`` looks up in an argument, if it is a literal."""
    if not isinstance(call.func, ast.Name) or call.func.id not in _LOOKUPS or call.args[:1] != [node]:
        return frozenset()
    named = [a.value for a in call.args[1:2] if isinstance(a, ast.Constant)]
    return frozenset(name for name in named if isinstance(name, str))


def _uses_of_argument(context: Context, node: ast.Name, call: ast.Call) -> frozenset[str] | None:
    """The attributes that a function uses of an argument; None if that cannot be told."""
    facts = function_of(context, call.func)
    if facts is None:
        return None
    parent = context.module.parents[node]
    if isinstance(parent, ast.keyword):
        return dict(facts.uses).get(parent.arg or "")
    index = call.args.index(node)
    starred = any(isinstance(a, ast.Starred) for a in call.args[: index + 1])
    return None if starred or index >= len(facts.uses) else facts.uses[index][1]


def _names_nothing_of_ours(context: Context, node: ast.expr) -> bool:
    """Whether a string cannot be the name of a part of TestCase's interface."""
    if isinstance(node, ast.Name):
        if node.id in context.module.parameters:
            return False
        values = list(_literals(context, node))
        return bool(values) and all(_names_nothing_of_ours(context, v) for v in values)
    if isinstance(node, ast.Constant):
        return node.value not in API
    start = _beginning(node)
    return bool(start) and not any(name.startswith(start) for name in API)


def _beginning(node: ast.expr) -> str:
    """The literal text that a computed string begins with."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return _beginning(node.values[0])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _beginning(node.left)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _beginning(node.left).partition("%")[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


_ANYTHING = ast.Constant("run")


def _literals(context: Context, name: ast.Name) -> Iterator[ast.expr]:
    """The literals that a local name stands for, if it only ever goes through or is assigned such."""
    function = context.module.enclosing_function(name)
    inside = set(context.module.subtree(function)) if function else set()
    for store in context.module.names[name.id]:
        if isinstance(store.ctx, ast.Load) or store not in inside:
            continue
        parent = context.module.parents[store]
        if isinstance(parent, ast.For) and isinstance(parent.iter, (ast.List, ast.Tuple)):
            yield from parent.iter.elts
        elif isinstance(parent, ast.Assign) and isinstance(parent.value, ast.Constant):
            yield parent.value
        else:
            yield _ANYTHING


def is_borrowed(context: Context, info: ClassInfo, names: list[str], value: ast.expr) -> bool:
    """Whether ``name = function`` in a class makes a method that may use TestCase's interface."""
    if not context.classes.component(info).invoked.intersection(names):
        return False
    facts = function_of(context, value) if isinstance(value, (ast.Name, ast.Attribute)) else None
    if facts is None:
        dotted = context.module.resolve(value) or ""
        return dotted.rpartition(".")[2][:1].islower()  # an imported function; classes do not bind
    uses = facts.uses[0][1] if facts.uses else frozenset()
    return uses is None or bool(uses & API)


def function_of(context: Context, node: ast.expr) -> FunctionFacts | None:
    """The function of this file, or of another one of the project, that an expression names."""
    if "functions" not in context.memory:
        context.memory["functions"] = function_facts(context.module)
    own = cast("dict[str, FunctionFacts]", context.memory["functions"])
    if isinstance(node, ast.Name) and node.id in own and node.id not in context.module.parameters:
        return own[node.id]
    return context.facts.functions.get(context.module.resolve(node) or "")
