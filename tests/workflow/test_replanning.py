"""What is worked on again by a second run with a cache after something has changed: no more, and no less."""

from __future__ import annotations

import os
import sqlite3

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.engine import pipeline
from reassert.model.config import Profile
from reassert.model.outcomes import Failed
from reassert.workflow import planning
from reassert.workflow.executor import Result
from reassert.workflow.planning import PlanRequest, make_plan
from reassert.workspace import fingerprint, store

BASE = """
import unittest


class {name}(unittest.TestCase):
    def setUp(self):
        self.number = 1
"""
HEIR = """
from {base} import {name}


class {heir}Test({name}):
    def test_number(self):
        self.assertEqual(self.number, 1)
"""
ALONE = """
import unittest


class AloneTest(unittest.TestCase):
    def test(self):
        self.assertTrue(1)
"""


class Spy(SerialExecutor):
    """Notes which files are worked on, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.worked = set()

    def run(self, tasks):
        for task in tasks:
            self.worked |= {member.path.name for member in task.members or (task,)}
        return super().run(tasks)


@pytest.fixture
def project(tmp_path):
    """Two bases with heirs, a file that stands alone, all written some time ago."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    files = {
        "base.py": BASE.format(name="Base"),
        "other.py": BASE.format(name="Other"),
        "test_alone.py": ALONE,
    }
    for heir in "AB":
        files[f"test_{heir.lower()}.py"] = HEIR.format(base="base", name="Base", heir=heir)
    files["test_c.py"] = HEIR.format(base="other", name="Other", heir="C")
    for name, text in files.items():
        (root / name).write_text(text)
    return root


@pytest.fixture
def old(monkeypatch):
    """Let the cache take all files for old ones."""
    monkeypatch.setattr(fingerprint, "RACY_NS", -60 * 10**9)


@pytest.fixture
def plan(project, tmp_path, old):  # noqa: ARG001 - a recent file is never known
    """Plan with a cache; gives what was worked on, and checks the plan against one made without a cache."""

    def plan(**options):
        spy = Spy()
        made = make_plan(PlanRequest((project,), cache_dir=tmp_path / "cache", **options), spy)
        assert made == make_plan(PlanRequest((project,), **options), SerialExecutor())
        return spy.worked

    return plan


@pytest.fixture
def unasked(monkeypatch):
    """Count the plans that were made of single results, so not recalled as a whole."""
    calls = []
    really = planning.plan_files

    def plan_files(*arguments, **options):
        calls.append(1)
        return really(*arguments, **options)

    def counted(plan, **options):
        calls.clear()
        plan(**options)
        return len(calls) - 1  # the comparison has no cache

    monkeypatch.setattr(planning, "plan_files", plan_files)
    return counted


def edit(path, old="self.number = 1", new="self.number = 2 - 1"):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_after_a_change_of_a_base_it_and_its_heirs_are_worked_on_again(plan, project):
    plan()
    assert plan() == set()
    edit(project / "base.py")
    assert plan() == {"base.py", "test_a.py", "test_b.py"}
    assert plan() == set()


def test_after_a_change_of_an_heir_its_relatives_are_worked_on_again(plan, project):
    plan()
    edit(project / "test_c.py", "self.number, 1", "1, self.number")
    assert plan() == {"other.py", "test_c.py"}


def test_after_a_change_of_a_file_without_relatives_it_alone_is_worked_on_again(plan, project):
    plan()
    edit(project / "test_alone.py", "True(1)", "True(2)")
    assert plan() == {"test_alone.py"}


def test_rules_are_asked_about_a_file_once_if_its_base_is_in_the_project(project, monkeypatch):
    asked = []
    really = pipeline._ask
    monkeypatch.setattr(
        pipeline,
        "_ask",
        lambda context, *more: asked.append(context.source.path.name) or really(context, *more),
    )
    make_plan(PlanRequest((project,)), SerialExecutor())
    assert [asked.count(name) for name in ("test_a.py", "test_c.py", "test_alone.py")] == [1, 1, 1]


# ---- the whole plan


def test_an_unchanged_project_s_plan_is_recalled_as_a_whole(plan, unasked):
    assert unasked(plan) == 1
    assert unasked(plan) == 0
    assert unasked(plan) == 0


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda root: edit(root / "base.py"), id="contents"),
        pytest.param(lambda root: os.utime(root / "base.py", (1, 1)), id="only the time"),
        pytest.param(lambda root: (root / "test_alone.py").unlink(), id="a file less"),
        pytest.param(lambda root: (root / "test_new.py").write_text(ALONE), id="a file more"),
        pytest.param(lambda root: (root / "test_c.py").rename(root / "test_d.py"), id="another name"),
        pytest.param(
            lambda root: (root / "pyproject.toml").write_text('[tool.reassert]\nprofile = "asserts"'),
            id="settings",
        ),
        pytest.param(
            lambda root: (root / "pyproject.toml").write_text('[project]\ndependencies = ["pytest>=7"]'),
            id="the version of pytest",
        ),
        pytest.param(
            lambda root: (root / "pyproject.toml").write_text('[tool.reassert]\nexclude = ["test_a.py"]'),
            id="excluded files",
        ),
    ],
)
def test_a_change_makes_a_new_plan(plan, unasked, project, change):
    plan()
    change(project)
    assert unasked(plan) == 1


@pytest.mark.parametrize(
    "options",
    [{"profile": Profile.ASSERTS}, {"unsafe_fixes": True}, {"ignore": ("assert_truth_to_assert",)}],
)
def test_another_request_makes_a_new_plan(plan, unasked, options):
    plan()
    assert unasked(plan, **options) == 1


def test_another_version_of_the_tool_makes_a_new_plan(plan, unasked, monkeypatch):
    plan()
    monkeypatch.setattr("reassert.workspace.cache.tool_digest", lambda: b"another")
    assert unasked(plan) == 1


def test_while_a_file_was_just_written_no_plan_is_recalled(plan, unasked, monkeypatch):
    plan()
    monkeypatch.setattr(fingerprint, "RACY_NS", 60 * 10**9)
    assert unasked(plan) == unasked(plan) == 1


def test_the_time_of_a_file_alone_asks_nobody_to_work(plan, project):
    plan()
    os.utime(project / "base.py", (1, 1))
    assert plan() == set()


def test_a_plan_with_a_crash_in_it_is_not_recalled(plan, project, tmp_path):
    crash = SerialExecutor(lambda task: Result(Failed(task.path, "crashed")))
    make_plan(PlanRequest((project,), cache_dir=tmp_path / "cache"), crash)
    assert len(plan()) == 6
    assert plan() == set()


def test_a_file_that_is_no_text_does_not_prevent_recalling(plan, unasked, project):
    (project / "latin.py").write_bytes(b"x = '\xe9'\n")
    assert unasked(plan) == 1
    assert unasked(plan) == 0


def test_a_part_of_a_project_is_planned_anew(project, tmp_path, old):  # noqa: ARG001 - as above
    request = PlanRequest((project / "base.py",), cache_dir=tmp_path / "cache")
    first = make_plan(request, SerialExecutor())
    (project / "test_d.py").write_text(HEIR.format(base="base", name="Base", heir="D"))
    assert {p.name for p in make_plan(request, SerialExecutor()).connected} == {
        *(p.name for p in first.connected),
        "test_d.py",
    }


@pytest.mark.parametrize("name", ["pytest.ini", "conftest.py", "sub/__init__.py"])
def test_what_registrations_depend_on_makes_a_new_plan(plan, unasked, project, name):
    (project / "sub").mkdir()
    (project / "sub" / "test_in_sub.py").write_text(ALONE)
    (project / ".gitignore").write_text("conftest.py\n__init__.py\n")
    plan()
    (project / name).write_text("[pytest]\n" if name.endswith("ini") else "")
    assert unasked(plan) == 1
    assert unasked(plan) == 0


def test_a_module_that_is_not_asked_for_and_loaded_by_pytest_matters(plan, unasked, project):
    (project / ".gitignore").write_text("conftest.py\n")
    (project / "conftest.py").write_text("")
    plan()
    (project / "conftest.py").write_text("import base\n")
    assert unasked(plan) == 1


@pytest.fixture
def registering(project):
    """Let a conftest.py be made: a module that is no test module gets an assertion."""
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "base.py").write_text(
        BASE.format(name="Base") + "\n    def check(self):\n        self.assertEqual(self.number, 1)\n"
    )
    return project / "conftest.py"


@pytest.mark.usefixtures("registering")
def test_a_plan_that_makes_a_file_is_recalled(plan, unasked, project, tmp_path):
    assert unasked(plan) == 1
    assert unasked(plan) == 0
    made = make_plan(PlanRequest((project,), cache_dir=tmp_path / "cache"), Spy())
    assert [c.before for c in made.changes if c.path.name == "conftest.py"] == [None]


def test_a_plan_that_makes_a_file_is_not_recalled_once_it_is_there(plan, unasked, registering):
    plan()
    registering.write_text("")
    assert unasked(plan) == 1


@pytest.mark.usefixtures("registering")
def test_no_other_file_is_made_because_a_cache_says_so(plan, unasked, tmp_path):
    plan()
    with sqlite3.connect(tmp_path / "cache" / store.NAME) as db:
        db.execute("UPDATE plans SET made = replace(made, 'conftest', 'sitecustomize')")
    db.close()
    assert unasked(plan) == 1


@pytest.fixture
def going_to_auto_mode(project):
    """Let the configuration change: marks of pytest-asyncio become superfluous."""
    (project / "pytest.ini").write_text("[pytest]\naddopts = -ra\n")
    (project / "test_async.py").write_text(
        "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a():\n    assert True\n"
    )
    return project / "pytest.ini"


def test_a_plan_that_changes_the_configuration_is_recalled(
    plan, unasked, going_to_auto_mode, project, tmp_path
):
    assert unasked(plan) == 1
    assert unasked(plan) == 0
    recalled = make_plan(PlanRequest((project,), cache_dir=tmp_path / "cache"), Spy())
    anew = make_plan(PlanRequest((project,)), Spy())
    assert recalled.changes == anew.changes
    assert b"asyncio_mode" in next(c.after for c in recalled.changes if c.path == going_to_auto_mode)


@pytest.mark.parametrize("name", ["pytest.ini", "tox.ini", "Makefile", ".github/workflows/ci.yml"])
@pytest.mark.usefixtures("going_to_auto_mode")
def test_such_a_plan_depends_on_what_starts_pytest(plan, unasked, project, name):
    plan()
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[pytest]\n# pytest --asyncio-mode=strict\n")
    assert unasked(plan) == 1
