import os
import sys
from pathlib import Path

import pytest

from reassert.runner import InterpreterError, find_interpreter, split_command
from reassert.runner.interpreter import describe


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    describe.cache_clear()


def environment(folder: Path, *, works: bool = True) -> Path:
    """A folder like that of a virtual environment, of this Python."""
    program = folder / "bin/python"
    program.parent.mkdir(parents=True)
    target = sys.executable if works else "/bin/false"
    program.write_text(f'#!/bin/sh\nexec {target} "$@"\n')
    program.chmod(0o755)
    return program


def test_what_is_named_is_taken(tmp_path):
    program = environment(tmp_path / "env")
    assert find_interpreter(tmp_path / "env", tmp_path).path == program
    assert find_interpreter(program, tmp_path).path == program


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_what_is_named_and_not_there(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InterpreterError, match=name):
        find_interpreter(tmp_path / name, tmp_path)


def test_what_is_named_and_no_python(tmp_path):
    program = environment(tmp_path / "env", works=False)
    with pytest.raises(InterpreterError, match="is not a Python that works"):
        find_interpreter(program, tmp_path)


def test_what_is_named_without_the_package(tmp_path):
    with pytest.raises(InterpreterError, match="has no pytest_of_another_name"):
        find_interpreter(Path(sys.executable), tmp_path, needs="pytest_of_another_name")


def test_the_active_environment_comes_before_that_of_the_project(tmp_path, monkeypatch):
    own = environment(tmp_path / ".venv")
    assert find_interpreter(None, tmp_path).path == own
    active = environment(tmp_path / "active")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert find_interpreter(None, tmp_path).path == active


def test_one_that_does_not_work_is_passed_over(tmp_path):
    environment(tmp_path / ".venv", works=False)
    other = environment(tmp_path / "venv")
    assert find_interpreter(None, tmp_path).path == other


def test_else_that_of_the_search_path(tmp_path, monkeypatch):
    program = environment(tmp_path / "usr")
    program = program.rename(program.with_name("python3"))
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert find_interpreter(None, tmp_path).path == program


def test_else_our_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_interpreter(None, tmp_path).path == Path(sys.executable)


def test_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InterpreterError, match=r"no Python for the tests: .* has no nothing_of_the_kind"):
        find_interpreter(None, tmp_path, needs="nothing_of_the_kind")


def test_what_a_python_says_of_itself():
    found = describe(Path(sys.executable))
    assert found.version == sys.version_info[:3]
    assert found.has_same_binaries
    assert {"pytest", "coverage", "xdist"} <= found.packages


@pytest.mark.parametrize("command", ["pytest -k 'a b'", ["pytest", "-k", "a b"]])
def test_commands(command):
    assert split_command(command) == ("pytest", "-k", "a b")


def test_a_command_with_an_open_quote():
    with pytest.raises(ValueError, match="No closing quotation"):
        split_command("pytest 'a")
