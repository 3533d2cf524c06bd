"""Whatever the operands are: the result parses to what was meant, and no comment is lost."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reassert import catalog
from reassert.engine import Member, rewrite
from reassert.model.config import Profile, RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Rewritten, Unchanged
from reassert.model.source import SourceFile

# An operand of each level of precedence, and the ones that lay out badly.
OPERANDS = [
    "a",
    "a.b",
    "f(a)",
    "a[0]",
    "1",
    "-1",
    "'text'",
    '"a" "b"',
    "f'{a!r} b'",
    "a + b",
    "a - b",
    "a * b",
    "a ** -b",
    "a | b",
    "a << 2",
    "~a",
    "not a",
    "a == b",
    "a in b",
    "a is not b",
    "a < b < c",
    "a and b",
    "a or b",
    "a if b else c",
    "lambda: a",
    "lambda x: x == a",
    "(y := a)",
    "(a, b)",
    "()",
    "[a, b]",
    "{a: b}",
    "{a, *b}",
    "[x for x in a]",
    "(x for x in a)",
    "(yield)",
    "(yield a)",
    "(a)",
    "((a == b))",
    "[\n    a,\n    b,\n]",
    "f(a,\n  b)",
    "{\n    a: b,  # inner comment\n}",
    "(  # opening comment\n    a\n)",
    "(\n    a\n    # closing comment\n)",
    "'one'\n'two'",
    "a\nand b",
    "a +\nb",
    "a == \\\nb",
    '"""one\n  two\n"""',
    "f'''{\na}\n  x'''",
    "[\n\n    a,\n\n]",
    "not a\\\n.b",
    "a.b(\n    c\n).d",
]
GLUES = [
    ", ",
    ",",
    ",\n",
    " ,\n    ",
    ",  # a comment\n",
    ",\n# another comment\n",
    "  # early comment\n,",
    ",\n\n    # far comment\n\n    ",
]
ENDINGS = ["", ",", "\n", ",\n", "  # last comment\n", ",  # after the comma\n", ",\n# on its own\n"]
MESSAGES = ["", "'message'", "f'{a} message'", "'split '\n'message'", "(\n'in parentheses'\n)", "None"]

operands = st.sampled_from(OPERANDS)

Meaning = Callable[[str, str], str]
TWO: dict[str, Meaning] = {
    "assertEqual": lambda a, b: f"({a}) == ({b})",
    "assertNotEqual": lambda a, b: f"({a}) != ({b})",
    "assertIn": lambda a, b: f"({a}) in ({b})",
    "assertNotIn": lambda a, b: f"({a}) not in ({b})",
    "assertGreater": lambda a, b: f"({a}) > ({b})",
    "assertLessEqual": lambda a, b: f"({a}) <= ({b})",
    "assertIsInstance": lambda a, b: f"isinstance(({a}), ({b}))",
    "assertNotIsInstance": lambda a, b: f"not isinstance(({a}), ({b}))",
    "assertStartsWith": lambda a, b: f"({a}).startswith(({b}))",
    "assertNotEndsWith": lambda a, b: f"not ({a}).endswith(({b}))",
}
ONE: dict[str, Callable[[str], str]] = {
    "assertIsNotNone": lambda a: f"({a}) is not None",
    "assertTrue": lambda a: f"({a})",
}
METHOD = """\
import unittest

class FooTests(unittest.TestCase):
{step}def test_foo(self):
{step}{step}self.{name}({arguments})
"""


def convert(text: str, newline: str = "\n") -> str:
    source = SourceFile(Path("test_foo.py"), text.replace("\n", newline).encode(), "utf-8", newline)
    config = RuleConfig(profile=Profile.ASSERTS)
    outcome = rewrite(Member(source, catalog.load(), FileFacts(), config)).outcome
    if isinstance(outcome, Unchanged):
        return text
    assert isinstance(outcome, Rewritten), outcome
    assert outcome.change.after is not None
    after = outcome.change.after.decode()
    assert newline == "\n" or "\n" not in after.replace(newline, "")
    return after.replace(newline, "\n")


def written(name: str, arguments: str, step: str) -> str:
    indented = arguments.replace("\n", "\n" + step * 3)
    return METHOD.format(step=step, name=name, arguments=indented)


def meant(condition: str, message: str) -> str:
    """The tree of an assert statement, written with all parentheses that one could want."""
    text = f"assert ({condition})" + (f", ({message})" if message not in ("", "None") else "")
    return ast.dump(ast.parse(text).body[0])


def found(after: str) -> list[ast.stmt]:
    (function,) = [n for n in ast.walk(ast.parse(after)) if isinstance(n, ast.FunctionDef)]
    return function.body


def comments(text: str) -> list[str]:
    return sorted(re.findall(r"# (?:a|another|early|far|last|after|on|inner|opening|closing)\b[^\n]*", text))


def spoken(operand: str, step: str) -> str:
    """The operand as it stands in the call."""
    return operand.replace("\n", "\n" + step * 3)


class Call(NamedTuple):
    """How a call is written around its operands."""

    message: str
    keyword: str
    glue: str
    ending: str
    step: str

    def of(self, name: str, *arguments: str) -> str:
        said = f"{self.glue}{self.keyword}{self.message}" if self.message else ""
        return written(name, self.glue.join(arguments) + said + self.ending, self.step)


calls = st.builds(
    Call,
    message=st.sampled_from(MESSAGES),
    keyword=st.sampled_from(["", "msg="]),
    glue=st.sampled_from(GLUES),
    ending=st.sampled_from(ENDINGS),
    step=st.sampled_from(["    ", "\t", " "]),
)


@settings(max_examples=500, deadline=None)
@given(
    name=st.sampled_from(sorted(TWO)),
    first=operands,
    second=operands,
    call=calls,
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_two_operands(name, first, second, call, newline):
    before = call.of(name, first, second)
    after = convert(before, newline)
    step = call.step
    expected = meant(TWO[name](spoken(first, step), spoken(second, step)), spoken(call.message, step))
    (statement,) = found(after)
    assert ast.dump(statement) == expected, after
    assert comments(after) == comments(before)
    assert convert(after, newline) == after


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(ONE)), operand=operands.filter(lambda o: o != "(a, b)"), call=calls)
def test_one_operand(name, operand, call):
    before = call.of(name, operand)
    after = convert(before)
    statements = found(after)
    expected = meant(ONE[name](spoken(operand, call.step)), spoken(call.message, call.step))
    assert len(statements) > 1 or ast.dump(statements[0]) == expected, after
    assert comments(after) == comments(before)


@settings(max_examples=200, deadline=None)
@given(operand=operands, ending=st.sampled_from(ENDINGS), message=st.sampled_from(MESSAGES))
def test_false_means_not(operand, ending, message):
    before = written("assertFalse", f"{operand}{', ' + message if message else ''}{ending}", "    ")
    after = convert(before)
    (statement,) = found(after)
    assert isinstance(statement, ast.Assert)
    plain = ast.parse(f"({spoken(operand, '    ')})", mode="eval").body
    assert ast.dump(statement.test) in {ast.dump(t) for t in opposites(plain)}, after
    assert comments(after) == comments(before)


def opposites(node: ast.expr) -> list[ast.expr]:
    """The expressions that are true exactly if ``node`` is not."""
    swapped = {ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
    result: list[ast.expr] = [ast.UnaryOp(ast.Not(), node)]
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in swapped:
        result.append(ast.Compare(node.left, [swapped[type(node.ops[0])]()], node.comparators))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        result.append(node.operand)
    return result


@pytest.mark.parametrize("operand", OPERANDS)
def test_simple_operands_stay_on_their_line(operand):
    if "\n" in operand:
        return
    after = convert(written("assertEqual", f"{operand}, x", "    "))
    assert len(after.splitlines()) == 5


@settings(max_examples=100, deadline=None)
@given(first=operands, second=operands, third=operands)
def test_several_on_one_line(first, second, third):
    one_line = [o for o in (first, second, third) if "\n" not in o]
    asserts = "; ".join(f"self.assertEqual({o}, x, msg={o!r})" for o in one_line) or "pass"
    before = written("x", "", "    ").replace("self.x()", f"if x: {asserts}")
    after = convert(before)
    (condition,) = found(after)
    assert isinstance(condition, ast.If)
    assert not one_line or all(isinstance(s, ast.Assert) for s in condition.body)
    assert len(after.splitlines()) == len(before.splitlines())


TYPED = ["assertListEqual", "assertDictEqual", "assertCountEqual", "assertRegex", "assertAlmostEqual"]


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(TYPED),
    first=operands,
    second=operands,
    glue=st.sampled_from(GLUES),
    message=st.sampled_from(["", "'text'", "f'{a}'", "f(a)", "None  # early message"]),
    places=st.sampled_from(["", ", places=2", ", places=3  # last places", ", delta=1  # far away\n"]),
)
def test_operands_that_do_something_do_it_once_and_in_order(name, first, second, glue, message, places):
    first, second = first.replace("f(", "one("), second.replace("f(", "two(")
    tolerance = places if name == "assertAlmostEqual" else ""
    said = f"\n, msg={message}\n" if message else "\n"
    before = written(name, f"{first}{glue}{second}{tolerance}{said}", "    ")
    after = convert(before)
    assert comments(after) == comments(before)
    if after != before:
        expected = [f for f in ("one", "two", "f") if re.search(rf"\b{f}\(", before)]
        assert [n for n in called(ast.parse(after)) if n in ("one", "two", "f")] == expected, after


def called(node: ast.AST) -> list[str]:
    """The names of the functions that are called, in the order of evaluation."""
    inner = [name for child in ast.iter_child_nodes(node) for name in called(child)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        inner.append(node.func.id)
    return inner
