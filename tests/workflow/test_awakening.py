"""Tests that have never run: each is a unit of its own, and nothing of them is said where a class stays."""

from __future__ import annotations

import io

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.edits import Unit
from reassert.model.outcomes import NEWLY_EXECUTED
from reassert.report.terminal import write_summary
from reassert.workflow.planning import PlanRequest, make_plan
from running import write_tree

RULE = "unawaited_test_to_async_test"
STRICT = "[pytest]\n"
AUTO = "[pytest]\nasyncio_mode = auto\n"
CLASS = """import unittest


class FooTests(unittest.TestCase):
    async def test_a(self):
        pass

    def test_b(self):
        pass
"""
PLAIN = """import pytest


@pytest.mark.asyncio
async def test_a():
    pass


async def test_b():
    pass
"""


@pytest.fixture
def plan(tmp_path):
    """The plan for a tree with these files, with what never ran awakened."""

    def make(files, **options):
        write_tree(tmp_path, {".git/HEAD": "", **files})
        return make_plan(PlanRequest((tmp_path,), awaken=True, **options), SerialExecutor())

    return make


def awakened(plan):
    return {f.location.line for f in plan.findings if f.code == NEWLY_EXECUTED}


def without(tmp_path, *qualnames):
    return {tmp_path / "test_a.py": frozenset(Unit(RULE, name) for name in qualnames)}


def test_a_class_stays_if_its_sleeping_test_is_taken_out(plan, tmp_path):
    found = plan({"pytest.ini": AUTO, "test_a.py": CLASS}, excluded=without(tmp_path, "FooTests.test_a"))
    assert not found.changes
    assert not awakened(found)
    assert {r.code for r in found.refusals} == {"C-VACUOUS", "B-COMPONENT"}


def test_the_project_stays_in_strict_mode_if_a_test_without_a_mark_is_taken_out(plan, tmp_path):
    files = {"pytest.ini": STRICT, "test_a.py": PLAIN}
    assert {c.path.name for c in plan(files).changes} == {"pytest.ini", "test_a.py"}
    found = plan(files, excluded=without(tmp_path, "test_b"))
    assert not found.changes
    assert not awakened(found)


def test_a_test_in_a_file_that_was_not_asked_for_stays_asleep(tmp_path):
    write_tree(tmp_path, {".git/HEAD": "", "pytest.ini": STRICT, "test_a.py": PLAIN})
    write_tree(tmp_path, {"test_b.py": "async def test_c():\n    pass\n"})
    found = make_plan(PlanRequest((tmp_path / "test_a.py",), awaken=True), SerialExecutor())
    (change,) = found.changes
    assert change.path.name == "test_a.py"
    assert change.after.decode().count("@pytest.mark.asyncio") == 2
    assert awakened(found) == {9}


def test_nothing_is_told_of_a_class_that_stays(plan):
    stays = CLASS.replace("def test_b(self):\n        pass", "def run(self, result=None):\n        pass")
    found = plan({"pytest.ini": AUTO, "test_a.py": stays})
    assert not awakened(found)


def test_the_summary_lists_them_apart(plan):
    found = plan({"pytest.ini": AUTO, "test_a.py": CLASS})
    stream = io.StringIO()
    write_summary(found, stream, base=found.root, colour=False)
    said = stream.getvalue()
    assert "1 test runs for the first time: how it ends is not known, `reassert verify` tells\n" in said
    assert "  test_a.py:5  NEWLY-EXECUTED  nobody has ever awaited test_a" in said
    assert "  awakened    1 test\n" in said
    assert "to look at" not in said


def test_the_settings_can_ask_for_it(tmp_path):
    write_tree(tmp_path, {".git/HEAD": "", "pytest.ini": AUTO, "test_a.py": CLASS})
    write_tree(tmp_path, {"pyproject.toml": "[tool.reassert]\nawaken = true\n"})
    assert awakened(make_plan(PlanRequest((tmp_path,)), SerialExecutor())) == {5}
    assert not make_plan(PlanRequest((tmp_path,), awaken=False), SerialExecutor()).changes
