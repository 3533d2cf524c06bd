"""Decorators that run a coroutine function in an event loop, so that whoever calls it need not await it.

aiounittest's was read in its source, version 1.5; a project's own are recognised by what they do.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.async_tests import Reason
from reassert.syntax.bodies import own_nodes
from reassert.syntax.context import Context
from reassert.syntax.handed_on import function_of
from reassert.syntax.module import FunctionNode

AIOUNITTEST = tuple(f"aiounittest.{name}" for name in ("async_test", "run_sync"))
_SPELLINGS = (*AIOUNITTEST, *(name.replace(".", ".helpers.") for name in AIOUNITTEST))
_ALIKE = ("pytest.mark.", "unittest.mock.patch", "unittest.skip", "unittest.expectedFailure")


def wrapper_of(context: Context, function: FunctionNode) -> ast.expr | None:
    """The decorator of a coroutine function that runs it in a loop and does nothing else, if there is one."""
    if not isinstance(function, ast.AsyncFunctionDef):
        return None
    found = [d for d in function.decorator_list if is_aiounittest(context, d) or _is_own(context, d)]
    return found[0] if len(found) == 1 else None


def is_alike(context: Context, decorator: ast.expr) -> bool:
    """Whether a decorator treats an async function as it treats a sync one."""
    name = context.module.resolve(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return (name or "").startswith(_ALIKE)


def is_aiounittest(context: Context, decorator: ast.expr) -> bool:
    """Whether it is ``@aiounittest.async_test``, without a loop of one's own."""
    bare = not isinstance(decorator, ast.Call) or not (decorator.args or decorator.keywords)
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return bare and context.module.resolve(target) in _SPELLINGS


def _is_own(context: Context, decorator: ast.expr) -> bool:
    facts = function_of(context, decorator)
    return facts is not None and facts.runs == "wraps"


def objections(
    context: Context, function: ast.AsyncFunctionDef, wrapper: ast.expr | None = None
) -> Iterator[Reason]:
    """Why a coroutine function that something else runs would not be the same as an async test."""
    if function in context.module.generators:
        yield "C-VACUOUS", f"{function.name} is an asynchronous generator, which nobody runs"
    if any(isinstance(n, ast.Return) and n.value is not None for n in own_nodes(function)):
        yield "C-LOOP", f"{function.name} returns a value"
    for decorator in function.decorator_list:
        if decorator is not wrapper and not is_alike(context, decorator):
            text = context.module.text(decorator)
            yield "C-LOOP", f"the decorator {text} may call the test itself"
