"""``suite.addTest(loader.loadTestsFromTestCase(T))``: what pytest collects needs no loading (spec B.6)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from reassert.model.edits import Edit, Span, Unit
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.assertions import in_scope
from reassert.syntax.bodies import last_name
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.foreign_names import foreign_classes
from reassert.syntax.module import FunctionNode
from reassert.syntax.scopes import uses_of_module_name
from reassert.syntax.standalone import spelled
from reassert.syntax.statements import line_start, line_stop, remove_statement, siblings

_LOADERS = frozenset({"loadTestsFromTestCase", "makeSuite"})
# What a function would call that does more than to build a suite: pytest collects a ``test_suite``, too.
_RUN = frozenset({"run", "debug", "main", "run_unittest", "TextTestRunner", "countTestCases", "exit"})


class _Loading(NamedTuple):
    """A class that is loaded: ``place`` is what goes, a call or an element of a list of classes.

    ``key`` names the class for the engine.
    """

    info: ClassInfo
    key: str
    name: ast.Name | ast.Attribute
    place: ast.expr


class TestLoaderToNothing(Codemod[Context]):
    """https://docs.python.org/3/library/unittest.html#loading-and-running-tests."""

    title = "classes that pytest collects are no longer loaded into unittest's suites"
    mentions = (b"loadTestsFromTestCase", b"makeSuite")

    def rewrite(self, context: Context) -> Rewrite:
        """Take each class out of the suites of its file, once it is a plain one."""
        if not any(word in context.source.buffer for word in self.mentions):
            return Rewrite(())
        loadings = [f for f in _loadings(context) if not context.is_ignored(self.id, f.place, f.key)]
        edits: list[Edit] = []
        for loop, found in _whole_loops(context, loadings):
            edits.append(_without(context, loop, Unit(self.id, found.key), found.key))
        edits += (_removal(context, found, Unit(self.id, found.key)) for found in loadings)
        return Rewrite(tuple(edits), handled=frozenset(id(found.name) for found in loadings))


def _loadings(context: Context) -> Iterator[_Loading]:
    for info, key, name in _named(context):
        place = _place(context, name)
        if place is not None and _is_in_suite(context, place):
            yield _Loading(info, key, name, place)


def _named(context: Context) -> Iterator[tuple[ClassInfo, str, ast.Name | ast.Attribute]]:
    """The uses of test classes, of this file and of the others of its family."""
    for info in context.classes.all:
        if info.outer is None and info.is_testcase and in_scope(context, info):
            uses = uses_of_module_name(context, info.node.name)
            yield from ((info, info.qualname, name) for name in uses)
    for foreign in foreign_classes(context):
        yield from ((foreign.info, foreign.key, node) for node in foreign.nodes)


def _whole_loops(context: Context, loadings: list[_Loading]) -> Iterator[tuple[ast.For, _Loading]]:
    """The loops that load nothing else than classes that climb together, each with one of them."""
    by_name = {found.name: found for found in loadings if found.place is found.name}
    loops = {context.module.parents[context.module.parents[name]] for name in by_name}
    for loop in context.module.of(ast.For):
        if loop in loops and isinstance(loop.iter, (ast.List, ast.Tuple)):
            inside = [by_name.get(e) for e in loop.iter.elts]  # type: ignore[call-overload] # any expression
            groups = {id(context.classes.component(f.info)) if f else None for f in inside}
            if len(groups) == 1 and inside[0] is not None:
                yield loop, inside[0]


def _place(context: Context, name: ast.expr) -> ast.expr | None:
    """The call that loads a class, or the class itself in a list whose items are loaded one by one."""
    parent = context.module.parents[name]
    if isinstance(parent, ast.Call):
        loads = last_name(parent.func) in _LOADERS and name is parent.args[0] if parent.args else False
        return parent if loads else None
    loop = context.module.parents.get(parent)
    if isinstance(parent, (ast.List, ast.Tuple)) and isinstance(loop, ast.For) and loop.iter is parent:
        removable = _element(context, parent, name) is not None
        return name if removable and _only_loads(context, loop) else None
    return None


def _only_loads(context: Context, loop: ast.For) -> bool:
    """``for c in [A, B]: suite.addTest(load(c))``: whether loading is all that is done with an item."""
    if not isinstance(loop.target, ast.Name) or loop.orelse:
        return False
    uses = context.module.names[loop.target.id]
    loops = [f for f in context.module.of(ast.For) if getattr(f.target, "id", "") == loop.target.id]
    if not all(any(context.module.holds(f, n) for f in loops) for n in uses):
        return False  # read behind the loop, or by something else
    inside = [n for n in uses if n is not loop.target and context.module.holds(loop, n)]
    calls = [context.module.parents[n] for n in inside]
    return bool(calls) and all(isinstance(c, ast.Call) and last_name(c.func) in _LOADERS for c in calls)


def _is_in_suite(context: Context, place: ast.expr) -> bool:
    """Whether unittest's suites are what a place is for: no class and nothing that runs them is around it."""
    around = list(context.module.ancestors(place))
    if any(isinstance(a, (ast.ClassDef, ast.Lambda)) for a in around):
        return False
    functions = [a for a in around if isinstance(a, FunctionNode)]
    if len(functions) > 1 or any(isinstance(a, (ast.Compare, ast.Assert)) for a in around):
        return False
    return not functions or not (functions[0].name.startswith("test") and _runs(context, functions[0]))


def _runs(context: Context, function: FunctionNode) -> bool:
    words = {n.attr for n in context.module.subtree(function) if isinstance(n, ast.Attribute)}
    words |= {n.id for n in context.module.subtree(function) if isinstance(n, ast.Name)}
    return not words.isdisjoint(_RUN)


def _removal(context: Context, found: _Loading, unit: Unit) -> Edit:
    """The statement that only adds the class, the element of a list, or an empty suite in its place."""
    place, parents = found.place, context.module.parents
    outer = parents[place]
    if isinstance(outer, ast.Call) and last_name(outer.func) in ("addTest", "addTests"):
        statement = parents[outer]
        if isinstance(statement, ast.Expr) and len(outer.args) == 1 and len(siblings(context, statement)) > 1:
            return _without(context, statement, unit, found.key)
    if isinstance(outer, (ast.List, ast.Tuple)):
        span = _element(context, outer, place)
        if span is not None:
            return Edit(span.start, span.end, (), unit, found.key, swallows=True)
    new, imports = spelled(context, "TestSuite")
    span = context.module.span(place)
    return Edit(span.start, span.end, (new + b"()",), unit, found.key, imports, swallows=True)


def _without(context: Context, statement: ast.stmt, unit: Unit, key: str) -> Edit:
    return replace(remove_statement(context, statement, unit, None), requires=key)


def _element(context: Context, display: ast.List | ast.Tuple, element: ast.expr) -> Span | None:
    """What an element takes up with its comma; None if what is left would be no list or tuple."""
    module, buffer = context.module, context.source.buffer
    own, whole = module.span(element), module.span(display)
    index = display.elts.index(element)
    start, stop = line_start(context, own.start), line_stop(context, own.end)
    line = buffer[start:stop].split(b"#")[0].strip()
    if line == buffer[own.start : own.end] + b"," and b"#" not in buffer[start:stop]:
        return Span(start, stop)
    if isinstance(display, ast.Tuple) or b"#" in buffer[whole.start : whole.end]:
        return None
    if index + 1 < len(display.elts):
        return Span(own.start, module.span(display.elts[index + 1]).start)
    comma = buffer[own.end : whole.end - 1].strip() == b","
    return Span(own.start, own.end + buffer[own.end : whole.end].index(b",") + 1 if comma else own.end)
