"""How new text spells a name that it needs, given what the file imports already."""

from __future__ import annotations

import ast

from reassert.syntax.context import Context


def imported_as(context: Context, dotted: str) -> bytes:
    """The local spelling of a module or of ``module.name`` (as ``from module import name``).

    ``dotted`` is what an edit lists in its ``imports``; where the file has no import of it the plain name is
    returned, which the engine then imports.
    """
    module, _, name = dotted.rpartition(".")
    for node in context.module.tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == dotted and (alias.asname or "." not in dotted):
                    return (alias.asname or dotted).encode()
                if module and alias.name == module:
                    return f"{alias.asname or module}.{name}".encode()
        elif isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            for alias in node.names:
                if alias.name == name:
                    return (alias.asname or name).encode()
    return name.encode() if module else dotted.encode()
