"""``parametrize`` of unittest-parametrize becomes pytest's own mark, with the old names as ids.

Names and values: unittest_parametrize/__init__.py of unittest-parametrize 1.9.0. Its ``ParametrizedTestCase``
is a TestCase in everything else (``syntax.module``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import ClassVar

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument, bind, read_arguments, read_elements
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.generated_tests import Case, Gathered, Generated, Rows, as_rows, calls_above_methods
from reassert.syntax.known_values import known
from reassert.syntax.layout import Piece
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import REFUSALS, Objection
from reassert.syntax.written_tables import WrittenTable, written_table

_PARAMETRIZE = "unittest_parametrize.parametrize"
_PARAM = "unittest_parametrize.param"
_PARAMETERS = ("argnames", "argvalues", "ids")


class UnittestParametrizeToParametrize(Codemod[Context]):
    """See the page."""

    title = "unittest-parametrize becomes pytest's parametrize, with the old names as ids"
    mentions = (b"unittest_parametrize",)
    refusals: ClassVar[Mapping[str, str]] = {
        "B-DDT": "the library is asked for something that parametrize does not have",
        "PARAM-STRUCTURE": REFUSALS["PARAM-STRUCTURE"],
    }

    def rewrite(self, context: Context) -> Rewrite:
        """The decorator does nothing in a plain class: where one stays, the class does."""
        found = Gathered(context, self.id)
        for owner, method, decorator in calls_above_methods(context, self.id, _PARAMETRIZE):
            found.take_or_block(owner, decorator, self._rows(context, owner, method, decorator))
        return found.rewrite()

    def _rows(
        self, context: Context, owner: ClassInfo, method: FunctionNode, decorator: ast.Call
    ) -> Rows | Objection:
        bound = bind(read_arguments(context.module, decorator), _PARAMETERS)
        if bound is None or not {"argnames", "argvalues"} <= bound.keys():
            return Objection("B-DDT", "the arguments of parametrize cannot be told apart")
        if not _makes_tests(context, owner):
            return Objection("B-DDT", "this makes tests only in a ParametrizedTestCase")
        names = _names(bound["argnames"].node)
        table = written_table(context, owner, bound["argvalues"].node)
        if names is None or table is None or not table.rows:
            return Objection("PARAM-STRUCTURE", "the rows are computed, so that the names are not known")
        ids = _ids(context, bound.get("ids"), len(table.rows))
        cases = _cases(context, method.name, names, table, ids) if ids is not None else _COMPUTED
        if isinstance(cases, Objection):
            return cases
        generated = Generated(
            owner, method, decorator, cases, source=table.source, mocks_last=False, names=names
        )
        return as_rows(context, self.id, generated)


_COMPUTED = Objection("B-DDT", "ids decides what the tests are called")


def _makes_tests(context: Context, owner: ClassInfo) -> bool:
    """Whether a class is, itself or by a known base, what makes tests of its methods."""
    bases = [context.home_of(c).module.text(b) for c in owner.lineage for b in c.node.bases]
    return owner.is_testcase and any(base.endswith("ParametrizedTestCase") for base in bases)


def _names(node: ast.expr) -> tuple[str, ...] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return tuple(name.strip() for name in node.value.split(","))
    if not isinstance(node, (ast.Tuple, ast.List)):
        return None
    names = [e.value for e in node.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    return tuple(names) if len(names) == len(node.elts) else None


def _ids(context: Context, argument: Argument | None, count: int) -> Sequence[str] | None:
    """The ids of all rows (empty: the row's number); None if they are computed."""
    value = known(context, argument.node) if argument else None
    if argument is None or (value is not None and value.value is None):
        return [""] * count
    if value is None or not isinstance(value.value, (list, tuple)) or len(value.value) != count:
        return None
    return [str(item or "") for item in value.value] if all(map(_is_id, value.value)) else None


def _is_id(value: object) -> bool:
    return value is None or isinstance(value, (str, int))


def _cases(
    context: Context, test: str, names: Sequence[str], table: WrittenTable, ids: Sequence[str]
) -> tuple[Case, ...] | Objection:
    cases = []
    for number, row in enumerate(table.rows):
        case = _case(context, row, len(names))
        if isinstance(case, Objection):
            return case
        cells, own, marks = case
        name = f"{test}_{own or ids[number] or number}"
        cases.append(Case(name, row.node, cells, marks=marks, above=row.before, behind=row.after))
    return tuple(cases)


_Read = tuple[tuple[Argument, ...], str, tuple[Piece, ...]]


def _case(context: Context, row: Argument, width: int) -> _Read | Objection:
    """The values of a row, its own id, its marks."""
    node = row.node
    if isinstance(node, ast.Call) and context.module.resolve(node.func) == _PARAM:
        return _param(context, node, width)
    if isinstance(node, ast.Tuple):
        elements = read_elements(context.module, node)
        if elements.starred or len(elements.items) != width:
            return Objection("PARAM-STRUCTURE", "a row has not as many values as there are names")
        return elements.items, "", ()
    value = known(context, node)
    if width != 1 or value is None or isinstance(value.value, tuple):
        what = context.module.text(node)
        return Objection("PARAM-STRUCTURE", f"it cannot be told whether {what} is one value or several")
    return (Argument(node, None, row.span, row.parenthesised),), "", ()


def _param(context: Context, node: ast.Call, width: int) -> _Read | Objection:
    arguments = read_arguments(context.module, node)
    options = {a.keyword: a.node for a in arguments.items if a.keyword}
    cells = tuple(a for a in arguments.items if a.keyword is None)
    if arguments.starred or len(cells) != width or options.keys() - {"id", "skip", "expected_failure"}:
        return Objection("PARAM-STRUCTURE", "a row has not as many values as there are names")
    found = {name: known(context, value) for name, value in options.items()}
    values = {name: value.value for name, value in found.items() if value is not None}
    if values.get("id") == "":
        return Objection("B-DDT", "an empty id makes a name that ends in an underscore")
    name, skip, fails = values.get("id"), values.get("skip"), values.get("expected_failure", False)
    if (
        len(values) < len(options)
        or not isinstance(name, str | None)
        or not isinstance(skip, str | None)
        or not isinstance(fails, bool)
    ):
        return Objection("PARAM-STRUCTURE", "an option of a row is computed")
    marks: tuple[Piece, ...] = (b"pytest.mark.xfail(strict=True)",) if fails else ()
    if skip is not None:
        marks = (b"pytest.mark.skip(reason=" + context.module.text(options["skip"]).encode() + b")",)
    return cells, name or "", marks
