"""Tests and cleanups of which it must be certain that they are coroutine functions, or that they are none."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.async_kinds import function_kind
from reassert.syntax.bodies import own_nodes
from reassert.syntax.classes import ClassInfo
from reassert.syntax.cleanups import Cleanups
from reassert.syntax.context import Context
from reassert.syntax.handed_on import function_of
from reassert.syntax.module import FunctionNode
from reassert.syntax.setup_chain import Problem
from reassert.syntax.testcase_api import LEGACY_ASSERTIONS

# Decorators that give a coroutine function for one.
_KEEPING = ("unittest.mock.", "pytest.mark.", "freezegun.", "time_machine.", "unittest.skip")


def cleanup_problems(context: Context, info: ClassInfo, cleanups: Cleanups) -> Iterator[Problem]:
    """Cleanups that unittest awaits although they are not registered so, or the other way round."""
    for cleanup in cleanups.uses:
        if cleanup.owner is not info or cleanup.use.name not in ("addCleanup", "addAsyncCleanup"):
            continue
        wanted = "sync" if cleanup.use.name == "addCleanup" else "async"
        call, method = cleanup.call, cleanup.use.method
        first = call.args[0] if call is not None and call.args else None
        kind = "unknown" if first is None else function_kind(context, info, method, first)
        # What only a coroutine function is meant for fails for anything else, and so nothing is lost.
        if kind != wanted and (kind != "unknown" or wanted == "sync" or first is None):
            name = context.module.text(first or cleanup.use.node)
            reason = "may be" if kind == "unknown" else "is" if wanted == "sync" else "is no"
            yield Problem(
                info,
                "C-CLEANUP",
                cleanup.use.node,
                f"{name} {reason} a coroutine function: unittest asks for that",
            )


def awaiting_problems(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Tests of a class of which unittest awaits less than pytest-asyncio, or says nothing of what it gets."""
    collected = not info.is_testcase and context.config.pytest.collects_class(info.node.name)
    for test in info.tests:
        if isinstance(test, ast.AsyncFunctionDef):
            if collected:
                reason = f"pytest collects {info.node.name} as it is, and has never run {test.name} in it"
                yield Problem(info, "C-VACUOUS", test, reason)
            for decorator in test.decorator_list:
                if id(decorator) not in context.handled and not _keeps_coroutine(context, decorator):
                    text = context.module.text(decorator).split("(")[0]
                    reason = (
                        f"whether {text} gives a coroutine function, which alone is awaited, is not certain"
                    )
                    yield Problem(info, "C-VACUOUS", decorator, reason)
        else:
            for node in _returned(context, info, test):
                reason = (
                    f"{test.name} may return a coroutine, which unittest does not await from Python 3.11 on"
                )
                yield Problem(info, "C-VACUOUS", node, reason)


def _keeps_coroutine(context: Context, decorator: ast.expr) -> bool:
    module = context.module
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = module.resolve(target) or ""
    if (name + ".").startswith(_KEEPING) or name.startswith("unittest.expectedFailure"):
        return True
    facts = function_of(context, target)
    return facts is not None and (facts.gives_coroutine or facts.skips or facts.marks)


def _returned(context: Context, info: ClassInfo, test: FunctionNode) -> Iterator[ast.AST]:
    for node in own_nodes(test):
        value = node.value if isinstance(node, ast.Return) else None
        if isinstance(value, (ast.Await, ast.Constant)) or value is None:
            continue
        if not (isinstance(value, ast.Call) and _is_sync(context, info, test, value.func)):
            yield node


def _is_sync(context: Context, info: ClassInfo, test: FunctionNode, func: ast.expr) -> bool:
    own = isinstance(func, ast.Attribute) and func.attr in LEGACY_ASSERTIONS
    return own or function_kind(context, info, test, func) == "sync"
