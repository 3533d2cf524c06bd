"""What one parsed file says to other files: its classes, imports and re-exports."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator, Sequence

from reassert.model.facts import AsyncioFacts, Remark, ScannedClass, ScannedFacts
from reassert.syntax.asyncio_marks import UNPARSED, asyncio_facts
from reassert.syntax.bodies import body_statements
from reassert.syntax.classes import dotted_name
from reassert.syntax.fixtures import all_fixtures, made_up_fixtures, multiplies, registered_modules, surrounds
from reassert.syntax.functions import additions, function_facts, wanted_functions
from reassert.syntax.module import Module, canonical, imported_names
from reassert.syntax.quoted import quoted_paths
from reassert.syntax.respellings import defined_names
from reassert.syntax.roots import ROOTS
from reassert.syntax.testcase_api import MODULE_FIXTURES

_FROM = re.compile(
    r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]*(?:\(([^)]*)\)|((?:\\\n|[^\n#;])*))", re.MULTILINE
)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([^\n#;]+)", re.MULTILINE)
_TEST = re.compile(r"\btest\w*")
_ASYNC = re.compile(r"^[ \t]*async[ \t]+def\b", re.MULTILINE)
_DOTTED = re.compile(r"\b[^\W\d]\w*(?:\.\w+)+")


def scan_text(text: str) -> ScannedFacts:
    """What the lines of a file that does not parse say of imports: it may do for another Python."""
    exports = dict(_imported_in(text))
    paths = (dotted.partition(".") for dotted in _DOTTED.findall(text))
    through = {f"{exports[head]}.{rest}" for head, _, rest in paths if head in exports}
    imports = frozenset({*exports.values(), *through})
    untold = Remark(1, 1, "C-VACUOUS", UNPARSED)
    asyncio = AsyncioFacts(obstacles=(untold,)) if _ASYNC.search(text) else None
    return ScannedFacts(imports=imports, exports=exports, asyncio=asyncio, broken=True)


def _imported_in(text: str) -> Iterator[tuple[str, str]]:
    """(local name, dotted target) of each import that looks like one."""
    for module, several, one in _FROM.findall(text):
        prefix = module if module.endswith(".") else f"{module}."
        yield from ((local, f"{prefix}{name}") for name, local in _aliases(several or one))
    for names in _IMPORT.findall(text):
        for name, local in _aliases(names):
            top = name.partition(".")[0]
            yield (top, top) if local == name else (local, name)


def _aliases(listed: str) -> Iterator[tuple[str, str]]:
    """(name, local name) of each part of ``a, b as c``."""
    for part in re.sub(r"#.*|\\", "", listed).split(","):
        words = part.split()
        if words:
            yield words[0], words[-1]


def depends_on(facts: ScannedFacts, neighbours: frozenset[str]) -> bool:
    """Whether a base of a class, or a function to know more of, seems to be in one of ``neighbours``."""
    bases = {base for c in facts.classes for base in c.bases if "." in base and base not in ROOTS}
    return any(tail_of(name.lstrip(".").split(".")[:-1]) in neighbours for name in bases | facts.wanted)


def tail_of(module: Sequence[str]) -> str:
    """The end of a dotted name, so much as nearly always tells modules apart; empty for ``from . import``."""
    return ".".join(module[-2:])


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
        quoted_paths(module),
        registered_modules(module),
        made_up_fixtures(module),
        _loose_attributes(module, exports),
        dict(_opened(module, exports)),
        _tests(module),
        frozenset(_tests_named(module)),
        frozenset(name for name, _ in all_fixtures(module)),
        any(multiplies(keywords) for _, keywords in all_fixtures(module)),
        any(surrounds(keywords) for _, keywords in all_fixtures(module)),
        asyncio_facts(module),
    )


def _tests(module: Module) -> frozenset[str]:
    """The names of functions and methods that may be tests."""
    names = [f.name for f in module.of(ast.FunctionDef)] + [f.name for f in module.of(ast.AsyncFunctionDef)]
    return frozenset(name for name in names if name.startswith("test"))


def _tests_named(module: Module) -> Iterator[str]:
    """The names of tests, as it seems, that are imported, read as attributes, or in strings."""
    for node in module.import_nodes:
        names = [a.name for a in node.names] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in names if name.startswith("test"))
    yield from (name for name in module.attributes_by_name if name.startswith("test"))
    for string in module.strings:
        if "test" in str(string.value) and not isinstance(module.parents[string], ast.Expr):
            yield from _TEST.findall(str(string.value))


def _may_be_ours(dotted: str) -> bool:
    """Whether a dotted name may be a function of the project."""
    return dotted.startswith(".") or dotted.partition(".")[0] not in _STRANGERS


_STRANGERS = frozenset({"", *sys.builtin_module_names, *sys.stdlib_module_names, "pytest", "mock"})


def _attribute_paths(module: Module, exports: dict[str, str]) -> Iterator[str]:
    """``module.Name`` reached through an imported module, so that such uses of a class are seen."""
    for name, nodes in module.attributes_by_name.items():
        if not (_looks_like_class(name) or name in MODULE_FIXTURES):
            continue
        for node in nodes:
            head, _, rest = (dotted_name(node) or "").partition(".")
            if head in exports:
                yield f"{exports[head]}.{rest}"


def _loose_attributes(module: Module, exports: dict[str, str]) -> dict[str, int]:
    """``thing.Name`` where the file does not say what the thing is: a call gave it, or a parameter.

    It may be a module, and then this is a use of a class that no import tells of.
    """
    known = exports.keys() | {node.name for node in module.classes}
    found: dict[str, int] = {}
    for name, nodes in module.attributes_by_name.items():
        if _looks_like_class(name):
            loose = (n for n in nodes if isinstance(n.ctx, ast.Load) and not _is_placed(n, known))
            if (first := next(loose, None)) is not None:
                found[name] = first.lineno
    return found


def _opened(module: Module, exports: dict[str, str]) -> Iterator[tuple[str, int]]:
    """What is imported and asked for its attributes by computed names, or for all of them."""
    for name in _ASKING:
        for call in module.calls_of(name):
            constant = any(isinstance(a, ast.Constant) for a in call.args[1:2])
            if call.args and not (name == "getattr" and constant):
                yield from _origin_of(call.args[0], exports)
    for node in module.attributes_named("__dict__"):
        yield from _origin_of(node.value, exports)


_ASKING = ("getattr", "vars", "dir", "getmembers")


def _origin_of(node: ast.expr, exports: dict[str, str]) -> Iterator[tuple[str, int]]:
    head, _, rest = (dotted_name(node) or "").partition(".")
    if head in exports:
        yield (f"{exports[head]}.{rest}" if rest else exports[head]), node.lineno


def _is_placed(node: ast.Attribute, known: Collection[str]) -> bool:
    owner = node.value
    if isinstance(owner, ast.Name) and owner.id in ("self", "cls"):
        return True
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    return isinstance(owner, ast.Name) and owner.id in known


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
            bases = tuple(_base(module.at_run_time(b), exports) for b in statement.bases)
            yield ScannedClass(qualname, bases, defined_names(module, statement))
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
