"""What arguments and tests are called that take the place of copies."""

from __future__ import annotations

import re

import pytest

from converting import convert_file
from reassert.model.config import Profile, RuleConfig


def named(bodies: dict[str, str], head: str = "", plugins: tuple[str, ...] = ()) -> tuple[str, list[str]]:
    """The name of the one test that ``bodies`` become, and its arguments."""
    more = "    assert f\n" * 4  # a table must save lines
    tests = "".join(f"def {name}():\n    {body}\n{more}\n\n" for name, body in bodies.items())
    config = RuleConfig(profile=Profile.IDIOMATIC, plugins=tuple((name, None) for name in plugins))
    after = convert_file("test_thing.py", f"{head}\n\n{tests}", config).files["test_thing.py"]
    found = re.findall(r"def (test\w*)\((.*)\):", after)
    assert len(found) == 1, after
    return found[0][0], found[0][1].split(", ")


def copies(template: str, *rows: tuple[str, ...]) -> dict[str, str]:
    return {f"test_{name}": template.format(*row) for name, row in zip("abcdefgh", rows, strict=False)}


NUMBERS = (("1", "10"), ("2", "20"), ("3", "30"))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("assert f(size={0}) == {1}", ["size", "expected"], id="keyword"),
        pytest.param("assert f({0}) == {1}", ["number", "expected"], id="side"),
        pytest.param("assert {1} == f({0})", ["expected", "number"], id="yoda"),
        pytest.param("assert f({0}, {1})", ["first", "second"], id="alike"),
        pytest.param("assert known({0}, {1})", ["width", "height"], id="known_function"),
        pytest.param("assert f()[{0}] == {1}", ["index", "expected"], id="index"),
        pytest.param("assert f({0}) == g({1})", ["number", "expected"], id="inside"),
        pytest.param("f.a[{0}] = 1\n    assert f.b[{1}]", ["a_index", "b_index"], id="keys"),
        pytest.param(
            "assert f({{'foo': {0}, 'more': 'a long text'}}) == {1}", ["number", "expected"], id="any"
        ),
        pytest.param("assert Known({0}, {1})", ["width", "height"], id="known_class"),
        pytest.param("f.run({0})\n    assert f.size == {0}", ["size"], id="compared_with"),
        pytest.param("assert f(4) == {0}, {1}", ["expected", "message"], id="message"),
        pytest.param("assert f(_query={0})\n    assert f.x == {1}", ["query", "expected"], id="private"),
        pytest.param("f.__name__ = {0}\n    assert f.other == {1}", ["name", "expected"], id="dunder"),
        pytest.param("f.name = {0}\n    assert f.other == {1}", ["name", "expected"], id="attribute"),
        pytest.param("f.name.return_value = {0}\n    assert f.x == {1}", ["name", "expected"], id="mock"),
        pytest.param(
            "assert f.a == {0}\n    assert f.b == {1}", ["expected_a", "expected_b"], id="several_expected"
        ),
        pytest.param("number = 4\n    assert f({0}, number)", ["given_number"], id="taken"),
    ],
)
def test_arguments_are_named_after_their_places(template: str, expected: list[str]) -> None:
    head = "def known(width, height):\n    return f\n\n\n"
    head += "class Known:\n    def __init__(self, width, height):\n        self.size = f"
    assert named(copies(template, *NUMBERS), head)[1] == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["'/a'", "'/b'", "'/c'"], "path"),
        (["'http://a'", "'https://b'", "'http://c'"], "url"),
        (["'a'", "'b'", "None"], "text"),
        (["b'a'", "b'b'", "b'c'"], "data"),
        (["True", "False", "None"], "flag"),
        (["1", "-2.5", "3"], "number"),
        (["(1, 2)", "(3,)", "()"], "values"),
        (["{'a': 1}", "{}", "{'b': 2}"], "mapping"),
        (["ValueError", "KeyError", "UserWarning"], "error"),
        (["int", "str", "dict"], "kind"),
        (["1", "'a'", "None"], "value"),
    ],
)
def test_arguments_of_which_nothing_else_is_known_are_named_after_their_values(
    values: list[str], expected: str
) -> None:
    assert named(copies("assert f({0})", *((v,) for v in values)))[1] == [expected]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["test_add_small", "test_add_large", "test_add_none"], "test_add"),
        (["test_valid_email", "test_long_email", "test_no_email"], "test_email"),
        (["test_parse_empty_text", "test_parse_long_text", "test_parse_bad_text"], "test_parse_text"),
        (["test_size_of_one", "test_size_of_two", "test_size_of_six"], "test_size"),
        (["test_load1", "test_load2", "test_load3"], "test_load"),
        (["testParseOne", "testParseTwo", "testParseSix"], "testParse"),
        (["test___call___one", "test___call___two", "test___call___six"], "test___call__"),
        (["test_one", "test_two", "test_six"], "test_thing"),
        (["test_anyOf_is_open", "test_oneOf_is_open", "test_allOf_is_open"], "test_is_open"),
    ],
)
def test_tests_are_named_after_what_their_names_have_in_common(names: list[str], expected: str) -> None:
    bodies = dict(zip(names, copies("assert f({0})", *NUMBERS).values(), strict=True))
    assert named(bodies)[0] == expected


@pytest.mark.parametrize(
    ("plugins", "expected"),
    [((), "client"), (("pytest-mock",), "client"), (("pytest-django",), "number")],
)
def test_arguments_do_not_hide_the_fixtures_of_a_plugin_that_the_project_has(plugins, expected):
    rows = copies("assert f(client={0})", *NUMBERS)
    assert named(rows, plugins=plugins)[1] == [expected]
