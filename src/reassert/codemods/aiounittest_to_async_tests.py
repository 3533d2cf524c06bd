"""Async tests of aiounittest's AsyncTestCase become async tests of pytest-asyncio.

What AsyncTestCase does was read in its source, version 1.5: a coroutine function whose name begins with
``test_`` runs in a new event loop; all else is ``unittest.TestCase``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.async_tests import Reason, marked, obstacles
from reassert.syntax.async_wrappers import objections
from reassert.syntax.base_names import AIOUNITTEST, names_base
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.loop_attributes import set_up_reason
from reassert.syntax.module import FunctionNode

_PREFIX = "test_"


class AiounittestToAsyncTests(Codemod[Context]):
    """https://aiounittest.readthedocs.io/en/latest/asynctestcase.html."""

    title = "aiounittest's AsyncTestCase classes become plain classes with async tests"
    mentions = (b"async def",)
    profile = Profile.CLASSES
    refusals: ClassVar[Mapping[str, str]] = {
        "C-AUTO": "another plugin would run the tests",
        "C-LOOP": "the class has an event loop of its own, or a test does not do without its runner",
        "C-SCOPE": "the tests would share a loop with others",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Every async test that only classes of aiounittest run."""
        edits: list[Edit] = []
        handled: set[int] = set()
        blocked: dict[str, tuple[Refusal, ...]] = {}
        for info in context.classes.all:
            tests = list(_tests(context, info))
            if not tests or context.is_ignored(self.id, info.node, info.qualname):
                continue
            handled |= {id(test) for test in tests}
            found = [
                context.refusal(self.id, code, node, info.qualname, words)
                for node, (code, words) in _problems(context, info, tests)
            ]
            if found:
                blocked[info.qualname] = tuple(found)
            unit = Unit(self.id, info.qualname)
            for node in [info.node] if _are_all(context, info, tests) else tests:
                edits += marked(context, node, unit, info)
        return Rewrite(tuple(edits), blocked=blocked, handled=frozenset(handled))


def _tests(context: Context, info: ClassInfo) -> Iterator[ast.AsyncFunctionDef]:
    """The async tests of a class that aiounittest runs, in every class that has them."""
    found = [t for t in info.tests if isinstance(t, ast.AsyncFunctionDef) and t.name.startswith(_PREFIX)]
    runners = [c for c in (info, *context.classes.heirs(info)) if c.is_testcase] if found else []
    if runners and all(any(names_base(c, AIOUNITTEST) for c in r.lineage) for r in runners):
        yield from found


def _problems(
    context: Context, info: ClassInfo, tests: list[ast.AsyncFunctionDef]
) -> Iterator[tuple[ast.AST, Reason]]:
    for relative in (info, *context.classes.heirs(info)):
        if "get_event_loop" in relative.inherited:
            yield info.node, ("C-LOOP", "the class has a get_event_loop of its own")
            break
    reason = set_up_reason(context, info)
    if reason is not None:
        yield info.node, reason
    yield from ((info.node, reason) for reason in obstacles(context, info.node))
    for test in tests:
        yield from ((test, reason) for reason in objections(context, test))


def _are_all(context: Context, info: ClassInfo, tests: list[ast.AsyncFunctionDef]) -> bool:
    """Whether one mark for the class does: it has these tests and no others."""
    others: set[FunctionNode] = set(info.tests) - set(tests)
    return len(tests) > 1 and not others and len(info.lineage) == 1 and not context.classes.heirs(info)
