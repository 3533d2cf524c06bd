"""A decorator that runs an async test in an event loop goes: pytest-asyncio does that (spec C.5)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.async_tests import Reason, is_auto, needs_mark, obstacles
from reassert.syntax.async_wrappers import is_aiounittest, objections, wrapper_of
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.loop_attributes import set_up_reason
from reassert.syntax.module import FunctionNode
from reassert.syntax.siblings import is_used, scopes
from reassert.syntax.statements import line_start, line_stop, without_line


class AsyncWrapperToAsyncTest(Codemod[Context]):
    """https://aiounittest.readthedocs.io/en/latest/async_test.html."""

    title = "decorators that run an async test in a loop go, pytest-asyncio runs it"
    mentions = (b"async def",)
    profile = Profile.CLASSES
    refusals: ClassVar[Mapping[str, str]] = {
        "C-AUTO": "another plugin would run the test",
        "C-LOOP": "the test, or the set-up of its class, has to do with its loop in another way",
        "C-SCOPE": "the test would share its loop with others",
        "C-VACUOUS": "nobody runs an asynchronous generator",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """A project's own decorators stay where it has no pytest-asyncio: pytest runs such tests, too."""
        self_made = is_auto(context) or context.config.has_plugin("pytest-asyncio")
        edits: list[Edit] = []
        refusals: list[Refusal] = []
        handled: set[int] = set()
        for owner, function in _tests(context):
            wrapper = wrapper_of(context, function)
            qualname = context.module.qualname(function)
            if wrapper is None or not isinstance(function, ast.AsyncFunctionDef):
                continue
            if not (self_made or is_aiounittest(context, wrapper)):
                continue
            if context.is_ignored(self.id, function, qualname):
                continue
            reason = next(_reasons(context, owner, function, wrapper), None)
            if reason is not None:
                refusals.append(context.refusal(self.id, reason[0], wrapper, qualname, reason[1]))
                continue
            unit = Unit(self.id, qualname)
            requires = context.classes.climbing(owner)
            if needs_mark(context, function):
                mark = imported_as(context, "pytest") + b".mark.asyncio"
                edits.append(context.replace(wrapper, [mark], unit, requires=requires, imports=["pytest"]))
            else:
                edits.append(without_line(context, wrapper, unit, requires))
            handled |= {id(wrapper), id(function)}
        return Rewrite(tuple(edits), tuple(refusals), handled=frozenset(handled))


def _tests(context: Context) -> Iterator[tuple[ClassInfo | None, FunctionNode]]:
    for scope in scopes(context):
        yield from ((scope.owner, function) for function in scope.tests)
    for info in context.classes.all:
        if context.classes.component(info).is_sync_unittest and not info.local:
            yield from ((info, function) for function in info.tests)


def _reasons(
    context: Context, owner: ClassInfo | None, function: ast.AsyncFunctionDef, wrapper: ast.expr
) -> Iterator[Reason]:
    yield from objections(context, function, wrapper)
    if owner is not None:
        reason = set_up_reason(context, owner)
        yield from [reason] if reason else []
    yield from obstacles(context, function)
    if any(is_used(member.module, function.name) for member in context.family.values()):
        yield "C-LOOP", "something calls the test by its name"
    if not _is_alone(context, wrapper):
        yield "C-LOOP", "something else stands on the line of the decorator"


def _is_alone(context: Context, decorator: ast.expr) -> bool:
    span, buffer = context.module.span(decorator), context.source.buffer
    start, stop = line_start(context, span.start), line_stop(context, span.end)
    return buffer[start : span.start].strip() == b"@" and not buffer[span.end : stop].split(b"#")[0].strip()
