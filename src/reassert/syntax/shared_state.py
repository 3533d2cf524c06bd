"""State that outlives a test: what one test writes to the class or the module, another one may read."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

from reassert.syntax.bodies import body_statements
from reassert.syntax.classes import ClassInfo, Use
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.testcase_api import CLASS_CLEANUPS, CLASS_FIXTURE_METHODS
from reassert.syntax.uses import parameter_names

# Methods of lists, sets, dicts and deques that change them.
_CHANGING = frozenset(
    [
        "append",
        "appendleft",
        "extend",
        "extendleft",
        "insert",
        "add",
        "update",
        "setdefault",
        "pop",
        "popleft",
        "popitem",
        "remove",
        "discard",
        "clear",
        "sort",
        "reverse",
        "rotate",
    ],
)
_Table = Mapping[str, Sequence[ast.Name]]
_NUMBERED = re.compile(r"test_?(\d+)")


def shares_state(info: ClassInfo) -> bool:
    """Whether a method that runs with each test writes something that outlives the test."""
    functions = [f for f in info.functions if f.name not in CLASS_FIXTURE_METHODS]
    stored = [u for u in info.uses.attributes if u.through_class and not isinstance(u.node.ctx, ast.Load)]
    stored += [u for u in info.uses.attributes if u.name in CLASS_CLEANUPS]
    if any(use.method in functions for use in stored):
        return True
    shared = [*info.module.of(ast.Global), *_written(info)]
    if any(info.module.holds(f, node) for f in functions for node in shared):
        return True
    reset = _reset(info)
    if any(changes_module(info.module, f, reset) for f in functions):
        return True
    return any(_changes_class(info, u) for u in info.uses.attributes if u.method in functions)


def are_numbered(names: Sequence[str]) -> bool:
    """Whether tests are named in the order in which unittest is to run them: test_01_make, test_02_use."""
    found = [_NUMBERED.match(name) for name in names]
    numbers = [int(match[1]) for match in found if match]
    in_order = [n for _, n in sorted(zip(names, numbers, strict=False))]
    return len(numbers) == len(names) > 1 and len(set(numbers)) > 1 and in_order == sorted(numbers)


def _written(info: ClassInfo) -> Iterator[ast.Attribute]:
    """Where the file sets or deletes an attribute of a class of the lineage, or of what the file imports."""
    stored = info.module.stored_through
    names = {c.node.name for c in info.lineage} | info.module.imports.keys()
    for name in names & stored.keys():
        yield from (node for node in stored[name] if not _is_local(info.module, node, name))


def _is_local(module: Module, node: ast.AST, name: str) -> bool:
    """Whether a function around ``node`` gives the name a meaning of its own."""
    functions = [a for a in module.ancestors(node) if isinstance(a, FunctionNode)]
    bound = (n for n in module.bindings.get(name, ()) if isinstance(n.ctx, ast.Store))
    return any(name in parameter_names(f) for f in functions) or any(
        module.holds(f, n) for n in bound for f in functions
    )


def _changes_class(info: ClassInfo, use: Use) -> bool:
    """Whether ``self.x`` is changed in place, where only the class ever binds ``x``."""
    if not is_changed(info.module, use.node) or use.name in _reset(info):
        return False
    component = info.home.component(info)
    uses = [u for c in component for u in c.uses.attributes if u.name == use.name]
    if any(not isinstance(u.node.ctx, ast.Load) and not u.through_class for u in uses):
        return False
    in_class_fixture = any(not isinstance(u.node.ctx, ast.Load) for u in uses)
    return in_class_fixture or any(_binds_mutable(c, use.name) for c in component)


def _binds_mutable(info: ClassInfo, name: str) -> bool:
    values = (
        s.value for s in body_statements(info.node) if isinstance(s, ast.Assign) and name in _targets(s)
    )
    return any(_is_mutable(value) for value in values)


def _targets(statement: ast.Assign) -> list[str]:
    return [t.id for t in statement.targets if isinstance(t, ast.Name)]


def _is_mutable(value: ast.expr) -> bool:
    return isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call))


def _reset(info: ClassInfo) -> frozenset[str]:
    """The names whose ``clear()`` setUp or tearDown calls: each test finds them empty."""
    found = set()
    for owner in info.lineage:
        for function in (f for f in owner.functions if f.name in ("setUp", "tearDown")):
            for call in (n for s in function.body for n in [getattr(s, "value", None)]):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and not call.args:
                    value = call.func.value
                    name = getattr(value, "id", None) or getattr(value, "attr", None)
                    found |= {name} if call.func.attr == "clear" and name else set()
    return frozenset(found)


def is_changed(module: Module, node: ast.AST) -> bool:
    """Whether an expression is changed in place: an item, an attribute, or by a method that does it."""
    parent = module.parents[node]
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return not isinstance(parent.ctx, ast.Load) or is_changed(module, parent)
    if not isinstance(parent, ast.Attribute):
        return False
    call = module.parents[parent]
    called = isinstance(call, ast.Call) and call.func is parent
    return not isinstance(parent.ctx, ast.Load) or (called and parent.attr in _CHANGING)


_DEEPEST = 3


def changes_module(module: Module, function: FunctionNode, reset: frozenset[str], depth: int = 0) -> bool:
    """Whether a function, or one of the module that it calls, changes what the module holds."""
    if depth and module.inside(function, module.of(ast.Global)):
        return True
    changes, calls = _tables(module)
    passed = parameter_names(function) | reset
    if any(_is_in(module, function, name, changes, passed) for name in changes):
        return True
    if depth >= _DEEPEST:
        return False
    called = (name for name in calls if _is_in(module, function, name, calls, passed))
    functions = (module.top_level_functions[name] for name in called)
    return any(f is not function and changes_module(module, f, reset, depth + 1) for f in functions)


def _is_in(module: Module, function: FunctionNode, name: str, table: _Table, passed: Collection[str]) -> bool:
    """Whether a place of ``name`` in the table lies in the function, and the function does not bind it."""
    if name in passed or not module.inside(function, table[name]):
        return False
    bound = module.inside(function, module.bindings.get(name, ()))
    return not any(isinstance(n.ctx, ast.Store) for n in bound)


def _tables(module: Module) -> tuple[_Table, _Table]:
    """Where mutable values that the module holds are changed, and where its functions are called, by name."""
    if "shared state" not in module.memory:
        assigned = module.top_level_assignments.items()
        held = [name for name, values in assigned if any(_is_mutable(s.value) for s in values)]
        changes = {name: [n for n in module.names[name] if is_changed(module, n)] for name in held}
        uses = {name: module.names.get(name, ()) for name in module.top_level_functions}
        calls = {name: [n for n in nodes if module.is_called(n)] for name, nodes in uses.items()}
        module.memory["shared state"] = _filled(changes), _filled(calls)
    return cast("tuple[_Table, _Table]", module.memory["shared state"])


def _filled(table: _Table) -> _Table:
    return {name: nodes for name, nodes in table.items() if nodes}
