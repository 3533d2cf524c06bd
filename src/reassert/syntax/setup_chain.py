"""How the setUp and tearDown of a hierarchy fit together, and which of pytest's forms can stand for them.

*Fixtures* is the form to prefer: one autouse fixture a class, a child's requests its parent's. It is exact
where a ``super()`` call comes first in setUp and last in tearDown and the providers form a chain. Methods
resolve as they did, so they are exact for every other chain: see ``set_up_methods``. Facts: spec of pytest's
fixtures, "autouse fixtures of a class run in alphabetical order", hence never two of them that do not
request one another.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal, cast

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


@dataclass(frozen=True)
class Problem:
    """Why a class cannot be converted: a refusal in the making."""

    owner: ClassInfo
    code: str
    node: ast.AST
    reason: str


@dataclass
class Link:
    """One class with setUp or tearDown. ``parent`` is the next such class behind, ``name`` its fixture's."""

    owner: ClassInfo
    set_up: FunctionNode | None
    tear_down: FunctionNode | None
    parent: Link | None = None
    overrides: bool = False
    name: str = ""
    removed: list[ast.stmt] = field(default_factory=list)

    @property
    def functions(self) -> list[FunctionNode]:
        """Of setUp and tearDown those that are there."""
        return [f for f in (self.set_up, self.tear_down) if f is not None]


class Chain:
    """The links of one inheritance component."""

    def __init__(self, classes: Classes, component: Component) -> None:
        self.classes = classes
        self.component = component
        self.links = {c: self._link(c) for c in component if c.methods.keys() & XUNIT.keys()}
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
        return Link(info, info.methods.get("setUp"), info.methods.get("tearDown"))

    # -- what no form can express ----------------------------------------------------------------------------

    def problems(self) -> Iterator[Problem]:
        """What stands in the way of both forms."""
        for info in self.component:
            for name in XUNIT:
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

    def _function_problems(self, owner: ClassInfo, function: FunctionNode) -> Iterator[Problem]:
        name = function.name
        if isinstance(function, ast.AsyncFunctionDef):
            yield Problem(owner, "C-VACUOUS", function, f"{name} is a coroutine that unittest never awaited")
        elif function in owner.module.generators:
            yield Problem(owner, "B-GENTEST", function, f"{name} is a generator that unittest never ran")
        if sum(f.name == name for f in owner.functions) > 1 or function not in owner.node.body:
            yield Problem(owner, "B-DYNAMIC", function, f"{name} is defined conditionally or twice")
        a = function.args
        required = len(a.posonlyargs) + len(a.args) - len(a.defaults)
        more = required > 1 and not function.decorator_list
        if receiver_name(function) is None or more or a.vararg or a.kwarg or a.kwonlyargs:
            yield Problem(owner, "B-INTERNALS", function, f"{name} does not take just self")

    def is_patched(self, owner: ClassInfo, function: FunctionNode) -> bool:
        """Whether all decorators are patches of unittest.mock: pytest leaves their arguments alone."""
        decorators = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
        names = [owner.module.resolve(d) or "" for d in decorators]
        return bool(names) and all(n.startswith("unittest.mock.patch") for n in names)

    # -- the super() calls -----------------------------------------------------------------------------------

    def supers(self, info: ClassInfo) -> list[SuperUse]:
        """The calls of a base's setUp or tearDown in a class."""
        return [u for u in info.uses.supers if u.name in XUNIT]

    def reach(self, info: ClassInfo, name: str) -> Reach:
        """What ``super().name`` in a class reaches, of what is still there afterwards."""
        return reach(self.classes, info, name, self.empty)

    def _is_dead(self, info: ClassInfo, use: Use) -> bool:
        """Whether ``self.setUp()`` is a statement that does nothing."""
        call = info.module.parents[use.node]
        if use.name not in XUNIT or not isinstance(call, ast.Call) or call.args or call.keywords:
            return False
        if call.func is not use.node or lone_statement(info, call) is None:
            return False
        return reach_of_own(self.classes, info, use.name, self.empty) is Reach.NOTHING

    def calls(self, info: ClassInfo) -> list[Use]:
        """The uses of setUp and tearDown through the instance that do something."""
        return [u for u in info.uses.attributes if u.name in XUNIT and (info, u) not in self.dead]

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
        if link.tear_down and any(f.decorator_list for f in link.functions):
            return False  # a patch around a generator ends before its body begins
        if link.set_up and link.tear_down:
            leaves = any(isinstance(n, ast.Return) for n in own_nodes(link.set_up))
            return not leaves and not _names_clash(link.set_up, link.tear_down) and self._same_layout(link)
        return not (link.tear_down and self._one_liner(link.tear_down))

    def _same_layout(self, link: Link) -> bool:
        return all(not self._one_liner(f) for f in link.functions)

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
        covers = all(self._defined([link], name) or not self._defined(behind, name) for name in XUNIT)
        link.overrides = replaces and alone and covers
        return link.overrides

    def tears_down_behind(self, info: ClassInfo) -> bool:
        """Whether a base has a tearDown."""
        return self._defined(self._behind(info), "tearDown")

    def _is_abrupt(self, link: Link) -> bool:
        """Whether a method says itself that it may end early, and with it the tearDown of the bases.

        A setUp that fails keeps every tearDown from being called, a tearDown that ends before its
        ``super()`` call those of the bases; the fixtures of the bases would run theirs all the same.
        """
        if link.overrides or not self.tears_down_behind(link.owner):
            return False
        early = link.set_up is not None and any(_may_stop(n) for n in own_nodes(link.set_up))
        if link.tear_down is None or early:
            return early
        return any(isinstance(n, ast.Return) or _may_stop(n) for n in own_nodes(link.tear_down))

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
                stem = SET_UP if link.set_up else TEAR_DOWN
                link.name = self._free(f"{stem}_{snake(link.owner.node.name)}" if several else stem)

    def _free(self, wanted: str) -> str:
        names = {link.name for link in self.links.values()}
        while wanted in self._taken or wanted in names:
            wanted += "_"
        return wanted


def own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of functions, lambdas and classes inside it."""
    todo: list[ast.AST] = list(reversed(function.body))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(reversed(list(ast.iter_child_nodes(node))))


def _may_stop(node: ast.AST) -> bool:
    """Whether a node is there to fail or skip: ``raise``, ``assert``, an assertion, skipTest."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in LEGACY_ASSERTIONS | {"skipTest"} or dotted_name(node.func) in _STOPS
    return isinstance(node, (ast.Raise, ast.Assert))


_STOPS = ("pytest.skip", "pytest.fail", "pytest.xfail", "pytest.importorskip", "sys.exit")


def _at_end(function: FunctionNode, statement: ast.stmt) -> bool:
    """Whether the call comes first in setUp, last in tearDown."""
    body = [s for i, s in enumerate(function.body) if i or not is_docstring(s)]
    edge = body[0] if function.name == "setUp" else body[-1]
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
