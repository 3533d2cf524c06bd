"""The effective configuration of pytest, compared with what pytest itself takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reassert.model.config import PytestConfig
from reassert.workspace.pytest_config import PytestConfigs
from reassert.workspace.toml import read_toml

INI = "[pytest]\npython_classes = Ini*\n"
NATIVE = '[pytest]\npython_classes = ["Native*"]\n'
TABLE = '[tool.pytest]\npython_classes = ["Table*"]\n'
CLASSIC = '[tool.pytest.ini_options]\npython_classes = "Classic*"\n'
CFG = "[tool:pytest]\npython_classes = Cfg*\n"

KINDS = {
    "pytest.toml": (NATIVE, "Native*"),
    ".pytest.toml": (NATIVE, "Native*"),
    "pytest.ini": (INI, "Ini*"),
    ".pytest.ini": (INI, "Ini*"),
    "pyproject.toml": (CLASSIC, "Classic*"),
    "tox.ini": (INI, "Ini*"),
    "setup.cfg": (CFG, "Cfg*"),
}
ORDER = list(KINDS)
PROBE = """
def pytest_configure(config):
    print("FOUND", config.inipath and config.inipath.name, config.getini("python_classes"))
"""


@pytest.fixture
def project(tmp_path):
    """Keeps whatever lies above from being found."""
    (tmp_path / "pytest.ini").write_text("")
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def load(folder, version=(9, 0)):
    return PytestConfigs(read_toml).load(folder, version)


def classes(folder, version=(9, 0)):
    found = load(folder, version)
    assert found.problem is None
    return found.config.python_classes


def asked_of_pytest(folder):
    """The name of the file that pytest takes, and python_classes as it reads them."""
    (folder / "conftest.py").write_text(PROBE)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-s", "--co", "-q", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    (line,) = [each for each in done.stdout.splitlines() if each.startswith("FOUND")]
    return line


def shown(found):
    return f"FOUND {found.path and found.path.name} {list(found.config.python_classes)}"


def test_without_any_file_the_defaults_count():
    assert PytestConfig().python_files == ("test_*.py", "*_test.py")
    assert PytestConfig().collects_class("TestX")
    assert not PytestConfig().collects_class("XTest")
    assert PytestConfig().collects_function("test")


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_file_is_read(project, name):
    text, expected = KINDS[name]
    (project / name).write_text(text)
    found = load(project)
    assert (found.path, found.config.python_classes) == (project / name, (expected,))


@pytest.mark.parametrize("number", range(len(ORDER) - 1))
def test_the_first_file_wins_and_none_is_merged(project, number):
    for name in ORDER[number:]:
        (project / name).write_text(KINDS[name][0])
    assert load(project).path == project / ORDER[number]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"pytest.ini": "", "pyproject.toml": CLASSIC}, id="an empty pytest.ini wins"),
        pytest.param({"pytest.toml": "", "pyproject.toml": CLASSIC}, id="an empty pytest.toml wins"),
        pytest.param({"tox.ini": "[tox]\n", "setup.cfg": CFG}, id="tox.ini without a section is skipped"),
        pytest.param({"pyproject.toml": "[project]\n", "tox.ini": INI}, id="pyproject without a table"),
        pytest.param({"pyproject.toml": TABLE}, id="the native table"),
        pytest.param({"setup.cfg": "[metadata]\n[tool:pytest] ; really\n"}, id="an empty section counts"),
        pytest.param(
            {"tox.ini": "[pytest]\n# one\npython_classes =\n    A*  \n\n    ; no\n    B?\n"},
            id="values over several lines",
        ),
        pytest.param(
            {"pytest.ini": '[pytest]\naddopts = -ra -o "python_classes=*Spec Also" -q\n'},
            id="addopts override",
        ),
        pytest.param(
            {"pyproject.toml": "[tool.pytest.ini_options]\npython_classes = ['A*', 'B B']\n"}, id="a list"
        ),
    ],
)
def test_the_file_and_its_values_are_those_that_pytest_takes(project, files):
    for name, text in files.items():
        (project / name).write_text(text)
    assert shown(load(project)) == asked_of_pytest(project)


def test_folders_above_are_searched(project):
    (project / "setup.cfg").write_text(CFG)
    inner = project / "tests" / "unit"
    inner.mkdir(parents=True)
    (inner.parent / "tox.ini").write_text("[tox]\n")
    assert classes(inner) == ("Cfg*",)
    (inner.parent / "pytest.ini").write_text("")
    assert classes(inner) == ("Test",)


def test_an_older_pytest_does_not_look_at_native_toml(project):
    (project / "pytest.toml").write_text(NATIVE)
    (project / "pyproject.toml").write_text(TABLE)
    (project / "tox.ini").write_text(INI)
    assert classes(project, (8, 4)) == ("Ini*",)


def test_all_values(project):
    (project / "pytest.ini").write_text(
        "[pytest]\n"
        "python_files = check_*.py tests/*.py\n"
        "python_functions = check_*\n"
        "testpaths = a b\n"
        "pythonpath = src\n"
        "asyncio_mode = auto\n"
        "filterwarnings =\n    error\n    ignore:x y:DeprecationWarning\n"
        "addopts = --import-mode importlib --assert=plain\n"
    )
    assert load(project).config == PytestConfig(
        python_files=("check_*.py", "tests/*.py"),
        python_functions=("check_*",),
        testpaths=("a", "b"),
        pythonpath=("src",),
        asyncio_mode="auto",
        filterwarnings=("error", "ignore:x y:DeprecationWarning"),
        import_mode="importlib",
        plain_asserts=True,
    )


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("pytest.ini", "[pytest]\nnonsense\n", 2, "neither a section nor a value: nonsense"),
        ("pytest.ini", "[pytest]\na = 1\na = 2\n", 3, "a is set twice"),
        ("tox.ini", "x = 1\n[pytest]\n", 1, "x stands before the first section"),
        ("tox.ini", "[pytest]\n[pytest]\n", 2, r"the section \[pytest\] comes twice"),
        ("setup.cfg", "[pytest]\n", None, r"must be called \[tool:pytest\]"),
        ("pyproject.toml", TABLE + CLASSIC, None, r"both \[tool.pytest\] and"),
        ("pyproject.toml", '[tool.pytest]\naddopts = "-ra"\n', None, "addopts is not a list of strings"),
        ("pytest.toml", "python_classes = []\n", None, r"python_classes stand outside of the table"),
        ("pytest.toml", "[pytest\n", 1, "not valid TOML"),
        ("pytest.ini", "[pytest]\npython_files = 'a\n", None, "python_files: no closing quotation"),
    ],
)
def test_what_pytest_would_stop_at_is_a_problem_and_the_defaults_count(project, name, text, line, message):
    (project / name).write_text(text)
    found = load(project)
    assert found.config == PytestConfig()
    assert (found.problem.path, found.problem.line) == (project / name, line)
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(found.problem.error)


@pytest.mark.parametrize(
    ("options", "name", "collected"),
    [
        (("Test",), "TestX", True),
        (("Test",), "XTest", False),
        (("*Test",), "XTest", True),
        (("*Test",), "XTests", False),
        (("A", "[BC]?"), "C1", True),
        ((), "Test", False),
    ],
)
def test_names_are_matched_by_prefixes_and_globs(options, name, collected):
    assert PytestConfig(python_classes=options).collects_class(name) is collected


@pytest.mark.parametrize(
    ("patterns", "path", "rewritten"),
    [
        (("test_*.py",), "tests/test_x.py", True),
        (("test_*.py",), "tests/base.py", False),
        (("test_*.py",), "tests/conftest.py", True),
        (("tests/*.py",), "/p/tests/base.py", True),
        (("tests/*.py",), "/p/test/base.py", False),
    ],
)
def test_which_files_are_rewritten(tmp_path, patterns, path, rewritten):
    assert PytestConfig(python_files=patterns).rewrites(tmp_path / path) is rewritten
