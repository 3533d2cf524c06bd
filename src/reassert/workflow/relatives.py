"""The files that were not asked for and yet matter: what they say, and which of them must change, too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reassert.model.config import Profile
from reassert.model.facts import ScannedFacts
from reassert.workflow.executor import Result
from reassert.workflow.kinship import related_words
from reassert.workflow.survey import Others, Survey, Target, others
from reassert.workflow.usage import UsageError
from reassert.workspace.settings import SettingsError
from reassert.workspace.writing import is_writable

CANNOT_BE_PARSED = "cannot be parsed"
NO_RULE = "no rule is selected for it"

WorkAll = Callable[[Iterable[Target]], Mapping[Path, Result]]


@dataclass(frozen=True)
class Relatives:
    """``scanned`` is what files say that were not asked for.

    ``connected`` are the ones among them that must change with those asked for, and ``scopes`` the classes in
    them that may. ``held`` says of others why they may not.
    """

    scanned: Mapping[Path, ScannedFacts] = field(default_factory=dict)
    connected: tuple[Target, ...] = ()
    scopes: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    held: Mapping[Path, str] = field(default_factory=dict)


def find_relatives(
    surveyed: Survey, asked: Mapping[Path, ScannedFacts], meant: Collection[Path], work: WorkAll
) -> Relatives:
    """Scan the project's other files as far as their contents may concern the ones asked for.

    ``asked`` is what those say of themselves, ``meant`` are the ones among them that can be converted. What
    is found may itself have relatives elsewhere, so this goes on until no new name turns up.
    """
    if surveyed.whole and not surveyed.excluded:
        return Relatives()
    words = related_words(asked.values())
    return _Search(surveyed, asked, meant, work).result(words) if words != () else Relatives()


class _Search:
    def __init__(
        self, surveyed: Survey, asked: Mapping[Path, ScannedFacts], meant: Collection[Path], work: WorkAll
    ) -> None:
        self._surveyed = surveyed
        self._asked = asked
        able = {t.task.path for t in surveyed.asked if t.task.config.profile >= Profile.CLASSES}
        self._meant = able.intersection(meant)
        self._work = work
        self._others: Others = others(surveyed)
        self._found: dict[Path, ScannedFacts] = {}
        self._targets: dict[Path, Target] = {}
        self._held: dict[Path, str] = {}

    def result(self, words: tuple[bytes, ...] | None) -> Relatives:
        scopes: Mapping[Path, frozenset[str]] = {}
        searched: tuple[bytes, ...] | None = ()
        while words != searched:
            if self._scan(words):
                scopes = self._extension()
            searched = words
            inside = [*self._asked.values(), *(self._found[path] for path in scopes)]
            words = None if words is None else related_words(inside, self._found.values())
        connected = tuple(self._targets[path] for path in scopes)
        return Relatives(self._found, connected, scopes, self._held)

    def _scan(self, words: tuple[bytes, ...] | None) -> bool:
        """Look for ``words`` (None: for anything) in the files not found yet; whether any was found."""
        rest = [t for t in self._others.targets if t.task.path not in self._found]
        results = self._work([replace(t, task=replace(t.task, words=words)) for t in rest])
        by_path = {target.task.path: target for target in rest}
        new = {path: result.facts for path, result in results.items() if result.facts is not None}
        for path, facts in new.items():
            # What an excluded file names but in imports is pointed at at most, and holds nothing back.
            unheard = path in self._others.excluded
            self._found[path] = replace(facts, quoted={}, loose={}) if unheard else facts
            self._targets[path], self._held[path] = self._judged(by_path[path], facts)
        return bool(new)

    def _extension(self) -> Mapping[Path, frozenset[str]]:
        if self._surveyed.only_given or not self._meant:
            return {}
        from reassert import project  # noqa: PLC0415 - keeps this module's import cheap for --help

        held = {path for path, why in self._held.items() if why} | (self._asked.keys() - self._meant)
        found: Mapping[Path, frozenset[str]] = project.extension(
            {**self._asked, **self._found}, self._meant, held
        )
        return found

    def _judged(self, target: Target, facts: ScannedFacts) -> tuple[Target, str]:
        """The file as one to be planned, and why it cannot be; the empty string if it can."""
        path = target.task.path
        if self._surveyed.only_given:
            return target, "not asked for"
        if path in self._others.excluded:
            return target, "excluded by the configuration"
        if facts.broken:
            return target, CANNOT_BE_PARSED
        try:
            choice = self._surveyed.choose(path)
        except (SettingsError, UsageError):
            return target, "its configuration cannot be used"
        task = replace(target.task, rules=choice.rules, config=choice.config)
        return replace(target, task=task), _reason(path, choice.rules)


def _reason(path: Path, rules: tuple[str, ...]) -> str:
    if not rules:
        return NO_RULE
    return "" if is_writable(path) else "cannot be written"
