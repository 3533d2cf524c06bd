"""Copies that become rows: the certificate accepts it, and other files follow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.edits import Unit
from reassert.workflow.planning import PlanRequest, make_plan
from running import write_tree

SUITE = """\
import unittest


class LaterTests(unittest.TestCase):
    def setUp(self):
        self.number = 1

    def test_larger(self):
        self.assertEqual(self.number + 2, 3)

    def test_other(self):
        self.assertTrue(self.number)

    def test_large(self):
        self.assertEqual(self.number + 1, 2)

    def test_largest(self):
        self.assertEqual(self.number + 3, 4)

    def test_huge(self):
        self.assertEqual(self.number + 4, 5)

    @unittest.skip("no")
    def test_none(self):
        self.assertEqual(self.number + 0, 2)


class HeirTests(LaterTests):
    def test_again(self):
        self.assertFalse(not self.number)


class Twice(unittest.TestCase):
    def test_a(self):
        self.assertEqual([1].pop(), 1)

    def test_b(self):
        self.assertEqual([2].pop(), 2)
"""
SETTINGS = {
    "pyproject.toml": "[tool.reassert]\nprofile = 'idiomatic'\n",
    "tox.ini": "[testenv]\ncommands=pytest --deselect test_suite.py::LaterTests::test_large -k test_larger\n",
}
CASES = ("test_larger", "test_large", "test_largest", "test_huge", "test_none")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_tree(tmp_path, {"test_suite.py": SUITE, **SETTINGS})
    return tmp_path


def plan(project: Path, **more):
    return make_plan(PlanRequest(paths=(project,), **more), SerialExecutor())


def test_every_test_is_a_case_of_its_class_and_of_the_heirs(project):
    table = plan(project).test_map
    for old, new in (("LaterTests", "TestLater"), ("HeirTests", "TestHeir")):
        for case in CASES:
            expected = (f"test_suite.py::{new}::test_later[{case}]",)
            assert table[f"test_suite.py::{old}::{case}"] == expected
    assert table["test_suite.py::HeirTests::test_other"] == ("test_suite.py::TestHeir::test_other",)


def test_node_ids_of_other_files_follow_and_names_of_cases_still_select(project):
    made = plan(project)
    (tox,) = [c for c in made.changes if c.path.name == "tox.ini"]
    assert b"--deselect test_suite.py::TestLater::test_later[test_large] -k test_larger" in (tox.after or b"")
    assert not [f for f in made.findings if f.code == "STALE-NAME"]


def test_refusals_speak_of_the_file_on_disk(project):
    (refusal,) = [r for r in plan(project).refusals if r.code.startswith("PARAM-")]
    line = SUITE[: SUITE.index("def test_a(")].count("\n") + 1
    assert (refusal.location.line, refusal.location.column) == (line, 5)
    assert refusal.unit.qualname == "Twice.test_a"


@pytest.mark.parametrize(
    "unit",
    [
        Unit("duplicate_tests_to_parametrize", "LaterTests.test_large"),
        Unit("*", "LaterTests.test_large"),
        Unit("*", "LaterTests"),
    ],
)
def test_an_excluded_test_is_no_row(project, unit):
    table = plan(project, excluded={project / "test_suite.py": frozenset({unit})}).test_map
    assert not [new for news in table.values() for new in news if "[test_large]" in new]


def test_the_certificate_accepts_it(project):
    target = project / "certificate.json"
    command = [sys.executable, "-m", "reassert", "verify", "--json", str(target), "--no-cache"]
    command += ["--python", sys.executable, "."]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=300)
    assert target.exists(), done.stderr
    certificate = json.loads(target.read_text(encoding="utf-8"))
    assert certificate["verdict"] == "valid", certificate["differences"]
    merged = {d["before"] for d in certificate["differences"] if d["label"] == "merged"}
    assert merged == {
        f"test_suite.py::{owner}::{case}" for owner in ("LaterTests", "HeirTests") for case in CASES
    }
