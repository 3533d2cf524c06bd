"""Parameters of test methods: which test may get one more, and where it goes."""

from __future__ import annotations

import ast

from reassert.model.edits import Edit, Unit
from reassert.syntax.classes import ClassInfo, Component, parameter_names
from reassert.syntax.context import Context
from reassert.syntax.known_decorators import hands_arguments_on
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.statements import insertion


def add_parameter(context: Context, function: FunctionNode, name: str, unit: Unit, owner: ClassInfo) -> Edit:
    """One more parameter behind the others (never beside ``*args``: see ``takes_fixture``)."""
    a = function.args
    last = [*a.posonlyargs, *a.args, *a.kwonlyargs][-1]
    ends = [
        context.module.span(last).end,
        *(context.module.span(d).end for d in [*a.defaults, *a.kw_defaults] if d),
    ]
    text = f", *, {name}" if a.defaults and not a.kwonlyargs else f", {name}"
    return insertion(max(ends), [text.encode()], unit, owner)


def takes_fixture(component: Component, method: FunctionNode) -> bool:
    """Whether a test may get one more parameter: nobody calls it, by ``super()`` neither.

    pytest looks at the parameters of the method that a class has, whatever those of the one it replaces are.
    A function-scoped fixture beside ``@given`` fails hypothesis' health check, and what another decorator
    puts around the test may take nothing but ``self``.
    """
    if method.name in component.called:
        return False
    if method.args.vararg or method.args.kwarg:
        return False
    module = next(c.module for c in component if method in c.functions)
    return all(hands_arguments_on(module, d) and not is_hypothesis(d) for d in method.decorator_list)


def local_names(module: Module, function: FunctionNode) -> set[str]:
    """Every name that a function of the module mentions, its parameters included."""
    return {n.id for n in module.inside(function, module.of(ast.Name))} | parameter_names(function)


def is_hypothesis(decorator: ast.expr) -> bool:
    """Whether a decorator is hypothesis' ``given``."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")) == "given"
