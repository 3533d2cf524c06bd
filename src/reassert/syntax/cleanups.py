"""Where a hierarchy registers cleanups, and which of pytest's means keeps their order.

unittest: test, tearDown, then cleanups last in first out. ``request.addfinalizer`` in the set-up fixture has
that order; in a test it has it only where no tearDown follows. Everything else goes through one ExitStack.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast

from reassert.model.edits import Edit, Part, Span, Unit
from reassert.syntax.arguments import read_arguments
from reassert.syntax.classes import ClassInfo, Component, Use
from reassert.syntax.context import Context
from reassert.syntax.hierarchy import last_of_all, runners
from reassert.syntax.imports import imported_as
from reassert.syntax.outer_fixtures import outer_fixtures, own_requests
from reassert.syntax.parameters import local_names, takes_fixture
from reassert.syntax.patchers import PatchBlocks, Patcher, patchers
from reassert.syntax.set_up_methods import MethodForm, called_form, xunit_form
from reassert.syntax.setup_chain import GONE, PHASES, SET_UPS, Chain, Problem

Means = Literal["none", "finalizer", "stack", "with"]
# The methods that register one, and those of an ExitStack that take their place.
_METHODS = {
    "addCleanup": "callback",
    "enterContext": "enter_context",
    "addAsyncCleanup": "push_async_callback",
    "enterAsyncContext": "enter_async_context",
}
_SYNC = ("addCleanup", "enterContext")


@dataclass(frozen=True)
class CleanupUse:
    """``self.addCleanup``, ``self.enterContext`` or one of their async likes in a method."""

    owner: ClassInfo
    use: Use
    call: ast.Call | None

    @property
    def place(self) -> str:
        """``setup``, ``teardown``, ``test`` or ``helper``."""
        name = self.use.method.name
        if name in PHASES:
            return name.removeprefix("async").lower()
        return "test" if name.startswith("test") else "helper"


class Cleanups:
    """All cleanups of one inheritance component."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.uses = list(self._find())
        self.means: Means = self._choose()

    def _find(self) -> Iterator[CleanupUse]:
        names = _METHODS if self.chain.is_async else _SYNC
        for info in self.chain.component:
            for use in info.uses.attributes:
                if use.name in names and use.name not in info.inherited and not self._goes(info, use):
                    parent = info.module.parents[use.node]
                    call = parent if isinstance(parent, ast.Call) and parent.func is use.node else None
                    yield CleanupUse(info, use, call)

    def _goes(self, info: ClassInfo, use: Use) -> bool:
        gone = cast("frozenset[ast.stmt]", self.chain.component.memory.get(GONE, frozenset()))
        return info.module.enclosing_statement(use.node) in gone

    def _choose(self) -> Means:
        if not self.uses:
            return "none"
        if self.chain.is_async:
            return "stack"  # a finalizer runs when the event loop does not
        tears_down = any(link.tear_downs for link in self.chain.links.values())
        if any(self._needs_stack(cleanup, tears_down=tears_down) for cleanup in self.uses):
            return "stack"
        return "finalizer"

    def _needs_stack(self, cleanup: CleanupUse, *, tears_down: bool) -> bool:
        """Whether a finalizer would run at another time than the cleanup, or cannot be asked for."""
        if cleanup.use.name == "enterContext" or not self._is_plain_statement(cleanup):
            return True
        mentioned = local_names(cleanup.owner.module, cleanup.use.method)
        if cleanup.place in ("helper", "teardown") or "request" in mentioned:
            return True
        if cleanup.place == "setup":
            # It would run before what the fixtures that it requests do after their yield.
            return self.chain.tears_down_behind(cleanup.owner)
        return tears_down or not takes_fixture(self.chain.component, cleanup.use.method)

    def _is_plain_statement(self, cleanup: CleanupUse) -> bool:
        call = cleanup.call
        return (
            call is not None
            and bool(call.args)
            and not isinstance(call.args[0], ast.Starred)
            and isinstance(cleanup.owner.module.parents[call], ast.Expr)
        )

    # -- what stands in the way ------------------------------------------------------------------------------

    def problems(self) -> Iterator[Problem]:
        """Refusals: no form keeps the order."""
        if self.means == "stack" and not self.host():
            yield Problem(
                self.uses[0].owner,
                "B-MRO",
                self.uses[0].use.node,
                "cleanups in a hierarchy with several roots",
            )

    @cached_property
    def stack(self) -> str:
        """What the attribute is called that holds the ExitStack."""
        name = STACK
        while name in self.chain.component.attributes:
            name += "_"
        return name

    def need_a_fixture(self) -> bool:
        """Whether methods that pytest calls itself cannot register them."""
        return self.means == "stack" or any(c.place != "test" for c in self.uses)

    def host(self) -> ClassInfo | None:
        """The class whose fixture opens the ExitStack: every test class has it among its bases."""
        roots = [c for c in self.chain.component if not c.parents]
        return roots[0] if len(roots) == 1 else last_of_all(self.chain.component)

    def patchers(self, info: ClassInfo) -> list[Patcher]:
        """The patchers that the setUp of a class starts and has stopped."""
        link = self.chain.links.get(info)
        return patchers(self.chain.component, info, link.set_ups[0]) if link and link.set_ups else []

    def are_patchers(self, home: Callable[[ClassInfo], Context]) -> bool:
        """Whether patchers that ``with`` can take care of are all there is to clean up."""
        owners = dict.fromkeys(c.owner for c in self.uses)
        found = {info: self.patchers(info) for info in owners}
        stopped = {id(p.cleanup) for patchers in found.values() for p in patchers}
        return stopped == {id(c.use.node) for c in self.uses} and all(
            not self.chain.tears_down_behind(info)
            and PatchBlocks(home(info), info, self.chain.links[info].functions[0], patchers).is_possible()
            for info, patchers in found.items()
        )

    # -- edits -----------------------------------------------------------------------------------------------

    def edits(self, context: Context, unit_rule: str) -> Iterator[Edit]:
        """What replaces the calls in one file; parameters and the stack's fixture are the caller's."""
        for cleanup in self.uses if self.means != "with" else ():
            if cleanup.owner.module is not context.module:
                continue
            unit = Unit(unit_rule, f"{cleanup.owner.qualname}.{cleanup.use.method.name}")
            if self.means == "stack":
                receiver = context.module.text(cleanup.use.node.value)
                new = f"{receiver}.{self.stack}.{_METHODS[cleanup.use.name]}".encode()
                yield context.replace(cleanup.use.node, [new], unit, requires=cleanup.owner)
            elif cleanup.call is not None:
                yield self._finalizer(context, cleanup, cleanup.call, unit)

    def _finalizer(self, context: Context, cleanup: CleanupUse, call: ast.Call, unit: Unit) -> Edit:
        module = context.module
        func = module.span(cleanup.use.node)
        if len(call.args) == 1 and not call.keywords:
            return Edit(func.start, func.end, (b"request.addfinalizer",), unit, cleanup.owner.qualname)
        whole = module.span(call)
        arguments = read_arguments(module, call)
        if not arguments.has_comments and self._is_late_bindable(cleanup.owner, call):
            first, rest = arguments.items[0], arguments.items[1:]
            inner: list[Part] = [b"request.addfinalizer(lambda: ", first.span, b"("]
            inner += [
                Span(
                    module.span(call.args[1] if len(call.args) > 1 else call.keywords[0]).start,
                    rest[-1].span.end,
                ),
                b"))",
            ]
            return Edit(whole.start, whole.end, tuple(inner), unit, cleanup.owner.qualname)
        partial = imported_as(context, "functools.partial")
        parts: tuple[Part, ...] = (b"request.addfinalizer(" + partial, Span(func.end, whole.end), b")")
        return Edit(
            whole.start, whole.end, parts, unit, cleanup.owner.qualname, frozenset({"functools.partial"})
        )

    def _is_late_bindable(self, owner: ClassInfo, call: ast.Call) -> bool:
        """Whether evaluating function and arguments when the cleanup runs gives what it gives now."""
        values = [*call.args, *(k.value for k in call.keywords)]
        if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
            return False
        if call.lineno != call.end_lineno:
            return False
        return owner.module.resolve(call.args[0]) is not None and all(self._is_fixed(v) for v in values[1:])

    def _is_fixed(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            family = self.chain.component
            stores = [
                u
                for c in family
                for u in c.uses.attributes
                if u.name == node.attr and not isinstance(u.node.ctx, ast.Load)
            ]
            defined = any(node.attr in c.defines for c in family)
            return (
                len(stores) == 1
                and not defined
                and stores[0].method.name in SET_UPS
                and stores[0].node.lineno <= node.lineno
            )
        return False


STACK = "exit_stack"


@dataclass(frozen=True)
class Arrangement:
    """What was decided on the set-up of a component: fixtures, or (``methods`` is set) methods that stay."""

    chain: Chain
    cleanups: Cleanups
    methods: MethodForm | None
    problems: tuple[Problem, ...]
    # By class, for those whose fixture requests no other one of the arrangement.
    outer: Mapping[ClassInfo, tuple[str, ...]] = field(default_factory=dict)


def arrange(context: Context, component: Component) -> Arrangement:
    """Choose the form for a component, once for all its files."""
    if "arrangement" not in component.memory:
        component.memory["arrangement"] = _arrange(Chain(context.classes, component), context.home_of)
    return cast("Arrangement", component.memory["arrangement"])


def _arrange(chain: Chain, home: Callable[[ClassInfo], Context]) -> Arrangement:
    cleanups = Cleanups(chain)
    outer = {c: outer_fixtures(c) for c in chain.component if c.is_testcase}
    form = _method_form(chain, cleanups, asked=any(names != () for names in outer.values()))
    if form is None and cleanups.uses and cleanups.are_patchers(home):
        cleanups.means = "with"
    wanted = dict(_requests(chain, cleanups, form, outer))
    problems = [
        *chain.problems(),
        *(form.problems if form else cleanups.problems()),
        *_outer_problems(chain, wanted, any_set_up=bool(chain.links) or cleanups.means == "stack"),
    ]
    named = {info: names for info, names in wanted.items() if names}
    return Arrangement(chain, cleanups, form, tuple(problems), named)


def _method_form(chain: Chain, cleanups: Cleanups, *, asked: bool) -> MethodForm | None:
    """None for fixtures; ``asked``: there are other fixtures, which only a fixture can ask for."""
    if chain.fixture_form():
        return None
    form = xunit_form(chain)
    if form.problems or cleanups.need_a_fixture() or asked or chain.is_async:
        called = called_form(chain)
        form = form if form.problems and called.host is None else called
        cleanups.means = "stack" if cleanups.uses else "none"
    return form


def _requests(
    chain: Chain,
    cleanups: Cleanups,
    form: MethodForm | None,
    outer: Mapping[ClassInfo, tuple[str, ...] | None],
) -> Iterator[tuple[ClassInfo, tuple[str, ...] | None]]:
    """The classes whose set-up must come after other fixtures; None where these are not known, or differ."""
    first = [cleanups.host()] if cleanups.means == "stack" else [form.host] if form else []
    if not form and not first:
        first = [link.owner for link in chain.links.values() if link.parent is None or link.overrides]
    for info in first:
        if info is not None:
            running = [r for r in runners(chain.classes, info) if any(c.tests for c in r.lineage)]
            found = {outer[r] for r in running} or {()}
            yield info, found.pop() if len(found) == 1 else None


def _outer_problems(
    chain: Chain, wanted: Mapping[ClassInfo, tuple[str, ...] | None], *, any_set_up: bool
) -> Iterator[Problem]:
    """Fixtures that pytest sets up before setUp, and would set up behind what takes its place."""
    for info, names in wanted.items():
        if names is None:
            reason = "what pytest sets up before setUp differs between classes, or cannot be seen"
            yield Problem(info, "B-INTERNALS", info.node, reason)
        link = chain.links.get(info)
        for function in link.functions if link else ():
            if names and local_names(info.module, function) & set(names):
                reason = f"{function.name} uses the name of a fixture that pytest sets up before it"
                yield Problem(info, "B-NAME", function, reason)
    if any_set_up:
        for info, test in own_requests(chain.component):
            reason = f"pytest sets up the fixtures of {test.name} before setUp"
            yield Problem(info, "B-INTERNALS", test, reason)
