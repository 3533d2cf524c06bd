"""``failUnless = unittest.TestCase.assertTrue``: an old name of an assertion given back to its class."""

from __future__ import annotations

import ast

from reassert.syntax.bodies import body_statements, bound_names
from reassert.syntax.module import Module
from reassert.syntax.testcase_api import ALIASES, LEGACY_ASSERTIONS

_METHOD = "unittest.TestCase."


def defined_names(module: Module, node: ast.ClassDef) -> frozenset[str]:
    """Every name that the body of a class gives a meaning of its own."""
    own = (s for s in body_statements(node) if respelled(module, s) is None)
    return frozenset(name for s in own for name in bound_names(s, module.subtree(s)))


def respelled(module: Module, statement: ast.stmt) -> str | None:
    """The name that a statement of a class body binds to what that name means in unittest anyway."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target, value = statement.targets[0], statement.value
    if not isinstance(target, ast.Name) or target.id not in LEGACY_ASSERTIONS:
        return None
    meant = (module.resolve(value) or "").removeprefix(_METHOD) if isinstance(value, ast.Attribute) else ""
    same = meant in LEGACY_ASSERTIONS and ALIASES.get(meant, meant) == ALIASES.get(target.id, target.id)
    return target.id if same else None
