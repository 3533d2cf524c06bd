"""How the setUp and tearDown of a hierarchy fit together, and which of pytest's forms can stand for them.

*Fixtures* is the form to prefer: one autouse fixture a class, a child's requests its parent's. It is exact
where a ``super()`` call comes first in setUp and last in tearDown and the providers form a chain. Methods
resolve as they did, so they are exact for every other chain: see ``set_up_methods``. Facts: spec of pytest's
fixtures, "autouse fixtures of a class run in alphabetical order", hence never two of them that do not
request one another.

Of an asynchronous hierarchy the fixtures are async, and each does what setUp and then asyncSetUp of its class
did. unittest calls every setUp before the first asyncSetUp, so that is exact only where no child's setUp
stands behind a base's asyncSetUp; tearing down likewise (``_callSetUp`` in Lib/unittest/async_case.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise
from typing import Literal, cast

from reassert.syntax.base_names import ASYNCTEST, names_base
from reassert.syntax.bodies import own_nodes
from reassert.syntax.classes import (
    Classes,
    ClassInfo,
    Component,
    SuperUse,
    Use,
    dotted_name,
    receiver_name,
)
from reassert.syntax.fixtures import SET_UP, TEAR_DOWN
from reassert.syntax.hierarchy import (
    Reach,
    hidden_classes,
    is_cooperative,
    lone_statement,
    named_class,
    reach,
    reach_of_own,
    super_statement,
)
from reassert.syntax.module import FunctionNode
from reassert.syntax.statements import is_docstring
from reassert.syntax.testcase_api import LEGACY_ASSERTIONS, SETTINGS

Style = Literal["fixture", "xunit"]
# In the memory of a component: the statements of setUp and tearDown that go, and so do nothing.
GONE = "statements that go"
XUNIT = {"setUp": "setup_method", "tearDown": "teardown_method"}
SET_UPS = ("setUp", "asyncSetUp")
# In the order in which an asynchronous TestCase calls them.
PHASES = (*SET_UPS, "asyncTearDown", "tearDown")


@dataclass(frozen=True)
class Problem:
    """Why a class cannot be converted: a refusal in the making."""

    owner: ClassInfo
    code: str
    node: ast.AST
    reason: str


@dataclass
class Link:
    """A class with methods of ``PHASES``; ``parent``: the next such class behind, ``name``: its fixture's."""

    owner: ClassInfo
    functions: list[FunctionNode]
    parent: Link | None = None
    overrides: bool = False
    name: str = ""
    removed: list[ast.stmt] = field(default_factory=list)

    @property
    def set_ups(self) -> list[FunctionNode]:
        """Of setUp and asyncSetUp those that are there."""
        return [f for f in self.functions if f.name in SET_UPS]

    @property
    def tear_downs(self) -> list[FunctionNode]:
        """Of asyncTearDown and tearDown those that are there."""
        return [f for f in self.functions if f.name not in SET_UPS]


class Chain:
    """The links of one inheritance component."""

    def __init__(self, classes: Classes, component: Component) -> None:
        self.classes = classes
        self.component = component
        self.is_async = component.is_async
        self.parts = PHASES if self.is_async else tuple(XUNIT)
        self.links = {c: self._link(c) for c in component if not c.methods.keys().isdisjoint(self.parts)}
        self.empty: dict[ClassInfo, Link] = {}
        for info in sorted(self.links, key=lambda c: len(c.lineage)):
            if self._does_nothing(self.links[info]):
                self.empty[info] = self.links.pop(info)
        # Calls through the instance that reach nothing but TestCase's own empty methods.
        self.dead = [(c, u) for c in component for u in c.uses.attributes if self._is_dead(c, u)]

    def _does_nothing(self, link: Link) -> bool:
        """Whether its methods only pass on to the base, or no base has methods they could replace."""
        return all(self._passes_on(link.owner, f) for f in link.functions)

    def _passes_on(self, info: ClassInfo, function: FunctionNode) -> bool:
        calls = {
            super_statement(info, u)
            for u in info.uses.supers
            if u.method is function and u.name == function.name and is_cooperative(self.classes, info, u)
        }
        if any(self.does_something(s) for s in function.body if s not in calls) or function.decorator_list:
            return False
        silent = not any(s in calls for s in function.body)
        return not silent or self.reach(info, function.name) is Reach.NOTHING

    def does_something(self, statement: ast.stmt) -> bool:
        """Whether a statement is more than a docstring, ``pass``, or a setting of TestCase that goes away."""
        gone = cast("frozenset[ast.stmt]", self.component.memory.get(GONE, frozenset()))
        if is_docstring(statement) or isinstance(statement, ast.Pass) or statement in gone:
            return False
        if isinstance(statement, ast.Assign):
            return not all(isinstance(t, ast.Attribute) and t.attr in SETTINGS for t in statement.targets)
        return True

    def _link(self, info: ClassInfo) -> Link:
        return Link(info, [info.methods[name] for name in self.parts if name in info.methods])

    # -- what no form can express ----------------------------------------------------------------------------

    def problems(self) -> Iterator[Problem]:
        """What stands in the way of both forms."""
        for info in self.component:
            for name in self.parts:
                if name in info.defines and name not in info.methods:
                    yield Problem(
                        info, "B-INTERNALS", info.node, f"{name} is not a plain method of the class"
                    )
            if info.defines & set(XUNIT.values()):
                yield Problem(
                    info, "B-NAME", info.node, "the class has xunit-style methods of pytest already"
                )
        for link in [*self.links.values(), *self.empty.values()]:
            for function in link.functions:
                yield from self._function_problems(link.owner, function)
        for info in self.component:
            yield from self._stranded(info)

    def _function_problems(self, owner: ClassInfo, function: FunctionNode) -> Iterator[Problem]:
        name = function.name
        is_async = isinstance(function, ast.AsyncFunctionDef)
        if function in owner.module.generators:
            yield Problem(owner, "B-GENTEST", function, f"{name} is a generator that unittest never ran")
        elif is_async and not name.startswith("async") and not awaits_set_up(self.component):
            yield Problem(owner, "C-VACUOUS", function, f"{name} is a coroutine that unittest never awaited")
        elif name.startswith("async") and not is_async:
            yield Problem(owner, "B-INTERNALS", function, f"{name} is no coroutine, which unittest asks for")
        if sum(f.name == name for f in owner.functions) > 1 or function not in owner.node.body:
            yield Problem(owner, "B-DYNAMIC", function, f"{name} is defined conditionally or twice")
        a = function.args
        required = len(a.posonlyargs) + len(a.args) - len(a.defaults)
        more = required > 1 and not function.decorator_list
        if receiver_name(function) is None or more or a.vararg or a.kwarg or a.kwonlyargs:
            yield Problem(owner, "B-INTERNALS", function, f"{name} does not take just self")

    def _stranded(self, info: ClassInfo) -> Iterator[Problem]:
        """A method behind TestCase that is called by name, and whose own ``super()`` call finds nothing.

        That raises an AttributeError, so that the call must not go away.
        """
        hidden = hidden_classes(info)
        called = set(self._called_by_name(info)) if hidden else set()
        for owner in hidden:
            behind = info.mro[info.mro.index(owner) + 1 :]
            for use in self.supers(owner):
                if (owner, use.method.name) in called and not any(use.name in c.defines for c in behind):
                    yield Problem(owner, "B-MRO", use.node, f"super() has no {use.name} behind TestCase")

    def _called_by_name(self, info: ClassInfo) -> Iterator[tuple[ClassInfo | str | None, str]]:
        """(class, method) of every ``Base.setUp(self)`` that runs with a test class."""
        for owner in info.mro:
            for use in self.supers(owner):
                if use.explicit is not None:
                    yield named_class(owner, use.explicit), use.name

    def is_patched(self, owner: ClassInfo, function: FunctionNode) -> bool:
        """Whether all decorators are patches of unittest.mock: pytest leaves their arguments alone."""
        decorators = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
        names = [owner.module.resolve(d) or "" for d in decorators]
        return bool(names) and all(n.startswith("unittest.mock.patch") for n in names)

    # -- the super() calls -----------------------------------------------------------------------------------

    def supers(self, info: ClassInfo) -> list[SuperUse]:
        """The calls of a base's setUp or tearDown in a class."""
        return [u for u in info.uses.supers if u.name in self.parts]

    def reach(self, info: ClassInfo, name: str) -> Reach:
        """What ``super().name`` in a class reaches, of what is still there afterwards."""
        return reach(self.classes, info, name, self.empty)

    def _is_dead(self, info: ClassInfo, use: Use) -> bool:
        """Whether ``self.setUp()`` is a statement that does nothing."""
        call = info.module.parents[use.node]
        if use.name not in self.parts or not isinstance(call, ast.Call) or call.args or call.keywords:
            return False
        if call.func is not use.node or lone_statement(info, call) is None:
            return False
        return reach_of_own(self.classes, info, use.name, self.empty) is Reach.NOTHING

    def calls(self, info: ClassInfo) -> list[Use]:
        """The uses of setUp and tearDown through the instance that do something."""
        return [u for u in info.uses.attributes if u.name in self.parts and (info, u) not in self.dead]

    # -- fixtures --------------------------------------------------------------------------------------------

    def fixture_form(self) -> bool:
        """Whether one autouse fixture a class is exact; then fills in parents, names, removed statements."""
        for link in self.links.values():
            link.removed.clear()
        if self._called_directly() or not all(self._orderly(c) for c in self.component):
            return False
        if any(hidden in self.links for c in self.component for hidden in hidden_classes(c)):
            return False
        for link in self.links.values():
            if not (self._simple(link) and self._place(link)) or self._is_abrupt(link):
                return False
        if not all(map(self._in_phase, self.links.values())):
            return False
        self._name()
        return True

    def _called_directly(self) -> bool:
        return any(self.calls(c) for c in self.component)

    def _behind(self, info: ClassInfo) -> list[Link]:
        return [self.links[c] for c in info.mro[1:] if c in self.links]

    def _orderly(self, info: ClassInfo) -> bool:
        """Whether the links behind a class form one line."""
        behind = self._behind(info)
        return all(b.owner in a.owner.lineage for a, b in pairwise(behind))

    def _simple(self, link: Link) -> bool:
        if any(f.decorator_list and not self.is_patched(link.owner, f) for f in link.functions):
            return False
        if any(f.args.defaults for f in link.functions):
            return False
        functions = link.functions
        if (link.tear_downs or functions[1:]) and any(f.decorator_list for f in functions):
            return False  # a patch around a generator ends before its body begins
        if self.is_async and link.tear_downs and any(_returns_value(f) for f in functions):
            return False  # which no asynchronous generator can
        if functions[1:]:
            leaves = any(isinstance(n, ast.Return) for f in functions[:-1] for n in own_nodes(f))
            clash = any(_names_clash(one, other) for one, other in combinations(functions, 2))
            return not leaves and not clash and not any(map(self._one_liner, functions))
        return not (link.tear_downs and self._one_liner(link.tear_downs[0]))

    def _in_phase(self, link: Link) -> bool:
        """Whether no base does in its async part what comes after, or before, this class's sync part."""
        behind = [] if link.overrides else self._behind(link.owner)
        return not any(
            self._defined([link], own) and self._defined(behind, other)
            for own, other in (("setUp", "asyncSetUp"), ("tearDown", "asyncTearDown"))
            if other in self.parts
        )

    def _one_liner(self, function: FunctionNode) -> bool:
        return function.body[0].lineno == function.lineno

    def _place(self, link: Link) -> bool:
        """Set ``parent``/``overrides``; False when the chain has no form with fixtures."""
        behind = self._behind(link.owner)
        link.parent = behind[0] if behind else None
        calls = {f.name: self._super_call(link, f) for f in link.functions}
        if "bad" in calls.values():
            return False
        if not behind:
            return True
        extends = all(calls[f.name] == "extends" or not self._defined(behind, f.name) for f in link.functions)
        replaces = all(calls[f.name] != "extends" for f in link.functions)
        if extends:
            return True
        alone = len(behind) == 1
        covers = all(self._defined([link], name) or not self._defined(behind, name) for name in self.parts)
        link.overrides = replaces and alone and covers
        return link.overrides

    def tears_down_behind(self, info: ClassInfo) -> bool:
        """Whether a base has a tearDown."""
        return any(link.tear_downs for link in self._behind(info))

    def _is_abrupt(self, link: Link) -> bool:
        """Whether a method says itself that it may end early, and with it the tearDown of the bases.

        A setUp that fails keeps every tearDown from being called, a tearDown that ends before its
        ``super()`` call those of the bases; the fixtures of the bases would run theirs all the same.
        """
        if link.overrides or not self.tears_down_behind(link.owner):
            return False
        ends = (n for f in link.tear_downs for n in own_nodes(f))
        return any(_may_stop(n) for f in link.set_ups for n in own_nodes(f)) or any(
            isinstance(n, ast.Return) or _may_stop(n) for n in ends
        )

    def _defined(self, links: list[Link], name: str) -> bool:
        return any(name in link.owner.methods for link in links)

    def _super_call(self, link: Link, function: FunctionNode) -> str:
        """``none``, ``extends`` (the base's runs at the outer end), or ``bad``."""
        uses = [u for u in self.supers(link.owner) if u.method is function]
        others = [u for u in self.supers(link.owner) if u.name == function.name and u.method is not function]
        if others or any(u.name != function.name for u in uses):
            return "bad"
        state = "none"
        for use in uses:
            statement = super_statement(link.owner, use)
            if statement is None or not is_cooperative(self.classes, link.owner, use):
                return "bad"
            found = self.reach(link.owner, use.name)
            if found is Reach.SOMETIMES or (
                found is Reach.ALWAYS and (len(uses) > 1 or not _at_end(function, statement))
            ):
                return "bad"
            link.removed.append(statement)
            state = "extends" if found is Reach.ALWAYS else state
        return state

    # -- names -----------------------------------------------------------------------------------------------

    @cached_property
    def _taken(self) -> set[str]:
        return {n for c in self.component for n in (*c.inherited, *c.home.fixtures)}

    def _name(self) -> None:
        several = len(self.links) > 1
        for link in sorted(self.links.values(), key=lambda item: len(item.owner.lineage)):
            if link.overrides and link.parent:
                link.name = link.parent.name
            else:
                stem = SET_UP if link.set_ups else TEAR_DOWN
                link.name = self._free(f"{stem}_{snake(link.owner.node.name)}" if several else stem)

    def _free(self, wanted: str) -> str:
        names = {link.name for link in self.links.values()}
        while wanted in self._taken or wanted in names:
            wanted += "_"
        return wanted


def awaits_set_up(component: Component) -> bool:
    """Whether setUp and tearDown may be coroutine functions: every TestCase is asynctest's."""
    own = [c for c in component if any(isinstance(b, str) and b.startswith("unittest.") for b in c.bases)]
    return bool(own) and all(names_base(c, ASYNCTEST) for c in own)


def _returns_value(function: FunctionNode) -> bool:
    return any(isinstance(n, ast.Return) and n.value is not None for n in own_nodes(function))


def _may_stop(node: ast.AST) -> bool:
    """Whether a node is there to fail or skip: ``raise``, ``assert``, an assertion, skipTest."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in LEGACY_ASSERTIONS | {"skipTest"} or dotted_name(node.func) in _STOPS
    return isinstance(node, (ast.Raise, ast.Assert))


_STOPS = ("pytest.skip", "pytest.fail", "pytest.xfail", "pytest.importorskip", "sys.exit")


def _at_end(function: FunctionNode, statement: ast.stmt) -> bool:
    """Whether the call comes first in setUp, last in tearDown."""
    body = [s for i, s in enumerate(function.body) if i or not is_docstring(s)]
    edge = body[0] if function.name in SET_UPS else body[-1]
    return edge is statement


def _bound(function: FunctionNode) -> set[str]:
    names = {
        n.id
        for n in own_nodes(function)
        if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Store, ast.Del))
    }
    names |= {
        n.name
        for n in own_nodes(function)
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    for node in own_nodes(function):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            names |= set(node.names)
    return names


def _names_clash(first: FunctionNode, second: FunctionNode) -> bool:
    """Whether joining two bodies makes a name local that one reads from outside, or renames the receiver."""
    if receiver_name(first) != receiver_name(second):
        return True
    for one, other in ((first, second), (second, first)):
        read = {n.id for n in ast.walk(other) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        if (_bound(one) - _bound(other)) & read:
            return True
    return any(isinstance(n, (ast.Global, ast.Nonlocal)) for f in (first, second) for n in own_nodes(f))


_TEST_WORDS = re.compile(r"(_?(TestCases?|Tests?|Case)$)|(^_*[Tt]est(?=[A-Z_]))")


def core_name(name: str) -> str:
    """A class name without the words that only say that it is a test."""
    stripped = name.strip("_")
    while True:
        shorter = _TEST_WORDS.sub("", stripped, count=1).strip("_")
        if not shorter or shorter == stripped:
            return stripped
        stripped = shorter


def snake(name: str) -> str:
    """``HTTPServerTests`` -> ``http_server``."""
    core = core_name(name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", core).lower()
