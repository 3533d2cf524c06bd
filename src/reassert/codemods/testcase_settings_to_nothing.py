"""What only unittest's own runner looks at goes: maxDiff and the like, descriptions of tests, old names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.model.edits import Edit, Unit
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.bodies import body_statements
from reassert.syntax.classes import ClassInfo, Component
from reassert.syntax.context import Context
from reassert.syntax.respellings import respelled
from reassert.syntax.statements import remove_definition, remove_statement
from reassert.syntax.testcase_api import INTERNALS, SETTINGS


class TestcaseSettingsToNothing(Codemod[Context]):
    """See the page."""

    title = "what only unittest's runner looks at goes: maxDiff, shortDescription, old names of assertions"
    mentions = (
        *(b"maxDiff", b"longMessage", b"_diffThreshold", b"Case.assert", b"Case.fail"),
        *(b"shortDescription", b"def id(", b"def __str__("),
    )

    def rewrite(self, context: Context) -> Rewrite:
        """Class attributes and assignments in methods; one that is read stays and blocks the class later."""
        edits: list[Edit] = []
        handled: set[int] = set()
        for info in context.classes.all:
            component = context.classes.component(info)
            if not component.is_unittest or not SETTINGS.isdisjoint(component.loaded):
                continue
            unit = Unit(self.id, info.qualname)
            described = list(_descriptions(info, component))
            dead = [*self._assignments(info), *self._in_methods(context, info), *described]
            handled |= {id(s) for s in dead}
            handled |= {id(u.node) for u in info.uses.attributes if u.method in described}
            handled |= {id(u.node) for u in info.uses.supers if u.method in described}
            settings = [u.node for u in info.uses.attributes if u.name in SETTINGS]
            handled |= {id(n) for n in settings if context.module.enclosing_statement(n) in dead}
            edits += _removals(context, info, dead, unit)
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


def _removals(context: Context, info: ClassInfo, dead: list[ast.stmt], unit: Unit) -> Iterator[Edit]:
    for statement in dead:
        if isinstance(statement, ast.FunctionDef):
            yield remove_definition(context, statement, unit, info)
        else:
            yield remove_statement(context, statement, unit, info, dead)


def _descriptions(info: ClassInfo, component: Component) -> Iterator[ast.stmt]:
    """The methods that unittest's reports call, and nobody else (Lib/unittest/case.py, runner.py)."""
    internal = {u.method for u in info.uses.attributes if u.name in INTERNALS}
    for function in info.node.body if component.undescribed else ():
        if isinstance(function, ast.FunctionDef) and function.name in component.undescribed:
            # What __str__ says may be of use to others, but not if it is unittest's.
            yield from [function] if function.name != "__str__" or function in internal else []
