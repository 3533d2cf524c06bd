"""The comments inside a piece of source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from reassert.model.edits import Span
from reassert.syntax.module import Module

_LINE = re.compile(rb"#[^\r\n]*")


def comments_in(module: Module, node: ast.AST) -> Iterator[Span]:
    """The comments in the extent of a node, in order; what only looks like one inside a string is none."""
    whole, buffer = module.span(node), module.source.buffer
    strings = sorted(module.span(n) for n in module.subtree(node) if _is_text(n))
    position = whole.start
    while (found := _LINE.search(buffer, position, whole.end)) is not None:
        around = next((s for s in strings if s.start <= found.start() < s.end), None)
        if around is None:
            yield Span(*found.span())
        position = found.end() if around is None else around.end


def _is_text(node: ast.AST) -> bool:
    text = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and hasattr(node, "lineno")
    return text or isinstance(node, ast.JoinedStr)


def comments_between(module: Module, start: int, stop: int, nodes: Iterable[ast.AST]) -> list[Span]:
    """The comments inside some nodes that lie in a range of the buffer."""
    return [c for node in nodes for c in comments_in(module, node) if start <= c.start < stop]
