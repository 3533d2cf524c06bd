"""Patches of unittest.mock above tests and classes, and the arguments that decorators give to a test.

pytest takes a parameter of a test for a fixture unless it has a default or is one of the first, which
positional mocks fill: ``getfuncargnames`` and ``num_mock_patch_args`` in _pytest/compat.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from reassert.syntax.classes import ClassInfo, receiver_name
from reassert.syntax.context import Context
from reassert.syntax.known_decorators import is_known
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.parameters import is_hypothesis
from reassert.syntax.setup_chain import Problem

# Where ``new`` stands among the positional arguments; without it the patch hands over a mock.
_NEW = {"unittest.mock.patch": 1, "unittest.mock.patch.object": 2}
_GIVES_ARGUMENTS = "parameterized.parameterized.expand"


def patch_problems(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Tests and set-up whose arguments pytest would take for fixtures; patches under another prefix."""
    above = [d for c in [info, *context.classes.heirs(info)] for d in _of_class(c)]
    for function in info.functions:
        if function in info.tests or function.name in ("setUp", "tearDown"):
            inherited = above if function in info.tests else []
            if _is_given_more(info.module, function, inherited):
                reason = f"pytest would take arguments of {function.name} for fixtures"
                yield Problem(info, "B-PATCHMULTI", function, reason)
    if "TEST_PREFIX" in context.module.stored_attributes and _of_class(info):
        prefix = next(a for a in context.module.attributes if _sets_prefix(a))
        yield Problem(
            info, "B-PATCHMULTI", prefix, "the class is patched where names begin with another prefix"
        )


def is_patched(info: ClassInfo) -> bool:
    """Whether a decorator of the class is a patch: it goes to the methods whose names begin with test."""
    return bool(_of_class(info))


def _of_class(info: ClassInfo) -> list[ast.expr]:
    return [d for d in info.node.decorator_list if _name(info.module, d).startswith("unittest.mock.patch")]


def _sets_prefix(node: ast.Attribute) -> bool:
    return node.attr == "TEST_PREFIX" and not isinstance(node.ctx, ast.Load)


def _name(module: Module, decorator: ast.expr) -> str:
    return module.resolve(decorator.func if isinstance(decorator, ast.Call) else decorator) or ""


def _is_given_more(module: Module, function: FunctionNode, inherited: Sequence[ast.expr]) -> bool:
    """Whether a method needs more arguments than the receiver and the mocks that it is given in order."""
    own = function.decorator_list
    if not (own or inherited):
        return False
    if receiver_name(function) is None or any(is_hypothesis(d) for d in own):
        return False
    if any(_name(module, d) == _GIVES_ARGUMENTS or not is_known(_name(module, d)) for d in own):
        return False
    a = function.args
    required = len(a.posonlyargs) + len(a.args) - len(a.defaults) - 1
    required += sum(default is None for default in a.kw_defaults)
    mocks = sum(hands_over(module, d) for d in [*own, *inherited])
    return required > mocks


def hands_over(module: Module, decorator: ast.expr) -> bool:
    """Whether a patch gives the function a mock, as a positional argument."""
    place = _NEW.get(_name(module, decorator))
    if place is None or not isinstance(decorator, ast.Call):
        return False
    given = [*decorator.args[place : place + 1], *(k.value for k in decorator.keywords if k.arg == "new")]
    return all((module.resolve(value) or "").endswith("mock.DEFAULT") for value in given)
