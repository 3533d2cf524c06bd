"""``@parameterized(...)`` above a function makes a generator, which nose ran: it becomes a parametrized test.

parameterized/parameterized.py of parameterized 0.9.0, ``parameterized.__call__``; pytest has had no yield
tests since 4.0: https://docs.pytest.org/en/stable/deprecations.html#yield-tests
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Unit
from reassert.model.outcomes import Safety
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument, bind, read_arguments, read_elements
from reassert.syntax.context import Context
from reassert.syntax.draft import Draft
from reassert.syntax.layout import Operand
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import GENERATORS, REFUSALS, Objection, Row, Table, call
from reassert.syntax.siblings import Scope, fixture_names, scopes
from reassert.syntax.written_tables import written_table

_GENERATOR = "parameterized.parameterized"
_PARAM = "parameterized.param"
_PARAMETERS = ("input", "doc_func", "skip_on_empty")
# Methods that nose called around the cases, and pytest does not.
_SET_UP = frozenset({"setup", "teardown", "setUp", "tearDown"})


class ParameterizedGeneratorToParametrize(Codemod[Context]):
    """See the page."""

    title = "functions below @parameterized, which pytest does not run, become parametrized tests"
    safety = Safety.UNSAFE
    option = "--awaken"
    mentions = (b"parameterized",)
    refusals: ClassVar[Mapping[str, str]] = {
        **GENERATORS,
        "PARAM-STRUCTURE": REFUSALS["PARAM-STRUCTURE"],
    }

    def rewrite(self, context: Context) -> Rewrite:
        """The tests of the module and of plain classes: above a method of a TestCase the library fails."""
        work = Draft(context, self.id)
        for scope, test, decorator in self._found(context):
            table = self._table(scope, test, decorator)
            if isinstance(table, Objection):
                work.refuse(test, table.code, table.reason)
                continue
            parts, unit = call(context.layout(test), table), Unit(self.id, context.module.qualname(test))
            work.edits.append(context.replace(decorator, parts, unit, imports=["pytest"]))
            work.awaken(test)
        return work.rewrite()

    def _found(self, context: Context) -> Iterator[tuple[Scope, FunctionNode, ast.Call]]:
        if context.config.profile < Profile.CLASSES:
            return
        for scope in scopes(context):
            for test in scope.tests:
                for decorator in test.decorator_list:
                    named = isinstance(decorator, ast.Call) and context.module.resolve(decorator.func)
                    ignored = context.is_ignored(self.id, test, scope.qualname + test.name)
                    if isinstance(decorator, ast.Call) and named == _GENERATOR and not ignored:
                        yield scope, test, decorator

    def _table(self, scope: Scope, test: FunctionNode, decorator: ast.Call) -> Table | Objection:
        context = scope.context
        if not context.config.awaken:
            reason = f"@parameterized makes {test.name} a generator, which pytest does not run"
            return Objection("B-GENTEST", f"{reason}; --awaken converts it")
        names = _names(scope, test)
        if isinstance(names, Objection):
            return names
        bound = bind(read_arguments(context.module, decorator), _PARAMETERS)
        written = written_table(context, scope.owner, bound["input"].node) if bound else None
        if not bound or bound.keys() != {"input"} or written is None or not written.rows:
            return Objection("PARAM-STRUCTURE", "the rows are not written out")
        cells = [_cells(context, row, names) for row in written.rows]
        rows = [
            Row(tuple(map(Operand, found)), above=row.before, behind=row.after)
            for row, found in zip(written.rows, cells, strict=True)
            if found is not None
        ]
        if len(rows) < len(cells):
            return Objection("PARAM-STRUCTURE", "a row has not as many values as the test has arguments")
        if written.source is not None and all(_is_plain(row.node, names) for row in written.rows):
            return Table(names, source=Operand(bound["input"]))
        return Table(names, tuple(rows))


def _names(scope: Scope, test: FunctionNode) -> tuple[str, ...] | Objection:
    """The arguments that the rows are for: all that the test has."""
    a = test.args
    names = tuple(x.arg for x in a.args[int(scope.owner is not None) :])
    reasons = {
        "the test has another decorator": len(test.decorator_list) > 1,
        "the test takes other than plain arguments": not names
        or bool(a.posonlyargs or a.vararg or a.kwarg or a.kwonlyargs or a.defaults),
        "an argument has the name of a fixture": not fixture_names(scope.context).isdisjoint(names),
        "the test is defined more than once": test.name in scope.repeated,
        "nose would set the class up": scope.owner is not None and bool(scope.owner.inherited & _SET_UP),
    }
    found = next((why for why, holds in reasons.items() if holds), None)
    return Objection("PARAM-STRUCTURE", found) if found else names


def _is_plain(row: ast.expr, names: tuple[str, ...]) -> bool:
    """Whether parametrize takes a row as it stands: no ``param``, no tuple of one value."""
    return isinstance(row, ast.Constant) or (isinstance(row, (ast.Tuple, ast.List)) and len(names) > 1)


def _cells(context: Context, row: Argument, names: tuple[str, ...]) -> list[Argument] | None:
    """The values of a row in the order of the arguments; None if it has not one for each."""
    node = row.node
    if isinstance(node, ast.Call) and context.module.resolve(node.func) == _PARAM:
        bound = bind(read_arguments(context.module, node), names)
        return [bound[name] for name in names] if bound and bound.keys() == set(names) else None
    if isinstance(node, (ast.Tuple, ast.List)):
        elements = read_elements(context.module, node)
        same = not elements.starred and len(elements.items) == len(names)
        return list(elements.items) if same else None
    alone = isinstance(node, ast.Constant) and len(names) == 1
    return [Argument(node, None, row.span, row.parenthesised)] if alone else None
