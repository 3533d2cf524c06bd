import os
import re
import subprocess
import sys

import pytest

from reassert import __version__
from reassert.cli import console, progress
from reassert.workflow import planning

HEAVY = (
    "rich",
    "pydantic",
    "pygments",
    "libcst",
    "pathspec",
    "tomllib",
    "multiprocessing",
    "reassert.workflow",
)


def test_version(run):
    assert run("--version").out.decode() == f"reassert {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["diff", "--help"], ["migrate", "-h"], ["undo", "--help"]]
)
def test_help_is_given(run, arguments):
    done = run(*arguments)
    assert "Usage: reassert" in done.out.decode() + done.err


@pytest.mark.parametrize("command", ["diff", "migrate", "undo", "explain"])
def test_help_shows_no_python_types(run, command):
    assert re.search(r"<list|<str|Path]", run(command, "--help").out.decode()) is None


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        ("reassert explain testcase_to_", ["testcase_to_plain_class"]),
        (
            "reassert diff --select fail_to_pytest_fail,testcase_to_",
            ["fail_to_pytest_fail,testcase_to_plain_class"],
        ),
        ("reassert migrate --profile a", ["asserts"]),
    ],
)
def test_the_shell_is_told_how_to_go_on(run, monkeypatch, words, completions):
    monkeypatch.setenv("_REASSERT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert run().out.decode().split() == completions


def test_unknown_commands_and_options_are_bad_usage(run):
    assert run("dif").code == 2
    assert run("diff", "--chekc", ".").code == 2


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from reassert.cli import main; sys.argv = ['reassert', 'diff', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", PATHS + code], capture_output=True, check=True, text=True
    )
    assert done.stderr == "[]\n"


PATHS = f"import sys; sys.path[:] = {sys.path!r}\n"


def test_the_module_can_be_run():
    code = (
        PATHS
        + "import runpy; sys.argv = ['x', '--version']; runpy.run_module('reassert', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == f"reassert {__version__}\n"


def fail_with(monkeypatch, error):
    def make_plan(*_):
        raise error

    monkeypatch.setattr(planning, "make_plan", make_plan)


@pytest.mark.skipif(os.name == "nt", reason="there the current folder cannot be removed")
@pytest.mark.parametrize("arguments", [["diff", "/"], ["migrate", "--yes", "/"], ["undo"]])
def test_a_current_folder_that_is_gone(run, project, monkeypatch, arguments):
    (project / "gone").mkdir()
    monkeypatch.chdir(project / "gone")
    (project / "gone").rmdir()
    done = run(*arguments)
    assert (done.code, done.err) == (2, "error: the current folder does not exist any more\n")


@pytest.mark.usefixtures("project")
def test_a_defect_is_one_line_and_no_traceback(run, monkeypatch):
    fail_with(monkeypatch, KeyError("some\nthing"))
    done = run("diff", "test_x.py")
    first, second = done.err.splitlines()
    assert (done.code, done.out) == (2, b"")
    assert first == "internal error: KeyError: 'some\\nthing'"
    assert "REASSERT_TRACEBACK=1" in second


@pytest.mark.usefixtures("project")
def test_a_defect_shows_its_traceback_on_demand(run, monkeypatch):
    monkeypatch.setenv("REASSERT_TRACEBACK", "1")
    fail_with(monkeypatch, KeyError("x"))
    assert "Traceback (most recent call last)" in run("diff", "test_x.py").err


@pytest.mark.usefixtures("project")
def test_an_interrupt_is_quiet(run, monkeypatch):
    fail_with(monkeypatch, KeyboardInterrupt())
    done = run("diff", "test_x.py")
    assert (done.code, done.out, done.err) == (130, b"", "")


class Stream:
    def __init__(self, terminal):
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    ("terminal", "environment", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_when_to_colour(monkeypatch, terminal, environment, expected):
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert console.wants_colour(Stream(terminal)) is expected


def test_a_bar_appears_only_after_a_while_and_only_on_a_terminal(monkeypatch, capfd):
    now = iter([0.0, 0.1, 10.0, 10.0, 10.05, 20.0, 20.0])
    with progress.progress_bar(lambda: next(now)) as report:
        report(1, 9)
    assert capfd.readouterr().err == ""
    now = iter([0.0, 0.1, 10.0, 10.0, 10.05, 20.0, 20.0])
    monkeypatch.setattr(progress, "is_terminal", lambda _stream: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.progress_bar(lambda: next(now)) as report:
        report(1, 9)
        assert capfd.readouterr().err == ""
        report(4, 9)
        shown = capfd.readouterr().err
        assert "4/9" in shown
        assert "?" not in shown.replace("\x1b[?25l", "")
        report(5, 9)
        report(6, 9)
    assert "6/9" in capfd.readouterr().err
