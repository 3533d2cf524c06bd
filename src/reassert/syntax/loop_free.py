"""Code that runs alike whether or not an event loop is running around it: it asks for none, and runs none.

``asyncio.run`` and ``run_until_complete`` raise in a running loop, ``get_running_loop`` outside of one (Lib/
asyncio/runners.py, base_events.py). What a call does is only known of builtins, of the standard library, of
mocks, and of functions and classes that can be looked at in the same file.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Mapping, Sequence

from reassert.syntax.bodies import own_nodes
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode
from reassert.syntax.testcase_api import LEGACY_ASSERTIONS

# Of the standard library what has to do with loops, threads and processes, or runs code that is not seen.
_LOOPS = frozenset(
    {"asyncio", "concurrent", "contextvars", "threading", "_thread", "multiprocessing", "selectors"}
    | {"sched", "signal", "runpy", "code", "doctest", "unittest", "atexit", "importlib", "socketserver"}
)
_LIBRARY = frozenset(sys.stdlib_module_names) - _LOOPS
_KNOWN = ("unittest.mock.", "pytest.raises", "pytest.warns", "pytest.approx", "pytest.fail", "pytest.skip")
_RUNS_CODE = frozenset({"exec", "eval", "compile", "__import__", "breakpoint", "input", "super"})
_BUILTINS = frozenset(dir(builtins)) - _RUNS_CODE
_TAKES_CALLABLE = frozenset({"assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex"})
_LITERALS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set)


class LoopFree:
    """Judges the code of one test; ``info`` is its class."""

    def __init__(self, context: Context, info: ClassInfo | None, test: FunctionNode) -> None:
        self.context = context
        self.module = context.module
        self.info = info
        self.test = test
        self._seen: set[ast.AST] = set()
        self._inner: Mapping[str, Sequence[FunctionNode]] = _inner_functions(context, test)

    def objection(self, nodes: Iterable[ast.AST]) -> ast.AST | None:
        """The first node of which it is not known that it does without a loop; functions in it aside."""
        return next((n for n in nodes if not self._is_free(n)), None)

    def _is_free(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return self._is_known(node)
        return not isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom))

    def _is_known(self, call: ast.Call) -> bool:
        func = call.func
        if isinstance(func, ast.Name):
            return self._is_known_name(func)
        dotted = self.module.resolve(func)
        if dotted is not None:
            return _is_known_import(dotted) and not (dotted.startswith("pytest.") and _calls(call))
        return isinstance(func, ast.Attribute) and self._is_known_method(func, call)

    def _is_known_name(self, name: ast.Name) -> bool:
        inner = self._inner.get(name.id)
        if inner is not None:
            return len(inner) == 1 and self._is_free_function(inner[0])
        dotted = self.module.resolve(name)
        if dotted is not None:
            return _is_known_import(dotted)
        bound = name.id in self.module.rebound or name.id in self.module.imports
        if bound or name.id in self.context.classes.by_name:
            return self._is_known_here(name.id)
        return name.id in _BUILTINS

    def _is_known_here(self, name: str) -> bool:
        """A function or a class of this file that is defined once."""
        stores = [n for n in self.module.names.get(name, ()) if not isinstance(n.ctx, ast.Load)]
        classes = self.context.classes.by_name.get(name, [])
        functions = self.module.top_level_definitions[name]
        if stores or name in self.module.imports or len(classes) + functions != 1:
            return False
        if functions:
            return self._is_free_function(self.module.top_level_functions[name])
        return self._is_free_class(classes[0])

    def _is_free_class(self, info: ClassInfo) -> bool:
        """Whether an instance is made without anything that is not seen here."""
        known = all(
            isinstance(base, ClassInfo) or str(base).startswith(("builtins.", "object", "abc.", "typing."))
            for base in info.bases
        )
        makers = [info.methods[n] for n in ("__init__", "__new__", "__post_init__") if n in info.methods]
        if not known or info.node.keywords or info.node.decorator_list:
            return False
        return all(map(self._is_free_class, info.parents)) and all(map(self._is_free_function, makers))

    def _is_free_function(self, function: FunctionNode) -> bool:
        if isinstance(function, ast.AsyncFunctionDef):
            return True  # a call only makes the coroutine
        if function in self._seen:
            return True
        self._seen.add(function)
        if function.decorator_list:
            return False
        return self.objection(own_nodes(function)) is None

    def _is_known_method(self, func: ast.Attribute, call: ast.Call) -> bool:
        owner, name = func.value, func.attr
        of_instance = self.info is not None and isinstance(owner, ast.Name) and owner.id == self._receiver
        if of_instance and name in LEGACY_ASSERTIONS:
            return name not in _TAKES_CALLABLE or not _calls(call)
        if of_instance:
            return self._is_known_own(name)
        if name.startswith("assert_") or name == "reset_mock":
            return True  # of mocks; whatever else it is, it is an assertion
        return isinstance(owner, _LITERALS) or (isinstance(owner, ast.Name) and self._is_literal(owner.id))

    @property
    def _receiver(self) -> str | None:
        first = (self.test.args.posonlyargs + self.test.args.args)[:1]
        return first[0].arg if first else None

    def _is_known_own(self, name: str) -> bool:
        """A method that one class of the hierarchy defines, and that nothing is put in the place of."""
        info = self.info
        homes = [c for c in self.context.classes.component(info) if name in c.defines] if info else []
        if len(homes) != 1 or name not in homes[0].methods or name in self.module.stored_attributes:
            return False
        same_file = homes[0].module is self.module
        return same_file and self._is_free_function(homes[0].methods[name])

    def _is_literal(self, name: str) -> bool:
        """Whether a local name is only ever bound to literals."""
        stores = [
            n
            for n in self.module.inside(self.test, self.module.names.get(name, ()))
            if not isinstance(n.ctx, ast.Load)
        ]
        values = [self.module.parents[n] for n in stores]
        return bool(values) and all(
            isinstance(s, ast.Assign) and len(s.targets) == 1 and isinstance(s.value, _LITERALS)
            for s in values
        )


def _is_known_import(dotted: str) -> bool:
    if dotted.startswith(_KNOWN):
        return True
    return dotted.partition(".")[0] in _LIBRARY


def _calls(call: ast.Call) -> bool:
    """Whether an assertion is given a function to call."""
    return len(call.args) > 1 + (isinstance(call.func, ast.Attribute) and "Regex" in call.func.attr)


def _inner_functions(context: Context, test: FunctionNode) -> dict[str, list[FunctionNode]]:
    found: dict[str, list[FunctionNode]] = {}
    for node in context.module.subtree(test):
        if isinstance(node, FunctionNode) and node is not test:
            found.setdefault(node.name, []).append(node)
    return found
