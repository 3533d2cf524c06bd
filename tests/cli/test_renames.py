"""A rename and the configuration that names the class: shown, checked, written, taken back."""

import pytest

TEST = b"import unittest\n\n\nclass FooTests(unittest.TestCase):\n    def test_a(self):\n        pass\n"
CONFIGURATION = b"[pytest]\r\naddopts = --deselect test_foo.py::FooTests::test_a\r\n"


@pytest.fixture
def tree(project, monkeypatch):
    (project / "test_x.py").unlink()
    (project / "test_foo.py").write_bytes(TEST)
    (project / "pytest.ini").write_bytes(CONFIGURATION)
    monkeypatch.setenv("XDG_STATE_HOME", str(project / ".state"))
    return project


def test_the_diff_shows_the_configuration(run, tree):
    done = run("diff", "--check", "test_foo.py")
    assert done.code == 1
    assert b"+addopts = --deselect test_foo.py::TestFoo::test_a\r\n" in done.out
    assert "2 files to change" in done.err
    assert (tree / "pytest.ini").read_bytes() == CONFIGURATION


def test_it_is_written_and_taken_back(run, tree):
    assert run("migrate", "--yes", "--allow-dirty", "test_foo.py").code == 0
    assert (tree / "pytest.ini").read_bytes() == CONFIGURATION.replace(b"FooTests", b"TestFoo")
    assert run("diff", "--check", "test_foo.py").code == 0
    assert run("undo").code == 0
    assert (tree / "pytest.ini").read_bytes() == CONFIGURATION
    assert (tree / "test_foo.py").read_bytes() == TEST


def test_the_code_of_what_cannot_be_edited_is_explained(run):
    done = run("explain", "STALE-NAME")
    assert done.code == 0
    assert b"testcase_to_plain_class" in done.out
