"""A class of which nothing is left gets ``pass``: each rule removes its own part and knows of no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from reassert.model.edits import Edit
from reassert.syntax.context import Context


def with_bodies(context: Context, edits: Sequence[Edit]) -> list[Edit]:
    """The edits, with one in the place of those that together would remove the whole body of a class."""
    removals = [e for e in edits if e.swallows and not e.parts and e.start < e.end]
    done = list(edits)
    for node in context.module.classes if removals else ():
        covering = list(_covering(context, node, removals))
        if covering:
            done = [e for e in done if not any(e is c for c in covering)]
            done.append(_placeholder(context, node, covering))
    return done


def _covering(context: Context, node: ast.ClassDef, removals: Sequence[Edit]) -> Iterator[Edit]:
    """The removals of the statements of a class; none if a statement is left, or all of the class goes."""
    whole = context.module.span(node)
    inside = [e for e in removals if whole.start < e.start < whole.end]
    found: list[Edit] = []
    for statement in node.body:
        span = context.module.span(statement)
        covering = next((e for e in inside if e.start <= span.start and span.end <= e.end), None)
        if covering is None:
            return
        found.append(covering)
    yield from found


def _placeholder(context: Context, node: ast.ClassDef, covering: Sequence[Edit]) -> Edit:
    first = min(covering, key=lambda e: e.start)
    indent = context.layout(node.body[0]).indent
    end = context.module.span(node.body[-1]).end
    return Edit(first.start, end, (indent + b"pass",), first.unit, first.requires, swallows=True)
