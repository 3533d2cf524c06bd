"""Where tasks are answered: by the cache, else by an executor."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reassert.model.outcomes import Outcome
from reassert.workflow.executor import Executor, Progress, Result, Task
from reassert.workflow.families import grouped, members_of
from reassert.workflow.survey import Target, stat_of
from reassert.workspace.cache import Cache, Known, purpose_of
from reassert.workspace.fingerprint import value_digest
from reassert.workspace.pytest_config import FILES


class Desk:
    """Answers tasks from the cache, else by the executor, and keeps what is worth keeping."""

    def __init__(self, executor: Executor, cache: Cache, progress: Progress) -> None:
        self._executor = executor
        self._cache = cache
        self._progress = progress
        self._purposes: dict[tuple[object, ...], bytes] = {}
        self._latest: tuple[tuple[object, ...], bytes] = ((), b"")  # a folder's files have the same
        self._last: dict[Path, tuple[Task, bytes]] = {}  # asked for twice: to find a result, and to keep it
        self._done = 0
        self._total = 0

    def work(self, targets: Iterable[Target]) -> dict[Path, Result]:
        """A result for every target."""
        targets = tuple(targets)
        self._total += len(targets)
        results: dict[Path, Result] = {}
        unknown = []
        for target in targets:
            known = self._known(target)
            if known is None:
                unknown.append(target.task)
            else:
                results[target.task.path] = Result(known.outcome, known.facts)
        open_tasks = grouped(unknown, [target.task for target in targets])
        self._done += len(targets) - len(unknown)
        # Nothing is said before the executor has begun: a progress bar's thread would keep it from forking.
        for task, result in self._executor.run(open_tasks) if open_tasks else ():
            for member, own in members_of(task, result):
                results[member.path] = own
                self._keep(member, own)
            self._done += max(1, len(task.members))
            self._progress(min(self._done, self._total), self._total)
        if targets and not open_tasks:
            self._progress(self._done, self._total)
        return results

    def state_of(self, targets: Iterable[Target], others: Iterable[Path], *more: object) -> bytes | None:
        """Stands for the targets, with what is done to them, other files, and ``more``; None if in motion."""
        if not self._cache.is_open:
            return None
        files = [(t.task.path, t.info, self._purpose(t.task)) for t in targets]
        files += [(path, stat_of(path), b"") for path in others]
        return self._cache.state_of(files, value_digest(*more))

    def recall(self, state: bytes, targets: Sequence[Target]) -> dict[Path, Outcome] | None:
        """The outcomes that were kept in this state."""
        files = [(t.task.path, t.info) for t in targets if t.info]
        known = self._cache.find_plan(state, files, _may_be_made)
        if known is not None:
            self._progress(len(targets), len(targets))
        return known

    def remember(self, state: bytes, targets: Iterable[Target], outcomes: Mapping[Path, Outcome]) -> None:
        """Keep the last results for ``targets``, and for files to be made, as the outcomes in this state.

        The change of a configuration is kept under the state itself: nobody else knows what it depends on.
        """
        paths = [t.task.path for t in targets]
        made = sorted(outcomes.keys() - set(paths))
        if all(map(_may_be_made, made)):
            for path in made:
                if path.name in FILES:
                    self._cache.keep(path, state, b"", Known(outcomes[path], None))
            self._cache.keep_plan(state, paths, made)

    def _known(self, target: Target) -> Known | None:
        if target.info is None:
            return None
        return self._cache.find(target.task.path, target.info, self._purpose(target.task))

    def _keep(self, task: Task, result: Result) -> None:
        if result.digest is not None:
            self._cache.keep(
                task.path, self._purpose(task), result.digest, Known(result.outcome, result.facts)
            )

    def _purpose(self, task: Task) -> bytes:
        if not self._cache.is_open:
            return b""
        key = task.rules, task.config
        if self._latest[0] != key:
            if key not in self._purposes:
                self._purposes[key] = purpose_of(*key)
            self._latest = key, self._purposes[key]
        if task.facts is None:
            return self._latest[1]
        last, purpose = self._last.get(task.path, (None, b""))
        if last is not task:
            purpose = purpose_of(self._latest[1], task.facts)
            self._last[task.path] = task, purpose
        return purpose


def _may_be_made(path: Path) -> bool:
    """Whether plans make a file, a conftest.py where there is none, or change it as it configures pytest."""
    if path.name in FILES:
        return path.parent.is_dir()
    return path.name == "conftest.py" and path.parent.is_dir() and not os.path.lexists(path)
