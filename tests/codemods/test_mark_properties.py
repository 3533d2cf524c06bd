"""Whatever the condition is: the mark skips when the decorator did, and is evaluated the same way."""

from __future__ import annotations

import ast
import warnings
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from converting import convert_file
from reassert.model.config import RuleConfig

ATOMS = ["a", "b", "(a)", "'x'", "''", "None", "[a]", "len([a])", "(lambda: a)()", "(a\n)"]
pick = st.sampled_from


def combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, pick(["and", "or", "==", "is", "is  not", "not in", "in"]), inner)
    return st.one_of(
        pairs.map(lambda p: f"{p[0]} {p[1]} {p[2]}"),
        inner.map(lambda text: f"not {text}"),
        inner.map(lambda text: f"not({text})"),
        inner.map(lambda text: f"({text})"),
        st.tuples(inner, inner).map(lambda p: f"{p[0]} if a else {p[1]}"),
        inner.map(lambda text: f"{text}  # a comment\n"),
    )


conditions = st.recursive(pick(ATOMS), combine, max_leaves=5)


def skips(decorator: ast.Call, variables: dict[str, object]) -> object:
    """Whether the decorated test is skipped, or the type of the error that the condition raises."""
    name = ast.unparse(decorator.func)
    condition = decorator.args[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            code = compile(ast.Expression(condition), "condition", "eval")
        value = eval(code, dict(variables))  # noqa: S307 - an expression made above
    except TypeError:
        return TypeError
    if name == "pytest.mark.skipif":
        # pytest evaluates strings itself.
        assert not isinstance(value, str)
        return bool(value)
    return bool(value) if name == "unittest.skipIf" else not value


@given(conditions, pick(["skipIf", "skipUnless"]), pick([", ", ",\n    "]))
def test_the_mark_skips_when_the_decorator_did(condition: str, name: str, glue: str) -> None:
    source = (
        "import unittest\n\n\nclass TestIt(unittest.TestCase):\n"
        f"    @unittest.{name}({condition}{glue}'reason')\n    def test_it(self):\n        pass\n"
    )
    try:
        before = decorator_of(source)
    except SyntaxError:
        return
    result = convert_file("test_case.py", source, RuleConfig()).files["test_case.py"]
    after = decorator_of(result)
    assert ast.unparse(after.func) == "pytest.mark.skipif"
    assert [(k.arg, ast.unparse(k.value)) for k in after.keywords] == [("reason", "'reason'")]
    assert result.count("# a comment") == source.count("# a comment")
    for a, b in product([0, 1, "", "x", "xy"], repeat=2):
        variables: dict[str, object] = {"a": a, "b": b}
        assert skips(after, variables) == skips(before, variables)


def decorator_of(source: str) -> ast.Call:
    """The only decorator of the only method."""
    owner = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef))
    method = owner.body[0]
    assert isinstance(method, ast.FunctionDef)
    decorator = method.decorator_list[0]
    assert isinstance(decorator, ast.Call)
    return decorator
