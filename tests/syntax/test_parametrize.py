"""Tables of parametrize are laid out as a formatter would, and nothing of the source is lost in them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reassert.model.config import Limits, RuleConfig
from reassert.model.edits import Splice
from reassert.model.facts import FileFacts
from reassert.model.source import SourceFile
from reassert.syntax.arguments import read_elements
from reassert.syntax.context import Context
from reassert.syntax.layout import Operand
from reassert.syntax.parametrize import (
    Row,
    Table,
    case_name,
    decorator,
    duplicate_id,
    text,
    too_many,
)


def opened(source: str) -> Context:
    return Context(SourceFile(Path("x.py"), source.encode(), "utf-8", "\n"), FileFacts(), RuleConfig())


def printed(table: Table, source: str = "class T:\n    def test(self):\n        pass\n") -> str:
    context = opened(source)
    function = next(n for n in ast.walk(context.module.tree) if isinstance(n, ast.FunctionDef))
    out: list[bytes] = []
    splice = Splice(context.source.buffer, [])
    for part in decorator(context.layout(function), table):
        if isinstance(part, bytes):
            out.append(part)
        else:
            splice.render(part, out)
    return b"".join(out).decode()


def formatted(body: str) -> str:
    code = f"class T:\n    {body}\n    def test(self):\n        pass\n"
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "88", "--isolated", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=True)
    assert done.stdout == code
    return body


def row(*cells: str, **options: object) -> Row:
    return Row(tuple(cell.encode() for cell in cells), **options)  # type: ignore[arg-type]


def test_one_name_and_short_rows_stand_on_one_line() -> None:
    table = Table(("n",), (row("1"), row("2")))
    assert formatted(printed(table)) == '@pytest.mark.parametrize("n", [1, 2])'


def test_several_names_are_a_tuple() -> None:
    table = Table(("a", "b"), (row("1", '"x"'), row("2", '"y"')))
    assert formatted(printed(table)) == '@pytest.mark.parametrize(("a", "b"), [(1, "x"), (2, "y")])'


def test_rows_with_ids_stand_on_lines_of_their_own() -> None:
    table = Table(
        ("n",),
        (row("1", id="test_one", above=(b"# one",)), row("2", marks=(b"pytest.mark.xfail",), id="test_two")),
        tail=(b"# no more",),
    )
    assert formatted(printed(table)) == (
        "@pytest.mark.parametrize(\n"
        '        "n",\n'
        "        [\n"
        "            # one\n"
        '            pytest.param(1, id="test_one"),\n'
        '            pytest.param(2, marks=pytest.mark.xfail, id="test_two"),\n'
        "            # no more\n"
        "        ],\n"
        "    )"
    )


def test_no_rows() -> None:
    assert formatted(printed(Table(("n",)))) == '@pytest.mark.parametrize("n", [])'


def test_values_from_elsewhere() -> None:
    table = Table(("a", "b"), (row(id="test_0"), row(id="test_1")), source=b"CASES")
    assert formatted(printed(table)) == (
        '@pytest.mark.parametrize(("a", "b"), CASES, ids=["test_0", "test_1"])'
    )


@settings(max_examples=25)
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.tuples(
            st.lists(
                st.tuples(
                    st.lists(
                        st.integers(1, 60).map(lambda n: '"' + "x" * n + '"'),
                        min_size=width,
                        max_size=width,
                    ),
                    st.integers(0, 90),
                ),
                min_size=1,
                max_size=5,
            ),
            st.booleans(),
            st.booleans(),
        )
    )
)
def test_a_formatter_has_nothing_to_add(drawn: tuple[list[tuple[list[str], int]], bool, bool]) -> None:
    rows, with_ids, elsewhere = drawn
    table = Table(
        tuple(f"name{n}" for n in range(len(rows[0][0]))),
        tuple(
            row(*cells, id=f"test_{number}_{'i' * length}" if with_ids else "")
            for number, (cells, length) in enumerate(rows)
        ),
        source=b"CASES" if elsewhere else None,
    )
    formatted(printed(table))


ROWS = """\
class T:
    @expand([
        # first
        (1, {
            "a": 1,  # inner
        }),  # behind
        (("b"
          "c"), 2),
    ])
    def test(self):
        pass
"""


def test_pieces_of_the_source_keep_their_lines_and_comments() -> None:
    context = opened(ROWS)
    display = next(n for n in ast.walk(context.module.tree) if isinstance(n, ast.List))
    rows = []
    for argument in read_elements(context.module, display).items:
        assert isinstance(argument.node, ast.Tuple)
        cells = tuple(Operand(a) for a in read_elements(context.module, argument.node).items)
        rows.append(Row(cells, above=argument.before, behind=argument.after))
    assert printed(Table(("a", "b"), tuple(rows)), ROWS) == (
        "@pytest.mark.parametrize(\n"
        '        ("a", "b"),\n'
        "        [\n"
        "            # first\n"
        "            (\n"
        "                1,\n"
        "                {\n"
        '                    "a": 1,  # inner\n'
        "                },\n"
        "            ),  # behind\n"
        "            (\n"
        '                ("b"\n'
        '                 "c"),\n'
        "                2,\n"
        "            ),\n"
        "        ],\n"
        "    )"
    )


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        ("[1, 2]", ["1", "2"]),
        ("(1), (2)", ["(1)", "(2)"]),
        ("((1), 2)", ["(1)", "2"]),
        ("((1),)", ["(1)"]),
        ("(1),", ["(1)"]),
        ("()", []),
        ("{(1, 2), 3}", ["(1, 2)", "3"]),
        ("[(yes), [no]]", ["(yes)", "[no]"]),
    ],
)
def test_the_elements_of_a_display(display: str, expected: list[str]) -> None:
    context = opened(f"x = {display}\n")
    (statement,) = context.module.tree.body
    assert isinstance(statement, ast.Assign)
    assert isinstance(statement.value, (ast.List, ast.Tuple, ast.Set))
    items = read_elements(context.module, statement.value).items
    assert [context.source.buffer[i.span.start : i.span.end].decode() for i in items] == expected


def test_ids_that_are_not_unique_are_objected_to() -> None:
    objection = duplicate_id(Table(("n",), (row("1", id="a"), row("2", id="a"))))
    assert objection is not None
    assert objection.code == "PARAM-DUP-ID"
    assert duplicate_id(Table(("n",), (row("1"), row("2")))) is None


def test_limits() -> None:
    wide = Table(("a", "b", "c"), (row("1", "2", "3"),))
    assert too_many(wide, Limits(parameters=3)) is None
    assert too_many(wide, Limits(parameters=2)) is not None
    assert too_many(Table(("a",), (row("1"), row("2"))), Limits(rows=1)) is not None


def test_the_name_of_a_case_is_what_pytest_calls_it() -> None:
    assert case_name("test", ["a", "ß"]) == r"test[a-\xdf]"


@given(st.text())
def test_a_string_literal_is_the_string(value: str) -> None:
    assert ast.literal_eval(text(value).decode("utf-8", "surrogatepass")) == value
