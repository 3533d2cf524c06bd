"""IsolatedAsyncioTestCase: async tests and async fixtures of pytest-asyncio (spec C.1, C.2)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.async_checks import awaiting_problems, cleanup_problems
from reassert.syntax.async_state import async_problems, needs_loop
from reassert.syntax.async_tests import async_fixture, marked
from reassert.syntax.classes import ClassInfo
from reassert.syntax.cleanups import arrange
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode
from reassert.syntax.set_up_text import set_up_rewrite
from reassert.syntax.setup_chain import Problem
from reassert.syntax.statements import at_the_top

_BASE = "unittest.IsolatedAsyncioTestCase"
# The rules that take over decorators of tests which are no others than before.
_TABLES = (
    "absl_parameterized_to_parametrize",
    "ddt_to_parametrize",
    "parameterized_to_parametrize",
    "unittest_parametrize_to_parametrize",
    "unittest_skip_to_pytest_mark",
)
_WHY_A_LOOP = "Sync tests have an event loop, too."


class IsolatedAsyncioToAsyncTests(Codemod[Context]):
    """https://docs.python.org/3/library/unittest.html#unittest.IsolatedAsyncioTestCase."""

    title = "IsolatedAsyncioTestCase becomes async tests and async fixtures of pytest-asyncio"
    runs_after = ("testcase_settings_to_nothing", *_TABLES)
    mentions = (b"IsolatedAsyncioTestCase",)
    refusals: ClassVar[Mapping[str, str]] = {
        "B-DYNAMIC": "setUp, tearDown or their async likes are defined conditionally or twice",
        "B-GENTEST": "asyncSetUp or asyncTearDown is a generator: unittest never ran its body",
        "B-INTERNALS": "set-up that is no plain method of one parameter, or a synchronous asyncSetUp",
        "B-MRO": "set-up of several bases, or of classes that are not all asynchronous",
        "B-NAME": "the class has methods that pytest calls by name, or uses the name of a fixture",
        "C-AUTO": "another plugin runs the async tests of the class or its file",
        "C-CLEANUP": "whether unittest awaits a cleanup is not what the way it is registered says",
        "C-CONFIG": "the version of pytest-asyncio is too old for fixtures of classes",
        "C-CTXVAR": "a context variable is set in a test that has a tear-down, or where a test cannot see it",
        "C-DEBUG": "the test looks at the debug mode that unittest's loop is in",
        "C-LOOP": "the class has a loop of its own kind, or code of it runs a loop",
        "C-SCOPE": "tests or fixtures would share their loop with others",
        "C-VACUOUS": "an async test, or its set-up, that may never have been awaited",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Set-up, then the classes and their tests, of every asynchronous component."""
        mine = [c for c in context.classes.all if context.classes.component(c).is_async]
        mine = [c for c in mine if not context.is_ignored(self.id, c.node, c.qualname)]
        if not mine:
            return Rewrite()
        rewrite = set_up_rewrite(context, self.id, is_async=True)
        blocked: defaultdict[str, tuple[Refusal, ...]] = defaultdict(tuple, rewrite.blocked)
        for info in mine:
            for p in self._problems(context, info):
                refusal = context.refusal(self.id, p.code, p.node, info.qualname, p.reason)
                blocked[info.qualname] = (*blocked[info.qualname], refusal)
        edits = [edit for info in mine for edit in (*self._loop(context, info), *self._marks(context, info))]
        bases = {id(e) for c in mine for b, e in zip(c.bases, c.node.bases, strict=True) if b == _BASE}
        return replace(
            rewrite,
            edits=(*rewrite.edits, *edits),
            blocked=dict(blocked),
            handled=rewrite.handled | bases,
        )

    def _problems(self, context: Context, info: ClassInfo) -> Iterator[Problem]:
        arrangement = arrange(context, context.classes.component(info))
        yield from async_problems(context, info, arrangement)
        yield from cleanup_problems(context, info, arrangement.cleanups)
        yield from awaiting_problems(context, info)

    def _loop(self, context: Context, info: ClassInfo) -> Iterator[Edit]:
        """A fixture that does nothing: with it pytest-asyncio makes a loop for sync tests, too."""
        component = context.classes.component(info)
        if needs_loop(context, info, arrange(context, component)):
            fixture, module = async_fixture(context)
            name = "_event_loop"
            while name in component.attributes:
                name += "_"
            rows = [
                f"@{fixture.decode()}(autouse=True)",
                f"async def {name}(self):",
                f'\t"""{_WHY_A_LOOP}"""',
                "",
            ]
            yield at_the_top(context, info, rows, Unit(self.id, info.qualname), module)

    def _marks(self, context: Context, info: ClassInfo) -> Iterator[Edit]:
        """What strict mode wants: one mark for a class of none but async tests, else one for each of them."""
        if any(_is_whole(context, ancestor) for ancestor in info.mro[1:]):
            return
        tests = [f for f in info.tests if isinstance(f, ast.AsyncFunctionDef)]
        nodes: list[FunctionNode | ast.ClassDef] = [info.node] if _is_whole(context, info) else [*tests]
        for node in nodes:
            yield from marked(context, node, Unit(self.id, info.qualname), info)


def _is_whole(context: Context, info: ClassInfo) -> bool:
    """Whether a class has async tests, and every class that inherits its mark has no others."""
    runners = [info, *context.classes.heirs(info)]
    tests = (f for runner in runners for f in _tests(runner))
    return bool(info.tests) and all(isinstance(f, ast.AsyncFunctionDef) for f in tests)


def _tests(info: ClassInfo) -> Iterator[FunctionNode]:
    """The tests that run for a class."""
    found: dict[str, FunctionNode] = {}
    for owner in info.mro:
        for test in owner.tests:
            found.setdefault(test.name, test)
    yield from found.values()
