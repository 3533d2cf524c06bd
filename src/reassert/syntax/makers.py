"""Functions that make a test: they define one function, which takes the test instance, and give it back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.testcase_api import TEST_PREFIX

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def made_tests(node: ast.ClassDef) -> Iterator[tuple[str, ast.Call]]:
    """The tests of a class body that a call seems to make, with their names."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            for target in statement.targets:
                if isinstance(target, ast.Name) and target.id.startswith(TEST_PREFIX):
                    yield target.id, statement.value


def instance_goes_to(module: Module, function: FunctionNode) -> frozenset[str] | None:
    """The parameters of ``function`` that what it makes calls with the instance; None if it makes no test.

    What is made takes the instance alone, and hands it to nothing else. That it uses nothing of TestCase is
    asked of the whole function.
    """
    made = _given_back(function)
    if made is None or function.decorator_list or made.decorator_list or module.generators & {function, made}:
        return None
    inside = module.subtree(function)
    others = [n for n in inside if isinstance(n, _SCOPES) and n is not function and n is not made]
    used = [n for n in inside if isinstance(n, ast.Name) and n.id == made.name]
    returns = [n for n in inside if isinstance(n, ast.Return) and not module.holds(made, n)]
    if others or len(used) > 1 or len(returns) > 1:
        return None
    arguments = [n for n in module.subtree(made) if isinstance(n, ast.arg)]
    only = [*made.args.posonlyargs, *made.args.args]
    return _callees(module, function, made, only[0].arg) if arguments == only and len(only) == 1 else None


def _given_back(function: FunctionNode) -> ast.FunctionDef | None:
    """The one function that the body defines and that its last statement returns."""
    last = function.body[-1]
    name = last.value.id if isinstance(last, ast.Return) and isinstance(last.value, ast.Name) else ""
    inner = [s for s in function.body if isinstance(s, ast.FunctionDef) and s.name == name]
    return inner[0] if len(inner) == 1 and isinstance(function, ast.FunctionDef) else None


def _callees(
    module: Module, function: FunctionNode, made: ast.FunctionDef, instance: str
) -> frozenset[str] | None:
    """The parameters that are called with ``instance``; None if that goes anywhere else."""
    parameters = {a.arg for a in (*function.args.posonlyargs, *function.args.args)}
    names = [n for n in module.subtree(function) if isinstance(n, ast.Name)]
    kept = parameters - {instance} - {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    if made.args.defaults:
        return None
    found = set()
    for node in names:
        if node.id == instance and module.holds(made, node):
            parent = module.parents[node]
            callee = parent.func if isinstance(parent, ast.Call) and parent.args[:1] == [node] else None
            if isinstance(callee, ast.Name) and callee.id in kept:
                found.add(callee.id)
            elif not isinstance(parent, ast.Attribute):
                return None
    return frozenset(found)
