"""The last pass: modules that get assert statements are registered for pytest's rewriting, or held back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reassert.model.facts import FileFacts, ScannedFacts
from reassert.model.outcomes import Rewritten
from reassert.workflow.again import Passed, WorkAll, work_again
from reassert.workflow.executor import Task
from reassert.workflow.selection import Selection
from reassert.workflow.survey import Survey, Target
from reassert.workflow.usage import UsageError
from reassert.workflow.work import rules_needing
from reassert.workspace.discovery import is_excluded
from reassert.workspace.settings import Settings, SettingsError

if TYPE_CHECKING:
    from reassert.project import Imports, Registrations, Tree

NEEDED = "registrations"
_SHIPPED = "the module is part of a package, not of its tests, and whoever else uses it has other runners"


def with_registrations(passed: Passed, surveyed: Survey, selection: Selection, work: WorkAll) -> Passed:
    """Give what is known with each module that needs it registered in a conftest.py, or left as it was."""
    office = _Office(passed, surveyed, selection, work)
    helpers = office.helpers()
    if not helpers:
        return passed
    refused = {path: _SHIPPED for path in helpers if office.is_shipped(path)}
    found = office.registrations([path for path in helpers if path not in refused])
    refused.update(found.impossible)
    if refused:
        office.hold_back(refused)
        found = office.registrations([path for path in office.helpers() if path not in refused])
    office.register(found)
    return replace(passed, outcomes=office.outcomes)


class _Office:
    """One run of the last pass."""

    def __init__(self, passed: Passed, surveyed: Survey, selection: Selection, work: WorkAll) -> None:
        self.outcomes = dict(passed.outcomes)
        self._targets = dict(passed.targets)
        self._scanned = dict(passed.scanned)
        self._root = surveyed.root
        self._surveyed = surveyed
        self._selection = selection
        self._work = work
        self._folders = surveyed.folders
        self._tops: dict[Path, Path] = {}
        self._graph: Imports | None = None

    def helpers(self) -> list[Path]:
        """The files that get assertions or lose a TestCase, and that pytest does not rewrite by itself."""
        found = []
        for path, outcome in self.outcomes.items():
            if isinstance(outcome, Rewritten) and path in self._targets:
                task = self._targets[path].task
                pytest = task.config.pytest
                if not (pytest.plain_asserts or pytest.rewrites(path)) and rules_needing(NEEDED, task.rules):
                    found.append(path)
        return found

    def is_shipped(self, path: Path) -> bool:
        """Whether others than the project's own tests may use the module."""
        return self._folders.is_shipped(path, self._top(path), self._targets[path].task.config.pytest)

    def registrations(self, helpers: Iterable[Path]) -> Registrations:
        """Where those of ``helpers`` must be registered that get assert statements."""
        from reassert import project  # noqa: PLC0415 - most runs have no use for it

        outcomes = ((path, self.outcomes[path]) for path in helpers)
        asserting = [path for path, o in outcomes if isinstance(o, Rewritten) and o.report.asserts]
        if asserting:
            self._scan_around([*asserting, *self._targets])
        if self._graph is None or self._graph.scanned != self._scanned:
            self._graph = project.Imports(dict(self._scanned), self._tree())
        return project.registrations(self._graph, asserting)

    def _tree(self) -> Tree:
        from reassert import project  # noqa: PLC0415 - as above

        return project.Tree(
            is_package=cache(self._folders.is_package),
            exists=self._folders.exists,
            collects=cache(lambda path: self._settings(path).rules.pytest.rewrites(path)),
            top=self._top,
            by_path=lambda path: self._settings(path).rules.pytest.import_mode == "importlib",
            may_change=self._may_change,
        )

    def _may_change(self, conftest: Path) -> bool:
        """Whether a conftest.py was asked for, or may be taken in."""
        if conftest in self._targets:
            return bool(rules_needing(NEEDED, self._targets[conftest].task.rules))
        if self._surveyed.only_given:
            return False
        try:
            rules = rules_needing(NEEDED, self._selection.choice(conftest).rules)
            return bool(rules) and not is_excluded(conftest, self._surveyed.exclude)
        except (SettingsError, UsageError):
            return False

    def _settings(self, path: Path) -> Settings:
        """The settings for a file that may not have been asked for: unusable ones are as good as none."""
        try:
            return self._selection.settings(path.parent)
        except (SettingsError, UsageError):
            return Settings()

    def _top(self, path: Path) -> Path:
        """The folder of the configuration that counts for a file: pytest loads no conftest.py above it."""
        if path.parent not in self._tops:
            found = self._settings(path).pytest_path
            self._tops[path.parent] = found.parent if found else self._root
        return self._tops[path.parent]

    def _scan_around(self, paths: Iterable[Path]) -> None:
        """Scan what the conftest.py and the packages above files import, where that is not known yet."""
        wanted = (
            folder / name
            for folder in self._around(paths)
            for name in ("conftest.py", "__init__.py")
            if name in self._folders.names(folder)
        )
        unknown = [path for path in wanted if path not in self._scanned]
        targets = [target for path in unknown if (target := self._target(path, rules=())) is not None]
        for path, result in self._work(targets).items():
            self._scanned[path] = result.facts or ScannedFacts()

    def _around(self, paths: Iterable[Path]) -> set[Path]:
        """The folders from those of files up to those of their configurations."""
        found: set[tuple[Path, Path]] = set()
        for place, top in {path.parent: self._top(path) for path in paths}.items():
            folder = place
            while (folder, top) not in found and folder.is_relative_to(top):
                found.add((folder, top))
                folder = folder.parent
        return {folder for folder, _ in found}

    def _target(self, path: Path, rules: tuple[str, ...]) -> Target | None:
        try:
            info = os.stat(path)  # noqa: PTH116 - as everywhere a target is made
        except OSError:
            return None
        return Target(Task(path, info.st_size, rules, self._settings(path).rules), info)

    def hold_back(self, refused: Mapping[Path, str]) -> None:
        """Work again on the files whose assertions must stay, and on whatever is connected with them."""
        self._again({path: replace(self._facts(path), unrewritten=why) for path, why in refused.items()})

    def register(self, found: Registrations) -> None:
        """Work on every conftest.py that must register modules, also on one that is not there yet."""
        known: dict[Path, FileFacts] = {}
        for path, registration in found.needed.items():
            if path not in self._targets:
                self._add(path)
            known[path] = replace(
                self._facts(path),
                registers=tuple(sorted(registration.names)),
                early=frozenset(registration.early),
                creates=not self._folders.exists(path),
            )
        self._again(known)

    def _add(self, path: Path) -> None:
        """Take in a conftest.py that was not asked for."""
        rules = rules_needing(NEEDED, self._selection.choice(path).rules)
        made = Target(Task(path, 0, rules, self._settings(path).rules), None)
        self._targets[path] = self._target(path, rules) or made

    def _facts(self, path: Path) -> FileFacts:
        return self._targets[path].task.facts or FileFacts()

    def _again(self, changed: Mapping[Path, FileFacts]) -> None:
        self.outcomes.update(work_again(self._targets, changed, self._work))
