"""Tables of ``@pytest.mark.parametrize``: argument names, rows, ids, and how the decorator is laid out.

The layout is one that black and ruff leave alone: all on one line if that is short, else every row on a line
of its own behind a trailing comma, and the cells of a row that is too long, too.
https://docs.pytest.org/en/stable/how-to/parametrize.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reassert.model.config import Limits
from reassert.model.edits import Part, Span
from reassert.syntax.layout import Layout, Operand, Piece

MARK = "pytest.mark.parametrize"
REFUSALS: Mapping[str, str] = {
    "PARAM-DUP-ID": "two rows would have the same id",
    "PARAM-IMPURE": "a value may be another one, or do something, when it is computed at import",
    "PARAM-MUTABLE": "a value is shared by tests, and one may change it",
    "PARAM-SELF": "a value needs the test instance, or what only the test knows",
    "PARAM-STATEFUL-LOOP": "one case finds what an earlier one left",
    "PARAM-STRUCTURE": "the code does not have the shape of a table",
    "PARAM-TOO-MANY": "too many parameters, or rows that nobody could read",
}
GENERATORS = {"B-GENTEST": "a generator test does not run under pytest; its cases would, with --awaken"}


@dataclass(frozen=True)
class Row:
    """One case. A cell is a piece of source or new text; an empty ``id`` leaves the name to pytest.

    ``marks`` are the marks of this case, ``above`` the comments over it, ``behind`` those at its end.
    """

    cells: tuple[Piece, ...]
    id: str = ""
    marks: tuple[Piece, ...] = ()
    above: tuple[Span | bytes, ...] = ()
    behind: tuple[Span | bytes, ...] = ()

    @property
    def is_param(self) -> bool:
        """Whether it has to be written as ``pytest.param(...)``."""
        return bool(self.id or self.marks)


@dataclass(frozen=True)
class Table:
    """The names of the arguments and the rows, in order; ``tail`` are comments behind the last row.

    With ``source``, an expression that has the values, the rows stay where they are: those given here only
    name the cases, by ``ids=``.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    source: Piece | None = None
    tail: tuple[Span | bytes, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that are given."""
        return tuple(row.id for row in self.rows if row.id)


class Objection(NamedTuple):
    """What speaks against a table: the code of the refusal, one of ``REFUSALS``, and the reason."""

    code: str
    reason: str


def duplicate_id(table: Table) -> Objection | None:
    """The refusal of ids that are not unique: pytest would number them, or not collect the file."""
    seen: set[str] = set()
    for name in table.ids:
        if name in seen:
            return Objection("PARAM-DUP-ID", f"two cases would be called {name}")
        seen.add(name)
    return None


def too_many(table: Table, limits: Limits) -> Objection | None:
    """The refusal of a table that is harder to read than what it would replace."""
    if len(table.names) > limits.parameters:
        reason = f"{len(table.names)} parameters are more than the {limits.parameters} that are readable"
        return Objection("PARAM-TOO-MANY", reason)
    if len(table.rows) > limits.rows:
        return Objection("PARAM-TOO-MANY", f"{len(table.rows)} rows are more than the limit of {limits.rows}")
    return None


def too_long(layout: Layout, table: Table) -> Objection | None:
    """The refusal of rows that do not fit on a line each."""
    printer = _Printer(layout)
    if table.source is None and not all(map(printer.is_short, table.rows)):
        return Objection("PARAM-TOO-MANY", "a row does not fit on a line")
    return None


def case_name(test: str, ids: Iterable[str]) -> str:
    """What pytest calls a case; ``ids`` are those of the marks above the test, the nearest one first.

    Source: ``_ascii_escaped_by_config`` in _pytest/python.py: without the option that switches it off, ids
    are escaped to ASCII.
    """
    joined = "-".join(ids)
    return f"{test}[{joined.encode('unicode_escape').decode('ascii')}]"


def decorator(layout: Layout, table: Table) -> tuple[Part, ...]:
    """``@pytest.mark.parametrize(...)`` where ``layout`` says, without a line end behind it."""
    return _Printer(layout).decorator(table)


def call(layout: Layout, table: Table) -> tuple[Part, ...]:
    """The same without the ``@``, for the place of another decorator's expression."""
    return _Printer(layout).decorator(table)[1:]


def text(value: str) -> bytes:
    """A string literal as a formatter would write it, in ASCII where the value is."""
    quoted = repr(value)
    if quoted.startswith("'") and '"' not in quoted:
        quoted = f'"{quoted[1:-1]}"'
    return quoted.encode()


class _Printer:
    """Lays out one decorator."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.indent = layout.indent
        self.inner = layout.deeper(layout.indent)
        self.rows_at = layout.deeper(self.inner)

    def decorator(self, table: Table) -> tuple[Part, ...]:
        return self._on_one_line(table) or self._exploded(table)

    def is_short(self, row: Row) -> bool:
        """Whether a row fits on a line of its own."""
        pieces = _row(row)
        flat = self.layout.flat(pieces, self.rows_at)
        return self._fits(self.rows_at, (*flat, b",")) and not any(map(self._spans_lines, pieces))

    def _on_one_line(self, table: Table) -> tuple[Part, ...] | None:
        commented = table.tail or any(r.above or r.behind for r in table.rows)
        crowded = table.source is None and sum(r.is_param for r in table.rows) > 1
        if commented or crowded or any(self._spans_lines(p) for p in _pieces(table)):
            return None
        pieces: list[Piece] = [_names(table), b", "]
        if table.source is not None:
            pieces += [table.source, *_named(table)]
        else:
            pieces += _bracketed([_row(r) for r in table.rows])
        parts = (b"@", *self.layout.flat([f"{MARK}(".encode(), *pieces, b")"], self.indent))
        return parts if self._fits(self.indent, parts) else None

    def _exploded(self, table: Table) -> tuple[Part, ...]:
        parts: list[Part] = [b"@", f"{MARK}(".encode(), *self._line(self.inner, _names(table) + b",")]
        if table.source is not None:
            parts += [*self._begin(self.inner), *self.layout.flat([table.source], self.inner), b","]
            parts += self._ids(table)
        elif (flat := self._flat_values(table)) is not None:
            parts += [*self._begin(self.inner), *flat]
        else:
            parts += self._line(self.inner, b"[")
            for row in table.rows:
                parts += self._row(row)
            parts += [p for c in table.tail for p in (*self._begin(self.rows_at), c)]
            parts += self._line(self.inner, b"],")
        return (*parts, *self._line(self.indent, b")"))

    def _flat_values(self, table: Table) -> tuple[Part, ...] | None:
        """The values of one argument on a line of their own, if they fit and nothing is said about them."""
        bare = len(table.names) == 1 and not table.tail
        if not bare or any(row.is_param or row.above or row.behind for row in table.rows):
            return None
        if any(map(self._spans_lines, _pieces(table))):
            return None
        pieces = _bracketed([_row(row) for row in table.rows])
        flat = (*self.layout.flat(pieces, self.inner), b",")
        return flat if self._fits(self.inner, flat) else None

    def _ids(self, table: Table) -> Iterator[Part]:
        if not table.ids:
            return
        flat = (b"ids=[" + b", ".join(map(text, table.ids)) + b"],",)
        if self._fits(self.inner, flat):
            yield from (*self._begin(self.inner), *flat)
            return
        yield from self._line(self.inner, b"ids=[")
        for name in table.ids:
            yield from self._line(self.rows_at, text(name) + b",")
        yield from self._line(self.inner, b"],")

    def _row(self, row: Row) -> Iterator[Part]:
        for comment in row.above:
            yield from (*self._begin(self.rows_at), comment)
        yield from self._begin(self.rows_at)
        yield from self._cells(row)
        yield b","
        for comment in row.behind:
            yield from (b"  ", comment)

    def _cells(self, row: Row) -> Iterator[Part]:
        if self.is_short(row) or not (row.is_param or len(row.cells) > 1):
            yield from self.layout.flat(_row(row), self.rows_at)
            return
        at = self.layout.deeper(self.rows_at)
        yield b"pytest.param(" if row.is_param else b"("
        for cell in _entries(row):
            yield from (*self._begin(at), *self.layout.flat(cell, at), b",")
        yield from self._line(self.rows_at, b")")

    def _begin(self, indent: bytes) -> tuple[Part, ...]:
        return (self.layout.newline + indent,)

    def _line(self, indent: bytes, content: bytes) -> tuple[Part, ...]:
        return (self.layout.newline + indent + content,)

    def _fits(self, indent: bytes, parts: Sequence[Part]) -> bool:
        return self.layout.fits((self.layout.newline + indent, *parts))

    def _spans_lines(self, piece: Piece) -> bool:
        return isinstance(piece, Operand) and self.layout.spans_lines(piece)


def _names(table: Table) -> bytes:
    if len(table.names) == 1:
        return text(table.names[0])
    return b"(" + b", ".join(map(text, table.names)) + b")"


def _pieces(table: Table) -> Iterator[Piece]:
    if table.source is not None:
        yield table.source
        return
    for row in table.rows:
        yield from (*row.cells, *row.marks)


def _named(table: Table) -> list[Piece]:
    return [b", ids=", *_bracketed([[text(name)] for name in table.ids])] if table.ids else []


def _bracketed(items: Sequence[Sequence[Piece]]) -> list[Piece]:
    return [b"[", *_joined(items), b"]"]


def _joined(items: Iterable[Sequence[Piece]]) -> list[Piece]:
    pieces: list[Piece] = []
    for item in items:
        pieces += [b", ", *item] if pieces else item
    return pieces


def _row(row: Row) -> list[Piece]:
    if row.is_param:
        return [b"pytest.param(", *_joined(_entries(row)), b")"]
    if len(row.cells) == 1:
        return list(row.cells)
    return [b"(", *_joined([[c] for c in row.cells]), b")"]


def _entries(row: Row) -> list[list[Piece]]:
    """The cells of a row, then its marks and its id as arguments of ``pytest.param``."""
    entries: list[list[Piece]] = [[cell] for cell in row.cells]
    if len(row.marks) == 1:
        entries.append([b"marks=", *row.marks])
    elif row.marks:
        entries.append([b"marks=", *_bracketed([[m] for m in row.marks])])
    if row.id:
        entries.append([b"id=", text(row.id)])
    return entries
