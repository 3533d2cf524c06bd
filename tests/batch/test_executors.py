"""The pool is tried with work that does to it what real files do."""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from reassert.batch import executors
from reassert.batch.executors import LocalExecutor, PoolExecutor, SerialExecutor
from reassert.batch.sharing import Shares
from reassert.catalog import CatalogError
from reassert.model.outcomes import Failed, Unchanged
from reassert.workflow.executor import Result, Task
from reassert.workflow.work import TOO_DEEP


def tasks(*names, size=1000):
    return [Task(Path(name), size) for name in names]


def many(count, size=1000):
    return tasks(*(f"f{n}.py" for n in range(count)), size=size)


def work(task):
    """Does what the file's name says."""
    action = WORKS.get(task.path.stem)
    return action() if action else Result(Unchanged(task.path), digest=str(os.getpid()).encode())


def hang():
    while True:
        signal.pause()


def raise_(error):
    raise error


def spin():
    while True:
        pass


WORKS = {
    "crash": lambda: os._exit(3),
    "segfault": lambda: (faulthandler.disable(), os.kill(os.getpid(), signal.SIGSEGV)),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hang": hang,
    "spin": spin,
    "deep": lambda: raise_(RecursionError("maximum recursion depth exceeded")),
    "memory": lambda: raise_(MemoryError()),
    "broken": lambda: raise_(SyntaxError("invalid syntax", ("broken.py", 7, 1, ""))),
    "defect": lambda: raise_(KeyError("nodes")),
    "unpicklable": lambda: lambda: None,
}


def run(executor, given):
    return {str(task.path): result for task, result in executor.run(given)}


def failures(results):
    return {name: r.outcome.error for name, r in results.items() if isinstance(r.outcome, Failed)}


@pytest.fixture
def pool():
    with PoolExecutor(2, 60, work) as pool:
        yield pool


@pytest.fixture
def hasty():
    with PoolExecutor(2, 1, work) as pool:
        yield pool


@pytest.fixture
def serial():
    return SerialExecutor(work)


@pytest.mark.parametrize("count", [1, 2, 3, 40, 300])
def test_every_task_gets_one_result(pool, count):
    given = many(count)
    done = [task for task, _ in pool.run(given)]
    assert sorted(done, key=lambda t: t.path) == sorted(given, key=lambda t: t.path)


def test_no_tasks_give_no_results_and_no_processes(pool):
    assert list(pool.run([])) == []
    assert multiprocessing.active_children() == []


def test_the_processes_stay_for_the_next_run(pool):
    first = {r.digest for r in run(pool, many(60)).values()}
    second = {r.digest for r in run(pool, many(60)).values()}
    assert second <= first
    assert len(first) == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("crash", "the worker process ended with exit code 3 while working on this file"),
        ("segfault", "the worker process was killed by SIGSEGV while working on this file"),
        ("killed", "the worker process was killed by SIGKILL while working on this file"),
    ],
)
@pytest.mark.parametrize("place", [0, 17, 99])
def test_a_crash_costs_one_file(pool, name, reason, place):
    given = many(100)
    given.insert(place, Task(Path(f"{name}.py"), 1000))
    results = run(pool, given)
    assert failures(results) == {f"{name}.py": reason}
    assert len(results) == 101


@pytest.mark.parametrize("name", ["hang", "spin"])
def test_a_hang_costs_one_file(hasty, name):
    given = many(40)
    given.insert(20, Task(Path(f"{name}.py"), 1000))
    results = run(hasty, given)
    assert failures(results) == {f"{name}.py": "took longer than 1 s, so it was given up"}
    assert len(results) == 41


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarm to be set")
@pytest.mark.parametrize("name", ["hang", "spin"])
def test_without_processes_a_hang_costs_one_file_too(name):
    handler = signal.getsignal(signal.SIGALRM)
    executor = SerialExecutor(work, timeout=0.5)
    results = run(executor, tasks("a.py", f"{name}.py", "b.py", size=0))
    assert failures(results) == {f"{name}.py": "took longer than 0.5 s, so it was given up"}
    assert len(results) == 3
    assert signal.getsignal(signal.SIGALRM) is handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_alarm_that_somebody_else_has_set_stays():
    before = signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        run(SerialExecutor(work, timeout=0.5), many(2))
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)


def test_what_is_wrong_with_the_rules_is_raised_once_and_not_told_of_each_file():
    given = [replace(task, rules=("no_such_rule",)) for task in many(3)]
    with LocalExecutor(2) as executor, pytest.raises(CatalogError, match="no_such_rule"):
        run(executor, given)


def test_many_crashes_cost_as_many_files(pool):
    bad = [Task(Path(f"{n}") / "crash.py", 1000) for n in range(12)]
    results = run(pool, [*many(30), *bad])
    assert set(failures(results)) == {str(task.path) for task in bad}
    assert len(results) == 42


@pytest.mark.parametrize("kind", ["serial", "pool"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("deep", TOO_DEEP),
        ("memory", TOO_DEEP),
        ("broken", "syntax error: invalid syntax"),
        ("defect", "internal error, please report it: KeyError: 'nodes' at test_executors.py:"),
    ],
)
def test_what_is_raised_is_this_file_s_failure(request, kind, name, reason):
    results = run(request.getfixturevalue(kind), tasks("a.py", f"{name}.py", "b.py"))
    assert list(failures(results)) == [f"{name}.py"]
    assert failures(results)[f"{name}.py"].startswith(reason)


def test_the_line_of_a_syntax_error_is_kept(serial):
    assert run(serial, tasks("broken.py"))["broken.py"].outcome == Failed(
        Path("broken.py"), "syntax error: invalid syntax", 7
    )


def test_a_result_that_cannot_be_sent_is_a_failure(pool):
    results = run(pool, tasks("a.py", "unpicklable.py", "b.py"))
    assert list(failures(results)) == ["unpicklable.py"]


def test_workers_that_cannot_start_fail_all_files_with_the_reason(monkeypatch):
    monkeypatch.setattr("reassert.batch.crew.serve", lambda *_: os._exit(9))
    with PoolExecutor(2, 60, work) as pool:
        results = run(pool, many(50))
    assert set(failures(results).values()) == {"no worker process can be started: it ended with exit code 9"}
    assert len(results) == 50


def test_a_consumer_that_stops_leaves_no_process_behind(pool):
    results = pool.run([*many(100), *tasks("hang.py")])
    next(results)
    results.close()
    assert multiprocessing.active_children() == []


def test_an_interrupt_leaves_no_process_behind(pool):
    def interrupted():
        for _ in pool.run([*many(100), *tasks("hang.py")]):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    pool.close()
    assert multiprocessing.active_children() == []


def test_workers_end_when_their_parent_is_killed():
    """Even the one that hangs. The pipe closes when the last of the family has ended: that is waited for."""
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.close(reader)
        for task, _ in PoolExecutor(2, 60, work).run([*many(40), *tasks("hang.py", size=1)]):
            if task.path.stem == "f0":
                os.write(writer, b"x")
        os._exit(0)
    os.close(writer)
    assert os.read(reader, 1) == b"x"
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_with_a_thread_about_processes_are_spawned_and_work_the_same():
    ready, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: (ready.set(), done.wait()))
    thread.start()
    ready.wait()
    try:
        with PoolExecutor(1) as pool:
            results = run(pool, tasks("no_such_file.py"))
    finally:
        done.set()
        thread.join()
    assert failures(results) == {"no_such_file.py": "no such file or folder"}


@pytest.mark.parametrize(("size", "processes"), [(10_000, 0), (40_000, 2)])
def test_only_much_work_starts_processes(size, processes):
    with LocalExecutor(2, work=work) as executor:
        run(executor, many(20, size))
        assert len(multiprocessing.active_children()) == processes
        run(executor, many(2, 1))
        assert len(multiprocessing.active_children()) == processes
    assert multiprocessing.active_children() == []


def test_one_job_is_still_shielded():
    with LocalExecutor(1, work=work) as executor:
        results = run(executor, [*many(30, 20_000), *tasks("crash.py")])
    assert list(failures(results)) == ["crash.py"]


def test_all_cores_are_the_default(monkeypatch):
    monkeypatch.setattr(executors, "default_jobs", lambda: 7)
    assert PoolExecutor().jobs == 7
    assert PoolExecutor(3).jobs == 3


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_off_around_the_work_and_then_as_before(enabled):
    seen = []
    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        run(SerialExecutor(lambda task: seen.append(gc.isenabled()) or work(task)), many(2))
        assert seen == [False, False]
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()


def test_garbage_is_collected_now_and_then(monkeypatch):
    calls = []
    monkeypatch.setattr(gc, "collect", lambda: calls.append(1))
    run(SerialExecutor(work), many(10, 20_000_000))
    assert 3 <= len(calls) <= 5


def test_large_files_are_handed_out_first_and_portions_shrink():
    given = [Task(Path(f"{n}.py"), size) for n, size in enumerate([10, 5000, 20, 900, 30] + [100] * 100)]
    shares = Shares(given, 2)
    portions = list(iter(shares.take, []))
    assert portions[0] == [1]
    assert [number for portion in portions for number in portion] == sorted(
        range(len(given)), key=lambda n: (-given[n].size, n)
    )
    assert len(portions[-1]) < len(portions[2])
    assert max(map(len, portions)) <= 32


def test_what_is_given_back_is_handed_out_again():
    shares = Shares(many(4), 1)
    first = shares.take()
    shares.give_back(first)
    assert sorted(n for portion in iter(shares.take, []) for n in portion) == [0, 1, 2, 3]


def test_a_worker_gets_what_it_has_at_hand_before_anything_else():
    shares = Shares(many(6), 2, ["a", "b", None, "a", None, "b"])
    portions = {worker: list(iter(lambda w=worker: shares.take(w), [])) for worker in ("a",)}
    assert [n for portion in portions["a"] for n in portion] == [0, 3, 2, 4, 1, 5]


def test_what_a_worker_has_at_hand_another_does_when_nothing_else_is_left():
    shares = Shares(many(3), 2, ["a", "a", "a"])
    assert sorted(n for portion in iter(lambda: shares.take("b"), []) for n in portion) == [0, 1, 2]


def put_by(task):
    """The number of the process; the file is at hand there from then on."""
    return Result(Unchanged(task.path), digest=str(os.getpid()).encode(), at_hand=True)


def test_a_file_at_hand_goes_to_the_same_process_again():
    given = many(400)
    with PoolExecutor(2, 60, put_by) as pool:
        first = {name: r.digest for name, r in run(pool, given).items()}
        again = {task.path: next(iter(pool.run([task])))[1].digest for task in given[::40]}
    assert all(first[str(path)] == digest for path, digest in again.items())


def test_files_at_hand_of_a_process_that_died_go_to_another():
    with PoolExecutor(1, 60, put_by) as pool:
        ((_, first),) = pool.run(tasks("a.py"))
        os.kill(int(first.digest), signal.SIGKILL)
        results = run(pool, tasks("a.py", "b.py"))
        assert set(failures(results)) <= {"a.py"}
        ((_, last),) = pool.run(tasks("a.py"))
    assert last.digest != first.digest
