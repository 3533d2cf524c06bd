import importlib.util
import os
import stat
import sys
from pathlib import Path

import pytest

from reassert.model.outcomes import Change, Plan
from reassert.workflow.applying import apply_plan
from reassert.workflow.undoing import list_runs, undo
from reassert.workflow.usage import UsageError
from reassert.workspace import journal, writing

KILL_NINE = Path(__file__).parents[2] / "benchmarks" / "kill_nine.py"


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def path(root):
    path = root / "test_x.py"
    path.write_bytes(b"old\r\n\xff")
    return path


@pytest.fixture(scope="module")
def kill_nine():
    spec = importlib.util.spec_from_file_location("kill_nine", KILL_NINE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def run(root, *changes):
    applied = apply_plan(Plan(root, changes), allow_dirty=True, command=("reassert", "migrate"))
    assert applied.problems == ()
    return applied.run_id


def migrate(path, after=b"new\n"):
    return run(path.parent, Change(path, path.read_bytes(), after))


def test_puts_back_contents_and_mode(path):
    path.chmod(0o755)
    run_id = migrate(path)
    path.chmod(0o600)
    undone = undo(run_id)
    assert (undone.run_id, undone.restored, undone.kept) == (run_id, (path,), ())
    assert path.read_bytes() == b"old\r\n\xff"
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert [info.undone for info in list_runs()] == [True]


def test_a_new_file_goes_and_a_removed_one_comes_back(root, path):
    path.chmod(0o640)
    run(root, Change(path, path.read_bytes(), None), Change(root / "new.py", None, b"made"))
    assert undo(None).restored == (path, root / "new.py")
    assert [left.name for left in root.iterdir()] == ["test_x.py"]
    assert path.read_bytes() == b"old\r\n\xff"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_through_a_link_that_has_gone_since(root, path):
    link = root / "link.py"
    link.symlink_to(path)
    migrate(link)
    link.unlink()
    assert undo().restored == (link,)
    assert path.read_bytes() == b"old\r\n\xff"


def test_what_changed_since_is_kept(root, path):
    (root / "b.py").write_bytes(b"b")
    (root / "c.py").write_bytes(b"c")
    run_id = run(
        root,
        Change(path, path.read_bytes(), b"new\n"),
        Change(root / "b.py", b"b", b"B"),
        Change(root / "c.py", b"c", b"C"),
        Change(root / "new.py", None, b"made"),
    )
    path.write_bytes(b"mine\n")
    (root / "b.py").unlink()
    (root / "new.py").write_bytes(b"mine, too\n")
    undone = undo(run_id)
    assert undone.restored == (root / "c.py",)
    assert undone.kept == (
        (path, "was changed since the run"),
        (root / "b.py", "was removed since the run"),
        (root / "new.py", "was changed since the run"),
    )
    assert path.read_bytes() == b"mine\n"


def test_a_run_that_kept_files_can_be_undone_again(path):
    run_id = migrate(path)
    path.chmod(0o444)
    assert undo().kept == ((path, "is read-only"),)
    path.chmod(0o644)
    assert undo().restored == (path,)
    with pytest.raises(UsageError, match=f"run {run_id} was undone already"):
        undo(run_id)


def test_what_is_as_before_already_counts_as_restored(path):
    migrate(path)
    path.write_bytes(b"old\r\n\xff")
    assert undo().restored == (path,)


def test_a_folder_or_fifo_in_the_place_of_a_file_is_kept(path):
    migrate(path)
    path.unlink()
    os.mkfifo(path)
    assert undo().kept == ((path, "is not a regular file"),)
    path.unlink()
    path.mkdir()
    assert undo().kept == ((path, "is a folder, not a file"),)


def test_a_removed_file_whose_folder_is_gone(root):
    (root / "sub").mkdir()
    path = root / "sub" / "test_x.py"
    path.write_bytes(b"old")
    run(root, Change(path, b"old", None))
    (root / "sub").rmdir()
    assert undo().kept == ((path, "no such file or folder"),)


def test_a_damaged_original_costs_its_file_alone(root, path):
    (root / "b.py").write_bytes(b"b" * 1000)
    run(root, Change(path, path.read_bytes(), b"new\n"), Change(root / "b.py", b"b" * 1000, b"B"))
    originals = journal.load_runs()[0].folder / "originals"
    originals.write_bytes(originals.read_bytes()[:-3])
    undone = undo()
    assert undone.restored == (path,)
    assert [(kept, "is damaged" in reason) for kept, reason in undone.kept] == [(root / "b.py", True)]


def test_runs_are_undone_from_the_newest_on(path):
    first = migrate(path, b"one\n")
    second = migrate(path, b"two\n")
    assert undo().run_id == second
    assert path.read_bytes() == b"one\n"
    assert undo().run_id == first
    assert path.read_bytes() == b"old\r\n\xff"
    with pytest.raises(UsageError, match="there is no run to undo"):
        undo()


def test_an_older_run_does_not_undo_a_newer_one(path):
    first = migrate(path, b"one\n")
    migrate(path, b"two\n")
    assert undo(first).kept == ((path, "was changed since the run"),)


def test_a_run_of_another_project_is_not_undone_unasked(root, path, tmp_path):
    run_id = migrate(path)
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(UsageError, match=f"in this project; .* in {root}, .*: reassert undo {run_id}$"):
        undo(None, other)
    assert path.read_bytes() == b"new\n"
    assert undo(run_id, other).restored == (path,)


@pytest.mark.parametrize("place", [".", "..", "sub"])
def test_a_run_is_found_from_above_and_from_below(path, place):
    (path.parent / "sub").mkdir()
    migrate(path)
    assert undo(None, path.parent / place).restored == (path,)


def test_no_run_at_all():
    with pytest.raises(UsageError, match="there is no run to undo"):
        undo()
    assert list_runs() == ()


def test_an_unknown_run(path):
    migrate(path)
    with pytest.raises(UsageError, match="there is no run 'nope'"):
        undo("nope")


def test_a_run_that_is_being_written(path):
    migrate(path)
    held = journal.load_runs()[0]
    with journal.locked(held), pytest.raises(UsageError, match="by another process"):
        undo()
    assert path.read_bytes() == b"new\n"


def test_a_run_stopped_by_an_exception_can_be_undone(root, monkeypatch):
    paths = [root / f"{index}.py" for index in range(4)]
    for path in paths:
        path.write_bytes(b"old")
    replace = writing.replace

    def stop(path, *args, **options):
        if path == paths[2]:
            raise KeyboardInterrupt
        return replace(path, *args, **options)

    changes = [Change(path, b"old", b"new") for path in paths]
    with monkeypatch.context() as patch:
        patch.setattr(writing, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            run(root, *changes)
    assert [path.read_bytes() for path in paths] == [b"new", b"new", b"old", b"old"]
    assert undo().restored == tuple(paths)
    assert [path.read_bytes() for path in paths] == [b"old"] * 4


def test_killed_at_random_moments(kill_nine, tmp_path):
    figures = kill_nine.run_rounds(tmp_path, files=200, rounds=4, seed=1)
    assert (figures.torn, figures.lost, figures.litter) == (0, 0, 0)
    assert len(figures.written) == 4


@pytest.mark.parametrize("undoing", [False, True], ids=["apply", "undo"])
def test_killed_at_every_file_operation(kill_nine, tmp_path, undoing):
    figures = kill_nine.die_at_each_step(tmp_path, files=2, undoing=undoing)
    assert (figures.torn, figures.lost, figures.litter) == (0, 0, 0)
    assert set(figures.written) == {0, 1, 2}
    assert figures.finished == 1
