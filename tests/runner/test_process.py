import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reassert.runner.process import Ended, execute
from reassert.runner.reading import read_run

SLEEP = "import sys, time; print('asleep', flush=True); time.sleep(600)"


def start(folder, code, timeout=None):
    command = [sys.executable, "-S", "-c", code]
    return execute(command, folder, os.environ, timeout=timeout, log=folder / "log")


def test_code_and_output(tmp_path):
    ended = start(tmp_path, "import os, sys; print(os.getcwd()); print('é', file=sys.stderr); sys.exit(7)")
    assert (ended.code, ended.timed_out) == (7, False)
    assert ended.output == f"{tmp_path}\né\n"


def test_only_the_end_of_much_output_is_kept(tmp_path):
    ended = start(tmp_path, "print('x' * 100_000, 'end')")
    assert len(ended.output) == 64 * 1024
    assert ended.output.endswith(" end\n")


def test_a_signal(tmp_path):
    assert start(tmp_path, "import os; os.kill(os.getpid(), 11)").code == 128 + signal.SIGSEGV


def test_what_takes_too_long_is_ended(tmp_path):
    ended = start(tmp_path, SLEEP, timeout=1)
    assert ended.timed_out
    assert ended.code == 128 + signal.SIGKILL


def test_an_interrupt_ends_it_too(tmp_path):
    program = "import os, sys; from pathlib import Path; from reassert.runner.process import execute\n"
    program += f"command = [sys.executable, '-S', '-c', {SLEEP!r}]; log = Path(sys.argv[1])\n"
    program += "execute(command, log.parent, os.environ, timeout=None, log=log)"
    log = tmp_path / "log"
    command = [sys.executable, "-c", program, str(log)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not log.exists() or not log.read_text():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]


def test_in_a_thread(tmp_path):
    found = []
    thread = threading.Thread(target=lambda: found.append(start(tmp_path, "print(1)", timeout=60)))
    thread.start()
    thread.join()
    assert found[0].output == "1\n"


SESSION = {
    "kind": "session",
    "python": "3.11",
    "pytest": "9",
    "worker": "",
    "statements": True,
    "coverage": True,
}
STARTED = {"kind": "start", "id": "test_a.py::test_1", "at": 1.0}
PASSED = {**STARTED, "kind": "test", "outcome": "passed", "message": "", "details": ""}
NEXT = {"kind": "start", "id": "test_a.py::test_2", "at": 2.0}
END = {"kind": "end", "worker": "", "status": 0, "strays": [], "stopped": ""}


def read(folder, lines, code=0, **options):
    (folder / "1.jsonl").write_text("\n".join(map(json.dumps, lines)) + options.pop("rest", "\n"))
    ended = Ended(code, options.pop("timed_out", False), options.pop("output", ""), 1.0)
    return read_run(folder, ended, options.pop("timeout", None))


@pytest.mark.parametrize(
    ("lines", "options", "trouble"),
    [
        ([SESSION, STARTED, PASSED, END], {}, ""),
        ([SESSION, STARTED, PASSED, END], {"code": 1}, ""),
        ([SESSION, END], {"code": 5}, ""),
        (
            [SESSION, END],
            {"code": 4, "output": "x\nERROR: no file\n"},
            "pytest was used wrongly: ERROR: no file",
        ),
        ([SESSION, END], {"code": 9}, "the test command ended with code 9"),
        (
            [SESSION, STARTED, PASSED, NEXT],
            {"code": 137, "timed_out": True, "timeout": 2.5},
            "the run took longer than 2.5 seconds and was ended during test_a.py::test_2",
        ),
        ([SESSION, STARTED, PASSED], {"code": 134}, "the run was ended by SIGABRT"),
        (
            [SESSION, {"kind": "internal", "message": "KeyError: 1"}, END],
            {"code": 3},
            "pytest has an internal error: KeyError: 1",
        ),
        (
            [SESSION, {**END, "stopped": "a plugin says so"}],
            {},
            "the test command ended with code 0: a plugin says so",
        ),
    ],
)
def test_trouble(tmp_path, lines, options, trouble):
    assert read(tmp_path, lines, **options).trouble == trouble


def test_a_line_that_was_being_written_is_left_out(tmp_path):
    found = read(tmp_path, [SESSION, STARTED, PASSED], rest='\n{"kind":"test","id":"test_a.py::te', code=139)
    assert list(found.tests) == ["test_a.py::test_1"]


def test_coverage_of_files_with_tests_is_left_out(tmp_path):
    facts = {
        "executed": [1],
        "missing": [],
        "executed_branches": [[1, -1]],
        "missing_branches": [],
        "tests": {},
    }
    files = {"test_a.py": facts, "code.py": facts}
    found = read(tmp_path, [SESSION, STARTED, PASSED, {"kind": "coverage", "files": files}, END])
    assert list(found.coverage) == ["code.py"]


def test_coverage_that_was_asked_for_and_is_not_there(tmp_path):
    assert "coverage was not measured" in read(tmp_path, [{**SESSION, "coverage": False}, END]).notes[0]


def test_the_guard_is_a_program_without_imports_from_here():
    text = (Path(__file__).parents[2] / "src/reassert/runner/guard.py").read_text()
    assert "reassert" not in text.partition("from __future__")[2]
