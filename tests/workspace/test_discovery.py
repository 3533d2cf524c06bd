import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reassert.model.outcomes import Failed
from reassert.workspace.discovery import discover, project_root


@pytest.fixture
def tree(tmp_path):
    """A project of its own, so that nothing above it counts."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    return root


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def found(root: Path, *paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    discovery = discover(
        [root / path for path in paths or (".",)], root=root, exclude=lambda _: (root, exclude)
    )
    assert discovery.failures == ()
    return [path.relative_to(root).as_posix() for path in discovery.files]


def test_python_files_in_sorted_order(tree):
    make(tree, "b.py", "a/z.py", "a-b.py", "a/stub.pyi", "a/data.txt", "a/b/.hidden.py")
    assert found(tree) == ["a-b.py", "a/b/.hidden.py", "a/z.py", "b.py"]


def test_paths_are_absolute_and_normal(tree, monkeypatch):
    make(tree, "tests/a.py")
    monkeypatch.chdir(tree / "tests")
    assert discover([Path("../tests/./a.py")], root=tree).files == (tree / "tests" / "a.py",)


@pytest.mark.parametrize(
    "name",
    [
        *(".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".eggs", "build", "dist", "site-packages"),
    ],
)
def test_default_excludes(tree, name):
    make(tree, f"sub/{name}/deep/a.py", f"{name}.py")
    assert found(tree) == [f"{name}.py"]
    assert found(tree, f"sub/{name}") == [f"sub/{name}/deep/a.py"]


def test_a_virtual_environment_of_any_name_is_left_out(tree):
    make(tree, "env/lib/a.py", "my-env/pyvenv.cfg", "my-env/lib/b.py")
    assert found(tree) == ["env/lib/a.py"]
    assert found(tree, "my-env") == ["my-env/lib/b.py"]


def test_gitignore(tree):
    make(tree, "keep.py", "gen/a.py", "gen_b.py", "sub/gen_c.py", "sub/top.py", "top.py")
    (tree / ".gitignore").write_text("# comment\n\ngen/\ngen_*.py\n/top.py\n")
    assert found(tree) == ["keep.py", "sub/top.py"]


def test_an_inner_gitignore_has_the_last_word(tree):
    make(tree, "sub/gen_a.py", "sub/gen_b.py", "sub/c.py", "c.py")
    (tree / ".gitignore").write_text("gen_*.py\n")
    (tree / "sub" / ".gitignore").write_text("!gen_a.py\n/c.py\n")
    assert found(tree) == ["c.py", "sub/gen_a.py"]


def test_gitignores_above_the_path_hold_up_to_the_repository(tree):
    make(tree.parent, "project/pkg/tests/gen_a.py", "project/pkg/tests/b.py", "project/pkg/tests/c.py")
    (tree.parent / ".gitignore").write_text("*\n")
    (tree / ".gitignore").write_text("gen_*\n")
    (tree / "pkg" / ".gitignore").write_text("tests/c.py\n")
    assert found(tree, "pkg/tests") == ["pkg/tests/b.py"]


def test_without_a_repository_gitignores_hold_within_the_root(tmp_path):
    make(tmp_path, "root/tests/a.py", "root/tests/b.py")
    (tmp_path / ".gitignore").write_text("a.py\n")
    (tmp_path / "root" / ".gitignore").write_text("b.py\n")
    assert found(tmp_path / "root", "tests") == ["tests/a.py"]


def test_a_named_path_is_taken_although_ignored(tree):
    make(tree, "gen/a.py", "gen/sub/b.py", "c.py", "script", "d.pyi")
    (tree / ".gitignore").write_text("gen/\nc.py\n")
    assert found(tree, "gen") == ["gen/a.py", "gen/sub/b.py"]
    assert found(tree, "gen/sub") == ["gen/sub/b.py"]
    assert found(tree, "c.py", "script", "d.pyi") == ["c.py", "d.pyi", "script"]
    assert found(tree, "gen/a.py", exclude=("gen",)) == ["gen/a.py"]


def test_a_broken_gitignore_line_counts_as_absent(tree):
    make(tree, "a.py", "b.py")
    (tree / ".gitignore").write_bytes(b"!\n\xff\xfe\na.py\n//\n[z-a]\n")
    assert found(tree) == ["b.py"]


def test_user_excludes(tree):
    make(tree, "tests/legacy/a.py", "legacy/b.py", "tests/c_pb2.py", "tests/d.py", "tests/keep_pb2.py")
    assert found(tree, exclude=("/legacy", "*_pb2.py", "!keep_pb2.py")) == [
        "tests/d.py",
        "tests/keep_pb2.py",
        "tests/legacy/a.py",
    ]
    assert found(tree, "tests", exclude=("tests/legacy/", "*_pb2.py")) == ["tests/d.py"]


def test_the_exclude_of_a_folder_with_a_configuration_of_its_own_counts_there(tree):
    make(
        tree,
        "a.py",
        "gen/b.py",
        "svc/pyproject.toml",
        "svc/gen/c.py",
        "svc/lib/gen/d.py",
        "data/pyproject.toml",
    )
    asked = []

    def exclude(folder):
        asked.append(folder)
        return (folder, ("/gen",)) if folder.name == "svc" else (tree, ("/a.py",))

    discovery = discover([tree], root=tree, exclude=exclude)
    assert [path.relative_to(tree).as_posix() for path in discovery.files] == ["gen/b.py", "svc/lib/gen/d.py"]
    assert asked == [tree, tree / "svc"]


def test_excludes_do_not_bring_back_what_git_ignores(tree):
    make(tree, "a.py", "b.py")
    (tree / ".gitignore").write_text("a.py\n")
    assert found(tree, exclude=("!a.py",)) == ["b.py"]


@pytest.mark.parametrize("pattern", ["!", "[z-a]"])
def test_an_invalid_exclude_is_reported(tree, pattern):
    make(tree, "a.py")
    discovery = discover([tree], root=tree, exclude=lambda _: (tree, (pattern,)))
    assert discovery.files == (tree / "a.py",)
    assert [
        failed.error.startswith("a pattern in exclude is not valid") for failed in discovery.failures
    ] == [True]


def test_missing_path(tree):
    make(tree, "a.py")
    discovery = discover([tree / "nope", tree / "a.py"], root=tree)
    assert discovery.files == (tree / "a.py",)
    assert discovery.failures == (Failed(tree / "nope", "no such file or folder"),)


def test_links_met_on_the_way_are_not_followed(tree):
    make(tree, "tests/a.py", "other/b.py")
    (tree / "tests" / "loop").symlink_to("..")
    (tree / "tests" / "self").symlink_to("self")
    (tree / "tests" / "again.py").symlink_to("a.py")
    (tree / "tests" / "folder.py").symlink_to("../other")
    (tree / "tests" / ".#a.py").symlink_to("me@here:1")
    (tree / "tests" / "other").symlink_to("../other")
    assert found(tree, "tests") == ["tests/a.py"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere.py", "is a symbolic link to nothing"),
        ("odd.py", "its symbolic links go round in a loop"),
        ("../other/b.py", "is a symbolic link to a file that is not among those asked for"),
    ],
)
def test_links_that_hide_a_file_are_reported(tree, target, reason):
    make(tree, "tests/a.py", "other/b.py")
    link = tree / "tests" / "odd.py"
    link.symlink_to(target)
    discovery = discover([tree / "tests"], root=tree)
    assert discovery.files == (tree / "tests" / "a.py",)
    assert discovery.failures == (Failed(link, reason),)


def test_named_links_are_followed(tree):
    make(tree, "other/b.py", "a.py")
    (tree / "link").symlink_to("other")
    (tree / "link.py").symlink_to("a.py")
    assert found(tree, "link", "link.py") == ["link.py", "link/b.py"]


def test_a_real_file_is_taken_once_under_its_real_name(tree):
    make(tree, "other/b.py", "a.py")
    (tree / "A").symlink_to("other")
    (tree / "0.py").symlink_to("a.py")
    assert found(tree, "A", "other", "0.py", "a.py", ".", "other/b.py") == ["a.py", "other/b.py"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [("odd", "its symbolic links go round in a loop"), ("nowhere", "is a symbolic link to nothing")],
)
def test_a_named_link_that_leads_nowhere(tree, target, reason):
    (tree / "odd").symlink_to(target)
    assert discover([tree / "odd"], root=tree).failures == (Failed(tree / "odd", reason),)


def test_a_fifo_is_not_a_file(tree):
    os.mkfifo(tree / "pipe.py")
    assert discover([tree / "pipe.py"], root=tree).failures == (
        Failed(tree / "pipe.py", "is not a regular file"),
    )
    assert discover([tree], root=tree).failures == (Failed(tree / "pipe.py", "is not a regular file"),)
    (tree / ".gitignore").write_text("pipe.py\n")
    assert found(tree) == []


def test_a_folder_that_cannot_be_listed_costs_itself(tree, monkeypatch):
    make(tree, "a.py", "secret/b.py")
    scan = os.scandir

    def guarded(path):
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    discovery = discover([tree], root=tree)
    assert discovery.files == (tree / "a.py",)
    assert discovery.failures == (Failed(tree / "secret", "permission denied"),)


def test_a_very_deep_tree(tree):
    make(tree, "d/" * 150 + "a.py")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        discovery = discover([tree], root=tree)
    finally:
        sys.setrecursionlimit(limit)
    assert discovery.files == (tree / ("d/" * 150) / "a.py",)


def test_names_that_are_not_utf8(tree):
    name = os.fsdecode(b"test_\xff.py")
    make(tree, name, "b.py")
    (tree / ".gitignore").write_text("b.py\n")
    assert found(tree) == [name]


def test_pathspec_is_imported_only_for_patterns(tree):
    make(tree, "a.py")
    code = (
        "import sys, pathlib; from reassert.workspace.discovery import discover;"
        "p = pathlib.Path(sys.argv[1]);"
        "assert len(discover([p], root=p).files) == 1; sys.exit('pathspec' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tree)], check=True, env=environment)


@pytest.mark.parametrize(
    "marker", ["pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "pytest.ini", ".git/HEAD", ".hg/x"]
)
def test_root_is_the_nearest_folder_with_a_marker(tmp_path, marker):
    make(tmp_path, "pyproject.toml", f"pkg/{marker}", "pkg/tests/unit/a.py")
    assert project_root([tmp_path / "pkg" / "tests" / "unit" / "a.py"]) == tmp_path / "pkg"
    assert project_root([tmp_path / "pkg"]) == tmp_path / "pkg"


def test_root_holds_all_paths(tmp_path):
    make(
        tmp_path, "pyproject.toml", "one/pyproject.toml", "two/setup.py", "one/a.py", "one/t/b.py", "two/c.py"
    )
    assert project_root([tmp_path / "one/a.py", tmp_path / "one/t"]) == tmp_path / "one"
    assert project_root([tmp_path / "one/a.py", tmp_path / "two/c.py"]) == tmp_path


def test_root_without_marker_is_the_common_folder(tmp_path):
    make(tmp_path, "one/a.py", "one/t/b.py")
    assert project_root([tmp_path / "one/a.py"]) == tmp_path / "one"
    assert project_root([tmp_path / "one/a.py", tmp_path / "one/t"]) == tmp_path / "one"


def test_root_of_relative_paths(tmp_path, monkeypatch):
    make(tmp_path, "setup.py", "tests/a.py")
    monkeypatch.chdir(tmp_path / "tests")
    assert project_root([Path("a.py")]) == tmp_path
    assert project_root([Path()]) == tmp_path
    assert project_root([]) == tmp_path
