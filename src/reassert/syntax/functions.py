"""What the functions of a module know of unittest, and what they do with what they are given."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import replace

from reassert.model.facts import FunctionFacts
from reassert.syntax.bodies import last_name
from reassert.syntax.coroutines import gives_coroutine
from reassert.syntax.loop_runs import RUN, run_kind
from reassert.syntax.loop_touches import touches
from reassert.syntax.makers import instance_goes_to, made_tests
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.testcase_api import API, CLEANUP_METHODS
from reassert.syntax.uses import parameter_names

SKIPS = ("unittest.skip", "unittest.skipIf", "unittest.skipUnless")

# pytest takes it for a skip wherever it is raised (_pytest/unittest.py, pytest_runtest_makereport).
_HARMLESS = "unittest.SkipTest"


def function_facts(module: Module) -> dict[str, FunctionFacts]:
    """Facts on each function of the module itself, and on the names that are assigned a skip or a mark."""
    found = {}
    kinds = touches(module)
    for statement in module.tree.body:
        if isinstance(statement, FunctionNode) and not _is_bound_elsewhere(module, statement.name, 0):
            own = kinds.get(statement.name, frozenset())
            found[statement.name] = replace(_facts(module, statement), touches=own)
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
            name = target.id if isinstance(target, ast.Name) else ""
            if name and not _is_bound_elsewhere(module, name, 1):
                if _is_skip(module, value):
                    found[name] = FunctionFacts(clean=False, skips=True)
                elif _is_mark(module, value):
                    found[name] = FunctionFacts(clean=True, marks=True)
    return found


def _is_skip(module: Module, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and module.resolve(node.func) in SKIPS


def _is_mark(module: Module, node: ast.expr) -> bool:
    target = node.func if isinstance(node, ast.Call) else node
    return (module.resolve(target) or "").startswith("pytest.mark.")


def _is_bound_elsewhere(module: Module, name: str, own: int) -> bool:
    stores = sum(not isinstance(n.ctx, ast.Load) for n in module.names.get(name, ()))
    definitions = module.top_level_definitions[name]
    return name in module.imports or stores > own or definitions > 1 - own


def _facts(module: Module, function: FunctionNode) -> FunctionFacts:
    inside: list[ast.Name | ast.Attribute] = [*module.inside(function, module.of(ast.Name))]
    inside += module.inside(function, module.attributes)
    touched = [word for node in inside for word in _touched(module, node)]
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    if not touched:
        gone = {name for name in names if _is_passed_on(module, function, name)}
        uses = tuple((n, None if n in gone else frozenset[str]()) for n in names)
        facts = FunctionFacts(clean=True, uses=uses, makes=instance_goes_to(module, function))
    else:
        used = tuple((name, attributes_of(module, function, name)) for name in names)
        facts = FunctionFacts(clean=False, skips=all(word in SKIPS for word in touched), uses=used)
    return replace(
        facts,
        coroutine=isinstance(function, ast.AsyncFunctionDef),
        gives_coroutine=gives_coroutine(module, function),
        runs=run_kind(module, function),
    )


def _is_passed_on(module: Module, function: FunctionNode, name: str) -> bool:
    """Whether a parameter is an argument of something that is no builtin, or the base of a class."""
    inside = [node for node in module.names.get(name, ()) if module.holds(function, node)]
    if any(isinstance(module.parents[node], ast.ClassDef) for node in inside):
        return True
    calls = (module.call_of_argument(node) for node in inside)
    return any(call is not None and not _is_builtin(call) for call in calls)


def _is_builtin(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in _BUILTINS


_BUILTINS = frozenset(dir(builtins))


def _touched(module: Module, node: ast.Name | ast.Attribute) -> Iterator[str]:
    """The names of unittest that a node uses, but for what means the same to pytest."""
    if (
        isinstance(node, ast.Attribute)
        and (node.attr in API or node.attr.startswith("__unittest"))
        and module.resolve(node) != RUN
    ):
        yield node.attr
    parent = module.parents[node]
    resolved = module.resolve(node) or ""
    if not (resolved + ".").startswith("unittest.") or isinstance(parent, ast.Attribute):
        return
    asked = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "hasattr"
    if resolved != _HARMLESS and not resolved.startswith("unittest.mock.") and not asked:
        yield resolved


def attributes_of(module: Module, function: FunctionNode | ast.Lambda, name: str) -> frozenset[str] | None:
    """The attributes that a function uses of one of its parameters; None if the parameter goes elsewhere."""

    def rebinds(node: FunctionNode | ast.Lambda) -> bool:
        return name in parameter_names(node)

    found = set()
    for node in module.pruned(function, (*_FUNCTIONS, ast.Lambda), rebinds):
        if isinstance(node, ast.Name) and node.id == name:
            parent = module.parents[node]
            if not isinstance(parent, ast.Attribute) or not isinstance(node.ctx, ast.Load):
                return None
            found.add(parent.attr)
    return frozenset(found)


def additions(module: Module) -> Iterator[tuple[str, frozenset[str]]]:
    """The methods that a module puts on ``unittest.TestCase``, with what they use of the instance."""
    functions = {n.name: n for n in module.tree.body if isinstance(n, FunctionNode)}
    for statement in module.tree.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Attribute):
            continue
        target, value = statement.targets[0], statement.value
        function = functions.get(value.id) if isinstance(value, ast.Name) else value
        if module.resolve(target.value) != "unittest.TestCase" or not isinstance(function, _CALLABLE):
            continue
        first = (function.args.posonlyargs + function.args.args)[:1]
        used = attributes_of(module, function, first[0].arg) if first else None
        if used is not None:
            yield target.attr, used


_CALLABLE = (ast.FunctionDef, ast.Lambda)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


# What functions are called that run a coroutine in a loop.
_RUNNING = re.compile("run|sync|await|wait|loop|complete|coro", re.IGNORECASE)

_ASYNC_CLASSES = (b"IsolatedAsyncioTestCase", b"asynctest", b"asyncSetUp", b"asyncTearDown")


def wanted_functions(module: Module) -> Iterator[str]:
    """The imported functions that decorate, make tests or run coroutines, clean up, or get ``self``.

    Of a file with asynchronous test classes all that they call.
    """
    yield from _decorators(module)
    for made in module.of(ast.Call):
        lone = len(made.args) == 1 and isinstance(made.args[0], ast.Call)
        if lone and _RUNNING.search(last_name(made.func)):
            yield module.resolve(made.func) or ""
    if module.mentions(_ASYNC_CLASSES):
        yield from (module.resolve(call.func) or "" for call in module.of(ast.Call))
    for name in CLEANUP_METHODS:
        calls = (module.parents[node] for node in module.attributes_named(name))
        yield from (module.resolve(c.args[0]) or "" for c in calls if isinstance(c, ast.Call) and c.args)
    for receiver in module.names.get("self", ()):
        if isinstance(module.parents[receiver], ast.Attribute):
            continue  # nearly always
        call = module.call_of_argument(receiver)
        if call is not None:
            yield module.resolve(call.func) or ""


def _decorators(module: Module) -> Iterator[str]:
    """What decorates classes, their methods and coroutine functions, or makes the tests of a class."""
    for node in module.classes:
        yield from (module.resolve(made.func) or "" for _, made in made_tests(node))
        for decorated in (node, *(f for f in node.body if isinstance(f, FunctionNode))):
            for decorator in decorated.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                yield module.resolve(called) or ""
    for decorator in (d for f in module.of(ast.AsyncFunctionDef) for d in f.decorator_list):
        yield module.resolve(decorator) or ""
