"""An explanation says of every class what a plan of the whole project does."""

from pathlib import Path

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.workflow.explaining import explain
from reassert.workflow.planning import PlanRequest, make_plan
from running import write_tree

FILES = {
    "pyproject.toml": "",
    "base.py": "import unittest\nclass Base(unittest.TestCase):\n    def setUp(self): self.x = 1\n",
    "middle.py": "from base import *\nclass Middle(Base): pass\n",
    "stuck.py": "import unittest\nclass Stuck(unittest.TestCase):\n    def run(self, result=None): pass\n",
    "helper.py": "import unittest\ndef close(case): case.addCleanup(print)\n",
    "test_a.py": "from middle import Middle\nclass ATest(Middle):\n    def test(self): self.assertTrue(1)\n",
    "test_b.py": "import middle as m\nclass BTest(m.Middle):\n    def test(self): self.assertIs(self.x, 1)\n",
    "test_c.py": "from stuck import Stuck\nclass CTest(Stuck):\n    def test(self): self.assertTrue(1)\n",
    "test_d.py": (
        "import unittest\nfrom helper import close\nclass DTest(unittest.TestCase):\n"
        "    def test(self):\n        close(self)\n        self.assertTrue(1)\n"
    ),
    "test_e.py": "import test_d\nclass ETest(test_d.DTest): pass\n",
}


@pytest.fixture
def project(tmp_path):
    write_tree(tmp_path, FILES)
    return tmp_path


def statuses(path, **options):
    return explain(path, "", PlanRequest(paths=(path,), **options), SerialExecutor()).classes


@pytest.mark.parametrize("corpus", [False, True])
def test_it_says_what_the_plan_does(project, corpus):
    root = Path(__file__).parents[2] / "corpus" / "quickstart" / "before" if corpus else project
    plan = make_plan(PlanRequest(paths=(root,)), SerialExecutor())
    assert plan.tally.classes_converted
    files = [path for path in sorted(root.rglob("*.py")) if b"class" in path.read_bytes()]
    found = [(path, status) for path in files for status in statuses(path)]
    renamed = {
        f"{path.relative_to(root)}::{status.qualname}"
        for path, status in found
        if status.becomes not in (None, status.qualname) and status.tests
    }
    assert renamed == {old.rpartition("::")[0] for old in plan.test_map if not _inherited(old, found)}
    assert sum(status.becomes is not None for _, status in found) == plan.tally.classes_converted
    if not corpus:  # there a mixin, which is no test class, has assertions
        assert sum(status.converted for _, status in found) == plan.tally.assertions_converted
        assert sum(status.assertions for _, status in found) == plan.tally.assertions


def _inherited(old, found):
    """Whether a test id is one of a class without tests of its own, or of a class from another file."""
    file, _, name = old.rpartition("::")[0].partition("::")
    return not any(path.name == Path(file).name and s.qualname == name and s.tests for path, s in found)


def test_a_relative_of_a_relative_is_found(project):
    explanation = explain(project / "test_a.py", "ATest", PlanRequest(paths=()), SerialExecutor())
    assert {member.qualname for member in explanation.family.members} == {"Base", "Middle", "ATest", "BTest"}


def test_what_a_relative_needs_to_know_is_found_too(project):
    """test_e names nothing of helper, on which it depends whether its base may climb."""
    [status] = statuses(project / "test_e.py")
    plan = make_plan(PlanRequest(paths=(project,)), SerialExecutor())
    reasons = {r.reason for r in plan.refusals if r.location.path.name == "test_d.py"}
    explanation = explain(project / "test_e.py", "ETest", PlanRequest(paths=()), SerialExecutor())
    assert {r.reason for said in explanation.family.causes.values() for r in said} == reasons
    assert (status.becomes is None) == bool(reasons)


def test_a_link_to_a_file_means_the_file(project):
    (project / "link.py").symlink_to(project / "test_a.py")
    [status] = statuses(project / "link.py")
    assert status.becomes == "TestA"
