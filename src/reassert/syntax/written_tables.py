"""Rows that are written out: in a decorator or a loop itself, or in a constant of the class or the module."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from reassert.syntax.arguments import Argument, read_elements
from reassert.syntax.classes import ClassInfo, receiver_name
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.shared_state import is_changed
from reassert.syntax.types import assigned_value


@dataclass(frozen=True)
class WrittenTable:
    """The rows of an expression; ``source`` is the constant that has them (None: they are here)."""

    rows: tuple[Argument, ...]
    source: ast.Name | None = None


def written_table(context: Context, owner: ClassInfo | None, node: ast.expr) -> WrittenTable | None:
    """The rows of a list or tuple, or of a constant that is one and never changes; else None."""
    source = node if isinstance(node, ast.Name) else None
    value = constant(context, owner, source) if source else node
    if not isinstance(value, (ast.List, ast.Tuple)):
        return None
    elements = read_elements(context.module, value)
    return None if elements.starred else WrittenTable(elements.items, source)


def constant(context: Context, owner: ClassInfo | None, name: ast.Name) -> ast.expr | None:
    """What a name in a class body or at module level was assigned, once, if nothing changes it in place."""
    module = context.module
    if owner is not None and name.id in owner.defines:
        value = _of_class(owner, name)
    else:
        value = assigned_value(context, name)
    uses = [*module.names.get(name.id, ()), *module.attributes_named(name.id)]
    return None if value is None or any(_changes(module, use) for use in uses) else value


def constant_of_class(
    context: Context, owner: ClassInfo, method: FunctionNode, use: ast.Attribute
) -> ast.expr | None:
    """What ``self.name`` was assigned in the class body above a method, if only there."""
    if not isinstance(use.value, ast.Name) or use.value.id != receiver_name(method):
        return None
    name = use.attr
    relatives = [*owner.lineage[1:], *context.classes.heirs(owner)]
    if name in {n for c in relatives for n in c.defines} or name.startswith("__"):
        return None
    stores = [n for n in owner.module.names.get(name, ()) if not isinstance(n.ctx, ast.Load)]
    found = [
        s
        for s in owner.node.body
        if isinstance(s, ast.Assign) and len(s.targets) == 1 and s.targets[0] in stores
    ]
    inside = [n for n in stores if owner.module.parents[owner.module.parents[n]] is owner.node]
    if len(found) != 1 or len(inside) != 1 or found[0].lineno > method.lineno:
        return None
    uses = [*owner.module.names.get(name, ()), *owner.module.attributes_named(name)]
    return None if any(_changes(owner.module, n) for n in uses) else found[0].value


def _of_class(owner: ClassInfo, name: ast.Name) -> ast.expr | None:
    bound = [n for n in owner.module.names[name.id] if not isinstance(n.ctx, ast.Load)]
    found = [
        s
        for s in owner.node.body
        if isinstance(s, ast.Assign) and len(s.targets) == 1 and s.targets[0] in bound
    ]
    return found[0].value if len(found) == len(bound) == 1 and found[0].lineno < name.lineno else None


def _changes(module: Module, use: ast.Name | ast.Attribute) -> bool:
    stored = isinstance(use, ast.Attribute) and not isinstance(use.ctx, ast.Load)
    parent = module.parents[use]
    return stored or is_changed(module, use) or isinstance(parent, (ast.AugAssign, ast.Delete))
