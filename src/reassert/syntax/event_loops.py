"""Who asks for pytest-asyncio's ``event_loop`` fixture, which is gone in version 1.0.

Source: https://pytest-asyncio.readthedocs.io/en/stable/how-to-guides/migrate_from_0_23.html, and its
changelog: "The event_loop fixture was removed", since 1.0.0.
"""

from __future__ import annotations

import ast

from reassert.model.edits import Edit, Unit
from reassert.syntax.asyncio_marks import functions_of
from reassert.syntax.context import Context
from reassert.syntax.fixtures import EVENT_LOOP, made_up_fixtures
from reassert.syntax.module import FunctionNode


def asks_for_loop(function: FunctionNode) -> ast.arg | None:
    """The parameter that gets the fixture; one with a default is none to pytest."""
    a = function.args
    plain = a.args[: len(a.args) - len(a.defaults)] if a.defaults else a.args
    return next((x for x in plain if x.arg == EVENT_LOOP), None)


def is_overridden(context: Context) -> bool:
    """Whether the project has a fixture of that name, or of the policy, as far as the file can see."""
    own = made_up_fixtures(context.module) | context.facts.fixtures
    made = any(f.name.startswith(EVENT_LOOP) and f.decorator_list for f in functions_of(context.module))
    return made or any(name.startswith(EVENT_LOOP) for name in own)


def without_parameter(
    context: Context, function: FunctionNode, parameter: ast.arg, unit: Unit, required: str | None = None
) -> Edit:
    """Remove a parameter with one comma."""
    every = [*function.args.posonlyargs, *function.args.args]
    place, span = every.index(parameter), context.module.span(parameter)
    if place:
        return Edit(context.module.span(every[place - 1]).end, span.end, (), unit, required, swallows=True)
    later = [*every[1:], *([function.args.vararg] if function.args.vararg else []), *function.args.kwonlyargs]
    if later and len(every) > 1:
        return Edit(span.start, context.module.span(later[0]).start, (), unit, required, swallows=True)
    return Edit(span.start, span.end, (), unit, required, swallows=True)
