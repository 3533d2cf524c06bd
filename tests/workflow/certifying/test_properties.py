"""A suite compared with itself is valid, and whatever single thing is taken away is found."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reassert.model.certificate import Label, Verdict
from reassert.model.runs import Executed, SuiteRun, TestRun
from reassert.syntax.testcase_api import ASSERTIONS
from reassert.workflow.certifying.assertions import View, compare_assertions
from reassert.workflow.certifying.certificate import certificate
from reassert.workflow.certifying.comparing import Runs, compare
from reassert.workflow.certifying.matching import match_by_map, match_by_name

FORMS = [*sorted(ASSERTIONS - {"fail"}), "pytest.raises", "pytest.warns"]
CONDITIONS = [
    "a == b",
    "a",
    "not a",
    "a in b",
    "isinstance(a, int)",
    "a == pytest.approx(b)",
    "a is None",
    "x ==",
]
# After-forms that are exact for what they are paired with.
EXACT = {
    "assertEqual": "a == b",
    "assertNotEqual": "a != b",
    "assertTrue": "a",
    "assertFalse": "not a",
    "assertIn": "a in b",
    "assertIs": "a is b",
    "assertIsNone": "a is None",
    "assertIsNotNone": "a is not None",
    "assertGreater": "a > b",
    "assertIsInstance": "isinstance(a, b)",
    "assertListEqual": "a == [1]",
    "assertAlmostEqual": "a == pytest.approx(b, abs=5e-8)",
    "assertRegex": "re.search(p, s)",
    "assertCountEqual": "sorted(a) == sorted(b)",
    "assertRaises": None,
}
OUTCOMES = ["passed", "passed", "passed", "failed", "error", "skipped", "xfailed", "xpassed"]


@st.composite
def assertions(draw, forms=None):
    lines = draw(st.lists(st.integers(1, 60), max_size=8))
    return tuple(
        Executed(
            "assert", "tests/test_a.py", line, draw(st.integers(1, 4)), draw(st.sampled_from(CONDITIONS))
        )
        if forms is None and draw(st.booleans())
        else Executed(draw(st.sampled_from(forms or FORMS)), "tests/test_a.py", line, draw(st.integers(1, 4)))
        for line in lines
    )


@st.composite
def suites(draw):
    names = draw(st.lists(st.integers(0, 30), min_size=1, max_size=8, unique=True))
    tests = [
        TestRun(
            f"tests/test_a.py::T::test_{number}{draw(st.sampled_from(['', '[1]', '[a-b]']))}",
            draw(st.sampled_from(OUTCOMES)),
            assertions=draw(assertions()),
            subtests=(draw(st.integers(0, 3)), 0, draw(st.integers(0, 1))),
            never_ran=draw(st.sampled_from(["", "", "", "coroutine"])),
        )
        for number in names
    ]
    passing = TestRun("tests/test_a.py::T::test_passing", "passed", assertions=draw(assertions()))
    return SuiteRun({test.nodeid: test for test in (*tests, passing)})


def certified(before, after, match=match_by_map):
    matching = match(before.tests, after.tests, {})
    runs = Runs(before, after, before)
    return certificate(runs, compare(runs, matching))


@settings(deadline=None)
@given(suites(), st.sampled_from([match_by_map, match_by_name]))
def test_a_suite_is_as_good_as_itself(suite, match):
    document = certified(suite, suite, match)
    assert document.verdict is Verdict.VALID
    assert document.differences == ()
    assert document.counts == {Label.KEPT: len(suite.tests)}


@settings(deadline=None)
@given(suites(), st.data())
def test_a_test_that_is_taken_away_is_lost(suite, data):
    gone = data.draw(st.sampled_from(sorted(suite.tests)))
    after = replace(suite, tests={n: t for n, t in suite.tests.items() if n != gone})
    document = certified(suite, after)
    assert [(d.label, d.before) for d in document.differences] == [(Label.LOST, gone)]
    assert document.verdict is Verdict.INVALID


@settings(deadline=None)
@given(suites(), st.data())
def test_a_test_that_does_not_pass_any_more_is_found(suite, data):
    passing = sorted(n for n, t in suite.tests.items() if t.outcome == "passed" and not t.never_ran)
    name = data.draw(st.sampled_from(passing))
    outcome = data.draw(st.sampled_from(["failed", "error", "skipped", "xfailed"]))
    after = replace(suite, tests={**suite.tests, name: replace(suite.tests[name], outcome=outcome)})
    assert [(d.is_loss, d.before) for d in certified(suite, after).differences] == [(True, name)]


def converted(items):
    """What an exact migration makes of assertions, two lines further down."""
    return tuple(
        Executed("pytest.raises", item.path, item.line + 2, item.count)
        if EXACT[item.form] is None
        else Executed("assert", item.path, item.line + 2, item.count, EXACT[item.form])
        for item in items
    )


def run_of(items):
    return TestRun("t", "passed", assertions=tuple(items))


@settings(deadline=None)
@given(assertions(forms=sorted(EXACT)), st.booleans())
def test_an_exact_conversion_has_no_differences(items, ordered):
    found = compare_assertions([run_of(items)], [run_of(converted(items))], View(ordered=ordered))
    assert (found.missing, found.extra, found.changes) == (0, 0, ())


@settings(deadline=None)
@given(assertions(forms=sorted(EXACT)).filter(bool), st.booleans(), st.data())
def test_one_execution_less_is_found(items, ordered, data):
    index = data.draw(st.integers(0, len(items) - 1))
    after = list(converted(items))
    after[index] = replace(after[index], count=after[index].count - 1)
    left = [item for item in after if item.count]
    found = compare_assertions([run_of(items)], [run_of(left)], View(ordered=ordered))
    assert found.missing == 1
    assert found.changes


@settings(deadline=None)
@given(assertions(forms=sorted(EXACT)), st.randoms())
def test_the_order_of_execution_does_not_matter(items, random):
    after = list(converted(items))
    random.shuffle(after)
    found = compare_assertions([run_of(items)], [run_of(after)], View(ordered=True))
    assert (found.missing, found.changes) == (0, ())
