"""Assertions of one test that are copies of one another become rows of it (spec F.4); opt-in.

It is not safe: a test stops at its first failure, its rows all run, each with a set-up of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Edit, Span, Unit
from reassert.model.outcomes import Safety
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.cells import cell, whole
from reassert.syntax.context import Context
from reassert.syntax.copies import Group, group_of
from reassert.syntax.draft import Draft
from reassert.syntax.imports import imported_as
from reassert.syntax.parameter_names import parameter_names
from reassert.syntax.parametrize import REFUSALS, Objection, Row, Table, decorator
from reassert.syntax.remarks import comments_in
from reassert.syntax.siblings import Scope, Sibling, known_elsewhere, knows_its_test, scopes
from reassert.syntax.skeletons import documented, skeleton_of
from reassert.syntax.statements import definition_start, line_start, line_stop, name_span

_FEWEST = 3
# What is called in an assertion may be asked again without an effect, as far as its name tells.
_CHANGING = (
    "append",
    "add",
    "pop",
    "next",
    "read",
    "write",
    "set",
    "update",
    "remove",
    "clear",
    "close",
    "insert",
)


class RepeatedAssertsToParametrize(Codemod[Context]):
    """https://docs.pytest.org/en/stable/how-to/parametrize.html."""

    title = "a test that repeats one assertion with other values gets a table of them"
    mentions = (b"def test",)
    profile = Profile.IDIOMATIC
    late = True
    safety = Safety.UNSAFE
    runs_after = ("duplicate_tests_to_parametrize",)
    refusals: ClassVar[Mapping[str, str]] = {
        code: REFUSALS[code]
        for code in ("PARAM-IMPURE", "PARAM-STATEFUL-LOOP", "PARAM-STRUCTURE", "PARAM-TOO-MANY")
    }

    def rewrite(self, context: Context) -> Rewrite:
        """A table for each test whose body is one assertion, again and again."""
        work = _Work(context, self.id)
        if context.config.unsafe_fixes and imported_as(context, "pytest") == b"pytest":
            for scope in scopes(context):
                for sibling in scope.siblings:
                    work.test(scope, sibling)
        return work.rewrite()


class _Work(Draft):
    """One file."""

    def test(self, scope: Scope, sibling: Sibling) -> None:
        """One test: its rows, or why it has none, or nothing if it does not repeat itself."""
        function = sibling.function
        qualname = scope.qualname + sibling.name
        body = [s for s in function.body if s is not documented(function)]
        asserts = [s for s in body if isinstance(s, ast.Assert)]
        if len(asserts) < _FEWEST or len(asserts) < len(body) or sibling.table is not None:
            return
        if self.context.is_ignored(self.rule_id, function, qualname) or sibling.name in scope.repeated:
            return
        read = [replace(sibling, skeleton=skeleton_of(self.context.module, function, [s])) for s in asserts]
        if len({r.skeleton.fine for r in read}) > 1:
            return
        found = self._objection(scope, asserts, sibling) or group_of(scope, read)
        if isinstance(found, Objection):
            self.refusals.append(
                self.context.refusal(self.rule_id, found.code, asserts[0], qualname, found.reason)
            )
        else:
            self._split(found, asserts, Unit(self.rule_id, qualname))

    def _objection(self, scope: Scope, asserts: Sequence[ast.Assert], sibling: Sibling) -> Objection | None:
        held = known_elsewhere(scope, sibling.name)
        if held:
            return Objection("PARAM-STRUCTURE", f"{held}; its cases have other names")
        if knows_its_test(self.context):
            return Objection("PARAM-IMPURE", "something in the file asks which test runs")
        if any(_may_change(node) for a in asserts for node in ast.walk(a.test)):
            return Objection("PARAM-STATEFUL-LOOP", "an assertion may change what the next one sees")
        return None

    def _split(self, group: Group, asserts: Sequence[ast.Assert], unit: Unit) -> None:
        context, function = self.context, group.first.function
        names = parameter_names(group)
        rows = [
            Row(
                tuple(cell(context, p.values[index]) for p in group.parameters),
                above=tuple(self._comments(function, asserts, index)),
            )
            for index in range(len(asserts))
        ]
        layout = context.layout(function)
        start = definition_start(context, function)
        table = decorator(layout, Table(names, tuple(rows)))
        self.edits.append(
            Edit(start, start, (layout.indent, *table, layout.newline), unit, imports=frozenset({"pytest"}))
        )
        self.edits += _arguments(context, function, names, unit)
        for parameter, name in zip(group.parameters, names, strict=True):
            for place in parameter.places:
                span = whole(context, place)
                self.edits.append(Edit(span.start, span.end, (name.encode(),), unit))
        self.edits.append(self._rest(asserts, unit))
        for comment in self._own_comments(function, asserts, 0):
            self.edits.append(Edit(*_line_of(context, comment), (), unit, swallows=True))
        for owner in (group.scope.qualname, *(f"{heir.qualname}." for heir in group.scope.heirs)):
            self.splits[owner + function.name] = (function.name,)

    def _rest(self, asserts: Sequence[ast.Assert], unit: Unit) -> Edit:
        """All assertions but the first go, with what stands between them."""
        span = self.context.module.span
        start = line_stop(self.context, span(asserts[0]).end)
        return Edit(start, line_stop(self.context, span(asserts[-1]).end), (), unit, swallows=True)

    def _own_comments(self, function: ast.AST, asserts: Sequence[ast.Assert], index: int) -> Iterator[Span]:
        """The comments above an assertion and behind it, behind the one before it."""
        span = self.context.module.span
        before = asserts[index - 1] if index else None
        if before is not None:
            start = line_stop(self.context, span(before).end)
        else:
            start = line_start(self.context, span(asserts[0]).start)
            start = min([start, *(c.start for c in self._above(function, asserts[0]))])
        yield from comments_in(self.context, Span(start, line_stop(self.context, span(asserts[index]).end)))

    def _above(self, function: ast.AST, first: ast.Assert) -> list[Span]:
        end = self.context.module.span(first).start
        return comments_in(self.context, Span(self.context.module.span(function).start, end))

    def _comments(self, function: ast.AST, asserts: Sequence[ast.Assert], index: int) -> Iterator[bytes]:
        buffer = self.context.source.buffer
        yield from (buffer[c.start : c.end] for c in self._own_comments(function, asserts, index))


def _may_change(node: ast.AST) -> bool:
    """Whether a part of an assertion changes something, as far as its form and its name tell."""
    if isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield)):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name.lstrip("_").startswith(_CHANGING)


def _arguments(
    context: Context, function: ast.FunctionDef | ast.AsyncFunctionDef, names: Sequence[str], unit: Unit
) -> Iterator[Edit]:
    if function.args.args:
        end = context.module.span(function.args.args[-1]).end
        yield Edit(end, end, (f", {', '.join(names)}".encode(),), unit)
    else:
        end = context.source.buffer.index(b"(", name_span(context, function).end) + 1
        yield Edit(end, end, (", ".join(names).encode(),), unit)


def _line_of(context: Context, comment: Span) -> Span:
    start = line_start(context, comment.start)
    before = context.source.buffer[start : comment.start]
    if before.strip():
        return Span(start + len(before.rstrip()), comment.end)
    return Span(start, line_stop(context, comment.end))
