"""A crew of worker processes: who works on which file, since when, and what to do when one dies or hangs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from reassert.batch.paths import send_as_text
from reassert.batch.worker import READY, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from reassert.batch.worker import Portion
    from reassert.workflow.executor import Result, Work


class Worker:
    """One process, and the numbers of the tasks it still owes, in the order it works on them."""

    def __init__(self, work: Work, strangers: Sequence[Connection]) -> None:
        send_as_text()
        context = _context()
        self.pipe, theirs = context.Pipe()
        forked = context.get_start_method() == "fork"
        inherited = (*strangers, self.pipe) if forked else ()
        self.process: BaseProcess = context.Process(
            target=serve, args=(theirs, inherited, work, os.getpid()), daemon=True
        )
        self.process.start()
        theirs.close()
        self.ready = False
        self.owes: deque[int] = deque()
        self.since = time.monotonic()

    def give(self, portion: Portion) -> None:
        """Hand over tasks; a worker that has just died is noticed later, by its pipe."""
        self.owes.extend(number for number, _ in portion)
        self.since = time.monotonic()
        with suppress(OSError):
            self.pipe.send(portion)

    def receive(self) -> Iterator[tuple[int, Result]]:
        """Whatever has arrived; raises EOFError or OSError when the process has died."""
        while self.pipe.poll():
            number, result = self.pipe.recv()
            self.since = time.monotonic()
            if number == READY:
                self.ready = True
                continue
            self.owes.remove(number)
            yield number, result

    def end(self, grace: float = 0) -> str:
        """Kill the process unless it ends by itself within ``grace`` seconds, and say how it ended."""
        self.pipe.close()
        self.process.join(grace)
        self.process.kill()
        self.process.join()
        code = self.process.exitcode
        self.process.close()
        return _cause(code)


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _context() -> Any:
    """Fork starts in a third of the time, but only a process without threads can be forked safely."""
    can_fork = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if can_fork else "spawn")


def wait_for(workers: Sequence[Worker], seconds: float) -> list[Worker]:
    """The workers that have something to say, or have died; empty when the time is over."""
    by_pipe: dict[Any, Worker] = {worker.pipe: worker for worker in workers}
    return [by_pipe[pipe] for pipe in wait(list(by_pipe), seconds)]
