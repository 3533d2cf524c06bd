"""Standard streams that are closed, full, or read by somebody who has had enough."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = f"import sys; sys.path[:] = {sys.path!r}\nfrom reassert.cli import run\nrun()"
OLD = b"""\
import unittest

class TestX(unittest.TestCase):
    def test_a(self):
        self.assertEqual(1, 1)
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "test_x.py").write_bytes(OLD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


def start(*arguments, redirected="", **streams):
    command = [sys.executable, "-c", RUN, *arguments]
    if redirected:
        command = ["sh", "-c", f'"$@" {redirected}', "sh", *command]
    return subprocess.run(command, check=False, timeout=60, **{"stderr": subprocess.PIPE, **streams})


@pytest.fixture
def unread():
    """The writing end of a pipe that nobody reads any more."""
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


@pytest.mark.usefixtures("tree")
def test_a_reader_that_has_enough_does_not_cost_the_summary_nor_the_exit_code(unread):
    done = start("diff", "--check", "test_x.py", stdout=unread)
    assert done.returncode == 1
    assert b"1 file to change (1 file looked at)" in done.stderr
    assert b"error" not in done.stderr


def test_a_reader_that_has_enough_does_not_keep_migrate_from_writing(tree, unread):
    done = start("migrate", "--yes", "test_x.py", stdout=unread)
    assert done.returncode == 0
    assert b"Changed 1 file." in done.stderr
    assert b"assertEqual" not in (tree / "test_x.py").read_bytes()


def test_nobody_reads_what_migrate_says(tree, unread):
    assert start("migrate", "--yes", "test_x.py", stdout=unread, stderr=unread).returncode == 0
    assert b"assertEqual" not in (tree / "test_x.py").read_bytes()


@pytest.mark.parametrize("arguments", [["rules"], ["explain", "testcase_to_plain_class"], ["undo", "--list"]])
@pytest.mark.usefixtures("tree")
def test_nobody_reads_a_list(arguments, unread):
    done = start(*arguments, stdout=unread)
    assert (done.returncode, b"Error" in done.stderr) == (0, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "arguments",
    [["diff", "test_x.py"], ["migrate", "--yes", "test_x.py"], ["rules"], ["--help"], ["--version"]],
)
def test_a_full_disk_behind_standard_output_is_an_error_of_one_line(tree, arguments):
    with Path("/dev/full").open("wb") as full:
        done = start(*arguments, stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write to standard output: No space left on device\n"
    assert (tree / "test_x.py").read_bytes() == OLD


@pytest.mark.skipif(os.name == "nt", reason="written for a POSIX shell")
@pytest.mark.parametrize(
    ("closed", "code"), [(">&-", 1), ("2>&-", 1), (">&- 2>&-", 1), ("<&-", 1), ("<&- >&- 2>&-", 1)]
)
@pytest.mark.usefixtures("tree")
def test_closed_streams_are_no_error(closed, code):
    done = start("diff", "--check", "test_x.py", redirected=closed, stdout=subprocess.DEVNULL)
    assert (done.returncode, b"error" in done.stderr) == (code, False)


@pytest.mark.skipif(os.name == "nt", reason="written for a POSIX shell")
def test_without_standard_input_there_is_nobody_to_ask(tree):
    done = start("migrate", "test_x.py", redirected="<&-", stdout=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: there is no terminal to ask on")
    assert (tree / "test_x.py").read_bytes() == OLD
