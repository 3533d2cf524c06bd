"""Which rules run on which file, and with what configuration: settings by folder, options over them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reassert.model.config import Profile, RuleConfig
from reassert.model.edits import Unit
from reassert.workflow.usage import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reassert.model.outcomes import Failed
    from reassert.workspace.settings import Settings


@dataclass(frozen=True)
class PlanRequest:
    """What to plan.

    ``select`` replaces the configured rules, whatever the configuration ignores; ``ignore`` adds to what is
    ignored; None leaves an option to the configuration. ``only_given``: change no file beyond those that the
    paths name, even if it is connected with one. ``cache_dir`` None: no cache is read or written.
    ``excluded`` are units that stay as they are, by the absolute path of their file. ``add_dependencies``:
    packages that new code needs are added to what the project asks for.
    """

    paths: tuple[Path, ...]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: Profile | None = None
    unsafe_fixes: bool | None = None
    awaken: bool | None = None
    only_given: bool | None = None
    config_file: Path | None = None
    isolated: bool = False
    cache_dir: Path | None = None
    excluded: Mapping[Path, frozenset[Unit]] = field(default_factory=dict)
    add_dependencies: bool = False


@dataclass(frozen=True)
class Choice:
    """What is done to one file."""

    rules: tuple[str, ...]
    config: RuleConfig


class Selection:
    """Answers for one request; ``load`` gives the settings of a folder, ``known`` are the ids of all rules.

    ``others`` are the ids of rules that are none of this command's, but that settings may name.
    Raises UsageError for a rule that does not exist, and what ``load`` raises.
    """

    def __init__(
        self,
        request: PlanRequest,
        known: tuple[str, ...],
        load: Callable[[Path], Settings],
        others: tuple[str, ...] = (),
    ) -> None:
        self._request = request
        self._known = known
        self._others = others
        self._load = load
        self._folders: dict[str, tuple[Settings, Choice]] = {}
        self._choices: dict[int, Choice] = {}
        self._check((*request.select, *request.ignore), known, "")

    def choice(self, path: Path) -> Choice:
        """The rules and the configuration for the file at ``path``."""
        settings, choice = self._at(os.path.dirname(path))  # noqa: PTH120 - called for every file
        if path in self._request.excluded:
            choice = replace(choice, config=replace(choice.config, excluded=self._request.excluded[path]))
        if not settings.per_file_ignores:
            return choice
        ignored = self._ignored_in(settings, path)
        return replace(choice, rules=tuple(rule for rule in choice.rules if rule not in ignored))

    @property
    def is_isolated(self) -> bool:
        """Whether no configuration may be read."""
        return self._request.isolated

    def excluded(self, path: Path) -> frozenset[Unit]:
        """The units of a file that stay as they are."""
        return self._request.excluded.get(path, frozenset())

    def settings(self, folder: Path) -> Settings:
        """The settings of a folder."""
        return self._at(os.fspath(folder))[0]

    def problems(self) -> tuple[Failed, ...]:
        """What is wrong with the configurations of pytest that were met, each once."""
        found = (settings.pytest_problem for settings, _ in self._folders.values())
        return tuple(dict.fromkeys(problem for problem in found if problem is not None))

    def _at(self, folder: str) -> tuple[Settings, Choice]:
        if folder not in self._folders:
            settings = self._load(Path(folder))
            # Most folders have the very settings of the one above.
            if id(settings) not in self._choices:
                self._choices[id(settings)] = self._choice_by(settings)
            self._folders[folder] = settings, self._choices[id(settings)]
        return self._folders[folder]

    def _choice_by(self, settings: Settings) -> Choice:
        for key, rules in _named_in(settings):
            self._check(rules, (*self._known, *self._others), f"{settings.path}: tool.reassert.{key}: ")
        return Choice(self._rules(settings), self._config(settings))

    def _rules(self, settings: Settings) -> tuple[str, ...]:
        request = self._request
        if request.select:
            wanted, ignored = {*request.select}, {*request.ignore}
        else:
            # A selection of codemods says nothing of audits, nor the other way round.
            wanted = {*settings.select}.intersection(self._known) or {*self._known}
            wanted |= {*settings.extend_select}
            ignored = {*settings.ignore, *request.ignore}
        return tuple(rule for rule in self._known if rule in wanted - ignored)

    def _config(self, settings: Settings) -> RuleConfig:
        request = self._request
        asked: dict[str, Any] = {
            "profile": request.profile,
            "unsafe_fixes": request.unsafe_fixes,
            "awaken": request.awaken,
        }
        return replace(settings.rules, **{key: value for key, value in asked.items() if value is not None})

    def _ignored_in(self, settings: Settings, path: Path) -> set[str]:
        folder = settings.path.parent if settings.path else path.parent
        name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
        globs = settings.per_file_ignores
        return {rule for glob, rules in globs.items() if _matches(glob, name) for rule in rules}

    def _check(self, rules: Iterable[str], known: tuple[str, ...], where: str) -> None:
        for rule in rules:
            if rule in known:
                continue
            if rule in self._others:
                raise UsageError(f"{where}{rule!r} is no rule of this command (`reassert rules` says whose)")
            raise UsageError(f"{where}unknown rule {rule!r}{_nearest(rule, known)}")


def _named_in(settings: Settings) -> Iterable[tuple[str, tuple[str, ...]]]:
    """The rules that are named, by key."""
    yield "select", settings.select
    yield "extend-select", settings.extend_select
    yield "ignore", settings.ignore
    per_file: Mapping[str, tuple[str, ...]] = settings.per_file_ignores
    for glob, rules in per_file.items():
        yield f'per-file-ignores."{glob}"', rules


def _nearest(rule: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only paid by a mistake

    near = get_close_matches(rule, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else " (`reassert rules` lists all)"


@lru_cache(maxsize=256)
def _spec(glob: str) -> Any:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most projects have no per-file-ignores

    return GitIgnoreSpec.from_lines([glob])


def _matches(glob: str, name: str) -> bool:
    """Whether a pattern, as in a .gitignore file, matches a path relative to the configuration's folder."""
    return bool(_spec(glob).match_file(name))
