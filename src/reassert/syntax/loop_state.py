"""What the rounds of a loop share and separate tests do not: the instance, local names, set-up and clean-up.

Whatever else there is outlives a test, so that it goes from case to case as it went from round to round: the
cases of a test run one after the other, in the order of their rows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reassert.syntax.classes import ClassInfo, Use
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.parametrize import Objection
from reassert.syntax.testcase_api import API, CLASS_FIXTURE_METHODS, LEGACY_ASSERTIONS
from reassert.syntax.types import constant_kind, static_type

_STATE = "PARAM-STATEFUL-LOOP"
_AROUND = frozenset({"setUp", "tearDown", "setup_method", "teardown_method"})
_HARMLESS = LEGACY_ASSERTIONS | {"subTest"}
_IMMUTABLE = frozenset({"int", "float", "complex", "bool", "str", "bytes", "NoneType", "ellipsis"})
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class Rounds:
    """A loop of a test: the statements before it, what it binds, and what a round does."""

    context: Context
    owner: ClassInfo
    method: FunctionNode
    before: Sequence[ast.stmt]
    targets: frozenset[str]
    body: Sequence[ast.stmt]

    def objection(self) -> Objection | None:
        """What one round may leave to the next one that a test does not leave to another."""
        return next(self._objections(), None)

    def _objections(self) -> Iterator[Objection]:
        for name in carried_over(self.context.module, self.body, self.targets):
            yield Objection(_STATE, f"{name} goes from one round to the next")
        yield from self._before()
        yield from self._instance()
        yield from self._set_up()
        yield from self._stores()

    # -- local names -----------------------------------------------------------------------------------------

    def _before(self) -> Iterator[Objection]:
        for statement in self.before:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                continue
            name = assigned_name(statement)
            if name is None or not isinstance(statement, ast.Assign):
                yield Objection("PARAM-STRUCTURE", "something happens before the loop")
            elif not self._is_steady(name, statement.value):
                yield Objection(_STATE, f"{name} is made once, before the loop")

    def _is_steady(self, name: str, value: ast.expr) -> bool:
        """Whether a value may as well be made anew for each round."""
        if static_type(self.context, value) in _IMMUTABLE or constant_kind(value) is not None:
            return _is_plain(value)
        if isinstance(value, (ast.List, ast.Dict, ast.Set, ast.Tuple)):
            return _is_plain(value) and all(self._is_read(n) for n in self._uses(name))
        return False

    def _uses(self, name: str) -> Iterator[ast.Name]:
        for node in self.context.module.names.get(name, ()):
            if any(self.context.module.holds(s, node) for s in self.body):
                yield node

    def _is_read(self, node: ast.expr) -> bool:
        """Whether a container is only looked into: compared, searched, indexed for a moment."""
        parent = self.context.module.parents[node]
        if isinstance(parent, ast.Subscript) and parent.value is node:
            above = self.context.module.parents[parent]
            return isinstance(parent.ctx, ast.Load) and not isinstance(above, (ast.Attribute, ast.Subscript))
        return isinstance(parent, ast.Compare)

    # -- the instance ----------------------------------------------------------------------------------------

    def _instance(self) -> Iterator[Objection]:
        inside = [u for u in self.owner.uses.attributes if u.method is self.method and self._in_body(u.node)]
        for use in inside:
            yield from self._use(use)
        if any(self._in_body(node) for node, _ in self.owner.uses.escapes):
            yield Objection(_STATE, "the test instance is handed to other code")
        if any(self._in_body(use.node) for use in self.owner.uses.supers):
            yield Objection(_STATE, "a method of a base is called")

    def _in_body(self, node: ast.AST) -> bool:
        return any(self.context.module.holds(s, node) for s in self.body)

    def _use(self, use: Use) -> Iterator[Objection]:
        if not isinstance(use.node.ctx, ast.Load):
            yield Objection(_STATE, f"self.{use.name} is set")
        elif use.name in _HARMLESS and use.name not in self.owner.inherited:
            return
        elif use.name in API:
            yield Objection(_STATE, f"self.{use.name} is used in the loop")
        elif any(use.name in c.methods for c in self.owner.lineage):
            yield from self._helper(use.name)
        elif not any(use.name in c.defines for c in self.owner.lineage) and not self._is_fixed(use.name):
            yield Objection(_STATE, f"self.{use.name} is made anew for each test")

    def _is_fixed(self, name: str) -> bool:
        """Whether setUp gives the instance nothing but a constant under this name, and nobody another one."""
        component = self.context.classes.component(self.owner)
        stores = [u for c in component for u in c.uses.attributes if u.name == name]
        stores = [u for u in stores if not isinstance(u.node.ctx, ast.Load)]
        values = [u.node for u in stores if u.method.name == "setUp" and not u.through_class]
        if not values or len(values) < len(stores):
            return False
        parents = [c.module.parents[v] for c in component for v in values if v in c.module.parents]
        return all(
            isinstance(p, ast.Assign) and constant_kind(p.value) is not None and _is_plain(p.value)
            for p in parents
        )

    def _helper(self, name: str) -> Iterator[Objection]:
        """A method of the class: none of them may keep anything on the instance."""
        for info in self.context.classes.component(self.owner):
            own = [u for u in info.uses.attributes if u.method.name not in (*_AROUND, *CLASS_FIXTURE_METHODS)]
            stored = [u for u in own if not isinstance(u.node.ctx, ast.Load)]
            other = [u for u in own if u.name in API - _HARMLESS and not u.method.name.startswith("test")]
            read = [u for u in own if u.method.name == name and self._is_made_anew(u.name)]
            if stored or other or read or info.uses.escapes:
                yield Objection(_STATE, f"self.{name} may keep something on the test instance")
                return

    def _is_made_anew(self, name: str) -> bool:
        known = any(name in c.defines for c in self.context.classes.component(self.owner))
        return not known and name not in API and not self._is_fixed(name)

    # -- set-up, and what is stored --------------------------------------------------------------------------

    def _set_up(self) -> Iterator[Objection]:
        """Set-up and clean-up would run for each case; that shows in nothing if they only bind constants."""
        relatives = {c for r in (self.owner, *self.context.classes.heirs(self.owner)) for c in r.lineage}
        for info in relatives:
            for function in info.functions:
                if function.name in _AROUND and not all(map(_does_nothing, function.body)):
                    yield Objection(_STATE, f"{function.name} would run for each case")
                elif any(_is_fixture(info, d) for d in function.decorator_list):
                    yield Objection(_STATE, f"the fixture {function.name} would run for each case")

    def _stores(self) -> Iterator[Objection]:
        """What a round stores in something that it has not made itself."""
        module = self.context.module
        made = {name for s in self.body for name in _stored(module.subtree(s))}
        for node in (n for s in self.body for n in module.subtree(s)):
            if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
                root: ast.expr = node
                while isinstance(root, (ast.Attribute, ast.Subscript)):
                    root = root.value
                if not (isinstance(root, ast.Name) and root.id in made - self.targets):
                    yield Objection(_STATE, f"{' '.join(module.text(node).split())} is set")


def _stored(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names that are bound."""
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _is_fixture(info: ClassInfo, decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (info.module.resolve(target) or "").endswith(".fixture")


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether a statement of set-up binds attributes to constants, calls its base's, or is a string."""
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        text = ast.unparse(statement)
        return isinstance(statement.value, ast.Constant) or text in _CALLS_OF_BASE
    if isinstance(statement, ast.Assign):
        bound = all(isinstance(t, ast.Attribute) for t in statement.targets)
        return bound and constant_kind(statement.value) is not None and _is_plain(statement.value)
    return False


_CALLS_OF_BASE = frozenset({"super().setUp()", "super().tearDown()"})


def _is_plain(value: ast.expr) -> bool:
    """Whether an expression is built of constants alone."""
    return not any(
        isinstance(n, (ast.Call, ast.Name, ast.Attribute, ast.NamedExpr, ast.Await, *_SCOPES))
        for n in ast.walk(value)
    )


def assigned_name(statement: ast.stmt) -> str | None:
    """The name that a statement assigns, if it does nothing else."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def carried_over(module: Module, body: Sequence[ast.stmt], known: Iterable[str]) -> list[str]:
    """The names that a round may read before it has bound them itself, though some round binds them."""
    stored = {name for s in body for name in _stored(module.subtree(s))}
    stored |= {n.name for s in body for n in module.subtree(s) if isinstance(n, (FunctionNode, ast.ClassDef))}
    read: dict[str, None] = {}
    _flow(module, body, set(known), read)
    return [name for name in read if name in stored]


def _flow(module: Module, body: Sequence[ast.stmt], known: set[str], read: dict[str, None]) -> None:
    """Go through statements that run one after the other; add to ``read`` what is read and not known."""
    for statement in body:
        if isinstance(statement, ast.With):
            inner = set(known)
            for item in statement.items:
                _read(module, item.context_expr, inner, read)
                found = set(_stored(ast.walk(item.optional_vars))) if item.optional_vars else set()
                inner |= found
                known |= found
            # What raises inside may be swallowed by the context manager, before something is bound.
            _flow(module, statement.body, inner, read)
        elif isinstance(statement, ast.For):
            _read(module, statement.iter, known, read)
            inner = known | set(_stored(ast.walk(statement.target)))
            _flow(module, [*statement.body, *statement.orelse], inner, read)
        elif isinstance(statement, ast.Assign):
            _read(module, statement.value, known, read)
            for target in statement.targets:
                _read(module, target, known, read)
                known.update(_stored(ast.walk(target)))
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            _read(module, statement.value, known, read)
            if statement.target.id not in known:
                read[statement.target.id] = None
        else:
            _read(module, statement, known, read)
            if isinstance(statement, (FunctionNode, ast.ClassDef)):
                known.add(statement.name)


def _read(module: Module, node: ast.AST, known: set[str], read: dict[str, None]) -> None:
    own = {
        n.id
        for c in module.subtree(node)
        if isinstance(c, ast.comprehension)
        for n in ast.walk(c.target)
        if isinstance(n, ast.Name)
    }
    for inner in module.subtree(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Store):
            read.update({} if inner.id in known | own else {inner.id: None})
