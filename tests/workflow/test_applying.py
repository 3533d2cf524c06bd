import subprocess

import pytest

from reassert.model.outcomes import Change, Failed, Plan, Safety
from reassert.workflow.applying import Applied, apply_plan, check_clean
from reassert.workflow.undoing import list_runs
from reassert.workflow.usage import UsageError
from reassert.workspace import writing

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return root


def files(root, count):
    paths = [root / f"test_{index:02}.py" for index in range(count)]
    for path in paths:
        path.write_bytes(b"old\n")
    return paths


def plan(root, paths, **more):
    return Plan(root, tuple(Change(path, b"old\n", b"new\n", **more) for path in paths))


def apply(planned, *, allow_dirty=False):
    return apply_plan(planned, allow_dirty=allow_dirty, command=("reassert", "migrate", "."))


def commit(root):
    subprocess.run([*GIT, "init", "-q"], cwd=root, check=True)
    subprocess.run([*GIT, "add", "-A"], cwd=root, check=True)
    subprocess.run([*GIT, "commit", "-q", "-m", "x"], cwd=root, check=True)


def test_writes_the_plan(root):
    paths = files(root, 3)
    applied = apply(plan(root, paths))
    assert applied.written == tuple(paths)
    assert applied.problems == ()
    assert [path.read_bytes() for path in paths] == [b"new\n"] * 3
    (run,) = list_runs()
    assert (run.run_id, run.root, run.files, run.undone) == (applied.run_id, root, 3, False)
    assert run.command == ("reassert", "migrate", ".")


def test_new_and_removed_files(root):
    (path,) = files(root, 1)
    apply(Plan(root, (Change(path, b"old\n", None), Change(root / "conftest.py", None, b"made\n"))))
    assert [path.name for path in root.iterdir()] == ["conftest.py"]


def test_suggestions_are_not_written(root):
    (path,) = files(root, 1)
    assert apply(plan(root, [path], safety=Safety.SUGGEST)) == Applied(None)
    assert path.read_bytes() == b"old\n"
    assert list_runs() == ()


def test_unsafe_changes_in_a_plan_are_meant(root):
    (path,) = files(root, 1)
    assert apply(plan(root, [path], safety=Safety.UNSAFE)).written == (path,)


def test_an_empty_plan(root):
    assert apply(Plan(root)) == Applied(None)
    assert list_runs() == ()


def test_a_file_that_cannot_be_written_costs_itself_alone(root):
    paths = files(root, 4)
    paths[1].write_bytes(b"mine\n")
    paths[2].chmod(0o444)
    applied = apply(plan(root, paths))
    assert applied.written == (paths[0], paths[3])
    assert applied.problems == (
        Failed(paths[1], "has changed since it was read; nothing was written to it"),
        Failed(paths[2], "is read-only"),
    )


def test_when_nothing_could_be_written_there_is_no_run(root):
    (path,) = files(root, 1)
    path.chmod(0o444)
    applied = apply(plan(root, [path]))
    assert applied == Applied(None, (), (Failed(path, "is read-only"),))
    assert list_runs() == ()


def test_two_changes_of_one_file(root):
    (path,) = files(root, 1)
    (root / "link.py").symlink_to(path)
    applied = apply(plan(root, [path, root / "link.py"]))
    assert applied.written == (path,)
    assert [failed.path for failed in applied.problems] == [root / "link.py"]


def test_clean_files_in_git_are_written(root):
    paths = files(root, 2)
    commit(root)
    assert apply(plan(root, paths)).written == tuple(paths)


def test_dirty_files_stop_everything(root):
    paths = files(root, 12)
    commit(root)
    for path in paths[1:]:
        path.write_bytes(b"old\n#\n")
    with pytest.raises(UsageError) as caught:
        apply(plan(root, paths))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("uncommitted changes in 11 of the files to be written")
    assert lines[1:] == [*(f"  test_{index:02}.py" for index in range(1, 11)), "  and 1 more"]
    assert paths[0].read_bytes() == b"old\n"
    assert list_runs() == ()


def test_the_check_for_clean_files_can_be_asked_alone(root):
    paths = files(root, 2)
    commit(root)
    check_clean(plan(root, paths))
    paths[0].write_bytes(b"old\n# mine\n")
    with pytest.raises(UsageError, match=r"uncommitted changes in 1 .*\n  test_00\.py$"):
        check_clean(plan(root, paths))
    check_clean(plan(root, paths, safety=Safety.SUGGEST))


def test_other_dirty_files_do_not_matter(root):
    paths = files(root, 2)
    commit(root)
    paths[1].write_bytes(b"mine\n")
    assert apply(plan(root, paths[:1])).written == (paths[0],)


def test_a_new_file_is_not_dirty(root):
    files(root, 1)
    commit(root)
    new = root / "conftest.py"
    assert apply(Plan(root, (Change(new, None, b""),))).written == (new,)


def test_allow_dirty(root):
    paths = files(root, 2)
    commit(root)
    for path in paths:
        path.write_bytes(b"mine\n")
    changes = tuple(Change(path, b"mine\n", b"new\n") for path in paths)
    assert apply(Plan(root, changes), allow_dirty=True).written == tuple(paths)


def test_a_broken_repository_stops_everything(root):
    paths = files(root, 1)
    commit(root)
    (root / ".git" / "index").write_bytes(b"nonsense" * 20)
    with pytest.raises(UsageError, match=r"git status fails in .*; nothing was written; --allow-dirty"):
        apply(plan(root, paths))
    assert apply(plan(root, paths), allow_dirty=True).written == tuple(paths)


def test_without_a_journal_nothing_is_written(root, state):
    (path,) = files(root, 1)
    state.write_text("in the way")
    with pytest.raises(UsageError, match="nothing was written: cannot write the journal in"):
        apply(plan(root, [path]))
    assert path.read_bytes() == b"old\n"


def test_the_journal_is_complete_before_the_first_file_is_written(root, monkeypatch):
    seen = []
    replace = writing.replace

    def spy(*args, **options):
        seen.append([run.files for run in list_runs()])
        return replace(*args, **options)

    monkeypatch.setattr(writing, "replace", spy)
    apply(plan(root, files(root, 2)))
    assert seen == [[2], [2]]
