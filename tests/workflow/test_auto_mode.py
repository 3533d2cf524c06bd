"""Projects go to auto mode: the configuration and the marks together, or not at all."""

from __future__ import annotations

import subprocess

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.edits import Unit
from reassert.model.outcomes import Change, Report, Rewritten
from reassert.report.patch import patch
from reassert.workflow.again import Passed
from reassert.workflow.applying import apply_plan
from reassert.workflow.auto_mode import _uses
from reassert.workflow.executor import Task
from reassert.workflow.planning import PlanRequest, make_plan
from reassert.workflow.survey import Target
from reassert.workflow.undoing import undo
from running import run_pytest, write_tree

RULE = "asyncio_marks_to_auto_mode"
MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one():\n    pass\n"
PLAIN = "async def test_one():\n    pass\n"
UNMARKED = "async def test_two():\n    pass\n"
LINES = "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
STRICT = "[pytest]\n"
AUTO = "[pytest]\nasyncio_mode = auto\n"


@pytest.fixture
def plan(tmp_path):
    """The plan for a tree with these files."""

    def make(files, *paths, **options):
        write_tree(tmp_path, {".git/HEAD": "", **files})
        request = PlanRequest(tuple(tmp_path / path for path in paths) or (tmp_path,), **options)
        return make_plan(request, SerialExecutor())

    return make


def after(plan):
    return {change.path.relative_to(plan.root).as_posix(): change.after.decode() for change in plan.changes}


def refusals(plan):
    return {
        (r.code, r.location.path.relative_to(plan.root).as_posix(), r.location.line) for r in plan.refusals
    }


def test_configuration_and_marks_change_together(plan):
    found = plan({"pytest.ini": STRICT, "tests/test_a.py": MARKED, "tests/test_b.py": MARKED})
    assert after(found) == {"pytest.ini": STRICT + LINES, "tests/test_a.py": PLAIN, "tests/test_b.py": PLAIN}
    assert found.connected == ()
    assert not found.refusals


def test_a_part_of_the_project_takes_its_configuration_along(plan, tmp_path):
    found = plan({"pytest.ini": STRICT, "test_a.py": MARKED, "test_b.py": MARKED}, "test_a.py")
    assert after(found) == {"pytest.ini": STRICT + LINES, "test_a.py": PLAIN}
    assert found.connected == (tmp_path / "pytest.ini",)


def test_a_file_that_was_not_asked_for_has_a_say(plan):
    found = plan({"pytest.ini": STRICT, "test_a.py": MARKED, "sub/test_b.py": UNMARKED}, "test_a.py")
    assert after(found) == {}
    assert refusals(found) == {("C-VACUOUS", "test_a.py", 4)}
    assert "(sub/test_b.py:1)" in found.refusals[0].reason


def test_a_file_that_is_excluded_has_a_say(plan):
    settings = '[tool.reassert]\nexclude = ["old"]\n'
    found = plan({"pyproject.toml": settings, "test_a.py": MARKED, "old/test_b.py": UNMARKED})
    assert after(found) == {}
    assert "(old/test_b.py:1)" in found.refusals[0].reason


def test_a_file_that_does_not_parse_has_a_say(plan):
    found = plan({"pytest.ini": STRICT, "test_a.py": MARKED, "test_b.py": f"{UNMARKED}x = (\n"})
    assert after(found) == {}
    assert "cannot be parsed" in found.refusals[0].reason


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {"test_b.py": "from mixin import Mixin\n\n\nclass TestB(Mixin):\n    pass\n"}, id="heir"
        ),
        pytest.param({"test_b.py": "from mixin import Mixin as TestM\n"}, id="imported"),
        pytest.param({"test_b.py": "from mixin import test_here\n"}, id="imported function"),
    ],
)
def test_async_tests_come_from_modules_that_are_not_collected(plan, files):
    mixin = f"class Mixin:\n    async def test_it(self):\n        pass\n\n\n{UNMARKED.replace('two', 'here')}"
    found = plan({"pytest.ini": STRICT, "mixin.py": mixin, "test_a.py": MARKED, **files}, "test_a.py")
    assert after(found) == {}
    assert "(mixin.py:" in found.refusals[0].reason
    assert "pytest.ini" in after(plan({"test_b.py": ""}, "test_a.py"))


def test_the_mark_of_a_package_counts_for_older_versions_of_pytest_only(plan):
    init = "import pytest\n\npytestmark = pytest.mark.asyncio(loop_scope='package')\n"
    files = {"pytest.ini": STRICT, "tests/__init__.py": init, "tests/test_a.py": MARKED, "test_b.py": MARKED}
    assert set(after(plan(files))) == {"pytest.ini", "test_b.py"}
    assert after(plan({"tests/test_a.py": UNMARKED})) == {}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        pytest.param({"pytest.ini": STRICT, "sub/pytest.ini": STRICT}, "C-CONFIG", id="one further down"),
        pytest.param({"pytest.ini": STRICT, "tox.ini": STRICT}, "C-CONFIG", id="two in a folder"),
        pytest.param({"pytest.ini": STRICT, "pytest.toml": "[pytest]\n"}, "C-CONFIG", id="by version"),
        pytest.param({"setup.cfg": "[pytest]\n"}, "C-CONFIG", id="a section that is an error"),
        pytest.param(
            {"pyproject.toml": "[tool.pytest]\nx = 1\n[tool.pytest.ini_options]\nx = 1\n"},
            "C-CONFIG",
            id="both",
        ),
        pytest.param(
            {"pytest.ini": STRICT, "Makefile": "t:\n\tpytest --asyncio-mode strict\n"}, "C-CONFIG", id="make"
        ),
        pytest.param(
            {".github/workflows/ci.yml": "run: pytest -o asyncio_mode=strict\n"}, "C-CONFIG", id="workflow"
        ),
        pytest.param(
            {"pytest.ini": STRICT, "Makefile": "t:\n\tpytest -q \\\n\t  -c ci.ini\n"}, "C-CONFIG", id="named"
        ),
        pytest.param(
            {"noxfile.py": 's.run("pytest", "--config-file", "ci.ini")\n'}, "C-CONFIG", id="named by nox"
        ),
        pytest.param({"pytest.ini": "[pytest]\naddopts = -ra\n  -m asyncio\n"}, "C-CONFIG", id="chosen"),
        pytest.param(
            {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = \"-m 'not asyncio'\"\n"},
            "C-CONFIG",
            id="chosen not",
        ),
        pytest.param(
            {"noxfile.py": 's.run("pytest", "-m", "slow and asyncio")\n'}, "C-CONFIG", id="chosen by nox"
        ),
        pytest.param({"pytest.ini": "[pytest]\nasyncio_mode = legacy\n"}, "C-CONFIG", id="legacy"),
        pytest.param({"pytest.ini": "[pytest]\nasyncio_mode=strict ; why\n"}, "C-CONFIG", id="comment"),
        pytest.param({"pytest.ini": STRICT, "requirements.txt": "pytest-twisted\n"}, "C-AUTO", id="twisted"),
        pytest.param({"tox.ini": "[testenv]\ndeps =\n  pytest-aiohttp>=1\n"}, "C-AUTO", id="aiohttp"),
        pytest.param(
            {"pytest.ini": STRICT, "conftest.py": "import pytest_tornasync\n"}, "C-AUTO", id="import"
        ),
    ],
)
def test_what_is_not_certain_is_refused(plan, files, code):
    found = plan({"sub/test_a.py": MARKED, "test_b.py": MARKED, **files})
    assert after(found) == {}
    assert code in {refusal.code for refusal in found.refusals}


@pytest.mark.parametrize(
    "command",
    [
        "pytest -c pytest.ini",
        "pytest -c {toxinidir}/pytest.ini",
        "pip install pytest -c constraints.txt",
        "pytest -m slow tests/asyncio && python -m asyncio",
        "python -m pytest tests/asyncio",
        "pytest -q && tool -c tool.ini",
        "bash -c 'pytest tests' pytest.ini",
    ],
)
def test_commands_that_leave_the_configuration_as_it_is(plan, command):
    files = {"pytest.ini": STRICT, "Makefile": f"test:\n\t{command}\n", "test_a.py": MARKED}
    assert set(after(plan(files))) == {"pytest.ini", "test_a.py"}


@pytest.mark.parametrize(("name", "mode"), [("pytest.ini", 0o444), (".", 0o555)])
def test_a_configuration_that_cannot_be_written_keeps_the_marks(tmp_path, name, mode):
    write_tree(tmp_path, {"pytest.ini": STRICT})
    usual = (tmp_path / name).stat().st_mode
    write_tree(tmp_path, {".git/HEAD": "", "tests/test_a.py": MARKED})
    (tmp_path / name).chmod(mode)
    found = make_plan(PlanRequest((tmp_path,)), SerialExecutor())
    (tmp_path / name).chmod(usual)
    assert after(found) == {}
    assert {refusal.code for refusal in found.refusals} == {"C-CONFIG"}


@pytest.mark.parametrize(
    ("conftest", "stays"),
    [
        pytest.param("pytestmark = pytest.mark.asyncio(loop_scope='module')\n", False, id="of no test"),
        pytest.param("SHARED = pytest.mark.asyncio(loop_scope='module')\n", True, id="to be given"),
    ],
)
def test_a_mark_with_a_loop_scope_in_a_conftest(plan, conftest, stays):
    found = plan({"pytest.ini": STRICT, "conftest.py": f"import pytest\n\n{conftest}", "test_a.py": MARKED})
    assert after(found).get("test_a.py", MARKED) == (MARKED if stays else PLAIN)


def test_only_what_was_given_may_change(plan):
    files = {"pytest.ini": STRICT, "test_a.py": MARKED}
    assert after(plan(files, "test_a.py", only_given=True)) == {}
    assert "pytest.ini" in after(plan(files, only_given=True))


def test_nothing_is_known_without_the_configuration(plan):
    assert after(plan({"test_a.py": MARKED}, isolated=True)) == {}


def test_packages_of_a_monorepo_are_asked_one_by_one(plan):
    found = plan(
        {
            "a/pyproject.toml": "[tool.pytest.ini_options]\n",
            "a/test_a.py": MARKED,
            "b/pytest.ini": STRICT,
            "b/test_a.py": MARKED,
            "b/test_b.py": UNMARKED,
        }
    )
    assert set(after(found)) == {"a/pyproject.toml", "a/test_a.py"}
    assert refusals(found) == {("C-VACUOUS", "b/test_b.py", 1)}


def test_inner_configurations_in_auto_mode_are_no_rivals(plan):
    found = plan(
        {"pytest.ini": STRICT, "test_a.py": MARKED, "sub/pytest.ini": AUTO, "sub/test_b.py": UNMARKED}
    )
    assert set(after(found)) == {"pytest.ini", "test_a.py"}


@pytest.mark.parametrize(
    ("requirement", "lines"),
    [("pytest-asyncio==0.23.8", "asyncio_mode = auto\n"), ("pytest-asyncio>=0.24", LINES)],
)
def test_an_old_plugin_has_no_loop_scope(plan, requirement, lines):
    scoped = "import pytest\n\npytestmark = pytest.mark.asyncio(scope='module')\n\n\n" + PLAIN
    found = plan(
        {"pytest.ini": STRICT, "requirements.txt": requirement, "test_a.py": MARKED, "test_b.py": scoped}
    )
    assert after(found)["pytest.ini"] == STRICT + lines
    assert ("test_b.py" in after(found)) == (lines == LINES)


@pytest.mark.parametrize("unit", [Unit(RULE, "asyncio_mode"), Unit("*", "*")])
def test_without_the_configuration_the_marks_stay(plan, tmp_path, unit):
    excluded = {tmp_path / "pytest.ini": frozenset({unit})}
    found = plan({"pytest.ini": STRICT, "test_a.py": MARKED}, excluded=excluded)
    assert after(found) == {}
    assert not found.refusals


def test_a_function_that_is_excluded_keeps_its_mark(plan, tmp_path):
    excluded = {tmp_path / "test_a.py": frozenset({Unit(RULE, "test_one")})}
    assert set(after(plan({"test_a.py": MARKED, "test_b.py": MARKED}, excluded=excluded))) == {
        "pytest.ini",
        "test_b.py",
    }


@pytest.mark.parametrize(("added", "uses"), [(b"@pytest.mark.asyncio\n", True), (b"", False)])
def test_a_file_that_gets_marks_uses_them(tmp_path, added, uses):
    path = tmp_path / "test_a.py"
    outcome = Rewritten(Change(path, b"", added + PLAIN.encode()), Report())
    target = Target(Task(path, rules=(RULE,)), None)
    assert _uses(path, target, Passed({path: outcome}, {}, {path: target})) is uses
    other = Target(Task(path, rules=("setup_to_fixture",)), None)
    assert not _uses(path, other, Passed({path: outcome}, {}, {path: other}))


def test_the_rule_can_be_left_out(plan):
    assert after(plan({"test_a.py": MARKED}, ignore=(RULE,))) == {}


def test_a_second_run_changes_nothing_and_remembers(plan, tmp_path):
    files = {"pytest.ini": STRICT, "tests/test_a.py": MARKED, "tests/test_b.py": UNMARKED}
    cache = tmp_path / "cache"
    refused = refusals(plan(files, cache_dir=cache))
    assert refused == {("C-VACUOUS", "tests/test_b.py", 1)}
    assert refusals(plan({}, cache_dir=cache)) == refused
    (tmp_path / "tests" / "test_b.py").unlink()
    changed = after(plan({}, cache_dir=cache))
    assert set(changed) == {"pytest.ini", "tests/test_a.py"}
    assert after(plan({}, cache_dir=cache)) == changed
    assert after(plan({"pytest.ini": "[pytest]\naddopts = -q\n"}, cache_dir=cache))["pytest.ini"] == (
        f"[pytest]\naddopts = -q\n{LINES}"
    )
    assert after(plan(changed, cache_dir=cache)) == {}


@pytest.mark.parametrize("config", [{"pytest.ini": "[pytest]\r\n# why\r\naddopts = -ra"}, {}])
def test_patch_and_undo(plan, tmp_path, monkeypatch, config):
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path.with_name("state")))
    found = plan({**config, "test_a.py": MARKED})
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()}
    applied = apply_plan(found, allow_dirty=True, command=())
    assert not applied.problems
    done = {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()}
    assert done == {**before, **{name: text.encode() for name, text in after(found).items()}}
    undo()
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()} == before
    (tmp_path / ".git" / "HEAD").unlink()
    (tmp_path / ".git").rmdir()
    data = b"".join(patch(found.changes, tmp_path))
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=data, check=True)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()} == done


def test_what_a_refusal_fears_is_so(tmp_path):
    """An inner mark without a scope is the closest one: without it the loop would be that of the class."""
    text = (
        "import asyncio\n\nimport pytest\n\n\n"
        "@pytest.mark.asyncio(loop_scope='class')\nclass TestA:\n    loops = set()\n\n"
        "    @pytest.mark.parametrize('n', [1, 2])\n    {}\n    async def test_one(self, n):\n"
        "        self.loops.add(asyncio.get_running_loop())\n        assert len(self.loops) == n\n"
    )
    for name, mark in (("kept", "@pytest.mark.asyncio"), ("gone", "# none")):
        write_tree(tmp_path / name, {"pytest.ini": AUTO, "test_a.py": text.format(mark)})
    outcomes = {
        name: sorted(run_pytest(tmp_path / name, tmp_path / f"{name}.json").outcomes.values())
        for name in ("kept", "gone")
    }
    assert outcomes == {"kept": ["passed", "passed"], "gone": ["failed", "passed"]}
