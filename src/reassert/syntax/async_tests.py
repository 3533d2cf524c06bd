"""How a test that becomes async is told to pytest-asyncio, in the mode that the project is in.

In auto mode nothing has to be said. In strict mode, the default, a test needs a mark and a fixture
pytest-asyncio's own decorator; where the whole project can go to auto mode, planning works on the file once
more with that mode in its configuration (``workflow.auto_mode``), and what is asked for here is not written.
Source: https://pytest-asyncio.readthedocs.io/en/stable/concepts.html#test-discovery-modes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.model.edits import Edit, Unit
from reassert.syntax.asyncio_marks import FIXTURE, MARK, Scope, pytestmarks, scope_mark
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.fixtures import EVENT_LOOP, made_up_fixtures
from reassert.syntax.imports import imported_as
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.statements import insertion

Reason = tuple[str, str]
"""A refusal's code and words."""

# Loop scopes under which a function-scoped fixture, and a test, have a loop of their own.
_NARROW = ("", "function", "fixture-scope")
# Plugins that take every coroutine for theirs, marked or not.
_TAKE_ALL = ("pytest-aiohttp", "pytest-tornasync")
_LOOP_FIXTURES = (EVENT_LOOP, f"{EVENT_LOOP}_policy")
_OTHER_MARKS = tuple(f"pytest.mark.{name}" for name in ("anyio", "trio", "curio", "gen_test"))


def is_auto(context: Context) -> bool:
    """Whether the project is in auto mode, or will be."""
    return context.config.pytest.asyncio_mode == "auto"


def needs_mark(context: Context, node: FunctionNode | ast.ClassDef) -> bool:
    """Whether pytest-asyncio has to be told of a test, or of the tests of a class."""
    if is_auto(context):
        return False
    around = [a for a in context.module.ancestors(node) if isinstance(a, (ast.ClassDef, ast.Module))]
    around += [node] if isinstance(node, ast.ClassDef) else []
    decorators = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    told = any(context.module.resolve(d) == MARK for d in decorators)
    return not told and not any(scope_mark(context.module, scope) for scope in around)


def marked(
    context: Context, node: FunctionNode | ast.ClassDef, unit: Unit, requires: ClassInfo | None = None
) -> Iterator[Edit]:
    """The mark above an async test, or above a class of none but async tests, where one is needed."""
    if needs_mark(context, node):
        mark = context.layout(node).indent + b"@" + imported_as(context, "pytest") + b".mark.asyncio"
        line = mark + context.source.newline.encode()
        yield insertion(_above(context, node), [line], unit, requires, "pytest")


def _above(context: Context, node: FunctionNode | ast.ClassDef) -> int:
    """Where a new decorator goes: above all that stay, as what they give need not have the mark of the test.

    Not above those that other rules take over: with a line that goes what begins there goes, too.
    """
    stay = [d.lineno for d in node.decorator_list if id(d) not in context.handled]
    return context.source.line_starts[min([*stay, node.lineno]) - 1]


def async_fixture(context: Context) -> tuple[bytes, str]:
    """The decorator of an async fixture without ``@`` and arguments, and the module to be imported for it."""
    module = "pytest" if is_auto(context) else FIXTURE.partition(".")[0]
    return imported_as(context, module) + b".fixture", module


def obstacles(context: Context, node: ast.AST) -> Iterator[Reason]:
    """Why a test at the place of ``node`` would not have a loop of its own from pytest-asyncio.

    The loop of unittest's own async tests, and that of ``asyncio.run``, is there for one test only.
    """
    yield from _configured(context)
    yield from _hooked(context)
    scopes = [a for a in (node, *context.module.ancestors(node)) if isinstance(a, (ast.ClassDef, ast.Module))]
    in_package = context.facts.asyncio is not None and context.facts.asyncio.in_scope
    if in_package or any(scope_mark(context.module, scope) == "scoped" for scope in scopes):
        yield "C-SCOPE", "a mark around it has a loop scope: the test would share its loop with others"
    for name in (name for scope in scopes for name in _marks(context.module, scope)):
        if name in _OTHER_MARKS:
            yield "C-AUTO", f"a mark around it, {name}, has another plugin run it"


def _configured(context: Context) -> Iterator[Reason]:
    config = context.config
    for plugin in filter(config.has_plugin, _TAKE_ALL):
        yield "C-AUTO", f"the project has {plugin}, which would run async tests in a way of its own"
    scopes = {"fixtures": config.pytest.asyncio_fixture_scope, "tests": config.pytest.asyncio_test_scope}
    for name, scope in scopes.items():
        if scope not in _NARROW:
            yield "C-SCOPE", f"async {name} are configured to share the loop of their {scope}"


def _hooked(context: Context) -> Iterator[Reason]:
    """What a ``conftest.py`` does to the loops of pytest-asyncio, which are no others than these."""
    if "scope" in context.facts.hooks:
        yield "C-SCOPE", "a conftest.py gives tests a mark with a loop scope: the test may share its loop"
    if "factories" in context.facts.hooks:
        yield "C-LOOP", "a conftest.py has a hook that says which loops there are"
    own = made_up_fixtures(context.module)
    for name in sorted(n for n in own | context.facts.fixtures if n in _LOOP_FIXTURES):
        yield "C-LOOP", f"{'the file' if name in own else 'a conftest.py'} has an {name} fixture of its own"


def _marks(module: Module, scope: Scope) -> Iterator[str | None]:
    marks = [m for bound in pytestmarks(module, scope) for m in bound.marks]
    for mark in [*marks, *getattr(scope, "decorator_list", ())]:
        yield module.resolve(mark.func if isinstance(mark, ast.Call) else mark)
