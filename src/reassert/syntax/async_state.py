"""What the loop of an asynchronous TestCase does that one of pytest-asyncio does not, as far as it is seen.

By experiment with Python 3.8 to 3.13 and pytest-asyncio 1.5: both give each test a loop of its own, which
set-up and tear-down share. But synchronous set-up becomes part of a coroutine, so it can run no loop itself;
a sync test without any set-up is run without a loop; the loop is not in debug mode; what a test does to
context variables is not seen when it is torn down. Up to Python 3.10 one task did it all.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from reassert.model.facts import Touch
from reassert.syntax.async_kinds import is_sync_library
from reassert.syntax.async_tests import obstacles
from reassert.syntax.classes import ClassInfo, is_classmethod, receiver_name
from reassert.syntax.cleanups import Arrangement
from reassert.syntax.context import Context
from reassert.syntax.handed_on import function_of
from reassert.syntax.loop_touches import DEBUG, runs_loop, set_variables, sets_policy
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.setup_chain import PHASES, SET_UPS, Problem
from reassert.syntax.testcase_api import LEGACY_ASSERTIONS

_LOGGING = ("assertLogs", "assertNoLogs", "getLogger")
# Since this version a fixture of a class has the instance of the test.
_SAME_INSTANCE = (0, 20)
# Since these versions a test sees the context variables that its fixtures set.
_CONTEXT_PYTHON, _CONTEXT_PLUGIN = (3, 11), (0, 25)


def async_problems(context: Context, info: ClassInfo, arrangement: Arrangement) -> Iterator[Problem]:
    """What keeps a class of an asynchronous component from being run by pytest-asyncio in the same way."""
    for code, reason in obstacles(context, info.node) if info.is_testcase else ():
        yield Problem(info, code, info.node, reason)
    plugin = context.config.plugin_version("pytest-asyncio")
    if plugin is not None and plugin < _SAME_INSTANCE:
        reason = (
            f"in pytest-asyncio {plugin[0]}.{plugin[1]} async fixtures and tests have instances of their own"
        )
        yield Problem(info, "C-CONFIG", info.node, reason)
    yield from _mixed(info, arrangement)
    yield from _loops(context, info)
    yield from _started_loops(context, info)
    yield from _debugging(context, info)
    if context.config.target_version < _CONTEXT_PYTHON:
        yield from _tasks(context.module, info)
    yield from _context_variables(context, info, arrangement)


def _within(module: Module, info: ClassInfo, nodes: list[ast.Attribute]) -> Iterator[ast.Attribute]:
    yield from module.inside(info.node, nodes)


# -- set-up that not only asynchronous classes have ----------------------------------------------------------


def _mixed(info: ClassInfo, arrangement: Arrangement) -> Iterator[Problem]:
    owners = {*arrangement.chain.links, *(c.owner for c in arrangement.cleanups.uses)}
    if info.kind == "testcase" and not owners.isdisjoint(info.mro):
        yield Problem(info, "B-MRO", info.node, "it has its set-up in common with asynchronous classes")
    behind = [c for c in info.mro if c not in info.visible and c.is_testcase]
    if info.is_testcase and behind:
        reason = f"{behind[0].node.name} stands behind unittest.IsolatedAsyncioTestCase in the order of bases"
        yield Problem(info, "B-MRO", info.node, reason)


# -- loops ---------------------------------------------------------------------------------------------------


def _loops(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Loops of the class's own kind: a factory, a policy, another current loop."""
    module = context.module
    if "loop_factory" in info.defines:
        yield Problem(info, "C-LOOP", info.node, "the class has a loop_factory of its own")
    for call in module.of(ast.Call):
        name = sets_policy(module, call)
        if name:
            yield Problem(info, "C-LOOP", call, f"{name} changes which loop a test has")
    for method in info.functions:
        for node in _called(context, method, "policy"):
            reason = f"{module.text(node)} changes which loop a test has"
            yield Problem(info, "C-LOOP", node, reason)


def _started_loops(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Synchronous methods that run a loop, tests aside: what calls them is a coroutine afterwards."""
    for function in info.functions:
        if (
            isinstance(function, ast.FunctionDef)
            and function not in info.tests
            and not is_classmethod(function)
        ):
            reason = f"{function.name} runs a loop, which cannot be done from within a coroutine"
            yield from (Problem(info, "C-LOOP", n, reason) for n in _starts(context, function))


def _starts(context: Context, function: FunctionNode) -> Iterator[ast.AST]:
    """Where a function, or one that it calls, runs a loop."""
    for node in context.module.subtree(function):
        if isinstance(node, (ast.Name, ast.Attribute)) and runs_loop(context.module, node):
            yield node
    yield from _called(context, function, "loop")


def _called(context: Context, function: FunctionNode, touch: Touch) -> Iterator[ast.AST]:
    """Where a function names one of the module's own, or of another file of the project, that does this."""
    for node in context.module.subtree(function):
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            facts = function_of(context, node)
            if facts is not None and touch in facts.touches:
                yield node


def needs_loop(context: Context, info: ClassInfo, arrangement: Arrangement) -> bool:
    """Whether sync tests of a class may use the loop that unittest makes for them, and nobody else does."""
    runners = [c for c in (info, *context.classes.heirs(info)) if c.is_testcase]
    stack = arrangement.cleanups.means == "stack"
    bare = [r for r in runners if not stack and arrangement.chain.links.keys().isdisjoint(r.mro)]
    tests = [f for f in info.tests if isinstance(f, ast.FunctionDef)]
    return bool(bare) and not all(_is_still(context.module, test) for test in tests)


def _is_still(module: Module, test: FunctionNode) -> bool:
    """Whether a test calls nothing but assertions, builtins and what has nothing to do with loops."""
    receiver = receiver_name(test)
    return all(
        _is_known(module, node.func, receiver) for node in module.subtree(test) if isinstance(node, ast.Call)
    )


def _is_known(module: Module, func: ast.expr, receiver: str | None) -> bool:
    if isinstance(func, ast.Name) and func.id not in module.rebound | module.imports.keys():
        return hasattr(builtins, func.id)
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == receiver:
        return func.attr in LEGACY_ASSERTIONS
    return is_sync_library(module.resolve(func) or "")


def _tasks(module: Module, info: ClassInfo) -> Iterator[Problem]:
    """Uses of the task that set-up and tear-down had in common with the test."""
    for name in PHASES:
        method = info.methods.get(name)
        for node in module.inside(method, module.attributes_named("current_task")) if method else ():
            yield Problem(
                info, "C-LOOP", node, "up to Python 3.10 set-up and test are one task, no longer then"
            )


# -- debug mode ----------------------------------------------------------------------------------------------


def _debugging(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Uses of what only a loop in debug mode has or says."""
    module = context.module
    for function in info.functions:
        for node in _called(context, function, "debug"):
            reason = f"{module.text(node)} looks at the debug mode of the loop"
            yield Problem(info, "C-DEBUG", node, reason)
    for name in DEBUG:
        for node in _within(module, info, module.attributes_named(name)):
            yield Problem(info, "C-DEBUG", node, f"{name} tells that the loop is not in debug mode any more")
    for name in _LOGGING:
        for node in _within(module, info, module.attributes_named(name)):
            call = module.parents[node]
            first = call.args[0] if isinstance(call, ast.Call) and call.func is node and call.args else None
            if isinstance(first, ast.Constant) and str(first.value).partition(".")[0] == "asyncio":
                yield Problem(info, "C-DEBUG", node, "asyncio says more to this logger in debug mode")


# -- context variables ---------------------------------------------------------------------------------------


def _context_variables(context: Context, info: ClassInfo, arrangement: Arrangement) -> Iterator[Problem]:
    module = context.module
    tears_down = bool(arrangement.cleanups.uses) or any(
        link.tear_downs for link in arrangement.chain.links.values()
    )
    for function in info.functions:
        calls = [*set_variables(module, function), *_called(context, function, "context")]
        for call in calls if not is_classmethod(function) else ():
            reason = _why_context(context, info, function, tears_down=tears_down)
            if reason:
                yield Problem(info, "C-CTXVAR", call, reason)


def _why_context(context: Context, info: ClassInfo, function: FunctionNode, *, tears_down: bool) -> str:
    if function.name in SET_UPS:
        plugin = context.config.plugin_version("pytest-asyncio")
        is_old = (
            context.config.target_version < _CONTEXT_PYTHON or (plugin or _CONTEXT_PLUGIN) < _CONTEXT_PLUGIN
        )
        return "a test sees what a fixture sets from Python 3.11 and pytest-asyncio 0.25 on" if is_old else ""
    if function.name in PHASES:
        return ""
    if function in info.tests and isinstance(function, ast.FunctionDef):
        return "what a synchronous test sets in a context variable would be seen by the tests behind it"
    return "what is set in a test is not seen by what tears it down" if tears_down else ""
