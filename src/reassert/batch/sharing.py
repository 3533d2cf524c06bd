"""Shares tasks out by their size, so that all workers end together."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence

from reassert.workflow.executor import Task

_MOST_FILES = 32
_SHARES_LEFT = 4


class Shares:
    """The tasks that wait, by number: largest first, in portions that shrink as the end comes near.

    ``homes`` name the worker that has something at hand for a task; None where it is all the same.
    """

    def __init__(self, tasks: Sequence[Task], workers: int, homes: Sequence[Hashable] = ()) -> None:
        self._sizes = [task.size for task in tasks]
        self._homes = homes or [None] * len(tasks)
        self._waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for number in sorted(range(len(tasks)), key=lambda number: (-self._sizes[number], number)):
            self._waiting[self._homes[number]].append(number)
        self._bytes = sum(self._sizes)
        self._workers = workers

    def take(self, worker: Hashable = None) -> list[int]:
        """The numbers of the tasks that an idle worker gets; empty when none is left.

        Its own come first, and those of others last: they have to start from nothing here.
        """
        fair = self._bytes // (self._workers * _SHARES_LEFT)
        portion: list[int] = []
        size = 0
        waiting = self._next(worker)
        while waiting and len(portion) < _MOST_FILES and (not portion or size <= fair):
            number = waiting.popleft()
            portion.append(number)
            size += self._sizes[number]
        self._bytes -= size
        return portion

    def has_none_for(self, worker: Hashable) -> bool:
        """Whether nothing waits that this worker has something at hand for."""
        return not self._waiting[worker]

    def _next(self, worker: Hashable) -> deque[int]:
        fullest = max(self._waiting.values(), key=len, default=deque())
        return self._waiting[worker] or self._waiting[None] or fullest

    def give_back(self, numbers: Sequence[int]) -> None:
        """Put tasks back that a worker did not come to."""
        self._waiting[None].extendleft(reversed(numbers))
        self._bytes += sum(self._sizes[number] for number in numbers)
