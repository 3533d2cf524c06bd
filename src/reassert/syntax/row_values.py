"""Values of a table that is evaluated when the file is imported, though the test evaluated them when it ran.

What is accepted means the same at both times, in the class body as in the test, and cannot fail there: a
failure would take the whole file's tests along, not one. https://docs.pytest.org/en/stable/how-to/parametrize.html
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.parameters import local_names
from reassert.syntax.parametrize import Objection
from reassert.syntax.types import is_builtin, static_type

# Constructors of immutable values, called here with what is written out to see that they do not fail.
CONSTRUCTORS = frozenset(
    {f"datetime.{name}" for name in ("date", "time", "datetime", "timedelta")}
    | {f"pathlib.{name}" for name in ("Path", "PurePath", "PurePosixPath", "PureWindowsPath")}
    | {f"builtins.{name}" for name in ("complex", "float", "frozenset", "int", "range", "str", "tuple")}
    | {"decimal.Decimal", "fractions.Fraction", "uuid.UUID", "ipaddress.ip_address", "ipaddress.ip_network"}
)
_MUTABLE = (ast.List, ast.Dict, ast.Set)
_SKIPPING = frozenset({"skip", "skipIf", "skipUnless", "skipif", "importorskip", "skipTest"})


class RowValues:
    """Judges cells of the table above ``function``, a test in ``owner`` (None: one of the module).

    ``shared`` says that an object may get to several tests: rows of stacked tables, or of an inherited test.
    """

    def __init__(
        self, context: Context, owner: ClassInfo | None, function: FunctionNode, *, shared: bool
    ) -> None:
        self.context = context
        self.module: Module = context.module
        self.owner = owner
        self.function = function
        self.shared = shared
        self.top: ast.stmt = owner.node if owner else function
        self.locals = _bound_in(context.module, function)
        self.skips = _may_be_skipped(context.module, owner, function)

    def objection(self, node: ast.expr) -> Objection | None:
        """What speaks against evaluating an expression at import; None if nothing does."""
        return next(self._objections(node), None)

    def _objections(self, node: ast.expr) -> Iterator[Objection]:
        if isinstance(node, ast.Constant):
            return
        if isinstance(node, _MUTABLE) and self.shared:
            yield Objection("PARAM-MUTABLE", f"{self._text(node)} would be shared by several tests")
        for kind, judge in _JUDGES.items():
            if isinstance(node, kind):
                yield from judge(self, node)
                return
        yield Objection("PARAM-IMPURE", f"{self._text(node)} is computed")

    def _text(self, node: ast.AST) -> str:
        text = " ".join(self.module.text(node).split())
        return text if len(text) <= _SHORT else f"{text[:_SHORT]}..."

    def of_name(self, node: ast.Name) -> Iterator[Objection]:
        """A name: one of the module, bound once, or a builtin."""
        name = node.id
        if name in self.locals:
            yield Objection("PARAM-SELF", f"{name} is not known before the test runs")
        elif self.owner is not None and name in self.owner.defines:
            yield Objection("PARAM-SELF", f"{name} means something else in the class body")
        elif not is_builtin(self.module, name):
            yield from self._global(node)

    def _global(self, node: ast.Name) -> Iterator[Objection]:
        name = node.id
        found = [s for s in self.module.tree.body if name in _bound_by(s)]
        stores = [n for n in self.module.names.get(name, ()) if not isinstance(n.ctx, ast.Load)]
        elsewhere = [n for n in stores if self.module.parents[n] not in found]
        if len(found) != 1 or elsewhere or found[0].lineno >= self.top.lineno:
            yield Objection("PARAM-IMPURE", f"what {name} is at import cannot be told")
        elif self._is_patched(name):
            yield Objection("PARAM-IMPURE", f"{name} may be patched when the test runs")
        elif self.skips and name in self.module.imports:
            yield Objection("PARAM-IMPURE", f"the test may be skipped for want of {name}")

    def of_attribute(self, node: ast.Attribute) -> Iterator[Objection]:
        """An attribute of a module or of a class."""
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            yield Objection("PARAM-IMPURE", f"{self._text(node)} is computed")
            return
        said = list(self.of_name(root))
        yield from said
        if said:
            return
        if not self._is_namespace(root) and not _CLASS_NAME.match(node.attr):
            yield Objection("PARAM-IMPURE", f"{self._text(node)} may be another value when the test runs")
        elif _varies(self.module.resolve(node) or ""):
            yield Objection("PARAM-IMPURE", f"{self._text(node)} is another object when the test runs")
        elif self._is_patched(node.attr) or node.attr in self.module.stored_attributes:
            yield Objection("PARAM-IMPURE", f"{self._text(node)} may be patched when the test runs")
        elif self.skips:
            yield Objection(
                "PARAM-IMPURE", f"the test may be skipped because {self._text(node)} is not there"
            )

    def _is_namespace(self, root: ast.Name) -> bool:
        """Whether a name is a module of the standard library, one that is imported as such, or a class."""
        if any(isinstance(s, ast.ClassDef) and s.name == root.id for s in self.module.tree.body):
            return True
        if hasattr(builtins, root.id):
            return True
        imports = [n for n in self.module.import_nodes if root.id in _bound_by(n)]
        dotted = self.module.resolve(root) or ""
        known = dotted.partition(".")[0] in sys.stdlib_module_names
        known = known and _is_module(dotted)
        return bool(imports) and (isinstance(imports[0], ast.Import) or known or root.id[:1].isupper())

    def _is_patched(self, name: str) -> bool:
        """Whether a string of the file may be the path of something of this name that is to be replaced."""
        return any(s.value == name or str(s.value).endswith(f".{name}") for s in self.module.strings)

    def of_parts(self, node: ast.expr) -> Iterator[Objection]:
        """What is built of other values."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Starred):
                yield Objection("PARAM-IMPURE", f"{self._text(node)} is computed")
            elif isinstance(child, ast.expr):
                yield from self._objections(child)

    def of_operation(self, node: ast.expr) -> Iterator[Objection]:
        """Arithmetic that cannot fail."""
        divides = isinstance(node, ast.BinOp) and not isinstance(node.op, _SAFE_OPERATORS)
        if divides or static_type(self.context, node) is None:
            yield Objection("PARAM-IMPURE", f"{self._text(node)} is computed")
        yield from self.of_parts(node)

    def of_call(self, node: ast.Call) -> Iterator[Objection]:
        """A call: of a constructor of immutable values."""
        dotted = self.module.resolve(node.func)
        if isinstance(node.func, ast.Name) and is_builtin(self.module, node.func.id):
            dotted = f"builtins.{node.func.id}"
        if dotted not in CONSTRUCTORS or not succeeds(dotted, node):
            yield from self.of_parts(node)
            yield Objection("PARAM-IMPURE", f"{self._text(node)} is a call")
        elif isinstance(node.func, (ast.Name, ast.Attribute)):
            yield from self._objections(node.func)

    def of_lambda(self, node: ast.Lambda) -> Iterator[Objection]:
        """A lambda: what it reads when it is called, and its defaults."""
        own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        for name in (n for n in self.module.subtree(node.body) if isinstance(n, ast.Name)):
            if name.id in self.locals - own:
                yield Objection("PARAM-SELF", f"{name.id} is not known before the test runs")
        for default in [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]:
            yield from self._objections(default)


_SHORT = 40
# A class of a module or of a package: nobody gives such a name another meaning but to patch it.
_CLASS_NAME = re.compile(r"[A-Z]+[a-z]")
_SAFE_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.BitOr, ast.BitAnd)
_JUDGES: Mapping[Any, Callable[[RowValues, Any], Iterator[Objection]]] = {
    ast.Name: RowValues.of_name,
    ast.Attribute: RowValues.of_attribute,
    ast.Call: RowValues.of_call,
    ast.Lambda: RowValues.of_lambda,
    (ast.Tuple, *_MUTABLE, ast.JoinedStr, ast.FormattedValue): RowValues.of_parts,
    (ast.UnaryOp, ast.BinOp): RowValues.of_operation,
}


@lru_cache(maxsize=256)
def _is_module(dotted: str) -> bool:
    """Whether a dotted name of the standard library is a module."""
    try:
        return importlib.util.find_spec(dotted) is not None
    except (ImportError, AttributeError, ValueError):
        return False


def _varies(dotted: str) -> bool:
    """Whether an attribute of ``sys`` is another object while a test runs."""
    return dotted.removeprefix("sys.") in _OF_THE_RUN and dotted.startswith("sys.")


_OF_THE_RUN = frozenset({"stdin", "stdout", "stderr", "argv", "exc_info", "last_value", "modules", "path"})


def succeeds(dotted: str, node: ast.Call) -> bool:
    """Whether a call of one of ``CONSTRUCTORS`` with literals gives a value."""
    module, _, name = dotted.rpartition(".")
    make = getattr(importlib.import_module(module), name)
    try:
        keywords = {str(k.arg): ast.literal_eval(k.value) for k in node.keywords if k.arg}
        if len(keywords) == len(node.keywords):
            make(*map(ast.literal_eval, node.args), **keywords)
            return True
    except Exception:  # noqa: BLE001 - whatever it is, the user's code would raise it, too
        return False
    return False


def _bound_in(module: Module, function: FunctionNode) -> set[str]:
    """The names that a function binds itself, in whatever way."""
    inside = module.subtree(function)
    stored = {n.id for n in inside if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    imported = {
        (a.asname or a.name).partition(".")[0]
        for n in inside
        if isinstance(n, (ast.Import, ast.ImportFrom))
        for a in n.names
    }
    nested = {n.name for n in inside if isinstance(n, (FunctionNode, ast.ClassDef)) and n is not function}
    read = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return (local_names(module, function) - read) | stored | imported | nested | _parameters(function)


def _parameters(function: FunctionNode) -> set[str]:
    return {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}


def _bound_by(statement: ast.stmt) -> set[str]:
    """What a statement of the module binds at once; what it binds conditionally is not told apart."""
    if isinstance(statement, (FunctionNode, ast.ClassDef)):
        return {statement.name}
    found = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(statement):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return found


def _may_be_skipped(module: Module, owner: ClassInfo | None, function: FunctionNode) -> bool:
    """Whether something in the test or above it skips it: perhaps for want of what a value needs."""
    above = (
        [*function.decorator_list, *(d for c in owner.lineage for d in c.node.decorator_list)]
        if owner
        else []
    )
    decorators = [n for d in above or function.decorator_list for n in ast.walk(d)]
    nodes = [*decorators, *module.subtree(function)]
    return any(getattr(n, "attr", getattr(n, "id", "")) in _SKIPPING for n in nodes)
