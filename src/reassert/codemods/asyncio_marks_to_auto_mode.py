"""Marks and fixtures of pytest-asyncio that auto mode makes superfluous (spec C.1, C.3, C.4)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

from reassert.model.edits import Edit, Span, Unit
from reassert.model.facts import AsyncioVerdict, Remark
from reassert.model.outcomes import Location, Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.asyncio_marks import (
    MARK,
    PYTESTMARK,
    Bound,
    FixtureUse,
    Scope,
    called_fixtures,
    definitions_of,
    fixture_uses,
    kind_of,
    pytestmarks,
    scope_mark,
)
from reassert.syntax.comments import comments_in
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.statements import line_start, line_stop, remove_statement

_COMMA = re.compile(rb"\s*,\s*")
_BEHIND = re.compile(rb"[ \t]*,[ \t]*(?=#)|[ \t]*,?[ \t]*(?:\r?\n|\r)")
_AT = re.compile(rb"[ \t]*@[ \t]*")


class AsyncioMarksToAutoMode(Codemod[Context]):
    """https://pytest-asyncio.readthedocs.io/en/stable/concepts.html#test-discovery-modes."""

    title = "Marks of pytest-asyncio go, and the project goes to auto mode"
    mentions = (b".asyncio", b"pytest_asyncio")
    needs = frozenset({"auto_mode"})
    refusals: ClassVar[Mapping[str, str]] = {
        "C-AUTO": "another plugin runs async tests, too, and auto mode would take them over",
        "C-CONFIG": "the configuration of pytest that counts is not certain, or cannot be changed",
        "C-LOOP": "the project has an event loop of its own",
        "C-SCOPE": "the fixture lives in a loop of its own scope; one for all fixtures would break it",
        "C-SYNCFIX": "only pytest-asyncio's own fixture does this, or it is no decorator",
        "C-VACUOUS": "auto mode would run something that does not run today",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """What the verdict on the whole project asks of this file."""
        verdict = context.facts.asyncio
        if verdict is None:
            return Rewrite()
        work = _Conversion(context, self.id, verdict)
        if not verdict.auto:
            return Rewrite(refusals=tuple(work.reasons()))
        return work.rewrite()


class _Conversion:
    """One file."""

    def __init__(self, context: Context, rule_id: str, verdict: AsyncioVerdict) -> None:
        self.context = context
        self.rule_id = rule_id
        self.verdict = verdict
        self.module = context.module
        self.refusals: list[Refusal] = []

    def reasons(self) -> Iterator[Refusal]:
        """Why the file stays in strict mode, as far as that is to be told here."""
        path, unit = self.context.source.path, Unit(self.rule_id, "<module>")
        remarks = list(self.verdict.remarks)
        code, words = self.verdict.why
        if code:
            at = self.context.location(self._first())
            remarks.append(Remark(at.line, at.column, code, words))
        for line, column, why, reason in ((r.line, r.column, r.code, r.reason) for r in remarks):
            yield Refusal(self.rule_id, why, Location(path, line, column), unit, reason)

    def _first(self) -> ast.AST:
        """The first mark or fixture of pytest-asyncio; else the first statement."""
        fixtures = [use.decorator for use in fixture_uses(self.module)]
        marks = [
            n for n in self.module.attributes_by_name.get("asyncio", ()) if self.module.resolve(n) == MARK
        ]
        return min([*fixtures, *marks], key=lambda n: n.lineno, default=self.module.tree.body[0])

    def rewrite(self) -> Rewrite:
        """Remove and replace."""
        edits = [*self._decorators(), *self._module_marks(), *self._fixtures()]
        for call in called_fixtures(self.module):
            unit, reason = self.module.qualname(call), "it is called and no decorator: it stays as it is"
            self.refusals.append(self.context.refusal(self.rule_id, "C-SYNCFIX", call, unit, reason))
        return Rewrite(tuple(edits), tuple(self.refusals))

    # -- decorators ------------------------------------------------------------------------------------------

    def _decorators(self) -> Iterator[Edit]:
        for node in definitions_of(self.module):
            marks = [d for d in node.decorator_list if kind_of(self.module, d)]
            if marks and not self._is_ignored(node):
                unit = self._unit(node)
                yield from (e for d in marks for e in self._scope_argument(d, unit))
                if not self._has_scope(node, marks):
                    bare = (self._without(d, unit) for d in marks)
                    yield from (edit for edit in bare if edit is not None)

    def _is_ignored(self, node: ast.AST) -> bool:
        return self.context.is_ignored(self.rule_id, node, self.module.qualname(node))

    def _unit(self, node: ast.AST) -> Unit:
        return Unit(self.rule_id, self.module.qualname(node))

    def _has_scope(self, node: ast.AST, marks: Sequence[ast.expr]) -> bool:
        """Whether a mark with a loop scope is near, which counts as soon as the one without is gone."""
        if self.verdict.in_scope or any(kind_of(self.module, mark) == "scoped" for mark in marks):
            return True
        scopes: list[Scope] = [
            a for a in self.module.ancestors(node) if isinstance(a, (ast.ClassDef, ast.Module))
        ]
        scopes += [node] if isinstance(node, ast.ClassDef) else []
        named = {scope.name for scope in scopes if isinstance(scope, ast.ClassDef)}
        return not named.isdisjoint(self.verdict.scoped) or any(
            scope_mark(self.module, scope) == "scoped" for scope in scopes
        )

    def _without(self, decorator: ast.expr, unit: Unit) -> Edit | None:
        """Remove a decorator with its line; a comment behind it stays. None where the line holds more."""
        span, buffer = self.module.span(decorator), self.context.source.buffer
        start, stop = line_start(self.context, span.start), line_stop(self.context, span.end)
        if not _AT.fullmatch(buffer[start : span.start]):
            return None
        rest = buffer[span.end : stop]
        if not rest.strip():
            return Edit(start, stop, (), unit)
        comment = span.end + len(rest) - len(rest.lstrip())
        return Edit(buffer.index(b"@", start), comment, (), unit) if rest.lstrip()[:1] == b"#" else None

    def _scope_argument(self, mark: ast.expr, unit: Unit) -> Iterator[Edit]:
        """``scope`` is the old name of ``loop_scope``."""
        keywords = mark.keywords if isinstance(mark, ast.Call) else []
        names = [k.arg for k in keywords]
        if self.verdict.renames and names == ["scope"]:
            at = self.module.span(keywords[0]).start
            yield Edit(at, at, (b"loop_",), unit)

    # -- pytestmark ------------------------------------------------------------------------------------------

    def _module_marks(self) -> Iterator[Edit]:
        scopes: list[Scope] = [self.module.tree, *self.module.classes]
        for scope in scopes if PYTESTMARK.encode() in self.context.source.buffer else ():
            for bound in pytestmarks(self.module, scope):
                if not self._is_ignored(bound.statement):
                    unit = self._unit(scope)
                    yield from (e for m in bound.marks for e in self._scope_argument(m, unit))
                    if self._may_go(scope, bound):
                        yield from self._fewer(bound, unit)

    def _may_go(self, scope: Scope, bound: Bound) -> bool:
        marks = [m for m in bound.marks if kind_of(self.module, m)]
        uses = self.module.names[PYTESTMARK]
        is_read = any(isinstance(name.ctx, ast.Load) for name in uses)
        return bool(marks) and bound.alone and not is_read and not self._has_scope(scope, marks)

    def _fewer(self, bound: Bound, unit: Unit) -> Iterator[Edit]:
        """The statement without the marks; without the statement if there are no others."""
        gone = [kind_of(self.module, mark) == "bare" for mark in bound.marks]
        remarks = list(comments_in(self.module, bound.statement))
        if all(gone) and not remarks:
            if self.context.stands_alone(bound.statement):
                yield self._removal(bound.statement, unit)
            return
        if remarks:
            rows = zip(bound.marks, gone, strict=True)
            yield from (e for mark, goes in rows if goes and not all(gone) for e in self._row(mark, unit))
            return
        spans = [self.module.span(mark) for mark in bound.marks]
        last = max(index for index, is_gone in enumerate(gone) if not is_gone)
        cuts = [Span(spans[i].start, spans[i + 1].start) for i in range(last) if gone[i]]
        cuts += [Span(spans[last].end, spans[-1].end)] if gone[-1] else []
        buffer = self.context.source.buffer
        between = [buffer[left.end : right.start] for left, right in pairwise(spans)]
        if all(_COMMA.fullmatch(text) for text in between):
            yield from (Edit(cut.start, cut.end, (), unit) for cut in cuts)

    def _row(self, mark: ast.expr, unit: Unit) -> Iterator[Edit]:
        """A mark that has a line of its own goes with it; a comment behind it stays."""
        span, buffer = self.module.span(mark), self.context.source.buffer
        start, stop = line_start(self.context, span.start), line_stop(self.context, span.end)
        before, behind = buffer[start : span.start], _BEHIND.match(buffer, span.end, stop)
        if not before.strip() and behind:
            edges = (start, stop) if behind.end() == stop else (span.start, behind.end())
            yield Edit(*edges, (), unit, swallows=True)

    def _removal(self, statement: ast.stmt, unit: Unit) -> Edit:
        """The statement with its line; of the blank lines around it those before it go, too."""
        edit = remove_statement(self.context, statement, unit, None)
        buffer, start = self.context.source.buffer, edit.start
        at_end = not buffer[edit.end :].strip()
        is_line = not edit.parts and buffer[edit.end - 1 : edit.end] in (b"\n", b"\r")
        if not is_line or not (at_end or buffer[edit.end : edit.end + 1] in (b"\n", b"\r")):
            return edit
        while start and not buffer[line_start(self.context, start - 1) : start].strip():
            start = line_start(self.context, start - 1)
        return Edit(start, edit.end, (), unit, swallows=True)

    # -- fixtures --------------------------------------------------------------------------------------------

    def _fixtures(self) -> Iterator[Edit]:
        for use in fixture_uses(self.module):
            if self._is_ignored(use.function):
                continue
            reason = self._reason(use)
            if reason:
                unit = self.module.qualname(use.function)
                self.refusals.append(
                    self.context.refusal(self.rule_id, reason[0], use.decorator, unit, reason[1])
                )
            else:
                new = imported_as(self.context, "pytest") + b".fixture"
                yield self.context.replace(use.name, [new], self._unit(use.function), imports=["pytest"])

    def _reason(self, use: FixtureUse) -> tuple[str, str] | None:
        """Why pytest's own fixture cannot stand for one of pytest-asyncio."""
        if use.is_wide and not self.verdict.is_set:
            return (
                "C-SCOPE",
                "no loop scope is given or configured: the fixture has the loop of its own scope",
            )
        if not isinstance(use.function, ast.AsyncFunctionDef):
            return "C-SYNCFIX", "a sync fixture of pytest-asyncio has an event loop, one of pytest has none"
        if not use.is_plain:
            return "C-SYNCFIX", "it has a loop scope, or another decorator, that pytest.fixture does not know"
        return None
