"""What code tells pytest-asyncio while pytest collects tests, and what it asks the marks of tests for.

Sources: https://docs.pytest.org/en/stable/reference/reference.html#collection-hooks, and
https://pytest-asyncio.readthedocs.io/en/stable/how-to-guides/run_session_tests_in_same_loop.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.model.facts import LoopHook
from reassert.syntax.module import Module

_NAME, _MARK = "asyncio", "pytest.mark.asyncio"
_FACTORIES = "pytest_asyncio_loop_factories"
_ASKING = ("get_closest_marker", "iter_markers", "get_marker")


def hooks(module: Module) -> frozenset[LoopHook]:
    """What a module, if it is a conftest.py, does to the tests below it."""
    return frozenset(_hooks(module))


def _hooks(module: Module) -> Iterator[LoopHook]:
    if _FACTORIES in module.top_level_functions:
        yield "factories"
    for call in (module.parents[node] for node in module.attributes_named("add_marker")):
        for argument in call.args[:1] if isinstance(call, ast.Call) else ():
            if isinstance(argument, ast.Constant) and argument.value == _NAME:
                yield "mark"
    for mark in module.attributes_named(_NAME):
        call = module.parents[mark]
        if module.resolve(mark) == _MARK and not _is_own(module, mark):
            scoped = module.is_called(mark) and isinstance(call, ast.Call) and (call.args or call.keywords)
            yield "scope" if scoped else "mark"


def _is_own(module: Module, mark: ast.AST) -> bool:
    """Whether a mark decorates something, or is that of the module: in a ``conftest.py`` it marks no test."""
    statement = module.enclosing_statement(mark)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    own = any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in targets)
    return own or isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def asked(module: Module) -> Iterator[ast.AST]:
    """Where code asks for the mark asyncio of a test."""
    for text in module.strings_equal(_NAME):
        parent = module.parents[text]
        call = module.parents[parent] if isinstance(parent, ast.keyword) else parent
        if isinstance(call, ast.Call):
            func = call.func
            is_asking = isinstance(func, ast.Attribute) and func.attr in _ASKING
            of_keywords = isinstance(func, ast.Attribute) and getattr(func.value, "attr", "") == "keywords"
            if is_asking or of_keywords:
                yield text
        elif isinstance(parent, (ast.Compare, ast.Subscript)) and _is_in_hook(module, text):
            yield text


def _is_in_hook(module: Module, node: ast.AST) -> bool:
    """Whether a node is in the body of a hook of pytest's."""
    functions = (a for a in module.ancestors(node) if isinstance(a, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return any(f.name.startswith("pytest_") for f in functions)
