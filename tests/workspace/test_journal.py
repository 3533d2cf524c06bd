import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from reassert.model.outcomes import Change
from reassert.workspace import journal
from reassert.workspace.journal import JournalError


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def record(*changes: Change, written: bool = True) -> journal.Run:
    with journal.recording(("reassert", "migrate"), Path("/root"), changes) as run:
        if written:
            journal.finish(run, [change.path for change in changes])
    return run


def test_round_trip(tmp_path):
    path = tmp_path / os.fsdecode(b"test_\xff\n.py")
    path.write_bytes(b"old")
    path.chmod(0o750)
    (tmp_path / "link.py").symlink_to(path)
    run = record(
        Change(path, b"old", b"new"),
        Change(tmp_path / "new.py", None, b"made"),
        Change(tmp_path / "gone.py", b"gone", None),
        Change(tmp_path / "link.py", b"old", b"new"),
    )
    again = journal.load_run(run.run_id)
    assert again == run
    assert (again.command, again.root, again.files) == (("reassert", "migrate"), Path("/root"), 4)
    first, made, gone, linked = journal.load_entries(again)
    assert (first.path, first.mode) == (str(path), 0o750)
    assert (made.before, made.after, made.mode) == (None, journal.digest(b"made"), None)
    assert (gone.before, gone.after) == (journal.digest(b"gone"), None)
    assert (linked.path, linked.real) == (str(tmp_path / "link.py"), str(path))
    with journal.originals(again) as originals:
        assert [originals.read(entry) for entry in (first, made, gone, linked)] == [
            b"old",
            None,
            b"gone",
            b"old",
        ]


def test_equal_contents_are_kept_once(tmp_path):
    run = record(*(Change(tmp_path / f"{i}.py", b"same" * 99, b"x") for i in range(9)))
    assert len({entry.offset for entry in journal.load_entries(run)}) == 1


def test_run_ids_are_readable_and_in_the_order_of_time(tmp_path):
    ids = [record(Change(tmp_path / "a.py", b"", b"x")).run_id for _ in range(30)]
    assert ids == sorted(set(ids))
    assert [run.run_id for run in journal.load_runs()] == ids[::-1]
    assert datetime.strptime(ids[0][:15], "%Y%m%d-%H%M%S").replace(tzinfo=timezone.utc) <= datetime.now(
        timezone.utc
    )
    int(ids[0][16:], 16)


def test_the_record_is_on_the_disk_when_the_body_begins(tmp_path, monkeypatch):
    synced = []
    fsync = os.fsync

    def note(handle):
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    with journal.recording((), tmp_path, [Change(tmp_path / "a.py", b"a", b"b")]) as run:
        assert synced == ["originals", "manifest.jsonl.tmp", run.run_id, "runs"]
        assert (run.folder / "manifest.jsonl").exists()


def test_the_journal_is_private(tmp_path):
    run = record(Change(tmp_path / "a.py", b"", b"x"))
    assert run.folder.stat().st_mode & 0o077 == 0


def test_only_what_was_written_is_undone(tmp_path):
    changes = [Change(tmp_path / f"{i}.py", b"", b"x") for i in range(3)]
    with journal.recording((), tmp_path, changes) as run:
        assert len(journal.load_entries(run)) == 3
        journal.finish(run, [changes[1].path])
    assert [entry.path for entry in journal.load_entries(run)] == [str(changes[1].path)]


def test_a_run_that_wrote_nothing_is_forgotten(tmp_path):
    with journal.recording((), tmp_path, [Change(tmp_path / "a.py", b"a", b"b")]) as run:
        journal.finish(run, [])
    assert journal.load_runs() == ()
    assert not run.folder.exists()


def test_a_full_disk_at_the_end_leaves_a_run_that_counts_as_killed(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with journal.recording((), tmp_path, [Change(tmp_path / "a.py", b"a", b"b")]) as run:
        monkeypatch.setattr(os, "fsync", full)
        journal.finish(run, [tmp_path / "a.py"])
    assert len(journal.load_entries(journal.load_run(run.run_id))) == 1


def test_a_run_is_locked_while_it_is_written(tmp_path):
    change = Change(tmp_path / "a.py", b"a", b"b")
    with (
        journal.recording((), tmp_path, [change]) as run,
        pytest.raises(JournalError, match=r"by another process"),
        journal.locked(run),
    ):
        pass
    with journal.locked(run):
        pass


def test_undone(tmp_path):
    run = record(Change(tmp_path / "a.py", b"a", b"b"))
    journal.mark_undone(run)
    assert journal.load_run(run.run_id).undone


def test_old_runs_are_pruned_and_young_ones_kept(tmp_path, state):
    now = datetime.now(timezone.utc)
    ages = {days: f"{now - timedelta(days=days):%Y%m%d-%H%M%S}-0000" for days in range(100)}
    for name in ages.values():
        (state / "runs" / name).mkdir(parents=True)
    record(Change(tmp_path / "a.py", b"a", b"b"))
    left = sorted(folder.name for folder in (state / "runs").iterdir())
    assert left[:-1] == sorted(ages[days] for days in range(journal.KEEP_RUNS - 1))


def test_many_runs_of_one_day_are_all_kept(tmp_path):
    for _ in range(journal.KEEP_RUNS + 5):
        record(Change(tmp_path / "a.py", b"a", b"b"))
    assert len(journal.load_runs()) == journal.KEEP_RUNS + 5


@pytest.mark.parametrize("name", ["nope", "", "..", "../runs", "."])
def test_no_such_run(tmp_path, name):
    record(Change(tmp_path / "a.py", b"a", b"b"))
    with pytest.raises(JournalError, match=r"there is no run"):
        journal.load_run(name)


def test_a_run_killed_before_its_manifest_does_not_count(state):
    (state / "runs" / "20260101-000000-0000").mkdir(parents=True)
    (state / "runs" / "stray").write_text("")
    assert journal.load_runs() == ()


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]\n", b'{"format": 1}\n', b'{"format": 1, "command": 3}\n', b"\xff"]
)
def test_a_damaged_manifest_is_said_and_left_out_of_lists(tmp_path, damage):
    run = record(Change(tmp_path / "a.py", b"a", b"b"))
    (run.folder / "manifest.jsonl").write_bytes(damage)
    with pytest.raises(JournalError, match=r"manifest.jsonl is damaged"):
        journal.load_run(run.run_id)
    assert journal.load_runs() == ()


@pytest.mark.parametrize("damage", [b"{}\n", b'{"path": 1, "odd": 2}\n', b"nonsense\n"])
def test_a_damaged_entry(tmp_path, damage):
    run = record(Change(tmp_path / "a.py", b"a", b"b"))
    head = (run.folder / "manifest.jsonl").read_bytes().splitlines(keepends=True)[0]
    (run.folder / "manifest.jsonl").write_bytes(head + damage)
    with pytest.raises(JournalError, match=r"manifest.jsonl is damaged"):
        journal.load_entries(run)


def test_a_later_format(tmp_path):
    run = record(Change(tmp_path / "a.py", b"a", b"b"))
    (run.folder / "manifest.jsonl").write_text(json.dumps({"format": 2}) + "\n")
    with pytest.raises(JournalError, match=r"another version of reassert"):
        journal.load_run(run.run_id)


@pytest.mark.parametrize("damage", [b"", b"x" * 99])
def test_damaged_originals(tmp_path, damage):
    run = record(Change(tmp_path / "a.py", b"a" * 99, b"b"))
    (run.folder / "originals").write_bytes(damage)
    (entry,) = journal.load_entries(run)
    with journal.originals(run) as originals, pytest.raises(JournalError, match=r"is damaged"):
        originals.read(entry)


def test_no_originals(tmp_path):
    run = record(Change(tmp_path / "a.py", b"a", b"b"))
    (run.folder / "originals").unlink()
    with pytest.raises(JournalError, match=r"no such file"), journal.originals(run):
        pass


def test_a_damaged_list_of_what_was_written(tmp_path):
    run = record(Change(tmp_path / "a.py", b"a", b"b"))
    (run.folder / "written.json").write_bytes(b"[")
    with pytest.raises(JournalError, match=r"written.json cannot be read"):
        journal.load_entries(run)


def test_a_state_folder_that_cannot_be_made(tmp_path, state):
    state.write_text("in the way")
    with pytest.raises(JournalError, match=r"cannot write the journal in .*state"):
        record(Change(tmp_path / "a.py", b"a", b"b"))


def test_a_record_that_cannot_be_finished_leaves_nothing(tmp_path, monkeypatch, state):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JournalError, match=r"no space is left on the disk"):
        record(Change(tmp_path / "a.py", b"a", b"b"))
    assert list((state / "runs").iterdir()) == []
