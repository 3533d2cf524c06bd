"""``self.skipTest`` and ``raise unittest.SkipTest`` (spec A.2)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

from reassert.model.edits import Part, Unit
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument, read_arguments
from reassert.syntax.assertions import AssertionCall, assertion_calls, in_scope
from reassert.syntax.calling import as_text, is_inside_lines, renamed_call, renamed_in_place, substituted
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.draft import Draft
from reassert.syntax.exceptions import SKIPS, Catching, in_inner_function
from reassert.syntax.imports import imported_as
from reassert.syntax.module import FunctionNode
from reassert.syntax.standalone import spelled
from reassert.syntax.texts import is_text

_NAMES = frozenset({"skipTest"})


class SkipTestToPytestSkip(Codemod[Context]):
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest-skip."""

    title = "self.skipTest becomes pytest.skip"
    mentions = (b"skipTest", b"SkipTest")
    refusals: ClassVar[Mapping[str, str]] = {
        "A-EXPR": "the method is used as a value, or called in a lambda",
        "A-RECEIVER": "not called on the test instance itself, or with arguments that do not fit",
        "A-TYPEFUNC": "the class defines skipTest itself",
        "A-RAISES-META": "the skip may be caught, and a raise statement cannot stand there",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """``pytest.skip`` in classes that climb; ``raise unittest.SkipTest`` where the skip may be caught."""
        work = _Conversion(context, self.id)
        calls, refusals = assertion_calls(context, self.id, _NAMES)
        work.refusals += refusals
        for call in calls:
            work.call(call)
        for owner, method, node in _skip_raises(context):
            work.raised(owner, method, node)
        return work.rewrite()


class _Conversion(Draft):
    """One file's skips."""

    @cached_property
    def catching(self) -> Catching:
        """Where a skip may be caught."""
        return Catching(self.context, SKIPS)

    def _is_hidden(self, node: ast.AST, method: FunctionNode) -> bool:
        """Whether something may catch the skip: a handler, or who calls the function that it stands in."""
        return in_inner_function(self.context, node, method) or self.catching.holds(node, method)

    def call(self, call: AssertionCall) -> None:
        """One ``self.skipTest(...)``."""
        bound = call.bind("reason")
        hidden = self._is_hidden(call.call, call.method)
        if not bound:
            self.refusals.append(call.refuse(self.rule_id, "A-RECEIVER", "the arguments do not fit"))
        elif not hidden:
            self._skip(call, bound["reason"])
        elif call.statement is not None:
            self._raise(call, bound["reason"])
        elif any(isinstance(a, ast.Lambda) for a in self.context.module.ancestors(call.call)):
            reason = "who calls the lambda may catch the skip, and a lambda cannot raise"
            self.refusals.append(call.refuse(self.rule_id, "A-EXPR", reason))
        else:
            reason = "code around the call catches the skip"
            self.refusals.append(call.refuse(self.rule_id, "A-RAISES-META", reason))

    def _skip(self, call: AssertionCall, reason: Argument) -> None:
        head = imported_as(self.context, "pytest") + b".skip"
        if is_inside_lines(self.context, call.call):
            self._in_place(call, head, reason)
            return
        parts = self._as_text(call.call, renamed_call(self.context, call.call, head), reason)
        self._replace(call, parts, frozenset({"pytest"}))

    def _in_place(self, call: AssertionCall, head: bytes, reason: Argument) -> None:
        text, unit = is_text(self.context, reason.node), call.unit(self.rule_id)
        edits = renamed_in_place(self.context, call.call, head, unit, reason, text=text)
        needed = frozenset({"pytest"})
        self.edits += [replace(e, requires=call.owner.qualname, imports=needed) for e in edits]
        self.handled.add(id(call.attribute))

    def _raise(self, call: AssertionCall, reason: Argument) -> None:
        name, imports = spelled(self.context, "SkipTest")
        parts = renamed_call(self.context, call.call, b"raise " + name)
        if reason.keyword is not None:
            start = self.context.module.span(call.call.keywords[0]).start
            parts = substituted(parts, start, reason.span.start, b"")
        self._replace(call, parts, imports)

    def _replace(self, call: AssertionCall, parts: list[Part], imports: frozenset[str]) -> None:
        unit = call.unit(self.rule_id)
        self.edits.append(self.context.replace(call.call, parts, unit, requires=call.owner, imports=imports))
        self.handled.add(id(call.attribute))

    def _as_text(self, call: ast.Call, parts: list[Part], reason: Argument) -> list[Part]:
        """pytest.skip wants a string."""
        return parts if is_text(self.context, reason.node) else as_text(self.context, call, parts, reason)

    def raised(self, owner: ClassInfo, method: FunctionNode, node: ast.Raise) -> None:
        """One ``raise unittest.SkipTest(...)``; where it may be caught it stays."""
        unit = Unit(self.rule_id, f"{owner.qualname}.{method.name}")
        parts = self._raised_parts(node)
        stays = self.context.is_ignored(self.rule_id, node, unit.qualname) or self._is_hidden(node, method)
        if parts is not None and not stays:
            self.edits.append(self.context.replace(node, parts, unit, requires=owner, imports=["pytest"]))

    def _raised_parts(self, node: ast.Raise) -> list[Part] | None:
        head = imported_as(self.context, "pytest") + b".skip"
        if not isinstance(node.exc, ast.Call):
            return [head + b"()"]
        arguments = read_arguments(self.context.module, node.exc)
        if arguments.starred or len(arguments.items) > 1 or node.exc.keywords:
            return None
        parts = renamed_call(self.context, node.exc, head)
        return self._as_text(node.exc, parts, arguments.items[0]) if arguments.items else parts


def _skip_raises(context: Context) -> Iterator[tuple[ClassInfo, FunctionNode, ast.Raise]]:
    """Every ``raise unittest.SkipTest`` in a method of a test class, without those that have a cause."""
    owners = {f: info for info in context.classes.all if in_scope(context, info) for f in info.functions}
    for node in context.module.of(ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if raised is None or node.cause is not None or context.module.resolve(raised) != "unittest.SkipTest":
            continue
        for around in context.module.ancestors(node):
            if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)) and around in owners:
                yield owners[around], around, node
                break
