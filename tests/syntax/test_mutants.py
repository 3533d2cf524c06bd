import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reassert.model.source import SourceFile
from reassert.syntax import mutants
from reassert.syntax.mutants import mutations

SOURCES = sorted(Path(mutants.__file__).parent.glob("*.py"))


def source(text, newline="\n"):
    return SourceFile(Path("m.py"), text.encode(), "utf-8", newline)


def mutated(text):
    """Each operator with the line that it makes, for a text of one statement (after what it needs)."""
    file = source(text)
    return {(m.operator, m.applied(file.buffer).decode()) for m in mutations(file)}


@pytest.mark.parametrize(
    ("text", "operator", "expected"),
    [
        ("x = a == b", "comparison", "x = a != b"),
        ("x = a < b", "comparison", "x = a <= b"),
        ("x = a >= b", "comparison", "x = a > b"),
        ("x = a is b", "comparison", "x = a is not b"),
        ("x = a is not b", "comparison", "x = a is b"),
        ("x = a in b", "comparison", "x = a not in b"),
        ("x = a not in b", "comparison", "x = a in b"),
        ("x = (a) == (b)", "comparison", "x = (a) != (b)"),
        ("x = (a  # a == b\n     == b)", "comparison", "x = (a  # a == b\n     != b)"),
        ("x = a + b", "arithmetic", "x = a - b"),
        ("x = a // b", "arithmetic", "x = a * b"),
        ("x = a ** b", "arithmetic", "x = a * b"),
        ("x = a << b", "arithmetic", "x = a >> b"),
        ("x += y", "arithmetic", "x -= y"),
        ("x = a and b", "logic", "x = a or b"),
        ("x = a or b or c", "logic", "x = a and b or c"),
        ("x = not a", "negation", "x = (a)"),
        ("if a: b = c", "negation", "if (not (a)): b = c"),
        ("while f(a): b = c", "negation", "while (not (f(a))): b = c"),
        ("x = True", "boolean", "x = False"),
        ("x = 3", "number", "x = 4"),
        ("x = 0.5", "number", "x = 1.5"),
        ("x = 'a'", "string", "x = \"XX\" 'a'"),
        ("x = rb'a'", "string", "x = b\"XX\" rb'a'"),
        ("def f():\n    return a", "return", "def f():\n    return None"),
        ("f(a)", "statement", "pass"),
        ("raise E", "statement", "pass"),
        ("é = 'ü'; x = a == b", "comparison", "é = 'ü'; x = a != b"),
    ],
)
def test_an_operator_makes_its_mutant(text, operator, expected):
    assert (operator, expected) in mutated(text)


@pytest.mark.parametrize(
    "text",
    [
        '"""A docstring."""',
        'def f():\n    """A docstring."""',
        "x: 'int'",
        "def f(a: 'int') -> 'str': ...",
        "__all__ = ['f']",
        "if TYPE_CHECKING:\n    x = 1",
        "if __name__ == '__main__':\n    main()",
        "import a",
        "assert a == 1",
        "logger.info('started')",
        "self.logger.debug('x', 1)",
        "print('x')",
        "x = None",
        "def f():\n    return None",
        "T = TypeVar('T')",
        "x = f'{a + 1}'",
        "@overload\ndef f(a): return 1",
        "x = 1e999",
        "@cached(1)\ndef f(): ...",
        "for x in y:\n    break",
    ],
)
def test_what_no_test_should_see_is_left_alone(text):
    assert mutated(text) == set()


def test_text_is_not_calculated_with():
    assert {operator for operator, _ in mutated("x = 'a' + b; y = 'a' % b")} == {"string"}


def test_a_mutation_knows_its_line_and_its_statement():
    (found,) = [m for m in mutations(source("x = [\n    a,\n    b == c,\n]")) if m.operator == "comparison"]
    assert (found.line, found.statement) == (3, 1)


def test_statements_after_a_block_have_their_own_line():
    found = [
        m for m in mutations(source("if f(a):\n    x = 1\nelse:\n    y = 2\n")) if m.operator == "number"
    ]
    assert [(m.line, m.statement) for m in found] == [(2, 2), (4, 4)]


def test_other_line_ends_do_not_move_anything():
    file = source("x = 1\r\ny = a == b\r\n", "\r\n")
    (found,) = [m for m in mutations(file) if m.operator == "comparison"]
    assert found.applied(file.buffer) == b"x = 1\r\ny = a != b\r\n"


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(SOURCES), st.data())
def test_every_mutant_of_real_code_is_another_program(path, data):
    file = SourceFile(path, path.read_bytes(), "utf-8", "\n")
    found = mutations(file)
    if found:
        mutation = data.draw(st.sampled_from(found))
        assert ast.dump(ast.parse(mutation.applied(file.buffer))) != ast.dump(file.tree)
