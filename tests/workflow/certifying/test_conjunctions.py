"""Assertions that ask for several conditions at once, and what they may become."""

from __future__ import annotations

import pytest

from reassert.model.certificate import Verdict
from reassert.syntax.asserted import conjuncts
from reassert.workflow.certifying.certificate import certificate
from reassert.workflow.certifying.comparing import Runs, compare
from reassert.workflow.certifying.matching import match_by_map, match_by_name
from suite_runs import OLD, ran, suite

TEST = f"{OLD}::test_x"


def verdict(matching, before, after):
    places = [[f"{text}:{10 + n}" for n, text in enumerate(side)] for side in (before, after)]
    old, new = (suite(ran(TEST, "passed", *side)) for side in places)
    runs = Runs(old, new, old)
    return certificate(runs, compare(runs, matching(old.tests, new.tests))).verdict


@pytest.mark.parametrize("matching", [match_by_name, lambda old, new: match_by_map(old, new, {})])
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["assertTrue a in c and b in c"], ["assert a in c", "assert b in c"], Verdict.VALID),
        (["assertTrue a in c and not b, 'why'"], ["assert a in c", "assert not b"], Verdict.VALID),
        (["assertFalse a or b in c"], ["assert not a", "assert b not in c"], Verdict.VALID),
        (["assert a in c and b in c"], ["assert a in c", "assert b in c"], Verdict.VALID),
        (["assert a == 1", "assert b is None"], ["assert a == 1 and b is None"], Verdict.VALID),
        (["assertTrue a in c and b in c"], ["assert a in c"], Verdict.INVALID),
        (["assertTrue a in c and b in c"], ["assert a in c", "assert b"], Verdict.INVALID),
        (["assertTrue a in c and b in c", "assertIn"], ["assert a in c", "assert b in c"], Verdict.INVALID),
        (["assertFalse a and b in c"], ["assert not a"], Verdict.INVALID),
    ],
)
def test_each_condition_needs_a_counterpart(matching, before, after, expected):
    assert verdict(matching, before, after) is expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["assertEqual a, 1"], ["pytest.raises E; match", "assert 'x' in b"], Verdict.INVALID),
        (["assertEqual a, 1"], ["pytest.raises E; match", "assert a is not None"], Verdict.INVALID),
        (["assertEqual a, 1"], ["pytest.raises E", "assert 'x' in str(e)", "assert a == 1"], Verdict.VALID),
        (["assertEqual a, 1"], ["pytest.raises E", "assert a == 1"], Verdict.INVALID),
        (["assertRaises E", "assertIn 'x', str(e)"], ["pytest.raises E; match"] * 2, Verdict.VALID),
        (["assertRaises E", "assertIn 'x', str(e)"], ["pytest.raises E; match"], Verdict.INVALID),
    ],
)
def test_a_text_on_both_sides_makes_up_for_nothing_else(before, after, expected):
    assert verdict(match_by_name, ["assertRaisesRegex E; match", *before], after) is expected


WHOLES = [
    (["assertIn 'a', x", "assertEqual x['a'], 1"], ["assert x == {'a': 1}"], Verdict.VALID),
    (["assertEqual len(x), 1", "assertTrue x[0] is y"], ["assert [y] == x"], Verdict.VALID),
    (["assertEqual m.call_count, 1", "assert m.call_args == c"], ["assert_called_with m"], Verdict.VALID),
    (["assertEqual x['a'], 1", "assertEqual y['a'], 1"], ["assert x == {'a': 1}"], Verdict.INVALID),
    (["assertEqual x, [1]", "assertEqual x[0], 2"], ["assert x == [1]"], Verdict.INVALID),
    (["assertEqual x[0], 1", "assertEqual x[1], 1"], ["assert x == y"], Verdict.INVALID),
    (["assertEqual x[0], 1", "assertEqual x[1], 1"], ["assert x != [1, 2]"], Verdict.INVALID),
]


@pytest.mark.parametrize(("before", "after", "expected"), WHOLES)
def test_a_value_that_is_compared_as_a_whole_stands_for_its_parts(before, after, expected):
    assert verdict(match_by_name, before, after) is expected


def test_a_plan_of_our_own_puts_nothing_together():
    before, after, _ = WHOLES[0]
    assert verdict(lambda old, new: match_by_map(old, new, {}), before, after) is Verdict.INVALID


@pytest.mark.parametrize(
    ("text", "truth", "parts"),
    [
        ("0 <= a < 10", True, ("0 <= a", "a < 10")),
        ("0 <= a < 10", False, ("not 0 <= a < 10",)),
        ("a and (b and not (c or d))", True, ("a", "b", "not c", "not d")),
        ("a or not b", False, ("not a", "b")),
        ("a or b", True, ("a or b",)),
        ("a if b else c", True, ("a if b else c",)),
        ("a and", True, ("a and",)),
    ],
)
def test_a_condition_is_taken_apart(text, truth, parts):
    assert conjuncts(text, truth=truth) == parts
