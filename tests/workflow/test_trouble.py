"""Trouble with one file, or with a configuration, is told and stops nothing."""

from __future__ import annotations

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.outcomes import Failed, Unchanged
from reassert.workflow.executor import Task
from reassert.workflow.planning import PlanRequest, make_plan


@pytest.mark.parametrize(
    "text", ["(" * 3000 + ")" * 3000, "not " * 3000 + "x", "x" + "+1" * 3000, "x" + ".a" * 9000]
)
def test_deep_nesting_is_a_failure_or_a_result_but_never_the_end(tmp_path, text):
    path = tmp_path / "deep.py"
    path.write_text(f"class T(Base):\n    x = {text}\n")
    ((_, result),) = SerialExecutor().run([Task(path)])
    assert isinstance(result.outcome, (Failed, Unchanged))


def test_a_configuration_of_pytest_that_cannot_be_used_is_told_once_and_stops_nothing(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nnonsense\n")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "test_x.py").write_text(
            "import unittest\n\n\nclass XTests(unittest.TestCase):\n    def test(self):\n        pass\n"
        )
    plan = make_plan(PlanRequest((tmp_path,)), SerialExecutor())
    assert [change.path.parent.name for change in plan.changes] == ["a", "b"]
    ((path, line),) = [(failed.path, failed.line) for failed in plan.failures]
    assert (path, line) == (tmp_path / "pytest.ini", 2)
