"""Where a hierarchy registers class-level cleanups, and which class keeps the ExitStack that they go to.

unittest runs them behind tearDownClass, last in first out, also when setUpClass fails (``doClassCleanups`` in
Lib/unittest/case.py, its callers in suite.py and in _pytest/unittest.py); each concrete class has its own.
pytest calls no teardown_class if setup_class fails, so setup_class itself closes the stack then.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from reassert.syntax.classes import Classes, ClassInfo, Component, Use
from reassert.syntax.hierarchy import last_of_all, runners
from reassert.syntax.module import FunctionNode
from reassert.syntax.setup_chain import Problem

STACK = "class_exit_stack"
METHODS = {"addClassCleanup": "callback", "enterClassContext": "enter_context"}
XUNIT = {"setUpClass": "setup_class", "tearDownClass": "teardown_class"}
CALLED = {"setUpClass": "set_up_class", "tearDownClass": "tear_down_class"}


@dataclass(frozen=True)
class ClassCleanupUse:
    """``cls.addClassCleanup`` or ``cls.enterClassContext`` in a method."""

    owner: ClassInfo
    use: Use


@dataclass
class ClassStack:
    """``keepers`` open and close the stack in setup_class and teardown_class of their own.

    ``host`` is set where one class does it for all, and calls set_up_class and tear_down_class.
    """

    uses: tuple[ClassCleanupUse, ...]
    keepers: tuple[ClassInfo, ...] = ()
    host: ClassInfo | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def names(self) -> Mapping[str, str]:
        """What setUpClass and tearDownClass become."""
        return CALLED if self.host else XUNIT


def arrange_classes(
    classes: Classes,
    component: Component,
    idle: Mapping[str, Collection[ClassInfo]],
    is_called: Callable[[ClassInfo], bool],
) -> ClassStack:
    """Choose who keeps the stack.

    ``idle``: the classes whose method goes away; ``is_called``: whether a class calls one of the methods.
    """
    stack = ClassStack(tuple(_find(component)))
    if not stack.uses:
        return stack
    called = [c for c in component if is_called(c)]
    keepers = None if called else _keepers(classes, component, stack, idle)
    if keepers is None:
        stack.host = last_of_all(component)
    stack.keepers = keepers or ()
    stack.problems += _problems(component, stack)
    return stack


def _find(component: Component) -> Iterator[ClassCleanupUse]:
    for info in component:
        for use in info.uses.attributes:
            if use.name in METHODS and use.name not in info.inherited:
                yield ClassCleanupUse(info, use)


def _keepers(
    classes: Classes, component: Component, stack: ClassStack, idle: Mapping[str, Collection[ClassInfo]]
) -> tuple[ClassInfo, ...] | None:
    """The classes with class-level set-up if no two of them run for one test class; else None."""
    providers = [c for c in component if any(n in c.methods and c not in idle[n] for n in XUNIT)]
    found: dict[ClassInfo, None] = {}
    for user in dict.fromkeys(u.owner for u in stack.uses):
        for runner in runners(classes, user):
            behind = [c for c in runner.mro if c in providers] or [user]
            if len(behind) > 1:
                return None
            found[behind[0]] = None
    alone = all(not (set(a.lineage) & found.keys()) - {a} for a in found)
    same = all(any(k in r.mro for k in found) for u in stack.uses for r in runners(classes, u.owner))
    return tuple(found) if alone and same else None


def _problems(component: Component, stack: ClassStack) -> Iterator[Problem]:
    first = stack.uses[0]
    if not stack.keepers and stack.host is None:
        reason = "class-level cleanups in a hierarchy with several roots"
        yield Problem(first.owner, "B-MRO", first.use.node, reason)
    for info in component:
        if info.uses.named:
            node = info.uses.named[0].node
            yield Problem(info, "B-MRO", node, "class-level set-up with cleanups is called on another class")
    for name in (STACK, *(CALLED.values() if stack.host else ())):
        if name in component.attributes:
            yield Problem(first.owner, "B-NAME", first.use.node, f"the hierarchy has a {name} already")


def may_fail_later(stack: ClassStack, function: FunctionNode, owner: ClassInfo) -> bool:
    """Whether setUpClass may fail when a cleanup is registered: not if just its last statement does that."""
    methods = {u.use.method.name for u in stack.uses} - {"tearDownClass", "setUp", "tearDown"}
    if any(name != "setUpClass" and not name.startswith("test") for name in methods):
        return True
    mine = [u for u in stack.uses if u.use.method is function]
    last = function.body[-1]
    lone = len(mine) == 1 and isinstance(last, (ast.Expr, ast.Assign))
    return bool(mine) and not (lone and owner.module.enclosing_statement(mine[0].use.node) is last)
