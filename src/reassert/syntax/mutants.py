"""Small changes to a program that a good test notices: mutation operators as byte edits, found with ``ast``.

| operator    | example                                   |
|-------------|-------------------------------------------|
| comparison  | ``a == b`` -> ``a != b``, ``<`` -> ``<=``, ``is`` -> ``is not``, ``in`` -> ``not in`` |
| arithmetic  | ``a + b`` -> ``a - b``, ``a * b`` -> ``a / b``; ``n += 1`` -> ``n -= 1`` |
| logic       | ``a and b`` -> ``a or b``                 |
| negation    | ``not a`` -> ``a``, ``if a:`` -> ``if not (a):`` |
| boolean     | ``True`` -> ``False``                     |
| number      | ``3`` -> ``4``                            |
| string      | ``"a"`` -> ``"XX" "a"``                   |
| return      | ``return a`` -> ``return None``           |
| statement   | ``f(a)`` -> ``pass``, ``raise E`` -> ``pass`` |

They are the classic ones (Offutt et al. 1996, "An experimental determination of sufficient mutant operators")
and one for effects without a value. ``None``, ``break`` and ``continue`` are left alone: their mutants are
mostly equivalent, or never end. So is what no test should see: docstrings, annotations, names with two
underscores (``__all__``), blocks for type checkers or for ``__main__``, logging.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reassert.model.source import SourceFile


@dataclass(frozen=True, order=True)
class Mutation:
    """One change: the bytes from ``start`` to ``end`` of the buffer become ``new``.

    ``line`` is where it is, ``statement`` the first line of the statement around it, which is the one that
    coverage knows. ``operator`` is the name in the table above.
    """

    line: int
    start: int
    end: int
    new: bytes
    statement: int
    operator: str

    def applied(self, buffer: bytes) -> bytes:
        """Give the mutated buffer."""
        return buffer[: self.start] + self.new + buffer[self.end :]


_COMPARE: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "&"),
}
_LOGS = frozenset({"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "print"})
_TYPE_MAKERS = frozenset({"TypeVar", "ParamSpec", "NewType", "cast", "namedtuple", "NamedTuple"})
_Found = Iterator[Mutation]


def mutations(source: SourceFile) -> list[Mutation]:
    """Give every mutation of a file, by place; raises as ``SourceFile.tree`` does."""
    return sorted(set(_Finder(source).found()))


class _Finder:
    """Walks statements, so that each expression knows the statement that it belongs to."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.statement = 0

    def found(self) -> _Found:
        return self._block(self.source.tree.body)

    def _block(self, body: list[ast.stmt]) -> _Found:
        for statement in body:
            if not _is_unseen(statement):
                yield from self._of_statement(statement)

    def _of_statement(self, node: ast.stmt) -> _Found:
        self.statement = node.lineno
        yield from self._edits(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "type_params", "bases", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                yield from self._of_child(child)
                self.statement = node.lineno

    def _of_child(self, child: object) -> _Found:
        if isinstance(child, ast.stmt):
            yield from self._block([child])
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from self._block(child.body)
        elif isinstance(child, ast.arguments):
            for default in (*child.defaults, *child.kw_defaults):
                yield from self._of_child(default)
        elif isinstance(child, (ast.expr, ast.withitem)):
            yield from self._of_expression(child)

    def _of_expression(self, node: ast.AST) -> _Found:
        if isinstance(node, ast.JoinedStr) or _is_type(node):
            return
        if isinstance(node, ast.expr):
            yield from self._edits(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.expr, ast.keyword, ast.comprehension)):
                yield from self._of_expression(child)

    def _edits(self, node: ast.stmt | ast.expr) -> _Found:
        operators: dict[type[ast.AST], Callable[..., _Found]] = {
            ast.Compare: self._comparison,
            ast.BinOp: self._arithmetic,
            ast.AugAssign: self._augmented,
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._negation,
            ast.Constant: self._constant,
            ast.Return: self._return,
            ast.If: self._condition,
            ast.While: self._condition,
            ast.Expr: self._call,
            ast.Raise: self._deleted,
        }
        find = operators.get(type(node))
        if find is not None:
            yield from find(node)

    def _comparison(self, node: ast.Compare) -> _Found:
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            yield from self._between(left, right, *_COMPARE[type(op)], "comparison")

    def _arithmetic(self, node: ast.BinOp) -> _Found:
        if type(node.op) in _ARITHMETIC and not any(_is_text(side) for side in (node.left, node.right)):
            yield from self._between(node.left, node.right, *_ARITHMETIC[type(node.op)], "arithmetic")

    def _augmented(self, node: ast.AugAssign) -> _Found:
        if type(node.op) in _ARITHMETIC and not _is_text(node.value):
            old, new = _ARITHMETIC[type(node.op)]
            yield from self._between(node.target, node.value, f"{old}=", f"{new}=", "arithmetic")

    def _logic(self, node: ast.BoolOp) -> _Found:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from self._between(left, right, old, new, "logic")

    def _negation(self, node: ast.UnaryOp) -> _Found:
        if isinstance(node.op, ast.Not):
            start, end = self._span(node)
            yield self._made(
                node, start, end, b"(" + self.source.buffer[start + 3 : end].strip() + b")", "negation"
            )

    def _condition(self, node: ast.If | ast.While) -> _Found:
        test = node.test
        if not isinstance(test, (ast.Compare, ast.UnaryOp, ast.Constant, ast.NamedExpr)):
            start, end = self._span(test)
            yield self._made(test, start, end, b"(not (" + self.source.buffer[start:end] + b"))", "negation")

    def _constant(self, node: ast.Constant) -> _Found:
        start, end = self._span(node)
        if isinstance(node.value, bool):
            yield self._made(node, start, end, str(not node.value).encode(), "boolean")
        elif isinstance(node.value, (int, float)) and node.value + 1 != node.value:
            yield self._made(node, start, end, repr(node.value + 1).encode(), "number")
        elif isinstance(node.value, (str, bytes)):
            prefix = b'"XX" ' if isinstance(node.value, str) else b'b"XX" '
            yield self._made(node, start, start, prefix, "string")

    def _return(self, node: ast.Return) -> _Found:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield self._made(node, *self._span(node), b"return None", "return")

    def _call(self, node: ast.Expr) -> _Found:
        if isinstance(node.value, (ast.Call, ast.Await)):
            yield from self._deleted(node)

    def _deleted(self, node: ast.stmt) -> _Found:
        yield self._made(node, *self._span(node), b"pass", "statement")

    def _between(self, left: ast.expr, right: ast.expr, old: str, new: str, operator: str) -> _Found:
        """Replace the operator between two operands; what else may stand there are brackets and comments."""
        start, end = self._span(left)[1], self._span(right)[0]
        place = _operator(self.source.buffer[start:end], old)
        if place is not None:
            first, last = start + place[0], start + place[1]
            yield self._made(left, first, last, new.encode(), operator)

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.source.offset(node.lineno, node.col_offset), self.source.offset(end_line, end_column)

    def _made(self, node: ast.expr | ast.stmt, start: int, end: int, new: bytes, operator: str) -> Mutation:
        return Mutation(self.source.line_of(start), start, end, new, self.statement or node.lineno, operator)


def _operator(gap: bytes, wanted: str) -> tuple[int, int] | None:
    """Give the place of an operator in the text between two operands; None if it is not written plainly."""
    position = 0
    for line in gap.splitlines(keepends=True):
        code = line.split(b"#", 1)[0]
        found = code.find(wanted.encode())
        if found >= 0:
            return position + found, position + found + len(wanted)
        position += len(line)
    return None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    )


def _is_unseen(node: ast.stmt) -> bool:
    """Whether no test should see a statement: a docstring, a log message, what only tools read."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or _is_logging(node.value)
    if isinstance(node, ast.If):
        names = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node.test)}
        return bool(names & {"TYPE_CHECKING", "__name__"})
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(t, ast.Name) and t.id.startswith("__") and t.id.endswith("__") for t in targets)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Assert)) or _is_overload(node)


def _is_logging(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    owner = node.func
    while isinstance(owner, ast.Attribute):
        if owner.attr in _LOGS:
            return True
        owner = owner.value
    return isinstance(owner, ast.Name) and owner.id in _LOGS


def _is_overload(node: ast.stmt) -> bool:
    names = {getattr(d, "id", getattr(d, "attr", "")) for d in getattr(node, "decorator_list", ())}
    return "overload" in names


def _is_type(node: ast.AST) -> bool:
    """Whether an expression makes or names a type, whose strings are names for tools."""
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in _TYPE_MAKERS
    )
