"""What a module says to pytest-asyncio: its marks and fixtures, and what auto mode would newly catch.

Source: ``pytest_asyncio/plugin.py`` (1.5), and experiments: in auto mode every async function that pytest
collects is a test of pytest-asyncio, and so is every async fixture, unless the *closest* mark says more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reassert.model.facts import AsyncioClass, AsyncioFacts, MarkKind, Remark
from reassert.syntax.asyncio_hooks import asked, hooks
from reassert.syntax.bodies import body_statements
from reassert.syntax.module import FunctionNode, Module, imported_names

MARK = "pytest.mark.asyncio"
FIXTURE = "pytest_asyncio.fixture"
PYTESTMARK = "pytestmark"
# At least one of these words is in any file that concerns pytest-asyncio or a plugin like it.
WORDS = (
    *(b"async", b"asyncio", b"pytest_asyncio", b"anyio", b"anyio_backend", b"trio", b"event_loop"),
    *(b"pytest_aiohttp", b"pytest_curio", b"pytest_tornado", b"pytest_tornasync", b"pytest_trio"),
    *(b"pytest_twisted", b"curio", b"gen_test"),
)
# The same, by what they have in common; plain bytes are found much faster than a pattern.
_CONCERNS = (
    b"async",
    b"anyio",
    b"trio",
    b"event_loop",
    b"aiohttp",
    b"curio",
    b"_torna",
    b"_twisted",
    b"gen_test",
)
_OTHER_MARKS = ("anyio", "trio", "curio", "gen_test")
_OTHER_PLUGINS = frozenset(
    {"pytest_aiohttp", "pytest_curio", "pytest_tornado", "pytest_tornasync", "pytest_trio", "pytest_twisted"}
)
_PLAIN_FIXTURES = ("pytest.fixture", "pytest.yield_fixture")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_HANDED_ON = "strict mode hands on the coroutine of this async fixture, auto mode would run it"
_UNKNOWN = "it is not certain whose fixture this is, and whether auto mode would run it"
_ASKED = "code asks for the mark asyncio, which sync tests would lose"
UNPARSED = "the file cannot be parsed, so nobody knows what auto mode would do with it"

Scope = ast.Module | ast.ClassDef


def kind_of(module: Module, node: ast.expr) -> MarkKind:
    """Whether an expression is pytest-asyncio's mark, and whether it has arguments."""
    if module.resolve(node.func if isinstance(node, ast.Call) else node) != MARK:
        return ""
    return "scoped" if isinstance(node, ast.Call) and (node.args or node.keywords) else "bare"


class Bound(NamedTuple):
    """A statement that binds ``pytestmark`` in a scope, and the marks that it lists.

    ``alone``: nothing else in the scope binds or changes the name.
    """

    statement: ast.Assign | ast.AnnAssign
    marks: Sequence[ast.expr]
    alone: bool


def pytestmarks(module: Module, scope: Scope) -> Iterator[Bound]:
    """The statements right in a scope that bind ``pytestmark``."""
    names = module.names.get(PYTESTMARK, ())
    here = [n for n in names if _scope_of(module, n) is scope] if names else []
    for statement in scope.body if here else ():
        if isinstance(statement, ast.Assign):
            target = statement.targets[0] if len(statement.targets) == 1 else None
        elif isinstance(statement, ast.AnnAssign):
            target = statement.target
        else:
            continue
        if isinstance(target, ast.Name) and target.id == PYTESTMARK and statement.value is not None:
            value = statement.value
            marks = value.elts if isinstance(value, ast.List) else [value]
            yield Bound(statement, marks, len(here) == 1)


def _scope_of(module: Module, node: ast.AST) -> ast.AST:
    scopes = (*_DEFINITIONS, ast.Module, ast.Lambda)
    return next(a for a in module.ancestors(node) if isinstance(a, scopes))


def scope_mark(module: Module, scope: Scope) -> MarkKind:
    """The mark that a module or a class gives to what is in it; bound twice, only a loop scope is sure."""
    kinds = {kind_of(module, d) for d in getattr(scope, "decorator_list", ())}
    for bound in pytestmarks(module, scope):
        found = {kind_of(module, mark) for mark in bound.marks}
        kinds |= found if bound.alone else found & {"scoped"}
    return "scoped" if "scoped" in kinds else "bare" if "bare" in kinds else ""


class FixtureUse(NamedTuple):
    """``pytest_asyncio.fixture`` as a decorator; ``name`` is the expression without its arguments."""

    function: FunctionNode
    decorator: ast.expr
    name: ast.expr

    @property
    def keywords(self) -> Sequence[ast.keyword]:
        """The arguments with names; one of them is None for ``**``."""
        return self.decorator.keywords if isinstance(self.decorator, ast.Call) else ()

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing that ``pytest.fixture`` does not know, to an async function alone."""
        positional = isinstance(self.decorator, ast.Call) and self.decorator.args
        known = all(k.arg not in (None, "loop_scope") for k in self.keywords)
        is_async = isinstance(self.function, ast.AsyncFunctionDef)
        return is_async and known and not positional and len(self.function.decorator_list) == 1

    @property
    def is_wide(self) -> bool:
        """Whether it lives longer than a test, and takes the loop that goes with that."""
        return _is_wide(self.keywords)


def _is_wide(keywords: Sequence[ast.keyword]) -> bool:
    scope = next((k.value for k in keywords if k.arg == "scope"), None)
    narrow = scope is None or (isinstance(scope, ast.Constant) and scope.value == "function")
    return not narrow and all(k.arg != "loop_scope" for k in keywords)


def functions_of(module: Module) -> list[FunctionNode]:
    """Every function, sync ones first."""
    return [*module.of(ast.FunctionDef), *module.of(ast.AsyncFunctionDef)]


def definitions_of(module: Module) -> list[FunctionNode | ast.ClassDef]:
    """Every function and class, by kind."""
    return [*functions_of(module), *module.classes]


def fixture_uses(module: Module) -> Iterator[FixtureUse]:
    """Every fixture of pytest-asyncio, in source order of each kind of function."""
    if b"pytest_asyncio" not in module.source.buffer:
        return
    for function in functions_of(module):
        for decorator in function.decorator_list:
            name = decorator.func if isinstance(decorator, ast.Call) else decorator
            if module.resolve(name) == FIXTURE:
                yield FixtureUse(function, decorator, name)


def called_fixtures(module: Module) -> Iterator[ast.Call]:
    """Where ``pytest_asyncio.fixture`` is called, and not as a decorator."""
    if b"pytest_asyncio" in module.source.buffer:
        above = {decorator for function in functions_of(module) for decorator in function.decorator_list}
        yield from (c for c in module.of(ast.Call) if c not in above and module.resolve(c.func) == FIXTURE)


def asyncio_facts(module: Module) -> AsyncioFacts | None:
    """What the module says, None if that is nothing."""
    if not module.mentions(_CONCERNS):
        return None
    fixtures, called = list(fixture_uses(module)), list(called_fixtures(module))
    scopes: list[Scope] = [module.tree, *module.classes]
    marks = [m for scope in scopes for b in pytestmarks(module, scope) for m in b.marks]
    marks += [d for node in definitions_of(module) for d in node.decorator_list]
    facts = AsyncioFacts(
        uses=bool(fixtures or called) or any(kind_of(module, mark) for mark in marks),
        mark=scope_mark(module, module.tree),
        functions=tuple(_unmarked(module, module.tree)),
        classes=tuple(_classes(module, module.tree, "", "")),
        wide=any(use.is_wide for use in fixtures) or any(_is_wide(call.keywords) for call in called),
        obstacles=tuple(sorted(set(_obstacles(module)))),
        asked=tuple(_remark(module, node, "C-CONFIG", _ASKED) for node in asked(module)),
        sync=any(_is_marked(module, function) for function in module.of(ast.FunctionDef)),
        hooks=hooks(module),
    )
    return None if facts == AsyncioFacts() else facts


def _is_marked(module: Module, function: ast.FunctionDef) -> bool:
    """Whether a sync function that may be a test has the mark, by itself or by what is around it."""
    around = module.parents[function]
    if "test" not in function.name.lower() or not isinstance(around, (ast.ClassDef, ast.Module)):
        return False
    own = any(kind_of(module, decorator) for decorator in function.decorator_list)
    return own or any(
        scope_mark(module, s) for s in (around, *module.ancestors(around)) if isinstance(s, Scope)
    )


def _unmarked(module: Module, scope: Scope) -> Iterator[tuple[str, int, int]]:
    """The async functions of a scope without a mark, also by another name for one; fixtures are none."""
    coroutines = {n.name for n in module.of(ast.AsyncFunctionDef)}
    for statement in body_statements(scope):
        if isinstance(statement, ast.AsyncFunctionDef) and not _is_told(module, statement):
            yield statement.name, *_place(module, statement)
        elif isinstance(statement, ast.Assign) and getattr(statement.value, "id", None) in coroutines:
            named = (t.id for t in statement.targets if isinstance(t, ast.Name))
            yield from ((name, *_place(module, statement)) for name in named)


def _is_told(module: Module, function: ast.AsyncFunctionDef) -> bool:
    """Whether pytest-asyncio is told of a function, by a mark or as a fixture."""
    names = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
    return any(module.resolve(name) in (MARK, FIXTURE) for name in names)


def _classes(module: Module, scope: Scope, qualname: str, outer: MarkKind) -> Iterator[AsyncioClass]:
    for statement in body_statements(scope):
        if isinstance(statement, ast.ClassDef):
            own, name = scope_mark(module, statement), f"{qualname}{statement.name}"
            mark: MarkKind = "scoped" if "scoped" in (own, outer) else own or outer
            functions = tuple(_unmarked(module, statement))
            if mark or functions:
                yield AsyncioClass(name, mark, functions)
            yield from _classes(module, statement, f"{name}.", mark)


# -- what speaks against auto mode ---------------------------------------------------------------------------


def _obstacles(module: Module) -> Iterator[Remark]:
    yield from _untold_fixtures(module)
    yield from _own_loops(module)
    yield from _other_plugins(module)


def _untold_fixtures(module: Module) -> Iterator[Remark]:
    """Async fixtures that strict mode leaves alone: whoever asks for one gets a coroutine."""
    for function in module.of(ast.AsyncFunctionDef):
        for reason in filter(None, (_untold_by(module, d) for d in function.decorator_list)):
            yield _remark(module, function, "C-VACUOUS", reason)
    coroutines = {n.name for n in module.of(ast.AsyncFunctionDef)}
    for call in module.of(ast.Call):
        maker = call.func.func if isinstance(call.func, ast.Call) else call.func
        made = [a.id for a in call.args if isinstance(a, ast.Name)]
        if not coroutines.isdisjoint(made) and module.resolve(maker) in _PLAIN_FIXTURES:
            yield _remark(module, call, "C-VACUOUS", _HANDED_ON)


def _untold_by(module: Module, decorator: ast.expr) -> str:
    """Why a decorator may make an async function a fixture of which pytest-asyncio is not told."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    known = module.resolve(node)
    if known in _PLAIN_FIXTURES:
        return _HANDED_ON
    name = known or getattr(node, "attr", None) or getattr(node, "id", "")
    return _UNKNOWN if known != FIXTURE and str(name).endswith("fixture") else ""


def _own_loops(module: Module) -> Iterator[Remark]:
    for function in functions_of(module):
        if function.name == "event_loop" and function.decorator_list:
            yield _remark(module, function, "C-LOOP", "the project has an event_loop fixture of its own")


def _other_plugins(module: Module) -> Iterator[Remark]:
    for name in _OTHER_MARKS:
        for mark in module.attributes_by_name.get(name, ()):
            if module.resolve(mark) == f"pytest.mark.{name}":
                yield _remark(
                    module, mark, "C-AUTO", f"auto mode would take over tests that are marked for {name}"
                )
    for node, word in _words(module):
        if word == "anyio_backend":
            yield _remark(module, node, "C-AUTO", "auto mode would take over tests that anyio runs")
        elif word in _OTHER_PLUGINS:
            yield _remark(module, node, "C-AUTO", f"{word} runs async tests in a way of its own")


def _words(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Names of functions, arguments and imported packages, and strings."""
    yield from ((function, function.name) for function in functions_of(module))
    yield from ((argument, argument.arg) for argument in module.of(ast.arg))
    yield from ((c, c.value) for c in module.of(ast.Constant) if isinstance(c.value, str))
    for statement in module.import_nodes:
        for _, target in imported_names(statement):
            yield statement, target.partition(".")[0]


def _remark(module: Module, node: ast.AST, code: str, reason: str) -> Remark:
    return Remark(*_place(module, node), code, reason)


def _place(module: Module, node: ast.AST) -> tuple[int, int]:
    """1-based line and column in characters."""
    start = module.span(node).start
    line = module.source.line_of(start)
    return line, len(module.source.buffer[module.source.line_starts[line - 1] : start].decode()) + 1
