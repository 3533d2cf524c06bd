"""A test that yields a function and its arguments, which nose ran, becomes a parametrized test.

pytest dropped yield tests in 4.0, and since 8.4 a file that has one is not collected at all:
https://docs.pytest.org/en/stable/deprecations.html#yield-tests
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Edit, Part, Span, Unit
from reassert.model.outcomes import Safety
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.classes import ClassInfo
from reassert.syntax.comments import comments_in
from reassert.syntax.context import Context
from reassert.syntax.draft import Draft
from reassert.syntax.loop_tables import Place, same_rows
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import GENERATORS, REFUSALS, Objection, Table, decorator, too_many
from reassert.syntax.row_values import RowValues
from reassert.syntax.statements import header_end, insertion, is_docstring, line_start, name_span

_CODES = ("PARAM-DUP-ID", "PARAM-IMPURE", "PARAM-SELF", "PARAM-STRUCTURE", "PARAM-TOO-MANY")
_SETUP = frozenset(
    {"setup", "teardown", "setup_class", "setUp", "tearDown", "setup_method", "teardown_method"}
)


@dataclass(frozen=True)
class _YieldTest:
    """A generator that pytest would take for a test."""

    owner: ClassInfo | None
    function: ast.FunctionDef


@dataclass(frozen=True)
class _Shape:
    """Loops, outermost first, and the values that the innermost one yields."""

    loops: tuple[ast.For, ...]
    values: tuple[ast.expr, ...]


class YieldTestToParametrize(Codemod[Context]):
    """See the page."""

    title = "yield tests, which pytest does not run, become parametrized tests"
    safety = Safety.UNSAFE
    option = "--awaken"
    mentions = (b"yield",)
    refusals: ClassVar[Mapping[str, str]] = {
        **GENERATORS,
        **{code: why for code, why in REFUSALS.items() if code in _CODES},
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Tests of the module and of plain classes; those of a TestCase never ran anywhere."""
        work = Draft(context, self.id)
        for test in self._found(context):
            tables = self._tables(context, test)
            shape = _shape(test)
            if isinstance(tables, Objection) or shape is None:
                objection = tables if isinstance(tables, Objection) else _NO_LOOP
                work.refuse(test.function, objection.code, objection.reason)
            else:
                work.edits += self._edits(context, test, shape, tables)
                work.awaken(test.function)
        return work.rewrite()

    def _found(self, context: Context) -> Iterator[_YieldTest]:
        if context.config.profile < Profile.CLASSES:
            return
        for test in _generators(context):
            if not context.is_ignored(self.id, test.function, context.module.qualname(test.function)):
                yield test

    def _tables(self, context: Context, test: _YieldTest) -> list[Table] | Objection:
        if not context.config.awaken:
            reason = f"{test.function.name} is a generator, which pytest does not run; --awaken converts it"
            return Objection("B-GENTEST", reason)
        shape = _shape(test)
        if shape is None:
            return _NO_LOOP
        shared = len(shape.loops) > 1 or bool(test.owner and context.classes.heirs(test.owner))
        if list(comments_in(context.module, shape.loops[0])):
            return Objection("PARAM-STRUCTURE", "comments stand in the loop")
        judge = RowValues(context, test.owner, test.function, shared=shared)
        place = Place(context, test.owner, test.function, {}, judge)
        tables: list[Table] = []
        for loop in shape.loops:
            found = place.tables(loop)
            if isinstance(found, Objection):
                return found
            tables += found
        whole = Table(tuple(n for t in tables for n in t.names), tables[0].rows)
        return too_many(whole, context.config.limits) or same_rows(tables) or tables

    def _edits(
        self, context: Context, test: _YieldTest, shape: _Shape, tables: list[Table]
    ) -> Iterator[Edit]:
        function = test.function
        unit = Unit(self.id, context.module.qualname(function))
        layout, newline = context.layout(function), context.source.newline.encode()
        parts: list[Part] = []
        for table in reversed(tables):
            parts += [layout.indent, *decorator(layout, table), newline]
        at = line_start(context, context.module.span(function).start)
        yield insertion(at, parts, unit, None, "pytest")
        names = ", ".join(name for table in tables for name in table.names).encode()
        if function.args.args:
            end = context.module.span(function.args.args[0]).end
            yield insertion(end, [b", " + names], unit, None)
        else:
            opening = context.source.buffer.index(b"(", name_span(context, function).end) + 1
            yield Edit(
                opening, context.source.buffer.rindex(b")", 0, header_end(context, function)), (names,), unit
            )
        span = context.module.span
        called, *arguments = shape.values
        pieces: list[Part] = [span(called), b"("]
        for number, argument in enumerate(arguments):
            pieces += [b", "] * bool(number) + [span(argument)]
        whole = Span(span(shape.loops[0]).start, span(shape.loops[0]).end)
        yield Edit(whole.start, whole.end, (*pieces, b")"), unit)


_NO_LOOP = Objection("PARAM-STRUCTURE", "the test is no loop that yields a function and its arguments")


def _generators(context: Context) -> Iterator[_YieldTest]:
    options, module = context.config.pytest, context.module
    functions: list[tuple[ClassInfo | None, FunctionNode]] = [
        (None, s) for s in module.tree.body if isinstance(s, FunctionNode)
    ]
    for owner in context.classes.all:
        plain = not context.classes.component(owner).has_testcase
        if plain and owner.outer is None and not owner.local and options.collects_class(owner.node.name):
            functions += [(owner, f) for f in owner.functions if f in owner.direct]
    for owner_or_none, function in functions:
        generator = isinstance(function, ast.FunctionDef) and function in module.generators
        fixture = any(not _is_test_decorator(context, d) for d in function.decorator_list)
        collected = options.collects_function(function.name) and not fixture
        if isinstance(function, ast.FunctionDef) and generator and collected:
            yield _YieldTest(owner_or_none, function)


def _is_test_decorator(context: Context, decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = context.module.resolve(target) or ""
    return not name.endswith(("fixture", "contextmanager")) and not name.startswith("pytest_")


def _shape(test: _YieldTest) -> _Shape | None:
    """What a test loops over and yields, if that is all that it does."""
    function, receiver = test.function, 1 if test.owner else 0
    args = function.args
    taken = (
        len(args.posonlyargs) + len(args.args) + len(args.kwonlyargs) + bool(args.vararg) + bool(args.kwarg)
    )
    body = [s for s in function.body if not is_docstring(s)]
    if taken != receiver or function.decorator_list or (test.owner and test.owner.inherited & _SETUP):
        return None
    loops: list[ast.For] = []
    while len(body) == 1 and isinstance(body[0], ast.For) and not body[0].orelse:
        loops.append(body[0])
        body = body[0].body
    value = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    values = value.value if isinstance(value, ast.Yield) else None
    if (
        not loops
        or not isinstance(values, ast.Tuple)
        or not isinstance(values.elts[0], (ast.Name, ast.Attribute))
    ):
        return None
    bound = {n.id for loop in loops for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    root: ast.expr = values.elts[0]
    while isinstance(root, ast.Attribute):
        root = root.value
    if any(isinstance(v, ast.Starred) for v in values.elts) or (
        isinstance(root, ast.Name) and root.id in bound
    ):
        return None
    return _Shape(tuple(loops), tuple(values.elts))
