"""Whatever is called with whatever arguments: pytest.raises makes the same call, and no comment is lost."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from converting import convert_file
from reassert.model.config import RuleConfig

HEAD = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self, *args, **kwargs):\n"
RULES = ("assert_raises_to_pytest_raises", "assert_warns_to_pytest_warns")
EXPECTED = ["ValueError", "(KeyError, ValueError)", "errors.Odd", "Exception", "self.error"]
FUNCTIONS = [
    "function",
    "self.method",
    "self.test_it",
    "a.b.c",
    "int",
    "eval",
    "make()",
    "lambda: a",
    "lambda: (a, b)",
    "lambda: (\n    a\n    == b  # inner comment\n)",
    "lambda: a +\nb",
    "lambda x: x",
    "lambda: (y := a)",
    "(lambda: [\n    a,\n])",
    "(function)",
]
ARGUMENTS = [
    "a",
    "1",
    "-1",
    "None",
    "'text'",
    "'one'\n'two'",
    "a.b",
    "[a, 'b']",
    "(a)",
    "{'a': b}",
    "{\n    'a': b,  # inner comment\n}",
    "lambda: a",
    "(lambda x=1: x)",
    "make(a)",
    "a + b",
    "a +\nb",
    "a if b else c",
    "(y := a)",
    "f'{a}'",
    "*args",
    "*(a, b)",
    "*other",
]
KEYWORDS = [
    "key=a",
    "key = (a)",
    "msg='text'",
    "match='a'",
    "func=a",
    "**kwargs",
    "**other",
    "key=[\n    a,\n]",
]
GLUES = [", ", ",", ",\n", ",  # a comment\n", ",\n# another comment\n", " ,\n\n    "]
ENDINGS = ["", ",", "\n", ",\n", "  # last comment\n", ",  # after the comma\n"]
PATTERNS = ["'text'", "'one'\n'two'", "pattern", "re.compile('x')", "make()"]

lists = st.lists
pick = st.sampled_from


@st.composite
def argument_lists(draw: st.DrawFn) -> tuple[str, str]:
    """The name of a method and the source of its arguments, laid out in some way."""
    name = draw(pick(["assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex"]))
    items = [draw(pick(EXPECTED))]
    if name.endswith("Regex"):
        items.append(draw(pick(PATTERNS)))
    items.append(draw(pick(FUNCTIONS)))
    items += draw(lists(pick(ARGUMENTS), max_size=3))
    items += draw(lists(pick(KEYWORDS), max_size=2, unique_by=lambda k: k.split("=")[0].strip()))
    text = draw(pick(["", "\n"])) + items[0]
    for item in items[1:]:
        text += draw(pick(GLUES)) + item
    return name, text + draw(pick(ENDINGS))


def convert(body: str) -> str:
    source = HEAD + body
    return convert_file("test_case.py", source, RuleConfig(), RULES).files["test_case.py"]


def comments(text: str) -> list[str]:
    return sorted(re.findall(r"# [a-z ]+", text))


def statement(source: str) -> ast.stmt:
    """The first statement of the only method."""
    owner = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef))
    method = owner.body[0]
    assert isinstance(method, ast.FunctionDef)
    return method.body[0]


def expected_call(head: str, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> str:
    module, _, name = head.rpartition(".")
    func = ast.Attribute(ast.Name(module, ast.Load()), name, ast.Load())
    return ast.dump(ast.Call(func, list(args), list(keywords)))


def check_block(before: ast.Call, after: ast.With, head: str, fixed: int) -> None:
    named = [ast.keyword("match", a) for a in before.args[1:fixed]]
    assert ast.dump(after.items[0].context_expr) == expected_call(head, before.args[:1], named)
    body = after.body[0]
    assert isinstance(body, ast.Expr)
    function, rest = before.args[fixed], before.args[fixed + 1 :]
    if isinstance(function, ast.Lambda):
        assert not rest
        assert not before.keywords
        assert ast.dump(body.value) == ast.dump(function.body)
    else:
        assert ast.dump(body.value) == ast.dump(ast.Call(function, rest, before.keywords))


def check_call(before: ast.Call, after: ast.Call, head: str, fixed: int) -> None:
    rest = [before.args[0], *before.args[fixed:]]
    if fixed == 1:
        assert ast.dump(after) == expected_call(head, rest, before.keywords)
        return
    assert isinstance(after.func, ast.Attribute)
    assert after.func.attr == "match"
    assert ast.dump(after.func.value) == expected_call(head, rest, before.keywords)
    assert [ast.dump(a) for a in after.args] == [ast.dump(before.args[1])]


@given(argument_lists(), pick(["        ", "        if a: ", "        b; "]), pick(["", "  # behind", "; b"]))
def test_a_deferred_call_stays_the_same_call(given_call: tuple[str, str], before: str, after: str) -> None:
    name, text = given_call
    source = f"{before}self.{name}({text}){after}\n".replace("        b;", "        self.x();")
    try:
        original = statement(HEAD + source)
    except SyntaxError:
        return
    result = convert(source)
    assert comments(result) == comments(HEAD + source)
    found = statement(result)
    if isinstance(original, ast.If):
        assert isinstance(found, ast.If)
        original, found = original.body[0], found.body[0]
    if "self.x()" in source:
        return
    assert isinstance(original, ast.Expr)
    assert isinstance(original.value, ast.Call)
    head = "pytest.raises" if "Raises" in name else "pytest.warns"
    fixed = 1 + name.endswith("Regex")
    if isinstance(found, ast.With):
        check_block(original.value, found, head, fixed)
    elif ast.dump(found) != ast.dump(original):
        assert isinstance(found, ast.Expr)
        assert isinstance(found.value, ast.Call)
        check_call(original.value, found.value, head, fixed)


@st.composite
def managers(draw: st.DrawFn) -> tuple[str, str, str]:
    """The name of a method, its arguments, and the expected exception; keywords in any order."""
    name = draw(pick(["assertRaises", "assertRaisesRegex"]))
    expected = draw(pick(EXPECTED))
    items = [draw(pick([expected, f"expected_exception={expected}"]))]
    if name.endswith("Regex"):
        pattern = draw(pick(PATTERNS))
        items.append(f"expected_regex={pattern}" if "=" in items[0] or draw(st.booleans()) else pattern)
    items += draw(pick([[], ["msg='text'"], ["msg=a"]]))
    if all("=" in i.split("(")[0] for i in items):
        items = draw(st.permutations(items))
    elif len(items) > 1 and "=" in items[1] and draw(st.booleans()):
        items[1:] = reversed(items[1:])
    text = draw(pick(["", "\n    "])) + items[0]
    for item in items[1:]:
        text += draw(pick(GLUES)) + item
    return name, text + draw(pick(ENDINGS)), expected


@given(managers())
def test_a_manager_keeps_its_arguments(case: tuple[str, str, str]) -> None:
    name, text, expected = case
    source = f"        with self.{name}({text}) as cm:\n            self.x()\n        self.y(cm.exception)\n"
    result = convert(source)
    found = statement(result)
    assert isinstance(found, ast.With)
    call = found.items[0].context_expr
    assert isinstance(call, ast.Call)
    assert ast.unparse(call.func) == "pytest.raises"
    given_arguments = {k.arg: k.value for k in call.keywords}
    actual = call.args[0] if call.args else given_arguments.pop("expected_exception")
    assert ast.unparse(actual) == expected
    assert set(given_arguments) == ({"match"} if name.endswith("Regex") else set())
    assert comments(result) == comments(source)
    assert "self.y(excinfo.value)" in result
