from __future__ import annotations

from pathlib import Path

import pytest

from running import mapped, run_pytest, write_tree

CASE = """\
import unittest
from unittest import mock

import base


class KindTest(unittest.TestCase):
    def test_kind(self):
        import base as again

        self.assertIs(base, again)
        self.assertEqual(base.kind, "KIND")

    def test_patched_by_name(self):
        with mock.patch("base.kind", "patched"):
            self.assertEqual(base.kind, "patched")
        with mock.patch("test_case.unittest", 1):
            self.assertEqual(unittest, 1)
"""

OUTCOMES = """\
import unittest


class T(unittest.TestCase):
    def tearDown(self):
        if "teardown" in self.id():
            raise ValueError

    def test_fail(self):
        self.fail("with a message")

    def test_fails_in_teardown(self):
        pass

    def test_passes(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    def test_skipped(self):
        self.skipTest("so")

    def test_failing_subtest(self):
        for number in 1, 2:
            with self.subTest(number=number):
                self.assertEqual(number, 2)
"""


def test_cases_with_the_same_module_names_do_not_meet(tmp_path: Path) -> None:
    for kind in "one", "two", "three":
        files = {"base.py": f"kind = {kind!r}\n", "test_case.py": CASE.replace("KIND", kind)}
        write_tree(tmp_path / "cases" / kind, files)
    root = tmp_path / "cases"
    run = run_pytest(root, tmp_path / "report.json", [f"--cases={root}"])
    assert set(run.outcomes.values()) == {"passed"}, run.messages
    assert len(run.outcomes) == 6


def test_a_test_has_the_worst_outcome_of_its_parts(tmp_path: Path) -> None:
    write_tree(tmp_path / "t", {"test_it.py": OUTCOMES})
    run = run_pytest(tmp_path / "t", tmp_path / "report.json")
    assert {key.rpartition("::")[2]: value for key, value in run.outcomes.items()} == {
        "test_expected": "xfailed",
        "test_fail": "failed",
        "test_failing_subtest": "failed",
        "test_fails_in_teardown": "failed",
        "test_passes": "passed",
        "test_skipped": "skipped",
    }
    assert "with a message" in run.messages["test_it.py::T::test_fail"]


def test_a_module_that_cannot_be_imported_has_failed(tmp_path: Path) -> None:
    write_tree(tmp_path / "t", {"test_it.py": "import nothing_of_this_name\n"})
    run = run_pytest(tmp_path / "t", tmp_path / "report.json")
    assert run.outcomes == {"test_it.py": "failed"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"t.py::A::x": "passed"}, {"t.py::B::x": "passed"}),
        (
            {"t.py::A::x[1]": "failed", "t.py::C::x": "passed"},
            {"t.py::B::x[1]": "failed", "t.py::C::x": "passed"},
        ),
        ({"t.py::A::split": "passed"}, {"t.py::B::one": "passed", "t.py::B::two": "passed"}),
    ],
)
def test_maps_outcomes_to_new_names(before: dict[str, str], after: dict[str, str]) -> None:
    test_map = {"t.py::A::x": ("t.py::B::x",), "t.py::A::split": ("t.py::B::one", "t.py::B::two")}
    assert mapped(before, test_map) == after
