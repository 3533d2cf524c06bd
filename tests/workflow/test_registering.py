"""Helper modules are registered for pytest's rewriting, in whichever way the tool is used."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.outcomes import Safety
from reassert.report.patch import patch
from reassert.workflow.applying import apply_plan
from reassert.workflow.planning import PlanRequest, make_plan
from reassert.workflow.undoing import undo
from running import write_tree

BASE = """import unittest


class Base(unittest.TestCase):
    def check(self, left, right):
        self.assertEqual(left, right)
"""
TEST = """from {module} import Base


class TestA(Base):
    def test_one(self):
        self.check([1, 2], [1, 3])
"""
CALL = b"pytest.register_assert_rewrite({})\n"


def project(root, module="tests.base"):
    """A package of tests with a base class in ``base.py``."""
    write_tree(
        root,
        {
            "pytest.ini": "[pytest]\n",
            "tests/__init__.py": "",
            "tests/base.py": BASE,
            "tests/test_a.py": TEST.format(module=module),
        },
    )


def plan_for(root, *paths, **options):
    return make_plan(
        PlanRequest(tuple(root / path for path in paths) or (root,), **options), SerialExecutor()
    )


def changes(plan):
    return {change.path.relative_to(plan.root).as_posix(): change for change in plan.changes}


def registered(plan):
    """By conftest.py, what stands between the parentheses."""
    found = {
        name: change.after.decode() for name, change in changes(plan).items() if name.endswith("conftest.py")
    }
    return {
        name: text.partition("register_assert_rewrite(")[2].partition(")")[0] for name, text in found.items()
    }


def refusals(plan):
    return {(r.code, r.location.path.name) for r in plan.refusals}


def write(plan):
    for change in plan.changes:
        change.path.write_bytes(change.after)


def failing(root, *arguments):
    """What pytest says of the tests below ``root``."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    command += ["-W", "error", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, timeout=60,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [(), ("tests/test_a.py",), ("--import-mode=importlib",)])
def test_a_failure_in_a_helper_shows_the_operands(tmp_path, arguments):
    project(tmp_path)
    plan = plan_for(tmp_path)
    assert registered(plan) == {"tests/conftest.py": '"tests.base"'}
    write(plan)
    said = failing(tmp_path, *arguments)
    assert "assert [1, 2] == [1, 3]" in said
    assert "1 failed" in said
    assert not plan_for(tmp_path).changes


def test_without_the_registration_it_would_not(tmp_path):
    project(tmp_path)
    plan = plan_for(tmp_path, ignore=("unrewritten_assert_to_registered",))
    assert registered(plan) == {}
    write(plan)
    assert "assert [1, 2] == [1, 3]" not in failing(tmp_path)


ROOT = {"conftest.py": '"tests.base"'}
NEAR = {"tests/conftest.py": '"tests.base"'}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"conftest.py": "import os\n"}, ROOT, id="one further up"),
        pytest.param({"conftest.py": "", "tests/conftest.py": "import os\n"}, NEAR, id="the nearest"),
        pytest.param({"tests/__init__.py": "from .base import Base\n"}, ROOT, id="the package imports it"),
        pytest.param(
            {"conftest.py": "import tests.base\n", "tests/conftest.py": ""},
            ROOT,
            id="the one further up does",
        ),
        pytest.param({"more/test_b.py": "from tests.base import Base\n"}, ROOT, id="a user elsewhere"),
        pytest.param(
            {"more/test_b.py": "import tests.base\n", "more/pytest.ini": ""},
            {**NEAR, "more/conftest.py": '"tests.base"'},
            id="a user in another project",
        ),
        pytest.param({"conftest.py": "pytest_plugins = ['tests.base']\n"}, {}, id="a plugin already"),
        pytest.param({"pytest.ini": "[pytest]\npython_files = *.py\n"}, {}, id="python_files says so"),
        pytest.param({"pytest.ini": "[pytest]\naddopts = --assert=plain\n"}, {}, id="nothing is rewritten"),
    ],
)
def test_which_conftest(tmp_path, files, expected):
    project(tmp_path)
    write_tree(tmp_path, files)
    plan = plan_for(tmp_path)
    assert "tests/base.py" in changes(plan)
    assert registered(plan) == expected


def test_folders_that_are_no_packages(tmp_path):
    project(tmp_path, module="base")
    (tmp_path / "tests/__init__.py").unlink()
    plan = plan_for(tmp_path)
    assert registered(plan) == {"tests/conftest.py": '"base"'}
    write(plan)
    assert "assert [1, 2] == [1, 3]" in failing(tmp_path)


def test_a_module_outside_of_the_tests_that_pythonpath_shows(tmp_path):
    project(tmp_path, module="support.base")
    write_tree(tmp_path, {"lib/support/base.py": BASE, "pytest.ini": "[pytest]\npythonpath = lib\n"})
    plan = plan_for(tmp_path)
    assert registered(plan) == {"tests/conftest.py": '"support.base"'}
    write(plan)
    assert "assert [1, 2] == [1, 3]" in failing(tmp_path)


def test_a_package_of_tests_that_importlib_imports_itself_is_refused(tmp_path):
    project(tmp_path, module="tests")
    write_tree(
        tmp_path, {"tests/__init__.py": BASE, "pytest.ini": "[pytest]\naddopts = --import-mode=importlib\n"}
    )
    (tmp_path / "tests/base.py").unlink()
    plan = plan_for(tmp_path)
    assert not plan.changes
    assert refusals(plan) == {("A-NOREWRITE", "__init__.py"), ("B-COMPONENT", "test_a.py")}


@pytest.mark.parametrize("paths", [("tests",), ("tests/base.py", "tests/test_a.py")])
def test_a_conftest_that_was_not_asked_for_gets_the_call_and_nothing_else(tmp_path, paths):
    project(tmp_path)
    plain = (
        "import unittest\n\n\nclass X(unittest.TestCase):\n    def test(self):\n        self.assertTrue(1)\n"
    )
    write_tree(tmp_path, {"conftest.py": plain, "tests/__init__.py": "import tests.base\n"})
    plan = plan_for(tmp_path, *paths)
    after = changes(plan)["conftest.py"].after.decode()
    assert registered(plan) == {"conftest.py": '"tests.base"'}
    assert plain.partition("\n")[2] in after


def test_a_base_alone_is_registered_for_those_that_use_it(tmp_path):
    project(tmp_path)
    plan = plan_for(tmp_path, "tests/base.py")
    assert {"tests/base.py", "tests/conftest.py"} == changes(plan).keys()


def test_other_changes_of_the_same_conftest_are_made_too(tmp_path):
    project(tmp_path)
    write_tree(tmp_path, {"tests/conftest.py": BASE.replace("Base", "Other")})
    after = changes(plan_for(tmp_path))["tests/conftest.py"].after.decode()
    assert 'register_assert_rewrite("tests.base")' in after
    assert "assert left == right" in after
    assert "unittest" not in after


def test_what_the_cache_knows_is_registered_too(tmp_path):
    project(tmp_path / "p")
    first = plan_for(tmp_path / "p", cache_dir=tmp_path / "cache")
    second = plan_for(tmp_path / "p", cache_dir=tmp_path / "cache")
    assert registered(first) == {"tests/conftest.py": '"tests.base"'}
    assert first == second


def test_the_unit_names_the_module_and_the_change_is_a_safe_one(tmp_path):
    project(tmp_path)
    change = changes(plan_for(tmp_path))["tests/conftest.py"]
    assert (change.before, change.safety) == (None, Safety.SAFE)
    assert [unit.qualname for unit in change.units] == ["tests.base"]


def test_a_new_file_is_written_and_undone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "p"
    project(root)
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    applied = apply_plan(plan_for(root), allow_dirty=True, command=("migrate",))
    assert root / "tests/conftest.py" in applied.written
    assert (root / "tests/conftest.py").is_file()
    undo(applied.run_id)
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


def test_the_patch_makes_the_new_file(tmp_path):
    root = tmp_path / "p"
    project(root)
    plan = plan_for(root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "apply", "-"], cwd=root, input=b"".join(patch(plan.changes, root)), check=True)
    assert {c.path: c.path.read_bytes() for c in plan.changes} == {c.path: c.after for c in plan.changes}


def test_a_file_that_appears_meanwhile_is_not_written_over(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "p"
    project(root)
    plan = plan_for(root)
    (root / "tests/conftest.py").write_text("mine = 1\n")
    applied = apply_plan(plan, allow_dirty=True, command=("migrate",))
    assert [p.path.name for p in applied.problems] == ["conftest.py"]
    assert (root / "tests/conftest.py").read_text() == "mine = 1\n"


@pytest.mark.parametrize("configured", [True, False])
def test_a_conftest_that_may_not_be_written_keeps_the_module_as_it_is(tmp_path, configured):
    project(tmp_path)
    options = {"only_given": True}
    if configured:
        write_tree(tmp_path, {"pyproject.toml": '[tool.reassert]\nexclude = ["conftest.py"]\n'})
        options = {}
    plan = plan_for(tmp_path, "tests/base.py", "tests/test_a.py", **options)
    assert "tests/conftest.py" not in changes(plan)
    assert "tests/base.py" not in changes(plan)
    assert ("A-NOREWRITE", "base.py") in refusals(plan)
