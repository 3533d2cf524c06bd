import os
import runpy
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import pytest

from reassert.runner import RunSpec, run
from reassert.runner.command import PROBE
from running import write_tree

THREE = "def test_1(): pass\ndef test_2(): assert 0\ndef test_3(): pass\n"
DYING = """
import os
def test_1():
    pass
def test_2():
    {}
def test_3():
    pass
"""
CASES = """
import unittest
class A(unittest.TestCase):
    def test_1(self): pass
    def test_2(self): pass
class B(unittest.TestCase):
    def test_1(self): pass
    def test_2(self): pass
def test(): pass
"""


def outcomes(found):
    return {nodeid.partition("::")[2]: test.outcome for nodeid, test in found.tests.items()}


@pytest.mark.parametrize(
    ("action", "trouble"),
    [
        ("os._exit(3)", "the run ended with code 3 before its end during test_a.py::test_2"),
        ("os.kill(os.getpid(), 11)", "the run was ended by SIGSEGV during test_a.py::test_2"),
        ("import pytest; pytest.exit('enough')", "the run was interrupted: Exit: enough"),
        ("raise KeyboardInterrupt", "the run was interrupted: KeyboardInterrupt"),
    ],
)
def test_what_was_seen_before_the_end_is_kept(suite, action, trouble):
    found = suite({"test_a.py": DYING.format(action)})
    assert found.trouble == trouble
    assert outcomes(found) == {"test_1": "passed"}


def test_a_worker_that_dies(suite):
    found = suite({"test_a.py": DYING.format("os._exit(3)")}, jobs=1)
    assert found.trouble == ""
    assert outcomes(found) == {"test_1": "passed", "test_2": "failed", "test_3": "passed"}
    assert "crashed while running" in found.tests["test_a.py::test_2"].message


@pytest.mark.parametrize(
    ("files", "trouble"),
    [
        ({"conftest.py": "import nowhere\n"}, "No module named 'nowhere'"),
        ({"pytest.ini": "[pytest]\naddopts = --unknown-option\n"}, "--unknown-option"),
        ({"conftest.py": "def pytest_sessionstart(): 1 / 0\n"}, "division by zero"),
    ],
)
def test_a_run_that_does_not_start(suite, files, trouble):
    found = suite(files)
    assert trouble in found.trouble
    assert found.tests == {}


def test_no_tests_are_no_trouble(suite):
    found = suite({"code.txt": ""})
    assert (found.trouble, found.exit_code, found.tests) == ("", 5, {})


def test_options_of_the_project_that_would_hide_tests_are_off(suite):
    ini = "[pytest]\naddopts = -x --lf --ff --cov=. --cov-report=xml --strict-markers\n"
    # What pytest-cov does to the command line; it must not be started, and its options must be known.
    cov = """
def pytest_addoption(parser):
    parser.addoption("--cov", action="append", dest="cov_source", default=[])
    parser.addoption("--cov-report", action="append")
def pytest_load_initial_conftests(early_config):
    if early_config.known_args_namespace.cov_source:
        raise RuntimeError("measures coverage")
"""
    files = {"test_a.py": THREE, "test_b.py": "import nowhere\n", "pytest.ini": ini, "fake_cov.py": cov}
    found = suite(files, env={"PYTEST_PLUGINS": "fake_cov", "PYTHONPATH": "."})
    assert found.trouble == ""
    assert outcomes(found) == {"test_1": "passed", "test_2": "failed", "test_3": "passed"}
    assert list(found.errors) == ["test_b.py"]


def test_nothing_is_left(suite, tmp_path):
    (tmp_path / "scratch").mkdir()
    files = {"test_a.py": "def test(tmp_path):\n    assert 'scratch' in str(tmp_path)\n", "conftest.py": ""}
    found = suite(files, scratch=tmp_path / "scratch", coverage=True)
    assert outcomes(found) == {"test": "passed"}
    assert list((tmp_path / "scratch").iterdir()) == []
    assert {path.name for path in (tmp_path / "project").iterdir()} == set(files)


def test_fail_fast(suite):
    assert outcomes(suite({"test_a.py": THREE}, fail_fast=True)) == {"test_1": "passed", "test_2": "failed"}


def test_selected_tests(suite):
    files = {
        "test_a.py": CASES,
        "test_b.py": THREE,
        "test_c.py": "raise RuntimeError('is not even imported')\n",
    }
    found = suite(files, select=("test_b.py::test_3", "test_a.py::A::test_2", "gone.py::test"))
    assert set(found.tests) == {"test_a.py::A::test_2", "test_b.py::test_3"}
    assert found.errors == {}


def test_selecting_what_is_not_there_runs_nothing(suite):
    assert suite({"test_a.py": THREE}, select=("gone.py::test",)).tests == {}


def test_paths(suite):
    found = suite({"a/test_a.py": THREE, "b/test_b.py": THREE}, paths=("b",))
    assert {nodeid.partition("::")[0] for nodeid in found.tests} == {"b/test_b.py"}


def test_the_seed_reaches_the_suite(suite):
    orders = {suite({"test_a.py": CASES, "test_b.py": THREE}, shuffle_seed=seed).order for seed in (1, 2)}
    assert len(orders) == 2


def test_a_given_order(suite):
    order = ("test_b.py::test_3", "test_a.py::B::test_2", "test_a.py::A::test_1")
    found = suite({"test_a.py": CASES, "test_b.py": THREE}, order=order)
    assert found.order[:3] == order
    assert len(found.order) == 8


def test_random_orders_keep_what_belongs_together():
    choosing = runpy.run_path(str(PROBE / "reassert_probe/choosing.py"))
    names = [
        f"test_{file}.py::{inner}" for file in "abc" for inner in ("A::1", "A::2", "B::1", "B::2[x::y]", "t")
    ]
    items = [SimpleNamespace(nodeid=name) for name in names]
    orders = {seed: [item.nodeid for item in choosing["shuffled"](items, seed)] for seed in range(8)}
    assert len({tuple(order) for order in orders.values()}) == 8
    assert orders[3] == [item.nodeid for item in choosing["shuffled"](items[::-1], 3)]
    for order in orders.values():
        assert sorted(order) == sorted(names)
        assert len(runs_of(name.partition("::")[0] for name in order)) == 3
        classes = [name.split("::")[:2] for name in order if name[-1] != "t"]
        assert len(runs_of(map(tuple, classes))) == 6


def runs_of(values):
    """Each value once for every uninterrupted series of it."""
    return [key for key, _ in groupby(values)]


def test_processes_see_what_one_does(suite):
    files = {
        "library.py": "def f(x):\n    if x:\n        return 1\n    return 2\n",
        "conftest.py": "from pytest import raises\n",
        "test_a.py": "from conftest import raises\nfrom library import f\n"
        "def test_1():\n    assert f(1) == 1\n    with raises(KeyError): {}[1]\n",
        "test_b.py": "from library import f\ndef test_2():\n    assert f(0) == 2\ndef test_3(): pass\n",
    }
    one = suite(files, coverage=True)
    two = suite(files, coverage=True, jobs=2, shuffle_seed=2)  # the workers must agree on the order
    assert two.trouble == ""
    assert one.order == ("test_a.py::test_1", "test_b.py::test_2", "test_b.py::test_3")
    assert {key: test.assertions for key, test in one.tests.items()} == {
        key: test.assertions for key, test in two.tests.items()
    }
    assert one.coverage == two.coverage
    assert one.coverage["library.py"].executed_branches == {(2, 3), (2, 4)}


def test_which_test_covers_which_line(suite):
    files = {
        "library.py": "def f(x):\n    if x:\n        return 1\n    return 2\n",
        "test_a.py": "from library import f\ndef test_1():\n    f(1)\ndef test_2():\n    f(0)\n",
    }
    found = suite(files, contexts=True)
    first, second = "test_a.py::test_1", "test_a.py::test_2"
    assert found.covered_by["library.py", 2] == {first, second}
    assert found.covered_by["library.py", 3] == {first}
    assert found.covered_by["library.py", 4] == {second}


def test_node_ids_are_relative_to_the_root_whatever_pytest_takes_for_its_own(suite, tmp_path):
    write_tree(tmp_path / "project", {"pytest.ini": "[pytest]\n", "sub/test_a.py": THREE})
    found = suite({}, root=tmp_path / "project/sub", original_root=tmp_path / "project/sub")
    assert set(found.tests) == {"test_a.py::test_1", "test_a.py::test_2", "test_a.py::test_3"}


def test_the_environment(suite, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw9")
    text = """
import os, subprocess, sys
def test():
    assert "GIT_DIR" not in os.environ and "PYTEST_XDIST_WORKER" not in os.environ
    assert os.environ["PYTHONHASHSEED"] == "0" and sys.dont_write_bytecode
    assert os.environ["OWN"] == "yes"
    assert "PYTEST_PLUGINS" not in os.environ
    assert sys.stdin.read() == ""
"""
    found = suite({"test_a.py": text, "pytest.ini": "[pytest]\naddopts = -s\n"}, env={"OWN": "yes"})
    assert outcomes(found) == {"test": "passed"}, found.tests["test_a.py::test"].details


def test_a_pytest_that_a_test_starts_is_not_observed(suite):
    text = """
import subprocess, sys
def test(tmp_path):
    (tmp_path / "test_inner.py").write_text("def test_inner(): pass")
    command = [sys.executable, "-m", "pytest", str(tmp_path), "-p", "no:cacheprovider"]
    subprocess.run(command, check=True, cwd=tmp_path)
"""
    script = "import pytest, sys\nsys.exit(pytest.main([]))\n"
    found = suite({"test_a.py": text, "go.py": script}, command=(sys.executable, "go.py"), jobs=1)
    assert outcomes(found) == {"test": "passed"}


def test_a_configured_command(suite):
    command = (sys.executable, "-m", "pytest", "-x", "-k", "test_1 or test_2")
    assert outcomes(suite({"test_a.py": THREE}, command=command)) == {"test_1": "passed", "test_2": "failed"}


def test_a_command_that_takes_no_paths(suite):
    files = {"test_a.py": THREE, "go.py": "import pytest, sys\nsys.exit(pytest.main(['-x']))\n"}
    found = suite(files, command=(sys.executable, "go.py"), paths=("test_a.py",))
    assert len(found.tests) == 3
    assert "takes no paths" in found.notes[0]


def test_a_command_that_is_not_there(suite):
    assert "nowhere cannot be started" in suite({}, command=("nowhere",)).trouble


def test_a_command_that_runs_no_pytest(suite):
    trouble = suite({}, command=(sys.executable, "-c", "print('done')")).trouble
    assert trouble == "the test command ended with code 0 before a test was looked for: done"


def test_a_python_that_is_none(tmp_path):
    found = run(RunSpec(tmp_path, tmp_path, tmp_path / "nowhere"))
    assert "nowhere cannot be run" in found.trouble


def test_processes_that_tests_leave_behind_are_ended(suite, tmp_path):
    text = f"""
import subprocess, sys
def test():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
"""
    suite({"test_a.py": text})
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_the_suite_ends_with_the_process_that_started_it(tmp_path):
    text = f"""
import os, time
def test():
    open({str(tmp_path / "new")!r}, "w").write(str(os.getpid()))
    os.rename({str(tmp_path / "new")!r}, {str(tmp_path / "pid")!r})
    time.sleep(60)
"""
    write_tree(tmp_path / "project", {"test_a.py": text})
    program = (
        "import sys; from pathlib import Path; from reassert.runner import *; root = Path(sys.argv[1])\n"
    )
    program += "run(RunSpec(root, root, Path(sys.executable), scratch=root.parent))"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "project")]) as process:
        while not (tmp_path / "pid").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    assert is_gone(int((tmp_path / "pid").read_text()))


def is_gone(pid):
    """Whether a process ends within some seconds; a zombie that nobody has reaped yet has ended."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def link_environment(folder, *entries):
    """A virtual environment that has this one's packages, and ``entries`` in a ``.pth`` file."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    [packages] = folder.glob("lib/python3*/site-packages")
    lines = [*map(str, entries), str(Path(pytest.__file__).parent.parent)]
    (packages / "paths.pth").write_text("\n".join(lines))
    return folder / "bin/python"


STRAYS = {
    "src/library.py": "WHERE = __file__\n",
    "tests/test_a.py": """
import library, subprocess, sys
def test():
    command = [sys.executable, "-c", "import library; print(library.WHERE)"]
    said = subprocess.run(command, stdout=-1, text=True)
    print(library.WHERE, said.stdout)
    assert "copy" in library.WHERE and "copy" in said.stdout
""",
}


@pytest.mark.parametrize("shadow", [False, True])
def test_what_is_installed_from_the_tree_is_imported_from_the_copy(tmp_path, shadow):
    user, copy = tmp_path / "user", tmp_path / "copy"
    write_tree(user, STRAYS)
    if shadow:  # first on the path, this would break the interpreter
        write_tree(user, {"src/socket.py": "raise RuntimeError\n"})
    shutil.copytree(user, copy)
    python = link_environment(user / ".venv", user / "src")
    found = run(RunSpec(copy, user, python))
    assert found.strays == ()
    test = found.tests["tests/test_a.py::test"]
    assert test.outcome == ("failed" if shadow else "passed")  # a process of the tests' own sees the user's
    assert "'copy' in 'src/library.py'" in test.message or not shadow  # of the copy's own place


def test_modules_from_the_users_tree_are_told(tmp_path):
    user, copy = tmp_path / "user", tmp_path / "copy"
    write_tree(user, {**STRAYS, "conftest.py": f"import sys\nsys.path.insert(0, {str(user / 'src')!r})\n"})
    shutil.copytree(user, copy)
    found = run(RunSpec(copy, user, Path(sys.executable)))
    assert found.strays == (f"library ({user}/src/library.py)",)


def test_runs_at_the_same_time_do_not_meet(tmp_path):
    write_tree(tmp_path, {"test_a.py": THREE})
    spec = RunSpec(tmp_path, tmp_path, Path(sys.executable))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(run, [spec, spec]))
    assert [outcomes(one) for one in found] == [
        {"test_1": "passed", "test_2": "failed", "test_3": "passed"}
    ] * 2


def test_descriptors_that_tests_close_do_no_harm(suite):
    text = "import os\ndef test_1():\n    os.closerange(3, 200)\ndef test_2(): pass\n"
    ini = "[pytest]\naddopts = -p no:faulthandler -p no:capture -s\n"
    found = suite({"test_a.py": text, "pytest.ini": ini})
    assert outcomes(found) == {"test_1": "passed", "test_2": "passed"}


def test_what_is_said_names_the_project_and_not_the_copy(suite, tmp_path):
    test = "import os\ndef test_1(): open(os.path.join(os.path.dirname(__file__), 'none'))\n"
    files = {"test_a.py": test, "test_b.py": "import os\nraise OSError(os.path.abspath(__file__))\n"}
    found = suite(files, original_root=tmp_path / "theirs")
    assert found.tests["test_a.py::test_1"].message.endswith("No such file or directory: 'none'")
    assert found.errors == {"test_b.py": "OSError: test_b.py"}


@pytest.mark.parametrize("by_unittest", [False, True])
def test_a_test_is_called_by_unittest_as_ever(suite, by_unittest):
    test = """
import sys, unittest
class A(unittest.TestCase):
    def test_caller(self):
        self.assertEqual(sys._getframe(1).f_globals["__name__"], "unittest.case")
"""
    found = suite({"test_a.py": test}, unittest=by_unittest)
    assert outcomes(found) == {"A::test_caller": "passed"}


@pytest.mark.parametrize("conftest", ["conftest.py", "tests/conftest.py"])
def test_what_is_measured_is_the_phases_of_tests_and_what_plugins_do_around_them(suite, conftest):
    files = {
        "library.py": "def f(x):\n    if x == 'around':\n        return 1\n    if x == 'between':\n"
        "        return 2\n    return 3\n",
        "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\n",
        conftest: """
import pytest
from library import f
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call():
    f('around')
    yield
def pytest_runtest_logreport():
    f('between')
""",
        "tests/test_a.py": "from library import f\n"
        "def test_1(): pass\ndef test_2(): f('in')\ndef test_3(): pass\n",
    }
    found = suite(files, coverage=True)
    assert found.coverage["library.py"].executed == {1, 2, 3, 4, 6}


def test_a_phase_is_measured_where_nothing_of_the_project_is_around_it(suite):
    files = {
        "library.py": "def f():\n    return 1\ndef g():\n    return 2\ndef h():\n    return 3\n",
        "conftest.py": "import pytest, library\n"
        "@pytest.fixture\ndef two():\n    library.f()\n    yield\n    library.g()\n",
        "test_a.py": "import library\ndef test_1(two): library.h()\n",
    }
    assert {2, 4, 6} < suite(files, coverage=True).coverage["library.py"].executed


BRANCHING = {
    "library.py": "def f(x):\n    if x:\n        return 1\n    return 2\n",
    "test_a.py": "from library import f\n"
    "def test_1(): f(1)\ndef test_2(): f(1)\ndef test_3(): f(0)\ndef test_4(): pass\n",
}


@pytest.mark.parametrize("options", [{}, {"jobs": 2}])
def test_tests_that_suffice_to_execute_all_are_known(suite, options):
    found = suite(BRANCHING, coverage=True, **options)
    ones, three = {"test_a.py::test_1", "test_a.py::test_2"}, "test_a.py::test_3"
    assert three in found.following.covering
    assert ones & found.following.covering
    assert options or len(found.following.covering) == 2
    assert found.coverage["library.py"].executed == {1, 2, 3, 4}


def test_of_a_line_some_tests_are_known_that_execute_it(suite):
    executing = suite(BRANCHING, coverage=True).following.executing
    by_line = {line: {name[-1] for name in names} for (_, line), names in executing.items()}
    assert {line: by_line[line] for line in (2, 3, 4)} == {2: set("123"), 3: set("12"), 4: set("3")}


@pytest.mark.parametrize(("width", "sign"), [(20, 40), (28, 56)])
def test_both_lines_of_an_arc_are_read_however_coverage_packs_them(width, sign):
    begin = 7 | 3 << width | 1 << sign  # (-7, 3)
    data = {"library.py": {begin, 3 | 500 << width}}
    covering = runpy.run_path(str(PROBE / "reassert_probe/covering.py"))["Covering"](data)
    covering.take("test_1", 0.1)
    assert covering.executing()["library.py"] == {line: ["test_1"] for line in (3, 7, 500)}


def test_where_too_much_is_executed_no_tests_are_known_to_suffice():
    covering = runpy.run_path(str(PROBE / "reassert_probe/covering.py"))["Covering"]
    data = {"a.py": {1, 2}}
    few = covering(data)
    few.take("test_1", 1.0)
    assert (few.tests(), few.is_full, data) == (["test_1"], False, {"a.py": set()})
    few._bytes = 10**9
    few.restore()
    assert (few.is_full, data) == (True, {"a.py": {1, 2}})


def test_of_a_run_that_notes_what_each_test_executes_no_tests_are_known_to_suffice(suite):
    assert suite(BRANCHING, contexts=True).following.covering is None


def test_a_test_may_ask_the_measurement_for_its_data(suite):
    test = "import coverage\ndef test_{}(): coverage.Coverage.current().get_data()\n"
    files = {
        "test_a.py": test.format(1) + test.format(2),
        "pytest.ini": "[pytest]\nfilterwarnings = error::coverage.exceptions.CoverageWarning\n",
    }
    found = suite({**files, "library.py": ""}, coverage=True)
    assert list(outcomes(found).values()) == ["passed", "passed"]


def test_what_an_unfollowed_test_executes_is_not_measured(suite):
    found = suite(BRANCHING, coverage=True, unfollowed=frozenset(["test_a.py::test_3"]))
    assert found.coverage["library.py"].executed == {1, 2, 3}
    assert set(outcomes(found).values()) == {"passed"}


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ({}, "spec_a.py::test"),
        ({"env": {"PYTEST_ADDOPTS": "-c own.ini"}}, "test_a.py::test"),
        ({"command": (sys.executable, "-m", "pytest", "-c", "own.ini")}, "test_a.py::test"),
        ({"command": ("make",)}, "spec_a.py::test"),
    ],
)
def test_a_configuration_that_pytest_would_not_find(suite, tmp_path, options, outcome):
    config = tmp_path / "other" / "pytest.ini"
    config.parent.mkdir()
    config.write_text("[pytest]\npython_files = spec_*.py\n")
    files = {"spec_a.py": "def test(): pass\n", "test_a.py": "def test(): pass\n", "own.ini": "[pytest]\n"}
    files["Makefile"] = f"all:\n\t{sys.executable} -m pytest\n"
    assert list(suite(files, config=config, **options).tests) == [outcome]
