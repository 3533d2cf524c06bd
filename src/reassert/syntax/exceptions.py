"""What an ``except`` or a ``raises`` may catch, and which code runs where a failing test is caught."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import cached_property
from typing import cast

from reassert.syntax.bodies import bound_names
from reassert.syntax.classes import ClassInfo, parameter_names
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode

ALL = frozenset({"Exception", "BaseException"})
# What stops at a failed assertion of unittest, but not at pytest's Failed (a BaseException of its own).
FAILURES = ALL | {"AssertionError"}
SKIPS = ALL | {"SkipTest"}
# Any exception at all.
ANYTHING = frozenset({"*"})

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_RAISES = frozenset({"assertRaises", "assertRaisesRegex", "assertRaisesRegexp", "failUnlessRaises", "raises"})
_CATCHERS = _RAISES | {"suppress"}


def may_catch(context: Context, node: ast.expr | None, victims: frozenset[str], depth: int = 3) -> bool:
    """Whether ``except node`` may be a handler for one of the built-in exceptions ``victims``.

    Classes of the file, imported and capitalised names are what they are called; a variable may be anything.
    """
    if node is None or depth == 0 or victims is ANYTHING:
        return True
    if isinstance(node, ast.Tuple):
        return any(may_catch(context, e, victims, depth) for e in node.elts)
    if isinstance(node, ast.Attribute):
        if node.attr == "failureException":
            return "AssertionError" in victims
        return node.attr in victims or (node.attr[:1].islower() and context.module.resolve(node) is None)
    return not isinstance(node, ast.Name) or _name_may_catch(context, node, victims, depth)


def _name_may_catch(context: Context, node: ast.Name, victims: frozenset[str], depth: int) -> bool:
    module = context.module
    if node.id in victims:
        return True
    if node.id in module.imports:
        return any(target.rpartition(".")[2] in victims for target in module.imports[node.id])
    stores = [n for n in module.bindings.get(node.id, ()) if isinstance(n.ctx, ast.Store)]
    if stores:
        parents = [module.parents[n] for n in stores]
        return any(
            not isinstance(p, ast.Assign) or may_catch(context, p.value, victims, depth - 1) for p in parents
        )
    return node.id[:1].islower() and not any(c.node.name == node.id for c in context.classes.all)


def is_bound(context: Context, node: ast.Name) -> bool:
    """Whether a name certainly has a value: a parameter, import, definition or built-in, or just assigned."""
    if any(isinstance(n.ctx, ast.Del) for n in context.module.bindings.get(node.id, ())):
        return False
    if hasattr(builtins, node.id) or node.id in context.module.imports:
        return True
    inner: ast.AST = node
    for around in context.module.ancestors(node):
        if isinstance(around, FunctionNode) and node.id in parameter_names(around):
            return True
        if any(node.id in bound_names(s) for s in _before(around, inner)):
            return True
        inner = around
    return False


def _before(around: ast.AST, inner: ast.AST) -> list[ast.stmt]:
    """The statements that certainly ran before ``inner``, in the same block; in the module, all of them."""
    if isinstance(around, ast.Module):
        return [s for s in around.body if isinstance(s, (*FUNCTIONS, ast.ClassDef, ast.Assign))]
    for field in ("body", "orelse", "finalbody"):
        block = getattr(around, field, None)
        if isinstance(block, list) and inner in block and not isinstance(around, ast.ClassDef):
            return [
                s
                for s in block[: block.index(inner)]
                if not isinstance(s, (ast.For, ast.AsyncFor, ast.AugAssign))
            ]
    return []


def redefines_failure(context: Context, owner: ClassInfo) -> bool:
    """Whether a class of the hierarchy, or one of its methods, says itself what a failure is."""
    mentioned, stored = _failure_exception(context)
    if not mentioned and not owner.external:
        return False
    return stored or "failureException" in context.classes.redefined(owner)


def _failure_exception(context: Context) -> tuple[bool, bool]:
    """Whether the file mentions the attribute at all, and whether it sets or deletes it."""
    if "failureException" not in context.memory:
        mentioned = b"failureException" in context.source.buffer
        uses = context.module.attributes_named("failureException") if mentioned else []
        context.memory["failureException"] = mentioned, any(not isinstance(u.ctx, ast.Load) for u in uses)
    return cast("tuple[bool, bool]", context.memory["failureException"])


def in_inner_function(context: Context, node: ast.AST, method: FunctionNode) -> bool:
    """Whether ``node`` stands in a function or lambda in ``method``: the caller may catch what is raised."""
    around = (a for a in context.module.ancestors(node) if isinstance(a, (*FUNCTIONS, ast.Lambda)))
    return next(around, method) is not method


class Catching:
    """Where in a file one of ``victims`` may be caught: by ``try``, ``suppress`` or ``assertRaises``.

    A function or method that is called from such a place is such a place itself. So is the block of a context
    manager of the file that catches around its ``yield``, or whose ``__exit__`` returns something, and a
    method under a decorator of the file that catches in what it returns.
    """

    def __init__(self, context: Context, victims: frozenset[str]) -> None:
        self.context = context
        self.victims = victims
        tries = [*context.module.of(ast.Try), *context.module.of(getattr(ast, "TryStar", ast.Try))]
        self._tries = [t for t in tries if any(may_catch(context, h.type, victims) for h in t.handlers)]
        self._managers = {name for t in self._tries for name in self._managing(t)} | self._swallowing()
        self._roots = {id(root): root for root in self._caught()}
        self._methods = self._called()

    def holds(self, node: ast.AST, method: FunctionNode) -> bool:
        """Whether what ``node`` in ``method`` raises may be caught."""
        if method.name in self._methods or id(node) in self._roots:
            return True
        return bool(self._roots) and any(id(a) in self._roots for a in self.context.module.ancestors(node))

    def _caught(self) -> Iterator[ast.AST]:
        """What runs where one of the exceptions may be caught: statements, with-items, arguments, methods."""
        module = self.context.module
        for node in self._tries:
            yield from node.body
        blocks: list[ast.With | ast.AsyncWith] = [*module.of(ast.With), *module.of(ast.AsyncWith)]
        for block in blocks:
            yield from self._caught_in_block(block)
        for call in (c for name in _RAISES for c in module.calls_of(name)):
            if len(call.args) > 1 and self._catches(call):
                yield from call.args[1:]
        decorators = {name for t in self._tries for name in self._decorating(t)}
        for info in self.context.classes.all if decorators else ():
            yield from (f for f in info.functions if decorators & {_name(d) for d in f.decorator_list})

    def _caught_in_block(self, block: ast.With | ast.AsyncWith) -> Iterator[ast.AST]:
        for index, item in enumerate(block.items):
            if self._catches(item.context_expr):
                yield from [*block.items[index + 1 :], *block.body]
                break

    def _catches(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        if _called_name(node) not in _CATCHERS:
            return _called_name(node) in self._managers
        given = node.args if _called_name(node) == "suppress" else node.args[:1]
        named = [k.value for k in node.keywords if k.arg == "expected_exception"]
        return any(may_catch(self.context, e, self.victims) for e in [*given, *named])

    def _managing(self, node: ast.Try) -> Iterator[str]:
        """The generator function, if any, that catches around a ``yield``: a context manager."""
        function = self.context.module.enclosing_function(node)
        yields = (isinstance(n, ast.Yield) for s in node.body for n in self.context.module.subtree(s))
        if function is not None and any(yields):
            yield function.name

    def _swallowing(self) -> set[str]:
        """The classes of the file with an ``__exit__`` that may say that an exception is dealt with."""
        return {
            info.node.name
            for info in self.context.classes.all
            for function in info.functions
            if function.name == "__exit__" and any(map(_may_be_true, self.context.module.subtree(function)))
        }

    def _decorating(self, node: ast.Try) -> Iterator[str]:
        """The functions around the function that catches: one of them may be a decorator that returns it."""
        around = [a.name for a in self.context.module.ancestors(node) if isinstance(a, FUNCTIONS)]
        yield from around[1:]

    def _called(self) -> frozenset[str]:
        """Methods that run where something is caught, by name; functions are added to the roots."""
        if not self._roots:
            return frozenset()
        methods: dict[str, list[FunctionNode]] = {}
        for info in self.context.classes.all:
            for function in info.functions:
                methods.setdefault(function.name, []).append(function)
        found: set[str] = set()
        todo: list[ast.AST] = list(self._roots.values())
        while todo:
            for node in self.context.module.subtree(todo.pop()):
                if isinstance(node, ast.Attribute) and node.attr in methods and node.attr not in found:
                    found.add(node.attr)
                    todo += methods[node.attr]
                elif isinstance(node, ast.Name):
                    called = [f for f in self._functions(node) if id(f) not in self._roots]
                    self._roots.update((id(f), f) for f in called)
                    todo += called
        return frozenset(found)

    @cached_property
    def _inner_functions(self) -> dict[str, list[FunctionNode]]:
        found: dict[str, list[FunctionNode]] = {}
        module = self.context.module
        functions: list[FunctionNode] = [*module.of(ast.FunctionDef), *module.of(ast.AsyncFunctionDef)]
        for function in functions:
            if module.enclosing_function(function) is not None:
                found.setdefault(function.name, []).append(function)
        return found

    def _functions(self, node: ast.Name) -> list[FunctionNode]:
        """The functions in functions that a name may stand for."""
        named = self._inner_functions.get(node.id, ())
        around = set(self.context.module.ancestors(node)) if named else set()
        return [f for f in named if self.context.module.enclosing_function(f) in around]


def _may_be_true(node: ast.AST) -> bool:
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    return not (isinstance(node.value, ast.Constant) and not node.value.value)


def _name(node: ast.expr) -> str:
    """The last name of ``a.b`` or ``a.b(...)``."""
    if isinstance(node, ast.Call):
        return _called_name(node)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _called_name(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
