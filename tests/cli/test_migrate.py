import subprocess
import sys

import pytest

from reassert.model.outcomes import Change, Failed, Safety
from reassert.workspace import writing

PATCH_HEAD = b"diff --git a/test_x.py b/test_x.py\n"


@pytest.fixture
def content(project):
    return (project / "test_x.py").read_bytes


def test_without_a_terminal_nothing_happens(run, planned, content):
    done = run("migrate", "test_x.py")
    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith("error: there is no terminal to ask on, so nothing was written")
    assert planned.requests == []
    assert content() == b"old\r\n"


@pytest.mark.usefixtures("planned")
def test_yes_writes_and_says_how_to_undo(run, content):
    done = run("migrate", "--yes", "--allow-dirty", "test_x.py")
    assert done.code == 0
    assert done.out.startswith(PATCH_HEAD)
    assert content() == b"new\r\n"
    *_, last = done.err.splitlines()
    sentence, _, run_id = last.rpartition(" ")
    assert sentence == "Changed 1 file. To take it back: reassert undo"
    undone = run("undo", run_id)
    assert (undone.code, undone.err) == (0, f"Put back 1 file of run {run_id}.\n")
    assert content() == b"old\r\n"


@pytest.mark.parametrize(("typed", "code", "after"), [("y\n", 0, b"new\r\n"), ("Yes\n", 0, b"new\r\n")])
@pytest.mark.usefixtures("planned")
def test_the_answer_yes_writes(run, content, terminal, typed, code, after):
    terminal(typed)
    done = run("migrate", "--allow-dirty", "test_x.py")
    assert (done.code, content()) == (code, after)
    assert "Apply these changes to 1 file? [y/N]" in done.err


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "yep\n"])
@pytest.mark.usefixtures("planned")
def test_any_other_answer_writes_nothing(run, content, terminal, typed):
    terminal(typed)
    done = run("migrate", "--allow-dirty", "test_x.py")
    assert (done.code, content()) == (1, b"old\r\n")
    assert done.err.endswith("Nothing was written.\n")


def test_nothing_to_do_asks_nothing(run, planned, terminal):
    planned(changes=())
    terminal("")
    done = run("migrate", "test_x.py")
    assert done.code == 0
    assert "?" not in done.err


def test_suggestions_are_shown_and_not_written(run, planned, project, content):
    planned(changes=(Change(project / "test_x.py", b"old\r\n", b"new\r\n", safety=Safety.SUGGEST),))
    done = run("migrate", "--yes", "test_x.py")
    assert done.code == 0
    assert done.out.startswith(PATCH_HEAD)
    assert content() == b"old\r\n"


def test_every_file_failed(run, planned, project):
    planned(changes=(), failures=(Failed(project / "test_x.py", "invalid syntax", 1),))
    done = run("migrate", "--yes", "test_x.py")
    assert done.code == 2
    assert "test_x.py:1  invalid syntax" in done.err


@pytest.mark.usefixtures("planned")
def test_uncommitted_changes_stop_it(run, project, content):
    (project / ".git").rmdir()
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    done = run("migrate", "--yes", "test_x.py")
    assert done.code == 2
    assert "--allow-dirty" in done.err
    assert content() == b"old\r\n"


@pytest.mark.usefixtures("planned")
def test_uncommitted_changes_stop_it_before_the_question(run, project, content, terminal):
    (project / ".git").rmdir()
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    terminal("y\n")
    done = run("migrate", "test_x.py")
    assert (done.code, content()) == (2, b"old\r\n")
    assert "uncommitted changes in 1 of the files" in done.err
    assert "[y/N]" not in done.err


@pytest.mark.usefixtures("planned")
def test_an_interrupt_at_the_question_ends_its_line(run, content, terminal, monkeypatch):
    class Interrupted:
        @staticmethod
        def readline():
            raise KeyboardInterrupt

    terminal("")
    monkeypatch.setattr(sys, "stdin", Interrupted)
    done = run("migrate", "--allow-dirty", "test_x.py")
    assert (done.code, content()) == (130, b"old\r\n")
    assert done.err.endswith("[y/N] \n")


@pytest.mark.usefixtures("planned")
def test_an_interrupt_while_writing_says_how_to_undo(run, content, monkeypatch):
    def interrupt(_written):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(writing, "sync_folders", interrupt)
        done = run("migrate", "--yes", "--allow-dirty", "test_x.py")
    assert (done.code, content()) == (130, b"new\r\n")
    assert "To take them back: reassert undo" in done.err
    assert run("undo").code == 0
    assert content() == b"old\r\n"


@pytest.mark.usefixtures("planned")
def test_a_file_that_changed_meanwhile_is_not_written(run, project):
    (project / "test_x.py").write_bytes(b"other\n")
    done = run("migrate", "--yes", "--allow-dirty", "test_x.py")
    assert done.code == 2
    assert "not written: test_x.py: " in done.err
    assert done.err.endswith("Nothing was written.\n")
    assert (project / "test_x.py").read_bytes() == b"other\n"


def test_what_could_be_written_is(run, planned, project, content):
    (project / "test_y.py").write_bytes(b"other\n")
    planned(
        changes=(
            Change(project / "test_x.py", b"old\r\n", b"new\r\n"),
            Change(project / "test_y.py", b"old\n", b"new\n"),
        )
    )
    done = run("migrate", "--yes", "--allow-dirty", "test_x.py")
    assert done.code == 1
    assert "not written: test_y.py: " in done.err
    assert "Changed 1 file." in done.err
    assert content() == b"new\r\n"


def test_files_beyond_the_given_ones_are_told_before_the_question(run, planned, terminal, project):
    changes = tuple(Change(project / f"test_{n}.py", b"old\r\n", b"new\r\n") for n in "xy")
    planned(changes=changes, connected=(project / "test_y.py",))
    terminal("n\n")
    done = run("migrate", "--allow-dirty", "test_x.py")
    said, _, asked = done.err.partition("Apply these changes to")
    assert "1 more file changes with those given (test classes or pytest connect them)\n  test_y.py\n" in said
    assert asked.startswith(" 2 files, 1 of them beyond the given paths? [y/N]")


@pytest.mark.parametrize(
    ("options", "only_given"), [((), None), (("--only-given",), True), (("--with-connected",), False)]
)
def test_whether_other_files_may_change_is_passed_on(run, planned, options, only_given):
    planned(changes=())
    run("migrate", "--yes", *options, "test_x.py")
    assert planned.requests[-1].only_given is only_given
