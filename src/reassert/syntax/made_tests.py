"""Tests that a function of the project makes: ``test_a = builder(check, "a")`` in the body of a class.

What is made is a plain function that takes the instance alone, so pytest collects and calls it as unittest
did. It goes by the name in the class (``PyCollector.collect`` in _pytest/python.py).
"""

from __future__ import annotations

import ast

from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.handed_on import function_of
from reassert.syntax.testcase_api import API, TEST_PREFIX


def is_made(context: Context, info: ClassInfo, call: ast.Call) -> bool:
    """Whether a call in the body of a class surely makes a test that needs no TestCase.

    The class has other tests, so that it is one that pytest must collect. Methods that the made test calls
    are the class's own and helpers: what they do with the instance is known, and they keep their names.
    """
    facts = function_of(context, call.func)
    if facts is None or facts.makes is None or not any(c.tests for c in info.lineage):
        return False
    names = [name for name, _ in facts.uses]
    return all(_is_helper(info, _argument(call, names, wanted)) for wanted in facts.makes)


def _argument(call: ast.Call, names: list[str], wanted: str) -> ast.expr | None:
    """What a call gives for a parameter; None if it is not plain to see."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    given = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
    return next((value for name, value in given if name == wanted), None)


def _is_helper(info: ClassInfo, node: ast.expr | None) -> bool:
    method = info.methods.get(node.id) if isinstance(node, ast.Name) else None
    if method is None or method not in info.direct or method.name in info.repeated | API:
        return False
    return isinstance(method, ast.FunctionDef) and not (
        method.decorator_list or method.name.startswith(TEST_PREFIX)
    )
