"""Decorators of classes and methods: where they stand, and the module-level names that stand for one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from reassert.syntax.assertions import in_scope
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode


@dataclass(frozen=True)
class Decorated:
    """A decorator of a class or (``method`` is set) of one of its methods; ``above`` are applied after it."""

    node: ast.expr
    owner: ClassInfo
    method: FunctionNode | None
    above: tuple[ast.expr, ...]

    @property
    def qualname(self) -> str:
        """What it decorates."""
        return f"{self.owner.qualname}.{self.method.name}" if self.method else self.owner.qualname


def decorators(context: Context) -> Iterator[Decorated]:
    """The decorators of all test classes that may become plain ones, and of their methods."""
    for owner in context.classes.all:
        if owner.kind == "framework" or not in_scope(context, owner):
            continue
        yield from _of(owner, None, owner.node.decorator_list)
        for method in owner.functions:
            yield from _of(owner, method, method.decorator_list)


def _of(owner: ClassInfo, method: FunctionNode | None, nodes: list[ast.expr]) -> Iterator[Decorated]:
    for index, node in enumerate(nodes):
        yield Decorated(node, owner, method, tuple(nodes[:index]))


@dataclass(frozen=True)
class Alias:
    """``name = <decorator>`` at module level, and everything that the name decorates."""

    value: ast.expr
    uses: tuple[Decorated, ...]


def aliases(context: Context, found: list[Decorated]) -> Iterator[Alias]:
    """The module-level names that are only ever used as decorators, all of them among ``found``."""
    module = context.module
    by_name: dict[str, list[Decorated]] = {}
    for use in found:
        if isinstance(use.node, ast.Name):
            by_name.setdefault(use.node.id, []).append(use)
    for statement in module.tree.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or target.id not in by_name:
            continue
        uses = by_name[target.id]
        if len(uses) + 1 == len(module.names[target.id]) and target.id not in module.imports:
            yield Alias(statement.value, tuple(uses))


def climb_together(context: Context, uses: tuple[Decorated, ...]) -> bool:
    """Whether all the decorated classes become plain classes together or not at all."""
    together = context.classes.component(uses[0].owner)
    return all(use.owner in together for use in uses)
