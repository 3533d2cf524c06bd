"""What functions do to the event loop that code of theirs runs in, and to context variables.

Only what a function of a module does itself is seen, and what it does by other functions of its module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from reassert.model.facts import Touch
from reassert.syntax.module import FunctionNode, Module

RUNNERS = ("asyncio.run", "asyncio.Runner", "asyncio.runners.run", "anyio.run", "trio.run")
RUNS = ("run_until_complete", "run_forever")
POLICIES = ("asyncio.set_event_loop_policy", "asyncio.set_event_loop", "uvloop.install")
DEBUG = ("get_debug", "set_debug", "slow_callback_duration", "cr_origin")
_WORDS = (b"asyncio", b"ContextVar", b"uvloop", *(w.encode() for w in (*RUNS, *DEBUG)), b"anyio", b"trio")


def touches(module: Module) -> Mapping[str, frozenset[Touch]]:
    """By function of the module, what it does; those that do nothing are left out."""
    functions = {f.name: f for f in module.tree.body if isinstance(f, FunctionNode)}
    if not functions or not module.mentions(_WORDS):
        return {}
    found = {name: set(_own(module, function)) for name, function in functions.items()}
    if any(found.values()):
        _hand_on(module, functions, found)
    return {name: frozenset(kinds) for name, kinds in found.items() if kinds}


def _hand_on(module: Module, functions: Mapping[str, FunctionNode], found: Mapping[str, set[Touch]]) -> None:
    """What a function does, those do that mention it."""
    todo = [name for name, kinds in found.items() if kinds]
    while todo:
        name = todo.pop()
        for user, function in functions.items():
            # A coroutine function is not run where it is called, and where it is run a loop is running.
            awaited = isinstance(function, ast.AsyncFunctionDef)
            new = {kind for kind in found[name] - found[user] if kind != "loop" or not awaited}
            if new and any(module.inside(function, module.names.get(name, []))):
                found[user].update(new)
                todo.append(user)


def _own(module: Module, function: FunctionNode) -> Iterator[Touch]:
    nodes = [n for n in module.subtree(function) if isinstance(n, (ast.Name, ast.Attribute))]
    if isinstance(function, ast.FunctionDef) and any(runs_loop(module, node) for node in nodes):
        yield "loop"
    if any(isinstance(node, ast.Attribute) and node.attr in DEBUG for node in nodes):
        yield "debug"
    calls = (module.parents[node] for node in nodes if module.is_called(node))
    if any(sets_policy(module, call) for call in calls):
        yield "policy"
    resets = any(isinstance(node, ast.Attribute) and node.attr == "reset" for node in nodes)
    if not resets and any(set_variables(module, function)):
        yield "context"


def runs_loop(module: Module, node: ast.expr) -> bool:
    """Whether an expression names what runs an event loop."""
    return (isinstance(node, ast.Attribute) and node.attr in RUNS) or module.resolve(node) in RUNNERS


def sets_policy(module: Module, node: ast.AST) -> str:
    """The name of what a call uses to say which loops there are from now on; empty for any other call."""
    if not isinstance(node, ast.Call):
        return ""
    name, is_none = module.resolve(node.func), False
    if len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
        is_none = node.args[0].value is None
    return name if name in POLICIES and not is_none else ""


def set_variables(module: Module, function: FunctionNode) -> Iterator[ast.Call]:
    """Calls of ``set`` on what may be a context variable: one of the module, or something imported."""
    for node in module.inside(function, module.attributes_named("set")):
        call = module.parents[node]
        if not isinstance(call, ast.Call) or call.func is not node or len(call.args) != 1 or call.keywords:
            continue
        if not isinstance(module.parents[call], ast.Await) and _may_be_variable(module, node.value):
            yield call


def _may_be_variable(module: Module, node: ast.expr) -> bool:
    if module.resolve(node) is not None:
        return True
    made = module.top_level_assignments.get(node.id, ()) if isinstance(node, ast.Name) else ()
    names = [module.resolve(s.value.func) for s in made if isinstance(s.value, ast.Call)]
    return "contextvars.ContextVar" in names
