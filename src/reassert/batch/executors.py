"""Executors: in this process, or in a pool of processes of which any may crash or hang."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING

from reassert.batch.alarm import Overdue, time_limit
from reassert.batch.sharing import Shares
from reassert.model.outcomes import Failed
from reassert.workflow.executor import Result, Task, Work
from reassert.workflow.memory import collector_off
from reassert.workflow.work import attempt, let_go, load_rules, perform

if TYPE_CHECKING:
    from reassert.batch.crew import Worker

# What the start of a pool costs is earned back by so much source.
POOL_PAYS_BYTES = 300_000
FILE_TIMEOUT_SECONDS = 60.0
_FALSE_STARTS = 3
_DYING_SECONDS = 2.0
_SLOWEST_BYTES_PER_SECOND = 50_000


def _allowance(task: Task, timeout: float) -> float:
    """How many seconds a task may take: more for many files at once."""
    return timeout + task.size / _SLOWEST_BYTES_PER_SECOND


def _too_long(timeout: float) -> str:
    return f"took longer than {timeout:g} s, so it was given up"


def default_jobs() -> int:
    """As many as there are cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class SerialExecutor:
    """One task after the other in this process: a file that takes too long is given up, a crash ends all."""

    def __init__(self, work: Work = perform, timeout: float = FILE_TIMEOUT_SECONDS) -> None:
        self._work = work
        self._timeout = timeout

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """Yield every task with its result, in the order given."""
        with collector_off() as sweeper:
            for task in tasks:
                yield task, self._result(task)
                sweeper.worked_on(task.size)

    def _result(self, task: Task) -> Result:
        try:
            with time_limit(_allowance(task, self._timeout)):
                return attempt(self._work, task)
        except Overdue:
            return Result(Failed(task.path, _too_long(self._timeout)))


class PoolExecutor(AbstractContextManager["PoolExecutor"]):
    """Worker processes under supervision; they stay for the next ``run`` until ``close``.

    A worker that dies, or takes longer than ``timeout`` seconds over a file, costs the file that it was at.
    ``work`` must be importable by name where processes are not forked.
    """

    def __init__(
        self, jobs: int | None = None, timeout: float = FILE_TIMEOUT_SECONDS, work: Work = perform
    ) -> None:
        self._jobs = jobs or default_jobs()
        self._timeout = timeout
        self._work = work
        self._workers: list[Worker] = []
        self._at_hand: dict[Path, Worker] = {}

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """Yield every task with its result, as soon as it is done. Left early, all processes are killed."""
        shift = _Shift(self, tasks)
        try:
            yield from shift.results()
        finally:
            if shift.pending:
                self.close()

    def close(self) -> None:
        """Kill the processes; safe to call again."""
        self._at_hand.clear()
        while self._workers:
            self._workers.pop().end()

    def __exit__(self, *_: object) -> None:
        self.close()

    def staff(self, count: int) -> list[Worker]:
        """All workers, after starting as many as are missing for ``count`` tasks."""
        from reassert.batch.crew import Worker  # noqa: PLC0415 - small jobs never need multiprocessing

        while len(self._workers) < min(self._jobs, count):
            self._workers.append(Worker(self._work, [worker.pipe for worker in self._workers]))
        return self._workers

    def home_of(self, task: Task) -> Worker | None:
        """The worker that has the file of ``task``, or one of its members', at hand."""
        found = (self._at_hand.get(member.path) for member in task.members or [task])
        return next((worker for worker in found if worker in self._workers), None)

    def done(self, task: Task, result: Result, worker: Worker) -> None:
        """Remember what the worker of a task has at hand now."""
        if result.at_hand:
            self._at_hand[task.path] = worker

    def dismiss(self, worker: Worker, grace: float) -> str:
        """End a worker for good and say how it ended."""
        self._workers.remove(worker)
        return worker.end(grace)

    @property
    def jobs(self) -> int:
        """How many processes there are at most."""
        return self._jobs

    @property
    def timeout(self) -> float:
        """How many seconds a file may take."""
        return self._timeout


class _Shift:
    """One run of a pool: hands out portions, gathers results, and replaces workers that are lost."""

    def __init__(self, pool: PoolExecutor, tasks: Sequence[Task]) -> None:
        self._pool = pool
        self._tasks = tasks
        self._shares = Shares(tasks, pool.jobs, [pool.home_of(task) for task in tasks])
        self._false_starts = 0
        self.pending = len(tasks)

    def results(self) -> Iterator[tuple[Task, Result]]:
        from reassert.batch.crew import wait_for  # noqa: PLC0415 - as in staff

        while self.pending:
            self._hand_out()
            busy = [worker for worker in self._pool.staff(0) if worker.owes]
            deadline = min(worker.since + self._allowance(worker) for worker in busy)
            for worker in wait_for(busy, max(0.0, deadline - time.monotonic())):
                yield from self._gather(worker)
            for worker in self._late():
                yield from self._lose(worker, 0)

    def _hand_out(self) -> None:
        for worker in sorted(self._pool.staff(self.pending), key=self._shares.has_none_for):
            if not worker.owes and (portion := self._shares.take(worker)):
                worker.give([(number, self._tasks[number]) for number in portion])

    def _gather(self, worker: Worker) -> Iterator[tuple[Task, Result]]:
        try:
            for number, result in worker.receive():
                self._pool.done(self._tasks[number], result, worker)
                yield self._done(number, result)
        except (EOFError, OSError, UnpicklingError):
            yield from self._lose(worker, _DYING_SECONDS)

    def _late(self) -> list[Worker]:
        now = time.monotonic()
        return [w for w in self._pool.staff(0) if w.owes and w.since + self._allowance(w) < now]

    def _allowance(self, worker: Worker) -> float:
        return _allowance(self._tasks[next(iter(worker.owes))], self._pool.timeout)

    def _lose(self, worker: Worker, grace: float) -> Iterator[tuple[Task, Result]]:
        """Blame the file that the worker was at; the others of its portion go to somebody else."""
        if worker not in self._pool.staff(0):
            return  # lost together with all others
        how = self._pool.dismiss(worker, grace)
        owed = list(worker.owes)
        if not worker.ready:
            self._false_starts += 1
            self._shares.give_back(owed)
            if self._false_starts >= _FALSE_STARTS:
                yield from self._give_up(f"no worker process can be started: it {how}")
        elif owed:
            self._shares.give_back(owed[1:])
            crash = f"the worker process {how} while working on this file"
            reason = crash if grace else _too_long(self._pool.timeout)
            yield self._failed(owed[0], reason)

    def _give_up(self, reason: str) -> Iterator[tuple[Task, Result]]:
        for worker in list(self._pool.staff(0)):
            self._shares.give_back(list(worker.owes))
            self._pool.dismiss(worker, 0)
        while portion := self._shares.take():
            for number in portion:
                yield self._failed(number, reason)

    def _failed(self, number: int, reason: str) -> tuple[Task, Result]:
        return self._done(number, Result(Failed(self._tasks[number].path, reason)))

    def _done(self, number: int, result: Result) -> tuple[Task, Result]:
        self.pending -= 1
        return self._tasks[number], result


class LocalExecutor(AbstractContextManager["LocalExecutor"]):
    """Serial for little work, ``jobs`` processes for more (None: all cores). Use as a context manager.

    ``prepare`` loads the rules with the given ids that ``work`` needs.
    """

    def __init__(
        self,
        jobs: int | None = None,
        timeout: float = FILE_TIMEOUT_SECONDS,
        work: Work = perform,
        prepare: Callable[[tuple[str, ...]], object] = load_rules,
    ) -> None:
        self._prepare = prepare
        self._serial = SerialExecutor(work, timeout)
        self._pool = PoolExecutor(jobs, timeout, work)
        self._started = False

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """Yield every task with its result, in any order. Raises what is wrong with the rules themselves.

        That is nothing to be told once a file; and forked processes need not load the rules again.
        """
        for rules in {task.rules for task in tasks}:
            self._prepare(rules)
        self._started = self._started or sum(task.size for task in tasks) >= POOL_PAYS_BYTES
        return (self._pool if self._started else self._serial).run(tasks)

    def close(self) -> None:
        """End the processes; safe to call again."""
        self._pool.close()
        self._started = False
        let_go()

    def __exit__(self, *_: object) -> None:
        self.close()
