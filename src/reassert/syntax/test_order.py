"""The order in which tests run: alphabetical under unittest, as they are written in a plain class.

pytest: the tests of the last base in the MRO first, each class's own as they are written; a name belongs to
the first class in the MRO that has it (``PyCollector.collect`` in _pytest/python.py). Where tests share state
and these orders differ, methods move: whole ones, as few as possible, and only where nothing in the class
body depends on where they stand.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import cast

from reassert.model.edits import Edit, Part, Unit, skip_blank_lines
from reassert.syntax.bodies import body_statements, bound_names
from reassert.syntax.classes import ClassInfo, Component
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode
from reassert.syntax.setup_chain import Problem
from reassert.syntax.shared_state import are_numbered, shares_state
from reassert.syntax.statements import definition_region, line_start, siblings

Orders = Mapping[ClassInfo, list[str]]


def order_problems(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """A class whose tests share state, and would run in another order whatever is moved."""
    if not info.is_testcase or _is_kept(info, {}) or not _is_ordered(info):
        return
    wanted = _moved(context, info)
    stuck = next((c for c in info.mro if c in wanted and not _can_move(context.home_of(c), c)), None)
    if stuck is not None or not _is_kept(info, wanted):
        reason = "tests share state, and unittest runs them in alphabetical order"
        yield Problem(info, "B-ORDER", info.node, reason)


def order_edits(context: Context, info: ClassInfo, unit: Unit) -> Iterator[Edit]:
    """The edits that bring the tests of a class into alphabetical order."""
    wanted = _moved(context, info).get(info)
    if wanted is not None:
        yield from _moves(
            context, info, [info.methods[name] for name in wanted if name in info.methods], unit
        )


# -- which classes -------------------------------------------------------------------------------------


def _test_names(info: ClassInfo) -> list[str]:
    """What a class binds that may be a test, in the order in which it first does."""
    memory = info.home.component(info).memory
    key = f"order of {id(info)}"
    if key not in memory:
        statements = [s for s in body_statements(info.node) if not _binds_data(s)]
        names = dict.fromkeys(n for s in statements for n in bound_names(s))
        memory[key] = [n for n in names if n.startswith("test")]
    return cast("list[str]", memory[key])


def _binds_data(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and is_data(statement.value)


def is_data(node: ast.expr) -> bool:
    """Whether a class attribute's value is not callable, so that unittest does not take it for a test."""
    return isinstance(
        node,
        (
            ast.Constant,
            ast.List,
            ast.Tuple,
            ast.Dict,
            ast.Set,
            ast.JoinedStr,
            ast.ListComp,
            ast.DictComp,
            ast.BinOp,
        ),
    )


def _written(info: ClassInfo, orders: Orders) -> list[str]:
    """The tests of a class in pytest's order, with some classes' own tests in another order."""
    groups, seen = [], set[str]()
    for owner in info.mro:
        names = [n for n in orders.get(owner, _test_names(owner)) if n not in seen]
        groups.append(names)
        seen.update(owner.defines)
    return [name for group in reversed(groups) for name in group]


def _is_kept(info: ClassInfo, orders: Orders) -> bool:
    names = _written(info, orders)
    return names == sorted(names)


def _is_ordered(info: ClassInfo) -> bool:
    """Whether the order of the tests matters, as far as the source tells."""
    return any(map(_shares, info.mro)) or are_numbered(_written(info, {}))


def _shares(info: ClassInfo) -> bool:
    memory = info.home.component(info).memory
    key = f"shared state of {id(info)}"
    if key not in memory:
        memory[key] = shares_state(info)
    return cast("bool", memory[key])


def _moved(context: Context, info: ClassInfo) -> Orders:
    """The classes of the component whose tests have to move, with the order of their names."""
    component = context.classes.component(info)
    if "order" not in component.memory:
        component.memory["order"] = _orders(component)
    return cast("Orders", component.memory["order"])


def _orders(component: Component) -> dict[ClassInfo, list[str]]:
    found: dict[ClassInfo, list[str]] = {}
    for runner in component:
        if runner.is_testcase and not _is_kept(runner, {}) and _is_ordered(runner):
            for owner in runner.mro:
                names = _test_names(owner)
                if names != sorted(names):
                    found[owner] = sorted(names)
    return found


# -- whether methods may move --------------------------------------------------------------------------


def _can_move(context: Context, info: ClassInfo) -> bool:
    """Whether nothing in the class body depends on the place of its tests."""
    tests = [info.methods.get(name) for name in _test_names(info)]
    methods = [t for t in tests if t is not None]
    if len(methods) < len(tests) or any(t not in info.direct or t.name in info.repeated for t in methods):
        return False
    names = {t.name for t in methods}
    if any(_class_body_reads(info, node) for name in names for node in info.module.names.get(name, ())):
        return False
    return all(_is_free(context, info, t) for t in methods)


def _class_body_reads(info: ClassInfo, node: ast.AST) -> bool:
    """Whether a name stands in the class body itself, as in ``test_b = test_a``."""
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    return next((a for a in info.module.ancestors(node) if isinstance(a, scopes)), None) is info.node


def _is_free(context: Context, info: ClassInfo, test: FunctionNode) -> bool:
    """Whether a test has its lines for itself, and reads nothing of the class body when it is defined."""
    buffer = context.source.buffer
    region = definition_region(context, test)
    if not context.stands_alone(test) or buffer[region.end - 1 : region.end] != b"\n":
        return False
    if buffer[: region.start].rstrip(b"\r\n").endswith(b"\\") or test.lineno == info.node.lineno:
        return False
    early = [*test.decorator_list, *test.args.defaults, *(d for d in test.args.kw_defaults if d)]
    read = {n.id for e in early for n in ast.walk(e) if isinstance(n, ast.Name)}
    return not read & info.defines


# -- the moves -----------------------------------------------------------------------------------------


def _moves(context: Context, info: ClassInfo, wanted: list[FunctionNode], unit: Unit) -> Iterator[Edit]:
    """Takes tests out, and puts them in front of the next one that stays, or behind the last."""
    staying = _longest_rising([t.lineno for t in wanted])
    stay = [t for t in wanted if t.lineno in staying]
    waiting: list[FunctionNode] = []
    for test in wanted:
        if test.lineno not in staying:
            waiting.append(test)
            yield _removal(context, info, test, unit)
        elif waiting:
            yield _insertion(context, info, waiting, unit, before=test)
            waiting = []
    if waiting:
        yield _insertion(context, info, waiting, unit, behind=stay[-1])


def _longest_rising(lines: list[int]) -> set[int]:
    """The numbers of a longest rising subsequence."""
    tails: list[int] = []
    chains: list[tuple[int, ...]] = []
    for line in lines:
        place = bisect_left(tails, line)
        chain = (*(chains[place - 1] if place else ()), line)
        tails[place : place + 1] = [line]
        chains[place : place + 1] = [chain]
    return set(chains[-1])


def _removal(context: Context, info: ClassInfo, test: FunctionNode, unit: Unit) -> Edit:
    """Takes the blank lines above along; those below, if the statement above may go with those above it."""
    region = definition_region(context, test)
    start, end = region
    block = siblings(context, test)
    before = block[block.index(test) - 1] if block.index(test) else None
    if before is not None and (before is not block[0] or before in info.tests):
        while start > 0 and not context.source.buffer[line_start(context, start - 1) : start].strip():
            start = line_start(context, start - 1)
    elif test is not block[-1]:
        end = skip_blank_lines(context.source.buffer, end)
    return Edit(start, end, (), unit, info.qualname, swallows=True)


def _insertion(
    context: Context,
    info: ClassInfo,
    tests: list[FunctionNode],
    unit: Unit,
    *,
    before: FunctionNode | None = None,
    behind: FunctionNode | None = None,
) -> Edit:
    blank = context.source.newline.encode() * _blank_lines(context, info)
    parts: list[Part] = []
    for test in tests:
        region = definition_region(context, test)
        parts += [blank, region] if before is None else [region, blank]
    if before is not None:
        place = definition_region(context, before).start
    else:
        place = definition_region(context, cast("FunctionNode", behind)).end
    return Edit(place, place, tuple(p for p in parts if p), unit, info.qualname)


def _blank_lines(context: Context, info: ClassInfo) -> int:
    """How many blank lines stand between two tests: between the first two that follow one another."""
    buffer = context.source.buffer
    tests = [t for t in info.tests if t in info.direct]
    for above, below in pairwise(tests):
        gap = buffer[definition_region(context, above).end : definition_region(context, below).start]
        if not gap.strip():
            return gap.count(b"\n")
    return 1
