"""The event loop that a test class makes in setUp and keeps as an attribute, to run coroutines in.

It goes if every use of it in the hierarchy is of a known form, or it stays as it is (spec C.5).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from reassert.syntax.async_bodies import Reading, Test, objections
from reassert.syntax.async_tests import Reason
from reassert.syntax.bodies import own_nodes
from reassert.syntax.classes import ClassInfo, Component, receiver_name
from reassert.syntax.context import Context
from reassert.syntax.loop_runs import RUN_UNTIL, Loops, is_maker, needs_loop, runs_argument
from reassert.syntax.module import FunctionNode
from reassert.syntax.setup_chain import GONE

_PLACES = ("setUp", "tearDown")


@dataclass
class ClassLoops:
    """The loops of one hierarchy, by the names of their attributes; ``reason`` is why they stay.

    ``managing`` are the statements of setUp and tearDown that make and close them, ``runners`` the methods
    that run the coroutine that they are given.
    """

    attributes: frozenset[str] = frozenset()
    managing: dict[ClassInfo, list[ast.stmt]] = field(default_factory=dict)
    runners: dict[str, tuple[ClassInfo, FunctionNode]] = field(default_factory=dict)
    reason: Reason | None = None


def class_loops(context: Context, info: ClassInfo, rule_id: str) -> ClassLoops:
    """The loops of the hierarchy of a class; what manages them counts as gone if the rule can remove it."""
    component = context.classes.component(info)
    if "loops" not in component.memory:
        found = _Survey(context, component, rule_id).loops
        component.memory["loops"] = found
        if found.reason is None:
            gone = frozenset(s for statements in found.managing.values() for s in statements)
            component.memory[GONE] = gone
    return cast("ClassLoops", component.memory["loops"])


def set_up_reason(context: Context, info: ClassInfo) -> Reason | None:
    """Why the tests of a class may need the loop that something runs them in: their set-up knows of loops."""
    component = context.classes.component(info)
    if "set-up with loops" not in component.memory:
        component.memory["set-up with loops"] = _uses_of_loops(component, ClassLoops())
    return cast("Reason | None", component.memory["set-up with loops"])


def loop_tests(info: ClassInfo, loops: ClassLoops) -> Iterator[Test]:
    """The sync tests of a class, each with the loops of its class."""
    for function in info.tests:
        if isinstance(function, ast.FunctionDef):
            yield Test(function, info, loops.attributes, frozenset(loops.runners))


class _Survey:
    """Looks at every method of a hierarchy."""

    def __init__(self, context: Context, component: Component, rule_id: str) -> None:
        self.context = context
        self.component = component
        self.rule_id = rule_id
        self.loops = ClassLoops(frozenset(self._made()))
        self.loops.runners = {f.name: (c, f) for c, f in _others(component) if self._runs(c, f)}
        self.loops.managing = {c: list(self._managed(c)) for c in component}
        self.loops.reason = _uses_of_loops(component, self.loops)
        if self.loops.attributes and self.loops.reason is None:
            self.loops.reason = next(self._tests(), None)

    def _made(self) -> Iterator[str]:
        """The attributes that setUp gives a loop."""
        for info in self.component:
            function = info.methods.get("setUp")
            for statement in function.body if function else ():
                target = statement.targets[0] if isinstance(statement, ast.Assign) else None
                if isinstance(target, ast.Attribute) and is_maker(info.module, statement.value):  # type: ignore[attr-defined] # an assignment
                    yield target.attr

    def _of(self, info: ClassInfo, function: FunctionNode) -> Loops:
        return Loops(info.module, frozenset(), self.loops.attributes, receiver_name(function))

    def _runs(self, info: ClassInfo, function: FunctionNode) -> bool:
        homes = [c for c in self.component if function.name in c.defines]
        receiver = receiver_name(function)
        if len(homes) > 1 or function not in info.direct:
            return False
        return receiver is not None and runs_argument(
            info.module, function, frozenset(), self.loops.attributes, receiver
        )

    def _managed(self, info: ClassInfo) -> Iterator[ast.stmt]:
        for name in _PLACES:
            function = info.methods.get(name)
            for statement in function.body if function else ():
                loops = self._of(info, function) if function else None
                if loops and (loops.manages(statement) or _registers(loops, statement)):
                    yield statement

    # -- what speaks against it ------------------------------------------------------------------------------

    def _tests(self) -> Iterator[Reason]:
        """Tests that need the loop, so that it has to stay for all."""
        for info in self.component:
            home = self.context.home_of(info)
            if self.rule_id not in home.rules:
                yield "C-LOOP", "the rule is switched off in a file that the class is related to"
            coroutines = (f for f in info.tests if isinstance(f, ast.AsyncFunctionDef))
            for function in filter(self._uses, coroutines):
                yield "C-LOOP", f"{function.name} uses the loop of setUp"
            for test in loop_tests(info, self.loops):
                if self._uses(test.function):
                    yield from self._needs(home, test)

    def _needs(self, home: Context, test: Test) -> Iterator[Reason]:
        name, reading = test.function.name, Reading(home, test)
        if not reading.runs:
            yield "C-LOOP", f"{name} uses the loop of setUp"
            return
        if home.is_ignored(self.rule_id, test.function, home.module.qualname(test.function)):
            yield "C-LOOP", f"{name}, which needs the loop of setUp, is left as it is"
        objection = reading.objection() or next(objections(home, test), None)
        if objection is not None:
            yield objection[0], f"{name} needs the loop of setUp: {objection[1]}"

    def _uses(self, function: FunctionNode) -> bool:
        names = self.loops.attributes | self.loops.runners.keys()
        return any(isinstance(n, ast.Attribute) and n.attr in names for n in ast.walk(function))


def _others(component: Component) -> Iterator[tuple[ClassInfo, FunctionNode]]:
    """The methods that are no tests."""
    for info in component:
        yield from ((info, f) for f in info.functions if f not in info.tests)


def _uses_of_loops(component: Component, loops: ClassLoops) -> Reason | None:
    """The first thing in a method that is no test that has to do with event loops, but for what is known."""
    for info, function in _others(component):
        module = info.module
        if loops.runners.get(function.name) == (info, function):
            continue
        own = Loops(module, frozenset(), loops.attributes, receiver_name(function))
        spared = {n for s in loops.managing.get(info, ()) for n in module.subtree(s)}
        for node in own_nodes(function):
            if isinstance(node, (ast.Name, ast.Attribute)) and node not in spared:
                runs = isinstance(node, ast.Attribute) and node.attr == RUN_UNTIL
                if runs or own.is_loop(node) or needs_loop(module, node):
                    return "C-LOOP", f"{function.name} has to do with event loops: {module.text(node)}"
    return None


def _registers(loops: Loops, statement: ast.stmt) -> bool:
    """``self.addCleanup(self.loop.close)``."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
        return False
    func, close = call.func, call.args[0]
    if not isinstance(func, ast.Attribute) or func.attr != "addCleanup":
        return False
    return isinstance(close, ast.Attribute) and close.attr == "close" and loops.is_loop(close.value)
