"""Copies of tests become rows, and what they assert stays the same, whatever else is in the module."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converting import convert_file
from reassert.model.config import Profile, RuleConfig

CONFIG = RuleConfig(profile=Profile.IDIOMATIC)
HEAD = """\
LIMIT = 3
OTHER = "b"


def twice(value, times=2, **more):
    return [value] * times + sorted(more.items())


"""
values = st.one_of(
    st.integers(-3, 3).map(repr),
    st.sampled_from(["'a'", "'ab'", "None", "True", "1.5", "b'x'", "LIMIT", "OTHER", "str", "ValueError"]),
    st.sampled_from(["[1, 2]", "[]", "{'a': 1}", "(1, 'b')", "('x',)", "{'a': [1]}"]),
)
# Each hole is a value; {v} is a local variable, whose name says nothing.
TEMPLATES = (
    "    assert repr({0}) != {1}\n",
    "    {v} = twice({0}, times=2)\n    assert {v} != {1}\n    assert len({v}) == 2\n",
    "    {v} = {0}\n    # {1}\n    {v} = twice({v}, key={1})\n    assert {v} != {0}\n",
    "    assert twice(LIMIT, **{{'key': {0}}}) != [{1}]\n",
    "    {v} = [{0}]\n    {v}.append({1})\n    assert {v} != 1\n",
    "    for {v} in [{0}, {1}]:\n        assert twice({v}) != {0}\n",
    '    """About {1}."""\n    assert ({0}, {1}) != {1}\n',
    "    assert twice(len) != {0} and {1} != ...\n",
    "    from math import {f} as {v}\n    assert {v}(4) != {0} and {1} != ...\n",
    "    from math import {f}\n    assert {f}(4) != {0} and {1} != ...\n",
    "    {v} = dict({v}={0})\n    assert {v} != {1}\n",
    "    def {v}({f}):\n        return [{f}, {0}]\n\n    assert {v}({0}) != {1}\n",
    "    try:\n        raise KeyError({0})\n    except KeyError as {v}:\n        assert {v}.args != {1}\n",
    "    {f} = [repr({v}) for {v} in [4, {0}]]\n    assert {f} != {1}\n",
    "    if {0}:\n        assert repr({1}) != 1\n",
)
DECORATORS = (
    "",
    "@pytest.mark.skip(reason='later')\n",
    "@pytest.mark.usefixtures()\n",
    "@pytest.mark.filterwarnings('ignore')\n",
    "@pytest.mark.xfail(strict=True)\n",
)
a_test = st.tuples(
    st.sampled_from(TEMPLATES), values, values, st.sampled_from(["sqrt exp", "exp sqrt"]), st.integers(0, 9)
)
modules = st.lists(a_test, min_size=2, max_size=12).filter(lambda tests: len({t[0] for t in tests}) < 4)


def written(tests: list[tuple[str, tuple[str, str, str, str, int]]]) -> str:
    parts = ["import pytest\n\n", HEAD]
    for name, (template, first, second, variables, mark) in tests:
        decorator = DECORATORS[mark] if mark < len(DECORATORS) else ""
        variable, other = variables.split()
        body = template.format(first, second, v=variable, f=other)
        parts.append(f"{decorator}def {name}():\n{body}\n\n")
    return "".join(parts).rstrip() + "\n"


def named(tests: list[tuple[str, str, str, str, int]]) -> list[tuple[str, tuple[str, str, str, str, int]]]:
    return [(f"test_{'abcdefghijkl'[i]}", test) for i, test in enumerate(tests)]


def collapsed(source: str) -> str:
    return convert_file("test_it.py", source, CONFIG, ["duplicate_tests_to_parametrize"]).files["test_it.py"]


class Recorder(ast.NodeTransformer):
    """Has every assertion noted, with the values that it compares."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        operands = [n for n in ast.walk(node.test) if isinstance(n, ast.Compare)]
        sides = [[n.left, *n.comparators] for n in operands]
        what = ast.Constant(" ".join(type(op).__name__ for n in operands for op in n.ops))
        lists = ast.List([ast.List(side, ast.Load()) for side in sides], ast.Load())
        call = ast.Call(ast.Name("_note", ast.Load()), [what, lists], [])
        return ast.copy_location(ast.Expr(call), node)


def executed(source: str) -> dict[str, tuple[frozenset[str], list[tuple[str, str]]]]:
    """By the name of the test that it was: its marks, and what is asserted with which values."""
    tree = ast.fix_missing_locations(Recorder().visit(ast.parse(source)))
    notes: list[tuple[str, str]] = []
    space: dict[str, object] = {"_note": lambda what, operands: notes.append((what, repr(operands)))}
    exec(compile(tree, "test_it.py", "exec"), space)  # noqa: S102 - the module was made here
    found = {}
    for name, function in space.items():
        for case, arguments, marks in runs(name, function) if name.startswith("test_") else ():
            assert case not in found
            notes.clear()
            function(**arguments)  # type: ignore[operator] # a test
            found[case] = (frozenset(map(str, marks)), list(notes))
    return found


def runs(name: str, function: object) -> Iterator[tuple[str, dict[str, object], list[pytest.Mark]]]:
    """What pytest would run."""
    marks: list[pytest.Mark] = getattr(function, "pytestmark", [])
    tables = [m for m in marks if m.name == "parametrize"]
    others = [m for m in marks if m.name != "parametrize"]
    if not tables:
        yield name, {}, others
        return
    (table,) = tables
    names = (table.args[0],) if isinstance(table.args[0], str) else table.args[0]
    for row in table.args[1]:
        yield row.id, dict(zip(names, row.values, strict=True)), [*others, *(m.mark for m in row.marks)]


def shape(source: str) -> set[frozenset[str]]:
    """The names that each test of a module stands for."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            ids = [
                k.value.value
                for n in ast.walk(node)
                if isinstance(n, ast.Call)
                for k in n.keywords
                if k.arg == "id" and isinstance(k.value, ast.Constant)
            ]
            found.add(frozenset(ids or [node.name]))
    return found


@given(modules.map(named).map(written))
def test_the_same_is_asserted_with_the_same_values(source: str) -> None:
    before, after = executed(source), executed(collapsed(source))
    assert after == before
    count = Counter(note for _, notes in before.values() for note in notes)
    assert count == Counter(note for _, notes in after.values() for note in notes)


@given(modules.map(named).map(written))
def test_a_second_time_changes_nothing(source: str) -> None:
    once = collapsed(source)
    assert collapsed(once) == once


@given(modules.map(named).flatmap(lambda tests: st.tuples(st.just(tests), st.permutations(tests))))
def test_the_order_of_the_tests_does_not_matter(both) -> None:
    tests, shuffled = both
    assert shape(collapsed(written(tests))) == shape(collapsed(written(shuffled)))


TAKING = """\
import pytest

{head}
@pytest.mark.parametrize(("first", "second"), [{rows}])
def test_taking(first, second):
{body}

"""
# What a table can have evaluated, and no test changes or decides by; each value stands by itself.
plain_values = st.sampled_from(["-1", "0", "'a'", "'ab'", "None", "1.5", "b'x'", "OTHER", "(1, 'b')", "str"])
plain_templates = st.sampled_from([TEMPLATES[n] for n in (0, 1, 7)])
pairs_of_values = st.tuples(plain_values, plain_values)


@given(
    plain_templates,
    st.lists(pairs_of_values, min_size=1, max_size=3),
    st.lists(pairs_of_values, min_size=3, max_size=4),
)
def test_a_table_takes_up_the_copies_that_belong_to_it_and_no_other(
    template: str, rows: list[tuple[str, str]], copies: list[tuple[str, str]]
) -> None:
    cells = ", ".join(f"pytest.param({a}, {b}, id='row{n}')" for n, (a, b) in enumerate(rows))
    body = template.format("first", "second", v="sqrt", f="exp")
    host = TAKING.format(head=HEAD, rows=cells, body=body)
    other = "def test_other():\n    assert repr(OTHER) == OTHER.join(\"''\")\n\n\n"
    tests = [(f"test_{'abcd'[n]}", (template, *values, "exp sqrt", 9)) for n, values in enumerate(copies)]
    source = host + other + written(tests).partition(HEAD)[2]
    after = collapsed(source)
    assert executed(after) == executed(source)
    ids = {f"row{n}" for n in range(len(rows))}
    assert shape(after) == {frozenset(ids | {name for name, _ in tests}), frozenset({"test_other"})}
    assert collapsed(after) == after


# Rows that fit on a line each: of five copies with longer ones a table saves no lines.
short_rows = st.tuples(st.integers(-(10**6), 10**6), st.text("ab '\"\\é", max_size=5))


@given(st.lists(short_rows, min_size=5, max_size=12, unique=True))
def test_planted_copies_are_found(rows: list[tuple[int, str]]) -> None:
    names = [f"test_{'abcdefghijkl'[i]}" for i in range(len(rows))]
    tests = zip(names, rows, strict=True)
    bodies = (f"def {name}():\n    assert twice({number!r}) != {text!r}\n" for name, (number, text) in tests)
    assert shape(collapsed(HEAD + "\n\n".join(bodies))) == {frozenset(names)}
