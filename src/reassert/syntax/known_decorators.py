"""Decorators whose behaviour is known by their name."""

from __future__ import annotations

import ast

from reassert.syntax.module import Module

# Decorators that work alike on methods of a TestCase and of a plain class.
SAFE_DECORATORS = (
    "unittest.mock.",
    "functools.",
    "contextlib.",
    "pytest.mark.",
    "hypothesis.",
    "freezegun.",
    "time_machine.",
    "responses.",
    "respx.",
    "httpretty.",
    "vcr.",
    "moto.",
    "requests_mock.",
    "parameterized.parameterized.expand",
    "typing.",
    "abc.abstractmethod",
    "warnings.",
)
BUILTIN_DECORATORS = ("staticmethod", "classmethod", "property")
# Those of them that give a test arguments, so that it cannot be given others by pytest.
_ARGUMENTS = ("hypothesis.", "parameterized.")
_SKIPS = ("unittest.skip", "unittest.skipIf", "unittest.skipUnless", "unittest.expectedFailure")


def is_known(name: str) -> bool:
    """Whether a dotted name is, or is in, one of ``SAFE_DECORATORS``."""
    return (name + ".").startswith(tuple(d if d.endswith(".") else d + "." for d in SAFE_DECORATORS))


def hands_arguments_on(module: Module, decorator: ast.expr) -> bool:
    """Whether what a decorator puts around a test takes any further arguments of it."""
    name = module.resolve(decorator.func if isinstance(decorator, ast.Call) else decorator)
    if name is None:
        return isinstance(decorator, ast.Name) and decorator.id in BUILTIN_DECORATORS
    return name in _SKIPS or (is_known(name) and not name.startswith(_ARGUMENTS))
