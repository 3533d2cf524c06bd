"""``reassert verify`` and ``migrate --verify`` from the command line, with a real suite."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SUITE = b"""import unittest


class ATests(unittest.TestCase):
    def test_x(self):
        self.assertEqual(1 + 1, 2)
"""


def git(root, *words):
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    root = tmp_path / "theirs"
    root.mkdir()
    (root / "test_a.py").write_bytes(SUITE)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "a")
    monkeypatch.chdir(root)
    return root


def state(root):
    return git(root, "status", "--short"), git(root, "worktree", "list"), git(root, "branch", "-a")


def test_verify_shows_the_certificate_and_writes_nothing(run, repository):
    before = state(repository)
    done = run("verify", "--no-cache", "--python", sys.executable, "--json", "-", ".")
    assert done.code == 0
    assert "VALID: nothing was lost. 1 test before, 1 after." in done.err
    assert json.loads(done.out)["counts"] == {"renamed": 1}
    assert ((repository / "test_a.py").read_bytes(), state(repository)) == (SUITE, before)


ASLEEP = b"""import unittest


class ATests(unittest.TestCase):
    async def test_fails(self):
        self.fail("awake")

    def test_x(self):
        self.assertEqual(1 + 1, 2)
"""


def test_verify_runs_what_has_never_run_and_takes_its_failure_for_no_loss(run, repository):
    (repository / "test_a.py").write_bytes(ASLEEP)
    (repository / "pytest.ini").write_bytes(b"[pytest]\nasyncio_mode = auto\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "b")
    done = run("verify", "--awaken", "--no-cache", "--python", sys.executable, "--json", "-", ".")
    found = json.loads(done.out)
    assert (done.code, found["counts"]) == (0, {"awakened": 1, "renamed": 1})
    (told,) = [d for d in found["differences"] if d["label"] == "awakened"]
    assert "its body never ran before" in told["detail"]
    assert "now failed" in told["detail"]


def test_migrate_verify_writes_what_it_has_proved(run, repository):
    done = run("migrate", "--verify", "--yes", "--no-cache", "--python", sys.executable, ".")
    assert (done.code, state(repository)[0]) == (0, " M test_a.py\n")
    assert "assert 1 + 1 == 2" in (repository / "test_a.py").read_text(encoding="utf-8")


def test_migrate_verify_refuses_uncommitted_changes_before_it_runs_anything(run, repository):
    (repository / "test_a.py").write_bytes(SUITE + b"# mine\n")
    done = run("migrate", "--verify", "--yes", "--no-cache", "--python", sys.executable, ".")
    assert done.code == 2
    assert "uncommitted changes in 1 of the files to be written" in done.err
    assert "before: " not in done.err


@pytest.mark.parametrize("with_git", [True, False])
def test_a_configuration_above_what_is_copied_counts(run, tmp_path, monkeypatch, with_git):
    root = tmp_path / "theirs"
    (root / "tests").mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_classes = Spec\npython_files = spec_*.py\n")
    (tmp_path / "conftest.py").write_text("")
    (root / "pyproject.toml").write_text("")
    (root / "tests" / "spec_a.py").write_bytes(SUITE.replace(b"ATests", b"SpecA"))
    if with_git:
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "a")
    monkeypatch.chdir(root)
    done = run("verify", "--no-cache", "--no-coverage", "--python", sys.executable, "tests")
    assert "VALID: nothing was lost. 1 test before, 1 after." in done.err
    assert f"{tmp_path / 'conftest.py'} is not run: it lies outside of {root}" in done.err
