import os

import pytest

from reassert.model.config import Profile
from reassert.model.edits import Unit
from reassert.model.outcomes import Change, Failed, Location, Refusal

PATCH = b"diff --git a/test_x.py b/test_x.py\n--- a/test_x.py\n+++ b/test_x.py\n@@ -1 +1 @@\n-old\r\n+new\r\n"


@pytest.mark.usefixtures("planned")
def test_without_a_terminal_the_diff_is_the_patch(run):
    done = run("diff", "test_x.py")
    assert (done.code, done.out) == (0, PATCH)
    assert done.err.startswith("\n1 file to change (1 file looked at)\n")


@pytest.mark.usefixtures("planned")
def test_a_patch_is_a_patch_also_in_colour(run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run("diff", "--output-format", "patch", "test_x.py").out == PATCH


@pytest.mark.usefixtures("planned")
def test_forced_colour_and_no_colour(run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    done = run("diff", "test_x.py")
    assert b"\x1b[31m-old" in done.out
    assert "\x1b[" in done.err
    monkeypatch.setenv("NO_COLOR", "1")
    done = run("diff", "test_x.py")
    assert done.out == PATCH
    assert "\x1b" not in done.err


def test_a_patch_made_in_a_folder_below_is_named_from_the_repository(run, planned, project):
    planned(changes=(Change(project / "sub" / "test_y.py", b"a\n", b"b\n"),))
    assert b"--- a/sub/test_y.py\n" in run("diff", "test_x.py").out


def test_without_a_repository_a_patch_is_named_from_the_current_folder(run, planned, project):
    (project / ".git").rmdir()
    planned(root=project / "sub", changes=(Change(project / "sub" / "test_y.py", b"a\n", b"b\n"),))
    assert b"--- a/sub/test_y.py\n" in run("diff", "test_x.py").out
    planned(root=project.parent, changes=(Change(project / "test_y.py", b"a\n", b"b\n"),))
    assert f"--- a/{project.name}/test_y.py\n".encode() in run("diff", "test_x.py").out


def test_a_link_into_a_repository_is_named_from_there(run, planned, project, tmp_path_factory):
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    (project / "sub").mkdir()
    link.symlink_to(project / "sub")
    planned(root=link, changes=(Change(link / "test_y.py", b"a\n", b"b\n"),))
    assert b"--- a/sub/test_y.py\n" in run("diff", "test_x.py").out


@pytest.mark.parametrize("typed", ["", ",", " , "])
def test_select_must_name_a_rule(run, planned, typed):
    done = run("diff", "--select", typed, "test_x.py")
    assert (done.code, done.err) == (2, "error: --select names no rule; `reassert rules` lists all\n")
    assert planned.requests == []


def test_check_tells_pending_changes_by_the_exit_code(run, planned):
    assert run("diff", "--check", "test_x.py").code == 1
    planned(changes=())
    assert run("diff", "--check", "test_x.py").code == 0


def test_stat_shows_only_the_summary(run, planned, project):
    where = Location(project / "test_x.py", 3)
    planned(refusals=(Refusal("rule", "A-EXPR", where, Unit("rule", "T"), "used as a value"),))
    done = run("diff", "--stat", "test_x.py")
    assert done.out == b""
    assert "    A-EXPR       1\n" in done.err
    assert "test_x.py:3  A-EXPR" not in done.err
    assert "test_x.py:3  A-EXPR  used as a value" in run("diff", "test_x.py").err


def test_a_failure_beside_a_success_is_no_failure(run, planned, project):
    failed = Failed(project / "bad.py", "invalid syntax", 3)
    planned(files=2, failures=(failed,))
    done = run("diff", "test_x.py")
    assert done.code == 0
    assert "bad.py:3  invalid syntax" in done.err
    planned(files=1, failures=(failed,))
    assert run("diff", "test_x.py").code == 2


@pytest.mark.usefixtures("project")
def test_the_options_reach_the_request(run, planned):
    arguments = ["--select", "a,b", "--select", "b , c", "--ignore", "d", "--profile", "asserts"]
    arguments += ["--unsafe-fixes", "--awaken"]
    run("diff", *arguments, "--config", "x.toml", "--no-cache", "--jobs", "1", "test_x.py")
    (request,) = planned.requests
    assert (request.select, request.ignore) == (("a", "b", "c"), ("d",))
    assert (request.profile, request.unsafe_fixes, request.awaken) == (Profile.ASSERTS, True, True)
    assert (str(request.config_file), request.cache_dir) == ("x.toml", None)
    assert [path.name for path in request.paths] == ["test_x.py"]


def test_what_is_not_given_is_left_to_the_configuration(run, planned):
    run("diff", "test_x.py")
    run("diff", "--no-unsafe-fixes", "--isolated", "test_x.py")
    first, second = planned.requests
    assert (first.select, first.ignore, first.profile, first.unsafe_fixes) == ((), (), None, None)
    assert (first.isolated, second.isolated) == (False, True)
    assert (first.awaken, second.awaken) == (None, None)
    assert second.unsafe_fixes is False


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
@pytest.mark.usefixtures("planned")
def test_a_number_of_jobs_must_be_one(run, jobs):
    done = run("diff", "--jobs", jobs, "test_x.py")
    assert done.code == 2
    assert "--jobs" in done.err


def test_the_cache_is_where_it_is_asked_for(run, planned, project):
    run("diff", "test_x.py")
    (project / "pyproject.toml").write_text('[tool.reassert]\ncache-dir = "kept"\n')
    run("diff", "test_x.py")
    run("diff", "--cache-dir", "typed", "test_x.py")
    places = [str(request.cache_dir) for request in planned.requests]
    assert places == [str(project / ".reassert_cache"), str(project / "kept"), "typed"]


def test_a_path_that_does_not_exist_stops_everything(run, planned):
    done = run("diff", "test_x.py", "none.py")
    assert (done.code, done.out) == (2, b"")
    assert done.err == "error: there is no such file or folder: none.py\n"
    assert planned.requests == []


@pytest.mark.parametrize("arguments", [["", "test_x.py"], ["--config", "", "test_x.py"]])
def test_an_empty_path_is_not_the_current_folder(run, planned, arguments):
    done = run("diff", *arguments)
    assert (done.code, planned.requests) == (2, [])
    assert "'' is not a path." in done.err


def test_an_unchanged_file_beside_a_path_that_is_no_file_is_success(run, project):
    os.mkfifo(project / "test_fifo.py")
    (project / "test_x.py").write_bytes(b"x = 1\n")
    assert run("diff", "test_x.py", "test_fifo.py").code == 0
    assert run("diff", "test_fifo.py").code == 2


def test_a_broken_configuration_is_named(run, project):
    (project / "pyproject.toml").write_text("[tool.reassert]\nselct = []\n")
    done = run("diff", "test_x.py")
    assert done.code == 2
    assert done.err.startswith(f"error: {project / 'pyproject.toml'}: tool.reassert.selct: unknown key")


def test_ignore_must_leave_a_rule_of_select(run, planned):
    done = run("diff", "--select", "a,b", "--ignore", "b,a,c", "test_x.py")
    assert (done.code, planned.requests) == (2, [])
    assert done.err.startswith("error: --ignore names every rule that --select names")


@pytest.mark.usefixtures("planned")
def test_config_and_isolated_contradict_each_other(run):
    done = run("diff", "--isolated", "--config", "x.toml", "test_x.py")
    assert done.code == 2
    assert "--config and --isolated contradict" in done.err


def test_paths_are_required(run):
    done = run("diff")
    assert done.code == 2
    assert "PATHS" in done.err


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--profile", "all"], "'all' is not 'asserts' or 'classes' or 'idiomatic'."),
        (["--output-format", "json"], "'json' is not 'text' or 'patch'."),
        (["--jobs", "many"], "'many' is not a number."),
        (["--jobs", "0"], "0 is less than 1."),
    ],
)
def test_a_value_that_is_not_allowed_is_explained(run, arguments, complaint):
    done = run("diff", *arguments, "test_x.py")
    assert done.code == 2
    assert complaint in done.err
