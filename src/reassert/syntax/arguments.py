"""The arguments of a call as pieces of source: their extent, the gaps between them, their parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from reassert.model.edits import Span
from reassert.syntax.module import Module

# What may stand between two arguments: blanks, comments, commas, parentheses and a keyword's name.
_GAP = re.compile(rb"#[^\r\n]*|[(),]")
_NEWLINE = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class Argument:
    """One argument. ``span`` is its value with its own parentheses; comments stand before and after it."""

    node: ast.expr
    keyword: str | None
    span: Span
    parenthesised: bool
    before: tuple[Span, ...] = ()
    after: tuple[Span, ...] = ()

    @property
    def comments(self) -> tuple[Span, ...]:
        """All comments that belong to the argument but lie outside it."""
        return self.before + self.after


class Arguments(NamedTuple):
    """The arguments of one call, in source order; ``tail`` are comments after the last comma."""

    items: tuple[Argument, ...]
    starred: bool
    tail: tuple[Span, ...] = ()

    @property
    def has_comments(self) -> bool:
        """Whether a comment stands between the arguments."""
        return bool(self.tail) or any(a.comments for a in self.items)


@dataclass
class _Gap:
    """What stands between two arguments: parentheses, comments, a comma. Offsets in the buffer."""

    openings: list[int] = field(default_factory=list)
    closings: list[int] = field(default_factory=list)
    comments: list[Span] = field(default_factory=list)
    comma: int | None = None


@dataclass(frozen=True)
class _Value:
    """An argument's value: the node, its keyword, and its extent with its own parentheses."""

    node: ast.expr
    keyword: str | None
    span: Span
    parenthesised: bool


_Node = tuple[ast.expr, "str | None"]


def read_arguments(module: Module, call: ast.Call) -> Arguments:
    """The arguments of ``call``. If one is starred, ``starred`` is true and nothing else is said."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return Arguments((), starred=True)
    # Without stars what has a name comes last.
    nodes: list[_Node] = [(a, None) for a in call.args]
    nodes += [(k.value, k.arg) for k in call.keywords]
    inside = Span(module.span(call.func).end, module.span(call).end - 1)
    if len(nodes) == 1 and isinstance(nodes[0][0], ast.GeneratorExp):
        span = module.span(nodes[0][0])
        if span.end > inside.end:  # it has the call's own parentheses
            return Arguments((Argument(nodes[0][0], None, span, parenthesised=True),), starred=False)
    return _read(module, nodes, inside, called=True)


def read_elements(module: Module, display: ast.List | ast.Tuple | ast.Set) -> Arguments:
    """The elements of a display in brackets, in the same way; a tuple without any is one too."""
    if any(isinstance(e, ast.Starred) for e in display.elts):
        return Arguments((), starred=True)
    nodes: list[_Node] = [(e, None) for e in display.elts]
    whole = module.span(display)
    bare = isinstance(display, ast.Tuple) and nodes and not _has_parentheses(module, display)
    inside = whole if bare else Span(whole.start + 1, whole.end - 1)
    return _read(module, nodes, inside, called=False)


def _has_parentheses(module: Module, display: ast.Tuple) -> bool:
    """Whether a tuple has parentheses of its own: one opens before its first element and stays open."""
    whole, first = module.span(display), module.span(display.elts[0])
    behind = module.span(display.elts[1]).start if len(display.elts) > 1 else whole.end
    opened = _read_gap(module.source.buffer, whole.start, first.start, first=False).openings
    gap = _read_gap(module.source.buffer, first.end, behind, first=False)
    closed = [c for c in gap.closings if gap.comma is None or c < gap.comma]
    return len(opened) > len(closed)


def _read(module: Module, nodes: Sequence[_Node], inside: Span, *, called: bool) -> Arguments:
    """``called``: what is read begins before the opening parenthesis of a call."""
    buffer = module.source.buffer
    inner = [module.span(node) for node, _ in nodes]
    edges = [inside.start, *(s.end for s in inner)]
    starts = [*(s.start for s in inner), inside.end]
    if nodes and _is_plain(buffer, edges, starts, b"(" if called else b""):
        plain = (
            Argument(node, word, span, parenthesised=False)
            for (node, word), span in zip(nodes, inner, strict=True)
        )
        return Arguments(tuple(plain), starred=False)
    gaps = [
        _read_gap(buffer, a, b, first=called and i == 0)
        for i, (a, b) in enumerate(zip(edges, starts, strict=True))
    ]
    values = [
        _value(node, keyword, span, gaps[i], gaps[i + 1])
        for i, ((node, keyword), span) in enumerate(zip(nodes, inner, strict=True))
    ]
    shares = [_share(buffer, gap, before, after) for gap, before, after in _neighbours(gaps, values)]
    items = [
        Argument(v.node, v.keyword, v.span, v.parenthesised, tuple(shares[i][1]), tuple(shares[i + 1][0]))
        for i, v in enumerate(values)
    ]
    return Arguments(tuple(items), starred=False, tail=tuple(shares[-1][1]))


_PLAIN = re.compile(rb", *(?:\w+ *= *)?")


def _is_plain(buffer: bytes, edges: Sequence[int], starts: Sequence[int], opening: bytes) -> bool:
    """Whether nothing but ``opening``, commas and keywords stands around the values, all on one line."""
    gaps = [buffer[edge:start] for edge, start in zip(edges, starts, strict=True)]
    first, *middle = gaps[:-1]
    return first == opening and gaps[-1] == b"" and all(map(_PLAIN.fullmatch, middle))


def _value(node: ast.expr, keyword: str | None, span: Span, before: _Gap, after: _Gap) -> _Value:
    depth = min(len(before.openings), len(after.closings))
    start = before.openings[-depth] if depth else span.start
    stop = after.closings[depth - 1] + 1 if depth else span.end
    return _Value(node, keyword, Span(start, stop), depth > 0)


def _neighbours(
    gaps: Sequence[_Gap], values: Sequence[_Value]
) -> Iterator[tuple[_Gap, _Value | None, _Value | None]]:
    for index, gap in enumerate(gaps):
        yield gap, values[index - 1] if index else None, values[index] if index < len(values) else None


def _share(
    buffer: bytes, gap: _Gap, before: _Value | None, after: _Value | None
) -> tuple[list[Span], list[Span]]:
    """The comments of a gap: those of the argument before it, those of the one after it.

    What stands inside an argument's own parentheses is part of the argument. A comment behind the comma, on
    the comma's line, speaks of the argument before it.
    """
    outside = [
        c
        for c in gap.comments
        if (before is None or c.start >= before.span.end) and (after is None or c.end <= after.span.start)
    ]
    if before is None:
        return [], outside
    line_end = _NEWLINE.search(buffer, gap.comma) if gap.comma is not None else None
    limit = line_end.start() if line_end else len(buffer)
    return [c for c in outside if c.start < limit], [c for c in outside if c.start >= limit]


def _read_gap(buffer: bytes, start: int, end: int, *, first: bool) -> _Gap:
    """The gap before the first argument holds the call's own opening parenthesis."""
    gap = _Gap()
    called = not first
    for match in _GAP.finditer(buffer, start, end):
        token = match.group()
        if token == b",":
            gap.comma = match.start()
        elif token == b"(" and not called:
            called = True
        elif token == b"(":
            gap.openings.append(match.start())
        elif token == b")":
            gap.closings.append(match.start())
        else:
            gap.comments.append(Span(*match.span()))
    return gap


def bind(arguments: Arguments, parameters: Sequence[str]) -> dict[str, Argument] | None:
    """Match arguments to parameter names as a call would; None when they do not fit or are starred."""
    if arguments.starred:
        return None
    bound: dict[str, Argument] = {}
    position = 0
    for argument in arguments.items:
        if argument.keyword is None:
            if position >= len(parameters):
                return None
            name = parameters[position]
            position += 1
        else:
            name = argument.keyword
        if name not in parameters or name in bound:
            return None
        bound[name] = argument
    return bound


# Builtins and string methods that neither change anything nor fail on what tests hand to them.
_PURE_CALLS = frozenset(
    {"str", "repr", "ascii", "format", "len", "type", "sorted", "list", "tuple", "dict", "set", "id", "vars"}
    | {"int", "float", "bool", "hex", "oct", "bin"}
)
_PURE_METHODS = frozenset(
    {"format", "join", "strip", "lstrip", "rstrip", "lower", "upper", "title", "replace", "decode", "encode"}
    | {"keys", "values", "items"}
)


def is_pure(node: ast.AST) -> bool:
    """Whether evaluating an expression earlier, later or never makes no difference that a test relies on."""
    if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
        return False
    if isinstance(node, ast.Call) and not _is_pure_call(node):
        return False
    return all(is_pure(child) for child in ast.iter_child_nodes(node))


def _is_pure_call(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id in _PURE_CALLS
    return isinstance(node.func, ast.Attribute) and node.func.attr in _PURE_METHODS


def is_trivial(node: ast.AST) -> bool:
    """Whether an expression is a constant, a name, or built of those: evaluating it does nothing."""
    if isinstance(node, (ast.Constant, ast.Name, ast.Lambda)):
        return True
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(is_trivial(e) for e in node.elts)
    if isinstance(node, ast.Dict):
        return all(k is not None and isinstance(k, ast.Constant) for k in node.keys) and all(
            map(is_trivial, node.values)
        )
    return False


# Built-ins that without arguments list the local names; functions that count what refers to an object.
_NAMERS = frozenset({"locals", "vars", "dir"})
_COUNTERS = frozenset({"getrefcount", "get_referrers"})


def sees_rewriting(module: Module, node: ast.AST) -> bool:
    """Whether an expression sees the names that pytest's rewriting of assert keeps its operands in.

    Source: ``@py_assert`` and ``@py_format`` in _pytest/assertion/rewrite.py.
    """
    if not (_seeing(module) or _counters(module)):
        return False  # nearly always
    return any(module.holds(node, call) for call in _seeing(module)) or _may_count(module, node)


def counts_none(module: Module, function: ast.AST) -> bool:
    """Whether a function may count what refers to None: every frame and every instance does."""
    if not any(module.holds(function, n) for n in _counters(module)):
        return False
    calls = [n for n in module.subtree(function) if isinstance(n, ast.Call) and len(n.args) == 1]
    return any(isinstance(c.args[0], ast.Constant) and c.args[0].value is None for c in calls)


def _may_count(module: Module, node: ast.AST) -> bool:
    """Whether the function around has another name for what counts references: any call may be that one."""
    named = [n for n in _counters(module) if not module.is_called(n)]
    function = module.enclosing_function(node) if named else None
    return function is not None and any(module.holds(function, n) for n in named)


def _counters(module: Module) -> list[ast.expr]:
    """Where a file names what counts references, also as a string."""
    if "counters" not in module.memory:
        found: list[ast.expr] = []
        for name in _COUNTERS:
            found += module.names.get(name, ())
            found += module.attributes_named(name)
            found += module.strings_equal(name)
        module.memory["counters"] = found
    return cast("list[ast.expr]", module.memory["counters"])


def _seeing(module: Module) -> list[ast.Call]:
    """The calls of a file that see local names, or count what refers to an object."""
    if "seeing calls" not in module.memory:
        module.memory["seeing calls"] = [call for call in module.of(ast.Call) if _sees_names(call)]
    return cast("list[ast.Call]", module.memory["seeing calls"])


def _sees_names(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr in _COUNTERS
    if not isinstance(call.func, ast.Name):
        return False
    return call.func.id in _COUNTERS or (call.func.id in _NAMERS and not call.args)
