"""Event loops that code makes for itself, and what it runs in them: ``asyncio.run`` and older ways.

Sources: ``Lib/asyncio/runners.py``, ``Lib/asyncio/base_events.py``; spec C.5.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reassert.model.facts import RunKind
from reassert.syntax.bodies import is_bare_constant
from reassert.syntax.module import FunctionNode, Module

MAKERS = frozenset({"asyncio.new_event_loop", "asyncio.get_event_loop"})
RUN = "asyncio.run"
RUN_UNTIL = "run_until_complete"
_SET = "asyncio.set_event_loop"
# What sets the kind of loop for all who ask for one.
POLICIES = ("set_event_loop_policy", "DefaultEventLoopPolicy", "EventLoopPolicy", "loop_factory")
# What code that has to do with event loops has in it.
WORDS = (b"asyncio.run", b"import run", RUN_UNTIL.encode())


@dataclass(frozen=True)
class Loops:
    """The expressions that stand for an event loop: local names, and attributes of the test instance."""

    module: Module
    names: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    receiver: str | None = None

    def is_loop(self, node: ast.expr) -> bool:
        """Whether an expression is one of the loops, or makes one."""
        if isinstance(node, ast.Name):
            return node.id in self.names
        if isinstance(node, ast.Attribute):
            of_instance = isinstance(node.value, ast.Name) and node.value.id == self.receiver
            return of_instance and node.attr in self.attributes
        return is_maker(self.module, node)

    def coroutine_of(self, node: ast.AST) -> ast.expr | None:
        """What a call runs to its end in a loop; None if it does no such thing."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return None
        if isinstance(node.args[0], ast.Starred):
            return None
        func = node.func
        until = isinstance(func, ast.Attribute) and func.attr == RUN_UNTIL and self.is_loop(func.value)
        return node.args[0] if until or self.module.resolve(func) == RUN else None

    def manages(self, statement: ast.stmt) -> bool:
        """Whether all that a statement does is to make, set or close one of the loops."""
        if isinstance(statement, ast.Assign):
            return len(statement.targets) == 1 and self._is_made(statement.targets[0], statement.value)
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or call.keywords:
            return False
        if self.module.resolve(call.func) == _SET:
            return len(call.args) == 1 and (_is_none(call.args[0]) or self.is_loop(call.args[0]))
        return self._closes(call)

    def _is_made(self, target: ast.expr, value: ast.expr) -> bool:
        return is_maker(self.module, value) and not isinstance(target, ast.Call) and self.is_loop(target)

    def _closes(self, call: ast.Call) -> bool:
        """``loop.close()``, or what ``asyncio.run`` does before it."""
        func = call.func
        if not isinstance(func, ast.Attribute) or not self.is_loop(func.value):
            return False
        if func.attr == "close":
            return not call.args
        inner = call.args[0] if func.attr == RUN_UNTIL and len(call.args) == 1 else None
        shuts = inner.func if isinstance(inner, ast.Call) and not inner.args else None
        return (
            isinstance(shuts, ast.Attribute)
            and shuts.attr in ("shutdown_asyncgens", "shutdown_default_executor")
            and self.is_loop(shuts.value)
        )


def is_maker(module: Module, node: ast.expr) -> bool:
    """Whether an expression gives an event loop: a new one, or the current one."""
    return (
        isinstance(node, ast.Call)
        and not (node.args or node.keywords)
        and module.resolve(node.func) in MAKERS
    )


# Of asyncio what has nothing to do with the loop that is running when it is named or called.
_LOOPLESS = frozenset(
    {"asyncio", "sleep", "wait_for", "iscoroutinefunction", "iscoroutine", "open_connection"}
    | {"AbstractEventLoop", "FIRST_COMPLETED", "ALL_COMPLETED", "FIRST_EXCEPTION"}
)


def needs_loop(module: Module, node: ast.AST) -> bool:
    """Whether an expression names something of asyncio that asks for a loop, or for which one is asked."""
    name = module.resolve(node) or ""
    if not f"{name}.".startswith("asyncio.") or isinstance(module.parents[node], ast.Attribute):
        return False
    last = name.rpartition(".")[2]
    return last not in _LOOPLESS and not last.endswith(("Error", "Exception"))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def local_loops(module: Module, function: FunctionNode) -> frozenset[str]:
    """The local names that are bound to an event loop, and to nothing else."""
    made: set[str] = set()
    for assign in module.inside(function, module.of(ast.Assign)):
        target = assign.targets[0]
        if isinstance(target, ast.Name) and len(assign.targets) == 1 and is_maker(module, assign.value):
            made.add(target.id)
    return frozenset(name for name in made if _is_only_made(module, function, name))


def _is_only_made(module: Module, function: FunctionNode, name: str) -> bool:
    stores = (n for n in module.inside(function, module.names[name]) if not isinstance(n.ctx, ast.Load))
    values = (module.parents[n] for n in stores)
    return all(isinstance(s, ast.Assign) and is_maker(module, s.value) for s in values)


def flat(statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, those of a ``try`` that has nothing but a ``finally`` in its place."""
    for statement in statements:
        if isinstance(statement, ast.Try) and not statement.handlers and not statement.orelse:
            yield from flat(statement.body)
            yield from flat(statement.finalbody)
        else:
            yield statement


# -- functions that run what they are given ------------------------------------------------------------------


def run_kind(module: Module, function: FunctionNode) -> RunKind:
    """What a function runs to its end and does nothing else: see ``FunctionFacts.runs``."""
    if isinstance(function, ast.AsyncFunctionDef) or not module.mentions(WORDS):
        return ""
    if runs_argument(module, function, local_loops(module, function)):
        return "argument"
    names = _parameters(function)
    return "wraps" if len(names) == 1 and _wraps(module, function, names[0]) else ""


def runs_argument(
    module: Module,
    function: FunctionNode,
    names: frozenset[str],
    attributes: frozenset[str] = frozenset(),
    receiver: str | None = None,
) -> bool:
    """Whether a function, or with a receiver a method, does nothing but run what it is given.

    ``names`` and ``attributes`` are loops: its own, and those of the receiver.
    """
    given = [name for name in _parameters(function) if name != receiver]
    if len(given) != 1 or function.decorator_list or isinstance(function, ast.AsyncFunctionDef):
        return False
    loops = Loops(module, names, attributes, receiver)
    return _runs(loops, function, lambda node: _is_name(node, given[0]))


def _parameters(function: FunctionNode) -> list[str]:
    """The names of plain parameters; none if there are any others."""
    a = function.args
    more = a.vararg or a.kwarg or a.kwonlyargs or a.defaults
    return [] if more else [x.arg for x in (*a.posonlyargs, *a.args)]


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


class _Told(NamedTuple):
    """The local names of a function: of loops, of the coroutine, of the result."""

    coroutines: set[str]
    results: set[str]


def _runs(loops: Loops, function: FunctionNode, is_given: Callable[[ast.AST], bool]) -> bool:
    """Whether a function runs what ``is_given`` says it was given, once, and does nothing besides."""
    told, runs = _Told(set(), set()), 0
    for number, statement in enumerate(flat(function.body)):
        if loops.manages(statement) or (number == 0 and is_bare_constant(statement)):
            continue
        value = getattr(statement, "value", None)
        coroutine = loops.coroutine_of(value) if value is not None else None
        if coroutine is not None and (is_given(coroutine) or _is_one_of(coroutine, told.coroutines)):
            runs += 1
            told.results.update(_targets(statement))
        elif isinstance(statement, ast.Assign) and is_given(statement.value):
            told.coroutines.update(_targets(statement))
        elif not (isinstance(statement, ast.Return) and _is_one_of(statement.value, told.results)):
            return False
    return runs == 1


def _is_one_of(node: ast.AST | None, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _targets(statement: ast.stmt) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    yield from (t.id for t in targets if isinstance(t, ast.Name))


def _wraps(module: Module, function: FunctionNode, wrapped: str) -> bool:
    """Whether a function gives another one that runs the coroutine of the function that it is given."""
    body = [s for i, s in enumerate(function.body) if i or not is_bare_constant(s)]
    if len(body) < 2 or function.decorator_list:  # noqa: PLR2004 - a function, and its return
        return False
    *others, inner, last = body
    named = {t for s in others if _is_coroutine_of(module, s, wrapped) for t in _targets(s)}
    if len(named) < len(others) or not isinstance(inner, ast.FunctionDef):
        return False
    if not (isinstance(last, ast.Return) and _is_one_of(last.value, {inner.name})):
        return False
    keeps = all(_keeps_name(module, d, wrapped) for d in inner.decorator_list)
    callees = named | {wrapped}
    loops = Loops(module, local_loops(module, inner))
    return keeps and _runs(loops, inner, lambda node: _hands_on(node, inner, callees))


def _is_coroutine_of(module: Module, statement: ast.stmt, wrapped: str) -> bool:
    """``name = asyncio.coroutine(f)``, which gives a coroutine function as it is."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    if not isinstance(value, ast.Call) or len(value.args) != 1:
        return False
    return module.resolve(value.func) == "asyncio.coroutine" and _is_name(value.args[0], wrapped)


def _keeps_name(module: Module, decorator: ast.expr, wrapped: str) -> bool:
    if not isinstance(decorator, ast.Call) or module.resolve(decorator.func) != "functools.wraps":
        return False
    return len(decorator.args) == 1 and _is_name(decorator.args[0], wrapped)


def _hands_on(node: ast.AST, inner: ast.FunctionDef, callees: set[str]) -> bool:
    """Whether a call gives a function all arguments of ``inner``, as they are."""
    if not isinstance(node, ast.Call) or not _is_one_of(node.func, callees):
        return False
    a = inner.args
    if a.kwonlyargs or a.defaults:
        return False
    given = [ast.dump(arg) for arg in node.args] + [f"{k.arg}={ast.dump(k.value)}" for k in node.keywords]
    wanted = [ast.dump(_load(x.arg)) for x in (*a.posonlyargs, *a.args)]
    wanted += [ast.dump(ast.Starred(_load(a.vararg.arg), ast.Load()))] if a.vararg else []
    wanted += [f"None={ast.dump(_load(a.kwarg.arg))}"] if a.kwarg else []
    return given == wanted


def _load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
