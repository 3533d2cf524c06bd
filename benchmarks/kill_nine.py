"""Kills `apply_plan` at random moments: each file must be wholly old or new, and undo restore all.

    PYTHONPATH=src python benchmarks/kill_nine.py --files 1000 --rounds 50

The tests use the same functions with fewer files, and `--die-at N`, which kills the child at its
N-th file operation.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from reassert.model.outcomes import Change, Plan
from reassert.workflow.applying import apply_plan
from reassert.workflow.undoing import list_runs, undo
from reassert.workflow.usage import UsageError

STEPS = frozenset({"open", "os.rename", "os.remove", "os.chmod", "os.chown", "os.mkdir"})
MOST_STEPS = 150


@dataclass
class Figures:
    """What the rounds showed. ``torn``, ``lost`` and ``litter`` must be zero."""

    before: int = 0
    midway: int = 0
    finished: int = 0
    torn: int = 0
    lost: int = 0
    litter: int = 0
    written: list[int] = field(default_factory=list)


def old(index: int) -> bytes:
    """The contents of a file before the run: sizes differ."""
    return b"".join(b"self.assertEqual(%d, %d)\r\n" % (index, line) for line in range(20 + index % 400))


def new(index: int) -> bytes:
    """The contents after it."""
    return old(index).replace(b"self.assertEqual(", b"assert (")


def place(folder: Path, index: int) -> Path:
    """Where a file lies."""
    return folder / f"d{index % 20}" / f"test_{index}.py"


def write_tree(folder: Path, files: int) -> None:
    """Make the tree as it is before the run."""
    for index in range(files):
        path = place(folder, index)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(old(index))


def child(folder: Path, files: int, die_at: int, *, undoing: bool) -> None:
    """Apply (or undo), and tell the parent when it begins."""
    print("ready", flush=True)
    if die_at:
        _die_at(die_at, folder.parent)
    if undoing:
        undo()
    else:
        apply(folder, files)


def apply(folder: Path, files: int) -> None:
    """The run that is killed."""
    plan = Plan(folder, tuple(Change(place(folder, i), old(i), new(i)) for i in range(files)))
    apply_plan(plan, allow_dirty=True, command=("kill_nine",))


def _die_at(step: int, within: Path) -> None:
    seen = 0

    def count(event: str, details: tuple[object, ...]) -> None:
        nonlocal seen
        if event not in STEPS or not str(details[0]).startswith(str(within)):  # imports open files, too
            return
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def start(folder: Path, state: Path, files: int, *more: str) -> subprocess.Popen[bytes]:
    """Start a child, and return when it is about to apply."""
    command = [sys.executable, __file__, "--child", str(folder), "--files", str(files), *more]
    environment = {**os.environ, "REASSERT_STATE_DIR": str(state), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    if process.stdout is not None:
        process.stdout.readline()
    return process


def finish(process: subprocess.Popen[bytes], timeout: float | None = None) -> bool:
    """Wait; after ``timeout`` seconds kill with SIGKILL. Whether the child came to its end."""
    with process:
        try:
            return process.wait(timeout) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            return False


def check(folder: Path, files: int, figures: Figures) -> None:
    """Look at every file, undo, look again, and add to ``figures``."""
    contents = [place(folder, i).read_bytes() for i in range(files)]
    changed = sum(data == new(i) for i, data in enumerate(contents))
    figures.torn += sum(data not in (old(i), new(i)) for i, data in enumerate(contents))
    figures.written.append(changed)
    figures.midway += 0 < changed < files
    figures.before += changed == 0
    if any(not run.undone for run in list_runs()):
        figures.lost += len(undo().kept)
    figures.lost += sum(place(folder, i).read_bytes() != old(i) for i in range(files))
    figures.litter += sum(1 for _ in folder.rglob("*.tmp"))


def run_rounds(folder: Path, files: int, rounds: int, seed: int) -> Figures:
    """Apply to ``files`` files ``rounds`` times, killed at a random moment each."""
    state = folder / "state"
    os.environ["REASSERT_STATE_DIR"] = str(state)
    tree = folder / "tree"
    write_tree(tree, files)
    chance = random.Random(seed)  # noqa: S311 - no secret
    figures = Figures()
    began = time.perf_counter()
    finish(start(tree, state, files))
    whole = time.perf_counter() - began
    check(tree, files, Figures())
    for _ in range(rounds):
        figures.finished += finish(start(tree, state, files), chance.uniform(0, whole))
        check(tree, files, figures)
    return figures


def die_at_each_step(folder: Path, files: int, *, undoing: bool = False) -> Figures:
    """Kill at the first file operation, at the second, and so on until the child comes to its end."""
    state = folder / "state"
    os.environ["REASSERT_STATE_DIR"] = str(state)
    tree = folder / "tree"
    write_tree(tree, files)
    figures = Figures()
    more = ("--undo",) if undoing else ()
    for step in range(1, MOST_STEPS):
        if undoing:
            apply(tree, files)
        figures.finished += finish(start(tree, state, files, "--die-at", str(step), *more))
        check(tree, files, figures)
        shutil.rmtree(state, ignore_errors=True)
        if figures.finished:
            break
    return figures


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--die-at", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--undo", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.files, given.die_at, undoing=given.undo)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        figures = run_rounds(Path(folder), given.files, given.rounds, given.seed)
    print(f"{given.files} files, {given.rounds} rounds:", figures)
    return 1 if figures.torn or figures.lost or figures.litter else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UsageError as error:
        sys.exit(str(error))
