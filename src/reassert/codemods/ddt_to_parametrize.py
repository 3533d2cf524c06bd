"""``@ddt`` classes with ``@data`` become parametrized tests, a case for each test that ddt made.

Names and values: ddt.py of ddt 1.7.2.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from reassert.model.edits import Unit
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
    convertible_classes,
)
from reassert.syntax.known_values import Known, Opaque, known
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import REFUSALS, Objection
from reassert.syntax.statements import without_line
from reassert.syntax.written_tables import WrittenTable, written_table

_DATA = ("ddt.data", "ddt.idata", "ddt.named_data")
_DECORATORS = (*_DATA, "ddt.unpack", "ddt.file_data")
_FORMATS = {"ddt.TestNameFormat.DEFAULT": False, "ddt.TestNameFormat.INDEX_ONLY": True}


@dataclass(frozen=True)
class _Marked:
    """A method with decorators of ddt; ``names`` has what each of these is."""

    owner: ClassInfo
    method: FunctionNode
    names: Mapping[ast.expr, str]

    def of(self, *wanted: str) -> list[ast.expr]:
        """Those of some kinds."""
        return [d for d, name in self.names.items() if name in wanted]


class DdtToParametrize(Codemod[Context]):
    """See the page."""

    title = "ddt's data and unpack become parametrize, with the old names as ids"
    mentions = (b"ddt",)
    refusals: ClassVar[Mapping[str, str]] = {
        "B-DDT": "ddt is asked for something that parametrize does not have",
        "PARAM-STRUCTURE": REFUSALS["PARAM-STRUCTURE"],
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Class by class: without its decorator no test of a class would be made any more."""
        found = Gathered(context, self.id)
        for owner in convertible_classes(context):
            if not context.is_ignored(self.id, owner.node, owner.qualname):
                self._class(context, owner, found)
        return found.rewrite()

    def _class(self, context: Context, owner: ClassInfo, found: Gathered) -> None:
        above = [d for d in owner.node.decorator_list if _name(context, d) == "ddt.ddt"]
        marked = list(_marked(context, owner))
        if not above:
            for mark in marked:
                reason = "without @ddt on the class this makes no tests"
                found.block(owner, next(iter(mark.names)), Objection("B-DDT", reason))
            return
        found.handled |= {id(d) for mark in marked for d in mark.names} | {id(above[0])}
        index_only = _index_only(context, above[0])
        if index_only is None or len(above) > 1:
            found.block(owner, above[0], Objection("B-DDT", "the format of the names is computed"))
            return
        for mark in marked:
            rows = self._rows(context, mark, index_only=index_only)
            found.take_or_block(owner, next(iter(mark.names)), rows)
        unit = Unit(self.id, owner.qualname)
        found.edits.append(without_line(context, above[0], unit, owner))

    def _rows(self, context: Context, mark: _Marked, *, index_only: bool) -> Rows | Objection:
        if mark.of("ddt.file_data"):
            return Objection("B-DDT", "file_data reads the rows from a file")
        data = mark.of(*_DATA)
        if len(data) != 1 or not isinstance(data[0], ast.Call):
            return Objection("B-DDT", "not one decorator that has the rows")
        kind = mark.names[data[0]]
        table = _table(context, mark.owner, data[0], kind)
        if isinstance(table, Objection):
            return table
        named, unpacked = kind == "ddt.named_data", mark.of("ddt.unpack")
        if not table.rows:
            return Objection("B-DDT", "without rows there is no test at all")
        cases = []
        for number, row in enumerate(table.rows, 1):
            label = f"{number:0{table.digits}}"
            case = _case(context, mark.method.name, row, label, _Way(named, bool(unpacked), index_only))
            if isinstance(case, Objection):
                return case
            cases.append(case)
        source = table.source
        return as_rows(
            context,
            self.id,
            Generated(mark.owner, mark.method, data[0], tuple(cases), tuple(unpacked), source),
        )


@dataclass(frozen=True)
class _Way:
    """How values are handed over and named."""

    named: bool
    unpacked: bool
    index_only: bool


@dataclass(frozen=True)
class _Table:
    rows: Sequence[Argument]
    source: ast.Name | None
    digits: int


def _name(context: Context, decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return context.module.resolve(target) or ""


def _marked(context: Context, owner: ClassInfo) -> Iterator[_Marked]:
    for method in owner.functions:
        names = {d: _name(context, d) for d in method.decorator_list}
        ours = {d: name for d, name in names.items() if name in _DECORATORS}
        if ours:
            yield _Marked(owner, method, ours)


def _index_only(context: Context, decorator: ast.expr) -> bool | None:
    """Whether names have numbers alone; None if that is not known."""
    if not isinstance(decorator, ast.Call):
        return False
    if decorator.args or [k.arg for k in decorator.keywords] not in ([], ["testNameFormat"]):
        return None
    if not decorator.keywords:
        return False
    return _FORMATS.get(context.module.resolve(decorator.keywords[0].value) or "")


def _table(context: Context, owner: ClassInfo, data: ast.Call, kind: str) -> _Table | Objection:
    """The rows of ``data(*rows)``, or of ``idata(rows, index_len)``."""
    computed = Objection("PARAM-STRUCTURE", "the rows are computed, so that the names are not known")
    if kind == "ddt.idata":
        bound = bind(read_arguments(context.module, data), ("iterable", "index_len"))
        length = bound.get("index_len") if bound else None
        digits = known(context, length.node) if length else Known(None)
        found = written_table(context, owner, bound["iterable"].node) if bound else None
        if found is None or digits is None or not isinstance(digits.value, int | None):
            return computed
        return _Table(found.rows, found.source, digits.value or len(str(len(found.rows))))
    written = _written(context, owner, data)
    return computed if written is None else _Table(written.rows, written.source, len(str(len(written.rows))))


def _written(context: Context, owner: ClassInfo, data: ast.Call) -> WrittenTable | None:
    """What ``data`` is called with, also with nothing but ``*rows``."""
    if len(data.args) == 1 and isinstance(data.args[0], ast.Starred) and not data.keywords:
        return written_table(context, owner, data.args[0].value)
    arguments = read_arguments(context.module, data)
    if arguments.starred or any(a.keyword for a in arguments.items):
        return None
    return WrittenTable(arguments.items)


def _case(context: Context, test: str, row: Argument, number: str, way: _Way) -> Case | Objection:
    if way.named:
        return _named_case(context, test, row, number, way)
    value = known(context, row.node)
    if value is None and not way.index_only:
        what = context.module.text(row.node)
        return Objection("PARAM-STRUCTURE", f"the name of a test depends on what {what} is")
    name = f"{test}_{number}"
    if value is not None and not way.index_only:
        name = _test_name(test, number, value.value)
    single = Argument(row.node, None, row.span, row.parenthesised)
    if not way.unpacked:
        return Case(name, row.node, (single,), above=row.before, behind=row.after)
    positional, keywords = _unpacked(context, row.node) or ((), None)
    if keywords is None:
        return Objection("PARAM-STRUCTURE", f"the values of {name} are not written out")
    return Case(name, row.node, positional, keywords, above=row.before, behind=row.after)


def _named_case(context: Context, test: str, row: Argument, number: str, way: _Way) -> Case | Objection:
    positional, keywords = _unpacked(context, row.node) or ((), {})
    first = keywords.pop("name", None) if isinstance(row.node, ast.Dict) else next(iter(positional), None)
    label = known(context, first.node) if first is not None else None
    if label is None or isinstance(label.value, Opaque):
        return Objection("PARAM-STRUCTURE", "the name of a row is not written out")
    name = f"{test}_{number}" if way.index_only else _test_name(test, number, str(label.value))
    return Case(name, row.node, positional[1:], keywords, above=row.before, behind=row.after)


def _unpacked(context: Context, node: ast.expr) -> tuple[tuple[Argument, ...], dict[str, Argument]] | None:
    """The values of a list, a tuple or a dictionary that is written out; None if it is none of these."""
    if isinstance(node, (ast.List, ast.Tuple)):
        elements = read_elements(context.module, node)
        return None if elements.starred else (elements.items, {})
    if not isinstance(node, ast.Dict):
        return None
    keywords = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return None
        keywords[key.value] = Argument(value, key.value, context.module.span(value), parenthesised=False)
    return (), keywords


def _test_name(test: str, number: str, value: object) -> str:
    """``mk_test_name``; of what has a ``__name__`` it gets that."""
    if isinstance(value, Opaque) and value.name:
        value = value.name
    if not _is_trivial(value):
        return f"{test}_{number}"
    return re.sub(r"\W|^(?=\d)", "_", f"{test}_{number}_{value}")


def _is_trivial(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_trivial, value))
    return value is None or isinstance(value, (bool, int, float, str))
