"""A sync test that is what it runs in an event loop, and what it becomes as an async test (spec C.5)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reassert.model.edits import Edit, Part, Span, Unit
from reassert.syntax.async_tests import Reason, marked, needs_mark, obstacles
from reassert.syntax.async_wrappers import is_alike
from reassert.syntax.bodies import bound_names, own_nodes
from reassert.syntax.classes import ClassInfo, parameter_names
from reassert.syntax.context import Context
from reassert.syntax.event_loops import asks_for_loop, is_overridden, without_parameter
from reassert.syntax.fixtures import EVENT_LOOP
from reassert.syntax.handed_on import function_of
from reassert.syntax.imports import imported_as
from reassert.syntax.loop_free import LoopFree
from reassert.syntax.loop_runs import POLICIES, RUN_UNTIL, Loops, local_loops, needs_loop
from reassert.syntax.siblings import is_used, scopes
from reassert.syntax.statements import (
    Body,
    function_body,
    line_start,
    line_stop,
    reindented,
    remove_statement,
    siblings,
)

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Their value is taken of what is awaited, which then needs parentheses.
_PRIMARIES = (ast.Attribute, ast.Subscript, ast.Call)
_SIMPLE = (ast.Name, ast.Call, ast.Attribute, ast.Subscript)


@dataclass(frozen=True)
class Test:
    """A test of the module (``owner`` is None) or of a class; ``attributes``: the loops that its class makes.

    ``runners`` are the methods of the class that run the coroutine that they are given.
    """

    function: ast.FunctionDef
    owner: ClassInfo | None = None
    attributes: frozenset[str] = frozenset()
    runners: frozenset[str] = frozenset()

    @property
    def receiver(self) -> str | None:
        """The name of its first parameter."""
        first = (self.function.args.posonlyargs + self.function.args.args)[:1]
        return first[0].arg if first and self.owner else None


@dataclass(frozen=True)
class Run:
    """A call that runs a coroutine to its end; ``statement``: the one that it stands in."""

    call: ast.Call
    coroutine: ast.expr
    statement: ast.stmt


def test_of(context: Context, function: ast.FunctionDef) -> Test | None:
    """A function as a test of the module or of a plain class; None if it is none of these."""
    for scope in scopes(context):
        if function in scope.tests:
            return Test(function, scope.owner)
    return None


class Reading:
    """What one test does with event loops."""

    def __init__(self, context: Context, test: Test) -> None:
        self.context = context
        self.module = context.module
        self.test = test
        names = local_loops(self.module, test.function)
        self.parameter = asks_for_loop(test.function)
        if self.parameter is not None and not is_overridden(context):
            names |= {EVENT_LOOP}
        self.loops = Loops(self.module, names, test.attributes, test.receiver)
        self.own = [n for n in own_nodes(test.function) if n in self.module.index]
        self.managing = [s for s in self.own if isinstance(s, ast.stmt) and self.loops.manages(s)]
        self._managed = {n for s in self.managing for n in self.module.subtree(s)}
        self.runs = [run for node in self.own for run in self._run(node)]

    def _run(self, node: ast.AST) -> Iterator[Run]:
        coroutine = None if node in self._managed else self._coroutine_of(node)
        if coroutine is not None and isinstance(node, ast.Call):
            yield Run(node, coroutine, self.module.enclosing_statement(node))

    def _coroutine_of(self, node: ast.AST) -> ast.expr | None:
        """What a call runs, also by way of a function that runs what it is given."""
        found = self.loops.coroutine_of(node)
        if found is not None or not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return found
        func = node.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            runs = func.value.id == self.test.receiver and func.attr in self.test.runners
        else:
            facts = function_of(self.context, func)
            runs = facts is not None and facts.runs == "argument"
        return node.args[0] if runs and not isinstance(node.args[0], ast.Starred) else None

    # -- what speaks against it ------------------------------------------------------------------------------

    def objection(self) -> Reason | None:
        """Why the test cannot be async; with ``unsafe_fixes`` only what is sure to fail counts."""
        return self._shape() or self._other_loops() or self._behaviour()

    def _shape(self) -> Reason | None:
        function = self.test.function
        if function in self.module.generators:
            return "B-GENTEST", f"{function.name} is a generator"
        if any(isinstance(n, ast.Return) and n.value is not None for n in self.own):
            return "C-LOOP", f"{function.name} returns a value"
        for run in self.runs:
            odd = next((a for a in self._around(run.call) if isinstance(a, _COMPREHENSIONS)), None)
            if odd is not None:
                return "C-LOOP", "the loop runs inside a comprehension"
            if self._has_comment(run.call, run.coroutine):
                return "C-LOOP", "a comment stands between the call and the coroutine"
        return None

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        for around in self.module.ancestors(node):
            if around is self.test.function:
                return
            yield around

    def _has_comment(self, call: ast.Call, coroutine: ast.expr) -> bool:
        outer, inner = self.module.span(call), self.module.span(coroutine)
        buffer = self.context.source.buffer
        return b"#" in buffer[outer.start : inner.start] + buffer[inner.end : outer.end]

    def _other_loops(self) -> Reason | None:
        """Uses of loops but to run a coroutine, and of asyncio outside of one."""
        function, module = self.test.function, self.module
        spared = self._managed | {n for run in self.runs for n in module.subtree(run.call.func)}
        inside = {n for run in self.runs for n in module.subtree(run.coroutine)}
        for node in module.subtree(function):
            if node in spared or not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            if self.loops.is_loop(node):
                return "C-LOOP", f"{module.text(node)} is used for more than to run a coroutine"
        for node in self.own:
            if isinstance(node, (ast.Name, ast.Attribute)) and node not in spared | inside:
                if needs_loop(module, node):
                    return "C-LOOP", f"{module.text(node)} is used outside of a coroutine"
                if isinstance(node, ast.Attribute) and node.attr == RUN_UNTIL:
                    return "C-LOOP", "it is not certain which loop this is"
        return None

    def _behaviour(self) -> Reason | None:
        """What could happen otherwise in one running loop: refused, or left to who asks for unsafe fixes."""
        if self.context.config.unsafe_fixes:
            return None
        if len(self.runs) > 1:
            return "C-LOOP", "several coroutines run one after another, each with a context of its own"
        run = self.runs[0]
        around = list(self._around(run.call))
        kept = [a for a in around if isinstance(a, ast.stmt)][1:]
        if any(not isinstance(a, ast.With) and not self._only_manages(a) for a in kept):
            return "C-LOOP", "the loop runs in a branch, a loop or a try statement"
        return self._outside(run) or self._afterwards(run)

    def _only_manages(self, statement: ast.AST) -> bool:
        if not isinstance(statement, ast.Try) or statement.handlers or statement.orelse:
            return False
        return all(s in self.managing for s in statement.finalbody)

    def _outside(self, run: Run) -> Reason | None:
        """Calls outside of the coroutine that might ask for a loop, or run one."""
        spared = self._managed | set(self.module.subtree(run.call.func)) | {run.call}
        spared |= {run.coroutine} if isinstance(run.coroutine, ast.Call) else set()
        judge = LoopFree(self.context, self.test.owner, self.test.function)
        gathers = {n for n in self.module.subtree(run.coroutine) if self._is_awaitable(n)}
        found = judge.objection(n for n in self.own if n not in spared | gathers)
        if found is None:
            return None
        return "C-LOOP", f"{_short(self.module.text(found))} would run inside of the event loop"

    def _is_awaitable(self, node: ast.AST) -> bool:
        """A call inside the coroutine's expression that makes coroutines, or gathers them."""
        return isinstance(node, ast.Call) and (
            (self.module.resolve(node.func) or "").startswith("asyncio.") or self._makes_coroutine(node.func)
        )

    def _makes_coroutine(self, func: ast.expr) -> bool:
        functions = self.module.of(ast.AsyncFunctionDef)
        return isinstance(func, ast.Name) and any(f.name == func.id for f in functions)

    def _afterwards(self, run: Run) -> Reason | None:
        """What is read after the loop: only the result is sure not to depend on what the loop leaves open."""
        later = self._later(run)
        mine = set(self._results(run, later))
        unsure = next((n for n in later if not self._is_settled(n, mine, run)), None)
        if unsure is None:
            return None
        return (
            "C-LOOP",
            f"{_short(self.module.text(unsure))} is looked at after the loop has ended its tasks",
        )

    def _later(self, run: Run) -> list[ast.AST]:
        """The nodes that are evaluated after the run, management of loops aside."""
        index = self.module.extent(run.call).stop
        return [n for n in self.own if self.module.index[n] >= index and n not in self._managed]

    def _results(self, run: Run, later: Sequence[ast.AST]) -> Iterator[str]:
        """The names that the run, or something after it, binds."""
        yield from _bound(run.statement)
        for node in later:
            if isinstance(node, ast.stmt):
                yield from _bound(node)
        for around in self._around(run.call):
            if isinstance(around, ast.With):
                yield from (i.optional_vars.id for i in around.items if self._is_caught(i))  # type: ignore[union-attr] # _is_caught says so

    def _is_caught(self, item: ast.withitem) -> bool:
        """``with self.assertRaises(...) as caught``: what the block raised."""
        call = item.context_expr
        func = call.func if isinstance(call, ast.Call) else call
        name = func.attr if isinstance(func, ast.Attribute) else ""
        return isinstance(item.optional_vars, ast.Name) and name.startswith(("assertRaises", "raises"))

    def _is_settled(self, node: ast.AST, mine: set[str], run: Run) -> bool:
        if isinstance(node, ast.Attribute):
            of_self = isinstance(node.value, ast.Name) and node.value.id == self.test.receiver
            return not of_self or node.attr.startswith("assert") or node.attr == "fail"
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node.id in mine:
            return True
        return node.id == self.test.receiver or self._is_foreign(node.id) or self._is_spared(node.id, run)

    def _is_foreign(self, name: str) -> bool:
        """Whether a name is not bound in the test: a builtin, an import, something of the module."""
        bound = {n for s in self.own if isinstance(s, ast.stmt) for n in bound_names(s)}
        is_function = name in self.module.top_level_definitions or name in self.context.classes.by_name
        known = name not in self.module.rebound or is_function or name.isupper()
        return known and name not in bound | parameter_names(self.test.function)

    def _is_spared(self, name: str, run: Run) -> bool:
        """Whether a name stands for literals that the coroutine does not get to see."""
        function, module = self.test.function, self.module
        uses = module.inside(function, module.names[name])
        seen = any(module.holds(run.coroutine, n) or self._is_inner(n) for n in uses)
        values = (module.parents[n] for n in uses if isinstance(n.ctx, ast.Store))
        literal = (isinstance(s, ast.Assign) and _is_literal(s.value) for s in values)
        return not seen and name not in parameter_names(function) and all(literal)

    def _is_inner(self, node: ast.AST) -> bool:
        return any(isinstance(a, _SCOPES) for a in self._around(node))


def _bound(statement: ast.stmt) -> Iterator[str]:
    if not isinstance(statement, _SCOPES):
        yield from bound_names(statement)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


_LONGEST = 40


def _short(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= _LONGEST and line == text else f"{line[: _LONGEST - 3]}..."


def objections(context: Context, test: Test) -> Iterator[Reason]:
    """What speaks against an async test of this name at this place."""
    function = test.function
    yield from obstacles(context, function)
    if any(context.module.attributes_named(name) for name in POLICIES):
        yield "C-LOOP", "the file sets a policy for event loops"
    for decorator in function.decorator_list:
        if not is_alike(context, decorator):
            yield "C-LOOP", f"the decorator {context.module.text(decorator)} may call the test itself"
    if any(is_used(member.module, function.name) for member in context.family.values()):
        yield "C-LOOP", "something calls the test by its name"


# -- what it becomes -----------------------------------------------------------------------------------------


class Awaiting:
    """The edits that make a test await what it runs."""

    def __init__(self, reading: Reading, unit: Unit) -> None:
        self.reading = reading
        self.context = reading.context
        self.module = reading.module
        self.unit = unit
        self.owner = reading.test.owner
        self.requires = self.context.classes.climbing(self.owner)

    def edits(self) -> Iterator[Edit]:
        """``async`` before ``def``, ``await`` for the runs, nothing for the loops."""
        yield from self._header(self.reading.test.function)
        gone: list[ast.stmt] = list(self.reading.managing)
        for run in self.reading.runs:
            whole = self._whole(run)
            inner = self._inlined(run, whole)
            if inner is not None:
                yield self._poured_out(inner, whole)
                gone = [s for s in gone if not self.module.holds(whole, s)]
                continue
            if whole is not run.statement:
                yield self._unwrapped(whole)
                gone = [s for s in gone if not any(s is f for f in getattr(whole, "finalbody", ()))]
            yield self._awaited(run)
        for statement in gone:
            yield remove_statement(self.context, statement, self.unit, self.requires, gone)

    def _header(self, function: ast.FunctionDef) -> Iterator[Edit]:
        """The keyword and, where pytest-asyncio must be told, the mark, which begins at the same place."""
        start = self.module.span(function).start
        context, parts = self.context, [b"async def"]
        if needs_mark(context, function) and not function.decorator_list:
            mark = b"@" + imported_as(context, "pytest") + b".mark.asyncio"
            parts = [mark, context.source.newline.encode() + context.layout(function).indent, *parts]
        elif needs_mark(context, function):
            yield from marked(context, function, self.unit, self.requires)
        edit = self._edit(start, start + len(b"def"), parts)
        yield replace(edit, imports=frozenset({"pytest"} if len(parts) > 1 else ()))
        parameter = self.reading.parameter
        if parameter is not None:
            yield without_parameter(context, function, parameter, self.unit, edit.requires)

    def _edit(self, start: int, end: int, parts: Sequence[Part], *, swallows: bool = False) -> Edit:
        required = self.requires.qualname if self.requires else None
        return Edit(start, end, tuple(parts), self.unit, required, swallows=swallows)

    def _awaited(self, run: Run) -> Edit:
        outer, inner = self.module.span(run.call), self.module.span(run.coroutine)
        parent = self.module.parents[run.call]
        taken = isinstance(parent, _PRIMARIES) and run.call in (
            getattr(parent, "value", None),
            getattr(parent, "func", None),
        )
        whole = isinstance(run.coroutine, _SIMPLE)
        head, tail = b"(" * taken + b"await " + b"(" * (not whole), b")" * (not whole) + b")" * taken
        layout, line = self.context.layout(run.statement), line_start(self.context, outer.start)
        column = len(self.context.source.buffer[line : outer.start].decode()) + len(head)
        parts = layout.moved(inner, column, layout.line_indent(outer.start))
        return self._edit(outer.start, outer.end, (head, *parts, tail))

    def _whole(self, run: Run) -> ast.stmt:
        """The statement of a run, or the ``try`` around it that only closes the loop in the end."""
        parent = self.module.parents[run.statement]
        if not isinstance(parent, ast.Try) or parent.handlers or parent.orelse:
            return run.statement
        closes = all(s in self.reading.managing for s in parent.finalbody)
        return parent if closes and run.statement in parent.body else run.statement

    def _unwrapped(self, statement: ast.stmt) -> Edit:
        """The block of a ``try`` without it."""
        body = statement.body  # type: ignore[attr-defined] # it is a try statement
        start = line_start(self.context, self.module.span(statement).start)
        first, last = self.module.span(body[0]), self.module.span(body[-1])
        region = Span(line_start(self.context, first.start), self._line_content_end(last.end))
        indent = self.context.layout(statement).indent
        block = Body(region, self.context.layout(body[0]).indent, inline=False)
        end = self.module.span(statement).end
        return self._edit(start, end, reindented(block, indent), swallows=True)

    def _line_content_end(self, offset: int) -> int:
        text = self.context.source.buffer[offset : line_stop(self.context, offset)]
        return offset + len(text.rstrip(b"\r\n"))

    # -- a coroutine function of the test's own --------------------------------------------------------------

    def _inlined(self, run: Run, whole: ast.stmt) -> ast.AsyncFunctionDef | None:
        """The function in the test that is run, if its body can stand in the place of both."""
        block = siblings(self.context, whole)
        place = block.index(whole)
        inner = block[place - 1] if place else None
        if not isinstance(inner, ast.AsyncFunctionDef) or inner in self.module.generators:
            return None
        call = run.coroutine
        named = isinstance(call, ast.Call) and not (call.args or call.keywords)
        if not named or not isinstance(call.func, ast.Name) or call.func.id != inner.name:  # type: ignore[attr-defined] # a call
            return None
        alone = run.statement is whole or len(whole.body) == 1  # type: ignore[attr-defined] # a try statement
        is_last = self._is_last(whole) and isinstance(run.statement, ast.Expr)
        is_whole = is_last and run.statement.value is run.call  # type: ignore[attr-defined] # an expression
        return inner if alone and is_whole and self._may_pour_out(inner, whole) else None

    def _is_last(self, statement: ast.stmt) -> bool:
        """Whether nothing but the closing of loops comes after a statement, up to the end of the test."""
        current: ast.AST = statement
        while current is not self.reading.test.function:
            if not isinstance(current, ast.stmt):
                return False
            block = siblings(self.context, current)
            later = block[block.index(current) + 1 :]
            if any(s not in self.reading.managing for s in later):
                return False
            current = self.module.parents[current]
        return True

    def _may_pour_out(self, inner: ast.AsyncFunctionDef, whole: ast.stmt) -> bool:
        test, module = self.reading.test.function, self.module
        uses = module.inside(test, module.names[inner.name])
        if inner.decorator_list or parameter_names(inner) or len(uses) != 1 or inner.returns:
            return False
        own = list(own_nodes(inner))
        if any(isinstance(n, (ast.Global, ast.Nonlocal)) for n in own) or any(
            isinstance(n, ast.Return) and n.value is not None for n in own
        ):
            return False
        inside = set(module.subtree(inner))
        others = {n.id for n in module.subtree(test) if isinstance(n, ast.Name) and n not in inside}
        bound = {n for s in own if isinstance(s, ast.stmt) for n in bound_names(s)}
        bound |= {n.id for n in own if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        bound |= {n.name for n in own if isinstance(n, ast.ExceptHandler) and n.name}
        if bound & (others | parameter_names(test)) or not self.context.stands_alone(whole):
            return False
        return not self._has_remarks(inner, whole)

    def _has_remarks(self, inner: ast.AsyncFunctionDef, whole: ast.stmt) -> bool:
        """Whether comments stand where no body is left to hold them, or there is a body on the header."""
        body, buffer = function_body(self.context, inner), self.context.source.buffer
        span = self.module.span(inner)
        between = buffer[span.start : body.span.start] + buffer[body.span.end : self.module.span(whole).end]
        return body.inline or b"#" in between or not self.context.stands_alone(inner)

    def _poured_out(self, inner: ast.AsyncFunctionDef, whole: ast.stmt) -> Edit:
        body = function_body(self.context, inner)
        start = line_start(self.context, self.module.span(inner).start)
        parts = reindented(body, self.context.layout(inner).indent)
        return self._edit(start, self.module.span(whole).end, parts, swallows=True)
