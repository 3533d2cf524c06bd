"""What a module says to pytest: its fixtures, and the modules whose assertions it has rewritten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.bodies import bound_names
from reassert.syntax.module import Module

# What the names of fixtures begin with that stand for setUp and tearDown.
SET_UP = "_setup"
TEAR_DOWN = "_teardown"
# pytest-asyncio's fixture up to its version 0.26, which a project may override.
EVENT_LOOP = "event_loop"
_STEMS = (SET_UP, TEAR_DOWN, EVENT_LOOP)
_FIXTURES = ("pytest.fixture", "pytest_asyncio.fixture")
GENERATE_TESTS = "pytest_generate_tests"
_WITH_PARAMETERS = [ast.keyword("params", ast.Constant(value=None))]
REGISTER = "pytest.register_assert_rewrite"


def made_up_fixtures(module: Module) -> frozenset[str]:
    """The module's fixtures that have such names, or override ``event_loop``; imported names may be some.

    A fixture of a class hides one of the same name that a module or a conftest.py has: even an autouse one
    does not run any more (pytest, "override a fixture on a folder level").
    """
    if not any(stem.encode() in module.source.buffer for stem in _STEMS):
        return frozenset()
    names = {*module.imports, *(n for s in module.tree.body for n in _fixture_names(module, s))}
    return frozenset(name for name in names if name.startswith(_STEMS))


def _fixture_names(module: Module, statement: ast.stmt) -> Iterator[str]:
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    for decorator in statement.decorator_list:
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if module.resolve(target) in _FIXTURES:
            named = [text for k in keywords if k.arg == "name" for text in _texts(k.value)]
            yield named[0] if named else statement.name


def all_fixtures(module: Module) -> Iterator[tuple[str, list[ast.keyword]]]:
    """Every fixture of a file, its classes' among them, with the keywords of its decorator.

    What ``pytest_generate_tests`` may give tests by name is as one with parameters: a test that had it from a
    table, too, would not be collected (``Metafunc.parametrize``).
    """
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = [*module.of(ast.FunctionDef)]
    functions += module.of(ast.AsyncFunctionDef)
    for function in functions if b"fixture" in module.source.buffer else ():
        for decorator in function.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if (module.resolve(target) or "").endswith("fixture"):
                keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
                named = [text for k in keywords if k.arg == "name" for text in _texts(k.value)]
                yield named[0] if named else function.name, keywords
    for hook in module.tree.body if GENERATE_TESTS.encode() in module.source.buffer else ():
        if isinstance(hook, ast.FunctionDef) and hook.name == GENERATE_TESTS:
            names = {name.strip() for text in _texts(hook) for name in text.split(",")}
            yield from ((name, _WITH_PARAMETERS) for name in sorted(names) if name.isidentifier())


def multiplies(keywords: list[ast.keyword]) -> bool:
    """Whether a fixture, by its keywords, makes tests run several times that do not ask for it."""
    return {"params", "autouse"} <= {k.arg for k in keywords}


def surrounds(keywords: list[ast.keyword]) -> bool:
    """Whether a fixture, by its keywords, runs around each test without being asked for."""
    scopes = [k.value for k in keywords if k.arg == "scope"]
    wide = scopes and isinstance(scopes[0], ast.Constant) and scopes[0].value != "function"
    autouse = [k.value for k in keywords if k.arg == "autouse"]
    off = autouse and isinstance(autouse[0], ast.Constant) and not autouse[0].value
    return bool(autouse) and not off and not wide


def registered_modules(module: Module) -> frozenset[str]:
    """The modules that this one registers for assertion rewriting, by itself or as plugins."""
    return frozenset(text for node in (*_registrations(module), *_plugins(module)) for text in _texts(node))


def _registrations(module: Module) -> Iterator[ast.expr]:
    if b"register_assert_rewrite" in module.source.buffer:
        for call in module.of(ast.Call):
            if module.resolve(call.func) == REGISTER:
                yield from call.args


def _plugins(module: Module) -> Iterator[ast.expr]:
    if b"pytest_plugins" in module.source.buffer:
        for statement in module.tree.body:
            if isinstance(statement, ast.Assign) and "pytest_plugins" in set(bound_names(statement)):
                yield statement.value


def _texts(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value
