"""What one parsed file says to other files: its classes, imports and re-exports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from reassert.model.facts import ScannedClass, ScannedFacts
from reassert.syntax.classes import body_statements, bound_names, dotted_name
from reassert.syntax.functions import additions, function_facts, wanted_functions
from reassert.syntax.module import Module, canonical, imported_names
from reassert.syntax.respellings import respelled


def scan_module(module: Module) -> ScannedFacts:
    """Facts of one module. Classes of the module and those nested in them are seen; functions are opaque."""
    exports: dict[str, str] = {}
    imports: set[str] = set()
    for node in module.import_nodes:
        for local, target in imported_names(node):
            exports[local] = canonical(target)
            imports.add(target)
        if isinstance(node, ast.Import):
            imports.update(alias.name for alias in node.names)
    for name, value in module.assigned.items():
        origin = module.resolve(value)
        if origin is not None:
            exports[name] = origin
    imports |= set(_attribute_paths(module, exports))
    return ScannedFacts(
        tuple(_classes(module, module.tree, exports, "")),
        frozenset(imports),
        exports,
        function_facts(module),
        frozenset(w for w in wanted_functions(module) if _may_be_ours(w)),
        dict(additions(module)),
    )


def _may_be_ours(dotted: str) -> bool:
    """Whether a dotted name may be a function of the project."""
    return dotted.startswith(".") or dotted.partition(".")[0] not in _STRANGERS | {""}


_STRANGERS = frozenset({*sys.builtin_module_names, *sys.stdlib_module_names, "pytest", "mock"})


def _attribute_paths(module: Module, exports: dict[str, str]) -> Iterator[str]:
    """``module.Name`` reached through an imported module, so that such uses of a class are seen."""
    for node in module.attributes:
        if _looks_like_class(node.attr):
            dotted = dotted_name(node)
            head, _, rest = (dotted or "").partition(".")
            if head in exports:
                yield f"{exports[head]}.{rest}"


def _looks_like_class(name: str) -> bool:
    return (
        name[:1].isupper() or name.lstrip("_")[:1].isupper() or name.endswith(("Test", "Tests", "TestCase"))
    )


def _classes(
    module: Module, tree: ast.Module | ast.ClassDef, exports: dict[str, str], outer: str
) -> Iterator[ScannedClass]:
    for statement in body_statements(tree):
        if isinstance(statement, ast.ClassDef):
            qualname = f"{outer}{statement.name}"
            own = (s for s in body_statements(statement) if respelled(module, s) is None)
            names = frozenset(n for s in own for n in bound_names(s))
            bases = tuple(_base(b, exports) for b in statement.bases)
            yield ScannedClass(qualname, bases, names)
            yield from _classes(module, statement, exports, f"{qualname}.")


def _base(node: ast.expr, exports: dict[str, str]) -> str:
    """The base as a dotted name through imports; a class of the same file is ``:name``, all else ``?``."""
    dotted = dotted_name(node.value if isinstance(node, ast.Subscript) else node)
    if dotted is None:
        return "?"
    head, _, rest = dotted.partition(".")
    if head in exports:
        return canonical(f"{exports[head]}.{rest}" if rest else exports[head])
    if dotted == "object":
        return "object"
    return f":{dotted}"
