"""A pass over whole projects: they go to pytest-asyncio's auto mode with all they have, or not at all.

A project is what one configuration of pytest counts for. Its files are asked what auto mode would change; if
that is nothing, the configuration changes, and with it the files that were asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reassert.model.config import PytestConfig, RuleConfig
from reassert.model.edits import Unit
from reassert.model.facts import AsyncioVerdict, FileFacts, Remark, ScannedFacts
from reassert.model.outcomes import NEWLY_EXECUTED, Change, Outcome, Report, Rewritten, Unchanged
from reassert.workflow.again import Passed, WorkAll, work_again
from reassert.workflow.selection import Selection
from reassert.workflow.survey import Survey, Target, others
from reassert.workflow.usage import UsageError
from reassert.workflow.work import rules_needing
from reassert.workspace.discovery import is_excluded
from reassert.workspace.pytest_config import MAX_BYTES, PytestConfigs
from reassert.workspace.pytest_edit import CannotEditError, new_file, with_values
from reassert.workspace.reading import read_bytes
from reassert.workspace.settings import SettingsError
from reassert.workspace.targets import ASYNC_PLUGINS
from reassert.workspace.toml import read_toml
from reassert.workspace.writing import is_writable

if TYPE_CHECKING:
    from reassert.project import AsyncioSuite

NEEDED = "auto_mode"
MODE, SCOPE = "asyncio_mode", "asyncio_default_fixture_loop_scope"
# Since these versions there is an auto mode, and a loop scope that can be configured.
_AUTO, _SCOPED = (0, 17), (0, 24)
_MODES = ("strict", "auto")
_MADE = (b"mark.asyncio", b"pytest_asyncio")
_STRICT = re.compile(
    rb"--asyncio-mode[=\s]+[\"']?(?!auto)\w|(?:-o|--override-ini)[=\s]*[\"']?asyncio_mode=(?!auto)\w"
)
# Tests are chosen by the mark, in the options of a configuration or of a command line.
_CHOSEN = re.compile(
    rb"(?:\baddopts\b[^\n]*(?:\n[ \t]+[^\n]*)*?|\bpy\.?test\b(?:[^\n&;|]|\\\r?\n)*?)"
    rb"[\s\"'=]-m[\s\\=]*(?:[\"'],\s*)?(?:\"[^\"\n]*\basyncio\b|'[^'\n]*\basyncio\b|asyncio\b)"
)
# The configuration that a command line names: pytest's own `-c` stands behind its name, in the same command.
_NAMED = re.compile(
    rb"\bpy\.?test\b(?:[^\n&;|]|\\\r?\n)*?[\s\"'](?:-c|--config-file)[\s\"',=]+"
    rb"([\w./{}$()-]+\.(?:ini|cfg|toml)|/dev/null)(?![\w.])"
)
# Where pytest may be started with options.
COMMANDS = ("tox.ini", "setup.cfg", "noxfile.py", "Makefile", ".gitlab-ci.yml", ".github/workflows/*.y*ml")

_Why = tuple[str, str]
_NO_WHY = ("", "")


def with_auto_mode(passed: Passed, surveyed: Survey, selection: Selection, work: WorkAll) -> Passed:
    """Give what is known with the marks of pytest-asyncio gone where auto mode makes them superfluous."""
    users = [path for path, target in sorted(passed.targets.items()) if _uses(path, target, passed)]
    if not users or selection.is_isolated:
        return passed
    return _Office(passed, surveyed, selection, work).done(users)


def _uses(path: Path, target: Target, passed: Passed) -> bool:
    """Whether a file has marks or fixtures of pytest-asyncio, or gets them, and the rule runs on it."""
    facts, outcome = passed.scanned.get(path), passed.outcomes.get(path)
    told = facts is not None and facts.asyncio is not None and facts.asyncio.uses
    after = outcome.change.after if isinstance(outcome, Rewritten) and not told else None
    makes = after is not None and any(word in after for word in _MADE)
    return (told or makes) and bool(rules_needing(NEEDED, target.task.rules))


@dataclass(frozen=True)
class _Suite:
    """The files that one configuration counts for; ``path`` is None where there is none in ``folder``."""

    path: Path | None
    folder: Path
    users: Sequence[Path]
    config: RuleConfig
    known: AsyncioSuite

    @property
    def version(self) -> tuple[int, int] | None:
        """The oldest pytest-asyncio, None if nobody says."""
        return self.config.plugin_version("pytest-asyncio")

    @property
    def knows_scopes(self) -> bool:
        """Whether loops have scopes that are called so."""
        return self.version is None or self.version >= _SCOPED

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What the configuration must say; a loop scope only where that is what fixtures have anyway."""
        is_set = bool(self.config.pytest.asyncio_fixture_scope)
        if is_set or not self.knows_scopes or self.known.has_wide_fixtures:
            return {MODE: "auto"}
        return {MODE: "auto", SCOPE: "function"}


class _Office:
    """One run of the pass."""

    def __init__(self, passed: Passed, surveyed: Survey, selection: Selection, work: WorkAll) -> None:
        self._passed = passed
        self._surveyed = surveyed
        self._selection = selection
        self._work = work
        self._targets = dict(passed.targets)
        self._scanned = dict(passed.scanned)
        self._configurations: dict[Path, Outcome] = {}

    def done(self, users: Sequence[Path]) -> Passed:
        """What is known after the pass."""
        self._scan_others()
        changed: dict[Path, FileFacts] = {}
        for suite in list(self._suites(users)):
            verdicts = self._verdicts(suite)
            facts = {p: self._targets[p].task.facts or FileFacts() for p in verdicts}
            changed |= {path: replace(facts[path], asyncio=verdict) for path, verdict in verdicts.items()}
        outcomes = {**self._passed.outcomes, **work_again(self._targets, changed, self._work)}
        return replace(self._passed, outcomes={**outcomes, **self._configurations}, targets=self._targets)

    # -- which files -----------------------------------------------------------------------------------------

    def _scan_others(self) -> None:
        """Scan what was not asked for and may have async tests, also those that it imports."""
        from reassert.syntax.asyncio_marks import WORDS  # noqa: PLC0415 - most runs have no use for it

        strangers = [t for t in others(self._surveyed).targets if t.task.path not in self._targets]
        self._scan(strangers, WORDS)
        heirs = tuple(sorted(name.encode() for name in self._known(self._scanned).untold))
        if heirs:
            self._scan([t for t in strangers if t.task.path not in self._scanned], heirs)

    def _scan(self, targets: Sequence[Target], words: tuple[bytes, ...]) -> None:
        tasks = [replace(t, task=replace(t.task, words=words)) for t in targets]
        for path, result in (self._work(tasks) if tasks else {}).items():
            if result.facts is not None:
                self._scanned[path] = result.facts

    def _known(self, scanned: Mapping[Path, ScannedFacts]) -> AsyncioSuite:
        from reassert.project import AsyncioSuite  # noqa: PLC0415 - as above

        return AsyncioSuite(scanned, self._config)

    def _config(self, path: Path) -> PytestConfig:
        try:
            return self._selection.settings(path.parent).rules.pytest
        except (SettingsError, UsageError):
            return PytestConfig()

    def _configured_by(self, folder: Path) -> Path | None:
        try:
            return self._selection.settings(folder).pytest_path
        except (SettingsError, UsageError):
            return None

    def _suites(self, users: Sequence[Path]) -> Iterator[_Suite]:
        members: defaultdict[Path | None, dict[Path, ScannedFacts]] = defaultdict(dict)
        for path, facts in self._scanned.items():
            members[self._configured_by(path.parent)][path] = facts
        grouped: defaultdict[Path | None, list[Path]] = defaultdict(list)
        for path in users:
            grouped[self._configured_by(path.parent)].append(path)
        for counting, own in grouped.items():
            folder = counting.parent if counting else self._surveyed.root
            config = self._targets[own[0]].task.config
            yield _Suite(counting, folder, own, config, self._known(members[counting]))

    # -- what becomes of them --------------------------------------------------------------------------------

    def _verdicts(self, suite: _Suite) -> dict[Path, AsyncioVerdict]:
        if suite.config.pytest.asyncio_mode == "auto":
            return {path: self._auto(suite, path) for path in suite.users}
        target = suite.path or _to_make(suite.folder)
        if {Unit("*", "*"), *(Unit(rule, MODE) for rule in self._rule(suite))} & self._selection.excluded(
            target
        ):
            return {}
        why = next(self._reasons(suite, target), None)
        obstacles = dict(self._obstacles(suite))
        if why is None and not obstacles:
            try:
                self._configurations[target] = self._configured(suite, target)
            except CannotEditError as error:
                why = "C-CONFIG", f"{self._shown(target)} cannot be edited: {error}"
            else:
                self._set_mode(suite.users)
                return {path: replace(self._auto(suite, path), changes=True) for path in suite.users}
        return self._strict(suite, why, obstacles)

    def _obstacles(self, suite: _Suite) -> Iterator[tuple[Path, set[Remark]]]:
        """What auto mode would change, but for the tests that are to run for the first time."""
        for path, remarks in suite.known.obstacles().items():
            outcome = self._passed.outcomes.get(path)
            report = outcome.report if isinstance(outcome, (Rewritten, Unchanged)) else Report()
            awakened = {f.location.line for f in report.findings if f.code == NEWLY_EXECUTED}
            left = {remark for remark in remarks if remark.line not in awakened}
            if left:
                yield path, left

    def _rule(self, suite: _Suite) -> tuple[str, ...]:
        return rules_needing(NEEDED, self._targets[suite.users[0]].task.rules)

    def _auto(self, suite: _Suite, path: Path) -> AsyncioVerdict:
        is_set = SCOPE in suite.values or bool(suite.config.pytest.asyncio_fixture_scope)
        return AsyncioVerdict(
            auto=True,
            scoped=suite.known.scoped,
            in_scope=suite.known.is_scoped(path),
            renames=suite.knows_scopes,
            is_set=is_set or not suite.known.facts(path).wide,
        )

    def _set_mode(self, users: Sequence[Path]) -> None:
        """Other rules, too, write for the mode that will be."""
        for path in users:
            task = self._targets[path].task
            pytest = replace(task.config.pytest, asyncio_mode="auto")
            task = replace(task, config=replace(task.config, pytest=pytest))
            self._targets[path] = replace(self._targets[path], task=task)

    def _strict(
        self, suite: _Suite, why: _Why | None, obstacles: Mapping[Path, set[Remark]]
    ) -> dict[Path, AsyncioVerdict]:
        """The reasons, each where it lies; what lies in no file that was asked for is told at a mark."""
        here = {path: remarks for path, remarks in obstacles.items() if self._can_tell(path)}
        found = {
            path: AsyncioVerdict(auto=False, remarks=tuple(sorted(remarks))) for path, remarks in here.items()
        }
        if why is None and not here:
            path, remarks = min(obstacles.items())
            first = min(remarks)
            why = first.code, f"{first.reason} ({self._shown(path)}:{first.line})"
        if why is not None:
            first_user = suite.users[0]
            known = found.get(first_user, AsyncioVerdict(auto=False))
            found[first_user] = replace(known, why=why)
        return found

    def _can_tell(self, path: Path) -> bool:
        """Whether a file was asked for, and is worked on by the rule."""
        target = self._targets.get(path)
        rules = rules_needing(NEEDED, target.task.rules) if target is not None else ()
        return bool(rules) and not self._scanned[path].broken

    # -- reasons that lie in no file with tests --------------------------------------------------------------

    def _reasons(self, suite: _Suite, target: Path) -> Iterator[_Why]:
        for plugin in ASYNC_PLUGINS:
            if suite.config.has_plugin(plugin):
                yield "C-AUTO", f"the project has {plugin}, whose async tests auto mode would take over"
        if suite.config.pytest.asyncio_mode not in _MODES:
            mode = suite.config.pytest.asyncio_mode
            yield "C-CONFIG", f"asyncio_mode is {mode!r}, which is neither strict nor auto"
        if suite.version is not None and suite.version < _AUTO:
            yield "C-CONFIG", f"pytest-asyncio {'.'.join(map(str, suite.version))} has no auto mode"
        if self._surveyed.only_given and not self._surveyed.whole:
            yield "C-CONFIG", f"{self._shown(target)} is not among the files that may change"
        if is_excluded(target, self._surveyed.exclude):
            yield "C-CONFIG", f"{self._shown(target)} is excluded"
        if not is_writable(target):
            yield "C-CONFIG", f"{self._shown(target)} cannot be written"
        yield from self._conflicts(suite)
        yield from self._started(suite)

    def _started(self, suite: _Suite) -> Iterator[_Why]:
        """What is said where pytest is started."""
        for path, data in self._starters(suite):
            if _STRICT.search(data):
                yield "C-CONFIG", f"{self._shown(path)} gives pytest another mode on the command line"
            if _CHOSEN.search(data):
                reason = "chooses tests by the mark asyncio, which sync tests would lose"
                yield "C-CONFIG", f"{self._shown(path)} {reason}"
            for name in _other_configurations(suite, data):
                yield "C-CONFIG", f"{self._shown(path)} has pytest use {name} as its configuration"

    def _conflicts(self, suite: _Suite) -> Iterator[_Why]:
        """Configurations that count in the place of the suite's own, wherever pytest is started."""
        several = PytestConfigs(read_toml).contenders(suite.folder)
        if several not in ([], [suite.path]):
            yield (
                "C-CONFIG",
                f"{' and '.join(map(self._shown, several))} configure pytest, and only one counts",
            )
        problem = self._selection.settings(suite.folder).pytest_problem
        if problem is not None:
            yield "C-CONFIG", f"{self._shown(problem.path)} cannot be used: {problem.error}"
        above = self._configured_by(suite.folder.parent)
        if above and above.is_relative_to(self._top(suite)) and self._config(above).asyncio_mode != "auto":
            yield "C-CONFIG", f"{self._shown(above)} counts where pytest is started further up"
        inside = {self._configured_by(path.parent) for path in self._scanned} - {suite.path}
        for inner in sorted(path for path in inside if path is not None):
            if self._rivals(inner, suite):
                yield "C-CONFIG", f"{self._shown(inner)} counts for a part of the tests"

    def _top(self, suite: _Suite) -> Path:
        """The top of the repository; without one, of the project."""
        folders = (suite.folder, *suite.folder.parents)
        return next((f for f in folders if (f / ".git").exists()), self._surveyed.root)

    def _rivals(self, inner: Path, suite: _Suite) -> bool:
        """Whether a configuration further down wants another mode for async tests."""
        if not inner.parent.is_relative_to(suite.folder) or self._config(inner).asyncio_mode == "auto":
            return False
        files = (f for p, f in self._scanned.items() if self._configured_by(p.parent) == inner)
        return any(facts.asyncio is not None for facts in files)

    def _starters(self, suite: _Suite) -> Iterator[tuple[Path, bytes]]:
        """Files that may say how pytest is started, and their bytes."""
        places = {suite.folder, self._surveyed.root}
        paths = {path for folder in places for pattern in COMMANDS for path in folder.glob(pattern)}
        for path in sorted(paths | ({suite.path} if suite.path else set())):
            data = read_bytes(path, MAX_BYTES)
            if isinstance(data, bytes):
                yield path, data

    # -- the configuration -----------------------------------------------------------------------------------

    def _configured(self, suite: _Suite, target: Path) -> Rewritten:
        """The change of the configuration; raises CannotEditError."""
        unit = Unit(self._rule(suite)[0], MODE)
        if not target.exists():
            return Rewritten(Change(target, None, new_file(suite.values), (unit,)), Report())
        data = read_bytes(target, MAX_BYTES)
        if not isinstance(data, bytes):
            raise CannotEditError(data.error)
        return Rewritten(Change(target, data, with_values(target, data, suite.values), (unit,)), Report())

    def _shown(self, path: Path) -> str:
        root = self._surveyed.root
        return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _other_configurations(suite: _Suite, command: bytes) -> Iterator[str]:
    """The configurations that a file starts pytest with, but for the suite's own."""
    for name in (match[1].decode() for match in _NAMED.finditer(command)):
        named = suite.folder / name
        same = named.resolve() == suite.path.resolve() if suite.path else False
        if not same and not (suite.path and not named.exists() and named.name == suite.path.name):
            yield name


def _to_make(folder: Path) -> Path:
    """The file that will configure pytest where none does; a new pyproject.toml would also change builds."""
    pyproject = folder / "pyproject.toml"
    return pyproject if pyproject.is_file() else folder / "pytest.ini"
