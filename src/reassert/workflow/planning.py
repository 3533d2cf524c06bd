"""Plans a migration in two passes over the files, answered by the cache where possible. Writes no source.

First every file is worked on as if it stood alone, and what it says of itself is gathered, also from the rest
of the project. Then ``project.link`` tells which files are related, and only those are worked on again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from reassert.catalog import rule_ids
from reassert.model.facts import FileFacts, ScannedFacts
from reassert.model.outcomes import Failed, Outcome, Plan
from reassert.workflow.assembly import assemble
from reassert.workflow.executor import Executor, Progress, Result, Task
from reassert.workflow.families import grouped, members_of, with_family_digests
from reassert.workflow.kinship import related_words
from reassert.workflow.memory import collector_off
from reassert.workflow.selection import PlanRequest, Selection
from reassert.workflow.survey import Survey, Target, others, survey
from reassert.workspace.cache import Cache, Known, purpose_of
from reassert.workspace.settings import SettingsLoader

__all__ = ["PlanRequest", "make_plan"]

Link = Callable[[Mapping[Path, ScannedFacts], Collection[Path], Mapping[Path, int]], Mapping[Path, FileFacts]]
WorkAll = Callable[[Iterable[Target]], Mapping[Path, Result]]


def make_plan(
    request: PlanRequest, executor: Executor, progress: Progress = lambda _done, _total: None
) -> Plan:
    """The plan for ``request``. ``progress`` is told how many of how many files are done; the total may grow.

    Raises UsageError and SettingsError; trouble with a file is a ``Failed`` in the plan.
    """
    loader = SettingsLoader(config_file=request.config_file, isolated=request.isolated)
    surveyed = survey(request, Selection(request, rule_ids(), loader.load))
    with collector_off(), Cache(request.cache_dir, surveyed.root) as cache:
        desk = _Desk(executor, cache, progress)
        outcomes = plan_files(surveyed, desk.work)
    return assemble(surveyed.root, outcomes, surveyed.failures)


def plan_files(
    surveyed: Survey,
    work: WorkAll,
    link: Link | None = None,
) -> dict[Path, Outcome]:
    """The two passes; ``work`` gives a result for every target."""
    first = work(surveyed.asked)
    scanned = {path: result.facts for path, result in first.items() if result.facts is not None}
    scanned.update(scan_relatives(surveyed, scanned, work))
    facts = (link or _link)(
        scanned,
        [
            t.task.path
            for t in surveyed.asked
            if t.task.rules and not isinstance(first[t.task.path].outcome, Failed)
        ],
        {target.task.path: target.task.size for target in surveyed.asked},
    )
    again = [
        _with_facts(target, facts[target.task.path]) for target in surveyed.asked if target.task.path in facts
    ]
    again = with_family_digests(again)
    second = work(again)
    return {path: result.outcome for path, result in {**first, **second}.items()}


def _link(
    scanned: Mapping[Path, ScannedFacts], asked: Collection[Path], sizes: Mapping[Path, int]
) -> Mapping[Path, FileFacts]:
    from reassert import project  # noqa: PLC0415 - keeps this module's import cheap for --help

    facts: Mapping[Path, FileFacts] = project.link(scanned, asked, sizes)
    return facts


def scan_relatives(
    surveyed: Survey,
    asked: Mapping[Path, ScannedFacts],
    work: WorkAll,
) -> dict[Path, ScannedFacts]:
    """Scan the project's other files as far as their contents may concern the ones asked for.

    What is found may itself have relatives elsewhere, so this goes on until no new name turns up.
    """
    found: dict[Path, ScannedFacts] = {}
    words = related_words(asked.values())
    rest = others(surveyed) if words != () else ()
    while rest:
        results = work([replace(target, task=replace(target.task, words=words)) for target in rest])
        new = {path: result.facts for path, result in results.items() if result.facts is not None}
        found.update(new)
        rest = tuple(target for target in rest if target.task.path not in new)
        searched, words = words, related_words(asked.values(), found.values())
        if searched is None or words == searched:
            break
    return found


def _with_facts(target: Target, facts: FileFacts) -> Target:
    return replace(target, task=replace(target.task, facts=facts))


class _Desk:
    """Answers tasks from the cache, else by the executor, and keeps what is worth keeping."""

    def __init__(self, executor: Executor, cache: Cache, progress: Progress) -> None:
        self._executor = executor
        self._cache = cache
        self._progress = progress
        self._purposes: dict[tuple[object, ...], bytes] = {}
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
        if task.facts is not None:
            return purpose_of(task.rules, task.config, task.facts)
        key = task.rules, task.config
        if key not in self._purposes:
            self._purposes[key] = purpose_of(*key)
        return self._purposes[key]
