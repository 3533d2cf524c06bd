import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from reassert.model.outcomes import Change
from reassert.workspace.copies import CopyError, copying
from reassert.workspace.leftovers import clear_leftovers

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def facts(repo: Path) -> tuple[object, ...]:
    """What a person sees of the repository, and every file that git has about it."""
    seen = [git(repo, *words.split()) for words in ("worktree list", "status --porcelain", "branch -a")]
    return (*seen, tree(repo / ".git"))


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def names(folder: Path) -> set[str]:
    return {name for name in tree(folder) if not name.startswith(".git")}


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Copies are made in a folder of the test's own, with a register of their own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path / "state"))
    return folder


@pytest.fixture
def plain(tmp_path):
    root = tmp_path / "project"
    for name in ("a.py", "sub/b.py", "sub/__pycache__/b.pyc", ".venv/pyvenv.cfg", ".venv/lib/x.py", ".env"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n")
    return root


@pytest.fixture
def repo(plain):
    git(plain, "init", "-q")
    (plain / ".gitignore").write_text("*.so\n.venv\n__pycache__\n.env\n")
    (plain / "gone.py").write_text("")
    git(plain, "add", "-A")
    git(plain, "commit", "-q", "-m", "first")
    (plain / "ext.so").write_bytes(b"\0")
    (plain / "a.py").write_text("changed\n")
    (plain / "new.py").write_text("new\n")
    (plain / "staged.py").write_text("staged\n")
    git(plain, "add", "staged.py")
    (plain / "gone.py").unlink()
    git(plain, "status")  # refreshes the index, which would else happen at some later time
    return plain


def test_without_git_the_files_are_copied(plain, temporary):
    with copying(plain) as copy:
        assert names(copy.root) == {"a.py", "sub/b.py", ".env"}
        assert copy.root.name == "project"
        assert copy.notes == ()
        (copy.root / "a.py").write_text("other")
    assert (plain / "a.py").read_text() == "a.py\n"
    assert list(temporary.iterdir()) == []


def test_in_git_the_copy_has_the_state_of_the_working_tree(repo, temporary):
    before = facts(repo)
    with copying(repo) as copy:
        assert names(copy.root) == {".env", "a.py", "ext.so", "new.py", "staged.py", "sub/b.py"}
        assert (copy.root / "a.py").read_text() == "changed\n"
        assert git(copy.root, "status", "--porcelain") == before[1]
        assert git(copy.root, "log", "--format=%s") == "first\n"
    assert facts(repo) == before
    assert list(temporary.iterdir()) == []


def test_a_root_inside_the_repository_has_its_siblings(repo):
    with copying(repo / "sub") as copy:
        assert copy.root == copy.top / "sub"
        assert names(copy.top) == {"a.py", "staged.py", "sub/b.py"}  # what is untracked elsewhere stays there


def test_no_hook_runs(repo, tmp_path):
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        hook = repo / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
    with copying(repo), copying(repo, revision="HEAD"):
        pass
    assert not (tmp_path / "ran").exists()


def test_the_environment_of_another_git_is_not_used(repo, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    with copying(repo) as copy:
        assert copy.notes == ()
    assert not (tmp_path / "index").exists()


def test_tracked_files_in_folders_that_are_left_out_are_there(repo):
    kept = repo / "node_modules" / "kept.js"
    kept.parent.mkdir()
    kept.write_text("")
    git(repo, "add", "-f", "node_modules/kept.js")
    (kept.parent / "other.js").write_text("")
    with copying(repo) as copy:
        assert {path.name for path in (copy.root / "node_modules").iterdir()} == {"kept.js"}


def test_links_stay_within_the_copy(repo, tmp_path):
    (tmp_path / "outside").write_text("")
    (repo / "relative").symlink_to("sub/b.py")
    (repo / "absolute").symlink_to(repo / "sub")
    (repo / "sub/out").symlink_to("../../outside")
    (repo / "broken").symlink_to("nothing")
    with copying(repo) as copy:
        assert str((copy.root / "relative").readlink()) == "sub/b.py"
        assert (copy.root / "absolute").resolve() == copy.root / "sub"
        assert (copy.root / "sub/out").resolve() == tmp_path / "outside"
        assert str((copy.root / "broken").readlink()) == "nothing"


def test_what_is_no_file_is_left_out(plain, monkeypatch):
    monkeypatch.chdir(plain)  # the name of a socket must be short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with copying(plain) as copy:
            assert not {"pipe", "socket"} & {path.name for path in copy.root.iterdir()}


def test_submodules_are_copied_and_not_connected(repo, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (other / "lib.py").write_text("")
    git(other, "add", "-A")
    git(other, "commit", "-q", "-m", "x")
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "libs")
    for root in (repo, repo / "sub"):
        with copying(root) as copy:
            assert [path.name for path in (copy.top / "libs").iterdir()] == ["lib.py"]


def test_a_sparse_checkout_stays_sparse(repo):
    git(repo, "stash", "-q", "-u")
    git(repo, "sparse-checkout", "set", "--no-cone", "/sub/")
    with copying(repo) as copy:
        assert names(copy.root) == {".env", "sub/b.py"} | {"ext.so"}
        assert git(copy.root, "status", "--porcelain") == git(repo, "status", "--porcelain")


def test_from_a_linked_worktree(repo, tmp_path):
    git(repo, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    before = facts(repo)
    with copying(tmp_path / "linked") as copy:
        assert names(copy.root) == {"a.py", "gone.py", "sub/b.py"}
    assert facts(repo) == before


def test_from_a_worktree_of_a_bare_repository(repo, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare")
    git(tmp_path / "bare", "worktree", "add", "-q", str(tmp_path / "linked"))
    with copying(tmp_path / "linked") as copy:
        assert copy.notes == ()
        assert git(copy.root, "status", "--porcelain") == ""


def test_without_a_commit_it_is_copied_plainly(plain):
    git(plain, "init", "-q")
    with copying(plain) as copy:
        assert names(copy.root) == {"a.py", "sub/b.py", ".env"}
        assert copy.notes == ("copied without git: there is no commit 'HEAD'",)


def test_where_git_refuses_it_is_copied_plainly(repo):
    (repo / ".git/config").write_text("not a [configuration")
    with copying(repo) as copy:
        assert "a.py" in names(copy.root)
        assert len(copy.notes) == 1
        assert "config" in copy.notes[0]


def test_without_git_installed_it_is_copied_plainly(repo, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with copying(repo) as copy:
        assert "a.py" in names(copy.root)
        assert "git cannot be run" in copy.notes[0]
        assert not (copy.root / ".git").exists()


def test_reset_brings_back_everything(repo):
    with copying(repo) as copy:
        (copy.root / "empty").mkdir()
        (copy.root / "sub/made").write_text("")
        (copy.root / "a.py").write_text("changed in the copy")
        (copy.root / "ext.so").unlink()
        (copy.root / "new.py").unlink()
        (copy.root / "new.py").mkdir()
        (copy.root / "sub/b.py").chmod(0)
        (copy.root / "sub").chmod(0o711)
        git(copy.root, "add", "-A")
        copy.reset()
        assert names(copy.root) == {".env", "a.py", "ext.so", "new.py", "staged.py", "sub/b.py"}
        assert not (copy.root / "empty").exists()
        for name in names(copy.root):
            assert (copy.root / name).read_bytes() == (repo / name).read_bytes()
            assert (copy.root / name).stat().st_mode == (repo / name).stat().st_mode
        assert (copy.root / "sub").stat().st_mode == (repo / "sub").stat().st_mode
        assert git(copy.root, "status", "--porcelain") == git(repo, "status", "--porcelain")


def test_reset_sees_a_change_that_keeps_size_and_time(plain):
    with copying(plain) as copy:
        file = copy.root / "a.py"
        old = file.stat()
        file.write_text("b.py\n")
        os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
        copy.reset()
        assert file.read_text() == "a.py\n"


def test_reset_does_not_mix_in_what_the_user_did_meanwhile(plain):
    with copying(plain) as copy:
        (copy.root / "a.py").write_text("x")
        (plain / "a.py").write_text("edited meanwhile")
        with pytest.raises(CopyError, match=r"a\.py was changed while its copy was in use"):
            copy.reset()


def test_planned_changes_are_made_in_the_copy(repo):
    changes = [
        Change(repo / "a.py", b"changed\n", b"after\n"),
        Change(repo / "deep/er/new.py", None, b"made\n"),
        Change(repo / "new.py", b"new\n", None),
    ]
    with copying(repo) as copy:
        copy.apply(changes)
        assert (copy.root / "a.py").read_text() == "after\n"
        assert (copy.root / "deep/er/new.py").read_text() == "made\n"
        assert not (copy.root / "new.py").exists()
        copy.reset()
        assert names(copy.root) == names(repo) - {
            ".venv/pyvenv.cfg",
            ".venv/lib/x.py",
            "sub/__pycache__/b.pyc",
        }
        assert (copy.root / "a.py").read_text() == "changed\n"
    assert (repo / "a.py").read_text() == "changed\n"


def test_a_change_is_made_through_a_link_within_the_copy(plain, tmp_path):
    (plain / "link.py").symlink_to("a.py")
    (tmp_path / "way").symlink_to(plain)
    with copying(tmp_path / "way") as copy:
        copy.apply([Change(tmp_path / "way/link.py", b"a.py\n", b"after\n")])
        assert (copy.root / "a.py").read_text() == "after\n"
    assert (plain / "a.py").read_text() == "a.py\n"


@pytest.mark.parametrize("name", ["a.py", "../elsewhere.py"])
def test_a_change_that_does_not_fit_is_refused(plain, name):
    with copying(plain) as copy, pytest.raises(CopyError, match=name):
        copy.apply([Change(plain / name, b"something else\n", b"after\n")])


def test_a_revision(repo):
    git(repo, "commit", "-q", "-am", "second")
    before = facts(repo)
    with copying(repo, revision="HEAD~1") as copy:
        assert names(copy.root) == {".env", "a.py", "ext.so", "gone.py", "sub/b.py"}
        assert (copy.root / "a.py").read_text() == "a.py\n"
        (copy.root / "a.py").write_text("x")
        (copy.root / "ext.so").unlink()
        (copy.root / "gone.py").unlink()
        copy.reset()
        assert names(copy.root) == {".env", "a.py", "ext.so", "gone.py", "sub/b.py"}
        assert git(copy.root, "status", "--porcelain") == ""
    assert facts(repo) == before


@pytest.mark.parametrize("revision", ["nowhere", "--help"])
def test_a_revision_that_is_none(repo, revision):
    before = facts(repo)
    with pytest.raises(CopyError, match=revision), copying(repo, revision=revision):
        pass
    assert facts(repo) == before


def test_a_revision_without_git(plain):
    with pytest.raises(CopyError, match="not in a git repository"), copying(plain, revision="HEAD"):
        pass


def test_a_copy_that_is_in_use_is_no_leftover(plain):
    with copying(plain) as copy:
        assert clear_leftovers() == ()
        assert (copy.root / "a.py").exists()


def test_what_tests_left_without_permissions_is_removed(plain, temporary):
    with copying(plain) as copy:
        (copy.root / "sub").chmod(0)
    assert list(temporary.iterdir()) == []


PROGRAM = """
import signal, sys, time
from pathlib import Path
from reassert.workspace.copies import copying
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
signal.signal(signal.SIGHUP, signal.SIG_DFL)
print("begun", flush=True)
with copying(Path(sys.argv[1])) as copy:
    print("made", flush=True)
    (copy.root / "made by a test").write_text("")
    (copy.scratch / "x").write_text("")
    time.sleep(float(sys.argv[2]))
    copy.reset()
print("done", flush=True)
"""


def start(repo: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(repo), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(repo, temporary, tmp_path, number):
    before = facts(repo)
    with start(repo, 60) as process:
        assert process.stdout.readline() == "begun\n"
        assert process.stdout.readline() == "made\n"
        process.send_signal(number)
        assert process.wait(30) != 0
    assert facts(repo) == before
    assert list(temporary.iterdir()) == []
    assert list((tmp_path / "state/copies").iterdir()) == []


def test_after_kill_the_next_run_leaves_nothing(repo, temporary, tmp_path):
    before = facts(repo)
    dice = random.Random(4)  # noqa: S311 - moments, not secrets
    left, latest = 0, 0.08
    while latest < 10 and not (left >= 3 and latest > 0.3):
        with start(repo, 0.02) as process:
            assert process.stdout.readline() == "begun\n"
            time.sleep(dice.uniform(0, latest))
            process.kill()
        latest *= 1.12  # a slow machine is killed too early at first
        left += any(temporary.iterdir())
        clear_until_gone(tmp_path / "state/copies")
        assert facts(repo) == before
        assert list(temporary.iterdir()) == []
    assert left


def clear_until_gone(register: Path) -> None:
    """A git that was running when its parent was killed ends by itself; until then the copy is in use."""
    deadline = time.monotonic() + 20
    while clear_leftovers() or any(register.glob("*")):
        assert time.monotonic() < deadline
