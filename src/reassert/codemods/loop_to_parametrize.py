"""A test that is one loop over a table becomes a parametrized test, with or without ``subTest`` (spec F.4).

https://docs.pytest.org/en/stable/how-to/parametrize.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Edit, Part, Span, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import is_pure
from reassert.syntax.classes import ClassInfo
from reassert.syntax.comments import comments_between
from reassert.syntax.context import Context
from reassert.syntax.layout import Operand
from reassert.syntax.loop_state import Rounds, assigned_name
from reassert.syntax.loop_tables import Place, case_names, same_rows
from reassert.syntax.module import FunctionNode
from reassert.syntax.parametrize import REFUSALS, Objection, Table, decorator, too_long, too_many
from reassert.syntax.row_values import RowValues
from reassert.syntax.siblings import fixture_names, scopes
from reassert.syntax.statements import (
    Body,
    comment_block_above,
    fewer_lines,
    insertion,
    is_docstring,
    line_start,
    line_stop,
    name_span,
    reindented,
    remove_statement,
)
from reassert.syntax.uses import receiver_name

_SKIPS = ("unittest.skip", "unittest.skipIf", "unittest.skipUnless", "pytest.mark.skip", "pytest.mark.skipif")
_OUTCOMES = ("pytest.skip", "pytest.xfail", "pytest.importorskip", "pytest.exit")
# The fixture of pytest 9, and of the plugin before.
SUBTESTS = "subtests"
_CONDITIONS = (ast.If, ast.IfExp, ast.Match, ast.Try, ast.While)
_JUMPS = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal, ast.Delete)


@dataclass(frozen=True)
class _Loop:
    """A test that ends in a loop, which may hold nothing but another loop, or a subtest, and so on.

    ``blocks`` are these, outermost first, ``tables`` the assignments that they run over, ``before`` is what
    else happens before. ``owner`` is None for a function of the module; ``is_plain``: unittest has no part
    in the test, so that it may already have pytest's ``subtests``.
    """

    owner: ClassInfo | None
    method: FunctionNode
    blocks: tuple[ast.For | ast.With, ...]
    before: tuple[ast.stmt, ...]
    tables: Mapping[str, ast.Assign]
    is_plain: bool = False

    @property
    def name(self) -> str:
        """The test with its class."""
        return f"{self.owner.qualname}.{self.method.name}" if self.owner else self.method.name

    @property
    def required(self) -> ClassInfo | None:
        """The class that must become a plain one."""
        return None if self.is_plain else self.owner

    @property
    def receivers(self) -> int:
        """How many of its parameters the test has by being a method."""
        return int(self.owner is not None)

    @property
    def loops(self) -> list[ast.For]:
        """The loops, outermost first."""
        return [b for b in self.blocks if isinstance(b, ast.For)]

    @property
    def subtests(self) -> list[ast.Call]:
        """The calls of ``self.subTest``."""
        calls = [b.items[0].context_expr for b in self.blocks if isinstance(b, ast.With)]
        return [c for c in calls if isinstance(c, ast.Call)]

    @property
    def body(self) -> list[ast.stmt]:
        """What one round does."""
        return self.blocks[-1].body

    def outer(self) -> _Loop | None:
        """The same with the innermost loop as a part of what a round does; None if there is one loop."""
        last = max(n for n, block in enumerate(self.blocks) if isinstance(block, ast.For))
        return replace(self, blocks=self.blocks[:last]) if last else None


class LoopToParametrize(Codemod[Context]):
    """See the page."""

    title = "a test that is a loop over a table becomes a parametrized test"
    mentions = (b"for ",)
    refusals: ClassVar[Mapping[str, str]] = {
        code: why for code, why in REFUSALS.items() if code.startswith("PARAM-")
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Each test by itself; what is not converted is left to the subtests fixture, or as it is."""
        edits: list[Edit] = []
        refusals: list[Refusal] = []
        splits: dict[str, tuple[str, ...]] = {}
        handled: set[int] = set()
        found = [self._best(context, widest) for widest in self._found(context)]
        lengthens = self._lengthens(context, found)
        for loop, tables in found:
            name = loop.name
            if not isinstance(tables, Objection) and loop in lengthens:
                tables = _LONGER  # noqa: PLW2901 - what is left of them
            if isinstance(tables, Objection):
                refusals.append(context.refusal(self.id, tables.code, loop.blocks[0], name, tables.reason))
                continue
            edits += self._edits(context, loop, tables, Unit(self.id, name))
            splits[name] = case_names(loop.method.name, tables) or (loop.method.name,)
            handled |= {id(call.func) for call in loop.subtests if not loop.is_plain}
        return Rewrite(tuple(edits), tuple(refusals), splits=splits, handled=frozenset(handled))

    def _found(self, context: Context) -> Iterator[_Loop]:
        for owner, method in _tests(context) if context.config.profile >= Profile.IDIOMATIC else ():
            loop = _read(context, owner, method)
            if loop is not None and not context.is_ignored(self.id, method, loop.name):
                yield loop

    # -- what speaks against it ------------------------------------------------------------------------------

    def _best(self, context: Context, loop: _Loop) -> tuple[_Loop, list[Table] | Objection]:
        """As many of the loops as can be tables, from the outermost one inwards."""
        tables = self._tables(context, loop)
        outer = loop.outer() if isinstance(tables, Objection) else None
        return (loop, tables) if outer is None else self._best(context, outer)

    def _tables(self, context: Context, loop: _Loop) -> list[Table] | Objection:
        objection = _structure(context, loop)
        if objection:
            return objection
        heirs = context.classes.heirs(loop.owner) if loop.owner else ()
        shared = bool(heirs) or len(loop.loops) > 1 or _is_product(context, loop)
        judge = RowValues(context, loop.owner, loop.method, shared=shared)
        place = Place(context, loop.owner, loop.method, {n: s.value for n, s in loop.tables.items()}, judge)
        tables: list[Table] = []
        for each in loop.loops:
            found = place.tables(each)
            if isinstance(found, Objection):
                return found
            tables += found
        return self._problem(context, loop, tables) or tables

    def _problem(self, context: Context, loop: _Loop, tables: Sequence[Table]) -> Objection | None:
        names = [name for table in tables for name in table.names]
        odd = next((n for n in names if n.startswith("_") or names.count(n) > 1), None)
        if odd is not None:
            return Objection("PARAM-STRUCTURE", f"{odd} is no name for an argument")
        fixtures = fixture_names(context).intersection(names)
        if fixtures:
            return Objection("PARAM-STRUCTURE", f"{min(fixtures)} is the name of a fixture")
        cases = 1
        for table in tables:
            cases *= len(table.rows)
        if cases < _FEWEST:
            return Objection("PARAM-STRUCTURE", "the table has no two rows")
        limits = context.config.limits
        whole = Table(tuple(names), tuple(tables[0].rows) * (cases // max(len(tables[0].rows), 1)))
        layout = context.layout(loop.method)
        long = next((o for t in tables if (o := too_long(layout, t))), None)
        targets = frozenset(names)
        rounds = Rounds(context, loop.owner, loop.method, loop.before, targets, loop.body)
        return too_many(whole, limits) or long or same_rows(tables) or rounds.objection()

    def _lengthens(
        self, context: Context, found: Sequence[tuple[_Loop, list[Table] | Objection]]
    ) -> list[_Loop]:
        """The loops whose tables would make the file longer, each by itself or all by the import of pytest.

        The brackets of a table and the line of its names are none that a reader looks at, and do not count.
        """
        saved: list[tuple[_Loop, int]] = []
        for loop, tables in found:
            if not isinstance(tables, Objection):
                layout, edits = context.layout(loop.method), self._edits(context, loop, tables, _NO_UNIT)
                free = sum(_FRAME for t in tables if b"\n" in layout.text(decorator(layout, t)))
                saved.append((loop, fewer_lines(context, edits) + free))
        kept = sum(lines for _, lines in saved if lines >= 0)
        most = -1 if kept or _has_import(context) else 0
        return [loop for loop, lines in saved if lines <= most]

    # -- the edits -------------------------------------------------------------------------------------------

    def _edits(self, context: Context, loop: _Loop, tables: Sequence[Table], unit: Unit) -> Iterator[Edit]:
        layout, owner = context.layout(loop.method), loop.required
        newline = context.source.newline.encode()
        at = line_start(context, context.module.span(loop.method).start)
        parts: list[Part] = []
        for comment in (c for s in loop.tables.values() for c in _comments_above(context, s)):
            parts += [layout.indent, comment, newline]
        for table in reversed(tables):
            parts += [layout.indent, *decorator(layout, table), newline]
        yield insertion(at, parts, unit, owner, "pytest")
        yield self._signature(context, loop, [name for table in tables for name in table.names], unit)
        for statement in loop.tables.values():
            removal = remove_statement(context, statement, unit, owner, tuple(loop.tables.values()))
            above = _comments_above(context, statement)
            yield replace(removal, start=line_start(context, above[0].start)) if above else removal
        yield self._body_edit(context, loop, tables, unit)

    def _signature(self, context: Context, loop: _Loop, names: Sequence[str], unit: Unit) -> Edit:
        """The new arguments behind the receiver, in the place of ``subtests``."""
        spans = [context.module.span(a) for a in loop.method.args.args]
        required = loop.required.qualname if loop.required else None
        if loop.receivers:
            text, start, end = f", {', '.join(names)}", spans[0].end, spans[-1].end
        else:
            opening = context.source.buffer.index(b"(", name_span(context, loop.method).end) + 1
            text, start, end = ", ".join(names), opening, spans[-1].end if spans else opening
        return Edit(start, end, (text.encode(),), unit, required)

    def _body_edit(self, context: Context, loop: _Loop, tables: Sequence[Table], unit: Unit) -> Edit:
        """The innermost body in the place of the outermost loop, below the comments of what is gone."""
        outer = loop.blocks[0]
        indent, newline = context.layout(outer).indent, context.source.newline.encode()
        body = _region(context, loop)
        start = line_start(context, context.module.span(outer).start)
        told = [c for t in tables for c in _told(t)]
        parts: list[Part] = []
        for comment in comments_between(context.module, start, body.span.start, [outer]):
            if not any(span.start <= comment.start < span.end for span in told):
                parts += [indent, comment, newline]
        parts += reindented(body, indent)
        required = loop.required.qualname if loop.required else None
        return Edit(start, body.span.end, tuple(parts), unit, required)


_FEWEST = 2
_LONGER = Objection("PARAM-STRUCTURE", "a table would not be shorter than the loop")
_NO_UNIT = Unit("", "")
# The lines of a table that is laid out in rows: its brackets, and its names.
_FRAME = 3


def _has_import(context: Context) -> bool:
    """Whether a table costs no import: that of pytest is there, or comes in the place of unittest's."""
    dotted = {name for names in context.module.imports.values() for name in names}
    return "pytest" in dotted or any(context.classes.component(c).is_unittest for c in context.classes.all)


def _comments_above(context: Context, statement: ast.stmt) -> list[Span]:
    """The comments in the lines right above a statement that has its own lines."""
    start = line_start(context, context.module.span(statement).start)
    first = comment_block_above(context, start, context.layout(statement).indent)
    lines = context.source.buffer[first:start].splitlines(keepends=True)
    found, at = [], first
    for line in lines if context.stands_alone(statement) else ():
        blanks = len(line) - len(line.lstrip())
        found.append(Span(at + blanks, at + len(line.rstrip())))
        at += len(line)
    return found


def _told(table: Table) -> Iterator[Span]:
    """The pieces of source that a table shows."""
    yield from (c for c in table.tail if isinstance(c, Span))
    for row in table.rows if table.source is None else ():
        yield from (c for c in (*row.above, *row.behind) if isinstance(c, Span))
        yield from (c.argument.span for c in row.cells if isinstance(c, Operand))


def _region(context: Context, loop: _Loop) -> Body:
    """The lines of the innermost body, the comments around its statements included."""
    block = loop.blocks[-1]
    head = block.items[-1].context_expr if isinstance(block, ast.With) else block.iter
    module, buffer = context.module, context.source.buffer
    start = line_stop(context, buffer.index(b":", module.span(head).end))
    indent = context.layout(loop.body[0]).indent
    stop = line_stop(context, module.span(loop.body[-1]).end)
    while (end := line_stop(context, stop)) > stop and buffer[stop:end].startswith(indent + b"#"):
        stop = end
    while stop > start and buffer[stop - 1 : stop] in (b"\n", b"\r"):
        stop -= 1
    return Body(Span(start, stop), indent, inline=False)


def _tests(context: Context) -> Iterator[tuple[ClassInfo | None, FunctionNode]]:
    """The tests that are loops, maybe: of TestCases and their relatives, of plain classes, of the module."""
    for owner in context.classes.all:
        if context.classes.component(owner).is_unittest:
            yield from ((owner, method) for method in owner.tests)
    if context.config.pytest.rewrites(context.source.path):
        for scope in scopes(context):
            if scope.owner is None or not context.classes.component(scope.owner).is_unittest:
                yield from ((scope.owner, test) for test in scope.tests if test.name not in scope.repeated)


def _is_plain(context: Context, owner: ClassInfo | None) -> bool:
    return owner is None or not context.classes.component(owner).is_unittest


def _read(context: Context, owner: ClassInfo | None, method: FunctionNode) -> _Loop | None:
    """The loop that a test is, or that looks as if it were; None for every other test."""
    own = [s for s in method.body if isinstance(s, ast.For)]
    if len(own) != 1 or isinstance(method, ast.AsyncFunctionDef):
        return None
    before = [s for s in method.body[: method.body.index(own[0])] if not is_docstring(s)]
    blocks = _nested(context, owner, method, own[0])
    loops = [b for b in blocks if isinstance(b, ast.For)]
    if len(blocks) == len(loops) and not _asserts(context, owner, own[0]):
        return None
    wanted = {n.id for loop in loops for n in ast.walk(loop.iter) if isinstance(n, ast.Name)}
    tables = {}
    for statement in before:
        name = assigned_name(statement)
        if not isinstance(statement, ast.Assign) or name is None:
            continue
        if name in wanted and _is_only_for(context, method, name, loops):
            tables[name] = statement
    rest = tuple(s for s in before if s not in tables.values())
    return _Loop(owner, method, blocks, rest, tables, _is_plain(context, owner))


def _is_only_for(context: Context, method: FunctionNode, name: str, loops: Sequence[ast.For]) -> bool:
    """Whether a local name is bound once and read once, by a loop's header."""
    uses = [n for n in context.module.names[name] if context.module.holds(method, n)]
    return len(uses) == 2 and any(context.module.holds(loop.iter, uses[1]) for loop in loops)  # noqa: PLR2004 - a store and a load


def _nested(
    context: Context, owner: ClassInfo | None, method: FunctionNode, outer: ast.For
) -> tuple[ast.For | ast.With, ...]:
    """The loops and subtests that are one another's whole body, from the outermost one to the innermost."""
    found: list[ast.For | ast.With] = [outer]
    while len(found[-1].body) == 1:
        inner = found[-1].body[0]
        subtest = isinstance(inner, ast.With) and _is_subtest(context, owner, method, inner)
        if not isinstance(inner, (ast.For, ast.With)) or not (subtest or isinstance(inner, ast.For)):
            break
        found.append(inner)
    return tuple(found)


def _is_subtest(context: Context, owner: ClassInfo | None, method: FunctionNode, node: ast.With) -> bool:
    """Whether a block is ``with self.subTest(...):`` or ``with subtests.test(...):``."""
    if len(node.items) != 1 or node.items[0].optional_vars is not None:
        return False
    call = node.items[0].context_expr
    function = call.func if isinstance(call, ast.Call) else None
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    if _is_plain(context, owner):
        return function.attr == "test" and function.value.id == SUBTESTS in _arguments(method)
    return (
        owner is not None
        and function.attr == "subTest"
        and function.value.id == receiver_name(method)
        and "subTest" not in owner.inherited
        and context.module.holds(method, node)
    )


def _arguments(method: FunctionNode) -> list[str]:
    return [a.arg for a in method.args.args]


def _asserts(context: Context, owner: ClassInfo | None, loop: ast.For) -> bool:
    """Whether a loop holds an assertion: others only set something up."""
    inside = context.module.subtree(loop)
    uses = owner.uses.attributes if owner else ()
    called = {u.node for u in uses if u.name.startswith(("assert", "fail"))}
    return any(isinstance(n, ast.Assert) or n in called for n in inside)


def _is_product(context: Context, loop: _Loop) -> bool:
    calls = (each.iter for each in loop.loops)
    return any(
        isinstance(c, ast.Call) and context.module.resolve(c.func) == "itertools.product" for c in calls
    )


def _structure(context: Context, loop: _Loop) -> Objection | None:
    """What keeps the test from being its loop."""
    module, method = context.module, loop.method
    args = method.args
    inside = [n for s in loop.body for n in module.subtree(s)]
    parameters = [c for call in loop.subtests for c in ast.iter_child_nodes(call)]
    reasons = {
        "something happens after the loop": method.body[-1] is not loop.blocks[0],
        "the loop has an else": any(each.orelse for each in loop.loops),
        "the loop leaves a round, or the test, early": any(isinstance(n, _JUMPS) for n in inside),
        "what a round does depends on a condition": any(isinstance(n, _CONDITIONS) for n in inside),
        "a round has subtests of its own": any(_is_own_subtest(loop, n) for n in inside),
        "a round may be skipped": any(_is_skip(context, n) for n in inside),
        "the test has arguments already": _own_arguments(context, loop) != loop.receivers
        or bool(args.posonlyargs or args.vararg or args.kwarg or args.kwonlyargs or args.defaults),
        "other code calls the test": _is_called(context, loop),
        "the method is defined more than once": loop.owner is not None and method.name in loop.owner.repeated,
        "a decorator sees the rounds as one test": not _only_skips(context, loop),
        "the parameters of subTest are computed": not all(is_pure(p) for p in parameters),
        "the loop does not stand on lines of its own": not _has_lines(context, loop),
    }
    return next((Objection("PARAM-STRUCTURE", why) for why, holds in reasons.items() if holds), None)


def _is_own_subtest(loop: _Loop, node: ast.AST) -> bool:
    if loop.is_plain:
        return isinstance(node, ast.Name) and node.id == SUBTESTS
    return isinstance(node, ast.Attribute) and node.attr == "subTest"


def _is_skip(context: Context, node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == "skipTest":
        return True
    return isinstance(node, (ast.Name, ast.Attribute)) and context.module.resolve(node) in _OUTCOMES


def _own_arguments(context: Context, loop: _Loop) -> int:
    """How many arguments a test has, ``subtests`` aside if nothing but its blocks uses it."""
    method = loop.method
    count = len(method.args.args)
    if not loop.is_plain or SUBTESTS not in _arguments(method):
        return count
    uses = [n for n in context.module.names.get(SUBTESTS, ()) if context.module.holds(method, n)]
    return count - (len(uses) == len(loop.subtests))


def _is_called(context: Context, loop: _Loop) -> bool:
    """Whether somebody knows the test by its name."""
    name = loop.method.name
    if loop.owner is not None and not loop.is_plain:
        return name in context.classes.component(loop.owner).called
    module, kept = context.module, context.facts.kept_tests
    used = any(isinstance(n.ctx, ast.Load) for n in module.names.get(name, ()))
    return used or bool(module.attributes_named(name)) or name in kept


def _only_skips(context: Context, loop: _Loop) -> bool:
    heirs = context.classes.heirs(loop.owner) if loop.owner else ()
    relatives = {c for r in (loop.owner, *heirs) if r for c in r.lineage}
    above = [(context.module, d) for d in loop.method.decorator_list]
    above += [(c.module, d) for c in relatives for d in c.node.decorator_list]
    bodies = [(context.module, context.module.tree.body), *((c.module, c.node.body) for c in relatives)]
    above += [(module, mark) for module, body in bodies for s in body for mark in _marks(s)]
    names = (m.resolve(d.func if isinstance(d, ast.Call) else d) for m, d in above)
    return all(name in _SKIPS for name in names)


def _marks(statement: ast.stmt) -> list[ast.expr]:
    """What an assignment to ``pytestmark`` puts above everything below it."""
    if assigned_name(statement) != "pytestmark" or not isinstance(statement, ast.Assign):
        return []
    value = statement.value
    return value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]


def _has_lines(context: Context, loop: _Loop) -> bool:
    line_of, span = context.source.line_of, context.module.span
    inline = any(line_of(span(b).start) == line_of(span(b.body[0]).start) for b in loop.blocks)
    return not inline and all(map(context.stands_alone, [loop.blocks[0], *loop.body]))
