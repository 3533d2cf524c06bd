import os
import subprocess
from pathlib import Path

import pytest

from reassert.workspace.git import GitError, changes_between, dirty_files

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
NAMES = ("a.py", "sub/b.py", 'sub/ c\td\n"é" -> x.py', "*.py", "-n.py")


def git(folder: Path, *words: str) -> None:
    subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x", "--allow-empty")


@pytest.fixture
def repo(tmp_path):
    root = tmp_path / "repo"
    (root / "sub").mkdir(parents=True)
    git(root, "init", "-q")
    for name in NAMES:
        (root / name).write_text("old\n")
    commit(root)
    return root


def dirty(repo: Path, *names: str) -> set[str]:
    return {os.path.relpath(path, repo) for path in dirty_files([repo / name for name in names or NAMES])}


def test_clean(repo):
    assert dirty(repo) == set()


@pytest.mark.parametrize("name", NAMES)
def test_changed(repo, name):
    (repo / name).write_text("new\n")
    assert dirty(repo) == {name}
    git(repo, "add", "-A")
    assert dirty(repo) == {name}
    assert dirty(repo, name) == {name}
    assert dirty(repo, *set(NAMES) - {name}) == set()


def test_staged_and_then_changed_back(repo):
    (repo / "a.py").write_text("new\n")
    git(repo, "add", "-A")
    (repo / "a.py").write_text("old\n")
    assert dirty(repo) == {"a.py"}


def test_renamed_and_copied(repo):
    git(repo, "mv", "a.py", "moved.py")
    (repo / "copy.py").write_text("old\n")
    git(repo, "add", "-A")
    assert dirty(repo, "moved.py", "copy.py", "sub/b.py") == {"moved.py", "copy.py"}


def test_untracked_files_cannot_be_brought_back_and_ignored_ones_are_the_users_choice(repo):
    (repo / "new").mkdir()
    (repo / "new" / "n.py").write_text("")
    (repo / "ignored.py").write_text("")
    (repo / ".gitignore").write_text("ignored.py\n")
    assert dirty(repo, "new/n.py", "ignored.py") == {"new/n.py"}


def test_user_settings_do_not_matter(repo):
    for key in ("status.showUntrackedFiles=no", "status.relativePaths=true", "status.branch=true"):
        git(repo, "config", *key.split("="))
    (repo / "n.py").write_text("")
    assert dirty(repo, "n.py", "a.py") == {"n.py"}


def test_no_commit_yet(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("")
    assert dirty(tmp_path, "a.py") == {"a.py"}


def test_a_linked_worktree(repo, tmp_path):
    git(repo, "worktree", "add", "-q", str(tmp_path / "tree"))
    (tmp_path / "tree" / "a.py").write_text("new\n")
    assert dirty(tmp_path / "tree") == {"a.py"}
    assert dirty(repo) == set()


def test_a_repository_within_another(repo):
    inner = repo / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "i.py").write_text("old\n")
    commit(inner)
    assert dirty(repo, "inner/i.py", "a.py") == set()
    (inner / "i.py").write_text("new\n")
    assert dirty(repo, "inner/i.py", "a.py") == {"inner/i.py"}


def test_a_link_is_judged_by_its_file(repo, tmp_path):
    (tmp_path / "link.py").symlink_to(repo / "a.py")
    (tmp_path / "folder").symlink_to(repo)
    (repo / "a.py").write_text("new\n")
    for path in (tmp_path / "link.py", tmp_path / "folder" / "a.py"):
        assert dirty_files([path]) == {path}


def test_two_names_of_one_dirty_file_are_both_named(repo):
    (repo / "link.py").symlink_to("a.py")
    commit(repo)
    (repo / "a.py").write_text("new\n")
    assert dirty(repo, "a.py", "link.py") == {"a.py", "link.py"}


def test_within_a_hook(repo, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    (repo / "a.py").write_text("new\n")
    assert dirty(repo) == {"a.py"}


def test_relative_paths(repo, monkeypatch):
    (repo / "sub" / "b.py").write_text("new\n")
    monkeypatch.chdir(repo / "sub")
    assert dirty_files([Path("b.py"), Path("../a.py")]) == {Path("b.py")}


def test_the_index_is_not_rewritten(repo):
    os.utime(repo / "a.py", (1, 1))
    before = (repo / ".git" / "index").read_bytes()
    assert dirty(repo) == set()
    assert (repo / ".git" / "index").read_bytes() == before


def test_no_repository(tmp_path):
    (tmp_path / "a.py").write_text("")
    (tmp_path / ".git").mkdir()
    assert dirty_files([tmp_path / "a.py"]) == set()
    assert dirty_files([]) == set()


def test_no_git(repo, monkeypatch):
    (repo / "a.py").write_text("new\n")
    monkeypatch.setenv("PATH", "")
    assert dirty(repo) == set()


def test_a_broken_repository_is_an_error(repo):
    (repo / ".git" / "index").write_bytes(b"nonsense, and long enough to be looked at by git" * 2)
    with pytest.raises(GitError, match=r"git status fails in .*repo: "):
        dirty(repo)


def test_a_revision_that_is_not_there_is_named_as_it_was_given(repo):
    with pytest.raises(GitError, match=r"^no such revision: nope$"):
        changes_between(repo, "nope", "HEAD")
