"""Modules that load or build their tests themselves: unittest's loaders see TestCase classes only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from reassert.syntax.bodies import last_name
from reassert.syntax.classes import ClassInfo, dotted_name
from reassert.syntax.context import Context
from reassert.syntax.handed_on import function_of
from reassert.syntax.scopes import uses_of_module_name
from reassert.syntax.setup_chain import Problem
from reassert.syntax.statements import is_docstring
from reassert.syntax.testcase_api import API

# Things that take a TestCase class, or a module of them, and run it with unittest.
_LOADERS = frozenset(
    """
    TestSuite TestLoader TextTestRunner makeSuite findTestCases defaultTestLoader addTest addTests
    loadTestsFromTestCase loadTestsFromModule loadTestsFromName loadTestsFromNames
    """.split(),
)


@dataclass(frozen=True)
class ModuleProblem:
    """Why no class of a module may climb."""

    node: ast.AST
    reason: str


def module_problem(context: Context) -> ModuleProblem | None:
    """``load_tests``, or attributes set on classes from outside (tests made at run time)."""
    for statement in context.module.tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "load_tests":
            if _only_adds(context, statement):
                return None
            return ModuleProblem(statement, "load_tests chooses the tests of this module")
    return None


def _only_adds(context: Context, function: ast.FunctionDef) -> bool:
    """Whether load_tests only adds tests of another kind, doctests say, to those that were found.

    pytest has never called it: nothing is lost, and what it adds can be loaded as before.
    """
    *_, last = function.body
    names = [a.arg for a in function.args.args]
    if len(names) != 3 or not isinstance(last, ast.Return):  # noqa: PLR2004 - loader, tests, pattern
        return False
    loader, tests, _ = names
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    added = [s for s in function.body[:-1] if _is_addition(s, tests)]
    imports = (ast.Import, ast.ImportFrom)
    others = [s for s in function.body[:-1] if s not in added and not isinstance(s, imports)]
    return (
        isinstance(last.value, ast.Name)
        and last.value.id == tests
        and all(is_docstring(s) for s in others)
        and sum(n.id == tests for n in uses) == len(added) + 1
        and not any(n.id == loader or n.id in context.classes.by_name for n in uses)
    )


def _is_addition(statement: ast.stmt, tests: str) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    called = dotted_name(call.func) if isinstance(call, ast.Call) else None
    return called in (f"{tests}.addTest", f"{tests}.addTests")


def suite_problem(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Uses of a class in its own file that need it to be a TestCase."""
    if info.outer is None:
        for node in uses_of_module_name(context, info.node.name):
            reason = misuse(context, node, info.node.name) or _second_name(context, info, node)
            if reason:
                yield Problem(info, "B-DYNAMIC", node, reason)


def _second_name(context: Context, info: ClassInfo, node: ast.Name) -> str:
    """What pytest does: it collects a TestCase under every name that a module has for it."""
    parent = context.module.parents[node]
    if not isinstance(parent, ast.Assign) or parent not in context.module.tree.body:
        return ""
    if node is not parent.value:
        return ""
    collects = context.config.pytest.collects_class
    names = [t.id for t in parent.targets if isinstance(t, ast.Name) and not collects(t.id)]
    has_tests = any(c.tests for c in info.lineage)
    return f"pytest would not collect {info.node.name} as {names[0]} any more" if names and has_tests else ""


def misuse(  # noqa: PLR0911 - one return for each reason
    context: Context, node: ast.Name | ast.Attribute, name: str
) -> str:
    """Why a use of a class needs a TestCase: loaders, instances, attributes set outside; or empty."""
    parent = context.module.parents[node]
    if not isinstance(node.ctx, ast.Load) or id(node) in context.handled:
        return ""
    if isinstance(parent, ast.Call) and parent.func is node:
        return f"{name} is instantiated"
    call = context.module.call_of_argument(node)
    if call is not None:
        return _handed_over(context, call, name)
    if isinstance(parent, ast.Attribute) and not isinstance(parent.ctx, ast.Load):
        return f"attributes of {name} are set from outside" if _at_module_level(context, parent) else ""
    if isinstance(parent, ast.Attribute) and parent.attr in API and id(parent) not in context.handled:
        return f"{name}.{parent.attr} is used from outside"
    if isinstance(parent, (ast.List, ast.Tuple)) and _loads_tests(context):
        return f"{name} stands in a list that the module may load"
    loop = context.module.parents.get(parent)
    if isinstance(loop, ast.For) and loop.iter is parent and _at_module_level(context, loop):
        return f"{name} stands in a list whose classes the module may change"
    if _is_value(context, node) and _makes_classes(context):
        return f"{name} may be the base of a class that is made at run time"
    return ""


def _handed_over(context: Context, call: ast.Call, name: str) -> str:
    """Why a call with the class as an argument may need a TestCase; or empty.

    What a module does with its classes when it is imported is to add tests to them, as a rule.
    """
    if last_name(call.func) in _LOADERS:
        return f"{name} is loaded with unittest's {last_name(call.func)}"
    if last_name(call.func) in ("setattr", "type"):
        return f"{name} is changed or extended at run time"
    if not _at_module_level(context, call) or _is_harmless(context, call):
        return ""
    return f"{name} is handed to other code, which may make classes of it or add tests to it"


def _is_harmless(context: Context, call: ast.Call) -> bool:
    """Whether a function only looks at a class, or is one of the project that knows nothing of unittest."""
    origin = context.module.resolve(call.func) or ""
    if last_name(call.func) in _ASKING or origin.startswith("unittest.mock."):
        return True
    facts = function_of(context, call.func)
    return facts is not None and facts.clean and all(used is not None for _, used in facts.uses)


# They only look at the class that they are given.
_ASKING = frozenset(
    {
        *("super", "isinstance", "issubclass", "getattr", "hasattr", "id", "repr", "str", "len", "print"),
        *("bool", "callable", "dir", "format", "hash", "vars"),
    }
)


def _is_value(context: Context, node: ast.AST) -> bool:
    """Whether a class is read for more than its attributes or to be a base as it is."""
    parent = context.module.parents[node]
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return False
    return not isinstance(parent, (ast.Attribute, ast.ClassDef, ast.arg, ast.AnnAssign, ast.Compare))


def _makes_classes(context: Context) -> bool:
    """Whether the module has classes whose bases are not all known, or makes some with ``type``."""
    if any(None in info.bases for info in context.classes.all):
        return True
    calls = [(last_name(c.func), len(c.args)) for c in context.module.of(ast.Call)]
    return any(name == "new_class" or (name == "type" and count > 1) for name, count in calls)


def _at_module_level(context: Context, node: ast.AST) -> bool:
    return not any(
        isinstance(a, (ast.FunctionDef, ast.AsyncFunctionDef)) for a in context.module.ancestors(node)
    )


def _loads_tests(context: Context) -> bool:
    """Whether the module uses one of the loaders."""
    return any(map(context.module.attributes_named, _LOADERS))
