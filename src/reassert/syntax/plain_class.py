"""What keeps a TestCase class from being a plain class that pytest collects and runs in the same way."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.arguments import counts_none
from reassert.syntax.async_wrappers import is_alike, wrapper_of
from reassert.syntax.base_names import ASYNCTEST, ASYNCTEST_RULE, names_base
from reassert.syntax.bodies import body_statements, bound_names
from reassert.syntax.classes import ClassInfo, dotted_name
from reassert.syntax.context import Context
from reassert.syntax.frameworks import framework_of
from reassert.syntax.functions import SKIPS
from reassert.syntax.handed_on import escape_problems, function_of, is_borrowed
from reassert.syntax.hierarchy import hidden_classes
from reassert.syntax.instance_uses import instance_problems
from reassert.syntax.known_decorators import BUILTIN_DECORATORS, is_known
from reassert.syntax.made_tests import is_made
from reassert.syntax.module import FunctionNode
from reassert.syntax.outer_fixtures import is_simple_fixture
from reassert.syntax.patches import patch_problems
from reassert.syntax.respellings import respelled
from reassert.syntax.run_test import run_test_problems
from reassert.syntax.setup_chain import Problem
from reassert.syntax.test_order import is_data, order_problems
from reassert.syntax.testcase_api import (
    API,
    CALLED_BY_OTHERS,
    FIXTURE_METHODS,
    RUN_BY_UNITTEST,
    RUN_TEST,
    TEST_PREFIX,
)

_CONSTRUCTION = (
    "__init__",
    "__new__",
    "__del__",
    "__getattr__",
    "__getattribute__",
    "__init_subclass__",
    "__call__",
)


def problems(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """What speaks against converting one class of a component, apart from what other codemods report."""
    bases = list(_bases(context, info))
    yield from bases
    if any(p.code == "B-BASE" for p in bases):
        return
    yield from _body(context, info)
    yield from _decorators(context, info)
    yield from _tests(context, info)
    yield from run_test_problems(context, info)
    yield from patch_problems(context, info)
    yield from instance_problems(context, info)
    yield from escape_problems(context, info)


def _bases(context: Context, info: ClassInfo) -> Iterator[Problem]:
    node = info.node
    if info.local:
        yield Problem(info, "B-DYNAMIC", node, "the class is made inside a function")
    keywords = [k for k in node.keywords if id(k) not in context.handled]
    if keywords and not _is_abstract(info):
        yield Problem(info, "B-DYNAMIC", node, "the class has a metaclass or other class keywords")
    if context.classes.namesakes(info):
        yield Problem(info, "B-DYNAMIC", node, "the class is defined more than once")
    for base, expression in zip(info.bases, node.bases, strict=True):
        text = context.module.text(expression)
        if base is None:
            yield Problem(info, "B-BASE", node, f"its base {text} cannot be resolved")
        elif isinstance(base, str) and not (base in _KNOWN_BASES or id(expression) in context.handled):
            yield _base_problem(context, info, base)
    converted = context.config.unsafe_fixes and ASYNCTEST_RULE in context.rules
    if not converted and names_base(info, ASYNCTEST):
        reason = (
            "its base is asynctest's, which looks at the loop after each test; --unsafe-fixes converts it"
        )
        yield Problem(info, "B-BASE", node, reason)
    if _shadowed_mixin(info):
        yield Problem(info, "B-MRO", node, "TestCase stands before a mixin whose methods it hides")


def _is_abstract(info: ClassInfo) -> bool:
    """Whether ``metaclass=ABCMeta`` is all that the class keywords say; pytest collects no abstract class."""
    only = info.node.keywords[0]
    abstract = info.module.resolve(only.value) == "abc.ABCMeta"
    return len(info.node.keywords) == 1 and only.arg == "metaclass" and abstract


_KNOWN_BASES = ("object", "unittest.TestCase", "abc.ABC", "typing.Generic", "typing.Protocol")


def _base_problem(context: Context, info: ClassInfo, base: str) -> Problem:
    known = context.facts.bases.get(base)
    if base == "unittest.IsolatedAsyncioTestCase":
        return Problem(info, "B-BASE", info.node, "the rule for asynchronous classes is switched off")
    framework = framework_of(known.framework if known else base)
    if framework:
        via = f", by way of {known.framework}," if known else ""
        return Problem(
            info, "B-BASE", info.node, f"its base {base} is{via} {framework.name}'s, which {framework.why}"
        )
    if known and known.origin:
        of = "a base that cannot be resolved" if known.origin == "?" else known.origin
        return Problem(info, "B-COMPONENT", info.node, f"its base {base} inherits from {of}, and stays")
    if known and known.path:
        why = f" ({known.held})" if known.held else ""
        return Problem(info, "B-COMPONENT", info.node, f"its base {base} is defined in {known.path}{why}")
    return Problem(info, "B-BASE", info.node, f"its base {base} comes from outside the project")


def _shadowed_mixin(info: ClassInfo) -> bool:
    """``class X(TestCase, Mixin)``: TestCase's methods are first in the MRO, those of the mixin never run.

    What becomes of its setUp and tearDown is the matter of ``set_up_methods``.
    """
    return any(c.defines & (API - {"setUp", "tearDown"}) for c in hidden_classes(info))


def _body(context: Context, info: ClassInfo) -> Iterator[Problem]:
    node = info.node
    for name in sorted(info.defines & (RUN_BY_UNITTEST | set(_CONSTRUCTION))):
        yield Problem(info, "B-INTERNALS", info.methods.get(name, node), f"the class defines {name}")
    for name in sorted(info.defines & CALLED_BY_OTHERS):
        yield Problem(info, "A-TYPEFUNC", info.methods.get(name, node), f"the class defines its own {name}")
    if "__slots__" in info.defines:
        yield Problem(info, "B-INTERNALS", node, "the class has __slots__")
    if "__test__" in info.defines and not _has_literal_test(info):
        yield Problem(info, "B-NAME", node, "__test__ steers what is collected")
    for name in sorted(info.defines & {"setup", "teardown", "pytest_generate_tests"}):
        yield Problem(
            info, "B-NAME", info.methods.get(name, node), f"some versions of pytest call {name} by its name"
        )
    for statement in body_statements(node):
        yield from _statement(context, info, statement)
    for call in _unseen_names(context, info):
        yield Problem(info, "B-DYNAMIC", call, "the class body binds names that are made at run time")


def _unseen_names(context: Context, info: ClassInfo) -> Iterator[ast.Call]:
    """Calls in the class body, functions aside, that may bind any name there: ``locals()[name] = ...``."""
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    for node in (n for name in ("locals", "vars", "exec") for n in context.module.names.get(name, ())):
        call = context.module.parents[node]
        around = next((a for a in context.module.ancestors(node) if isinstance(a, scopes)), None)
        if around is info.node and isinstance(call, ast.Call) and call.func is node:
            yield call


def _has_literal_test(info: ClassInfo) -> bool:
    """Whether ``__test__`` is a plain attribute, which pytest honours alike in both kinds of classes."""
    values = [
        s.value for s in info.node.body if isinstance(s, ast.Assign) and "__test__" in set(bound_names(s))
    ]
    return len(values) == 1 and isinstance(values[0], ast.Constant)


def _is_empty_to_pytest(context: Context, nested: ClassInfo) -> bool:
    """Whether pytest would collect nothing of a class, and not warn of it either: no tests, no constructor.

    Source: ``Class.collect`` in _pytest/python.py.
    """
    known = all(isinstance(b, ClassInfo) or b == "object" for c in nested.lineage for b in c.bases)
    names = {name for c in nested.lineage for name in c.defines}
    options = context.config.pytest
    made = names & {"__init__", "__new__"}
    silent = not (made or any(options.collects_function(n) or options.collects_class(n) for n in names))
    return known and silent and not any(c.node.decorator_list or c.node.keywords for c in nested.lineage)


def _statement(context: Context, info: ClassInfo, statement: ast.stmt) -> Iterator[Problem]:
    if isinstance(statement, ast.ClassDef):
        nested = context.classes.by_node[statement]
        collected = context.config.pytest.collects_class(statement.name)
        if nested.is_testcase or (collected and not _is_empty_to_pytest(context, nested)):
            yield Problem(
                info, "B-NESTED", statement, f"pytest would collect the nested class {statement.name}"
            )
    elif isinstance(statement, ast.Assign):
        names = [t.id for t in statement.targets if isinstance(t, ast.Name)]
        if any(n.startswith("test") for n in names) and not _is_known_value(context, info, statement.value):
            yield Problem(info, "B-PARTIAL", statement, f"{names[0]} may be a test that is no function")
        elif respelled(context.module, statement) is None and is_borrowed(
            context, info, names, statement.value
        ):
            yield Problem(info, "B-INTERNALS", statement, f"{names[0]} is given the test instance")
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        called = sorted(context.classes.component(info).invoked & set(bound_names(statement)))
        if called:
            reason = f"{called[0]} is imported into the class, and gets the test instance"
            yield Problem(info, "B-INTERNALS", statement, reason)
    elif (
        isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
        and statement not in info.node.body
        and statement.name in API
    ):
        yield Problem(info, "B-DYNAMIC", statement, f"{statement.name} is defined conditionally")


def _is_known_value(context: Context, info: ClassInfo, value: ast.expr) -> bool:
    """Whether a value under a test's name is a test to pytest, too, or to nobody."""
    if isinstance(value, ast.Call):
        return is_made(context, info, value)
    return is_data(value) or (isinstance(value, ast.Name) and value.id in info.methods)


def _decorators(context: Context, info: ClassInfo) -> Iterator[Problem]:
    for decorator in info.node.decorator_list:
        if id(decorator) not in context.handled and not _is_safe_on_class(context, decorator):
            text = context.module.text(decorator).split("(")[0]
            code = "B-DDT" if "ddt" in text or "parameterized" in text else "B-DYNAMIC"
            yield Problem(
                info, code, decorator, f"the class decorator {text} may rely on the class being a TestCase"
            )
    for function in info.functions:
        for decorator in function.decorator_list:
            if id(decorator) not in context.handled and not _is_safe_on_method(
                context, info, decorator, function
            ):
                text = context.module.text(decorator).split("(")[0]
                code = (
                    "B-DDT"
                    if text.split(".")[0] in ("data", "ddt", "unpack", "idata", "file_data")
                    else "B-DYNAMIC"
                )
                yield Problem(
                    info, code, decorator, f"the decorator {text} may rely on the class being a TestCase"
                )


def _resolved(context: Context, decorator: ast.expr) -> str | None:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(target, ast.Call):
        target = target.func
    resolved = context.module.resolve(target)
    return resolved or (
        dotted_name(target) if isinstance(target, ast.Name) and target.id in BUILTIN_DECORATORS else None
    )


def _is_safe_on_class(context: Context, decorator: ast.expr) -> bool:
    name = _resolved(context, decorator)
    facts = function_of(context, decorator)
    marks = facts is not None and facts.marks
    return marks or (bool(name) and (str(name) + ".").startswith(("unittest.mock.", "pytest.mark.")))


def _is_safe_on_method(context: Context, info: ClassInfo, decorator: ast.expr, method: FunctionNode) -> bool:
    """Known decorators, properties' setters, functions of the project that do not touch TestCase's names."""
    name = _resolved(context, decorator)
    if name in BUILTIN_DECORATORS or (name == "pytest.fixture" and is_simple_fixture(info, method)):
        return True
    if name and is_known(name):
        return True
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(target, ast.Attribute) and target.attr in ("setter", "getter", "deleter"):
        return True
    facts = function_of(context, target)
    if name in SKIPS or (facts is not None and facts.skips):
        return method not in info.tests or not _is_set_up(context, info)
    return facts is not None and facts.clean and not (method in info.tests and _takes_more(method))


def _is_set_up(context: Context, info: ClassInfo) -> bool:
    """Whether anything is set up for the tests: unittest looks for a skip before that, not after it."""
    names = {name for c in context.classes.component(info) for name in c.defines}
    return bool(names & {*FIXTURE_METHODS, "asyncSetUp", "asyncTearDown"})


def _takes_more(method: FunctionNode) -> bool:
    """Whether a test needs arguments that its decorator gives it, and that pytest would take for fixtures."""
    required = len(method.args.posonlyargs) + len(method.args.args) - len(method.args.defaults)
    return required > 1


def _tests(context: Context, info: ClassInfo) -> Iterator[Problem]:
    for function in info.functions:
        if function.name.startswith(TEST_PREFIX) or function.name == "runTest":
            yield from _test(context, info, function)
    yield from _collected_otherwise(context, info)
    yield from order_problems(context, info)


def _collected_otherwise(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Methods that are tests in a TestCase or in a plain class only: the latter asks ``python_functions``.

    Source: ``UnitTestCase.collect`` in pytest takes the names from unittest's loader.
    """
    options = context.config.pytest
    if options.python_functions == (TEST_PREFIX,):
        return
    for name in sorted(filter(lambda name: _may_be_called(info, name), info.defines)):
        is_test = name.startswith(TEST_PREFIX) or name == "runTest"
        if is_test is options.collects_function(_NEW_NAMES.get(name, name)):
            continue
        reason = (
            f"python_functions does not match {name}, which unittest runs whatever that says"
            if is_test
            else f"python_functions matches {name}, which would become a test"
        )
        yield Problem(info, "B-NAME", info.methods.get(name, info.node), reason)


_NEW_NAMES = {"runTest": RUN_TEST, "setUpClass": "setup_class", "tearDownClass": "teardown_class"}


def _may_be_called(info: ClassInfo, name: str) -> bool:
    """Whether a name of a class body may be a function by the time pytest looks at the class."""
    if name in info.methods:
        decorators = [dotted_name(d) for d in info.methods[name].decorator_list]
        return name not in ("setUp", "tearDown") and not {"property", "cached_property"} & set(decorators)
    values = [s.value for s in info.node.body if isinstance(s, ast.Assign) and name in set(bound_names(s))]
    return not (values and all(map(is_data, values)))


def _unawaited(context: Context, function: ast.AsyncFunctionDef) -> str:
    strange = [d for d in function.decorator_list if not is_alike(context, d)]
    if strange:
        decorator = context.module.text(strange[0]).split("(")[0]
        return f"{function.name} is a coroutine, and it is not known whether {decorator} awaits it"
    return f"{function.name} is a coroutine that unittest never awaited"


def _test(context: Context, info: ClassInfo, function: FunctionNode) -> Iterator[Problem]:
    if counts_none(context.module, function):
        yield Problem(info, "B-INTERNALS", function, f"{function.name} counts what refers to None")
    if isinstance(function, ast.AsyncFunctionDef) and not _is_awaited(context, info, function):
        yield Problem(info, "C-VACUOUS", function, _unawaited(context, function))
    elif function in context.module.generators and not _is_wrapped(context, function):
        yield Problem(info, "B-GENTEST", function, f"{function.name} is a generator that unittest never ran")


def _is_awaited(context: Context, info: ClassInfo, function: ast.AsyncFunctionDef) -> bool:
    """Whether its class, a decorator, or what a rule makes of it, runs a coroutine."""
    if context.classes.is_awaited(info) or id(function) in context.handled:
        return True
    return wrapper_of(context, function) is not None


def _is_wrapped(context: Context, function: FunctionNode) -> bool:
    """Whether a decorator of the project puts a coroutine function in the place of an async generator."""
    if not isinstance(function, ast.AsyncFunctionDef):
        return False
    known = (function_of(context, d) for d in function.decorator_list)
    return any(facts is not None and facts.gives_coroutine for facts in known)
