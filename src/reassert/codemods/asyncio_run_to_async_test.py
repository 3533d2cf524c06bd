"""A sync test that does nothing but run a coroutine in a loop of its own becomes an async test (spec C.5)."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Unit
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.async_bodies import Awaiting, Reading, Test, objections
from reassert.syntax.async_tests import Reason, is_auto
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.draft import Draft
from reassert.syntax.fixtures import EVENT_LOOP
from reassert.syntax.loop_attributes import ClassLoops, class_loops, loop_tests, set_up_reason
from reassert.syntax.siblings import scopes
from reassert.syntax.statements import remove_definition, remove_statement


class AsyncioRunToAsyncTest(Codemod[Context]):
    """https://docs.python.org/3/library/asyncio-runner.html."""

    title = "tests that run a coroutine in a loop of their own become async tests"
    mentions = (b"asyncio",)
    profile = Profile.CLASSES
    refusals: ClassVar[Mapping[str, str]] = {
        "C-AUTO": "another plugin would run the test",
        "C-LOOP": "it is not certain that one running loop for the whole test changes nothing",
        "C-SCOPE": "the test would share its loop with others",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Nothing where the project has no pytest-asyncio: pytest runs such tests as they are."""
        asks = EVENT_LOOP in context.module.parameters
        if not (asks or is_auto(context) or context.config.has_plugin("pytest-asyncio")):
            return Rewrite()
        work = _Work(context, self.id)
        work.plain()
        work.testcases()
        return work.rewrite()


class _Work(Draft):
    """One file."""

    def plain(self) -> None:
        """The tests of the module and of plain classes."""
        for scope in scopes(self.context):
            reason = set_up_reason(self.context, scope.owner) if scope.owner else None
            for function in scope.tests:
                if isinstance(function, ast.FunctionDef):
                    self._test(Test(function, scope.owner), reason)

    def testcases(self) -> None:
        """The tests of TestCases, together with the loops that their classes make."""
        for info in self.context.classes.all:
            if self.context.classes.component(info).is_sync_unittest and not info.local:
                loops = class_loops(self.context, info, self.rule_id)
                for test in loop_tests(info, loops):
                    self._test(test, loops.reason)
                if loops.reason is None:
                    self._loops(info, loops)

    def _loops(self, info: ClassInfo, loops: ClassLoops) -> None:
        """Remove what makes and closes the loops, and the methods that run coroutines in them."""
        unit = Unit(self.rule_id, info.qualname)
        gone = loops.managing[info]
        for statement in gone:
            self.edits.append(remove_statement(self.context, statement, unit, info, gone))
            self.handled |= {id(n) for n in self.context.module.subtree(statement)}
        for owner, function in loops.runners.values() if loops.attributes else ():
            if owner is info:
                self.edits.append(remove_definition(self.context, function, unit, info))

    def _test(self, test: Test, held: Reason | None) -> None:
        reading, name = Reading(self.context, test), self.context.module.qualname(test.function)
        if not reading.runs or self.context.is_ignored(self.rule_id, test.function, name):
            return
        reason = held or reading.objection() or next(objections(self.context, test), None)
        if reason is not None:
            code, words = reason
            at = reading.runs[0].call
            self.refusals.append(self.context.refusal(self.rule_id, code, at, name, words))
            return
        work = Awaiting(reading, Unit(self.rule_id, name))
        self.edits += work.edits()
