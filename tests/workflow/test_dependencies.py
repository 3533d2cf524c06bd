"""What new code needs and the project does not ask for is named, or added where that is sure."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.outcomes import Change, Plan
from reassert.report.terminal import write_summary
from reassert.workflow.applying import apply_plan
from reassert.workflow.dependencies import with_dependencies
from reassert.workflow.planning import PlanRequest, make_plan
from reassert.workflow.undoing import undo
from reassert.workspace.settings import SettingsLoader
from running import write_tree

TEST = """import unittest


class TestA(unittest.TestCase):
    def test_one(self):
        with self.assertRaises(ValueError):
            int("")
"""
MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one():\n    pass\n"


@pytest.fixture
def plan(tmp_path):
    def make(files, **options):
        write_tree(tmp_path, {".git/HEAD": "", "tests/test_a.py": TEST, **files})
        return make_plan(PlanRequest((tmp_path,), **options), SerialExecutor())

    return make


def named(plan):
    return [
        (d.name, d.place.relative_to(plan.root).as_posix() if d.place else None, d.group)
        for d in plan.dependencies
    ]


def added(plan):
    """What the plan makes of files that are no Python."""
    return {
        change.path.relative_to(plan.root).as_posix(): change.after.decode()
        for change in plan.changes
        if change.path.suffix != ".py"
    }


EXTRA = '[project]\nname = "x"\n\n[project.optional-dependencies]\n'
PLACES = {
    "extra": (
        "pyproject.toml",
        EXTRA + 'test = ["mock"] # why\n',
        EXTRA + 'test = ["mock", "pytest"] # why\n',
    ),
    "rows": (
        "pyproject.toml",
        EXTRA + 'docs = []\ntests = [\n  "mock>=1",  # one, [two]\n  "attrs[all]"\n]\n',
        EXTRA + 'docs = []\ntests = [\n  "mock>=1",  # one, [two]\n  "attrs[all]",\n  "pytest"\n]\n',
    ),
    "comma at the end": (
        "pyproject.toml",
        '[dependency-groups]\r\ndev = [\r\n    "mock", # last\r\n]\r\n',
        '[dependency-groups]\r\ndev = [\r\n    "mock", # last\r\n    "pytest",\r\n]\r\n',
    ),
    "empty": ("pyproject.toml", EXTRA + "test = []", EXTRA + 'test = ["pytest"]'),
    "table in a group": (
        "pyproject.toml",
        '[dependency-groups]\ndev = [{include-group = "test"}]\ntest = ["mock"]\n',
        '[dependency-groups]\ndev = [{include-group = "test"}]\ntest = ["mock", "pytest"]\n',
    ),
    "dotted": (
        "pyproject.toml",
        '[project]\nname = "x"\noptional-dependencies.test = ["mock"]\n',
        '[project]\nname = "x"\noptional-dependencies.test = ["mock", "pytest"]\n',
    ),
    "requirements": ("requirements-dev.txt", "# tools\nmock", "# tools\nmock\npytest\n"),
    "folder": ("requirements/test.txt", "mock\r\n", "mock\r\npytest\r\n"),
    "setup.cfg": (
        "setup.cfg",
        "[options.extras_require]\ntest =\n  mock\n  # none\n\n[x]\ny = 1\n",
        "[options.extras_require]\ntest =\n  mock\n  pytest\n  # none\n\n[x]\ny = 1\n",
    ),
    "tox": (
        "tox.ini",
        "[testenv:lint]\ndeps = ruff\n[testenv]\ndeps = mock\ncommands = x\n",
        "[testenv:lint]\ndeps = ruff\n[testenv]\ndeps = mock\n    pytest\ncommands = x\n",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_package_is_named_or_added(name, plan):
    path, text, wanted = PLACES[name]
    marker = {} if path in ("pyproject.toml", "setup.cfg", "tox.ini") else {"setup.py": ""}
    found = plan({path: text, **marker})
    assert [(package, place) for package, place, _ in named(found)] == [("pytest", path)]
    assert added(found) == {}
    done = plan({}, add_dependencies=True)
    assert added(done) == {path: wanted}
    assert named(done) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["pytest"]\n'),
        ("pyproject.toml", EXTRA + 'all = ["PyTest[testing]>=8"]\n'),
        ("pyproject.toml", '[dependency-groups]\nci = ["pytest-cov"]\n'),
        ("pyproject.toml", '[tool.poetry.group.dev.dependencies]\npytest = "^8"\n'),
        ("requirements.txt", "pytest==8.3\n"),
        ("setup.py", "setup(tests_require=['pytest'])\n"),
        ("tox.ini", "[testenv]\ndeps =\n    pytest\n"),
        ("noxfile.py", "def tests(session):\n    session.install('pytest')\n"),
    ],
)
def test_what_is_asked_for_is_not_missing(path, text, plan):
    found = plan({"setup.cfg": "", path: text}, add_dependencies=True)
    assert (added(found), named(found)) == ({}, [])


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[project]\nname = 'x'\n"},
        {"requirements.txt": "mock\n"},
        {"pyproject.toml": "", "requirements-test.txt": "mock==1 --hash=sha256:00\n"},
    ],
)
def test_without_a_sure_place_it_is_only_named(files, plan):
    found = plan(files, add_dependencies=True)
    assert (added(found), named(found)) == ({}, [("pytest", None, "")])


def test_a_folder_that_is_no_project_asks_for_nothing(tmp_path):
    write_tree(tmp_path, {".git/HEAD": "", "test_a.py": TEST})
    assert named(make_plan(PlanRequest((tmp_path,)), SerialExecutor())) == []


def test_auto_mode_needs_pytest_asyncio(plan):
    text = '[dependency-groups]\ntest = ["pytest"]\n\n[tool.pytest.ini_options]\naddopts = "-ra"\n'
    files = {"pyproject.toml": text, "tests/test_a.py": MARKED}
    assert named(plan(files)) == [("pytest-asyncio", "pyproject.toml", "dependency-groups.test")]
    wanted = text.replace('["pytest"]', '["pytest", "pytest-asyncio"]') + (
        'asyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n'
    )
    assert added(plan(files, add_dependencies=True)) == {"pyproject.toml": wanted}
    declared = text.replace('["pytest"]', '["pytest", "pytest_asyncio"]')
    assert named(plan({**files, "pyproject.toml": declared})) == []


def test_a_new_mark_needs_pytest_asyncio(tmp_path):
    path = tmp_path / "test_a.py"
    write_tree(tmp_path, {".git/HEAD": "", "requirements.txt": "pytest\n"})
    loader = SettingsLoader()
    for before, expected in ((b"", ["pytest-asyncio"]), (MARKED.encode(), [])):
        made = Plan(tmp_path, (Change(path, before, MARKED.encode(), ()),))
        found = with_dependencies(made, loader.declared, add=False)
        assert [d.name for d in found.dependencies] == expected


def test_the_place_with_pytest_is_best(plan):
    files = {
        "pyproject.toml": EXTRA + 'test = ["mock"]\n',
        "requirements.txt": "pytest\n",
        "pytest.ini": "[pytest]\n",
        "tests/test_a.py": MARKED,
    }
    assert named(plan(files)) == [("pytest-asyncio", "requirements.txt", "")]


def test_the_summary_names_it(plan):
    said = io.StringIO()
    found = plan({"pyproject.toml": EXTRA + 'test = ["mock"]\n'})
    write_summary(found, said, base=found.root, colour=False, stat=False, grouped=False, verbose=False)
    assert "1 package is needed that the project does not ask for" in said.getvalue()
    where = "--add-dependencies adds it to pyproject.toml (optional-dependencies.test)"
    assert f"  pytest  by {Path('tests/test_a.py')}; {where}" in said.getvalue()


def test_undo_takes_it_back(plan, tmp_path, monkeypatch):
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path.with_name("state")))
    found = plan({"requirements-test.txt": "mock"}, add_dependencies=True)
    assert not apply_plan(found, allow_dirty=True, command=()).problems
    assert (tmp_path / "requirements-test.txt").read_text() == "mock\npytest\n"
    undo()
    assert (tmp_path / "requirements-test.txt").read_text() == "mock"
