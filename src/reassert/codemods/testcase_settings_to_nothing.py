"""Assignments of maxDiff, longMessage and _diffThreshold go: pytest shows whole values with -vv."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.model.edits import Edit, Unit
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.classes import ClassInfo, body_statements
from reassert.syntax.context import Context
from reassert.syntax.respellings import respelled
from reassert.syntax.statements import remove_statement
from reassert.syntax.testcase_api import SETTINGS


class TestcaseSettingsToNothing(Codemod[Context]):
    """See the page."""

    title = "maxDiff, longMessage, _diffThreshold and old names of assertions are removed"
    mentions = (b"maxDiff", b"longMessage", b"_diffThreshold", b"Case.assert", b"Case.fail")

    def rewrite(self, context: Context) -> Rewrite:
        """Class attributes and assignments in methods; one that is read stays and blocks the class later."""
        edits: list[Edit] = []
        handled: set[int] = set()
        for info in context.classes.all:
            component = context.classes.component(info)
            if not component.is_unittest or not SETTINGS.isdisjoint(component.loaded):
                continue
            unit = Unit(self.id, info.qualname)
            dead = [*self._assignments(info), *self._in_methods(context, info)]
            handled |= {id(s) for s in dead}
            settings = [u.node for u in info.uses.attributes if u.name in SETTINGS]
            handled |= {id(n) for n in settings if context.module.enclosing_statement(n) in dead}
            emptied = set(info.node.body) <= set(dead)
            for index, statement in enumerate(dead):
                edit = remove_statement(context, statement, unit, info, () if emptied else dead)
                edits.append(
                    context.replace(statement, [b"pass"], unit, requires=info)
                    if emptied and not index
                    else edit
                )
        return Rewrite(tuple(edits), handled=frozenset(handled))

    def _in_methods(self, context: Context, info: ClassInfo) -> Iterator[ast.stmt]:
        for use in info.uses.attributes:
            statement = context.module.parents[use.node]
            if use.name in SETTINGS and isinstance(statement, ast.Assign) and statement.targets == [use.node]:
                yield statement

    def _assignments(self, info: ClassInfo) -> Iterator[ast.stmt]:
        for statement in body_statements(info.node):
            targets = (
                statement.targets
                if isinstance(statement, ast.Assign)
                else [getattr(statement, "target", None)]
            )
            if respelled(info.module, statement) or all(
                isinstance(t, ast.Name) and t.id in SETTINGS for t in targets
            ):
                yield statement
