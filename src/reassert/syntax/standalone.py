"""The exact fallback: an assertion of ``unittest`` on an instance made for it alone."""

from __future__ import annotations

import ast

from reassert.model.edits import Edit, Unit
from reassert.syntax.assertions import AssertionCall
from reassert.syntax.context import Context
from reassert.syntax.module import canonical
from reassert.syntax.testcase_api import ALIASES


def spelled(context: Context, name: str) -> tuple[bytes, frozenset[str]]:
    """How the file spells ``unittest.<name>``, and the import that this needs."""
    members: list[str] = []
    for node in context.module.import_nodes:
        if node not in context.module.tree.body:
            continue
        for alias in node.names:
            local = alias.asname or alias.name
            if isinstance(node, ast.Import) and canonical(alias.name) == "unittest":
                return f"{local}.{name}".encode(), frozenset({"unittest"})
            if (
                isinstance(node, ast.ImportFrom)
                and canonical(f"{node.module}.{alias.name}") == f"unittest.{name}"
            ):
                members.append(local)
    if members:
        return members[0].encode(), frozenset({f"unittest.{name}"})
    return f"unittest.{name}".encode(), frozenset({"unittest"})


def on_its_own(call: AssertionCall, rule_id: str) -> Edit:
    """``self.assertX(...)`` as ``unittest.TestCase().assertX(...)``, only where the class climbs."""
    return stand_alone(call.context, call.attribute, call.unit(rule_id), call.owner.qualname)


def stand_alone(context: Context, attribute: ast.expr, unit: Unit, owner: str) -> Edit:
    """As ``on_its_own``, for the ``self.assertX`` of any call in the class ``owner``.

    An old name that the class gave back to itself is not one that every TestCase has.
    """
    receiver = attribute.value if isinstance(attribute, ast.Attribute) else attribute
    span = context.module.span(receiver)
    name, imports = spelled(context, "TestCase")
    if isinstance(attribute, ast.Attribute) and attribute.attr in context.classes.by_name[owner][0].respelled:
        new = name + b"()." + ALIASES.get(attribute.attr, attribute.attr).encode()
        return Edit(span.start, context.module.span(attribute).end, (new,), unit, owner, imports)
    return Edit(span.start, span.end, (name + b"()",), unit, owner, imports)
