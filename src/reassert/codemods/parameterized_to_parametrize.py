"""``@parameterized.expand`` becomes ``@pytest.mark.parametrize``, a case for each test that it made.

Names and values: parameterized/parameterized.py of parameterized 0.9.0.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import ClassVar

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument, bind, read_arguments, read_elements
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.generated_tests import (
    Case,
    Gathered,
    Generated,
    Rows,
    as_rows,
    calls_above_methods,
    safe_name,
)
from reassert.syntax.known_values import Known, is_scalar_call, known
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import REFUSALS, Objection
from reassert.syntax.types import static_type
from reassert.syntax.written_tables import WrittenTable, written_table

_EXPAND = "parameterized.parameterized.expand"
_PARAM = "parameterized.param"
_PARAMETERS = ("input", "name_func", "doc_func", "skip_on_empty", "namespace")


class ParameterizedToParametrize(Codemod[Context]):
    """See the page."""

    title = "parameterized.expand becomes parametrize, with the old names as ids"
    mentions = (b"parameterized",)
    refusals: ClassVar[Mapping[str, str]] = {
        "B-DDT": "the library is asked for something that parametrize does not have",
        "PARAM-STRUCTURE": REFUSALS["PARAM-STRUCTURE"],
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Each decorator by itself: one that stays works in a plain class, too, but not below others."""
        found = Gathered(context, self.id)
        for owner, method, decorator in calls_above_methods(context, self.id, _EXPAND):
            if method.decorator_list[0] is decorator:
                found.take_or_leave(owner, method, decorator, self._rows(context, owner, method, decorator))
            else:
                reason = "what stands above expand decorates None, which pytest cannot collect"
                found.block(owner, decorator, Objection("B-DDT", reason))
        return found.rewrite()

    def _rows(
        self, context: Context, owner: ClassInfo, method: FunctionNode, decorator: ast.Call
    ) -> Rows | Objection:
        bound = bind(read_arguments(context.module, decorator), _PARAMETERS)
        problem = _options_problem(bound)
        if problem or bound is None:
            return problem or Objection("B-DDT", "the arguments of expand cannot be told apart")
        table = written_table(context, owner, bound["input"].node)
        if table is None:
            return Objection("PARAM-STRUCTURE", "the rows are computed, so that the names are not known")
        if not table.rows and not _is_true(bound.get("skip_on_empty")):
            return Objection("B-DDT", "expand raises an error for no rows")
        cases = _cases(context, method.name, table)
        if isinstance(cases, Objection):
            return cases
        return as_rows(context, self.id, Generated(owner, method, decorator, cases, source=table.source))


def _options_problem(bound: Mapping[str, Argument] | None) -> Objection | None:
    if bound is None or "input" not in bound:
        return Objection("B-DDT", "the arguments of expand cannot be told apart")
    for name in ("name_func", "namespace"):
        if name in bound and not _is_none(bound[name].node):
            return Objection("B-DDT", f"{name} decides what the tests are called")
    skip = bound.get("skip_on_empty")
    if skip is not None and not isinstance(skip.node, ast.Constant):
        return Objection("B-DDT", "skip_on_empty is computed")
    doc = bound.get("doc_func")
    if doc is not None and not isinstance(doc.node, (ast.Constant, ast.Lambda, ast.Name, ast.Attribute)):
        return Objection("B-DDT", "doc_func is computed")
    return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_true(argument: Argument | None) -> bool:
    return argument is not None and isinstance(argument.node, ast.Constant) and bool(argument.node.value)


def _cases(context: Context, test: str, table: WrittenTable) -> tuple[Case, ...] | Objection:
    digits = len(str(len(table.rows) - 1))
    cases = []
    for number, row in enumerate(table.rows):
        values = _values(context, row)
        if values is None:
            what = context.module.text(row.node)
            return Objection("PARAM-STRUCTURE", f"it cannot be told whether {what} is one value or several")
        positional, keywords = values
        suffix = _suffix(context, positional)
        if suffix is None:
            what = context.module.text(positional[0].node)
            return Objection("PARAM-STRUCTURE", f"the name of a test depends on what {what} is")
        name = f"{test}_{number:0>{digits}}{suffix}"
        cases.append(Case(name, row.node, positional, keywords, above=row.before, behind=row.after))
    return tuple(cases)


_Values = tuple[tuple[Argument, ...], dict[str, Argument]]


def _values(context: Context, row: Argument) -> _Values | None:
    """What one row hands to the test, by position and by name: ``param.from_decorator``."""
    node = row.node
    if isinstance(node, ast.Call) and context.module.resolve(node.func) == _PARAM:
        arguments = read_arguments(context.module, node)
        if arguments.starred:
            return None
        positional = tuple(a for a in arguments.items if a.keyword is None)
        return positional, {a.keyword: a for a in arguments.items if a.keyword}
    if isinstance(node, (ast.Tuple, ast.List)):
        elements = read_elements(context.module, node)
        return None if elements.starred else (elements.items, {})
    single = Argument(row.node, None, row.span, row.parenthesised)
    return ((single,), {}) if _is_scalar(context, node) else None


def _is_scalar(context: Context, node: ast.expr) -> bool:
    """Whether a value is surely a string or nothing that can be iterated over."""
    if is_scalar_call(context, node):
        return True
    if static_type(context, node) in ("str", "bytes", "int", "float", "bool", "complex", "NoneType"):
        return True
    value = known(context, node)
    return isinstance(node, ast.Lambda) or (
        value is not None and isinstance(value.value, (str, bytes, int, float, type(None)))
    )


def _suffix(context: Context, positional: tuple[Argument, ...]) -> str | None:
    """What the first value adds to the name, if it is a string; None if that is not known."""
    if not positional:
        return ""
    node = positional[0].node
    value = known(context, node)
    if isinstance(value, Known):
        return f"_{safe_name(value.value)}" if isinstance(value.value, str) else ""
    kind = static_type(context, node)
    return "" if kind not in (None, "str") else None
