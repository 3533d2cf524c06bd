"""Files that name tests by their node ids, and are no Python, follow a rename or are pointed at."""

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.report.patch import file_patch
from reassert.workflow.applying import apply_plan
from reassert.workflow.planning import PlanRequest, make_plan
from reassert.workflow.undoing import undo

TEST = """import unittest


class {name}(unittest.TestCase):
    def {test}(self):
        pass
"""
OLD = "tests/test_x.py::FooTests"
NEW = "tests/test_x.py::TestFoo"


@pytest.fixture
def tree(tmp_path):
    """Write files; ``tests/test_x.py`` has the class FooTests, which becomes TestFoo."""

    def write(files):
        for name, content in {
            "tests/test_x.py": TEST.format(name="FooTests", test="test_a"),
            **files,
        }.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    write({"pyproject.toml": ""})
    return write


@pytest.fixture
def plan(tmp_path):
    def run(*paths, **options):
        return make_plan(PlanRequest(tuple(tmp_path / p for p in paths or [""]), **options), SerialExecutor())

    return run


@pytest.fixture
def after(tmp_path, plan):
    """The text of a file as the plan wants it; None if it is to stay."""

    def run(name, *paths):
        return {c.path: c.after for c in plan(*paths).changes}.get(tmp_path / name)

    return run


def said(found):
    return [(f.location.path.name, f.location.line, f.code, f.message) for f in found.findings]


CONFIGURATIONS = {
    "pytest.ini": "[pytest]\n# slow: {}\naddopts = -ra --deselect {}::test_a\n  --deselect={}\n",
    "setup.cfg": "[tool:pytest]\naddopts =\n    --deselect {}::test_a ; why\n",
    "tox.ini": "[testenv]\ncommands = pytest {{posargs}} --deselect '{}::test_a[x-1]'\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["--deselect", "{}::test_a"]  # slow\n',
    "tests/quarantine.txt": "# flaky, see issue 12\n{}::test_a\n{}\n",
    ".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n      - run: pytest {}::test_a ./{}\n",
    ".gitlab-ci.yaml": "script: [pytest, {}]\n",
    "Makefile": "slow:\n\tpytest $(OPTS) {}::test_a && echo done\n",
    "Dockerfile": 'CMD ["pytest", "{}"]\n',
    "scripts/run.sh": "pytest \"{}\" '{}'; exit\n",
    "run.bat": "pytest tests\\test_x.py{0}\r\n",
    ".test_durations": '{{"{}::test_a": 1.5}}',
    ".vscode/settings.json": '{{"python.testing.pytestArgs": ["{}"]}}\n',
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_node_ids_are_edited(tree, after, name):
    text = CONFIGURATIONS[name]
    old, new = ("::FooTests", "::TestFoo") if "{0}" in text else (OLD, NEW)
    fields = text.count("{}") or 1
    tree({name: text.format(*[old] * fields)})
    assert after(name) == text.format(*[new] * fields).encode()


@pytest.mark.parametrize(
    "text",
    [
        "tests/test_x.py::FooTestsMore::test_a",
        "tests/test_x.py::FooTest",
        "tests/test_x.py::BarTests::test_a",
        "tests/test_y.py::FooTests",
        "tests/test_x.pyc::FooTests",
        "tests/test_x.py::test_a::FooTests",
        "tests/test_x.py:FooTests",
        "FooTests in tests/test_x.py",
        "from tests/test_x.py",
    ],
)
def test_what_only_resembles_a_node_id_stays(tree, plan, text):
    tree({"slow.txt": f"{text}\n"})
    found = plan()
    assert [c.path.name for c in found.changes] == ["test_x.py"]
    assert found.findings == ()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("tests/slow.txt", "test_x.py"),
        ("tests/slow.txt", "tests/test_x.py"),
        ("tests/lists/slow.txt", "../test_x.py"),
        ("ci/slow.txt", "../tests/test_x.py"),
        ("ci/run.sh", "test_x.py"),
        ("slow.txt", "./tests//test_x.py"),
        ("slow.txt", "tests\\test_x.py"),
    ],
)
def test_a_path_from_anywhere_that_means_one_file(tree, after, name, path):
    tree({name: f"{path}::FooTests\n"})
    assert after(name) == f"{path}::TestFoo\n".encode()


@pytest.mark.parametrize("other", ["FooTests", "TestFoo"])
def test_a_path_that_may_mean_two_files(tree, plan, after, other):
    """The other class is one that is not renamed; a file without such a class cannot be meant."""
    test = TEST.format(name=other, test="test_a").replace("unittest.TestCase", "object")
    tree({"more/tests/test_x.py": test, "slow.txt": f"a\n b {OLD}\n"})
    if other == "FooTests":
        assert after("slow.txt") is None
        why = "tests/test_x.py::FooTests may name a test that has another name now"
        assert said(plan()) == [("slow.txt", 2, "STALE-NAME", why)]
    else:
        assert after("slow.txt") == f"a\n b {NEW}\n".encode()


def test_two_files_that_agree(tree, after):
    tree({"more/tests/test_x.py": TEST.format(name="FooTests", test="test_b"), "slow.txt": OLD})
    assert after("slow.txt") == NEW.encode()


@pytest.mark.parametrize("prefix", ["/app/", "$HOME/", "../elsewhere/app/"])
def test_a_path_from_outside_of_the_project(tree, plan, prefix):
    tree({"run.sh": f"pytest {prefix}{OLD}\n"})
    found = plan()
    assert [c.path.name for c in found.changes] == ["test_x.py"]
    assert [f.code for f in found.findings] == ([] if ".." in prefix else ["STALE-NAME"])


def test_a_renamed_test(tree, after):
    text = "t/test_r.py::RunTests\nt/test_r.py::RunTests::runTest\nt/test_r.py::RunTests::other\n"
    tree({"t/test_r.py": TEST.format(name="RunTests", test="runTest"), "slow.txt": text})
    assert (
        after("slow.txt")
        == b"t/test_r.py::TestRun\nt/test_r.py::TestRun::test_run\nt/test_r.py::TestRun::other\n"
    )


def test_a_class_that_another_file_imports(tree, after):
    tree({"tests/__init__.py": "", "tests/test_y.py": "from tests.test_x import FooTests\n"})
    tree({"slow.txt": "tests/test_y.py::FooTests::test_a"})
    assert after("slow.txt") == b"tests/test_y.py::TestFoo::test_a"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (f"a\r\n{OLD}\r\nb", f"a\r\n{NEW}\r\nb"),
        (f"\ufeff{OLD}\n\t \n", f"\ufeff{NEW}\n\t \n"),
        (f"caf\xe9 {OLD}\r{OLD}\x0c\n".encode("latin-1"), f"caf\xe9 {NEW}\r{NEW}\x0c\n".encode("latin-1")),
        (f"\u4e2d {OLD} \u6587 {OLD}", f"\u4e2d {NEW} \u6587 {NEW}"),
        (b"\x00\xff\xfe " + OLD.encode(), b"\x00\xff\xfe " + NEW.encode()),
    ],
    ids=["CRLF", "BOM", "latin-1", "beyond latin-1", "binary"],
)
def test_every_other_byte_stays(tree, after, before, expected):
    tree({"slow.txt": before})
    assert after("slow.txt") == (expected if isinstance(expected, bytes) else expected.encode())


def test_a_name_beyond_ascii(tree, after):
    tree({"t/test_z.py": TEST.format(name="Größe", test="test_a"), "slow.txt": "t/test_z.py::Größe\n"})
    assert after("slow.txt") == "t/test_z.py::TestGröße\n".encode()


CANNOT = {
    "README.md": (f"Run\n`pytest {OLD}`\n", 2, f"names {OLD}, which is now {NEW}"),
    "wide.txt": (f"\n{OLD}".encode("utf-16"), 2, f"names {OLD}, which is now {NEW}"),
    "tox.ini": (
        "[testenv]\ncommands = pytest -k FooTests\n",
        2,
        "-k selects by FooTests, which is now TestFoo",
    ),
    "pytest.ini": (
        '[pytest]\naddopts = -q -k "a or not FooTests"\n',
        2,
        "-k selects by FooTests, which is now TestFoo",
    ),
    "pyproject.toml": (
        '[tool.pytest.ini_options]\naddopts = [\n  "-k",\n  "FooTests",\n]\n',
        4,
        "-k selects by FooTests, which is now TestFoo",
    ),
    "Makefile": (
        "test:\n\tpython -m unittest tests.test_x.FooTests.test_a\n",
        2,
        "names tests.test_x.FooTests.test_a, whose FooTests is now TestFoo",
    ),
    "data.json": (
        '{"class": "test_x.FooTests"}',
        1,
        "names test_x.FooTests, whose FooTests is now TestFoo",
    ),
}


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_be_edited_is_pointed_at(tree, plan, name):
    content, line, message = CANNOT[name]
    tree({name: content})
    found = plan()
    assert [c.path.name for c in found.changes] == ["test_x.py"]
    assert said(found) == [(name, line, "STALE-NAME", message)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(
            "tox.ini", "[testenv]\ncommands = python -W error -m unittest discover -s tests\n", id="tox"
        ),
        pytest.param("noxfile.sh", "set -e\npython3 -m unittest -v\n", id="script"),
        pytest.param(".circleci.json", '{"run":\n["python", "-m", "unittest"]}\n', id="list"),
    ],
)
def test_a_command_that_starts_unittest_is_pointed_at(tree, plan, name, content):
    tree({name: content})
    message = "unittest no longer finds the classes that are plain"
    assert said(plan()) == [(name, 2, "STALE-RUN", message)]


@pytest.mark.parametrize(
    "expression", ["FooTes", "'ootest and not slow'", '"slow or fooT" tests/', "=footests"]
)
def test_a_part_of_a_name_that_is_gone_is_pointed_at(tree, plan, expression):
    tree({"tox.ini": f"[testenv]\ncommands = pytest -k {expression}\n"})
    (found,) = said(plan())
    assert found[:3] == ("tox.ini", 2, "STALE-NAME")
    assert found[3].endswith("a part of FooTests, which is now TestFoo")


@pytest.mark.parametrize(
    "command", ["pytest -k foo", "pytest -k slow tests/FooT", "pytest -k 'not foo'", "curl -k https://x/FooT"]
)
def test_a_part_that_a_name_still_has(tree, plan, command):
    tree({"tox.ini": f"[testenv]\ncommands = {command}\n"})
    assert said(plan()) == []


@pytest.mark.parametrize(
    "content", ["python -m unittest_xml\n", "pytest -m unittest_like\n", "x.-m unittest\n"]
)
def test_what_only_resembles_such_a_command(tree, plan, content):
    tree({"Makefile": f"test:\n\t{content}", "README.md": "Run `python -m unittest`.\n"})
    assert said(plan()) == []


@pytest.mark.parametrize("name", ["old/slow.txt", "old/names.py"])
def test_an_excluded_file_is_pointed_at(tree, plan, name):
    tree({"pyproject.toml": '[tool.reassert]\nexclude = ["old"]\n', name: f"A = '{OLD}'\n"})
    found = plan()
    assert [c.path.name for c in found.changes] == ["test_x.py"]
    assert said(found) == [(name[4:], 1, "STALE-NAME", f"names {OLD}, which is now {NEW}")]


def test_what_git_ignores_is_not_looked_at(tree, after):
    tree({".gitignore": "slow.txt\n", "slow.txt": OLD})
    assert after("slow.txt") is None


def test_only_some_paths_are_asked_for(tree, plan, tmp_path):
    """Configuration cannot be asked for; it follows wherever it is in the project."""
    tree({"tox.ini": f"commands = pytest {OLD}\n", "a/test_a.py": TEST.format(name="ATests", test="test_a")})
    tree({"slow.txt": f"a/test_a.py::ATests\n{OLD}\n"})
    found = {c.path.relative_to(tmp_path).as_posix(): c.after for c in plan("tests").changes}
    assert sorted(found) == ["slow.txt", "tests/test_x.py", "tox.ini"]
    assert found["slow.txt"] == f"a/test_a.py::ATests\n{NEW}\n".encode()


def test_a_string_of_a_python_file_that_is_not_asked_for_keeps_the_class(tree, plan):
    tree({"noxfile.py": f'def test(session):\n    session.run("pytest", "{OLD}")\n'})
    found = plan("tests")
    assert found.changes == ()
    assert [(r.code, r.reason) for r in found.refusals] == [
        ("B-NAME", "a string names FooTests: noxfile.py:2")
    ]
    assert sorted(c.path.name for c in plan().changes) == ["noxfile.py", "test_x.py"]


@pytest.mark.parametrize("options", [{"profile": 1}, {"ignore": ("testcase_to_plain_class",)}])
def test_without_a_rename_nothing_else_changes(tree, plan, options):
    tree({"slow.txt": OLD, "tox.ini": "-k FooTests"})
    found = plan(**options)
    assert [c.path.name for c in found.changes] == []
    assert found.findings == ()


def test_an_unreadable_file_is_left_alone(tree, plan, tmp_path):
    tree({"slow.txt": OLD})
    (tmp_path / "slow.cfg").mkdir()
    (tmp_path / "link.txt").symlink_to("nowhere")
    assert sorted(c.path.name for c in plan().changes) == ["slow.txt", "test_x.py"]


def test_the_patch_shows_the_lines_that_change(tree, plan, tmp_path):
    tree({"slow.txt": f"a\nb\nc\nd\n{OLD}\r\nf\ng\nh\ni\n{OLD} {OLD}::test_a"})
    (change,) = [c for c in plan().changes if c.path.name == "slow.txt"]
    assert [u.qualname for u in change.units] == [OLD, f"{OLD}::test_a"]
    assert change.blocks == ((4, 5, 4, 5), (9, 10, 9, 10))
    assert file_patch(change, tmp_path).count(b"\n+tests") == 2


def test_written_taken_back_and_stable(tree, plan, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path.parent / f"{tmp_path.name}-state"))
    tree({"tests/slow.txt": f"caf\xe9\r\n{OLD}\r\n".encode("latin-1"), "tox.ini": f"[x]\n# {OLD}\n"})
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.*") if p.is_file()}
    done = apply_plan(plan(), allow_dirty=True, command=("reassert",))
    assert len(done.written) == 3
    again = plan()
    assert (again.changes, again.findings) == ((), ())
    undo(done.run_id)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*.*") if p.is_file()} == before


GENERATED = """import unittest

from parameterized import parameterized


class FooTests(unittest.TestCase):
    @parameterized.expand([("one", 1), ("two", 2)])
    def test_a(self, name, number):
        self.assertTrue(name)

    def test_loop(self):
        for number in (1, 2):
            self.assertTrue(number)
"""


def test_generated_tests_and_loops_are_followed_to_their_cases(tree, after):
    ids = f"{OLD}::test_a_0_one\n{OLD}::test_loop\n{OLD}\n"
    settings = "[tool.reassert]\nprofile = 'idiomatic'\n"
    tree({"tests/test_x.py": GENERATED, "tests/slow.txt": ids, "pyproject.toml": settings})
    assert after("tests/slow.txt").decode() == (f"{NEW}::test_a[test_a_0_one]\n{NEW}::test_loop\n{NEW}\n")
