"""``with self.assertX(...) as name``: what happens to the name, and whether all of it can be followed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reassert.model.edits import Span
from reassert.syntax.classes import parameter_names
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
# What the contexts of the other assertions offer; no context of assertRaises has it.
_OF_OTHERS = frozenset({"output", "records", "warning", "warnings", "filename", "lineno"})


@dataclass(frozen=True)
class Capture:
    """A name that the with-items of one function bind; ``mixed`` if other assertions bind it as well."""

    name: str
    function: FunctionNode
    stores: tuple[Span, ...]
    loads: tuple[Span, ...]
    attributes: tuple[Span, ...]
    mixed: bool


class _EscapeError(Exception):
    """The name is used in a way that cannot be followed; the message says how."""


def follow(context: Context, items: Iterable[ast.withitem], attribute: str) -> Capture | str:
    """All uses of the name that ``items`` (of one function) bind, of which only ``.attribute`` may be read.

    A string says why they cannot be followed.
    """
    try:
        return _follow(context, list(items), attribute)
    except _EscapeError as reason:
        return str(reason)


def _follow(context: Context, ours: list[ast.withitem], attribute: str) -> Capture:
    target = ours[0].optional_vars
    function = context.module.enclosing_function(ours[0])
    if not isinstance(target, ast.Name) or function is None:
        raise _EscapeError("the context object is stored")
    names = list(_same_variable(context, target.id, function))
    mixed = _check_stores(context, names, ours, target.id, function)
    loads = [n for n in names if isinstance(n.ctx, ast.Load)]
    blocks = {id(context.module.parents[item]) for item in ours}
    read: list[ast.Attribute] = []
    for load in loads:
        parent = context.module.parents[load]
        if mixed and isinstance(parent, ast.Attribute) and parent.attr in _OF_OTHERS:
            continue
        read.append(_checked(context, load, attribute, blocks))
    in_text, plain = _split(context, read)
    texts = list(_spans_in_text(context, in_text, f"{target.id}.{attribute}"))
    return Capture(
        target.id,
        function,
        tuple(context.module.span(n) for n in names if not isinstance(n.ctx, ast.Load)),
        (
            *(context.module.span(n.value) for n in plain),
            *(Span(s.start, s.start + len(target.id.encode())) for s in texts),
        ),
        tuple(Span(s.end - len(attribute), s.end) for s in [*map(context.module.span, plain), *texts]),
        mixed,
    )


def _same_variable(context: Context, name: str, function: FunctionNode) -> Iterator[ast.Name]:
    """The nodes that mean the function's local variable, none that an inner function uses."""
    for node in context.module.names[name]:
        scopes = [a for a in context.module.ancestors(node) if isinstance(a, _SCOPES)]
        if function not in scopes:
            continue
        inner = scopes[: scopes.index(function)]
        if not inner:
            yield node
        elif not any(_binds(context, scope, name) for scope in inner):
            raise _EscapeError("the context object is used in a nested function")


def _binds(context: Context, scope: ast.AST, name: str) -> bool:
    if isinstance(scope, _SCOPES) and name in parameter_names(scope):
        return True
    nodes = context.module.names[name]
    own = (n for n in nodes if isinstance(n.ctx, ast.Store))
    return any(
        next(a for a in context.module.ancestors(n) if isinstance(a, (*_SCOPES, ast.Module))) is scope
        for n in own
    )


def _check_stores(
    context: Context, names: list[ast.Name], ours: list[ast.withitem], name: str, function: FunctionNode
) -> bool:
    declared = (ast.Global, ast.Nonlocal)
    if name in parameter_names(function) or any(
        isinstance(n, declared) and name in n.names for n in ast.walk(function)
    ):
        raise _EscapeError("the context object is stored outside of the function")
    mixed = False
    for node in names:
        parent = context.module.parents[node]
        if not isinstance(node.ctx, ast.Store) or parent in ours:
            continue
        if not (isinstance(parent, ast.withitem) and _is_assertion(parent.context_expr)):
            raise _EscapeError(f"{name} is bound to something else, too")
        mixed = True
    return mixed


def _is_assertion(node: ast.expr) -> bool:
    func = node.func if isinstance(node, ast.Call) else None
    return isinstance(func, ast.Attribute) and func.attr.startswith(
        ("assertLogs", "assertNoLogs", "assertWarns")
    )


def _checked(context: Context, load: ast.Name, attribute: str, blocks: set[int]) -> ast.Attribute:
    parents = context.module.parents
    parent = parents[load]
    if not isinstance(parent, ast.Attribute) or not isinstance(parent.ctx, ast.Load):
        raise _EscapeError(f"{load.id} itself is passed on or stored")
    if parent.attr != attribute:
        raise _EscapeError(f"{load.id}.{parent.attr} has no counterpart")
    further = parents[parent]
    if isinstance(further, ast.Attribute) and further.attr in ("__traceback__", "with_traceback"):
        raise _EscapeError("unittest removes the traceback of what it caught, pytest keeps it")
    if any(id(a) in blocks for a in context.module.ancestors(load)):
        raise _EscapeError(f"{load.id}.{attribute} is read inside of the block")
    return parent


def _split(context: Context, nodes: list[ast.Attribute]) -> tuple[dict[ast.AST, int], list[ast.Attribute]]:
    """Nodes inside f-strings counted by their string, and the others."""
    in_text: dict[ast.AST, int] = {}
    plain = []
    for node in nodes:
        strings = [
            a for a in context.module.ancestors(node) if type(a).__name__ in ("JoinedStr", "TemplateStr")
        ]
        if strings:
            in_text[strings[-1]] = in_text.get(strings[-1], 0) + 1
        else:
            plain.append(node)
    return in_text, plain


def _spans_in_text(context: Context, strings: dict[ast.AST, int], wanted: str) -> Iterator[Span]:
    """Where ``wanted`` stands in f-strings; the positions of nodes in them are wrong before Python 3.12."""
    pattern = re.compile(rb"(?<![\w.])" + re.escape(wanted.encode()) + rb"(?!\w)")
    for string, count in strings.items():
        span = context.module.span(string)
        found = [Span(*m.span()) for m in pattern.finditer(context.source.buffer, span.start, span.end)]
        if len(found) != count:
            raise _EscapeError(f"{wanted} in an f-string cannot be found safely")
        yield from found
