"""What keeps a TestCase class from being a plain class that pytest collects and runs in the same way."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.classes import ClassInfo, body_statements, dotted_name
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode
from reassert.syntax.setup_chain import Problem
from reassert.syntax.testcase_api import API, CALLED_BY_OTHERS, INTERNALS, LEGACY_ASSERTIONS

# Decorators that work alike on methods of a TestCase and of a plain class.
SAFE_DECORATORS = (
    "unittest.mock.",
    "functools.",
    "contextlib.",
    "pytest.mark.",
    "hypothesis.",
    "freezegun.",
    "time_machine.",
    "responses.",
    "respx.",
    "httpretty.",
    "vcr.",
    "moto.",
    "requests_mock.",
    "parameterized.parameterized.expand",
    "typing.",
    "abc.abstractmethod",
    "warnings.",
)
_BUILTIN_DECORATORS = ("staticmethod", "classmethod", "property")
_CONSTRUCTION = (
    "__init__",
    "__new__",
    "__del__",
    "__getattr__",
    "__getattribute__",
    "__init_subclass__",
    "__call__",
)
# Builtins and constructors that may be handed the test instance: they do not call its methods.
_HARMLESS_CALLS = frozenset(
    "id isinstance issubclass type repr str hash getattr setattr hasattr delattr vars dir print super".split()
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
    yield from _instance(context, info)
    yield from _escapes(context, info)


def _bases(context: Context, info: ClassInfo) -> Iterator[Problem]:
    node = info.node
    if info.local:
        yield Problem(info, "B-DYNAMIC", node, "the class is made inside a function")
    if node.keywords:
        yield Problem(info, "B-DYNAMIC", node, "the class has a metaclass or other class keywords")
    if len(context.classes.by_name[info.qualname]) > 1:
        yield Problem(info, "B-DYNAMIC", node, "the class is defined more than once")
    for base, expression in zip(info.bases, node.bases, strict=True):
        text = context.module.text(expression)
        if base is None:
            yield Problem(info, "B-BASE", node, f"its base {text} cannot be resolved")
        elif isinstance(base, str) and base not in _KNOWN_BASES:
            yield _base_problem(context, info, base)
    if _shadowed_mixin(info):
        yield Problem(info, "B-MRO", node, "TestCase stands before a mixin whose set-up it hides")


_KNOWN_BASES = ("object", "unittest.TestCase", "abc.ABC", "typing.Generic", "typing.Protocol")


def _base_problem(context: Context, info: ClassInfo, base: str) -> Problem:
    known = context.facts.bases.get(base)
    if base == "unittest.IsolatedAsyncioTestCase":
        return Problem(info, "B-BASE", info.node, "asynchronous test classes are not converted yet")
    if known and known.path:
        return Problem(info, "B-COMPONENT", info.node, f"its base {base} is defined in another file")
    return Problem(info, "B-BASE", info.node, f"its base {base} comes from outside the project")


def _shadowed_mixin(info: ClassInfo) -> bool:
    """``class X(TestCase, Mixin)``: TestCase's empty setUp is first in the MRO, the mixin's never runs."""
    after = False
    for base in info.bases:
        if base == "unittest.TestCase" or (isinstance(base, ClassInfo) and base.is_testcase):
            after = True
        elif (
            after
            and isinstance(base, ClassInfo)
            and any(c.defines & API for c in base.lineage if not c.is_testcase)
        ):
            return True
    return False


def _body(context: Context, info: ClassInfo) -> Iterator[Problem]:
    node = info.node
    for name in sorted(info.defines & (INTERNALS | set(_CONSTRUCTION))):
        yield Problem(info, "B-INTERNALS", info.methods.get(name, node), f"the class defines {name}")
    for name in sorted(info.defines & CALLED_BY_OTHERS):
        yield Problem(info, "A-TYPEFUNC", info.methods.get(name, node), f"the class defines its own {name}")
    if "runTest" in info.defines:
        yield Problem(
            info,
            "B-INTERNALS",
            info.methods.get("runTest", node),
            "runTest is not collected from a plain class",
        )
    if "__slots__" in info.defines:
        yield Problem(info, "B-INTERNALS", node, "the class has __slots__")
    if info.defines & {"__test__", "pytestmark"} and "__test__" in info.defines:
        yield Problem(info, "B-NAME", node, "__test__ steers what is collected")
    for name in sorted(info.defines & {"setup", "teardown", "pytest_generate_tests"}):
        yield Problem(
            info, "B-NAME", info.methods.get(name, node), f"some versions of pytest call {name} by its name"
        )
    for statement in body_statements(node):
        yield from _statement(context, info, statement)


def _statement(context: Context, info: ClassInfo, statement: ast.stmt) -> Iterator[Problem]:
    if isinstance(statement, ast.ClassDef):
        nested = context.classes.by_node[statement]
        if statement.name.startswith("Test") or nested.is_testcase:
            yield Problem(
                info, "B-NESTED", statement, f"pytest would collect the nested class {statement.name}"
            )
    elif isinstance(statement, ast.Assign):
        names = [t.id for t in statement.targets if isinstance(t, ast.Name)]
        if (
            any(n.startswith("test") for n in names)
            and not _is_data(statement.value)
            and not (isinstance(statement.value, ast.Name) and statement.value.id in info.methods)
        ):
            yield Problem(info, "B-PARTIAL", statement, f"{names[0]} may be a test that is no function")
    elif (
        isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
        and statement not in info.node.body
        and statement.name in API
    ):
        yield Problem(info, "B-DYNAMIC", statement, f"{statement.name} is defined conditionally")


def _is_data(node: ast.expr) -> bool:
    """Whether a class attribute's value is not callable, so that unittest does not take it for a test."""
    return isinstance(
        node,
        (
            ast.Constant,
            ast.List,
            ast.Tuple,
            ast.Dict,
            ast.Set,
            ast.JoinedStr,
            ast.ListComp,
            ast.DictComp,
            ast.BinOp,
        ),
    )


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
            if id(decorator) not in context.handled and not _is_safe_on_method(context, decorator):
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
        dotted_name(target) if isinstance(target, ast.Name) and target.id in _BUILTIN_DECORATORS else None
    )


def _is_safe_on_class(context: Context, decorator: ast.expr) -> bool:
    name = _resolved(context, decorator)
    return bool(name) and (str(name) + ".").startswith(("unittest.mock.", "pytest.mark."))


def _is_safe_on_method(context: Context, decorator: ast.expr) -> bool:
    """Known decorators, properties' setters, functions of this file that do not touch TestCase's names."""
    name = _resolved(context, decorator)
    if name is not None:
        return (
            name in _BUILTIN_DECORATORS
            or (name + ".").startswith(tuple(d if d.endswith(".") else d + "." for d in SAFE_DECORATORS))
            or (name in ("unittest.skip", "unittest.skipIf", "unittest.skipUnless"))
        )
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(target, ast.Attribute) and target.attr in ("setter", "getter", "deleter"):
        return True
    return isinstance(target, ast.Name) and _is_own_harmless(context, target.id)


def _is_own_harmless(context: Context, name: str) -> bool:
    """Whether a name is a function of this file whose code knows nothing of unittest."""
    definitions = [
        n
        for n in context.module.tree.body
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name
    ]
    return len(definitions) == 1 and not any(
        _touches_unittest(context, n) for n in context.module.subtree(definitions[0])
    )


def _touches_unittest(context: Context, node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in API or node.attr.startswith("__unittest")
    return isinstance(node, ast.Name) and (context.module.resolve(node) or "").startswith("unittest")


def _tests(context: Context, info: ClassInfo) -> Iterator[Problem]:
    for function in info.tests:
        yield from _test(context, info, function)
    if _is_shared_state(context, info) and not _in_order(info):
        yield Problem(
            info, "B-ORDER", info.node, "tests share state, and unittest runs them in alphabetical order"
        )


def _test(context: Context, info: ClassInfo, function: FunctionNode) -> Iterator[Problem]:
    if isinstance(function, ast.AsyncFunctionDef):
        yield Problem(
            info, "C-VACUOUS", function, f"{function.name} is a coroutine that unittest never awaited"
        )
    elif function in context.module.generators:
        yield Problem(info, "B-GENTEST", function, f"{function.name} is a generator that unittest never ran")
    if function.name in info.repeated and function not in info.direct:
        yield Problem(info, "B-DYNAMIC", function, f"{function.name} is defined conditionally")


def _in_order(info: ClassInfo) -> bool:
    """Whether definition order, inherited tests first, is alphabetical order."""
    names = list(dict.fromkeys(t.name for c in reversed(info.mro) for t in c.tests))
    return names == sorted(names)


def _is_shared_state(context: Context, info: ClassInfo) -> bool:
    """Whether a test or helper writes something that outlives the test: class attributes or globals."""
    own = {info.node.name}
    for function in info.functions:
        if function.name in ("setUpClass", "tearDownClass"):
            continue
        for node in context.module.subtree(function):
            if isinstance(node, ast.Global):
                return True
            if (
                isinstance(node, ast.Attribute)
                and not isinstance(node.ctx, ast.Load)
                and _is_class(node.value, own)
            ):
                return True
    return False


def _is_class(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names or node.id == "cls"
    if isinstance(node, ast.Attribute):
        return node.attr == "__class__"
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "type"
        and len(node.args) == 1
    )


def _instance(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Uses of TestCase's interface that no codemod converts."""
    inherited = info.inherited
    for use in info.uses.attributes:
        if use.name in API and id(use.node) not in context.handled and use.name not in inherited:
            code = "B-INTERNALS" if use.name not in LEGACY_ASSERTIONS else "A-EXPR"
            yield Problem(info, code, use.node, f"self.{use.name} is left, which only a TestCase has")
        elif use.name in ("__class__", "__dict__") and isinstance(use.node.ctx, ast.Store):
            yield Problem(info, "B-INTERNALS", use.node, f"self.{use.name} is replaced")
    yield from _from_nowhere(context, info)
    for call in info.uses.supers:
        if id(call.node) not in context.handled and call.name in API:
            yield Problem(info, "B-INTERNALS", call.node, f"{call.name} of a base is called")
    for node in _captured(context, info):
        yield Problem(
            info, "B-CAPTURE", node, "setUp replaces a stream that pytest puts back before the test"
        )
    for name in _bare_unittest(context, info):
        yield Problem(
            info, "B-INTERNALS", name, "the test looks at unittest itself, which will not run it any more"
        )
    for function in info.uses.rebound:
        yield Problem(info, "A-RECEIVER", function, f"{function.name} binds its first parameter anew")


def _from_nowhere(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Attributes that no class of the hierarchy defines: somebody puts them on TestCase or the instance."""
    component = context.classes.component(info)
    if component.sets_unseen_attributes:
        return
    known = set(component.attributes)
    for use in info.uses.attributes:
        if use.name not in known and use.name not in API and not use.name.startswith("__"):
            known.add(use.name)
            yield Problem(info, "B-DYNAMIC", use.node, f"self.{use.name} is defined nowhere in the hierarchy")


_STREAMS = ("stdout", "stderr")


def _captured(context: Context, info: ClassInfo) -> Iterator[ast.AST]:
    """Places where setUp, or what it calls on itself, replaces sys.stdout or sys.stderr.

    pytest runs fixtures in a phase of their own and installs its own streams anew between the phases.
    """
    todo = [info.methods[n] for n in ("setUp",) if n in info.methods]
    seen = set()
    while todo:
        function = todo.pop()
        seen.add(function)
        yield from (n for n in context.module.subtree(function) if _replaces_stream(context, n))
        called = {u.name for u in info.uses.attributes if u.method is function}
        todo += [f for name, f in info.methods.items() if name in called and f not in seen]


def _replaces_stream(context: Context, node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        stored = node.attr in _STREAMS and not isinstance(node.ctx, ast.Load)
        return (stored and dotted_name(node.value) == "sys") or node.attr in (
            "redirect_stdout",
            "redirect_stderr",
        )
    if isinstance(node, ast.Name):
        return (context.module.resolve(node) or "").startswith("contextlib.redirect_std")
    if not isinstance(node, ast.Call) or not node.args:
        return False
    words = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
    if dotted_name(node.args[0]) == "sys":
        return any(w in _STREAMS for w in words)
    return any(w in ("sys.stdout", "sys.stderr") for w in words)


def _bare_unittest(context: Context, info: ClassInfo) -> Iterator[ast.Name]:
    """``unittest`` as a value, not as the prefix of something in it."""
    inside = range(info.node.lineno, (info.node.end_lineno or info.node.lineno) + 1)
    for local, targets in context.module.imports.items():
        if "unittest" in targets:
            for name in context.module.names.get(local, ()):
                if name.lineno in inside and not isinstance(context.module.parents[name], ast.Attribute):
                    yield name


def _escapes(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """The test instance handed to code that may call TestCase's methods on it."""
    for node, function in info.uses.escapes:
        if id(node) not in context.handled and not _is_harmless(context, info, node):
            yield Problem(info, "B-INTERNALS", node, f"{function.name} hands the test instance to other code")


def _is_harmless(context: Context, info: ClassInfo, node: ast.Name) -> bool:
    parents = context.module.parents
    parent = parents[node]
    if isinstance(parent, ast.keyword):
        parent = parents[parent]
    if isinstance(parent, (ast.Compare, ast.Assert, ast.UnaryOp, ast.BoolOp, ast.If, ast.Expr)):
        return True
    if not isinstance(parent, ast.Call):
        return False
    if id(parent.func) in context.handled:
        return True
    func = parent.func
    if isinstance(func, ast.Name) and (func.id in _HARMLESS_CALLS or _is_own_harmless(context, func.id)):
        return func.id != "getattr" or _constant_name(parent)
    resolved = context.module.resolve(func) or ""
    if resolved.startswith(("unittest.mock.", "weakref.")):
        return True
    explicit = dotted_name(func.value) if isinstance(func, ast.Attribute) else None
    return any(c.qualname == explicit for c in info.lineage)


def _constant_name(call: ast.Call) -> bool:
    """``getattr(self, "name")`` with a literal that is no part of TestCase's interface."""
    return len(call.args) > 1 and isinstance(call.args[1], ast.Constant) and call.args[1].value not in API
