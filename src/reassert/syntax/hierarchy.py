"""Method resolution inside one file: linear orders, and what a ``super()`` call reaches."""

from __future__ import annotations

import ast
from enum import Enum
from typing import cast

from reassert.syntax.classes import Classes, ClassInfo, SuperUse, dotted_name


class Reach(Enum):
    """What stands behind a ``super().name`` in the classes of this file."""

    NOTHING = "nothing"
    ALWAYS = "always"
    SOMETIMES = "sometimes"


def runners(classes: Classes, info: ClassInfo) -> list[ClassInfo]:
    """The TestCase classes that run with the methods of ``info``: itself and its heirs."""
    return [c for c in [info, *classes.heirs(info)] if c.is_testcase]


def providers(classes: Classes, info: ClassInfo, name: str) -> set[ClassInfo | None]:
    """What ``super().name`` in ``info`` may reach, one for each class that runs; None: elsewhere."""
    memory = classes.component(info).memory
    key = f"providers of {name} behind {id(info)}"
    if key not in memory:
        memory[key] = _providers(classes, info, name)
    return cast("set[ClassInfo | None]", memory[key])


def _providers(classes: Classes, info: ClassInfo, name: str) -> set[ClassInfo | None]:
    found: set[ClassInfo | None] = set()
    for runner in runners(classes, info):
        order = runner.mro
        after = order[order.index(info) + 1 :]
        found.add(next((c for c in after if name in c.defines), None))
    return found or {None}


def reach(classes: Classes, info: ClassInfo, name: str) -> Reach:
    """Whether ``super().name`` in ``info`` reaches a class of the file, ``unittest.TestCase`` aside."""
    found = providers(classes, info, name)
    if None not in found:
        return Reach.ALWAYS
    return Reach.NOTHING if len(found) == 1 else Reach.SOMETIMES


def is_cooperative(classes: Classes, info: ClassInfo, use: SuperUse) -> bool:
    """Whether ``Base.name(self)`` names what ``super().name()`` would reach, so that both mean the same."""
    if use.explicit is None:
        first = use.node.value.args[:1] if isinstance(use.node.value, ast.Call) else []
        return not first or dotted_name(first[0]) == info.node.name
    dotted = dotted_name(use.explicit)
    found = providers(classes, info, use.name)
    if len(found) != 1:
        return False
    target = next(iter(found))
    if target is None:
        resolved = info.module.resolve(use.explicit)
        return resolved == "unittest.TestCase" or any(p.qualname == dotted for p in info.lineage[1:])
    if target.qualname == dotted:
        return True
    return any(p.qualname == dotted and target in p.lineage for p in info.parents) and len(info.parents) == 1


def super_statement(info: ClassInfo, use: SuperUse) -> ast.Expr | None:
    """The statement ``super().name()`` (or ``Base.name(self)``) if it stands alone and passes nothing."""
    parents = info.module.parents
    call = parents.get(use.node)
    if not isinstance(call, ast.Call) or call.func is not use.node:
        return None
    if call.keywords or len(call.args) != (0 if use.explicit is None else 1):
        return None
    statement = parents.get(call)
    return statement if isinstance(statement, ast.Expr) else None
