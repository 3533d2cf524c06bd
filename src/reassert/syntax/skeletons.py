"""Tests without what they are about: what is left of two copies is equal, and their values line up.

A *hole* is an expression that could be a cell of a table as far as its form tells: literals, displays of
them, names and dotted names, constructors called with literals. Everything else is the skeleton. Local names
count by the order in which they first occur, docstrings and comments do not count (anti-unification, Plotkin
1970, over trees that are normalised first).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reassert.syntax.bodies import is_bare_constant
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.row_values import CONSTRUCTORS, succeeds
from reassert.syntax.statements import is_docstring
from reassert.syntax.types import is_builtin

# Functions that see the names of the local variables.
_FRAME_READERS = frozenset({"locals", "vars", "dir", "eval", "exec", "globals"})
_NUMBER = (ast.USub, ast.UAdd, ast.Invert)
_DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict)
_SILENT = frozenset({"ctx", "type_comment", "kind"})
_RAW = (ast.JoinedStr, ast.ExceptHandler, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
# Where a string in the tree is a name that its node binds; all others say what they say.
_BINDING = frozenset(
    {("Name", "id"), ("arg", "arg"), ("ExceptHandler", "name"), ("MatchMapping", "rest")}
    | {(kind, "name") for kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef", "MatchAs", "MatchStar")}
)
_PATTERNS = tuple(
    getattr(ast, name) for name in ("MatchValue", "MatchMapping", "MatchClass") if hasattr(ast, name)
)


@dataclass(frozen=True)
class Hole:
    """A place for a value: the expression there, and what tells two of them apart."""

    node: ast.expr
    canonical: str


@dataclass(frozen=True)
class Skeleton:
    """What is compared of a test.

    ``fine`` is the same in copies, ``coarse`` also where they read names of their own: attributes of the
    instance, local variables, arguments. ``holes`` are those of ``fine``. ``leaves`` is the number of names
    and literals of the body. ``places`` are the holes of ``coarse``, ``statements`` the number of those read.
    """

    fine: tuple[object, ...]
    coarse: tuple[object, ...]
    holes: tuple[Hole, ...]
    leaves: int
    places: tuple[Hole, ...]
    statements: int


def skeleton(module: Module, function: FunctionNode) -> Skeleton:
    """The skeleton of a test, its decorators and arguments aside."""
    docstring = documented(function)
    return skeleton_of(module, function, [s for s in function.body if s is not docstring])


def skeleton_of(module: Module, function: FunctionNode, statements: Sequence[ast.stmt]) -> Skeleton:
    """The skeleton of some statements of a test."""
    return _Reader(module, function).read(statements)


def documented(function: FunctionNode) -> ast.stmt | None:
    """The docstring of a function."""
    return function.body[0] if is_docstring(function.body[0]) and len(function.body) > 1 else None


def bound_in(module: Module, function: FunctionNode) -> set[str]:
    """The names that the body of a function binds; its arguments are others."""
    nodes = module.subtree(function)
    shared = {name for n in nodes if isinstance(n, (ast.Global, ast.Nonlocal)) for name in n.names}
    own = {a.arg for a in module.subtree(function.args) if isinstance(a, ast.arg)}
    found = {name for node in nodes for name in _bound_by(node)}
    return found - shared - own - {function.name}


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (a.asname or a.name.partition(".")[0] for a in node.names)
    else:
        for label in ("name", "rest"):
            name = getattr(node, label, None)
            if isinstance(name, str) and not isinstance(node, ast.alias):
                yield name


@dataclass
class _Reader:
    """Reads one function; ``tokens`` of the skeleton, ``own`` holes by the index of their token."""

    module: Module
    function: FunctionNode
    tokens: list[object] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    places: list[Hole] = field(default_factory=list)
    own: dict[int, str] = field(default_factory=dict)
    leaves: int = 0

    def read(self, statements: Sequence[ast.stmt]) -> Skeleton:
        self._bound = bound_in(self.module, self.function)
        self._arguments = {a.arg for a in self.module.subtree(self.function.args) if isinstance(a, ast.arg)}
        nodes = self.module.subtree(self.function)
        self._plain = {n.id for n in nodes if isinstance(n, ast.Name)}.isdisjoint(_FRAME_READERS)
        self._numbers: dict[str, object] = {}
        for statement in statements:
            self._read(statement)
        fine = tuple(self.own.get(i, token) for i, token in enumerate(self.tokens))
        return Skeleton(
            fine, tuple(self.tokens), tuple(self.holes), self.leaves, tuple(self.places), len(statements)
        )

    def _name(self, name: str) -> object:
        """A local name by its number, any other as it is."""
        if name not in self._bound or not self._plain:
            return name
        return self._numbers.setdefault(name, len(self._numbers))

    def _read(self, node: ast.AST, *, holes: bool = True) -> None:
        kind = self._hole(node) if holes and isinstance(node, ast.expr) else None
        if kind is not None and isinstance(node, ast.expr):
            self._take(node, kind)
        elif isinstance(node, ast.Call):
            self._read_call(node, holes=holes)
        elif isinstance(node, ast.Attribute):
            self._callee(node, holes=holes)
        else:
            raw = isinstance(node, (*_RAW, *_PATTERNS)) or is_bare_constant(node)
            self.tokens.append(type(node).__name__)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self._read_call(node.value, holes=holes)  # done for what it does, not for its value
            else:
                self._fields(node, holes=holes and not raw)

    def _read_call(self, node: ast.Call, *, holes: bool) -> None:
        self.tokens.append("Call")
        self._callee(node.func, holes=holes)
        self._fields(node, holes=holes, without="func")

    def _callee(self, node: ast.expr, *, holes: bool) -> None:
        """What is called, or whose attribute is read: never a value of a table, but for literals."""
        if isinstance(node, ast.Attribute):
            self.tokens += ["Attribute", node.attr, type(node.ctx).__name__]
            self._callee(node.value, holes=holes)
        elif isinstance(node, ast.Name):
            self.leaves += 1
            self.tokens.append(self._name(node.id))
        else:
            self._read(node, holes=holes)

    def _fields(self, node: ast.AST, *, holes: bool, without: str = "") -> None:
        if isinstance(node, (ast.Name, ast.Constant)):
            self.leaves += 1
        for name, value in ast.iter_fields(node):
            if name in _SILENT or name == without:
                continue
            silent = name in ("annotation", "returns", "decorator_list", "type_params")
            binds = (type(node).__name__, name) in _BINDING
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.AST):
                    self._read(item, holes=holes and not silent)
                elif binds and isinstance(item, str):
                    self.tokens.append(self._name(item))
                else:
                    self.tokens.append((type(item).__name__, repr(item)))
            self.tokens.append("/" if isinstance(value, list) else "")
        if isinstance(node, ast.alias):
            self.tokens.append(self._name(node.asname or node.name.partition(".")[0]))

    def _take(self, node: ast.expr, kind: str) -> None:
        self.leaves += 1
        hole = Hole(node, self._canonical(node) if kind == "free" else f"own {self._canonical(node)}")
        self.places.append(hole)
        if kind == "own":
            self.own[len(self.tokens)] = hole.canonical
        else:
            self.holes.append(hole)
        self.tokens.append(None)

    def _canonical(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            return canonical_constant(node)
        if isinstance(node, ast.Name):
            return f"name {self._name(node.id)!r}"
        if isinstance(node, ast.Attribute):
            return f"{self._canonical(node.value)}.{node.attr}"
        return ast.dump(node)

    def _hole(self, node: ast.expr) -> str | None:
        """``free`` or ``own`` if an expression has the form of a value, None if it has not."""
        if isinstance(node, ast.Constant):
            return "free"
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._of_name(node)
        if isinstance(node, _DISPLAYS):
            parts = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
            keyed = not isinstance(node, ast.Dict) or None not in node.keys
            is_free = keyed and _is_read(node) and all(self._hole(p) == "free" for p in parts)
            return "free" if is_free else None
        return "free" if is_literal_number(node) or self._is_constructor(node) else None

    def _of_name(self, node: ast.expr) -> str | None:
        if not _is_read(node):
            return None
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            return None
        return "own" if root.id in self._bound or root.id in self._arguments else "free"

    def _is_constructor(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call) or self._hole_of_callee(node.func) != "free":
            return False
        dotted = self.module.resolve(node.func)
        if isinstance(node.func, ast.Name) and is_builtin(self.module, node.func.id):
            dotted = f"builtins.{node.func.id}"
        values = [*node.args, *(k.value for k in node.keywords)]
        known = dotted is not None and dotted in CONSTRUCTORS
        return known and all(map(_is_literal, values)) and succeeds(dotted or "", node)

    def _hole_of_callee(self, node: ast.expr) -> str | None:
        return self._of_name(node) if isinstance(node, (ast.Name, ast.Attribute)) else None


def canonical_constant(node: ast.Constant) -> str:
    """What tells a literal from others: ``1``, ``1.0`` and ``True`` are three."""
    return f"{type(node.value).__name__} {node.value!r}"


def _is_read(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(_is_literal, node.elts))
    return isinstance(node, ast.Constant) or is_literal_number(node)


def is_literal_number(node: ast.expr) -> bool:
    """Whether an expression is a number as one writes it, ``-1`` or ``1 + 2j``: other sums say something."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, _NUMBER) and _is_number(node.operand)
    if not isinstance(node, ast.BinOp) or not isinstance(node.right, ast.Constant):
        return False
    return isinstance(node.right.value, complex) and _is_number(node.left)


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float, complex))
    return is_literal_number(node)
