"""Tests that a library makes of one method and some values: as rows of ``parametrize``, named as before.

The library called the method with each row's values, and with mocks behind them; pytest hands mocks over
first and values by name (``getfuncargnames`` in _pytest/compat.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from reassert.model.config import Profile
from reassert.model.edits import Edit, Part, Span, Unit
from reassert.syntax.arguments import Argument, is_trivial
from reassert.syntax.classes import ClassInfo
from reassert.syntax.comments import comments_in
from reassert.syntax.context import Context
from reassert.syntax.draft import Draft
from reassert.syntax.known_decorators import hands_arguments_on
from reassert.syntax.layout import Operand, Piece
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import Objection, Row, Table, call, case_name, duplicate_id
from reassert.syntax.patches import hands_over, is_patched
from reassert.syntax.siblings import fixture_names
from reassert.syntax.statements import without_line


@dataclass(frozen=True)
class Case:
    """One test as the library made it: its name, and what it handed to the method.

    ``row`` is the value it was made of. ``marks``, ``above`` and ``behind`` are the row's: see ``Row``.
    """

    name: str
    row: ast.expr
    positional: tuple[Argument, ...] = ()
    keywords: Mapping[str, Argument] = field(default_factory=dict)
    marks: tuple[Piece, ...] = ()
    above: tuple[Span, ...] = ()
    behind: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Generated:
    """A method and the tests made of it.

    ``decorator`` is the library's, which becomes the table; ``removed`` are others of its decorators.
    ``source`` is an expression that has the rows, if they are not written out in the decorator.
    ``mocks_last`` says that values come before the mocks of decorators. ``names`` are the parameters that the
    values by position are for, if the library is told (else: in the order of the signature).
    """

    owner: ClassInfo
    method: FunctionNode
    decorator: ast.expr
    cases: tuple[Case, ...]
    removed: tuple[ast.expr, ...] = ()
    source: ast.expr | None = None
    mocks_last: bool = True
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """The edits for one method; ``splits`` as in ``Rewrite``, ``handled`` are the decorators."""

    edits: tuple[Edit, ...]
    splits: Mapping[str, tuple[str, ...]]
    handled: frozenset[int]


def convertible_classes(context: Context) -> list[ClassInfo]:
    """The classes whose tests may get tables: unittest's own and their relatives, if classes climb at all."""
    if context.config.profile < Profile.CLASSES:
        return []
    return [info for info in context.classes.all if context.classes.component(info).is_unittest]


def calls_above_methods(
    context: Context, rule_id: str, dotted: str
) -> Iterator[tuple[ClassInfo, FunctionNode, ast.Call]]:
    """The decorators of methods that call what a library names ``dotted``, unless a comment keeps them."""
    for owner in convertible_classes(context):
        for method in owner.functions:
            for decorator in method.decorator_list:
                called = isinstance(decorator, ast.Call) and context.module.resolve(decorator.func)
                ignored = context.is_ignored(rule_id, decorator, f"{owner.qualname}.{method.name}")
                if isinstance(decorator, ast.Call) and called == dotted and not ignored:
                    yield owner, method, decorator


def safe_name(value: str) -> str:
    """A text as parameterized makes it a part of a name: ``to_safe_name``."""
    return re.sub("[^a-zA-Z0-9_]+", "_", value)


def as_rows(context: Context, rule_id: str, generated: Generated) -> Rows | Objection:
    """The table for a method, or what speaks against it."""
    return _Method(context, rule_id, generated).rows()


class Gathered(Draft):
    """What a rule says of one file, method by method."""

    def take(self, rows: Rows) -> None:
        """Add what was found for one method."""
        self.edits += rows.edits
        self.splits.update(rows.splits)
        self.handled |= rows.handled

    def take_or_block(self, owner: ClassInfo, node: ast.expr, rows: Rows | Objection) -> None:
        """Add it, or say why the class stays: without the decorator, or below it, it has no tests."""
        if isinstance(rows, Rows):
            self.take(rows)
        else:
            self.block(owner, node, rows)

    def take_or_leave(
        self, owner: ClassInfo, method: FunctionNode, node: ast.expr, rows: Rows | Objection
    ) -> None:
        """Add it, or say why the decorator stays, which does no harm."""
        if isinstance(rows, Rows):
            self.take(rows)
        else:
            name = f"{owner.qualname}.{method.name}"
            self.refusals.append(self.context.refusal(self.rule_id, rows.code, node, name, rows.reason))

    def block(self, owner: ClassInfo, node: ast.expr, objection: Objection) -> None:
        """Say why the class stays as it is."""
        refusal = self.context.refusal(self.rule_id, objection.code, node, owner.qualname, objection.reason)
        self.blocked[owner.qualname].append(refusal)
        self.handled.add(id(node))


class _Method:
    def __init__(self, context: Context, rule_id: str, generated: Generated) -> None:
        self.context = context
        self.module = context.module
        self.generated = generated
        self.owner = generated.owner
        self.method = generated.method
        self.unit = Unit(rule_id, f"{self.owner.qualname}.{self.method.name}")
        self.others = [
            d
            for d in self.method.decorator_list
            if d is not generated.decorator and d not in generated.removed
        ]

    def rows(self) -> Rows | Objection:
        objection = self._surroundings() or self._signature()
        if objection:
            return objection
        names = self._names()
        if isinstance(names, Objection):
            return names
        table = self._table(names)
        if isinstance(table, Objection):
            return table
        return duplicate_id(table) or self._source_objection(table) or self._rows(table)

    # -- what stands around ----------------------------------------------------------------------------------

    def _surroundings(self) -> Objection | None:
        name, component = self.method.name, self.context.classes.component(self.owner)
        made = {name, *(case.name for case in self.generated.cases)}
        if not name.startswith("test") or self.method not in self.owner.direct:
            return Objection("PARAM-STRUCTURE", f"{name} is no test method of the class itself")
        if name in self.owner.repeated:
            return Objection("PARAM-STRUCTURE", f"{name} is defined more than once")
        relatives = [*self.owner.lineage[1:], *self.context.classes.heirs(self.owner)]
        hidden = sorted(made & {n for c in relatives for n in c.defines})
        hidden += sorted((made - {name}) & self.owner.defines)
        if hidden:
            return Objection("PARAM-STRUCTURE", f"{hidden[0]} is also defined elsewhere in the hierarchy")
        if made & component.called:
            return Objection("PARAM-STRUCTURE", f"{min(made & component.called)} is used by other code")
        if is_patched(self.owner) or any(is_patched(c) for c in self.context.classes.heirs(self.owner)):
            return Objection("PARAM-STRUCTURE", "the class is patched, and so are the tests made of it")
        return self._decorators()

    def _decorators(self) -> Objection | None:
        for decorator in self.others:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            known = self.module.resolve(target) or ""
            keyword = known.startswith("unittest.mock.patch.") and known.endswith((".multiple", ".dict"))
            if not known.startswith(_TRANSPARENT) or not hands_arguments_on(self.module, decorator):
                return Objection("PARAM-STRUCTURE", f"{_spelled(target)} above the test may need its values")
            if keyword and known.endswith(".multiple"):
                return Objection("PARAM-STRUCTURE", "patch.multiple hands mocks over by name")
        return None

    @property
    def mocks(self) -> int:
        """How many mocks the method's own decorators hand over."""
        return sum(hands_over(self.module, d) for d in self.others)

    # -- parameters ------------------------------------------------------------------------------------------

    @property
    def positional(self) -> list[ast.arg]:
        """The parameters behind the receiver that take positional arguments."""
        return self.method.args.args[1:]

    @property
    def mock_parameters(self) -> list[ast.arg]:
        """Those of them that get the mocks."""
        count = self.mocks
        if not self.generated.mocks_last:
            return self.positional[:count]
        return self.positional[len(self.positional) - count :] if count else []

    @property
    def value_parameters(self) -> list[ast.arg]:
        """Those that get values by position."""
        return [a for a in self.positional if a not in self.mock_parameters]

    @property
    def order(self) -> list[str]:
        """The names of the values that a row gives by position."""
        return list(self.generated.names) or [a.arg for a in self.value_parameters]

    @property
    def defaults(self) -> dict[str, ast.expr]:
        """Parameter -> its default."""
        a = self.method.args
        found = dict(zip((p.arg for p in a.args[len(a.args) - len(a.defaults) :]), a.defaults, strict=True))
        found.update({p.arg: d for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d})
        return found

    def _signature(self) -> Objection | None:
        a = self.method.args
        if a.posonlyargs or a.vararg or a.kwarg or not a.args:
            return Objection(
                "PARAM-STRUCTURE", "the test takes values by position only, or any number of them"
            )
        if len(self.positional) < self.mocks:
            return Objection("PARAM-STRUCTURE", "the test takes fewer values than its patches hand over")
        if self.mocks and self.defaults:
            return Objection("PARAM-STRUCTURE", "mocks and defaults among the parameters")
        return None

    def _names(self) -> list[str] | Objection:
        """The parameters that the rows give, in the order of the signature."""
        given: set[str] = set()
        order = self.order
        known = {a.arg for a in (*self.value_parameters, *self.method.args.kwonlyargs)}
        required = known - self.defaults.keys()
        for case in self.generated.cases:
            if len(case.positional) > len(order):
                return Objection("PARAM-STRUCTURE", f"{case.name} has more values than the test takes")
            bound = {*order[: len(case.positional)], *case.keywords}
            if len(bound) < len(case.positional) + len(case.keywords) or bound - known or required - bound:
                return Objection("PARAM-STRUCTURE", f"the values of {case.name} do not fit the parameters")
            given |= bound
        names = [a.arg for a in (*self.value_parameters, *self.method.args.kwonlyargs)]
        wanted = [n for n in self.generated.names or names if n in (given or required)]
        odd = sorted(fixture_names(self.context) & set(wanted))
        if odd:
            return Objection("PARAM-STRUCTURE", f"{odd[0]} is the name of a fixture")
        if not wanted:
            return Objection("PARAM-STRUCTURE", "the test takes no value")
        kept = [n for n in self.defaults if n not in wanted]
        if kept and any(names.index(n) > names.index(kept[0]) for n in wanted):
            return Objection("PARAM-STRUCTURE", f"{kept[0]} keeps its default before one that has values")
        return wanted

    # -- the table -------------------------------------------------------------------------------------------

    def _table(self, names: Sequence[str]) -> Table | Objection:
        rows = []
        order = self.order
        for case in self.generated.cases:
            bound = {**dict(zip(order, case.positional, strict=False)), **case.keywords}
            cells = [self._cell(bound.get(name), name) for name in names]
            if any(cell is None for cell in cells):
                return Objection("PARAM-STRUCTURE", "a default that some rows leave out is computed")
            above = (*case.above, *_inner_comments(bound.values()))
            found = tuple(cell for cell in cells if cell is not None)
            rows.append(Row(found, case.name, case.marks, above, case.behind))
        source = self.generated.source
        if source is not None:
            bare = tuple(Row(row.cells, row.id, row.marks) for row in rows)
            return Table(tuple(names), bare, self.module.text(source).encode())
        return Table(tuple(names), tuple(rows), tail=self._other_comments(rows))

    def _other_comments(self, rows: Iterable[Row]) -> tuple[Span, ...]:
        """The comments of the decorator that belong to no row."""
        kept = [c for row in rows for c in (*row.above, *row.behind) if isinstance(c, Span)]
        cells = [p.argument.span for row in rows for p in row.cells if isinstance(p, Operand)]
        return tuple(
            comment
            for comment in comments_in(self.module, self.generated.decorator)
            if comment not in kept and not any(c.start <= comment.start < c.end for c in cells)
        )

    def _cell(self, argument: Argument | None, name: str) -> Piece | None:
        if argument is not None:
            return Operand(argument)
        default = self.defaults.get(name)
        return self.module.text(default).encode() if default is not None and is_trivial(default) else None

    def _source_objection(self, table: Table) -> Objection | None:
        """Rows that stay elsewhere have to be as parametrize wants them: as wide as the parameters."""
        if self.generated.source is None:
            return None
        for case in self.generated.cases:
            whole = len(case.positional) == 1 and case.positional[0].node is case.row
            fits = whole == (len(table.names) == 1) and len(case.positional) == len(table.names)
            if case.keywords or case.marks or not fits:
                return Objection("PARAM-STRUCTURE", "the rows are not in the decorator, and not all alike")
        return None

    # -- the edits -------------------------------------------------------------------------------------------

    def _rows(self, table: Table) -> Rows:
        generated, name = self.generated, self.method.name
        parts = call(self.context.layout(generated.decorator), table)
        edits = [
            self.context.replace(
                generated.decorator, parts, self.unit, requires=self.owner, imports=["pytest"]
            ),
            *(without_line(self.context, d, self.unit, self.owner) for d in generated.removed),
            *self._signature_edits(table.names),
        ]
        splits = {
            f"{self.owner.qualname}.{case.name}": (case_name(name, [case.name]),) for case in generated.cases
        }
        if not generated.cases:
            # What pytest calls the test that it skips for want of rows differs from version to version.
            splits = {f"{self.owner.qualname}.{name}": (name,)}
        return Rows(tuple(edits), splits, frozenset(map(id, (generated.decorator, *generated.removed))))

    def _signature_edits(self, names: Sequence[str]) -> Iterator[Edit]:
        """Mocks come first, and what a row gives has no default."""
        extents = {a.arg: self._extent(a, names) for a in self.method.args.args[1:]}
        order = [a.arg for a in (*self.mock_parameters, *self.value_parameters)]
        if order != list(extents):
            spans = list(extents.values())
            gaps = [Span(a.end, b.start) for a, b in pairwise(spans)]
            parts: list[Part] = [extents[order[0]]]
            for gap, name in zip(gaps, order[1:], strict=True):
                parts += [gap, extents[name]]
            yield Edit(spans[0].start, spans[-1].end, tuple(parts), self.unit, self.owner.qualname)
        for name, default in self.defaults.items():
            if name in names:
                arg = next(a for a in (*self.method.args.args, *self.method.args.kwonlyargs) if a.arg == name)
                start, end = self.module.span(arg).end, self._closing(default)
                yield Edit(start, end, (), self.unit, self.owner.qualname, swallows=True)

    def _closing(self, default: ast.expr) -> int:
        """The end of a default, its own parentheses included."""
        end = self.module.span(default).end
        buffer = self.context.source.buffer
        arg_end = max(
            self.module.span(a).end
            for a in (*self.method.args.args, *self.method.args.kwonlyargs)
            if self.module.span(a).end <= self.module.span(default).start
        )
        opened = buffer[arg_end : self.module.span(default).start].count(b"(")
        for _ in range(opened):
            end = buffer.index(b")", end) + 1
        return end

    def _extent(self, arg: ast.arg, names: Sequence[str]) -> Span:
        span = self.module.span(arg)
        default = self.defaults.get(arg.arg)
        if default is None or arg.arg in names:
            return span
        return Span(span.start, self._closing(default))


_TRANSPARENT = ("unittest.skip", "unittest.expectedFailure", "unittest.mock.patch", "pytest.mark.")


def _inner_comments(arguments: Iterable[Argument]) -> Iterator[Span]:
    """The comments between the values of a row."""
    for argument in sorted(arguments, key=lambda a: a.span.start):
        yield from argument.comments


def _spelled(target: ast.expr) -> str:
    return ast.unparse(target)
