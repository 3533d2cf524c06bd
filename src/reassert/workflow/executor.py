"""What is done to one file, as values: the task, its result, and who can run many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from reassert.model.config import RuleConfig
from reassert.model.facts import FileFacts, ScannedFacts
from reassert.model.outcomes import Outcome


@dataclass(frozen=True)
class Task:
    """One file to work on; a worker reads it and loads the rules by their ids.

    No ``rules``: the file is only scanned, and only if it contains one of ``words`` (None: in any case).
    ``members`` are the tasks of files that are worked on together; it then stands for the first of them.
    ``facts`` is None in the first pass; a file that seems to depend on one of the modules ``neighbours`` is
    then only scanned. ``size`` in bytes is only for sharing out the work.
    """

    path: Path
    size: int = 0
    rules: tuple[str, ...] = ()
    config: RuleConfig = field(default_factory=RuleConfig)
    facts: FileFacts | None = None
    words: tuple[bytes, ...] | None = None
    members: tuple[Task, ...] = ()
    neighbours: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Result:
    """What became of a task.

    ``facts`` is None if the file was not scanned. ``digest`` is that of the bytes that were read; None says
    that the result depends on more than those (a crash, a file that could not be read), so it is not kept.
    ``at_hand`` says that the worker has the parsed file ready for the next task of this path.
    """

    outcome: Outcome
    facts: ScannedFacts | None = None
    digest: bytes | None = None
    members: tuple[Result, ...] = ()
    at_hand: bool = False


Work = Callable[[Task], Result]
Progress = Callable[[int, int], None]


class Executor(Protocol):
    """Runs tasks in any order and yields each with its result; trouble with a file is a ``Failed`` result."""

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """Yield every task exactly once, as soon as it is done."""
        ...
