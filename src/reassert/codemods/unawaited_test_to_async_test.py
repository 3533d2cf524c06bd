"""An async test that nobody has ever awaited is run by pytest-asyncio, if that is asked for (spec C.6)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import NEWLY_EXECUTED, Finding, Refusal, Safety
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.async_tests import is_auto, marked, obstacles
from reassert.syntax.async_wrappers import is_alike, objections, wrapper_of
from reassert.syntax.asyncio_marks import MARK, scope_mark
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.siblings import scopes

_Test = tuple[ClassInfo | None, ast.AsyncFunctionDef]


class UnawaitedTestToAsyncTest(Codemod[Context]):
    """https://docs.python.org/3/library/unittest.html#unittest.IsolatedAsyncioTestCase."""

    title = "async tests that nobody has ever awaited run, for the first time"
    safety = Safety.UNSAFE
    option = "--awaken"
    mentions = (b"async def",)
    profile = Profile.CLASSES
    runs_after = ("aiounittest_to_async_tests", "async_wrapper_to_async_test")
    refusals: ClassVar[Mapping[str, str]] = {
        "C-AUTO": "another plugin runs the test, or would",
        "C-LOOP": "the test returns a value",
        "C-SCOPE": "the test would share its loop with others",
        "C-VACUOUS": "nobody runs an asynchronous generator",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Each such test is a unit of its own; a class that keeps one as it is stays a TestCase."""
        if not context.config.awaken:
            return Rewrite()
        edits: list[Edit] = []
        refusals: list[Refusal] = []
        findings: list[Finding] = []
        handled: set[int] = set()
        for owner, test in _sleeping(context):
            qualname = context.module.qualname(test)
            if context.is_ignored(self.id, test, qualname):
                continue
            reason = next(chain(obstacles(context, test), objections(context, test)), None)
            if reason is not None:
                refusals.append(context.refusal(self.id, reason[0], test, qualname, reason[1]))
                continue
            handled.add(id(test))
            edits += marked(context, test, Unit(self.id, qualname), context.classes.climbing(owner))
            message = f"nobody has ever awaited {test.name}; it runs for the first time"
            findings.append(context.finding(self.id, NEWLY_EXECUTED, test, message))
        return Rewrite(tuple(edits), tuple(refusals), tuple(findings), handled=frozenset(handled))


def _sleeping(context: Context) -> Iterator[_Test]:
    """The async tests that nobody awaits: of TestCases, and in strict mode those without a mark."""
    for info in context.classes.all:
        if context.classes.component(info).is_sync_unittest and not info.local:
            for test in info.tests:
                if isinstance(test, ast.AsyncFunctionDef) and not _is_awaited(context, test):
                    yield info, test
    if _was_strict(context):
        for scope in scopes(context):
            for test in scope.tests:
                if isinstance(test, ast.AsyncFunctionDef) and not _is_told(context, test):
                    yield scope.owner, test


def _was_strict(context: Context) -> bool:
    """Whether a test without a mark does not run so far, whatever mode this run takes the project to.

    Where a hook gives marks nobody knows.
    """
    verdict = context.facts.asyncio
    if context.facts.hooks & {"mark", "scope"}:
        return False
    return not is_auto(context) or (verdict is not None and verdict.changes)


def _is_told(context: Context, test: ast.AsyncFunctionDef) -> bool:
    """Whether a mark, or a decorator of whatever kind, sees to it that the test runs."""
    around = [a for a in context.module.ancestors(test) if isinstance(a, (ast.ClassDef, ast.Module))]
    decorators = [d.func if isinstance(d, ast.Call) else d for d in test.decorator_list]
    own = any(context.module.resolve(d) == MARK for d in decorators)
    return own or _is_awaited(context, test) or any(scope_mark(context.module, scope) for scope in around)


def _is_awaited(context: Context, test: ast.AsyncFunctionDef) -> bool:
    """Whether another rule has seen to a test, or a decorator may run it."""
    if id(test) in context.handled or wrapper_of(context, test) is not None:
        return True
    return not all(is_alike(context, decorator) for decorator in test.decorator_list)
