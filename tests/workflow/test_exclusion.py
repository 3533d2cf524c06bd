"""Units that are taken out of a plan stay as they are, and nothing is half converted."""

from __future__ import annotations

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.edits import Unit
from reassert.workflow.planning import PlanRequest, make_plan

CLIMB = "testcase_to_plain_class"
SOURCE = """\
import unittest


class Base(unittest.TestCase):
    def assertSmall(self, n):
        self.assertLess(n, 3)


class ATests(Base):
    def test_a(self):
        self.assertEqual(1, 1)

    def test_b(self):
        self.assertSmall(2)


class OtherTests(unittest.TestCase):
    def test_c(self):
        self.assertTrue(1)
"""


@pytest.fixture
def planned(tmp_path):
    def run(*units, text=SOURCE):
        path = tmp_path / "test_x.py"
        path.write_text(text)
        excluded = {path: frozenset(units)} if units else {}
        plan = make_plan(PlanRequest((tmp_path,), excluded=excluded), SerialExecutor())
        after = plan.changes[0].after.decode() if plan.changes else text
        return after, plan

    return run


def test_without_exclusion_all_of_it_is_converted(planned):
    after, _ = planned()
    assert "unittest" not in after


def test_a_class_that_stays_keeps_its_component_and_still_has_its_assertions_converted(planned):
    after, plan = planned(Unit(CLIMB, "ATests"))
    assert "class Base(unittest.TestCase)" in after
    assert "class ATests(Base)" in after
    assert "assert n < 3" in after
    assert "class TestOther:" in after
    assert any("taken out of this plan" in refusal.reason for refusal in plan.refusals)


def test_a_class_is_left_untouched_by_every_rule(planned):
    after, _ = planned(Unit("*", "ATests"))
    assert SOURCE[SOURCE.index("class ATests") : SOURCE.index("class Other")] in after
    assert "assert n < 3" in after


def test_one_method_is_left_untouched_and_keeps_its_class(planned):
    after, _ = planned(Unit("*", "ATests.test_a"))
    assert "self.assertEqual(1, 1)" in after
    assert "class ATests(Base)" in after
    assert "class TestOther:" in after


def test_one_rule_is_kept_from_one_method(planned):
    after, _ = planned(Unit("assert_truth_to_assert", "OtherTests.test_c"))
    assert "self.assertTrue(1)" in after
    assert "class OtherTests(unittest.TestCase)" in after
    assert "class TestA(Base)" in after


def test_a_whole_file_is_left_untouched(planned):
    after, plan = planned(Unit("*", "*"))
    assert after == SOURCE
    assert not plan.changes


def test_excluding_what_is_not_there_changes_nothing(planned):
    assert planned(Unit("*", "Nobody"))[0] == planned()[0]
