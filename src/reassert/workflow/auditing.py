"""Looks for what a person should mend: every file by itself, then all together. Changes nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from reassert.catalog import audit_ids, rule_ids
from reassert.model.config import RuleConfig
from reassert.model.outcomes import Audited, Failed, Finding, Note, Outcome, Unchanged
from reassert.model.rules import Audit
from reassert.workflow.desk import Desk
from reassert.workflow.executor import Executor, Progress, Result, Task
from reassert.workflow.memory import collector_off
from reassert.workflow.selection import PlanRequest, Selection
from reassert.workflow.survey import survey
from reassert.workflow.work import read, union_of
from reassert.workspace.cache import Cache
from reassert.workspace.settings import SettingsLoader


def audit(
    request: PlanRequest, executor: Executor, progress: Progress = lambda _done, _total: None
) -> Audited:
    """What the audits that are asked for find in the files; ``executor`` must run ``inspect``.

    Raises UsageError and SettingsError; trouble with a file is a ``Failed`` in the result.
    """
    loader = SettingsLoader(config_file=request.config_file, isolated=request.isolated)
    selection = Selection(request, audit_ids(), loader.load, rule_ids())
    surveyed = survey(request, selection, loader.folders)
    with collector_off(), Cache(request.cache_dir, surveyed.root) as cache:
        results = Desk(executor, cache, progress).work(surveyed.asked)
    outcomes = [results[path].outcome for path in sorted(results)]
    failed = [*surveyed.failures, *(o for o in outcomes if isinstance(o, Failed))]
    config = selection.settings(surveyed.root).rules
    return Audited(
        surveyed.root,
        tuple(_findings(outcomes, config)),
        tuple(sorted(failed, key=lambda failure: (failure.path, failure.line or 0))),
        len(outcomes) + len(surveyed.failures),
    )


def _findings(outcomes: Iterable[Outcome], config: RuleConfig) -> Iterator[Finding]:
    """Those of all files by themselves, then those of all together."""
    notes: defaultdict[str, list[Note]] = defaultdict(list)
    for outcome in outcomes:
        if isinstance(outcome, Unchanged):
            yield from outcome.report.findings
            for note in outcome.report.notes:
                notes[note.rule_id].append(note)
    for each in load_audits(tuple(sorted(notes))):
        yield from each.compare(notes[each.id], config)


def inspect(task: Task) -> Result:
    """What the audits of one task say of its file; raises whatever the parser or an audit raises."""
    source, digest = read(task)
    if isinstance(source, Failed):
        return Result(source, None, digest)
    gate = _gate(task.rules)
    if not task.rules or (gate is not None and gate.search(source.data) is None):
        return Result(Unchanged(task.path), None, digest)
    from reassert import engine  # noqa: PLC0415 - a run answered by the cache needs no parser

    return Result(engine.inspect(source, load_audits(task.rules), task.config), None, digest)


@lru_cache(maxsize=64)
def load_audits(ids: tuple[str, ...]) -> tuple[Audit[Any], ...]:
    """The audits ``ids``, kept for the next file of this process; raises CatalogError."""
    from reassert import catalog  # noqa: PLC0415 - as above

    return catalog.load_audits(ids)


@lru_cache(maxsize=64)
def _gate(ids: tuple[str, ...]) -> re.Pattern[bytes] | None:
    """Find what a file must contain to be parsed for the audits ``ids``; None: anything."""
    return union_of(load_audits(ids))
