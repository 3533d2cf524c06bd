"""Classes of one file: what they inherit, what they are, and how their methods use the test instance."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reassert.model.facts import BaseFacts, BaseKind
from reassert.syntax.conditions import settled
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.testcase_api import API, FIXTURE_METHODS, LEGACY_ASSERTIONS

_BUILTINS = frozenset(dir(builtins))

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# A class is the most restrictive of what its bases are.
RANK: tuple[BaseKind, ...] = ("plain", "testcase", "async", "framework", "unknown")

ROOTS: Mapping[str, BaseKind] = {
    "object": "plain",
    "abc.ABC": "plain",
    "typing.Generic": "plain",
    "typing.Protocol": "plain",
    "unittest.TestCase": "testcase",
    "unittest.IsolatedAsyncioTestCase": "async",
    "unittest.FunctionTestCase": "unknown",
    "unittest.SkipTest": "plain",
}
# Frameworks whose TestCase keeps the meaning of unittest's own assertion methods.
FRAMEWORKS = ("django.test", "rest_framework.test", "tornado.testing", "aiohttp.test_utils", "flask_testing")


@dataclass(frozen=True)
class Use:
    """``self.name`` (or ``cls.name``) in a method."""

    name: str
    node: ast.Attribute
    method: FunctionNode
    through_class: bool


@dataclass(frozen=True)
class SuperUse:
    """``super().name`` in a method; ``node``: the attribute, ``explicit``: Base in ``Base.name(self)``."""

    name: str
    node: ast.Attribute
    method: FunctionNode
    explicit: ast.expr | None = None


@dataclass
class Uses:
    """How the methods of one class use their receiver."""

    attributes: list[Use] = field(default_factory=list)
    supers: list[SuperUse] = field(default_factory=list)
    escapes: list[tuple[ast.Name, FunctionNode]] = field(default_factory=list)
    rebound: list[FunctionNode] = field(default_factory=list)


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
    def direct(self) -> frozenset[ast.stmt]:
        """The statements of the class body itself."""
        return frozenset(self.node.body)

    @cached_property
    def defines(self) -> frozenset[str]:
        """Every name that the class body binds."""
        names = set(self.methods)
        for statement in body_statements(self.node):
            names.update(bound_names(statement))
        return frozenset(names)

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
    def inherited(self) -> frozenset[str]:
        """Names that the class or any known ancestor defines (``unittest.TestCase`` aside)."""
        names: set[str] = set()
        for info in self.lineage:
            names |= info.defines
            if info.external:
                names |= info.external.defines
        return frozenset(names)

    @cached_property
    def tests(self) -> list[FunctionNode]:
        """The test methods that the body defines, in order."""
        return [f for name, f in self.methods.items() if name.startswith("test")]

    @property
    def is_testcase(self) -> bool:
        """Whether unittest would run it (as far as is known)."""
        return self.kind != "plain"

    @cached_property
    def uses(self) -> Uses:
        """How the methods use the test instance and the class."""
        found = Uses()
        for function in self.functions:
            _collect_uses(self.module, function, found)
        return found


def body_statements(node: ast.ClassDef | ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when the body runs, in order, without those inside functions and classes."""
    todo = list(reversed(node.body))
    while todo:
        statement = todo.pop()
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        inner = _branches(statement)
        for handler in getattr(statement, "handlers", []):
            inner += handler.body
        todo.extend(reversed(inner))


def _branches(statement: ast.stmt) -> list[ast.stmt]:
    """The statements inside a statement, without branches that no supported Python takes."""
    if isinstance(statement, ast.If):
        value = settled(statement.test)
        return [
            *(statement.body if value is not False else []),
            *(statement.orelse if value is not True else []),
        ]
    return [c for c in ast.iter_child_nodes(statement) if isinstance(c, ast.stmt)]


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that one statement binds in its own scope."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    elif isinstance(
        statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)
    ):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def receiver_name(function: FunctionNode) -> str | None:
    """The name of the first positional parameter of a method, None for a static method."""
    if any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list):
        return None
    first = (function.args.posonlyargs + function.args.args)[:1]
    return first[0].arg if first else None


def is_classmethod(function: FunctionNode) -> bool:
    """Whether ``@classmethod`` stands above it."""
    return any(isinstance(d, ast.Name) and d.id == "classmethod" for d in function.decorator_list)


def _collect_uses(module: Module, function: FunctionNode, found: Uses) -> None:
    receiver = receiver_name(function)
    through_class = is_classmethod(function)
    for node in _same_receiver(module, function, receiver):
        if isinstance(node, ast.Call) and _names_base(node, receiver):
            _collect_explicit(node, function, found)
        elif isinstance(node, ast.Attribute):
            _collect_attribute(node, function, receiver, through_class, found)
        elif isinstance(node, ast.Name) and node.id == receiver:
            if not isinstance(node.ctx, ast.Load):
                found.rebound.append(function)
            elif not _is_receiver_position(module, node) and (node, function) not in found.escapes:
                found.escapes.append((node, function))


def _names_base(call: ast.Call, receiver: str | None) -> bool:
    """Whether a call has the form ``Base.method(self, ...)``."""
    return (
        isinstance(call.func, ast.Attribute)
        and bool(call.args)
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id == receiver
        and dotted_name(call.func.value) not in (None, receiver)
    )


def _collect_explicit(call: ast.Call, function: FunctionNode, found: Uses) -> None:
    func, first = call.func, call.args[0]
    if isinstance(func, ast.Attribute) and isinstance(first, ast.Name):
        found.supers.append(SuperUse(func.attr, func, function, func.value))
        found.escapes.append((first, function))


def _collect_attribute(
    node: ast.Attribute, function: FunctionNode, receiver: str | None, through_class: bool, found: Uses
) -> None:
    value = node.value
    if isinstance(value, ast.Name) and value.id == receiver:
        found.attributes.append(Use(node.attr, node, function, through_class))
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super":
        found.supers.append(SuperUse(node.attr, node, function))
    elif _reads_class(value, receiver):
        found.attributes.append(Use(node.attr, node, function, through_class=True))


def _reads_class(value: ast.expr, receiver: str | None) -> bool:
    """Whether an expression is ``type(self)`` or ``self.__class__``."""
    if isinstance(value, ast.Attribute):
        return value.attr == "__class__" and isinstance(value.value, ast.Name) and value.value.id == receiver
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "type":
        return len(value.args) == 1 and isinstance(value.args[0], ast.Name) and value.args[0].id == receiver
    return False


def _is_receiver_position(module: Module, node: ast.Name) -> bool:
    parent = module.parents[node]
    if isinstance(parent, ast.Attribute):
        return True
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id in ("super", "type")
        and node in parent.args
    )


def _same_receiver(module: Module, function: FunctionNode, receiver: str | None) -> Iterator[ast.AST]:
    """The nodes of a method in which ``receiver`` still means its first parameter, in source order."""

    def rebinds(node: ast.AST) -> bool:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return receiver in parameter_names(node)
        return isinstance(node, ast.arguments) and node is function.args

    return module.pruned(function, rebinds)


def parameter_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """All parameter names of a function."""
    a = node.args
    every = [
        *a.posonlyargs,
        *a.args,
        *a.kwonlyargs,
        *([a.vararg] if a.vararg else []),
        *([a.kwarg] if a.kwarg else []),
    ]
    return frozenset(x.arg for x in every)


class Classes:
    """All classes of a file. ``facts`` tells what bases from other files are; ``link`` joins them."""

    def __init__(self, module: Module, facts: Mapping[str, BaseFacts]) -> None:
        self.module = module
        self.facts = facts
        self._redefined: dict[ClassInfo, frozenset[str]] = {}
        self._heirs: dict[ClassInfo, list[ClassInfo]] = {}
        self._group: dict[ClassInfo, list[ClassInfo]] = {}
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
            hits = family[known.path].by_name.get(known.qualname, [])
            if len(hits) == 1:
                return hits[0]
        return base

    def _base(self, info: ClassInfo, base: ast.expr) -> ClassInfo | str | None:
        if isinstance(base, ast.Subscript):
            base = base.value
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
        resolved = self.module.resolve(base)
        # A star import binds names that nothing in this file shows; the project knows them.
        return resolved if resolved is not None or dotted not in self.facts else dotted

    def _lookup(self, info: ClassInfo, dotted: str) -> ClassInfo | None:
        scopes = [dotted]
        outer = info.outer
        while outer:
            scopes.insert(0, f"{outer.qualname}.{dotted}")
            outer = outer.outer
        for name in scopes:
            hits = [h for h in self.by_name.get(name, []) if h is not info]
            if len(hits) == 1 and (not hits[0].local or info.local):
                return hits[0]
        return None

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
        if base is None:
            return "unknown"
        if base in ROOTS:
            return ROOTS[base]
        if base.startswith("builtins."):
            return "plain"
        known = info.home.facts.get(base)
        if known is not None:
            info.external = known
            return known.kind
        if base.startswith(FRAMEWORKS) and base.endswith("TestCase"):
            return "framework"
        return "unknown"

    def component(self, info: ClassInfo) -> list[ClassInfo]:
        """Every known class that is connected to ``info`` by inheritance, file by file in source order."""
        return self._group[info]

    def heirs(self, info: ClassInfo) -> list[ClassInfo]:
        """The known classes that inherit from ``info``, directly or not."""
        if info not in self._heirs:
            self._heirs[info] = [c for c in self._group[info] if c is not info and info in c.lineage]
        return self._heirs[info]

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
    for classes in family.values():
        classes._group = group  # noqa: SLF001 - one table for the family
    for classes in family.values():
        classes.drop_strangers()


def _components(family: Mapping[str, Classes]) -> dict[ClassInfo, list[ClassInfo]]:
    place = {info: (number, info.node.lineno) for number, c in enumerate(family.values()) for info in c.all}
    group: dict[ClassInfo, list[ClassInfo]] = {info: [info] for info in place}
    for info in place:
        for parent in info.parents:
            if group[parent] is not group[info]:
                merged = sorted([*group[parent], *group[info]], key=place.__getitem__)
                group.update(dict.fromkeys(merged, merged))
    return group


def _looks_like_test(info: ClassInfo) -> bool:
    """Whether a class whose bases are not all known has the marks of a test case."""
    if info.defines & FIXTURE_METHODS:
        return True
    names = [b if isinstance(b, str) else "" for b in info.bases if not isinstance(b, ClassInfo)]
    if any(n.endswith(("TestCase", "Test", "Tests")) for n in names):
        return True
    return any(u.name in LEGACY_ASSERTIONS and u.name != "fail" for u in info.uses.attributes)


def dotted_name(node: ast.AST) -> str | None:
    """``a.b.c`` of a chain of names, None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        value = dotted_name(node.value)
        return f"{value}.{node.attr}" if value else None
    return None
