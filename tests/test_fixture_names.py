"""A fixture that stands for setUp must not hide one that ran before."""

from __future__ import annotations

import pytest

from converting import convert_tree
from reassert.batch.executors import SerialExecutor
from reassert.model.config import RuleConfig
from reassert.workflow.planning import PlanRequest, make_plan
from running import mapped, run_pytest, write_tree

TEST = """import unittest

import log
{more}

class TestIt(unittest.TestCase):
    def setUp(self):
        log.seen.append("setUp")

    def test_it(self):
        self.assertEqual(log.seen, ["outer", "setUp"])
"""
LOG = "seen = []\n"
FIXTURE = """import pytest

import log


@pytest.fixture(autouse=True{name})
def {function}():
    log.seen.append("outer")
"""


def conftest(function="_setup", name=""):
    return FIXTURE.format(function=function, name=name)


def imported(module):
    return f"\nfrom {module} import _setup  # noqa: F401\n"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"conftest.py": conftest(), "tests/test_it.py": TEST.format(more="")}, id="conftest"),
        pytest.param(
            {"conftest.py": conftest("anything", ', name="_setup"'), "test_it.py": TEST.format(more="")},
            id="a name of its own",
        ),
        pytest.param(
            {"test_it.py": TEST.format(more="import pytest\n" + conftest().partition("import log\n")[2])},
            id="the module",
        ),
        pytest.param(
            {"outer.py": conftest(), "test_it.py": TEST.format(more=imported("outer"))}, id="an imported one"
        ),
        pytest.param(
            {"outer.py": conftest(), "conftest.py": imported("outer"), "test_it.py": TEST.format(more="")},
            id="imported by the conftest",
        ),
    ],
)
def test_a_fixture_of_the_same_name_still_runs(tmp_path, files):
    files = {**files, "log.py": LOG}
    found = convert_tree(tmp_path / "tool", files, RuleConfig())
    (path,) = [path for path in files if path.endswith("test_it.py")]
    assert "def _setup_(self):" in found.files[path]
    runs = []
    for name, content in (("before", files), ("after", found.files)):
        write_tree(tmp_path / name, {**content, "pytest.ini": "[pytest]\npythonpath = .\n"})
        runs.append(run_pytest(tmp_path / name, tmp_path / f"{name}.json").outcomes)
    assert list(runs[0].values()) == ["passed"]
    assert mapped(runs[0], found.test_map) == runs[1]


def test_a_conftest_elsewhere_takes_no_name(tmp_path):
    files = {"other/conftest.py": conftest(), "tests/test_it.py": TEST.format(more=""), "log.py": LOG}
    assert "def _setup(self):" in convert_tree(tmp_path, files, RuleConfig()).files["tests/test_it.py"]


def test_a_file_that_is_asked_for_alone_knows_its_conftest(tmp_path):
    write_tree(tmp_path, {"conftest.py": conftest(), "test_it.py": TEST.format(more=""), "setup.py": ""})
    (change,) = make_plan(PlanRequest((tmp_path / "test_it.py",)), SerialExecutor()).changes
    assert b"def _setup_(self):" in change.after
