"""Classes of one file: what they inherit, what they are, and how their methods use the test instance."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from reassert.model.facts import BaseFacts, BaseKind
from reassert.syntax.bodies import body_statements
from reassert.syntax.frameworks import framework_of
from reassert.syntax.grouping import connected
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.respellings import defined_names, respelled
from reassert.syntax.roots import RANK, ROOTS, TESTCASES, known_kind
from reassert.syntax.testcase_api import API, FIXTURE_METHODS, LEGACY_ASSERTIONS
from reassert.syntax.uses import (
    SuperUse,
    Use,
    Uses,
    collect_uses,
    dotted_name,
    is_classmethod,
    parameter_names,
    receiver_name,
)

__all__ = [
    "ClassInfo",
    "Classes",
    "Component",
    "SuperUse",
    "Use",
    "Uses",
    "dotted_name",
    "is_classmethod",
    "link",
    "parameter_names",
    "receiver_name",
]

_BUILTINS = frozenset(dir(builtins))
_Class = TypeVar("_Class")
_DESCRIPTIONS = frozenset({"id", "shortDescription", "__str__"})

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class ClassInfo:
    """A class statement. ``bases`` are resolved: classes of this file, else dotted names, else None."""

    def __init__(self, module: Module, node: ast.ClassDef, outer: ClassInfo | None, *, local: bool) -> None:
        self.module = module
        self.node = node
        self.outer = outer
        self.local = local
        self.qualname: str = f"{outer.qualname}.{node.name}" if outer else node.name
        self.bases: tuple[ClassInfo | str | None, ...] = ()
        self.kind: BaseKind = "plain"
        self.home: Classes
        self.external: BaseFacts | None = None

    @cached_property
    def functions(self) -> list[FunctionNode]:
        """The function definitions of the class body, also those under ``if`` or ``try`` there."""
        return [n for n in body_statements(self.node) if isinstance(n, FunctionNode)]

    @cached_property
    def methods(self) -> dict[str, FunctionNode]:
        """Method name -> its last definition."""
        return {f.name: f for f in self.functions}

    @cached_property
    def repeated(self) -> frozenset[str]:
        """The names of methods that are defined more than once."""
        return frozenset(name for name, n in Counter(f.name for f in self.functions).items() if n > 1)

    @cached_property
    def direct(self) -> frozenset[ast.stmt]:
        """The statements of the class body itself."""
        return frozenset(self.node.body)

    @cached_property
    def defines(self) -> frozenset[str]:
        """Every name that the class body gives a meaning of its own."""
        return defined_names(self.module, self.node)

    @cached_property
    def respelled(self) -> frozenset[str]:
        """The old names of assertions that the class or a known ancestor only gives back to itself."""
        found = (respelled(c.module, s) for c in self.lineage for s in body_statements(c.node))
        return frozenset(name for name in found if name) - self.inherited

    @cached_property
    def parents(self) -> list[ClassInfo]:
        """The bases that are classes of this file."""
        return [b for b in self.bases if isinstance(b, ClassInfo)]

    @cached_property
    def lineage(self) -> list[ClassInfo]:
        """The class and its in-file ancestors, nearest first (Python's order where it is linear)."""
        order = [self]
        for parent in self.parents:
            order += [c for c in parent.lineage if c not in order]
        return order

    @cached_property
    def mro(self) -> list[ClassInfo]:
        """The C3 order of the class among the known classes; the plain lineage where C3 finds none."""
        merged = _merge([*(p.mro for p in self.parents), list(self.parents)])
        return [self, *merged] if merged is not None else list(self.lineage)

    @cached_property
    def line(self) -> list[ClassInfo | str] | None:
        """The C3 order with unittest's classes at their places."""
        bases = [b for b in self.bases if b is not None and (isinstance(b, ClassInfo) or b in TESTCASES)]
        lines = [b.line if isinstance(b, ClassInfo) else [*TESTCASES[b]] for b in bases]
        known = [line for line in lines if line is not None]
        merged = _merge([*known, bases]) if len(known) == len(lines) else None
        return None if merged is None else [self, *merged]

    @cached_property
    def visible(self) -> list[ClassInfo]:
        """Those of ``mro`` that stand before TestCase, whose methods hide those of the ones behind it."""
        line = self.line
        roots = [i for i, c in enumerate(line) if isinstance(c, str)] if line else []
        if line is None or not roots:
            return self.mro
        before = set(line[: roots[0]])
        return [c for c in self.mro if c in before]

    @cached_property
    def inherited(self) -> frozenset[str]:
        """Names that the class or any known ancestor defines (``unittest.TestCase`` aside)."""
        names: set[str] = set()
        for info in self.lineage:
            names |= info.defines
            if info.external:
                names |= info.external.defines
        return frozenset(names)

    @cached_property
    def changed_by_frameworks(self) -> frozenset[str]:
        """Assertion methods that mean something else in a framework that the class inherits from."""
        bases = [b for info in self.lineage for b in info.bases if isinstance(b, str)]
        bases += [info.external.framework for info in self.lineage if info.external]
        return frozenset(name for b in bases if (known := framework_of(b)) for name in known.changed)

    @cached_property
    def tests(self) -> list[FunctionNode]:
        """The test methods that the body defines, in order."""
        return [f for name, f in self.methods.items() if name.startswith("test") or name == "runTest"]

    @property
    def is_testcase(self) -> bool:
        """Whether unittest would run it (as far as is known)."""
        return self.kind != "plain"

    @cached_property
    def uses(self) -> Uses:
        """How the methods use the test instance and the class."""
        found = Uses()
        for function in self.functions:
            collect_uses(self.module, function, found)
        return found


def _merge(sequences: Sequence[Sequence[_Class]]) -> list[_Class] | None:
    left = [list(s) for s in sequences if s]
    order: list[_Class] = []
    while left:
        head = next((s[0] for s in left if not any(s[0] in o[1:] for o in left)), None)
        if head is None:
            return None
        order.append(head)
        left = [rest for s in left if (rest := [c for c in s if c != head])]
    return order


class Component(list["ClassInfo"]):
    """The classes that inheritance connects, file by file in source order."""

    __hash__ = object.__hash__  # type: ignore[assignment] # an identity, like the classes in it

    def __init__(self, classes: Iterable[ClassInfo]) -> None:
        super().__init__(classes)
        # What a rule works out for the component as a whole, by a key of its own.
        self.memory: dict[str, object] = {}

    @cached_property
    def is_unittest(self) -> bool:
        """Whether one of them is a TestCase of unittest and of nothing else."""
        return any(info.kind in ("testcase", "async") for info in self)

    @cached_property
    def has_testcase(self) -> bool:
        """Whether one of them is a TestCase of whatever kind."""
        return any(info.is_testcase for info in self)

    @property
    def is_sync_unittest(self) -> bool:
        """Whether there is such a one, and none of them is asynchronous."""
        return self.is_unittest and not self.is_async

    @cached_property
    def is_async(self) -> bool:
        """Whether one of them is an asynchronous TestCase of unittest."""
        return any(info.kind == "async" for info in self)

    @cached_property
    def called(self) -> frozenset[str]:
        """The names that are used through the instance, the class or ``super()``."""
        names = {use.name for info in self for use in info.uses.attributes}
        return frozenset(names | {use.name for info in self for use in info.uses.supers})

    @cached_property
    def undescribed(self) -> frozenset[str]:
        """Of the methods that describe a test those that no class calls, of its own or of its base."""
        ours = {f for info in self for f in info.functions if f.name in _DESCRIPTIONS}
        called = {use.name for info in self for use in info.uses.attributes if use.method not in ours}
        called |= {use.name for info in self for use in info.uses.supers if use.method not in ours}
        if any(info.uses.escapes for info in self):
            called.add("__str__")
        return _DESCRIPTIONS - called if all(not f.decorator_list for f in ours) else frozenset()

    @cached_property
    def mentioned(self) -> Counter[str]:
        """How often each name is used through the instance or the class."""
        return Counter(use.name for info in self for use in info.uses.attributes)

    @cached_property
    def invoked(self) -> frozenset[str]:
        """The names that are called on the instance or the class."""
        uses = ((info.module.parents[use.node], use) for info in self for use in info.uses.attributes)
        return frozenset(u.name for call, u in uses if isinstance(call, ast.Call) and call.func is u.node)

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Every name that a class defines or inherits, or that their files bind an attribute to."""
        names = {name for info in self for name in info.inherited}
        for module in {info.module for info in self}:
            names |= module.stored_attributes
        return frozenset(names)

    @cached_property
    def sets_unseen_attributes(self) -> bool:
        """Whether a class sets attributes whose names are not to be seen: setattr, __dict__, vars."""
        return any(_sets_attributes(info) for info in self)

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The names that are read through the instance or the class."""
        return frozenset(
            use.name for info in self for use in info.uses.attributes if isinstance(use.node.ctx, ast.Load)
        )


class Classes:
    """All classes of a file. ``facts`` tells what bases from other files are; ``link`` joins them.

    ``fixtures`` are names that a fixture of a class must not have, as it would hide another one.
    """

    def __init__(
        self, module: Module, facts: Mapping[str, BaseFacts], fixtures: frozenset[str] = frozenset()
    ) -> None:
        self.module = module
        self.facts = facts
        self.fixtures = fixtures
        self._redefined: dict[ClassInfo, frozenset[str]] = {}
        self._mixins: dict[ClassInfo, bool] = {}
        self._heirs: Mapping[ClassInfo, list[ClassInfo]] = {}
        self._group: Mapping[ClassInfo, Component] = {}
        self.by_node: dict[ast.ClassDef, ClassInfo] = {}
        for node in module.classes:
            self._add(node)
        self.all = list(self.by_node.values())
        self.by_name: dict[str, list[ClassInfo]] = {}
        for info in self.all:
            self.by_name.setdefault(info.qualname, []).append(info)

    def _add(self, node: ast.ClassDef) -> ClassInfo:
        if node not in self.by_node:
            scope = next(
                (a for a in self.module.ancestors(node) if isinstance(a, (ast.ClassDef, *_FUNCTIONS))), None
            )
            outer = self._add(scope) if isinstance(scope, ast.ClassDef) else None
            local = isinstance(scope, _FUNCTIONS) or bool(outer and outer.local)
            self.by_node[node] = ClassInfo(self.module, node, outer, local=local)
        return self.by_node[node]

    def resolve_bases(self, family: Mapping[str, Classes]) -> None:
        """Fill in the bases; those that ``facts`` finds in another file of the family are its classes."""
        for info in self.all:
            info.bases = tuple(self._relative(self._base(info, b), family) for b in info.node.bases)

    def _relative(
        self, base: ClassInfo | str | None, family: Mapping[str, Classes]
    ) -> ClassInfo | str | None:
        known = self.facts.get(base) if isinstance(base, str) else None
        if known is not None and known.path in family:
            hits = [c for c in family[known.path].by_name.get(known.qualname, []) if not c.local]
            if len(hits) == 1:
                return hits[0]
        return base

    def _base(self, info: ClassInfo, base: ast.expr) -> ClassInfo | str | None:
        if isinstance(base, ast.Subscript):
            base = base.value
        base = self.module.at_run_time(base)
        dotted = dotted_name(base)
        if dotted is None:
            return None
        found = self._lookup(info, dotted)
        if found is not None:
            return found
        if dotted == "object":
            return "object"
        if dotted in _BUILTINS and dotted not in self.module.rebound and dotted not in self.module.imports:
            return f"builtins.{dotted}"
        resolved = self.module.resolve(base) or self._strictest(base)
        # A star import binds names that nothing in this file shows; the project knows them.
        return resolved if resolved is not None or dotted not in self.facts else dotted

    def _strictest(self, base: ast.expr) -> str | None:
        """Of the TestCases that imports and assignments may bind a base to the one that allows least."""
        name = base.id if isinstance(base, ast.Name) else ""
        found = [*self.module.imports.get(name, ())]
        stores = [n for n in self.module.names.get(name, ()) if isinstance(n.ctx, ast.Store)]
        for store in stores:
            parent = self.module.parents[store]
            found.append(self.module.resolve(parent.value) or "" if isinstance(parent, ast.Assign) else "")
        kinds = [known_kind(dotted) for dotted in found]
        if not found or not set(kinds) <= {"testcase", "async", "framework"}:
            return None
        strictest: str = max(found, key=lambda dotted: RANK.index(known_kind(dotted)))
        return strictest

    def _lookup(self, info: ClassInfo, dotted: str) -> ClassInfo | None:
        scopes = [dotted]
        outer = info.outer
        while outer:
            scopes.insert(0, f"{outer.qualname}.{dotted}")
            outer = outer.outer
        for name in scopes:
            # What stands further down is not there yet when the bases are evaluated; a function runs later.
            hits = [h for h in self.by_name.get(name, []) if h.node.lineno < info.node.lineno or info.local]
            hits = [h for h in hits if h is not info]
            near = [h for h in hits if h.local] if info.local else []
            if len(near or hits) == 1 or (not info.local and sum(not h.local for h in hits) == 1):
                return next((h for h in near or hits if info.local or not h.local), None)
        return None

    def namesakes(self, info: ClassInfo) -> list[ClassInfo]:
        """The other classes that are bound to the same name in the same scope."""
        scope = self.module.enclosing_function(info.node)
        same = self.by_name[info.qualname]
        return [c for c in same if c is not info and self.module.enclosing_function(c.node) is scope]

    def settle_kinds(self) -> None:
        """Say of each class what it is; its bases, and theirs, are filled in."""
        for info in self.all:
            info.kind = self._kind(info, frozenset({info}))

    def drop_strangers(self) -> None:
        """A class whose bases are not known is none of ours unless it looks like a test."""
        for info in self.all:
            if info.kind == "unknown" and not any(
                _looks_like_test(c) for c in [*info.lineage, *self.heirs(info)]
            ):
                info.kind = "plain"

    def _kind(self, info: ClassInfo, seen: frozenset[ClassInfo]) -> BaseKind:
        kinds: list[BaseKind] = ["plain"]
        for base in info.bases:
            if isinstance(base, ClassInfo):
                kinds.append("unknown" if base in seen else self._kind(base, seen | {base}))
            else:
                kinds.append(self._external_kind(info, base))
        return max(kinds, key=RANK.index)

    def _external_kind(self, info: ClassInfo, base: str | None) -> BaseKind:
        known = info.home.facts.get(base) if base is not None and base not in ROOTS else None
        if known is not None:
            info.external = known
            return known.kind
        return known_kind(base or "")

    def component(self, info: ClassInfo) -> Component:
        """Every known class that is connected to ``info`` by inheritance, file by file in source order."""
        return self._group[info]

    def climbing(self, owner: ClassInfo | None) -> ClassInfo | None:
        """The class that must become plain for an edit in a test of ``owner``; None if nothing must."""
        return owner if owner and self.component(owner).has_testcase else None

    def know(self, group: Mapping[ClassInfo, Component], heirs: Mapping[ClassInfo, list[ClassInfo]]) -> None:
        """Take over what ``link`` has found out about all files."""
        self._group = group
        self._heirs = heirs

    def heirs(self, info: ClassInfo) -> list[ClassInfo]:
        """The known classes that inherit from ``info``, directly or not."""
        return self._heirs.get(info, [])

    def is_mixin_of_tests(self, info: ClassInfo) -> bool:
        """Whether a plain class is inherited from by test classes, and by none whose bases are unknown."""
        if info not in self._mixins:
            kinds = {heir.kind for heir in self.heirs(info)}
            self._mixins[info] = bool(kinds - {"plain"}) and "unknown" not in kinds
        return self._mixins[info]

    def is_awaited(self, info: ClassInfo) -> bool:
        """Whether only asynchronous TestCases run the tests of a class, which await them."""
        kinds = {c.kind for c in [info, *self.heirs(info)] if c.is_testcase}
        return kinds == {"async"}

    def redefined(self, info: ClassInfo) -> frozenset[str]:
        """Names of TestCase's interface that a class of the lineage or an heir defines or registers.

        Registering is what ``addTypeEqualityFunc`` does.
        """
        if info not in self._redefined:
            names: set[str] = set()
            for relative in [info, *self.heirs(info)]:
                names |= relative.inherited & API
                names |= {
                    u.name
                    for c in relative.lineage
                    for u in c.uses.attributes
                    if u.name == "addTypeEqualityFunc"
                }
            self._redefined[info] = frozenset(names)
        return self._redefined[info]


def link(family: Mapping[str, Classes]) -> None:
    """Make the classes of some files known to one another: bases, kinds, and components of inheritance."""
    for classes in family.values():
        for info in classes.all:
            info.home = classes
        classes.resolve_bases(family)
    for classes in family.values():
        classes.settle_kinds()
    group = _components(family)
    heirs = _all_heirs(group)
    for classes in family.values():
        classes.know(group, heirs)
    for classes in family.values():
        classes.drop_strangers()


def _components(family: Mapping[str, Classes]) -> dict[ClassInfo, Component]:
    place = {info: (number, info.node.lineno) for number, c in enumerate(family.values()) for info in c.all}
    groups = connected((info, relative) for info in place for relative in (info, *info.parents))
    made = {group: Component(sorted(group, key=place.__getitem__)) for group in set(groups.values())}
    return {info: made[groups[info]] for info in place}


def _all_heirs(group: Mapping[ClassInfo, Component]) -> dict[ClassInfo, list[ClassInfo]]:
    heirs: dict[ClassInfo, list[ClassInfo]] = {}
    for info in group:
        for ancestor in info.lineage[1:]:
            heirs.setdefault(ancestor, []).append(info)
    return heirs


def _sets_attributes(info: ClassInfo) -> bool:
    if any(u.name == "__dict__" for u in info.uses.attributes):
        return True
    calls = [info.module.parents[node] for node, _ in info.uses.escapes]
    return any(
        isinstance(c, ast.Call) and isinstance(c.func, ast.Name) and c.func.id in ("setattr", "vars")
        for c in calls
    )


def _looks_like_test(info: ClassInfo) -> bool:
    """Whether a class whose bases are not all known has the marks of a test case."""
    if info.defines & FIXTURE_METHODS:
        return True
    names = [b if isinstance(b, str) else "" for b in info.bases if not isinstance(b, ClassInfo)]
    if any(n.endswith(("TestCase", "Test", "Tests")) for n in names):
        return True
    mentioned = (LEGACY_ASSERTIONS - {"fail"}) & info.module.attributes_by_name.keys()
    return bool(mentioned) and any(u.name in mentioned for u in info.uses.attributes)
