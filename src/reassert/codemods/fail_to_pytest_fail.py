"""``self.fail`` and ``self.failureException`` (spec A.2)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from reassert.model.edits import Edit, Part, Unit
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument
from reassert.syntax.assertions import AssertionCall, assertion_calls, in_scope
from reassert.syntax.calling import as_text, is_inside_lines, renamed_call, renamed_in_place, substituted
from reassert.syntax.classes import ClassInfo, Use
from reassert.syntax.context import Context
from reassert.syntax.draft import Draft
from reassert.syntax.exceptions import FAILURES, Catching, in_inner_function, redefines_failure
from reassert.syntax.imports import imported_as
from reassert.syntax.texts import is_text

_NAMES = frozenset({"fail"})
# Parameters of helpers that hold a message or None; pytest.fail takes both.
_MESSAGES = frozenset({"msg", "message", "reason"})


class FailToPytestFail(Codemod[Context]):
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest-fail."""

    title = "self.fail becomes pytest.fail"
    mentions = (b".fail",)
    refusals: ClassVar[Mapping[str, str]] = {
        "A-EXPR": "the method is used as a value, or called in a lambda",
        "A-RECEIVER": "not called on the test instance itself, or with arguments that do not fit",
        "A-TYPEFUNC": "the class defines fail, or what a failure is, itself",
        "A-RAISES-META": "the failure may be caught, and a raise statement cannot stand there",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """``pytest.fail``, or ``raise AssertionError`` where the failure may be caught."""
        work = _Conversion(context, self.id)
        calls, refusals = assertion_calls(context, self.id, _NAMES)
        work.refusals += refusals
        if calls:
            work.catching = Catching(context, FAILURES)
        for call in calls:
            work.call(call)
        for owner, use in _exception_uses(context):
            work.exception(owner, use)
        return work.rewrite()


def _exception_uses(context: Context) -> Iterator[tuple[ClassInfo, Use]]:
    for owner in context.classes.all:
        if in_scope(context, owner):
            yield from ((owner, u) for u in owner.uses.attributes if u.name == "failureException")


class _Conversion(Draft):
    """One file's uses."""

    def __init__(self, context: Context, rule_id: str) -> None:
        super().__init__(context, rule_id)
        self.catching: Catching | None = None

    def call(self, call: AssertionCall) -> None:
        """One ``self.fail(...)``."""
        bound = call.bind("msg")
        hidden = self._is_hidden(call)
        problem = _problem(self.context, call, hidden) if bound is not None else _MISFIT
        if problem is not None or bound is None:
            self.refusals.append(call.refuse(self.rule_id, *(problem or _MISFIT)))
            return
        unit = call.unit(self.rule_id)
        if hidden:
            parts, imports = self._with_message(call, bound.get("msg"), b"raise AssertionError"), []
        else:
            head = imported_as(self.context, "pytest") + b".fail"
            if is_inside_lines(self.context, call.call):
                self._in_place(call, head, bound.get("msg"))
                return
            parts, imports = self._with_message(call, bound.get("msg"), head), ["pytest"]
        self.edits.append(self.context.replace(call.call, parts, unit, imports=imports))
        self.handled.add(id(call.attribute))

    def _in_place(self, call: AssertionCall, head: bytes, message: Argument | None) -> None:
        text = message is None or self._is_message(message.node)
        unit = call.unit(self.rule_id)
        first, *more = renamed_in_place(self.context, call.call, head, unit, message, text=text)
        self.edits += [replace(first, imports=frozenset({"pytest"})), *more]
        self.handled.add(id(call.attribute))

    def _is_hidden(self, call: AssertionCall) -> bool:
        """Whether something may catch the failure: a handler, or who calls the function that it stands in."""
        if in_inner_function(self.context, call.call, call.method):
            return True
        return self.catching is not None and self.catching.holds(call.call, call.method)

    def _with_message(self, call: AssertionCall, message: Argument | None, head: bytes) -> list[Part]:
        silent = message is None or (isinstance(message.node, ast.Constant) and message.node.value is None)
        if message is None or (silent and not call.arguments.has_comments):
            return [head + (b"" if head.startswith(b"raise") else b"()")]
        parts = renamed_call(self.context, call.call, head)
        if message.keyword is not None:
            keyword = self.context.module.span(call.call.keywords[0])
            parts = substituted(parts, keyword.start, message.span.start, b"")
        if head.startswith(b"raise") or self._is_message(message.node):
            return parts
        return as_text(self.context, call.call, parts, message)

    def _is_message(self, node: ast.expr) -> bool:
        """Whether pytest.fail takes it as it is; it wants a string or None."""
        if isinstance(node, ast.Constant) and node.value is None:
            return True
        return is_text(self.context, node) or (isinstance(node, ast.Name) and node.id in _MESSAGES)

    def exception(self, owner: ClassInfo, use: Use) -> None:
        """One ``self.failureException``."""
        qualname = f"{owner.qualname}.{use.method.name}"
        if self.context.is_ignored(self.rule_id, use.node, qualname):
            return
        if redefines_failure(self.context, owner) or "AssertionError" in self.context.module.rebound:
            reason = "failureException is defined again by a class of the hierarchy"
            self.refusals.append(self.context.refusal(self.rule_id, "A-TYPEFUNC", use.node, qualname, reason))
            return
        span = self.context.module.span(use.node)
        self.edits.append(Edit(span.start, span.end, (b"AssertionError",), Unit(self.rule_id, qualname)))
        self.handled.add(id(use.node))


_MISFIT = ("A-RECEIVER", "the arguments do not fit")


def _problem(context: Context, call: AssertionCall, hidden: bool) -> tuple[str, str] | None:
    if redefines_failure(context, call.owner):
        return "A-TYPEFUNC", "failureException is defined again by a class of the hierarchy"
    if hidden and call.statement is None:
        if any(isinstance(a, ast.Lambda) for a in context.module.ancestors(call.call)):
            return "A-EXPR", "who calls the lambda may catch the failure, and a lambda cannot raise"
        return "A-RAISES-META", "code around the call catches its failure"
    return None
