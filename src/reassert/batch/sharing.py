"""Shares tasks out by their size, so that all workers end together."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from reassert.workflow.executor import Task

_MOST_FILES = 32
_SHARES_LEFT = 4


class Shares:
    """The tasks that wait, by number: largest first, in portions that shrink as the end comes near."""

    def __init__(self, tasks: Sequence[Task], workers: int) -> None:
        self._sizes = [task.size for task in tasks]
        self._waiting = deque(sorted(range(len(tasks)), key=lambda number: (-self._sizes[number], number)))
        self._bytes = sum(self._sizes)
        self._workers = workers

    def take(self) -> list[int]:
        """The numbers of the tasks that the next idle worker gets; empty when none is left."""
        fair = self._bytes // (self._workers * _SHARES_LEFT)
        portion: list[int] = []
        size = 0
        while self._waiting and len(portion) < _MOST_FILES and (not portion or size <= fair):
            number = self._waiting.popleft()
            portion.append(number)
            size += self._sizes[number]
        self._bytes -= size
        return portion

    def give_back(self, numbers: Sequence[int]) -> None:
        """Put tasks back that a worker did not come to."""
        self._waiting.extendleft(reversed(numbers))
        self._bytes += sum(self._sizes[number] for number in numbers)
