"""The garbage collector's part in the work: off around a file, called by bytes worked on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# What refers to itself waits for the collector. The engine lets go of its trees by hand, so that is little,
# and looking for it costs as much as all that is alive.
_BYTES_BETWEEN = 30_000_000
_BYTES_A_FILE = 4_000


class Sweeper:
    """Collects garbage when enough has been worked on."""

    def __init__(self) -> None:
        self._since = 0

    def worked_on(self, size: int) -> None:
        """To be called after every file."""
        self._since += size + _BYTES_A_FILE
        if self._since > _BYTES_BETWEEN:
            self._since = 0
            gc.collect()
            gc.freeze()  # files that wait for the second pass would be looked through each time


@contextmanager
def collector_off() -> Iterator[Sweeper]:
    """Switch the collector off and spare it what exists already; both as before afterwards."""
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield Sweeper()
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()
