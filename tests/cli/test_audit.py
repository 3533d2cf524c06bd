import json
import os
from pathlib import Path

import pytest

from reassert.batch import executors
from schema import violations

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "audit.schema.json").read_text(encoding="utf-8"))
TEST = """import unittest


class {name}(unittest.TestCase):
    size = {size}

    def test_size(self):
        first = self.size
        self.assertEqual(first, self.size)
        self.assertGreater(first, 0)
        self.assertTrue(first)
        self.assertTrue(self)
"""


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """Two files with the same test, as the current folder."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(TEST.format(name="ATests", size=1))
    (tmp_path / "tests" / "test_b.py").write_text(TEST.format(name="BTests", size=2))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("suite")
def test_findings_go_to_stdout_with_their_places_and_numbers_to_stderr(run):
    done = run("audit", "tests")
    lines = [
        f"tests{os.sep}test_a.py:7  DUP-BASE  test_size is also in BTests: 6 lines could go",
        f"  also tests{os.sep}test_b.py:7",
        "  -> move them to one base class of ATests and BTests; what else differs stays in each class",
    ]
    assert (done.code, done.out.decode().splitlines()) == (0, lines)
    assert done.err == (
        "\n1 finding (2 files looked at)\n    DUP-BASE       1\nWhat a code means: reassert explain CODE\n"
    )


@pytest.mark.usefixtures("suite")
def test_check_fails_where_something_is_found(run):
    assert run("audit", "--check", "tests").code == 1
    done = run("audit", "--check", "tests/test_a.py")
    assert (done.code, done.out, done.err) == (0, b"", "Nothing found (1 file looked at)\n")


@pytest.mark.usefixtures("suite")
def test_colour_is_only_paint(run, monkeypatch):
    plain = run("audit", "tests").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    painted = run("audit", "tests").out
    assert painted != plain
    assert b"\x1b[" in painted


def test_the_document_is_as_its_schema_says_and_leaves_stdout_to_itself(run, suite):
    (suite / "tests" / "broken.py").write_text("def test_x(:\n")
    done = run("audit", "--json", "-", "tests")
    document = json.loads(done.out)
    assert violations(document, SCHEMA) == []
    assert document["findings"] == [
        {
            "rule": "duplicate_tests",
            "code": "DUP-BASE",
            "path": "tests/test_a.py",
            "line": 7,
            "column": 5,
            "message": "test_size is also in BTests: 6 lines could go",
            "suggestion": (
                "move them to one base class of ATests and BTests; what else differs stays in each class"
            ),
            "others": [{"path": "tests/test_b.py", "line": 7, "column": 5}],
        }
    ]
    assert [(f["path"], f["line"]) for f in document["failures"]] == [("tests/broken.py", 1)]
    assert "1 file could not be worked on\n" in done.err


def test_the_document_goes_to_a_file(run, suite):
    assert run("audit", "--json", "found.json", "tests").out.startswith(b"tests")
    assert violations(json.loads((suite / "found.json").read_text()), SCHEMA) == []
    done = run("audit", "--json", "nowhere/found.json", "tests")
    assert (done.code, done.err) == (2, "error: cannot write nowhere/found.json: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_folder"], "there is no such file or folder: no_such_folder"),
        (["--select", "duplicate_test", "tests"], "unknown rule 'duplicate_test'; did you mean "),
        (["--select", "assert_truth_to_assert", "tests"], "is no rule of this command"),
        (["--config", "none.toml", "tests"], "there is no such file"),
    ],
)
@pytest.mark.usefixtures("suite")
def test_wrong_usage_is_one_line(run, arguments, message):
    done = run("audit", *arguments)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_nothing_could_be_looked_at(run, suite):
    for path in (suite / "tests").iterdir():
        path.write_text("def test_x(:\n")
    assert run("audit", "tests").code == 2


def test_settings_choose_audits_limits_and_files(run, suite):
    settings = suite / "pyproject.toml"

    def found(text):
        settings.write_text(f"[tool.reassert]\n{text}\n")
        return run("audit", "--check", "tests").code

    assert found("min-duplicate-lines = 7") == 0
    assert found('ignore = ["duplicate_tests"]') == 0
    assert found('select = ["assert_truth_to_assert"]') == 1
    assert found('exclude = ["test_b.py"]') == 0
    assert found('per-file-ignores = { "tests/test_b.py" = ["duplicate_tests"] }') == 0
    assert found('ignore = ["assert_truth_to_assert"]') == 1


def test_settings_that_name_audits_are_no_trouble_for_codemods(run, suite):
    (suite / "pyproject.toml").write_text(
        '[tool.reassert]\nselect = ["duplicate_tests"]\nignore = ["duplicate_tests"]\n'
    )
    assert run("diff", "--check", "tests").code == 1
    done = run("diff", "--select", "duplicate_tests", "tests")
    assert (done.code, "is no rule of this command" in done.err) == (2, True)


def test_a_second_run_is_answered_by_the_cache_until_a_file_changes(run, suite, monkeypatch):
    for path in (suite / "tests").iterdir():
        os.utime(path, (1e9, 1e9))
    first = run("audit", "tests")
    worked = []
    real = executors.SerialExecutor.run
    monkeypatch.setattr(
        executors.SerialExecutor,
        "run",
        lambda self, tasks: worked.extend(tasks) or real(self, tasks),
    )
    again = run("audit", "tests")
    assert (again, worked) == (first, [])
    (suite / "tests" / "test_b.py").write_text("x = 1\n")
    assert run("audit", "tests").err == "Nothing found (2 files looked at)\n"
    assert [task.path.name for task in worked] == ["test_b.py"]
