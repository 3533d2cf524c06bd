"""Plans a migration in two passes over the files, answered by the cache where possible. Writes no source.

First every file is worked on as if it stood alone, and what it says of itself is gathered, also from the rest
of the project. Then ``project.link`` tells which files are related, and only those are worked on again; with
them the files that were not asked for and cannot stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reassert.catalog import audit_ids, rule_ids
from reassert.model.config import Profile
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Deferred, Failed, Outcome, Plan, Report, Rewritten, Unchanged
from reassert.workflow.again import Passed
from reassert.workflow.assembly import assemble
from reassert.workflow.auto_mode import with_auto_mode
from reassert.workflow.dependencies import with_dependencies
from reassert.workflow.desk import Desk
from reassert.workflow.executor import Executor, Progress, Result
from reassert.workflow.families import with_family_digests
from reassert.workflow.memory import collector_off
from reassert.workflow.mentions import follow_mentions
from reassert.workflow.recalling import state_of
from reassert.workflow.registering import with_registrations
from reassert.workflow.relatives import CANNOT_BE_PARSED, NO_RULE, Relatives, WorkAll, find_relatives
from reassert.workflow.selection import PlanRequest, Selection
from reassert.workflow.survey import Survey, Target, forgiving, survey
from reassert.workspace.cache import Cache
from reassert.workspace.discovery import is_python
from reassert.workspace.settings import SettingsLoader

if TYPE_CHECKING:
    from reassert.project import Index

__all__ = ["PlanRequest", "make_plan"]

# Two files may depend on one another.
_ALONE = 2


def make_plan(
    request: PlanRequest, executor: Executor, progress: Progress = lambda _done, _total: None
) -> Plan:
    """The plan for ``request``. ``progress`` is told how many of how many files are done; the total may grow.

    Raises UsageError and SettingsError; trouble with a file is a ``Failed`` in the plan.
    """
    loader = SettingsLoader(config_file=request.config_file, isolated=request.isolated)
    selection = Selection(request, rule_ids(), loader.load, audit_ids())
    surveyed = survey(request, selection, loader.folders)
    with collector_off(), Cache(request.cache_dir, surveyed.root) as cache:
        desk = Desk(executor, cache, progress)
        outcomes = _recalled(surveyed, selection, desk)
    failures = (*surveyed.failures, *selection.problems())
    plan = assemble(surveyed.root, outcomes, failures, _meant(surveyed, outcomes))
    plan = follow_mentions(plan, forgiving(surveyed.exclude), surveyed.folders)
    if request.isolated:
        return plan
    return with_dependencies(plan, loader.declared, add=request.add_dependencies)


def _meant(surveyed: Survey, outcomes: Collection[Path]) -> set[Path]:
    """The files that were asked for; who asks for a whole project means its configuration, too."""
    configurations = [path for path in outcomes if not is_python(path.name)] if surveyed.whole else ()
    return {target.task.path for target in surveyed.asked}.union(configurations)


def _recalled(surveyed: Survey, selection: Selection, desk: Desk) -> dict[Path, Outcome]:
    """The outcomes as of the last time, if nothing has changed since that they may depend on."""
    state = state_of(surveyed, selection, desk)
    known = desk.recall(state, surveyed.asked) if state else None
    if known is not None:
        return known

    def finish(passed: Passed) -> dict[Path, Outcome]:
        for more in (with_auto_mode, with_registrations):
            passed = more(passed, surveyed, selection, desk.work)
        return passed.outcomes

    outcomes = plan_files(surveyed, desk.work, finish=finish)
    if state:
        desk.remember(state, surveyed.asked, outcomes)
    return outcomes


def plan_files(
    surveyed: Survey,
    work: WorkAll,
    finish: Callable[[Passed], dict[Path, Outcome]] = lambda passed: passed.outcomes,
) -> dict[Path, Outcome]:
    """The two passes, and what ``finish`` makes of them; ``work`` gives a result for every target."""
    from reassert import project  # noqa: PLC0415 - keeps this module's import cheap for --help

    first = work(_neighbours(surveyed.asked))
    scanned = {path: result.facts for path, result in first.items() if result.facts is not None}
    held = {t.task.path: _held(t, first[t.task.path]) for t in surveyed.asked}
    meant = [path for path, why in held.items() if not why]
    relatives = find_relatives(surveyed, scanned, meant, work)
    targets = (*surveyed.asked, *relatives.connected)
    index = project.Index({**scanned, **relatives.scanned})
    facts: Mapping[Path, FileFacts] = project.link(
        index,
        [*meant, *relatives.scopes],
        {target.task.path: target.task.size for target in targets},
        {**held, **relatives.held},
    )
    facts = _with_test_names(surveyed, facts, index)
    again = [
        _with_facts(target, facts.get(target.task.path, FileFacts()))
        for target in surveyed.asked
        if _must_be_seen_again(first[target.task.path], facts.get(target.task.path))
    ]
    again = with_family_digests([*again, *_connected(relatives, facts)])
    second = work(again)
    outcomes = {path: result.outcome for path, result in {**first, **second}.items()}
    outcomes = finish(Passed(outcomes, index.scanned, {t.task.path: t for t in (*surveyed.asked, *again)}))
    return {path: o for path, o in outcomes.items() if path not in relatives.scopes or _says_something(o)}


def _neighbours(targets: Sequence[Target]) -> Sequence[Target]:
    """The targets, each knowing by name the modules that will be known after the first pass."""
    if len(targets) < _ALONE:
        return targets
    names = {""}
    for target in targets:
        path = target.task.path
        module = path.parent if path.stem == "__init__" else path.with_suffix("")
        names |= {module.name, f"{module.parent.name}.{module.name}"}
    known = frozenset(names)
    return [replace(target, task=replace(target.task, neighbours=known)) for target in targets]


def _must_be_seen_again(result: Result, facts: FileFacts | None) -> bool:
    """Whether the first pass left a file open: uses elsewhere hold back nothing where nothing changes."""
    if isinstance(result.outcome, Deferred) or facts is None:
        return isinstance(result.outcome, Deferred)
    idle = isinstance(result.outcome, Unchanged) and result.outcome.report == Report()
    return not (idle and facts == FileFacts(used_by=facts.used_by))


def _held(target: Target, result: Result) -> str:
    """Why a file that was asked for cannot be converted together with others; the empty string if it can."""
    if isinstance(result.outcome, Failed):
        return "cannot be worked on"
    if result.facts is not None and result.facts.broken:
        return CANNOT_BE_PARSED
    return "" if target.task.rules else NO_RULE


def _connected(relatives: Relatives, facts: Mapping[Path, FileFacts]) -> list[Target]:
    """The files that change although nobody asked for them; one that came into no family is left alone."""
    known = ((target, facts.get(target.task.path, FileFacts())) for target in relatives.connected)
    return [
        _with_facts(target, replace(found, scope=relatives.scopes[target.task.path]))
        for target, found in known
        if found.family
    ]


def _says_something(outcome: Outcome) -> bool:
    if isinstance(outcome, Unchanged):
        return bool(outcome.report.refusals)
    return isinstance(outcome, Rewritten)


def _with_test_names(
    surveyed: Survey, facts: Mapping[Path, FileFacts], index: Index
) -> Mapping[Path, FileFacts]:
    """What others know of tests, for the files whose tests may be merged, or get parameters."""
    from reassert import project  # noqa: PLC0415 - as above

    wanted = [
        t.task.path
        for t in surveyed.asked
        if t.task.config.profile >= Profile.IDIOMATIC or project.makes_tests(index.scanned.get(t.task.path))
    ]
    if not wanted:
        return facts
    found: Mapping[Path, FileFacts] = project.with_test_names(facts, index, wanted)
    return found


def _with_facts(target: Target, facts: FileFacts) -> Target:
    return replace(target, task=replace(target.task, facts=facts))
