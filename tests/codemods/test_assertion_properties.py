"""Whatever the operands are: the result parses to what was meant, and no comment is lost."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reassert import catalog
from reassert.engine import rewrite
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
GLUES = [", ", ",", ",\n", " ,\n    ", ",  # a comment\n", ",\n# another comment\n", "  # early comment\n,", ",\n\n    # far comment\n\n    "]
ENDINGS = ["", ",", "\n", ",\n", "  # last comment\n", ",  # after the comma\n", ",\n# on its own\n"]
MESSAGES = ["", "'message'", "f'{a} message'", "'split '\n'message'", "(\n'in parentheses'\n)", "None"]
INDENTS = ["        ", "\t\t", "  "]

operands = st.sampled_from(OPERANDS)
glues = st.sampled_from(GLUES)

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
METHOD = "class FooTests(unittest.TestCase):\n{step}def test_foo(self):\n{step}{step}{before}self.{name}({arguments}){after}\n"


def convert(text: str, newline: str = "\n") -> str:
    source = SourceFile(Path("test_foo.py"), text.replace("\n", newline).encode(), "utf-8", newline)
    outcome = rewrite(source, catalog.load(), FileFacts(), RuleConfig(profile=Profile.ASSERTS)).outcome
    if isinstance(outcome, Unchanged):
        return text
    assert isinstance(outcome, Rewritten), outcome
    assert outcome.change.after is not None
    after = outcome.change.after.decode()
    assert newline == "\n" or "\n" not in after.replace(newline, "")
    return after.replace(newline, "\n")


def written(name: str, arguments: str, step: str, after: str = "") -> str:
    indented = arguments.replace("\n", "\n" + step * 3)
    return "import unittest\n\n" + METHOD.format(step=step, before="", name=name, arguments=indented, after=after)


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


@settings(max_examples=1500, deadline=None)
@given(
    name=st.sampled_from(sorted(TWO)),
    first=operands,
    second=operands,
    glue=st.tuples(glues, glues),
    message=st.sampled_from(MESSAGES),
    keyword=st.booleans(),
    ending=st.sampled_from(ENDINGS),
    step=st.sampled_from(["    ", "\t", " "]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_two_operands(name, first, second, glue, message, keyword, ending, step, newline):
    said = f"{glue[1]}{'msg=' if keyword else ''}{message}" if message else ""
    before = written(name, f"{first}{glue[0]}{second}{said}{ending}", step)
    ast.parse(before)
    after = convert(before, newline)
    expected = meant(TWO[name](spoken(first, step), spoken(second, step)), spoken(message, step))
    (statement,) = found(after)
    assert ast.dump(statement) == expected, after
    assert comments(after) == comments(before)
    assert convert(after, newline) == after


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(sorted(ONE)),
    operand=operands.filter(lambda o: o != "(a, b)"),
    glue=glues,
    message=st.sampled_from(MESSAGES),
    ending=st.sampled_from(ENDINGS),
    step=st.sampled_from(["    ", "\t"]),
)
def test_one_operand(name, operand, glue, message, ending, step):
    before = written(name, f"{operand}{glue + message if message else ''}{ending}", step)
    after = convert(before)
    statements = found(after)
    if len(statements) == 1:
        assert ast.dump(statements[0]) == meant(ONE[name](spoken(operand, step)), spoken(message, step)), after
    assert comments(after) == comments(before)


@settings(max_examples=400, deadline=None)
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


@settings(max_examples=300, deadline=None)
@given(first=operands, second=operands, third=operands)
def test_several_on_one_line(first, second, third):
    one_line = [o for o in (first, second, third) if "\n" not in o]
    calls = "; ".join(f"self.assertEqual({o}, x, msg={o!r})" for o in one_line) or "pass"
    before = f"import unittest\n\nclass FooTests(unittest.TestCase):\n    def test_foo(self):\n        if x: {calls}\n"
    after = convert(before)
    (condition,) = found(after)
    assert isinstance(condition, ast.If)
    assert not one_line or all(isinstance(s, ast.Assert) for s in condition.body)
    assert len(after.splitlines()) == len(before.splitlines())


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(["assertListEqual", "assertDictEqual", "assertCountEqual", "assertRegex", "assertAlmostEqual"]),
    first=operands,
    second=operands,
    glue=glues,
    ending=st.sampled_from(ENDINGS),
    message=st.sampled_from(["", "'text'", "f'{a}'", "f(a)"]),
)
def test_every_operand_is_evaluated_in_order(name, first, second, glue, ending, message):
    """The operands that do something appear once each and in their order, the comments all."""
    first, second = first.replace("f(", "one("), second.replace("f(", "two(")
    before = written(name, f"{first}{glue}{second}{', msg=' + message if message else ''}{ending}", "    ")
    after = convert(before)
    assert comments(after) == comments(before)
    if after == before:
        return
    calls = [n.func.id for n in evaluation(ast.parse(after)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    doing = [c for c in calls if c in ("one", "two", "f")]
    assert doing == [c for c in ("one", "two", "f") if f"{c}(" in textwrap.dedent(before).replace("self.", "")], after


def evaluation(node: ast.AST) -> list[ast.AST]:
    return [n for child in ast.iter_child_nodes(node) for n in (*evaluation(child), child)]
