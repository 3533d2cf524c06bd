"""What a loop runs over, as tables: literal rows, constants, range, enumerate, zip, items, and products."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from reassert.model.edits import Span
from reassert.syntax.arguments import Argument, read_elements
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.layout import Operand, Piece
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import Objection, Row, Table, case_name, text
from reassert.syntax.row_values import RowValues
from reassert.syntax.types import is_builtin
from reassert.syntax.written_tables import constant, constant_of_class

# A value of a row: a piece of the source, new text, or several values that belong together.
Value = Argument | bytes | tuple["Value", ...]


@dataclass(frozen=True)
class _Values:
    """The values of an iterable; ``source`` is the text of an expression that has them elsewhere."""

    values: tuple[Value, ...]
    source: bytes | None = None


@dataclass(frozen=True)
class Place:
    """Where loops stand. ``locals`` are the tables that the test itself binds before the loop, once."""

    context: Context
    owner: ClassInfo | None
    method: FunctionNode
    locals: Mapping[str, ast.expr]
    judge: RowValues

    def tables(self, loop: ast.For) -> list[Table] | Objection:
        """The tables of one loop, outermost first: several for a product."""
        call = loop.iter
        if isinstance(call, ast.Call) and self.context.module.resolve(call.func) == "itertools.product":
            return self._product(loop.target, call)
        table = self._table(loop.target, loop.iter)
        return table if isinstance(table, Objection) else [table]

    def _product(self, target: ast.expr, call: ast.Call) -> list[Table] | Objection:
        parts = target.elts if isinstance(target, ast.Tuple) else []
        starred = any(isinstance(a, ast.Starred) for a in call.args)
        if call.keywords or starred or len(parts) != len(call.args):
            return Objection("PARAM-STRUCTURE", "the product is not of as many tables as there are variables")
        tables = []
        for part, argument in zip(parts, call.args, strict=True):
            table = self._table(part, argument)
            if isinstance(table, Objection):
                return table
            tables.append(table)
        return tables

    def _table(self, target: ast.expr, iterable: ast.expr) -> Table | Objection:
        names = list(_names(target))
        if None in names:
            return Objection("PARAM-STRUCTURE", "the loop does not bind plain names")
        found = self._values(iterable)
        if isinstance(found, Objection):
            return found
        rows = []
        for value in found.values:
            row = self._row(target, value, judged=found.source is None)
            if isinstance(row, Objection):
                return row
            rows.append(row)
        wanted = tuple(n for n in names if n is not None)
        if found.source is not None:
            if any(isinstance(e, ast.Tuple) for e in getattr(target, "elts", ())):
                return Objection("PARAM-STRUCTURE", "the rows of a constant are nested")
            return Table(wanted, tuple(Row(row.cells) for row in rows), found.source)
        return Table(wanted, tuple(rows), tail=self._tail(iterable))

    def _tail(self, iterable: ast.expr) -> tuple[Span, ...]:
        iterable = self._local(iterable)
        if not isinstance(iterable, (ast.List, ast.Tuple)):
            return ()
        return read_elements(self.context.module, iterable).tail

    # -- iterables -------------------------------------------------------------------------------------------

    def _local(self, node: ast.expr) -> ast.expr:
        return self.locals.get(node.id, node) if isinstance(node, ast.Name) else node

    def _values(self, node: ast.expr) -> _Values | Objection:
        node = self._local(node)
        if isinstance(node, (ast.List, ast.Tuple, ast.Dict)):
            values = self._display(node)
            return values if isinstance(values, Objection) else _Values(values)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return _Values(tuple(map(text, node.value)))
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._constant(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        objection = self.judge.objection(node)
        return objection or Objection("PARAM-IMPURE", f"{self._text(node)} has no order, or is computed")

    def _text(self, node: ast.AST) -> str:
        return " ".join(self.context.module.text(node).split())[:40]

    def _display(self, node: ast.List | ast.Tuple | ast.Dict) -> tuple[Value, ...] | Objection:
        if isinstance(node, ast.Dict):
            keys = [pair[0] for pair in self._pairs(node)]
            return tuple(keys) if len(keys) == len(node.keys) else _unpacks()
        elements = read_elements(self.context.module, node)
        return _unpacks() if elements.starred else elements.items

    def _pairs(self, node: ast.Dict) -> list[tuple[Argument, Argument]]:
        """The items of a dictionary; fewer than it has if some are unpacked or written twice."""
        span = self.context.module.span
        keys = [k for k in node.keys if k is not None]
        if len({ast.dump(k) for k in keys}) < len(node.keys):
            return []
        return [
            (Argument(k, None, span(k), parenthesised=False), Argument(v, None, span(v), parenthesised=False))
            for k, v in zip(keys, node.values, strict=True)
        ]

    def _constant(self, node: ast.Name | ast.Attribute) -> _Values | Objection:
        found = self._constant_value(node)
        if isinstance(found, Objection):
            return found
        value, name = found
        if not isinstance(value, (ast.List, ast.Tuple, ast.Dict)):
            return Objection("PARAM-IMPURE", f"{self._text(node)} is no table that is written out")
        values = self._display(value)
        return values if isinstance(values, Objection) else _Values(values, name)

    def _constant_value(self, node: ast.Name | ast.Attribute) -> tuple[ast.expr | None, bytes] | Objection:
        """What a constant of the module or of the class is, and its name in the class body."""
        if isinstance(node, ast.Attribute):
            owner = self.owner
            value = constant_of_class(self.context, owner, self.method, node) if owner else None
            if value is None:
                return Objection("PARAM-SELF", f"{self._text(node)} is not known before the test runs")
            return value, node.attr.encode()
        objection = self.judge.objection(node)
        return objection or (constant(self.context, None, node), node.id.encode())

    def _call(self, node: ast.Call) -> _Values | Objection:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "items" and not node.args:
            return self._items(function.value)
        name = function.id if isinstance(function, ast.Name) else ""
        if name and not node.keywords and is_builtin(self.context.module, name):
            if name == "range":
                return self._range(node)
            if name in ("enumerate", "zip"):
                return self._combined(node, name)
        objection = next((o for a in node.args if (o := self.judge.objection(a))), None)
        return objection or Objection("PARAM-IMPURE", f"{self._text(node)} is computed")

    def _items(self, owner: ast.expr) -> _Values | Objection:
        node, source = self._local(owner), None
        if isinstance(node, (ast.Name, ast.Attribute)):
            found = self._constant_value(node)
            if isinstance(found, Objection):
                return found
            value, name = found
            node, source = value or node, name + b".items()"
        if not isinstance(node, ast.Dict):
            return Objection("PARAM-IMPURE", f"{self._text(owner)} is no dictionary that is written out")
        pairs = self._pairs(node)
        return _Values(tuple(pairs), source) if len(pairs) == len(node.keys) else _unpacks()

    def _range(self, node: ast.Call) -> _Values | Objection:
        try:
            numbers = range(*map(ast.literal_eval, node.args))
        except (ValueError, TypeError):
            objection = next((o for a in node.args if (o := self.judge.objection(a))), None)
            return objection or Objection("PARAM-IMPURE", f"{self._text(node)} is computed")
        rows = tuple(str(n).encode() for n in numbers[: _MOST + 1])
        return _Values(rows, self.context.module.text(node).encode())

    def _combined(self, node: ast.Call, name: str) -> _Values | Objection:
        """``enumerate`` and ``zip``: written out over literals, a list of them over constants."""
        parts = [self._values(a) for a in node.args[: 1 if name == "enumerate" else None]]
        found = [p for p in parts if isinstance(p, _Values)]
        if len(found) < len(parts) or not parts:
            return next((p for p in parts if isinstance(p, Objection)), _unpacks())
        values = [p.values for p in found]
        if name == "enumerate":
            start = self._start(node)
            if start is None:
                return Objection("PARAM-IMPURE", f"{self._text(node)} is computed")
            values.insert(0, tuple(str(n).encode() for n in range(start, start + len(values[0]))))
        if len({len(v) for v in values}) > 1:
            return Objection("PARAM-STRUCTURE", "zip leaves out values of the longer table")
        written = all(p.source is None for p in found)
        text = self.context.module.text(node)
        if not written and not all(isinstance(a, ast.Name) for a in node.args[: len(found)]):
            return Objection("PARAM-STRUCTURE", f"{self._text(node)} is of constants and other values")
        if not written and any(a.id in self.locals for a in node.args if isinstance(a, ast.Name)):
            return Objection("PARAM-STRUCTURE", f"{self._text(node)} is of constants and other values")
        return _Values(tuple(zip(*values, strict=True)), None if written else f"list({text})".encode())

    def _start(self, node: ast.Call) -> int | None:
        if len(node.args) == 1:
            return 0
        start = node.args[1]
        return start.value if isinstance(start, ast.Constant) and isinstance(start.value, int) else None

    # -- rows ------------------------------------------------------------------------------------------------

    def _row(self, target: ast.expr, value: Value, *, judged: bool) -> Row | Objection:
        cells = self._cells(target, value)
        if cells is None:
            return Objection("PARAM-STRUCTURE", "not every row has a value for each variable")
        arguments = [c.argument for c in cells if isinstance(c, Operand)]
        for argument in arguments if judged else ():
            objection = self.judge.objection(argument.node)
            if objection:
                return objection
        inner = tuple(c for a in arguments if a is not value for c in a.comments)
        if isinstance(value, Argument):
            return Row(tuple(cells), above=(*value.before, *inner), behind=value.after)
        return Row(tuple(cells), above=inner)

    def _cells(self, target: ast.expr, value: Value) -> list[Piece] | None:
        if isinstance(target, ast.Name):
            if isinstance(value, tuple):
                return None
            return [value if isinstance(value, bytes) else Operand(value)]
        if isinstance(value, Argument):
            if not isinstance(value.node, (ast.Tuple, ast.List)):
                return None
            elements = read_elements(self.context.module, value.node)
            value = () if elements.starred else elements.items
        parts = getattr(target, "elts", [])
        if isinstance(value, bytes) or len(value) != len(parts):
            return None
        cells: list[Piece] = []
        for part, item in zip(parts, value, strict=True):
            found = self._cells(part, item)
            if found is None:
                return None
            cells += found
        return cells


# More rows of a range than this are not counted: no limit allows them.
_MOST = 100_000


def _unpacks() -> Objection:
    return Objection("PARAM-STRUCTURE", "the rows are not all written out, or some are written twice")


def _names(target: ast.expr) -> Iterator[str | None]:
    """The names that a loop binds; None for anything else."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _names(element)
    else:
        yield target.id if isinstance(target, ast.Name) else None


# -- the names of the cases ------------------------------------------------------------------------------


def case_names(test: str, tables: Sequence[Table]) -> tuple[str, ...] | None:
    """What pytest calls the cases of stacked tables, outermost first; None if that depends on its version.

    Source: ``IdMaker`` in _pytest/python.py. Values that are no constants are named after the argument.
    """
    ids = [[_id(row) for row in table.rows] for table in tables]
    if any(i is None for column in ids for i in column):
        return None
    return tuple(case_name(test, [str(i) for i in chosen]) for chosen in product(*ids))


def _id(row: Row) -> str | None:
    parts = []
    for cell in row.cells:
        try:
            source = ast.literal_eval(cell.decode() if isinstance(cell, bytes) else cell.argument.node)
        except (ValueError, SyntaxError, TypeError):
            return None
        if source is not None and not isinstance(source, (str, int, float)):
            return None
        parts.append(str(source))
    joined = "-".join(parts)
    plain = joined.isascii() and joined.isprintable() and "\\" not in joined
    return joined if plain and all(len(part) <= _LONGEST for part in parts) else None


_LONGEST = 80  # pytest 9.2 gives longer strings a number


def same_rows(tables: Sequence[Table]) -> Objection | None:
    """The refusal of rows that would have the same name."""
    for table in tables:
        ids = [i for i in map(_id, table.rows) if i is not None]
        twice = next((i for n, i in enumerate(ids) if i in ids[:n]), None)
        if twice is not None:
            return Objection("PARAM-DUP-ID", f"two cases would be called {twice or 'nothing'}")
    return None
