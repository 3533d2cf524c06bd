"""Method resolution inside one file: linear orders, and what a ``super()`` call reaches."""

from __future__ import annotations

import ast
from collections.abc import Collection
from enum import Enum
from typing import cast

from reassert.syntax.classes import Classes, ClassInfo, SuperUse, dotted_name
from reassert.syntax.roots import TESTCASES


class Reach(Enum):
    """What stands behind a ``super().name`` in the classes of this file."""

    NOTHING = "nothing"
    ALWAYS = "always"
    SOMETIMES = "sometimes"


def runners(classes: Classes, info: ClassInfo) -> list[ClassInfo]:
    """The TestCase classes that run with the methods of ``info``: itself and its heirs."""
    return [c for c in [info, *classes.heirs(info)] if c.is_testcase]


def providers(
    classes: Classes,
    info: ClassInfo,
    name: str,
    gone: Collection[ClassInfo] = (),
    start: ClassInfo | None = None,
) -> set[ClassInfo | None]:
    """What ``super().name`` in ``info`` may reach, one for each class that runs; None: elsewhere.

    ``gone``: classes whose own definition will be removed. Of one name they only ever become more.
    ``start``: the class behind which the call looks, in ``super(start, self)``.
    """
    start = start or info
    memory = classes.component(info).memory
    key = f"providers of {name} behind {id(start)} of {id(info)} without {len(gone)}"
    if key not in memory:
        memory[key] = _providers(classes, info, name, gone, start)
    return cast("set[ClassInfo | None]", memory[key])


def _providers(
    classes: Classes, info: ClassInfo, name: str, gone: Collection[ClassInfo], start: ClassInfo
) -> set[ClassInfo | None]:
    found: set[ClassInfo | None] = set()
    for runner in runners(classes, info):
        order = runner.visible if start in runner.visible else runner.mro
        after = order[order.index(start) + 1 :]
        found.add(next((c for c in after if name in c.defines and c not in gone), None))
    return found or {None}


def hidden_classes(info: ClassInfo) -> list[ClassInfo]:
    """The classes behind TestCase in the MRO of a test class: nothing looks there for TestCase's methods."""
    return [c for c in info.mro if c not in info.visible] if info.is_testcase else []


def reach(classes: Classes, info: ClassInfo, name: str, gone: Collection[ClassInfo] = ()) -> Reach:
    """Whether ``super().name`` in ``info`` reaches a class of the family, ``unittest.TestCase`` aside."""
    return _summed(providers(classes, info, name, gone))


def reach_of_own(classes: Classes, info: ClassInfo, name: str, gone: Collection[ClassInfo]) -> Reach:
    """Whether ``self.name`` in ``info`` reaches a class of the family."""
    found: set[ClassInfo | None] = set()
    for runner in runners(classes, info):
        found.add(next((c for c in runner.visible if name in c.defines and c not in gone), None))
    return _summed(found or {None})


def _summed(found: Collection[ClassInfo | None]) -> Reach:
    if None not in found:
        return Reach.ALWAYS
    return Reach.NOTHING if len(found) == 1 else Reach.SOMETIMES


def is_cooperative(classes: Classes, info: ClassInfo, use: SuperUse) -> bool:
    """Whether ``Base.name(self)`` names what ``super().name()`` would reach, so that both mean the same."""
    if use.explicit is None:
        return starting_class(info, use) is info
    named = named_class(info, use.explicit)
    found = providers(classes, info, use.name)
    if named is None or len(found) != 1:
        return False
    target = next(iter(found))
    if target is None:
        return isinstance(named, str) or (named is not info and named.is_testcase)
    if named is target:
        return True
    return [named] == info.parents and isinstance(named, ClassInfo) and target in named.lineage


def starting_class(info: ClassInfo, use: SuperUse) -> ClassInfo | None:
    """The class of the lineage behind which a ``super()`` call looks; None if it cannot be told."""
    if use.explicit is not None:
        return None
    first = use.node.value.args[:1] if isinstance(use.node.value, ast.Call) else []
    if not first or dotted_name(first[0]) == info.node.name or _is_own_class(info, first[0]):
        return info
    named = named_class(info, first[0])
    return named if isinstance(named, ClassInfo) else None


def _is_own_class(info: ClassInfo, node: ast.expr) -> bool:
    """``super(self.__class__, self)``: the class itself, as long as nothing inherits from it."""
    uses = [u.node for u in info.uses.attributes if u.name == "__class__"]
    return node in uses and not info.home.heirs(info)


def reached(classes: Classes, info: ClassInfo, use: SuperUse, gone: Collection[ClassInfo]) -> Reach:
    """What a call of a base's method reaches if the methods resolve as they do now."""
    start = starting_class(info, use)
    if start is not None:
        return _summed(providers(classes, info, use.name, gone, start))
    named = named_class(info, use.explicit) if use.explicit is not None else None
    return Reach.NOTHING if isinstance(named, str) else _reached_by_name(classes, named, use.name, gone)


def _reached_by_name(
    classes: Classes, named: ClassInfo | str | None, name: str, gone: Collection[ClassInfo]
) -> Reach:
    """What ``Base.name(self)`` reaches: it looks from Base on, whatever the class of ``self`` is."""
    if not isinstance(named, ClassInfo):
        return Reach.SOMETIMES
    first = next((c for c in named.visible if name in c.defines), None)
    left = next((c for c in named.visible if name in c.defines and c not in gone), None)
    if first in gone and first is not None and providers(classes, first, name, gone) != {left}:
        return Reach.SOMETIMES  # what only passes on does so along the MRO of the instance
    if left is None:
        return Reach.NOTHING if named.is_testcase else Reach.SOMETIMES
    return Reach.ALWAYS


def last_of_all(component: Collection[ClassInfo]) -> ClassInfo | None:
    """The class that stands last, TestCase aside, in the MRO of every test class of the component."""
    last = {c.visible[-1] for c in component if c.is_testcase}
    return next(iter(last)) if len(last) == 1 else None


def named_class(info: ClassInfo, expression: ast.expr) -> ClassInfo | str | None:
    """The class of the hierarchy that an expression names; a string for one of unittest's own."""
    dotted = dotted_name(expression)
    if dotted is None:
        return None
    resolved = info.module.resolve(expression)
    if resolved in TESTCASES:
        return resolved
    here = [c for c in info.home.component(info) if c.module is info.module]
    written = [(b, e) for c in (info, *here) for b, e in zip(c.bases, c.node.bases, strict=True)]
    for base, base_expression in written:
        if dotted_name(base_expression) == dotted and isinstance(base, ClassInfo):
            return base
    hits = [c for c in here if c.qualname == dotted]
    return hits[0] if len(hits) == 1 else None


def super_statement(info: ClassInfo, use: SuperUse) -> ast.Expr | None:
    """The statement ``super().name()`` (or ``Base.name(self)``, or either awaited) if it passes nothing."""
    parents = info.module.parents
    call = parents.get(use.node)
    if not isinstance(call, ast.Call) or call.func is not use.node:
        return None
    if call.keywords or len(call.args) != (0 if use.explicit is None else 1):
        return None
    return lone_statement(info, call)


def lone_statement(info: ClassInfo, call: ast.AST) -> ast.Expr | None:
    """The statement that consists of one expression only, awaited or not."""
    statement = info.module.parents.get(call)
    if isinstance(statement, ast.Await):
        statement = info.module.parents.get(statement)
    return statement if isinstance(statement, ast.Expr) else None
