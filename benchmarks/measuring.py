"""Measures whole processes, contenders taking turns, and lays the results out as Markdown."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Sample(NamedTuple):
    """One run: seconds from start to end, CPU seconds with children, MB of the largest process, a remark."""

    wall: float
    cpu: float
    rss: float
    note: str


@dataclass(frozen=True)
class Contender:
    """A command, and what is done before each run of it (not measured).

    ``rounds`` limits how often it runs (0: as often as the others). Other exit codes than ``fine``
    (empty: any) are shown in the table.
    """

    name: str
    command: Sequence[str | Path]
    prepare: Callable[[], None] = lambda: None
    rounds: int = 0
    fine: frozenset[int] = frozenset({0, 1})


def run(contender: Contender, log: Path) -> Sample:
    """Run a command to its end; what it says goes to ``log``."""
    words = [str(word) for word in contender.command]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONHASHSEED": "0"}
    with log.open("wb") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    is_fine = not contender.fine or process.returncode in contender.fine
    note = "" if is_fine else f" (exit code {process.returncode})"
    return Sample(wall, used.ru_utime + used.ru_stime, _megabytes(used.ru_maxrss), note)


def _megabytes(maxrss: int) -> float:
    return maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def compare(contenders: Sequence[Contender], rounds: int, log: Path) -> dict[str, list[Sample]]:
    """Run all contenders in turn, ``rounds`` times; every other round in the opposite order."""
    samples: dict[str, list[Sample]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            if not contender.rounds or number < contender.rounds:
                contender.prepare()
                samples[contender.name].append(run(contender, log))
                print(f"  {contender.name}: {samples[contender.name][-1]}", file=sys.stderr)
    return samples


def table(title: str, samples: dict[str, list[Sample]], baseline: str) -> str:
    """Medians, and the median over rounds of CPU time as a multiple of ``baseline``'s in that round."""
    rows = [f"### {title}", "", f"| what | wall s | CPU s | MB | CPU, as multiples of {baseline} | runs |"]
    rows.append("|---|---|---|---|---|---|")
    for name, runs in samples.items():
        ratio = median(sample.cpu / base.cpu for sample, base in zip(runs, samples[baseline], strict=False))
        wall, cpu = median(s.wall for s in runs), median(s.cpu for s in runs)
        rss = max(s.rss for s in runs)
        rows.append(
            f"| {name}{runs[-1].note} | {wall:.3f} | {cpu:.3f} | {rss:.0f} | {ratio:.2f} | {len(runs)} |"
        )
    return "\n".join([*rows, ""])


def fresh_copy(source: Path, target: Path) -> Callable[[], None]:
    """What makes ``target`` a new copy of ``source``, a folder or a file."""

    def copy() -> None:
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    return copy
