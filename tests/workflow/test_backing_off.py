"""What is taken out of a plan for a loss, step by step."""

from __future__ import annotations

from pathlib import Path

from reassert.model.certificate import Difference, Label
from reassert.model.edits import Unit
from reassert.model.outcomes import Change, Plan
from reassert.workflow.backing_off import CLIMB, EVERYTHING, MERGE, widen

ROOT = Path("/project")
TESTS = ROOT / "tests" / "test_a.py"
OTHER = ROOT / "tests" / "test_b.py"
HELPER = ROOT / "tests" / "base.py"


def plan(*paths):
    return Plan(ROOT, tuple(Change(path, b"old", b"new") for path in paths))


def steps(planned, *losses):
    """The exclusions of each round until nothing is left."""
    exclusions, found = {}, []
    while (widened := widen(planned, losses, exclusions)) is not None:
        new = {path: set(units) - set(exclusions.get(path, ())) for path, units in widened.exclusions.items()}
        found.append({path: units for path, units in new.items() if units})
        exclusions = widened.exclusions
    return found


def test_a_lost_test_takes_its_class_then_its_code_then_its_file_then_helpers_then_all():
    loss = Difference(Label.LOST, "tests/test_a.py::ATests::test_x")
    assert steps(plan(TESTS, HELPER, OTHER), loss) == [
        {TESTS: {Unit(CLIMB, "ATests")}},
        {TESTS: {Unit("*", "ATests")}},
        {TESTS: {EVERYTHING}},
        {HELPER: {EVERYTHING}},
        {OTHER: {EVERYTHING}},
    ]


def test_a_test_that_became_a_case_is_taken_out_of_its_table_first():
    loss = Difference(
        Label.NEWLY_FAILING, "tests/test_a.py::A::test_x", ("tests/test_a.py::TestA::test[test_x]",)
    )
    assert steps(plan(TESTS), loss)[:2] == [
        {TESTS: {Unit(MERGE, "A.test_x")}},
        {TESTS: {Unit(CLIMB, "A")}},
    ]


def test_differing_assertions_take_the_function_first():
    loss = Difference(Label.ASSERTIONS_DIFFER, "tests/test_a.py::Outer::Inner::test_x[1]")
    assert steps(plan(TESTS), loss)[:2] == [
        {TESTS: {Unit("*", "Outer.Inner.test_x")}},
        {TESTS: {Unit("*", "Outer.Inner")}},
    ]


def test_a_test_of_a_file_that_does_not_change_takes_the_helpers():
    loss = Difference(Label.NEWLY_FAILING, "tests/test_a.py::test_x", ("tests/test_a.py::test_x",))
    assert steps(plan(HELPER, OTHER), loss) == [{HELPER: {EVERYTHING}}, {OTHER: {EVERYTHING}}]


def test_several_losses_widen_together_and_are_reported_once_a_unit():
    losses = [
        Difference(Label.LOST, "tests/test_a.py::A::test_x", detail="not collected"),
        Difference(Label.LOST, "tests/test_a.py::A::test_y"),
        Difference(Label.NEWLY_FAILING, None, ("tests/test_b.py::B::test_z",)),
    ]
    widened = widen(plan(TESTS, OTHER), losses, {})
    assert widened.exclusions == {
        TESTS: frozenset([Unit(CLIMB, "A")]),
        OTHER: frozenset([Unit(CLIMB, "B")]),
    }
    assert [(e.path, e.qualname, e.evidence) for e in widened.reported] == [
        ("tests/test_a.py", "A", "lost: tests/test_a.py::A::test_x: not collected"),
        ("tests/test_b.py", "B", "newly failing: tests/test_b.py::B::test_z"),
    ]


def test_nothing_is_left_to_take_from_an_empty_plan():
    assert widen(plan(), [Difference(Label.LOST, "tests/test_a.py::A::test_x")], {}) is None
