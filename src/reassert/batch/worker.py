"""The loop of a worker process: takes portions of tasks, gives result after result, ends with its parent."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from reassert.batch.paths import send_as_text
from reassert.model.outcomes import Failed
from reassert.workflow.executor import Result, Task, Work
from reassert.workflow.memory import collector_off
from reassert.workflow.work import attempt

READY = -1
_ORPHAN_CHECK_SECONDS = 1.0

Portion = Sequence[tuple[int, Task]]


def serve(pipe: Connection, strangers: Sequence[Connection], work: Work, parent: int) -> None:
    """Answer portions on ``pipe`` until it closes; ``strangers`` are others' pipes that a fork inherited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for stranger in strangers:
        stranger.close()
    send_as_text()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        pipe.send((READY, None))
        with collector_off() as sweeper:
            while portion := pipe.recv():
                for number, task in portion:
                    _answer(pipe, number, task, attempt(work, task))
                    sweeper.worked_on(task.size)
    except (EOFError, OSError):
        return  # the parent has gone


def _answer(pipe: Connection, number: int, task: Task, result: Result) -> None:
    try:
        pipe.send((number, result))
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        pipe.send((number, Result(Failed(task.path, f"internal error, please report it: {error}"))))


def _end_with(parent: int) -> None:
    """End this process, even one that hangs, when its parent has been killed."""
    while os.getppid() == parent:
        time.sleep(_ORPHAN_CHECK_SECONDS)
    os._exit(1)
