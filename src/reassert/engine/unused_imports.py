"""Imports that no text uses any more once the edits are made, of packages that the rules know."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Sequence

from reassert.model.edits import Span
from reassert.syntax.context import Context
from reassert.syntax.module import imported_names

_OURS = frozenset({"unittest", "pytest", "pytest_asyncio", "asyncio"})


class UnusedImports:
    """The aliases of unittest and pytest that no surviving name uses."""

    def __init__(self, context: Context, needed: set[str], kept: Sequence[Span]) -> None:
        self.context = context
        self.needed = needed
        ordered = sorted(kept)
        self.starts = [s.start for s in ordered]
        self.ends = [s.end for s in ordered]
        self.exported = _exported(context)
        self.aliases = {a for node in self._candidates() for a in node.names if self._is_dead(node, a)}

    def _candidates(self) -> list[ast.Import | ast.ImportFrom]:
        table = self.context.module.imports
        return [
            n
            for n in self.context.module.import_nodes
            if any(_is_asynctest(t) or _is_ours(table[local]) for local, t in imported_names(n))
        ]

    def _is_dead(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
        local, target = next(iter(imported_names(_single(node, alias))))
        if not (_is_asynctest(target) or _is_ours(self.context.module.imports[local])):
            return False
        if isinstance(node, ast.Import) and "." in alias.name and not alias.asname:
            return False
        is_needed = local in self.needed and not _is_asynctest(target)
        if is_needed or (target in self.needed) or local in self.exported:
            return False
        uses = [n for n in self.context.module.names.get(local, ()) if isinstance(n.ctx, ast.Load)]
        return bool(uses) and not any(self._survives(n) for n in uses) and not self._is_quoted(local, target)

    def _is_quoted(self, local: str, target: str) -> bool:
        """Whether a string, which may be a type, names something of pytest."""
        if not target.startswith("pytest"):
            return False
        strings = (c.value for c in self.context.module.of(ast.Constant) if isinstance(c.value, str))
        return any(f"{local}." in text for text in strings)

    def _survives(self, node: ast.Name) -> bool:
        offset = self.context.module.span(node).start
        index = bisect_right(self.starts, offset) - 1
        return index >= 0 and offset < self.ends[index]


def _single(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.Import | ast.ImportFrom:
    if isinstance(node, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(node.module, [alias], node.level)


# Their decorators become marks, so that nothing of them may be left.
_LIBRARIES = ("parameterized", "ddt", "unittest_parametrize", "absl.testing", "aiounittest")
# Its names are those of unittest and of unittest.mock; a rule takes these in their place.
_ASYNCTEST = "asynctest"


def _is_asynctest(target: str) -> bool:
    return target.partition(".")[0] == _ASYNCTEST


def _is_ours(targets: frozenset[str]) -> bool:
    """Whether a name can only be something whose last use an edit may take away: not so mocks."""
    return all(
        (t.partition(".")[0] in _OURS or any(f"{t}.".startswith(f"{library}.") for library in _LIBRARIES))
        and not t.startswith("unittest.mock")
        for t in targets
    )


def _exported(context: Context) -> set[str]:
    """The names in ``__all__``."""
    for statement in context.module.tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in statement.targets
        ):
            return {
                n.value
                for n in ast.walk(statement.value)
                if isinstance(n, ast.Constant) and isinstance(n.value, str)
            }
    return set()
