"""A progress bar on standard error, for runs that take long enough to wonder."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reassert.cli.console import is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 0.4
INTERVAL = 0.1

Report = Callable[[int, int], None]


@contextmanager
def progress_bar(clock: Callable[[], float] = time.monotonic) -> Iterator[Report]:
    """Give a function to call with (done, total); it shows a bar on a terminal, and leaves no trace of it."""
    bar = _Bar(clock) if is_terminal(sys.stderr) else None
    try:
        yield bar.update if bar else _ignore
    finally:
        if bar:
            bar.close()


def _ignore(_done: int, _total: int) -> None:
    pass


class _Bar:
    """Appears after ``PATIENCE`` seconds. It has no thread: worker processes may be forked beside it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = clock() + PATIENCE
        self._shown: Progress | None = None

    def update(self, done: int, total: int) -> None:
        if self._clock() < self._next:
            return
        self._next = self._clock() + INTERVAL
        self._shown = self._shown or _start(total)
        self._shown.update(self._shown.task_ids[0], completed=done, total=total)
        self._shown.refresh()

    def close(self) -> None:
        if self._shown:
            self._shown.stop()


def _start(total: int) -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - short runs never show a bar
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = TextColumn("Reading tests"), BarColumn(), MofNCompleteColumn(), TextColumn("files")
    progress = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    progress.add_task("", total=total)
    progress.start()
    return progress
