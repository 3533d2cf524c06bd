"""Tests that share state, written in any order: afterwards all are there, in alphabetical order."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from converting import convert_file
from reassert.model.config import RuleConfig

TEST = "{comment}    def test_{name}(self):\n        self.words.append('{name}')\n"
OTHERS = [
    "    def setUp(self):\n        self.x = 1\n",
    "    def tearDown(self):\n        self.x = 2\n",
    "    def helper(self):\n        return 1\n",
    "    maxDiff = None\n",
]
TESTS = [TEST.format(comment=c, name=n) for n, c in zip("abcdef", ["", "    # why\n"] * 3, strict=True)]
MEMBERS = st.permutations([*TESTS, *OTHERS])


@settings(max_examples=150)
@given(MEMBERS, st.integers(0, 2))
@example([TESTS[3], TESTS[1], TESTS[2], TESTS[0]], 1)
@example([TESTS[3], TESTS[1], TESTS[2], TESTS[0]], 0)
def test_no_test_is_lost_when_tests_move(members: Sequence[str], blank_lines: int) -> None:
    body = ("\n" * blank_lines).join(["    words = []\n", *members])
    text = f"import unittest\n\n\nclass WordTest(unittest.TestCase):\n{body}"
    after = convert_file("test_words.py", text, RuleConfig()).files["test_words.py"]
    assert "class TestWord:" in after
    assert _tests(after) == sorted(_tests(text))
    assert after.count("# why") == text.count("# why")


def _tests(text: str) -> list[str]:
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return [function.name for function in functions if function.name.startswith("test_")]
