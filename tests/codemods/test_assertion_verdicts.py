"""Every pair of awkward values passes before exactly if it passes after (the spec's experiment in small)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reassert import catalog
from reassert.engine import Member, rewrite
from reassert.model.config import RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Rewritten
from reassert.model.source import SourceFile

HEAD = """\
import re
import unittest
from collections import Counter, OrderedDict, UserDict, UserList, UserString
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction


class Text(str):
    pass


class Duck:
    def __init__(self, elements):
        self.elements = elements

    def difference(self, other):
        return self.elements.difference(other)

    def __iter__(self):
        return iter(self.elements)


def same(value):
    return value

"""
VALUES = """\
1 | 0.5 | 0.05 | 1.00000001 | -1 | None | float("nan") | float("inf") | Decimal("0.5") | Fraction(1, 2) | 1j
"a" | "ab" | b"a" | Text("a") | UserString("a") | re.compile("a") | datetime(2020, 1, 1) | timedelta(1) | same
[] | [1, 2] | [2, 1] | ["b", "a"] | [1, "a"] | [[1]] | (1, 2) | ("a", "b") | {1, 2} | frozenset([1, 2])
{} | {"a": 1} | {"a": 1}.keys() | UserDict(a=1) | OrderedDict(a=1) | Counter("ab") | UserList([1, 2])
Duck({1, 2}) | range(1, 3) | iter([1, 2]) | (x for x in ["a", "b"]) | "b a".split() | sorted([2, 1])
"""
POOL = [value.strip() for line in VALUES.splitlines() for value in line.split("|")]
METHODS = [
    "assertEqual",
    "assertIs",
    "assertIn",
    "assertLess",
    "assertListEqual",
    "assertTupleEqual",
    "assertSetEqual",
    "assertDictEqual",
    "assertMultiLineEqual",
    "assertSequenceEqual",
    "assertCountEqual",
    "assertRegex",
    "assertNotRegex",
    "assertAlmostEqual",
    "assertNotAlmostEqual",
]
# Literals that are no numbers make no sense to assertAlmostEqual: they are refused, and the class would stay.
NUMERIC = [value for value in POOL if value[0] not in '[({bN"']
STYLES = [("{}", "{}"), ("same({})", "{}")]


def values_for(method: str) -> list[str]:
    return NUMERIC if "Almost" in method else POOL


def suite(method: str, left: str, right: str) -> str:
    lines = [HEAD]
    for row, first in enumerate(values_for(method)):
        lines.append(f"\nclass Case{row}Tests(unittest.TestCase):\n")
        for column, second in enumerate(values_for(method)):
            call = f"self.{method}({left.format(first)}, {right.format(second)})"
            lines.append(f"    def test_{column}(self):\n        {call}\n\n")
    return "".join(lines)


def converted(text: str) -> str:
    source = SourceFile(Path("test_values.py"), text.encode(), "utf-8", "\n")
    outcome = rewrite(Member(source, catalog.load(), FileFacts(), RuleConfig())).outcome
    assert isinstance(outcome, Rewritten), outcome
    assert outcome.change.after is not None
    return outcome.change.after.decode()


def passes(test: Callable[[], Any]) -> bool:
    try:
        test()
    except Exception:  # noqa: BLE001 - a failure and an error are the same to pytest
        return False
    return True


def verdicts(text: str, prefix: str, suffix: str, count: int) -> dict[tuple[int, int], bool]:
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, "suite", "exec"), names)  # noqa: S102 - the text is our own
        return {
            (row, column): passes(getattr(names[f"{prefix}{row}{suffix}"](*arguments), f"test_{column}"))
            for row in range(count)
            for column in range(count)
            for arguments in [(f"test_{column}",) if suffix else ()]
        }


@pytest.mark.parametrize(("left", "right"), STYLES)
@pytest.mark.parametrize("method", METHODS)
def test_the_same_verdict_for_every_pair(method, left, right):
    text, values = suite(method, left, right), values_for(method)
    before = verdicts(text, "Case", "Tests", len(values))
    after = verdicts(converted(text), "TestCase", "", len(values))
    differ = [(values[i], values[j]) for (i, j), verdict in before.items() if after[i, j] != verdict]
    assert differ == []
    assert True in before.values()
