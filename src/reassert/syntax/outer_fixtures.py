"""Fixtures that a TestCase has already: pytest sets them up before setUp, and so must what setUp becomes.

They come from ``usefixtures`` marks and from autouse fixtures of the classes. As fixtures of one node run
in alphabetical order, autouse ones before those of marks (``getfixtureinfo`` in _pytest/fixtures.py), the
fixture that takes setUp's place requests all of them, in the order that they had.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.classes import ClassInfo, Component
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.testcase_api import API, LEGACY_ASSERTIONS


def is_simple_fixture(info: ClassInfo, function: FunctionNode) -> bool:
    """Whether a method is a function-scoped fixture under its own name that uses nothing but assertions."""
    if len(function.decorator_list) != 1 or isinstance(function, ast.AsyncFunctionDef):
        return False
    if function not in info.direct or _options(info.module, function.decorator_list[0]) is None:
        return False
    allowed = LEGACY_ASSERTIONS | {"skipTest"}
    return all(u.name in allowed or u.name not in API for u in info.uses.attributes if u.method is function)


def _options(module: Module, decorator: ast.expr) -> dict[str, object] | None:
    """The literal options of ``@pytest.fixture``; None if it is none, or has more than autouse and scope."""
    if not isinstance(decorator, ast.Call):
        return {} if module.resolve(decorator) == "pytest.fixture" else None
    keywords = decorator.keywords
    if module.resolve(decorator.func) != "pytest.fixture" or decorator.args:
        return None
    found: dict[str, object] = {
        k.arg or "": k.value.value for k in keywords if isinstance(k.value, ast.Constant)
    }
    if len(found) < len(keywords) or found.keys() - {"autouse", "scope"}:
        return None
    return found if found.get("scope", "function") == "function" else None


def outer_fixtures(runner: ClassInfo) -> tuple[str, ...] | None:
    """What pytest sets up before the setUp of a test class, marks of tests aside; None if it is not seen."""
    found = [n for n in sorted(_fixture_names(runner)) if _is_autouse(runner, n)]
    for marks in _mark_lists(runner):
        if marks is None:
            return None
        for mark in marks:
            names = _used_fixtures(runner.module, mark)
            if names is None:
                return None
            found += names
    return tuple(dict.fromkeys(found))


def _fixture_names(runner: ClassInfo) -> set[str]:
    return {f.name for c in runner.mro for f in c.functions if is_simple_fixture(c, f)}


def _is_autouse(runner: ClassInfo, name: str) -> bool:
    owner = next(c for c in runner.mro if name in c.defines)
    function = owner.methods.get(name)
    if function is None or not function.decorator_list:
        return False
    return bool((_options(owner.module, function.decorator_list[0]) or {}).get("autouse"))


def _mark_lists(runner: ClassInfo) -> Iterator[list[ast.expr] | None]:
    """The marks of the class and its bases, base first, bottom decorator first, then those of the module."""
    for info in reversed(runner.mro):
        yield _assigned_marks(info.module, info.node)
        yield list(reversed(info.node.decorator_list))
    yield _assigned_marks(runner.module, runner.module.tree)


def _assigned_marks(module: Module, scope: ast.ClassDef | ast.Module) -> list[ast.expr] | None:
    """The marks in ``pytestmark``; None if it is bound in another way than by one plain assignment."""
    bound = [n for n in module.names.get("pytestmark", ()) if not isinstance(n.ctx, ast.Load)]
    mine = [n for n in bound if module.parents[module.enclosing_statement(n)] is scope]
    if not mine and "pytestmark" in module.imports and isinstance(scope, ast.Module):
        return None
    if not mine:
        return []
    statement = module.enclosing_statement(mine[0])
    if len(mine) > 1 or not isinstance(statement, ast.Assign):
        return None
    value = statement.value
    marks = list(value.elts) if isinstance(value, (ast.List, ast.Tuple)) else [value]
    return marks if all(_is_mark(module, m) for m in marks) else None


def _is_mark(module: Module, node: ast.expr) -> bool:
    name = module.resolve(node.func if isinstance(node, ast.Call) else node) or ""
    return name.startswith("pytest.mark.")


def _used_fixtures(module: Module, mark: ast.expr) -> list[str] | None:
    """The fixtures that a mark asks for; None if they are not literal."""
    name = module.resolve(mark.func if isinstance(mark, ast.Call) else mark)
    if name != "pytest.mark.usefixtures" or not isinstance(mark, ast.Call):
        return []
    names = [a.value for a in mark.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    usable = len(names) == len(mark.args) and all(n.isidentifier() for n in names)
    return names if usable else None


def own_requests(component: Component) -> Iterator[tuple[ClassInfo, FunctionNode]]:
    """The tests with a ``usefixtures`` mark of their own."""
    for info in component:
        for test in info.tests:
            if any(_used_fixtures(info.module, d) != [] for d in test.decorator_list):
                yield info, test
