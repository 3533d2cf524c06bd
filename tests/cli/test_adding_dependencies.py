"""``--add-dependencies``: shown by ``diff``, written by ``migrate``."""

import pytest

TEST = """import unittest


class TestA(unittest.TestCase):
    @unittest.skip("later")
    def test_one(self):
        pass
"""


@pytest.fixture
def requirements(project, monkeypatch, tmp_path):
    """A project with requirements for its tests, which lack pytest."""
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path.with_name("state")))
    (project / "test_x.py").write_text(TEST)
    (project / "setup.py").write_text("")
    path = project / "requirements-test.txt"
    path.write_text("mock\n")
    return path


@pytest.mark.usefixtures("requirements")
def test_what_is_missing_is_named(run):
    done = run("diff", "--no-cache", ".")
    assert "pytest  by test_x.py; --add-dependencies adds it to requirements-test.txt" in done.err
    assert b"requirements" not in done.out


def test_diff_shows_what_migrate_writes(run, requirements):
    done = run("diff", "--add-dependencies", "--no-cache", ".")
    assert b"+++ b/requirements-test.txt\n@@ -1 +1,2 @@\n mock\n+pytest\n" in done.out
    assert "does not ask for" not in done.err
    assert requirements.read_text() == "mock\n"
    assert run("migrate", "--add-dependencies", "--no-cache", "--yes", "--allow-dirty", ".").code == 0
    assert requirements.read_text() == "mock\npytest\n"
