"""What the names of a file stand for, as words that can be compared with those of other files."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import blake2b

from reassert.syntax.bodies import bound_names
from reassert.syntax.module import Module

IMPORTED = "import "
LOCAL = "local "


class Meanings:
    """What the names of a module stand for.

    Imported ones are ``IMPORTED`` and a dotted name, relative ones with their dots; those that the module
    defines are ``LOCAL`` and a digest of the definition, and of what the names in it stand for.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        """What a name stands for; empty for one that the file neither imports nor defines."""
        if name not in self._known:
            self._known[name] = f"{LOCAL}{name}"  # as long as it is looked for: a definition may name itself
            self._known[name] = self._find(name)
        return self._known[name]

    def digest(self, nodes: Iterable[ast.AST]) -> str:
        """Stands for the text of some nodes, and for what the names in it mean."""
        total = blake2b(digest_size=8)
        for node in [n for top in nodes for n in (*getattr(top, "decorator_list", ()), top)]:
            total.update(self._module.text(node).encode())
            for name in sorted({n.id for n in self._module.subtree(node) if isinstance(n, ast.Name)}):
                total.update(f"\0{name}\0{self.of(name)}".encode())
            total.update(b"\1")
        return total.hexdigest()

    @cached_property
    def _bindings(self) -> Mapping[str, list[ast.stmt]]:
        """The statements of the module's own level that bind a name, imports aside."""
        found: defaultdict[str, list[ast.stmt]] = defaultdict(list)
        for statement in self._module.tree.body:
            if not isinstance(statement, (ast.Import, ast.ImportFrom)):
                for name in bound_names(statement):
                    found[name].append(statement)
        return found

    def _find(self, name: str) -> str:
        bindings = self._bindings.get(name, ())
        targets = sorted(self._module.imports.get(name, ()))
        if targets and not bindings:
            return IMPORTED + " or ".join(targets)
        return LOCAL + self.digest(bindings) if bindings else ""
