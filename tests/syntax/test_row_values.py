"""What may become a cell of a table means the same at import as it did in the test, and cannot fail there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from reassert.model.config import RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.source import SourceFile
from reassert.syntax.classes import link
from reassert.syntax.context import Context
from reassert.syntax.row_values import RowValues

FILE = """\
import errno
import json
import os.path
from datetime import date
from decimal import Decimal
from enum import Enum
from mylib import settings, Thing
from unittest import mock

LIMIT = 3
TWICE = 1
TWICE = 2
MADE = Thing()

class Color(Enum):
    RED = 1

class T:
    LIMIT2 = 4
    hidden = 5

    @mock.patch("mylib.patched")
    def test(self, argument):
        local = 1
        {expression}
        self.x = late

late = 1
"""


def objection(expression: str, *, shared: bool = False, decorator: str = "") -> str:
    text = FILE.replace("{expression}", expression)
    if decorator:
        text = text.replace("    def test", f"    {decorator}\n    def test")
    context = Context(SourceFile(Path("x.py"), text.encode(), "utf-8", "\n"), FileFacts(), RuleConfig())
    link({"x.py": context.unlinked_classes})
    (owner,) = context.classes.by_name["T"]
    function = owner.methods["test"]
    (statement,) = (s for s in function.body if isinstance(s, ast.Expr))
    found = RowValues(context, owner, function, shared=shared).objection(statement.value)
    return found.code if found else ""


@pytest.mark.parametrize(
    "expression",
    [
        "1",
        "-1",
        "'a' * 3",
        "(1, 'b', None)",
        "[1, {2: 3}]",
        "LIMIT",
        "Color.RED",
        "errno.ENOENT",
        "os.path.sep",
        "json.dumps",
        "ValueError",
        "Decimal('1.5')",
        "date(2020, 1, 1)",
        "frozenset({1})",
        "lambda a: a + 1",
        "lambda: LIMIT",
    ],
)
def test_values_that_are_the_same_at_import(expression: str) -> None:
    assert objection(expression) == ""


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("self", "PARAM-SELF"),
        ("self.x", "PARAM-SELF"),
        ("argument", "PARAM-SELF"),
        ("local", "PARAM-SELF"),
        ("hidden", "PARAM-SELF"),
        ("lambda: local", "PARAM-SELF"),
        ("lambda a=local: a", "PARAM-SELF"),
        ("TWICE", "PARAM-IMPURE"),
        ("late", "PARAM-IMPURE"),
        ("unknown", "PARAM-IMPURE"),
        ("MADE.value", "PARAM-IMPURE"),
        ("settings.DEBUG", "PARAM-IMPURE"),
        ("Thing.patched", "PARAM-IMPURE"),
        ("Thing()", "PARAM-IMPURE"),
        ("date.today()", "PARAM-IMPURE"),
        ("date(2020, 13, 1)", "PARAM-IMPURE"),
        ("Decimal(LIMIT)", "PARAM-IMPURE"),
        ("1 / 0", "PARAM-IMPURE"),
        ("[x for x in 'ab']", "PARAM-IMPURE"),
        ("[*'ab']", "PARAM-IMPURE"),
        ("os.environ['HOME']", "PARAM-IMPURE"),
    ],
)
def test_values_that_may_differ_at_import(expression: str, code: str) -> None:
    assert objection(expression) == code


def test_what_several_tests_get_must_not_change() -> None:
    assert objection("[1]", shared=True) == "PARAM-MUTABLE"
    assert objection("(1, [2])", shared=True) == "PARAM-MUTABLE"
    assert objection("(1, 2)", shared=True) == ""


def test_what_a_skipped_test_did_not_look_at_may_not_be_there() -> None:
    skip = '@unittest.skipUnless(hasattr(errno, "ENOENT"), "not there")'
    assert objection("errno.ENOENT", decorator=skip) == "PARAM-IMPURE"
    assert objection("1", decorator=skip) == ""
