"""pytest collects a test class in every module that imports it: the test map knows these, too."""

from reassert.batch.executors import SerialExecutor
from reassert.workflow.planning import PlanRequest, make_plan

BASE = """import unittest


class {name}(unittest.TestCase):
    def {test}(self):
        pass
"""


def planned(root, name, test):
    (root / "test_base.py").write_text(BASE.format(name=name, test=test))
    (root / "test_heir.py").write_text(f"from test_base import {name}\n")
    return make_plan(PlanRequest(paths=(root,)), SerialExecutor()).test_map


def test_a_renamed_class(tmp_path):
    found = planned(tmp_path, "SizeTests", "test_a")
    assert found == {
        "test_base.py::SizeTests::test_a": ("test_base.py::TestSize::test_a",),
        "test_heir.py::SizeTests::test_a": ("test_heir.py::TestSize::test_a",),
    }


def test_a_renamed_test_of_a_class_that_keeps_its_name(tmp_path):
    found = planned(tmp_path, "TestSize", "runTest")
    assert found == {
        "test_base.py::TestSize::runTest": ("test_base.py::TestSize::test_run",),
        "test_heir.py::TestSize::runTest": ("test_heir.py::TestSize::test_run",),
    }


def test_nothing_is_renamed(tmp_path):
    assert planned(tmp_path, "TestSize", "test_a") == {}
