"""One walk over a syntax tree: parents, names, strings, imports."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from reassert.model.edits import Span
from reassert.model.source import SourceFile
from reassert.syntax.below import CHILDREN, LEAVES, WRAPPERS, children
from reassert.syntax.conditions import settled

NodeT = TypeVar("NodeT", bound=ast.AST)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
ScopeNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Module

# unittest2 is a backport with the same names; unittest re-exports those of its submodules
# (Lib/unittest/__init__.py).
_SAME_MODULE = {
    "unittest2": "unittest",
    "unittest.case": "unittest",
    "unittest.async_case": "unittest",
    "unittest.main": "unittest.main",
    "django.utils.unittest": "unittest",
    "mock": "unittest.mock",
    # All that it adds is done by a decorator, and what stays of that keeps a class from being converted.
    "unittest_parametrize.ParametrizedTestCase": "unittest.TestCase",
    # It awaits tests that are coroutines; those keep a class as it is unless a rule sees to them.
    "aiounittest.AsyncTestCase": "unittest.TestCase",
    "aiounittest.case.AsyncTestCase": "unittest.TestCase",
    # Much like unittest's own, which came with Python 3.8; a rule says when that is enough.
    "asynctest.TestCase": "unittest.IsolatedAsyncioTestCase",
    "asynctest.case.TestCase": "unittest.IsolatedAsyncioTestCase",
    "asynctest.mock": "unittest.mock",
    "unittest.mock.CoroutineMock": "unittest.mock.AsyncMock",
    "asynctest.mock.CoroutineMock": "unittest.mock.AsyncMock",
    "asynctest.CoroutineMock": "unittest.mock.AsyncMock",
    **{
        f"asynctest.{name}": f"unittest.mock.{name}"
        for name in (
            *("ANY", "DEFAULT", "MagicMock", "Mock", "NonCallableMagicMock", "NonCallableMock"),
            *("PropertyMock", "call", "create_autospec", "mock_open", "patch", "sentinel"),
        )
    },
    **{
        f"asynctest.{name}": f"unittest.{name}"
        for name in ("expectedFailure", "main", "skip", "skipIf", "skipUnless", "SkipTest")
    },
}


class Module:
    """A parsed file with the tables that rules ask for again and again."""

    def __init__(self, source: SourceFile, aliases: Mapping[str, str] | None = None) -> None:
        self.source = source
        self._aliases = aliases or {}
        self.tree = source.tree
        self._line_starts = source.line_starts
        self._spans: dict[ast.AST, Span] = {}
        self._mentioned: dict[tuple[bytes, ...], bool] = {}
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        self.index: dict[ast.AST, int] = {}
        self._by_type: defaultdict[type, list[Any]] = defaultdict(list)
        self.names: defaultdict[str, list[ast.Name]] = defaultdict(list)
        # Those of them where the name is bound or deleted.
        self.bindings: defaultdict[str, list[ast.Name]] = defaultdict(list)
        self.generators: set[ast.AST] = set()
        self.parameters: set[str] = set()
        self.memory: dict[str, object] = {}  # what others work out once, by a name of theirs
        self._walk()

    def _walk(self) -> None:
        """One pass in source order."""
        nodes, parents, by_type = self.nodes, self.parents, self._by_type
        todo: list[Any] = [self.tree]
        take, add, children_of = todo.pop, nodes.append, CHILDREN.get
        while todo:
            node = take()
            while (kind := type(node)) in WRAPPERS:
                add(node)
                by_type[kind].append(node)
                parents[node.value] = node
                node = node.value
            add(node)
            by_type[kind].append(node)
            if kind in LEAVES:  # every other node is one
                continue
            below = children_of(kind, children)(node)
            for child in below:
                parents[child] = node
            below.reverse()
            todo += below
        self.index.update(zip(nodes, range(len(nodes)), strict=True))
        for name_node in self.of(ast.Name):
            self.names[name_node.id].append(name_node)
            if not isinstance(name_node.ctx, ast.Load):
                self.bindings[name_node.id].append(name_node)
        self.parameters.update(node.arg for node in self.of(ast.arg))
        for yielding in [*self.of(ast.Yield), *self.of(ast.YieldFrom)]:
            self._enter_yield(yielding)

    @cached_property
    def _sizes(self) -> list[int]:
        """The number of nodes in each subtree, by index."""
        nodes, parents, index = self.nodes, self.parents, self.index
        sizes = [1] * len(nodes)
        for position in range(len(nodes) - 1, 0, -1):
            sizes[index[parents[nodes[position]]]] += sizes[position]
        return sizes

    def subtree(self, node: ast.AST) -> list[ast.AST]:
        """A node and everything below it, in source order."""
        start = self.index[node]
        return self.nodes[start : start + self._sizes[start]]

    def pruned(
        self, node: ast.AST, kinds: Collection[type[ast.AST]], stops: Callable[[Any], bool]
    ) -> Iterator[ast.AST]:
        """What is below ``node``, less the nodes of ``kinds`` that ``stops`` holds for, and theirs."""
        position = self.index[node]
        end = position + self._sizes[position]
        position += 1
        while position < end:
            current = self.nodes[position]
            if type(current) in kinds and stops(current):
                position += self._sizes[position]
            else:
                yield current
                position += 1

    def of(self, kind: type[NodeT]) -> list[NodeT]:
        """All nodes of exactly one type, in source order."""
        return self._by_type.get(kind, [])

    @property
    def classes(self) -> list[ast.ClassDef]:
        """All class statements."""
        return self.of(ast.ClassDef)

    @property
    def attributes(self) -> list[ast.Attribute]:
        """All ``value.name`` expressions."""
        return self.of(ast.Attribute)

    @cached_property
    def attributes_by_name(self) -> Mapping[str, list[ast.Attribute]]:
        """The ``value.name`` expressions by their names."""
        found: defaultdict[str, list[ast.Attribute]] = defaultdict(list)
        for node in self.attributes:
            found[node.attr].append(node)
        return found

    def attributes_named(self, name: str) -> list[ast.Attribute]:
        """The ``value.name`` expressions of one name, in source order."""
        return self.attributes_by_name.get(name, [])

    @cached_property
    def _changed_attributes(self) -> list[ast.Attribute]:
        return [a for a in self.attributes if not isinstance(a.ctx, ast.Load)]

    @cached_property
    def stored_through(self) -> Mapping[str, list[ast.Attribute]]:
        """Name -> the attributes that are set or deleted through it: ``name.a = 1``, ``del name.a.b``."""
        found: defaultdict[str, list[ast.Attribute]] = defaultdict(list)
        for node in self._changed_attributes:
            owner: ast.expr = node.value
            while isinstance(owner, ast.Attribute):
                owner = owner.value
            if isinstance(owner, ast.Name):
                found[owner.id].append(node)
        return found

    @cached_property
    def top_level_assignments(self) -> Mapping[str, list[ast.Assign]]:
        """Name -> the plain assignments to it among the module's own statements."""
        found: defaultdict[str, list[ast.Assign]] = defaultdict(list)
        for statement in self.tree.body:
            if isinstance(statement, ast.Assign):
                for name in {t.id for t in statement.targets if isinstance(t, ast.Name)}:
                    found[name].append(statement)
        return found

    @cached_property
    def top_level_functions(self) -> Mapping[str, FunctionNode]:
        """Name -> its first definition among the module's own statements."""
        functions = (s for s in reversed(self.tree.body) if isinstance(s, _FUNCTIONS))
        return {function.name: function for function in functions}

    @cached_property
    def top_level_definitions(self) -> Counter[str]:
        """How often the module's own statements define a function of a name."""
        return Counter(s.name for s in self.tree.body if isinstance(s, _FUNCTIONS))

    @cached_property
    def strings(self) -> list[ast.Constant]:
        """All string literals."""
        return [node for node in self.of(ast.Constant) if isinstance(node.value, str)]

    @cached_property
    def _strings_by_value(self) -> Mapping[str, list[ast.Constant]]:
        found: defaultdict[str, list[ast.Constant]] = defaultdict(list)
        for node in self.strings:
            found[str(node.value)].append(node)
        return found

    def strings_equal(self, value: str) -> list[ast.Constant]:
        """The string literals of one value, in source order."""
        return self._strings_by_value.get(value, [])

    @cached_property
    def import_nodes(self) -> list[ast.Import | ast.ImportFrom]:
        """All import statements that some supported Python runs, plain ones first."""
        every: list[ast.Import | ast.ImportFrom] = [*self.of(ast.Import), *self.of(ast.ImportFrom)]
        return [node for node in every if not self._is_dead(node)]

    def _is_dead(self, node: ast.stmt) -> bool:
        """Whether a statement stands in a branch that is for older Pythons only."""
        current: ast.AST = node
        while (parent := self.parents.get(current)) is not None and parent is not self.tree:
            if isinstance(parent, ast.If):
                value = settled(parent.test)
                if value is not None and current in (parent.orelse if value else parent.body):
                    return True
            current = parent
        return False

    def _enter_yield(self, node: ast.AST) -> None:
        function = next((a for a in self.ancestors(node) if isinstance(a, (*_FUNCTIONS, ast.Lambda))), None)
        if function is not None:
            self.generators.add(function)

    @cached_property
    def stored_attributes(self) -> frozenset[str]:
        """The names of the attributes that the file sets or deletes, of whatever object."""
        return frozenset(a.attr for a in self._changed_attributes)

    def span(self, node: ast.AST) -> Span:
        """The bytes of a node that has a position, without enclosing parentheses."""
        found = self._spans.get(node)
        if found is None:
            starts = self._line_starts
            placed: Any = node
            last, end = placed.end_lineno or placed.lineno, placed.end_col_offset or 0
            found = Span(starts[placed.lineno - 1] + placed.col_offset, starts[last - 1] + end)
            self._spans[node] = found
        return found

    def holds(self, outer: ast.AST, inner: ast.AST) -> bool:
        """Whether ``inner`` is ``outer`` or lies below it."""
        start = self.index[outer]
        return start <= self.index[inner] < start + self._sizes[start]

    def inside(self, outer: ast.AST, nodes: Sequence[NodeT]) -> Sequence[NodeT]:
        """Those of ``nodes``, which are in source order, that are ``outer`` or lie below it."""
        if not nodes:
            return nodes
        places, position = self.extent(outer), self.index.__getitem__
        first = bisect_left(nodes, places.start, key=position)
        return nodes[first : bisect_left(nodes, places.stop, first, key=position)]

    def extent(self, node: ast.AST) -> range:
        """The indices of a node and of everything below it."""
        start = self.index[node]
        return range(start, start + self._sizes[start])

    def mentions(self, words: tuple[bytes, ...]) -> bool:
        """Whether the file contains one of ``words``; looked up once."""
        if words not in self._mentioned:
            self._mentioned[words] = any(word in self.source.buffer for word in words)
        return self._mentioned[words]

    def calls_of(self, name: str) -> Iterator[ast.Call]:
        """The calls of ``name`` and of ``anything.name``."""
        named: list[ast.expr] = [*self.attributes_named(name), *self.names.get(name, ())]
        for node in named:
            call = self.parents[node]
            if isinstance(call, ast.Call) and call.func is node:
                yield call

    def call_of_argument(self, node: ast.AST) -> ast.Call | None:
        """The call that ``node`` is an argument of, positional or by keyword."""
        parent = self.parents[node]
        call = self.parents[parent] if isinstance(parent, ast.keyword) else parent
        return call if isinstance(call, ast.Call) and call.func is not node else None

    def text(self, node: ast.AST) -> str:
        """The source of a node."""
        span = self.span(node)
        return self.source.buffer[span.start : span.end].decode()

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around ``node``, innermost first."""
        parents = self.parents
        current = parents.get(node)
        while current is not None:
            yield current
            current = parents.get(current)

    def enclosing_function(self, node: ast.AST) -> FunctionNode | None:
        """The innermost function that holds ``node``."""
        return next((a for a in self.ancestors(node) if isinstance(a, FunctionNode)), None)

    def is_called(self, node: ast.AST) -> bool:
        """Whether an expression is what a call calls."""
        call = self.parents[node]
        return isinstance(call, ast.Call) and call.func is node

    def qualname(self, node: ast.AST) -> str:
        """The names of the definitions around a node and of itself, as in ``Class.method``."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = [a.name for a in (node, *self.ancestors(node)) if isinstance(a, kinds)]
        return ".".join(reversed(found)) or "<module>"

    def enclosing_statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds ``node`` (or is it)."""
        if isinstance(node, ast.stmt):
            return node
        return next(a for a in self.ancestors(node) if isinstance(a, ast.stmt))

    @cached_property
    def imports(self) -> dict[str, frozenset[str]]:
        """Local name -> the dotted names that import statements anywhere in the file may bind it to."""
        table: defaultdict[str, set[str]] = defaultdict(set)
        for node in self.import_nodes:
            for local, target in imported_names(node):
                table[local].add(canonical(self._aliases.get(target, target)))
        return {name: frozenset(targets) for name, targets in table.items()}

    @cached_property
    def rebound(self) -> frozenset[str]:
        """Names that something other than an import binds: they cannot be resolved through the imports."""
        spared = set(self._fallbacks())
        bound = {
            name
            for name, nodes in self.bindings.items()
            if any(isinstance(n.ctx, ast.Store) and n not in spared for n in nodes)
        }
        bound.update(n.name for n in self.tree.body if isinstance(n, (ast.ClassDef, *_FUNCTIONS)))
        return frozenset(bound)

    def _fallbacks(self) -> Iterator[ast.expr]:
        """The targets that are None where an import fails that never does."""
        for node in self.of(ast.Try):
            found = [n for s in node.body if isinstance(s, _IMPORTS) for n in imported_names(s)]
            everywhere = all(target.partition(".")[0] in _EVERYWHERE for _, target in found)
            if not everywhere or not all(isinstance(s, _IMPORTS) for s in node.body):
                continue
            names = {name for name, _ in found}
            for statement in (s for handler in node.handlers for s in handler.body):
                value = statement.value if isinstance(statement, ast.Assign) else None
                if isinstance(value, ast.Constant) and value.value is None:
                    targets = statement.targets  # type: ignore[attr-defined] # an assignment
                    yield from (t for t in targets if isinstance(t, ast.Name) and t.id in names)

    @cached_property
    def assigned(self) -> dict[str, ast.expr]:
        """Names that only rename something imported: ``skip = unittest.skip``, once, at module level."""
        found: dict[str, ast.expr] = {}
        for statement in self.tree.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.value, (ast.Name, ast.Attribute)):
                target = statement.targets[0]
                if (
                    len(statement.targets) == 1
                    and isinstance(target, ast.Name)
                    and self._stores(target.id) == 1
                ):
                    found[target.id] = statement.value
        return found

    def at_run_time(self, base: ast.expr) -> ast.expr:
        """A base, or what its name means when the tests run, if that is another thing for type checkers."""
        return self._for_running.get(base.id, base) if isinstance(base, ast.Name) else base

    @cached_property
    def _for_running(self) -> Mapping[str, ast.expr]:
        """The names that ``if TYPE_CHECKING: ... else: ...`` binds in either branch, and nothing else."""
        found: dict[str, ast.expr] = {}
        for statement in self.tree.body:
            if isinstance(statement, ast.If) and self.resolve(statement.test) in _CHECKING:
                checked = {name for name, _ in _plain_assignments(statement.body)}
                running = [(n, v) for n, v in _plain_assignments(statement.orelse) if n in checked]
                found.update((name, value) for name, value in running if self._stores(name) == _EITHER)
        return found

    def _stores(self, name: str) -> int:
        if name in self.imports:
            return 2
        return len(self.bindings.get(name, ()))

    def resolve(self, node: ast.AST) -> str | None:
        """The dotted name that an expression refers to through imports, or None."""
        if isinstance(node, ast.Attribute):
            value = self.resolve(node.value)
            return canonical(f"{value}.{node.attr}") if value else None
        if not isinstance(node, ast.Name):
            return None
        if node.id in self.assigned:
            return self.resolve(self.assigned[node.id])
        targets = self.imports.get(node.id, ())
        return next(iter(targets)) if len(targets) == 1 and node.id not in self.rebound else None


_EITHER = 2
_CHECKING = ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING")


def _plain_assignments(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for statement in statements:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                yield target.id, statement.value


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
# Packages of the standard library that no Python comes without, and that fail to import on none.
_EVERYWHERE = frozenset({"asyncio", "contextlib", "contextvars", "functools", "unittest"})


def canonical(dotted: str) -> str:
    """The one spelling of a dotted name that has several (``unittest2.case.X`` is ``unittest.X``)."""
    if dotted in _SAME_MODULE:
        return _SAME_MODULE[dotted]
    head, _, last = dotted.rpartition(".")
    if head in _SAME_MODULE:
        return f"{_SAME_MODULE[head]}.{last}"
    return dotted


def imported_names(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """(local name, dotted target) for each name that an import binds; relative targets keep their dots."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                yield alias.asname, alias.name
            else:
                top = alias.name.partition(".")[0]
                yield top, top
        return
    prefix = "." * node.level + (node.module or "")
    for alias in node.names:
        joint = "" if prefix.endswith(".") else "."
        yield alias.asname or alias.name, f"{prefix}{joint}{alias.name}"
