"""What the rounds of a loop share and separate tests do not: the instance, local names, set-up and clean-up.

Whatever else there is outlives a test, so that it goes from case to case as it went from round to round: the
cases of a test run one after the other, in the order of their rows.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reassert.syntax.classes import ClassInfo, Use
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.parametrize import Objection
from reassert.syntax.row_values import CONSTRUCTORS, succeeds
from reassert.syntax.testcase_api import API, CLASS_FIXTURE_METHODS, LEGACY_ASSERTIONS
from reassert.syntax.types import constant_kind, is_builtin, static_type
from reassert.syntax.uses import Uses, receiver_name

_STATE = "PARAM-STATEFUL-LOOP"
_AROUND = frozenset({"setUp", "tearDown", "setup_method", "teardown_method"})
# Functions that go through a container and keep nothing of it.
_READERS = frozenset(
    {"len", "list", "tuple", "set", "sorted", "sum", "min", "max", "any", "all", "dict", "repr"}
)
_CALLING = ("assertRaises", "assertWarns", "assertLogs", "assertNoLogs", "failUnlessRaises")
_FUNCTION_LEVEL = frozenset({"setup_function", "teardown_function"})
_HARMLESS = LEGACY_ASSERTIONS | {"subTest"}
_IMMUTABLE = frozenset({"int", "float", "complex", "bool", "str", "bytes", "NoneType", "ellipsis"})
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class Rounds:
    """A loop of a test: the statements before it, what it binds, and what a round does.

    ``owner`` is the class of the test (None: it is a function of the module).
    """

    context: Context
    owner: ClassInfo | None
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

    def _is_read(self, node: ast.expr, *, flat: bool = False) -> bool:
        """Whether a container is only looked into: compared, searched, indexed for a moment.

        ``flat``: it holds nothing that can change, so that it may as well be gone through.
        """
        parent = self.context.module.parents[node]
        if flat and isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is node:
            return True
        if isinstance(parent, ast.Call) and node in parent.args and self._is_assertion(parent.func):
            return True
        if isinstance(parent, ast.Call) and parent.args == [node] and isinstance(parent.func, ast.Name):
            known = parent.func.id in (_READERS if flat else {"len"})
            return known and is_builtin(self.context.module, parent.func.id)
        if isinstance(parent, ast.Subscript) and parent.value is node:
            above = self.context.module.parents[parent]
            return isinstance(parent.ctx, ast.Load) and not isinstance(above, (ast.Attribute, ast.Subscript))
        return isinstance(parent, ast.Compare)

    def _is_assertion(self, function: ast.expr) -> bool:
        """Whether a function is an assertion of unittest's that looks at its arguments, and calls none."""
        uses = self.owner.uses.attributes if self.owner else ()
        names = [u.name for u in uses if u.node is function]
        own = LEGACY_ASSERTIONS - (self.owner.inherited if self.owner else frozenset())
        return any(name in own and not name.startswith(_CALLING) for name in names)

    # -- the instance ----------------------------------------------------------------------------------------

    def _instance(self) -> Iterator[Objection]:
        uses = self.owner.uses if self.owner else Uses()
        inside = [u for u in uses.attributes if u.method is self.method and self._in_body(u.node)]
        for use in inside:
            yield from self._use(use, self.owner) if self.owner else ()
        if any(self._in_body(node) for node, _ in uses.escapes):
            yield Objection(_STATE, "the test instance is handed to other code")
        if any(self._in_body(use.node) for use in uses.supers):
            yield Objection(_STATE, "a method of a base is called")

    def _in_body(self, node: ast.AST) -> bool:
        return any(self.context.module.holds(s, node) for s in self.body)

    def _use(self, use: Use, owner: ClassInfo) -> Iterator[Objection]:
        if not isinstance(use.node.ctx, ast.Load):
            yield Objection(_STATE, f"self.{use.name} is set")
        elif use.name in _HARMLESS and use.name not in owner.inherited:
            return
        elif use.name in API:
            yield Objection(_STATE, f"self.{use.name} is used in the loop")
        elif any(use.name in c.methods for c in owner.lineage):
            yield from self._helper(use.name, owner)
        elif not any(use.name in c.defines for c in owner.lineage) and not self._is_fixed(use.name, owner):
            yield Objection(_STATE, f"self.{use.name} is made anew for each test")

    def _is_fixed(self, name: str, owner: ClassInfo) -> bool:
        """Whether set-up alone binds a name of the instance, to what is as good as the same each time."""
        component = self.context.classes.component(owner)
        uses = [u for c in component for u in c.uses.attributes if u.name == name]
        stores = [u for u in uses if not isinstance(u.node.ctx, ast.Load)]
        values = [u.node for u in stores if _sets_up(component, u.method) and not u.through_class]
        if not values or len(values) < len(stores):
            return False
        parents = [c.module.parents[v] for c in component for v in values if v in c.module.parents]
        found = [p.value for p in parents if isinstance(p, ast.Assign)]
        if len(found) < len(parents):
            return False
        if all(map(self._is_unchanging, found)):
            return True
        if not all(map(_is_fresh, found)):
            return False
        flat = all(constant_kind(e) is not None for v in found for e in getattr(v, "elts", [v]))
        loaded = [u for u in uses if u not in stores and (u.method is self.method or self._may_help(u))]
        return all(u.node in self.context.module.index and self._is_read(u.node, flat=flat) for u in loaded)

    def _may_help(self, use: Use) -> bool:
        """Whether a use stands in a method that a round may call, in whatever class and file."""
        return not use.method.name.startswith("test") and use.method.name not in _AROUND

    def _is_unchanging(self, value: ast.expr) -> bool:
        """Whether nothing can change a value, or it is the same object whoever binds it again."""
        if isinstance(value, ast.Name):
            return True
        return (constant_kind(value) is not None and _is_plain(value)) or _is_immutable(
            self.context.module, value
        )

    def _helper(self, name: str, owner: ClassInfo) -> Iterator[Objection]:
        """A method of the class: none of them may keep anything on the instance."""
        for info in self.context.classes.component(owner):
            around = [*CLASS_FIXTURE_METHODS, *(f.name for f in info.functions if _is_around(info, f))]
            own = [u for u in info.uses.attributes if u.method.name not in around]
            stored = [u for u in own if not isinstance(u.node.ctx, ast.Load)]
            other = [u for u in own if u.name in API - _HARMLESS and not u.method.name.startswith("test")]
            read = [u for u in own if u.method.name == name and self._is_made_anew(u.name, owner)]
            if stored or other or read or info.uses.escapes:
                yield Objection(_STATE, f"self.{name} may keep something on the test instance")
                return

    def _is_made_anew(self, name: str, owner: ClassInfo) -> bool:
        known = any(name in c.defines for c in self.context.classes.component(owner))
        return not known and name not in API and not self._is_fixed(name, owner)

    # -- set-up, and what is stored --------------------------------------------------------------------------

    def _set_up(self) -> Iterator[Objection]:
        """Set-up and clean-up would run for each case; that shows in nothing if they only bind values."""
        module = self.context.module
        if self.context.facts.surrounded:
            yield Objection(_STATE, "an autouse fixture of a conftest.py would run for each case")
        for function in (s for s in module.tree.body if isinstance(s, FunctionNode)):
            called = function.name in _FUNCTION_LEVEL or _is_autouse(module, function)
            if called and not _only_binds(module, function, {"self", "cls"}):
                yield Objection(_STATE, f"{function.name} would run for each case")
        heirs = self.context.classes.heirs(self.owner) if self.owner else ()
        relatives = {c for r in (self.owner, *heirs) if r for c in r.lineage}
        # What a fixture asks for runs with it, and is looked at by itself if it is one of these.
        known = {"self"} | {f.name for c in relatives for f in c.functions if _is_around(c, f)}
        for info in relatives:
            for function in info.functions:
                if _is_around(info, function) and not _only_binds(info.module, function, known):
                    yield Objection(_STATE, f"{function.name} would run for each case")

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


def _is_around(info: ClassInfo, function: FunctionNode) -> bool:
    """Whether a method runs before or after each test without being asked for."""
    return function.name in _AROUND or _is_autouse(info.module, function)


def _sets_up(component: Iterable[ClassInfo], function: FunctionNode) -> bool:
    modules = {info.module for info in component}
    return function.name == "setUp" or any(
        function in module.index and _is_autouse(module, function) for module in modules
    )


def _is_autouse(module: Module, function: FunctionNode) -> bool:
    """Whether a function is a fixture that tests need not ask for; a scope of its own would be for once."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and (module.resolve(decorator.func) or "").endswith(".fixture"):
            return any(k.arg == "autouse" for k in decorator.keywords)
    return False


def _only_binds(module: Module, function: FunctionNode, known: Collection[str]) -> bool:
    """Whether a function of set-up binds attributes, and does nothing else that could be seen."""
    arguments = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
    return arguments <= set(known) and all(_binds(module, statement) for statement in function.body)


def _binds(module: Module, statement: ast.stmt) -> bool:
    """Whether a statement of set-up binds attributes to values, calls its base's, or is a string."""
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        if isinstance(statement.value, ast.Yield):
            return statement.value.value is None
        text = ast.unparse(statement)
        return isinstance(statement.value, ast.Constant) or text in _CALLS_OF_BASE
    if isinstance(statement, ast.Assign):
        value = statement.value
        simple = isinstance(value, ast.Name) or _is_fresh(value) or _is_immutable(module, value)
        return simple and all(_is_own(module, t) for t in statement.targets)
    return False


def _is_own(module: Module, target: ast.expr) -> bool:
    """Whether a target is an attribute of the instance: of whatever else, it would outlive the test."""
    function = module.enclosing_function(target)
    receiver = receiver_name(function) if function else None
    return isinstance(target, ast.Attribute) and (
        isinstance(target.value, ast.Name) and target.value.id == receiver
    )


def _is_fresh(value: ast.expr) -> bool:
    """Whether a value is a constant, or a display of constants that is made anew."""
    displays = (ast.List, ast.Dict, ast.Set, ast.Tuple)
    return _is_plain(value) and (constant_kind(value) is not None or isinstance(value, displays))


def _is_immutable(module: Module, value: ast.expr) -> bool:
    """Whether a value is made by a constructor of immutable ones, of what is written out."""
    dotted = module.resolve(value.func) if isinstance(value, ast.Call) else None
    return isinstance(value, ast.Call) and dotted in CONSTRUCTORS and succeeds(dotted or "", value)


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
