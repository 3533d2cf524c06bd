"""Parameterized tests of absl become ``parametrize``, where the class is a TestCase of unittest.

That is a class with absl's metaclass. Names and values: absl/testing/parameterized.py of absl-py 2.5.1.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument, read_arguments, read_elements
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.generated_tests import Case, Gathered, Generated, Rows, as_rows, convertible_classes
from reassert.syntax.known_values import Opaque, known
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import REFUSALS, Objection
from reassert.syntax.written_tables import WrittenTable, written_table

_MODULE = "absl.testing.parameterized"
_METACLASS = f"{_MODULE}.TestGeneratorMetaclass"
_NAMED = f"{_MODULE}.named_parameters"
_KINDS = (f"{_MODULE}.parameters", _NAMED, f"{_MODULE}.product")
_KEY = "testcase_name"

_Values = tuple[tuple[Argument, ...], dict[str, Argument]]


class AbslParameterizedToParametrize(Codemod[Context]):
    """See the page."""

    title = "absl's parameterized tests become parametrize, with the old names as ids"
    mentions = (b"absl",)
    refusals: ClassVar[Mapping[str, str]] = {
        "B-DDT": "absl is asked for something that parametrize does not have",
        "PARAM-STRUCTURE": REFUSALS["PARAM-STRUCTURE"],
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Class by class: without the metaclass no test of a class would be made any more."""
        found = Gathered(context, self.id)
        for owner in convertible_classes(context):
            ignored = context.is_ignored(self.id, owner.node, owner.qualname)
            if not ignored and _makes_tests(context, owner):
                found.handled |= {id(k) for k in owner.node.keywords if _is_metaclass(context, k)}
                for method, decorator, kind in _marked(context, owner):
                    rows = self._rows(context, owner, method, decorator, kind)
                    found.take_or_block(owner, decorator, rows)
        return found.rewrite()

    def _rows(
        self, context: Context, owner: ClassInfo, method: FunctionNode, decorator: ast.Call, kind: str
    ) -> Rows | Objection:
        if kind not in _KINDS[:2]:
            return Objection("B-DDT", "product numbers its tests through all of its values")
        if method.decorator_list[0] is not decorator:
            return Objection("B-DDT", "what stands above decorates no test")
        table = _table(context, owner, decorator)
        if table is None or not table.rows:
            return Objection("PARAM-STRUCTURE", "the rows are computed, so that the names are not known")
        cases = []
        for number, row in enumerate(table.rows):
            case = _case(context, method.name, row, number if kind != _NAMED else None)
            if isinstance(case, Objection):
                return case
            cases.append(case)
        by_name = any(case.keywords for case in cases)
        if by_name and any(case.positional for case in cases):
            return Objection("PARAM-STRUCTURE", "some rows give values by name, others by position")
        generated = Generated(
            owner, method, decorator, tuple(cases), source=table.source, mocks_last=not by_name
        )
        return as_rows(context, self.id, generated)


def _makes_tests(context: Context, owner: ClassInfo) -> bool:
    """Whether a class, itself or by a known base, has absl's metaclass."""
    return any(_is_metaclass(context.home_of(c), k) for c in owner.lineage for k in c.node.keywords)


def _is_metaclass(context: Context, keyword: ast.keyword) -> bool:
    return keyword.arg == "metaclass" and context.module.resolve(keyword.value) == _METACLASS


def _marked(context: Context, owner: ClassInfo) -> Iterator[tuple[FunctionNode, ast.Call, str]]:
    for method in owner.functions:
        for decorator in method.decorator_list:
            kind = isinstance(decorator, ast.Call) and context.module.resolve(decorator.func)
            if isinstance(decorator, ast.Call) and kind in _KINDS:
                yield method, decorator, str(kind)


def _table(context: Context, owner: ClassInfo, decorator: ast.Call) -> WrittenTable | None:
    """The rows: the arguments, or those of the only one, unless that is a row itself."""
    arguments = read_arguments(context.module, decorator)
    if arguments.starred or any(a.keyword for a in arguments.items):
        return None
    if len(arguments.items) != 1 or isinstance(arguments.items[0].node, (ast.Tuple, ast.Dict)):
        return WrittenTable(arguments.items)
    table = written_table(context, owner, arguments.items[0].node)
    value = known(context, arguments.items[0].node)
    is_row = value is None or isinstance(value.value, tuple)
    return None if table is not None and table.source is not None and is_row else table


def _case(context: Context, test: str, row: Argument, number: int | None) -> Case | Objection:
    values = _values(context, row)
    if values is None:
        what = context.module.text(row.node)
        return Objection("PARAM-STRUCTURE", f"it cannot be told whether {what} is one value or several")
    positional, keywords = values
    name = f"{test}{number}"
    if number is None:
        first = keywords.pop(_KEY, None) if isinstance(row.node, ast.Dict) else next(iter(positional), None)
        label = known(context, first.node) if first is not None else None
        if label is None or not isinstance(label.value, str):
            return Objection("PARAM-STRUCTURE", "the name of a row is not written out")
        joint = "_" if test.startswith("test_") and label.value and not label.value.startswith("_") else ""
        name, positional = f"{test}{joint}{label.value}", positional[1:]
    return Case(name, row.node, positional, keywords, above=row.before, behind=row.after)


def _values(context: Context, row: Argument) -> _Values | None:
    """What a row hands over, by position and by name; None if that cannot be told."""
    node = row.node
    if isinstance(node, (ast.Tuple, ast.List)):
        elements = read_elements(context.module, node)
        return None if elements.starred else (elements.items, {})
    if isinstance(node, ast.Dict):
        return _keywords(context, node)
    value = known(context, node)
    single = value is not None and (
        isinstance(value.value, (str, bytes, int, float, type(None))) or _is_function(value.value)
    )
    return ((Argument(node, None, row.span, row.parenthesised),), {}) if single else None


def _keywords(context: Context, node: ast.Dict) -> _Values | None:
    keys: Sequence[object] = [k.value if isinstance(k, ast.Constant) else None for k in node.keys]
    if not all(isinstance(k, str) for k in keys) or len(set(keys)) < len(keys):
        return None
    span = context.module.span
    pairs = zip(keys, node.values, strict=True)
    return (), {str(k): Argument(v, str(k), span(v), parenthesised=False) for k, v in pairs}


def _is_function(value: object) -> bool:
    return isinstance(value, Opaque) and value.name == "<lambda>"
