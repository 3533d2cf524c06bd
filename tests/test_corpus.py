"""The projects in ``corpus/`` from end to end: the command, its result, and the tests of both sides."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus import CORPUS, NEEDS_PYTHON_311, PROJECTS, UNITTEST, copy_before, migrate, read_tree, run_tool
from reassert.batch.executors import SerialExecutor
from reassert.workflow.planning import PlanRequest, make_plan
from running import mapped, run_pytest

each_project = pytest.mark.parametrize("project", PROJECTS)
OLD_PYTHON = sys.version_info < (3, 12)

Migrated = Callable[[str], Path]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    """Project name -> a migrated copy; each is made once."""
    made: dict[str, Path] = {}

    def get(project: str) -> Path:
        if project not in made:
            root = copy_before(project, tmp_path_factory.mktemp("corpus") / project)
            migrate(root, tmp_path_factory.mktemp("state"))
            made[project] = root
        return made[project]

    return get


def too_old(project: str) -> list[str]:
    return [] if OLD_PYTHON else sorted(NEEDS_PYTHON_311.get(project, ()))


def arguments(project: str) -> list[str]:
    return [f"--ignore={path}" for path in too_old(project)]


@each_project
def test_gives_exactly_the_after_side(project: str, migrated: Migrated) -> None:
    got, wanted = read_tree(migrated(project)), read_tree(CORPUS / project / "after")
    assert got.keys() == wanted.keys()
    for path, data in wanted.items():
        assert got[path].decode("latin-1") == data.decode("latin-1"), path


@each_project
def test_a_second_run_changes_nothing(project: str, migrated: Migrated, tmp_path: Path) -> None:
    before = read_tree(migrated(project))
    migrate(migrated(project), tmp_path / "state")
    assert read_tree(migrated(project)) == before


@each_project
def test_the_patch_gives_the_same_bytes(project: str, migrated: Migrated, tmp_path: Path) -> None:
    root = copy_before(project, tmp_path / "before")
    patch = run_tool(root, tmp_path / "state", "diff", "--no-cache", "--output-format", "patch", ".")
    assert patch.returncode == 0, patch.stderr.decode()
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=root, input=patch.stdout, check=True)
    assert read_tree(root) == read_tree(migrated(project))


@each_project
def test_no_test_is_lost(project: str, migrated: Migrated, tmp_path: Path) -> None:
    root = copy_before(project, tmp_path / "before")
    plan = make_plan(PlanRequest(paths=(root,)), SerialExecutor())
    before = run_pytest(root, tmp_path / "before.json", arguments(project))
    after = run_pytest(migrated(project), tmp_path / "after.json", arguments(project))
    assert len(before.outcomes) > 20
    assert "failed" not in before.outcomes.values(), before.messages
    assert after.outcomes == mapped(before.outcomes, plan.test_map), after.messages


@each_project
def test_every_test_passes_on_every_python_afterwards(
    project: str, migrated: Migrated, tmp_path: Path
) -> None:
    after = run_pytest(migrated(project), tmp_path / "after.json")
    assert "failed" not in after.outcomes.values(), after.messages
    assert {nodeid.partition("::")[0] for nodeid in after.outcomes} >= NEEDS_PYTHON_311.get(project, set())


@each_project
def test_the_certificate_is_valid(project: str, migrated: Migrated, tmp_path: Path) -> None:
    root = copy_before(project, tmp_path / "before")
    for path in too_old(project):
        (root / path).unlink()
    options = ["--verify", "--yes", "--allow-dirty", "--python", sys.executable]
    done = run_tool(root, tmp_path / "state", "migrate", *options, ".")
    assert done.returncode == 0, done.stderr.decode()
    assert b"VALID: nothing was lost" in done.stderr
    after = {
        name: data for name, data in read_tree(migrated(project)).items() if name not in too_old(project)
    }
    assert read_tree(root) == after


@pytest.mark.parametrize("project", UNITTEST)
def test_runs_with_unittest_before(project: str, tmp_path: Path) -> None:
    root = copy_before(project, tmp_path / "before")
    for path in too_old(project):
        (root / path).unlink()
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "discover", "-s", "tests"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
