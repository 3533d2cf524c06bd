"""Why a class stays or becomes what it becomes: its family is found and looked at afresh.

What only an explanation needs is in no report and no cache, so that no plan pays for it. What files say of
themselves is taken from the cache of an earlier plan; else those are read that may be related.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from reassert.catalog import audit_ids, rule_ids
from reassert.model.explanation import ClassStatus, FamilyStatus
from reassert.model.facts import FileFacts, ScannedFacts
from reassert.model.outcomes import Failed
from reassert.model.source import SourceFile
from reassert.workflow.assembly import as_seen_from
from reassert.workflow.class_search import line_of, lines_of
from reassert.workflow.executor import Executor, Result, Task
from reassert.workflow.relatives import find_relatives
from reassert.workflow.selection import PlanRequest, Selection
from reassert.workflow.survey import Survey, Target, forgiving, stat_of, survey
from reassert.workflow.usage import UsageError
from reassert.workflow.work import load_rules
from reassert.workspace.cache import Cache, purpose_of
from reassert.workspace.discovery import discover
from reassert.workspace.reading import read_source
from reassert.workspace.settings import SettingsError, SettingsLoader


@dataclass(frozen=True)
class Explanation:
    """What becomes of the class ``name``, which ``lines`` of the file define, and of its ``family``.

    Without a name ``classes`` are the test classes of a file. A class without a family is no test class, and
    related to none. ``excluded``: a run over the whole project would leave the file out.
    """

    root: Path
    path: Path
    name: str
    lines: tuple[int, ...]
    classes: tuple[ClassStatus, ...]
    family: FamilyStatus | None = None
    excluded: bool = False


def explain(path: Path, name: str, request: PlanRequest, executor: Executor) -> Explanation:
    """Explain the class ``name`` of ``path``; without a name, the test classes of the file.

    ``request`` gives rules and configuration; its paths are not looked at. Raises SettingsError, and
    UsageError for what cannot be found or read.
    """
    selection = _selection(request)
    start = survey(replace(request, paths=(path,)), selection)
    if start.failures:
        raise _unusable(start.failures[0])
    target = start.asked[0].task.path
    with Cache(request.cache_dir, start.root) as cache:
        families = _Relatives(replace(start, whole=False), selection, executor, cache).families()
    seen = discover([start.root], root=start.root, exclude=forgiving(start.exclude)).files
    shown = Explanation(start.root, target, "", (), (), excluded=target not in seen)
    here = [(s, f) for f in families for s in f.members if s.place.path == target]
    if not name:
        tests = sorted((s for s, _ in here if s.is_test), key=lambda status: status.place)
        return replace(shown, classes=tuple(tests))
    qualname, lines = lines_of(path, name)
    found = [(s, f) for s, f in here if s.qualname == qualname]
    shown = replace(shown, name=qualname, lines=tuple(lines), classes=tuple(s for s, _ in found))
    return replace(shown, family=_as_seen_from(start.root, found[-1][1])) if found else shown


def _as_seen_from(root: Path, family: FamilyStatus) -> FamilyStatus:
    causes = {
        owner: tuple(as_seen_from(root, refusal) for refusal in refusals)
        for owner, refusals in family.causes.items()
    }
    return replace(family, causes=causes)


def _selection(request: PlanRequest) -> Selection:
    loader = SettingsLoader(config_file=request.config_file, isolated=request.isolated)
    return Selection(request, rule_ids(), loader.load, audit_ids())


def _unusable(failed: Failed) -> UsageError:
    place = f"{failed.path}:{failed.line}" if failed.line else str(failed.path)
    return UsageError(f"{place}: {failed.error}")


class _Relatives:
    """The files that are converted together with one file, if the whole project is."""

    def __init__(self, start: Survey, selection: Selection, executor: Executor, cache: Cache) -> None:
        self._start = start
        self._selection = selection
        self._executor = executor
        self._cache = cache
        self._path = start.asked[0].task.path
        self._scanned: dict[Path, Result] = {}

    def families(self) -> list[FamilyStatus]:
        """The components of test classes in these files; UsageError if the file cannot be worked on."""
        from reassert import engine  # noqa: PLC0415 - brings every rule's dependencies with it

        members = []
        failures: list[object] = []
        for task, facts in self._members():
            source = read_source(task.path)
            if isinstance(source, SourceFile):
                members.append(engine.Member(source, load_rules(task.rules), facts, task.config))
            else:
                failures.append(source)
        try:
            families, unparsed = engine.explain_family(members, lru_cache(line_of))
        except RecursionError:
            raise UsageError(f"{self._path}: too deeply nested to be worked on") from None
        for failed in (*failures, *unparsed):
            if isinstance(failed, Failed) and failed.path == self._path:
                raise _unusable(failed)
        return families

    def _members(self) -> list[tuple[Task, FileFacts]]:
        """The files of the family with what each is told of the others. A relative may have more of them."""
        known = [self._path]
        while True:
            facts = self._link(known)
            family = [Path(each) for each in facts.get(self._path, FileFacts()).family] or known[:1]
            if set(family) <= set(known):
                return [(self._target(path).task, facts.get(path, FileFacts())) for path in sorted(family)]
            known = [self._path, *(path for path in family if path != self._path)]

    def _link(self, known: Iterable[Path]) -> Mapping[Path, FileFacts]:
        """The facts that follow from the files that are ``known`` to be related and from all that may be."""
        from reassert import project  # noqa: PLC0415 - the command's help does without

        asked = replace(self._start, asked=tuple(map(self._target, known)))
        scanned = _facts(self._scan(asked.asked))
        scanned.update(find_relatives(asked, scanned, list(scanned), self._scan).scanned)
        tasks = {path: self._target(path).task for path in scanned}
        asking = [path for path, task in tasks.items() if task.rules]
        return project.link(scanned, asking, {path: task.size for path, task in tasks.items()})

    def _scan(self, targets: Iterable[Target]) -> Mapping[Path, Result]:
        found: dict[Path, Result] = {}
        unknown = []
        for target in targets:
            known = self._scanned.get(target.task.path) or self._from_plan(target)
            if known:
                found[target.task.path] = known
            else:
                unknown.append(replace(target.task, rules=()))
        found.update((task.path, result) for task, result in (self._executor.run(unknown) if unknown else ()))
        self._scanned.update((path, result) for path, result in found.items() if result.facts is not None)
        return found

    def _from_plan(self, target: Target) -> Result | None:
        """What a plan has found out about a file that is still the same."""
        task = self._target(target.task.path).task
        purpose = purpose_of(task.rules, task.config)
        known = self._cache.find(task.path, target.info, purpose) if target.info and task.rules else None
        return Result(known.outcome, known.facts) if known and known.facts is not None else None

    def _target(self, path: Path) -> Target:
        """What would be done to a file; nothing where a relative's configuration cannot be used."""
        if path == self._path:
            return self._start.asked[0]
        info = stat_of(path)
        try:
            choice = self._selection.choice(path)
        except (SettingsError, UsageError):
            return Target(Task(path), info)
        return Target(Task(path, info.st_size if info else 0, choice.rules, choice.config), info)


def _facts(results: Mapping[Path, Result]) -> dict[Path, ScannedFacts]:
    return {path: result.facts for path, result in results.items() if result.facts is not None}
