"""How the methods of a class use their receiver: the test instance, or the class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.testcase_api import CLASS_FIXTURE_METHODS


class Use(NamedTuple):
    """``self.name`` (or ``cls.name``) in a method."""

    name: str
    node: ast.Attribute
    method: FunctionNode
    through_class: bool


class SuperUse(NamedTuple):
    """``super().name`` in a method; ``node``: the attribute, ``explicit``: Base in ``Base.name(self)``."""

    name: str
    node: ast.Attribute
    method: FunctionNode
    explicit: ast.expr | None = None


@dataclass
class Uses:
    """How the methods of one class use their receiver; ``named``: ``Base.setUpClass`` and the like."""

    attributes: list[Use] = field(default_factory=list)
    supers: list[SuperUse] = field(default_factory=list)
    named: list[SuperUse] = field(default_factory=list)
    escapes: list[tuple[ast.Name, FunctionNode]] = field(default_factory=list)
    rebound: list[FunctionNode] = field(default_factory=list)


def receiver_name(function: FunctionNode) -> str | None:
    """The name of the first positional parameter of a method, None for a static method."""
    if any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list):
        return None
    first = (function.args.posonlyargs + function.args.args)[:1]
    return first[0].arg if first else None


def is_classmethod(function: FunctionNode) -> bool:
    """Whether ``@classmethod`` stands above it."""
    return any(isinstance(d, ast.Name) and d.id == "classmethod" for d in function.decorator_list)


def collect_uses(module: Module, function: FunctionNode, found: Uses) -> None:
    """Add to ``found`` what one method does with its receiver, also under a second name for it."""
    receiver = receiver_name(function)
    aliases = dict(_aliases(module, function, receiver)) if receiver else {}
    for name in (receiver, *aliases):
        _collect(module, function, name, found, frozenset(aliases.values()))


def _aliases(module: Module, function: FunctionNode, receiver: str) -> Iterator[tuple[str, ast.Name]]:
    """The local names that only ever stand for the receiver, each with the node that it is assigned.

    ``outer = self`` lets functions and classes inside the method use the receiver.
    """
    for statement in function.body:
        if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
            continue
        target, value = statement.targets[0], statement.value
        if not (isinstance(value, ast.Name) and isinstance(target, ast.Name)):
            continue
        if value.id == receiver and _is_bound_once(module, function, target.id):
            yield target.id, value


def _is_bound_once(module: Module, function: FunctionNode, name: str) -> bool:
    stores = module.inside(function, module.bindings.get(name, ()))
    shared = {n for s in module.of(ast.Global) for n in s.names}
    shared |= {n for s in module.of(ast.Nonlocal) for n in s.names}
    return len(stores) == 1 and name not in module.parameters | shared


def _collect(
    module: Module, function: FunctionNode, receiver: str | None, found: Uses, ours: frozenset[ast.Name]
) -> None:
    through_class = is_classmethod(function)
    for node in _same_receiver(module, function, receiver):
        if isinstance(node, ast.Attribute):
            _collect_attribute(node, function, receiver, through_class, found)
        elif isinstance(node, ast.Name):
            if node.id == receiver and node not in ours:
                _collect_name(module, node, function, found)
        elif isinstance(node, ast.Call) and _names_base(node, receiver):
            _collect_explicit(node, function, found)


def _collect_name(module: Module, node: ast.Name, function: FunctionNode, found: Uses) -> None:
    if not isinstance(node.ctx, ast.Load):
        if node.id == receiver_name(function):
            found.rebound.append(function)
    elif not _is_receiver_position(module, node) and (node, function) not in found.escapes:
        found.escapes.append((node, function))


def _names_base(call: ast.Call, receiver: str | None) -> bool:
    """Whether a call has the form ``Base.method(self, ...)``."""
    return (
        isinstance(call.func, ast.Attribute)
        and bool(call.args)
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id == receiver
        and dotted_name(call.func.value) not in (None, receiver)
    )


def _collect_explicit(call: ast.Call, function: FunctionNode, found: Uses) -> None:
    func, first = call.func, call.args[0]
    if isinstance(func, ast.Attribute) and isinstance(first, ast.Name):
        found.supers.append(SuperUse(func.attr, func, function, func.value))
        found.escapes.append((first, function))


def _collect_attribute(
    node: ast.Attribute, function: FunctionNode, receiver: str | None, through_class: bool, found: Uses
) -> None:
    value = node.value
    if isinstance(value, ast.Name) and value.id == receiver:
        found.attributes.append(Use(node.attr, node, function, through_class))
    elif _reads_class(value, receiver):
        found.attributes.append(Use(node.attr, node, function, through_class=True))
    elif receiver != receiver_name(function):
        return
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super":
        found.supers.append(SuperUse(node.attr, node, function))
    elif node.attr in CLASS_FIXTURE_METHODS and dotted_name(value):
        found.named.append(SuperUse(node.attr, node, function, value))


def _reads_class(value: ast.expr, receiver: str | None) -> bool:
    """Whether an expression is ``type(self)`` or ``self.__class__``."""
    if isinstance(value, ast.Attribute):
        return value.attr == "__class__" and isinstance(value.value, ast.Name) and value.value.id == receiver
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "type":
        return len(value.args) == 1 and isinstance(value.args[0], ast.Name) and value.args[0].id == receiver
    return False


def _is_receiver_position(module: Module, node: ast.Name) -> bool:
    parent = module.parents[node]
    if isinstance(parent, ast.Attribute):
        return True
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id in ("super", "type")
        and node in parent.args
    )


def _same_receiver(module: Module, function: FunctionNode, receiver: str | None) -> list[ast.AST]:
    """The nodes of a method that may use ``receiver`` where it means its first parameter, in source order.

    Of ``self.x.y`` these are the two attributes, and not the name: that goes nowhere.
    """
    index, parents = module.index, module.parents
    found: set[int] = set()
    for name in module.inside(function, module.names.get(receiver or "", ())):
        parent = parents[name]
        found.add(index[parent])
        if not isinstance(parent, ast.Attribute):
            found.add(index[name])
        if isinstance(around := parents.get(parent), ast.Attribute):
            found.add(index[around])
    for name in module.inside(function, module.names.get("super", ())):
        found.add(index[parents[parents[name]]])
    for attribute in CLASS_FIXTURE_METHODS:
        found.update(index[node] for node in module.inside(function, module.attributes_named(attribute)))
    body = range(module.extent(function.args).stop, module.extent(function).stop)
    hidden = [module.extent(other) for other in _rebinding(module, function, receiver)]
    positions = sorted(position for position in found if position in body)
    return [module.nodes[p] for p in positions if not (hidden and any(p in other for other in hidden))]


def _rebinding(
    module: Module, function: FunctionNode, receiver: str | None
) -> Iterator[FunctionNode | ast.Lambda]:
    """The functions in a method that have a parameter of the name of its receiver."""
    for kind in _FUNCTIONS:
        for inner in module.inside(function, module.of(kind)):
            if inner is not function and receiver in parameter_names(inner):
                yield inner


_FUNCTIONS: tuple[type[FunctionNode | ast.Lambda], ...] = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def parameter_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """All parameter names of a function."""
    a = node.args
    every = [
        *a.posonlyargs,
        *a.args,
        *a.kwonlyargs,
        *([a.vararg] if a.vararg else []),
        *([a.kwarg] if a.kwarg else []),
    ]
    return frozenset(x.arg for x in every)


def dotted_name(node: ast.AST) -> str | None:
    """``a.b.c`` of a chain of names, None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        value = dotted_name(node.value)
        return f"{value}.{node.attr}" if value else None
    return None
