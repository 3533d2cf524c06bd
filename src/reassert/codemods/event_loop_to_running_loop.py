"""Async tests and fixtures ask for the running loop, not for a fixture that is gone in pytest-asyncio 1.0."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from reassert.model.edits import Edit, Part, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.async_bodies import Reading, test_of
from reassert.syntax.async_tests import is_auto
from reassert.syntax.asyncio_marks import FIXTURE, fixture_uses
from reassert.syntax.bodies import own_nodes
from reassert.syntax.context import Context
from reassert.syntax.event_loops import asks_for_loop, is_overridden, without_parameter
from reassert.syntax.fixtures import EVENT_LOOP
from reassert.syntax.imports import imported_as
from reassert.syntax.module import FunctionNode
from reassert.syntax.statements import function_body, is_docstring

_LOOP = "asyncio"
_STARRED = "usefixtures"


class EventLoopToRunningLoop(Codemod[Context]):
    """https://pytest-asyncio.readthedocs.io/en/stable/reference/changelog.html."""

    title = "uses of the event_loop fixture, which is gone, become uses of the running loop"
    mentions = (b"event_loop",)
    refusals: ClassVar[Mapping[str, str]] = {
        "C-LOOP": "the project has a loop of its own, or there is no running loop where one is asked for",
        "C-SCOPE": "the fixture lives longer than the loop of a test",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Async tests and fixtures; sync tests are the matter of another rule."""
        edits: list[Edit] = []
        refusals: list[Refusal] = []
        for function in _functions(context) if EVENT_LOOP in context.module.parameters else ():
            parameter = asks_for_loop(function)
            qualname = context.module.qualname(function)
            if parameter is None or context.is_ignored(self.id, function, qualname):
                continue
            reason = next(_reasons(context, function), None)
            if reason is None:
                edits += _edits(context, function, parameter, Unit(self.id, qualname))
            elif reason != _CONVERTED:
                refusals.append(context.refusal(self.id, reason[0], parameter, qualname, reason[1]))
        refusals += self._named(context)
        return Rewrite(tuple(edits), tuple(refusals))

    def _named(self, context: Context) -> Iterator[Refusal]:
        """Where the name of the fixture is a string: marks, ``getfixturevalue``."""
        for string in context.module.strings_equal(EVENT_LOOP):
            call = context.module.call_of_argument(string)
            func = call.func if call is not None else None
            if isinstance(func, ast.Attribute) and func.attr in (_STARRED, "getfixturevalue"):
                reason = f"{func.attr} asks for a fixture that pytest-asyncio has no more"
                yield context.refusal(self.id, "C-LOOP", string, context.module.qualname(string), reason)


_CONVERTED = ("", "another rule converts it")


def _functions(context: Context) -> list[FunctionNode]:
    """The functions that pytest calls: tests and fixtures."""
    every: list[FunctionNode] = [
        *context.module.of(ast.FunctionDef),
        *context.module.of(ast.AsyncFunctionDef),
    ]
    return [f for f in every if _is_test(context, f) or _fixture(context, f) is not None]


def _is_test(context: Context, function: FunctionNode) -> bool:
    inner = any(isinstance(a, FunctionNode) for a in context.module.ancestors(function))
    return not inner and context.config.pytest.collects_function(function.name)


def _fixture(context: Context, function: FunctionNode) -> str | None:
    """The fixture's decorator, as a dotted name."""
    for decorator in function.decorator_list:
        name = context.module.resolve(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if name in (FIXTURE, "pytest.fixture"):
            return name
    return None


def _reasons(context: Context, function: FunctionNode) -> Iterator[tuple[str, str]]:
    module = context.module
    if is_overridden(context):
        yield "C-LOOP", "the project has an event_loop fixture, or a policy, of its own"
    if isinstance(function, ast.FunctionDef):
        if _is_run(context, function):
            yield _CONVERTED
        yield "C-LOOP", "there is no running loop in a sync function; let it be async"
    if any(use.is_wide for use in fixture_uses(module) if use.function is function):
        yield "C-SCOPE", "the fixture lives longer than the loop of a test"
    if _fixture(context, function) == "pytest.fixture" and not is_auto(context):
        yield "C-LOOP", "in strict mode this fixture hands on a coroutine"
    if any(not isinstance(n.ctx, ast.Load) for n in _uses(context, function)):
        yield "C-LOOP", "the name is bound anew"
    runs = [n for n in own_nodes(function) if isinstance(n, ast.Attribute) and n.attr.startswith("run_")]
    if any(isinstance(n.value, ast.Name) and n.value.id == EVENT_LOOP for n in runs):
        yield "C-LOOP", "the loop cannot be run while it is running"
    if function.args.posonlyargs or function.body[0].lineno == function.lineno:
        yield "C-LOOP", "the function is written in an unusual way"


def _is_run(context: Context, function: ast.FunctionDef) -> bool:
    """Whether it is a sync test that runs coroutines in the loop: that becomes async as a whole."""
    test = test_of(context, function)
    return test is not None and bool(Reading(context, test).runs)


def _uses(context: Context, function: FunctionNode) -> list[ast.Name]:
    return list(context.module.inside(function, context.module.names.get(EVENT_LOOP, ())))


def _edits(context: Context, function: FunctionNode, parameter: ast.arg, unit: Unit) -> Iterator[Edit]:
    """Inside of functions of its own, or several times, it is the running loop by a name."""
    yield without_parameter(context, function, parameter, unit)
    uses, module = _uses(context, function), context.module
    running = imported_as(context, _LOOP) + b".get_running_loop()"
    own = set(own_nodes(function))
    if len(uses) == 1 and uses[0] in own:
        yield context.replace(uses[0], [running], unit, imports=[_LOOP])
    elif uses:
        left = [s for i, s in enumerate(function.body) if i or not is_docstring(s)]
        without = [] if left == function.body else function.body[:1]
        body = function_body(context, function, without if left else [])
        parts: list[Part] = [body.indent, EVENT_LOOP.encode(), b" = ", running]
        start = body.span.start
        yield Edit(
            start,
            start,
            (*parts, module.source.newline.encode()),
            unit,
            imports=frozenset({_LOOP}),
            apart=True,
        )
