"""Patchers that setUp starts and a cleanup stops: a ``with`` around the rest of the fixture does the same.

Exact only where these are all the cleanups there are, as others would run behind the ``with``; where nobody
calls ``stopall``, which knows only what was started; and where no tearDown of a base comes before cleanups.
Source: ``start`` and ``stop`` of unittest.mock are ``__enter__`` and ``__exit__`` with a list of the active.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from reassert.model.edits import Edit, Part, Span, Unit, skip_blank_lines
from reassert.syntax.classes import ClassInfo, Component
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.statements import Body, line_start, line_stop, reindented

_LIMIT = 88


@dataclass(frozen=True)
class Patcher:
    """Three statements side by side: one makes the patcher, one starts it, one has it stopped."""

    statements: tuple[ast.stmt, ...]
    call: ast.Call
    target: ast.expr | None
    cleanup: ast.Attribute


def patchers(component: Component, info: ClassInfo, function: FunctionNode) -> list[Patcher]:
    """The patchers of a setUp, in their order."""
    found = [_patcher(component, info, function, i) for i in range(len(function.body) - 2)]
    if any(found) and any(a.attr == "stopall" for m in {c.module for c in component} for a in m.attributes):
        return []
    return [patcher for patcher in found if patcher is not None]


def _patcher(component: Component, info: ClassInfo, function: FunctionNode, index: int) -> Patcher | None:
    made, *others = function.body[index : index + 3]
    if not (isinstance(made, ast.Assign) and len(made.targets) == 1 and isinstance(made.value, ast.Call)):
        return None
    if not (info.module.resolve(made.value.func) or "").startswith("unittest.mock.patch"):
        return None
    name = info.module.text(made.targets[0])
    if _occurrences(component, info, function, made.targets[0]) != len(others) + 1:
        return None
    for started, stopped in (others, reversed(others)):
        cleanup = _stopped(info.module, stopped, name)
        start = _started(info.module, started, name)
        if cleanup is not None and start is not None:
            return Patcher((made, *others), made.value, start[0], cleanup)
    return None


def _occurrences(component: Component, info: ClassInfo, function: FunctionNode, target: ast.expr) -> int:
    """How often the patcher is mentioned wherever its name means it; 0 if that cannot be told."""
    if isinstance(target, ast.Name):
        return sum(info.module.holds(function, n) for n in info.module.names[target.id])
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return component.mentioned[target.attr]
    return 0


def _stopped(module: Module, statement: ast.stmt, name: str) -> ast.Attribute | None:
    """The ``self.addCleanup`` of ``self.addCleanup(patcher.stop)``."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.keywords:
        return None
    fits = call.func.attr == "addCleanup" and [module.text(a) for a in call.args] == [f"{name}.stop"]
    return call.func if fits else None


def _started(module: Module, statement: ast.stmt, name: str) -> tuple[ast.expr | None] | None:
    """What ``patcher.start()`` is assigned to, in a tuple; None if that is not the statement."""
    if not isinstance(statement, (ast.Expr, ast.Assign)) or module.text(statement.value) != f"{name}.start()":
        return None
    if isinstance(statement, ast.Expr):
        return (None,)
    target = statement.targets[0]
    return (
        (target,) if len(statement.targets) == 1 and isinstance(target, (ast.Name, ast.Attribute)) else None
    )


@dataclass(frozen=True)
class PatchBlocks:
    """The text of a setUp whose patchers become ``with`` statements around all that follows them."""

    context: Context
    owner: ClassInfo
    set_up: FunctionNode
    patchers: list[Patcher]

    @property
    def step(self) -> bytes:
        """One level of indentation."""
        return b"\t" if self._indent.endswith(b"\t") else b"    "

    @property
    def inner_indent(self) -> bytes:
        """The indentation inside of all blocks."""
        return self._indent + self.step * len(self.patchers)

    @property
    def _indent(self) -> bytes:
        return self.context.layout(self.set_up.body[0]).indent

    def is_possible(self) -> bool:
        """Whether all statements have lines of their own, no comment is lost, and lines do not grow long."""
        lines = [s for p in self.patchers for s in p.statements]
        texts = [self._text(p) for p in self.patchers]
        return (
            all(self.context.stands_alone(s) for s in lines)
            and all(b"#" not in self._region(p) for p in self.patchers)
            and all(len(line) < _LIMIT for text in texts for line in text.decode().split("\n"))
            and all(p.call.lineno == p.call.end_lineno for p in self.patchers[1:])
            and len(self.patchers) <= 2  # noqa: PLR2004 - deeper nesting reads worse than finalizers
        )

    def edit(self, end: int, closing: list[Part], unit: Unit) -> Edit:
        """The body from the first patcher to ``end``, the end of its last line, and ``closing`` behind it."""
        parts: list[Part] = []
        for number, patcher in enumerate(self.patchers):
            indent = self._indent + self.step * number
            parts += [indent, b"with ", self.context.module.span(patcher.call)]
            if patcher.target is not None:
                parts += [b" as ", self.context.module.span(patcher.target)]
            parts.append(b":")
            following = [s for p in self.patchers[number + 1 :] for s in p.statements]
            stop = (
                line_start(self.context, self.context.module.span(following[0]).start) if following else end
            )
            parts += self._rest(self._stop(patcher), stop, indent + self.step, last=not following)
        start = line_start(self.context, self.context.module.span(self.patchers[0].statements[0]).start)
        return Edit(start, end, (*parts, *closing), unit, self.owner.qualname)

    def _rest(self, start: int, stop: int, indent: bytes, *, last: bool) -> Iterator[Part]:
        newline = self.context.source.newline.encode()
        start = skip_blank_lines(self.context.source.buffer, start)
        if start >= stop:
            yield from () if last else (newline,)
            return
        yield newline
        yield from reindented(Body(Span(start, stop), self._indent, inline=False), indent)

    def _stop(self, patcher: Patcher) -> int:
        return line_stop(self.context, self.context.module.span(patcher.statements[-1]).end)

    def _region(self, patcher: Patcher) -> bytes:
        first = line_start(self.context, self.context.module.span(patcher.statements[0]).start)
        return self.context.source.buffer[first : self._stop(patcher)]

    def _text(self, patcher: Patcher) -> bytes:
        target = self.context.module.text(patcher.target) if patcher.target is not None else ""
        depth = self._indent + self.step * self.patchers.index(patcher)
        return depth + f"with {self.context.module.text(patcher.call)} as {target}:".encode()
