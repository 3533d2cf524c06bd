"""The tests of a class or a module that pytest collects, and how each of them may change."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import cast

from reassert.model.edits import Span
from reassert.model.plugins import FIXTURES_OF
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.fixtures import all_fixtures
from reassert.syntax.known_decorators import hands_arguments_on
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.remarks import comments_in, is_pragma
from reassert.syntax.roots import ROOTS
from reassert.syntax.shared_state import are_numbered, changes_module, shares_state
from reassert.syntax.skeletons import Skeleton, documented, skeleton
from reassert.syntax.statements import definition_region

MARK = "pytest.mark."
PARAMETRIZE = f"{MARK}parametrize"
# Marks that pytest, or a plugin, only looks for at the function itself.
_BOUND_MARKS = frozenset(
    {"usefixtures", "parametrize", "asyncio", "anyio", "trio", "tornado", "gen_test", "twisted", "vcr"}
)
# Fixtures of plugins that keep files by the name of the test.
_NAMED_FIXTURES = frozenset(
    {"request", "snapshot", "data_regression", "file_regression", "num_regression", "image_regression"}
    | {"dataframe_regression", "ndarrays_regression", "vcr", "cassette", "vcr_cassette", "betamax_session"}
)
# Fixtures of pytest that are new for each test and have no parameters.
PLAIN_FIXTURES = frozenset(
    {"tmp_path", "tmpdir", "monkeypatch", "capsys", "capfd", "capsysbinary", "capfdbinary", "caplog"}
    | {"recwarn", "request", "subtests", "pytester", "testdir", "record_property", "mocker", "capteesys"}
)
# Other fixtures of pytest, on which those depend, or which live longer; ``cache`` is a word for other things.
_WIDE_FIXTURES = frozenset(
    {"pytestconfig", "tmp_path_factory", "tmpdir_factory", "doctest_namespace", "record_xml_attribute"}
    | {"record_testsuite_property"}
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Mark:
    """A mark above a test: its name, what tells it from others, and its source without the ``@``."""

    name: str
    canonical: str
    node: ast.expr


@dataclass(frozen=True)
class Sibling:
    """A test. ``region`` is what goes if the test goes; ``index`` its place among the tests of its scope."""

    function: FunctionNode
    index: int
    region: Span
    skeleton: Skeleton
    marks: tuple[Mark, ...]
    table: ast.Call | None
    opaque: bool
    key: tuple[object, ...]

    @property
    def name(self) -> str:
        """The name of the test."""
        return self.function.name


@dataclass
class Scope:
    """A class or (``owner`` is None) a module, and the tests that its body defines itself."""

    context: Context
    owner: ClassInfo | None
    tests: list[FunctionNode] = field(default_factory=list)

    @property
    def qualname(self) -> str:
        """What the names of units begin with."""
        return f"{self.owner.qualname}." if self.owner else ""

    @cached_property
    def siblings(self) -> list[Sibling]:
        """The tests that may be copies of one another."""
        return [
            _sibling(self.context, test, index)
            for index, test in enumerate(self.tests)
            if _is_simple(self.context, test)
        ]

    @cached_property
    def repeated(self) -> frozenset[str]:
        """The names of which only the last definition is a test."""
        counts = Counter(test.name for test in self.tests)
        return frozenset(name for name, number in counts.items() if number > 1)

    @cached_property
    def heirs(self) -> list[ClassInfo]:
        """The classes of the file that inherit the tests."""
        return self.context.classes.heirs(self.owner) if self.owner else []

    @cached_property
    def is_ordered(self) -> bool:
        """Whether a test may need that another one ran before it."""
        if are_numbered([name for test in self.tests for name in case_names(test)]):
            return True
        if self.owner is not None:
            return any(map(shares_state, self.owner.lineage))
        module = self.context.module
        writes = any(module.holds(t, n) for t in self.tests for n in module.of(ast.Global))
        return writes or any(changes_module(module, test, frozenset()) for test in self.tests)

    @cached_property
    def is_multiplied(self) -> bool:
        """Whether a test may run more than once with the same arguments."""
        context, decorators = self.context, [d for c in self._lineage for d in c.node.decorator_list]
        marks = [
            s for s in self._bodies if isinstance(s, ast.Assign) and "pytestmark" in ast.dump(s.targets[0])
        ]
        above = [*decorators, *marks]
        if any("parametrize" in ast.dump(node) for node in above) or self.heirs or context.facts.multiplied:
            return True
        return any(k.arg == "params" for f in fixtures(context).values() for k in f)

    @property
    def _lineage(self) -> Sequence[ClassInfo]:
        return self.owner.lineage if self.owner else ()

    @property
    def _bodies(self) -> list[ast.stmt]:
        return [*self.context.module.tree.body, *(s for c in self._lineage for s in c.node.body)]


def scopes(context: Context) -> Iterator[Scope]:
    """Every place where pytest collects tests that it can parametrize."""
    module, config = context.module, context.config.pytest
    own = [s for s in module.tree.body if isinstance(s, FunctionNode)]
    yield Scope(context, None, [f for f in own if config.collects_function(f.name)])
    for info in context.classes.all:
        if not info.is_testcase and not info.local and _is_collected(context, info):
            own = [s for s in info.node.body if isinstance(s, FunctionNode)]
            yield Scope(context, info, [f for f in own if config.collects_function(f.name)])


def _is_collected(context: Context, info: ClassInfo) -> bool:
    """Whether pytest collects a class that is nothing but what the file and the project say of it."""
    relatives = [info, *context.classes.heirs(info)]
    if any(r.is_testcase or "__init__" in r.inherited for r in relatives) or info.node.keywords:
        return False
    if not all(map(_is_known, info.lineage)):
        return False
    if not all(hands_arguments_on(context.module, d) for d in info.node.decorator_list):
        return False
    return any(context.config.pytest.collects_class(r.node.name) for r in relatives)


def _is_known(info: ClassInfo) -> bool:
    return all(
        isinstance(base, ClassInfo) or ROOTS.get(base or "") == "plain" or (info.external is not None)
        for base in info.bases
    )


def fixtures(context: Context) -> dict[str, list[ast.keyword]]:
    """The fixtures that the file defines, each with the keywords of its decorator."""
    if "fixtures" not in context.memory:
        context.memory["fixtures"] = dict(all_fixtures(context.module))
    return cast("dict[str, list[ast.keyword]]", context.memory["fixtures"])


def fixture_names(context: Context) -> set[str]:
    """The names of fixtures, as far as they are known: no argument of a table may have one.

    Such an argument takes the fixture's place for everybody who asks for it, and an autouse one does not run
    any more (pytest, "override a fixture with direct test parametrization").
    """
    plugins = (FIXTURES_OF.get(name, ()) for name, _ in context.config.plugins)
    known = (fixtures(context), PLAIN_FIXTURES, _WIDE_FIXTURES, context.facts.conftest_fixtures, *plugins)
    return set(chain(*known))


# -- one test ----------------------------------------------------------------------------------------------


def _is_simple(context: Context, test: FunctionNode) -> bool:
    """Whether a test takes plain arguments, is no generator, and stands on lines of its own."""
    a = test.args
    if (
        a.vararg
        or a.kwarg
        or a.kwonlyargs
        or a.posonlyargs
        or a.defaults
        or test in context.module.generators
    ):
        return False
    names = {d.id for d in test.decorator_list if isinstance(d, ast.Name)}
    if names & {"staticmethod", "classmethod", "property"}:
        return False
    return context.stands_alone(test) and not _NAMED_FIXTURES & {x.arg for x in a.args}


def _sibling(context: Context, test: FunctionNode, index: int) -> Sibling:
    region = definition_region(context, test)
    read = skeleton(context.module, test)
    marks, table, others = _decorators(context, test)
    bound = tuple(m.canonical for m in marks if m.name in _BOUND_MARKS)
    opaque = not all(hands_arguments_on(context.module, d) for d in others)
    given = table_names(table) if table else ()
    signature = (type(test).__name__, *(ast.dump(a) for a in test.args.args if a.arg not in given))
    returns = ast.dump(test.returns) if test.returns else ""
    key = (*signature, returns, *map(ast.dump, others), *bound, *_remarks(context, test, region))
    free = tuple(m for m in marks if m.name not in _BOUND_MARKS)
    return Sibling(test, index, region, read, free, table, opaque, key)


def table_names(table: ast.Call) -> tuple[str, ...]:
    """The arguments that a table with its rows in a list gives a test; none if they are not spelled out."""
    if len(table.args) != 2 or table.keywords or not isinstance(table.args[1], ast.List):  # noqa: PLR2004 - names, rows
        return ()
    names = table.args[0]
    if isinstance(names, ast.Constant):
        return tuple(name.strip() for name in str(names.value).split(",") if name.strip())
    parts = names.elts if isinstance(names, (ast.Tuple, ast.List)) else []
    return tuple(str(part.value) for part in parts if isinstance(part, ast.Constant))


def case_names(test: FunctionNode) -> list[str]:
    """The ids of the rows of a test that has a table with ids, which may have been tests; else its name."""
    calls = [n for d in test.decorator_list for n in ast.walk(d) if isinstance(n, ast.Call)]
    ids = [
        k.value.value
        for c in calls
        for k in c.keywords
        if k.arg == "id" and isinstance(k.value, ast.Constant)
    ]
    return [str(name) for name in ids] or [test.name]


def _decorators(context: Context, test: FunctionNode) -> tuple[list[Mark], ast.Call | None, list[ast.expr]]:
    """The marks of a test, its table if it has one, and its other decorators."""
    marks, others, tables = [], [], []
    for decorator in test.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = context.module.resolve(target) or ""
        if name == PARAMETRIZE and isinstance(decorator, ast.Call):
            tables.append(decorator)
        elif name.startswith(MARK):
            marks.append(Mark(name.removeprefix(MARK), ast.dump(decorator), decorator))
        else:
            others.append(decorator)
    if len(tables) == 1:
        return marks, tables[0], others
    return marks, None, [*others, *tables]


def _remarks(context: Context, test: FunctionNode, region: Span) -> Iterator[object]:
    """What only a copy with the same remark shares: comments for tools, examples in the docstring."""
    buffer = context.source.buffer
    for comment in comments_in(context, region):
        text = buffer[comment.start : comment.end]
        if is_pragma(text):
            yield text
    docstring = documented(test)
    if docstring is not None and ">>>" in context.module.text(docstring):
        yield test.name


# -- who else knows a test -----------------------------------------------------------------------------------


def known_elsewhere(scope: Scope, name: str) -> str:
    """Who refers to a test by its name, in words; empty if nobody does."""
    context = scope.context
    kept = context.facts.kept_tests
    if name in kept or (scope.owner is not None and scope.owner.qualname in kept):
        return "another file uses it"
    if context.module.attributes_named(name) or _is_read(scope, name):
        return "the file uses it by its name"
    if name in _quoted(context):
        return "a string names it"
    relatives = [*scope.heirs, *(scope.owner.lineage[1:] if scope.owner else [])]
    if any(name in relative.defines for relative in relatives):
        return "a related class has a test of this name, too"
    return ""


def is_used(module: Module, name: str) -> bool:
    """Whether a file uses a function by its name, or a method by whatever has it."""
    loaded = any(isinstance(n.ctx, ast.Load) for n in module.names.get(name, ()))
    return loaded or bool(module.attributes_named(name))


def _is_read(scope: Scope, name: str) -> bool:
    """Whether the bare name of a test is read: that of a method can be in its class only."""
    module = scope.context.module
    reads = [n for n in module.names.get(name, ()) if isinstance(n.ctx, ast.Load)]
    return any(scope.owner is None or module.holds(scope.owner.node, n) for n in reads)


def _quoted(context: Context) -> set[str]:
    """The words of all strings that are no docstrings, and no ids of rows: these name what was a test."""
    if "words in strings" not in context.memory:
        parents = context.module.parents
        strings = (s for s in context.module.strings if not isinstance(parents[s], ast.Expr))
        strings = (s for s in strings if not _is_id(context, s))
        context.memory["words in strings"] = {w for s in strings for w in _WORD.findall(str(s.value))}
    return cast("set[str]", context.memory["words in strings"])


def _is_id(context: Context, node: ast.expr) -> bool:
    """Whether a string is the id of a row, or one of ``ids``."""
    parents = context.module.parents
    parent = parents[node]
    if isinstance(parent, (ast.List, ast.Tuple)):
        parent = parents[parent]
    if not isinstance(parent, ast.keyword) or parent.arg not in {"id", "ids"}:
        return False
    call = parents[parent]
    return isinstance(call, ast.Call) and context.module.resolve(call.func) in (PARAMETRIZE, "pytest.param")


def knows_its_test(context: Context) -> bool:
    """Whether something in the file asks which test runs."""
    module = context.module
    asked = {"node", "function", "keywords", "_testMethodName", "f_code", "currentframe"}
    return any(
        n.attr in asked - {"node", "function", "keywords"}
        or (isinstance(n.value, ast.Name) and n.value.id in {"request", "metafunc", "item"})
        for name in asked
        for n in module.attributes_named(name)
    )
