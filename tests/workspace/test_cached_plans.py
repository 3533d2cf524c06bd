"""Whole plans in the cache: found in the same state of the project, and in no other."""

from __future__ import annotations

import sqlite3

import pytest

from caching import BEFORE, PURPOSE, find, keep, report, rewritten
from reassert.model.outcomes import Unchanged
from reassert.workspace import store


def state(cache, path, purpose=PURPOSE):
    return cache.state_of([(path, path.stat(), purpose)])


def remembered(cache, path):
    """The outcome of a plan for one file in its present state."""
    return cache.find_plan(state(cache, path), [(path, path.stat())])


@pytest.fixture
def planned(opened, path):
    """Opens a cache that has a plan for one file."""
    with opened() as cache:
        keep(cache, path, rewritten(path))
        cache.keep_plan(state(cache, path), [path])
    return opened


def test_a_plan_is_found_in_the_same_state(planned, path):
    with planned() as cache:
        assert remembered(cache, path) == {path: rewritten(path)}


def test_files_without_anything_to_say_need_no_entry(opened, path, folder):
    with opened() as cache:
        keep(cache, path, Unchanged(path))
        cache.keep_plan(state(cache, path), [path])
    with sqlite3.connect(folder / store.NAME) as db:
        db.execute("DELETE FROM entries")
    db.close()
    with opened() as cache:
        assert remembered(cache, path) == {path: Unchanged(path)}


def test_the_state_knows_files_and_purposes(opened, path, project, clock):
    with opened() as cache:
        info = path.stat()
        one = cache.state_of([(path, info, PURPOSE)])
        assert one == state(cache, path)
        assert (
            len(
                {
                    one,
                    cache.state_of([(path, info, b"x")]),
                    cache.state_of([(project / "y.py", info, PURPOSE)]),
                }
            )
            == 3
        )
        assert cache.state_of([(path, None, PURPOSE)]) is None
        clock.now = info.st_ctime_ns
        assert state(cache, path) is None


def test_a_plan_of_another_state_is_unknown(planned, path):
    with planned() as cache:
        assert cache.find_plan(b"another", [(path, path.stat())]) is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE plans SET keys = x'00'",
        "UPDATE plans SET keys = 7",
        "UPDATE plans SET keys = x'11111111111111111111111111111111'",
        "UPDATE plans SET keys = keys || keys",
        "DELETE FROM entries",
        "UPDATE entries SET known = x'80'",
        "UPDATE entries SET after = x'80'",
    ],
)
def test_a_damaged_plan_is_unknown(planned, path, folder, sql):
    with sqlite3.connect(folder / store.NAME) as db:
        db.execute(sql)
    db.close()
    with planned() as cache:
        assert remembered(cache, path) is None


def test_a_plan_with_an_unknown_result_is_not_kept(opened, path, project):
    other = project / "test_other.py"
    other.write_bytes(BEFORE)
    with opened() as cache:
        keep(cache, path, rewritten(path))
        assert find(cache, other) is None
        cache.keep_plan(state(cache, path), [path, other])
        assert remembered(cache, path) is None


def test_a_plan_is_of_the_last_results(opened, path):
    with opened() as cache:
        keep(cache, path, rewritten(path))
        keep(cache, path, Unchanged(path, report(path)), purpose=b"second")
        cache.keep_plan(state(cache, path), [path])
        assert remembered(cache, path) == {path: Unchanged(path, report(path))}
        assert find(cache, path, b"third") is None
        cache.keep_plan(b"state", [path])
        assert cache.find_plan(b"state", [(path, path.stat())]) is None
