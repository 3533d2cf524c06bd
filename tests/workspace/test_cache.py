from __future__ import annotations

import os
import pickle
import sqlite3
from pathlib import Path

import pytest

from caching import AFTER, BEFORE, DAY, FACTS, MINUTE, PURPOSE, find, keep, report, rewritten
from reassert.model.config import Profile, RuleConfig
from reassert.model.edits import Unit
from reassert.model.facts import BaseFacts, FileFacts
from reassert.model.outcomes import (
    Change,
    Failed,
    Location,
    Refusal,
    Report,
    Rewritten,
    Skipped,
    Tally,
    Unchanged,
)
from reassert.workspace import store, vault
from reassert.workspace.cache import Cache, Known, purpose_of
from reassert.workspace.fingerprint import stat_mark, value_digest

OUTCOMES = {
    "rewritten": rewritten,
    "unchanged": lambda path: Unchanged(path, report(path)),
    "skipped": lambda path: Skipped(path, "generated"),
    "failed": lambda path: Failed(path, "syntax error", 7),
    "emptied": lambda path: rewritten(path, after=b""),
}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
@pytest.mark.parametrize("facts", [FACTS, None], ids=["facts", "no facts"])
def test_what_was_kept_is_found_by_the_next_run(opened, path, outcome, facts):
    with opened() as cache:
        keep(cache, path, outcome(path), facts)
    with opened() as cache:
        assert find(cache, path) == Known(outcome(path), facts)


def test_an_untouched_file_without_a_change_is_not_read(opened, path):
    with opened() as cache:
        keep(cache, path, Unchanged(path))
    info = path.stat()
    path.unlink()
    with opened() as cache:
        assert cache.find(path, info, PURPOSE) == Known(Unchanged(path), FACTS)


def test_other_contents_are_unknown_and_the_old_ones_are_known_again(filled, path):
    path.write_bytes(BEFORE + b"x = 1\n")
    with filled() as cache:
        assert find(cache, path) is None
    path.write_bytes(BEFORE)
    with filled() as cache:
        assert find(cache, path) == Known(rewritten(path), FACTS)


def test_contents_of_the_same_size_with_the_old_time_are_noticed(filled, path):
    info = path.stat()
    path.write_bytes(BEFORE.swapcase())
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    with filled() as cache:
        assert find(cache, path) is None


def test_a_fresh_checkout_is_known_by_its_contents(filled, path):
    path.unlink()
    path.write_bytes(BEFORE)
    with filled() as cache:
        assert find(cache, path) == Known(rewritten(path), FACTS)


def test_another_purpose_is_unknown(filled, path):
    with filled() as cache:
        assert find(cache, path, b"another") is None


def test_the_same_contents_elsewhere_are_unknown(filled, project):
    other = project / "test_other.py"
    other.write_bytes(BEFORE)
    with filled() as cache:
        assert find(cache, other) is None


def test_a_project_that_was_moved_is_known_with_its_new_paths(filled, project, path):
    moved = project.rename(project.with_name("moved"))
    with filled(moved) as cache:
        assert find(cache, moved / path.name) == Known(rewritten(moved / path.name), FACTS)


def test_a_file_just_written_is_not_known_by_its_mark(path):
    info = path.stat()
    latest = max(info.st_mtime_ns, info.st_ctime_ns)
    assert stat_mark(info, latest + 2 * 10**9) is None
    assert stat_mark(info, latest - MINUTE) is None
    assert stat_mark(info, latest + 2 * 10**9 + 1) is not None


def test_a_file_kept_just_after_it_was_written_is_read_again(opened, path, clock):
    clock.now = path.stat().st_ctime_ns + 1
    with opened() as cache:
        keep(cache, path, Unchanged(path))
    clock.now += MINUTE
    info = path.stat()
    data = path.read_bytes()
    with opened() as cache:
        path.unlink()
        assert cache.find(path, info, PURPOSE) is None
    path.write_bytes(data)
    with opened() as cache:
        assert find(cache, path) == Known(Unchanged(path), FACTS)


def test_a_file_that_changes_between_the_look_and_the_reading_is_unknown(filled, path):
    info = path.stat()
    path.write_bytes(BEFORE.swapcase())
    with filled() as cache:
        assert cache.find(path, info, PURPOSE) is None


@pytest.mark.parametrize("size", [0, 1, 100, 5000])
def test_a_truncated_store_is_rebuilt(filled, folder, path, size):
    database = folder / store.NAME
    database.write_bytes(database.read_bytes()[:size])
    with filled() as cache:
        keep(cache, path, rewritten(path))
    with filled() as cache:
        found = find(cache, path)
    with filled() as cache:
        assert (found or find(cache, path)) in (None, Known(rewritten(path), FACTS))
    for _ in range(2):
        with filled() as cache:
            if find(cache, path) is None:
                keep(cache, path, rewritten(path))
    with filled() as cache:
        assert find(cache, path) == Known(rewritten(path), FACTS)


@pytest.mark.parametrize("data", [b"", b"not a database, but long enough to look at" * 99, bytes(5000)])
def test_a_foreign_file_in_its_place_is_replaced(opened, folder, path, data):
    folder.mkdir()
    (folder / store.NAME).write_bytes(data)
    with opened() as cache:
        keep(cache, path, rewritten(path))
    with opened() as cache:
        assert find(cache, path) is not None


def test_every_damaged_page_is_survived_and_no_wrong_bytes_come_out(opened, folder, path):
    after = AFTER * 3000
    with opened() as cache:
        keep(cache, path, rewritten(path, after=after))
    good = (folder / store.NAME).read_bytes()
    for place in range(40, len(good), 997):
        damaged = bytearray(good)
        damaged[place] ^= 0x20
        (folder / store.NAME).write_bytes(bytes(damaged))
        with opened() as cache:
            known = find(cache, path)
        assert known is None or known.outcome.change.after == after
        for rest in folder.glob("results*"):
            rest.unlink()


def test_a_schema_of_another_version_is_replaced(opened, folder, path):
    folder.mkdir()
    with sqlite3.connect(folder / store.NAME) as db:
        db.execute("CREATE TABLE entries (other TEXT)")
    db.close()
    with opened() as cache:
        keep(cache, path, rewritten(path))
    with opened() as cache:
        assert find(cache, path) is not None


def test_a_planted_view_does_not_pass(filled, folder, path):
    with sqlite3.connect(folder / store.NAME) as db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON files BEGIN DELETE FROM entries; END")
    db.close()
    with filled() as cache:
        assert find(cache, path) is None


def replace_packed(folder, packed):
    with sqlite3.connect(folder / store.NAME) as db:
        (after,) = db.execute("SELECT after FROM entries").fetchone()
        from reassert.workspace.cache import _checksum  # noqa: PLC0415 - what an attacker would know

        db.execute("UPDATE entries SET known = ?, crc = ?", (packed, _checksum(packed, after)))
    db.close()


class Evil:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def test_a_planted_pickle_runs_nothing(filled, folder, path, tmp_path):
    target = tmp_path / "proof"
    replace_packed(folder, pickle.dumps(Evil(target)))
    with filled() as cache:
        assert find(cache, path) is None
    assert not target.exists()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(lambda path: rewritten(path.with_name("victim.py")), id="another path"),
        pytest.param(lambda path: Unchanged(path.with_name("victim.py")), id="another path, unchanged"),
    ],
)
def test_an_outcome_of_another_file_is_not_believed(filled, folder, path, value):
    for planted in (vault.pack(value(path), path), pickle.dumps(value(path))):
        replace_packed(folder, planted)
        with filled() as cache:
            assert find(cache, path) is None


def test_a_refusal_may_point_at_a_relative_in_another_file(path):
    there = Location(path.parent.parent / "base.py", 3, 1)
    value = Refusal("rule", "B-NAME", there, Unit("rule", "FooTest"), "because")
    packed = vault.pack(value, path)
    moved = path.parent.parent.with_name("elsewhere") / path.parent.name / path.name
    assert vault.unpack(packed, lambda _pid: path) == value
    assert vault.unpack(packed, lambda _pid: moved).location.path == moved.parent.parent / "base.py"


@pytest.mark.parametrize(
    "value", [None, (), (1, 2), (Tally(), None), ("x", None, None), (Change("path", b"", b""), FACTS)]
)
def test_a_planted_value_of_another_form_is_unknown(filled, folder, path, value):
    replace_packed(folder, pickle.dumps(value))
    with filled() as cache:
        assert find(cache, path) is None


def test_a_planted_new_file_is_not_believed(filled, folder, path):
    planted = Rewritten(Change(path, None, AFTER), Report())
    replace_packed(folder, vault.pack(planted, path))
    with filled() as cache:
        assert find(cache, path) is None


@pytest.mark.parametrize(
    "name",
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("reassert.model.outcomes", "Path"),
        ("reassert.model.rules", "sys"),
    ],
)
def test_only_values_of_the_model_are_loaded(name):
    packed = b"c" + "\n".join(name).encode() + b"\n."
    with pytest.raises(pickle.UnpicklingError, match="not a value of the model"):
        vault.unpack(packed, lambda _: None)


def test_a_folder_of_the_user_s_is_not_hidden_from_git(opened, folder, path):
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with opened() as cache:
        keep(cache, path, Unchanged(path))
    assert not (folder / ".gitignore").exists()
    with opened() as cache:
        assert find(cache, path) is not None


def test_two_runs_at_once_share_the_store(opened, project):
    paths = [project / f"test_{n}.py" for n in range(4)]
    for path in paths:
        path.write_bytes(BEFORE)
    with opened() as one, opened() as two:
        for cache, path in zip((one, two, one, two), paths, strict=True):
            keep(cache, path, Unchanged(path))
    with opened() as cache:
        assert [find(cache, path) for path in paths] == [Known(Unchanged(path), FACTS) for path in paths]


def test_a_store_that_is_locked_forgets_and_harms_nothing(filled, folder, path, monkeypatch):
    monkeypatch.setattr(store, "BUSY_SECONDS", 0)
    other = sqlite3.connect(folder / store.NAME)
    other.execute("BEGIN IMMEDIATE")
    with filled() as cache:
        keep(cache, path, Unchanged(path), purpose=b"second")
    other.rollback()
    other.close()
    with filled() as cache:
        assert find(cache, path) is not None
        assert find(cache, path, b"second") is None


def test_a_folder_that_cannot_be_made_is_no_trouble(project, path, clock):
    blocker = project / "file"
    blocker.write_text("")
    with Cache(blocker / "cache", project, clock) as cache:
        keep(cache, path, Unchanged(path))
        assert find(cache, path) is None


def test_no_folder_is_no_cache(project, path):
    with Cache(None, project) as cache:
        keep(cache, path, Unchanged(path))
        assert find(cache, path) is None


def test_the_folder_is_marked_as_a_cache_that_git_ignores(opened, folder):
    opened().close()
    assert (folder / ".gitignore").read_text() == "*\n"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert sorted(p.name for p in folder.iterdir()) == [".gitignore", "CACHEDIR.TAG", store.NAME]


def test_a_planted_link_is_not_written_through(opened, folder, tmp_path):
    victim = tmp_path / "victim"
    folder.mkdir()
    (folder / ".gitignore").symlink_to(victim)
    opened().close()
    assert not victim.exists()


def test_entries_not_used_for_a_month_are_dropped(filled, project, path, clock):
    other = project / "test_other.py"
    other.write_bytes(BEFORE)
    clock.now += 20 * DAY
    with filled() as cache:
        keep(cache, other, Unchanged(other))
    clock.now += 20 * DAY
    filled().close()
    with filled() as cache:
        assert find(cache, path) is None
        assert find(cache, other) is not None


def test_what_is_used_is_not_dropped(filled, path, clock):
    for _ in range(4):
        clock.now += 20 * DAY
        with filled() as cache:
            assert find(cache, path) is not None


def test_the_size_is_bounded(opened, project, clock, folder, monkeypatch):
    monkeypatch.setattr(store, "MAX_BYTES", 200_000)
    paths = [project / f"test_{n}.py" for n in range(30)]
    with opened() as cache:
        for path in paths:
            path.write_bytes(BEFORE)
            keep(cache, path, rewritten(path, after=AFTER * 2000))
    clock.now += DAY
    opened().close()
    assert (folder / store.NAME).stat().st_size < 300_000


def test_odd_names_are_kept(opened, project):
    path = project / "test_\udcff \N{SNOWMAN}.py"
    path.write_bytes(BEFORE)
    with opened() as cache:
        keep(cache, path, rewritten(path))
    with opened() as cache:
        assert find(cache, path) == Known(rewritten(path), FACTS)


def test_the_purpose_depends_on_every_value():
    facts = FileFacts({"m.Base": BaseFacts("testcase", frozenset({"a"}))}, {"T": "x.py"})
    purposes = [
        purpose_of(("a",), RuleConfig()),
        purpose_of(("a", "b"), RuleConfig()),
        purpose_of(("a",), RuleConfig(profile=Profile.ASSERTS)),
        purpose_of(("a",), RuleConfig(), FileFacts()),
        purpose_of(("a",), RuleConfig(), facts),
        purpose_of(("a",), RuleConfig(), FileFacts({"m.Base": BaseFacts("plain")}, {"T": "x.py"})),
    ]
    assert len(set(purposes)) == len(purposes)


def test_digests_of_values_do_not_depend_on_the_order_of_sets():
    names = [f"n{i}" for i in range(50)]
    assert value_digest(frozenset(names)) == value_digest(frozenset(reversed(names)))
    assert value_digest({"a": 1, "b": 2}) == value_digest({"b": 2, "a": 1})
    assert value_digest(("a", "b")) != value_digest(("b", "a"))


def test_paths_are_where_the_caller_says(path: Path):
    packed = vault.pack((rewritten(path), None), path)
    elsewhere = Path("elsewhere.py")
    assert vault.unpack(packed, lambda _: elsewhere)[0].change.path is elsewhere


def test_damaged_facts_are_unknown(filled, path, folder):
    with sqlite3.connect(folder / store.NAME) as db:
        db.execute("UPDATE entries SET said = x'80'")
    db.close()
    with filled() as cache:
        assert find(cache, path) is None
