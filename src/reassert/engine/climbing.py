"""Decides which classes become plain classes: a component of inheritance climbs together or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reassert.engine.holding import Kept, culprits_of, seen_from, spoken_for
from reassert.model.config import Profile
from reassert.model.outcomes import Refusal
from reassert.model.rules import Rewrite
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.foreign_names import foreign_classes
from reassert.syntax.module import Module

Splits = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Said:
    """What all rules said of one file. ``offers``: the classes that may climb, and the rule that says so."""

    context: Context
    rewrites: Sequence[Rewrite]
    offers: Mapping[str, str]


@dataclass(frozen=True)
class Decision:
    """The classes that climb, of all files, as ``path::qualname``; and for each file why others do not.

    ``splits`` has for each class, named like these, what becomes of tests that were not collected as they
    are now: see ``Rewrite.splits``. ``held_back`` are the refusals to report, ``kept`` what each file has of
    the components that stay. ``renames`` are the new names of classes that climb.
    """

    climbing: frozenset[str]
    held_back: Mapping[str, list[Refusal]] = field(default_factory=dict)
    kept: Mapping[str, list[Kept]] = field(default_factory=dict)
    splits: Mapping[str, Splits] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)


def decide(family: Sequence[Said]) -> Decision:
    """Resolve what rules offer and block, over all files that are converted together."""
    return count(Ballot(family), components(family))


def count(ballot: Ballot, components: Iterable[Sequence[ClassInfo]]) -> Decision:
    """Which of ``components`` climb, and why the others do not."""
    climbing: set[str] = set()
    held_back: defaultdict[str, list[Refusal]] = defaultdict(list)
    kept: defaultdict[str, list[Kept]] = defaultdict(list)
    for component in components:
        if not any(ballot.context(c).may_change(c.qualname) for c in component):
            continue
        if ballot.lets_climb(component):
            climbing.update(map(ballot.key, component))
            continue
        causes = list(ballot.causes(component))
        for info, refusal in (*causes, *ballot.consequences(component)):
            held_back[ballot.path(info)].append(refusal)
        for path, part in _by_file(ballot, component, causes):
            kept[path].append(part)
    return Decision(frozenset(climbing), held_back, kept, ballot.splits(climbing), ballot.renames(climbing))


def key(context: Context, name: str) -> str:
    """A class of this file, or one that is already named with its path, as ``path::qualname``."""
    return name if "::" in name else f"{context.source.path}::{name}"


def climbs_with_owner(context: Context, qualname: str, climbing: frozenset[str]) -> bool:
    """Whether a class or what lies in it, as a unit names it, belongs to a class of this file that climbs."""
    parts = qualname.split(".")
    return any(key(context, ".".join(parts[:end])) in climbing for end in range(1, len(parts) + 1))


class Ballot:
    """What all rules offer and block, over all files."""

    def __init__(self, family: Sequence[Said]) -> None:
        self._rewrites = [(s.context, rewrite) for s in family for rewrite in s.rewrites]
        self.contexts: dict[Module, Context] = {s.context.module: s.context for s in family}
        self.offered = {
            key(s.context, name): rule
            for s in family
            if s.context.config.profile >= Profile.CLASSES
            for name, rule in s.offers.items()
        }
        self.blocked: defaultdict[str, list[Refusal]] = defaultdict(list)
        said = {r.location: r for s in family for w in s.rewrites for r in w.refusals}
        for s in family:
            for rewrite in s.rewrites:
                for name, refusals in rewrite.blocked.items():
                    self.blocked[key(s.context, name)] += spoken_for(refusals, said)
        for s in family:
            _block_unfollowed(s, self.offered, self.blocked)

    def splits(self, climbing: Collection[str]) -> dict[str, Splits]:
        """What becomes of the tests of plain and climbing classes, by class."""
        found: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for context, rewrite in self._rewrites:
            for name, new in rewrite.splits.items():
                owner, _, test = name.rpartition(".")
                hits = context.classes.by_name.get(owner, [])
                if key(context, owner) in climbing or not any(c.is_testcase for c in hits):
                    found[key(context, owner)][test] = new
        return dict(found)

    def renames(self, climbing: Collection[str]) -> dict[str, str]:
        """The new qualified names of climbing classes."""
        named = ((key(c, old), new) for c, rewrite in self._rewrites for old, new in rewrite.renames.items())
        return {old: new for old, new in named if old in climbing}

    def context(self, info: ClassInfo) -> Context:
        """The file of a class."""
        return self.contexts[info.module]

    def path(self, info: ClassInfo) -> str:
        """The path of a class's file."""
        return str(self.context(info).source.path)

    def key(self, info: ClassInfo) -> str:
        """A class as ``path::qualname``."""
        return key(self.context(info), info.qualname)

    def lets_climb(self, component: Sequence[ClassInfo]) -> bool:
        """Whether all of a component's classes may climb."""
        return all(n in self.offered and n not in self.blocked for n in map(self.key, component))

    def causes(self, component: Sequence[ClassInfo]) -> Iterator[tuple[ClassInfo, Refusal]]:
        """The root causes: what blocks classes; else that the configuration leaves relatives as they are."""
        blocked = [info for info in component if self.key(info) in self.blocked]
        for info in blocked:
            yield from ((info, r) for r in self.blocked[self.key(info)])
        left = {info for info in component if self.key(info) not in self.offered}
        if left and not blocked:
            for info, culprit in culprits_of(component, left):
                why = f"{culprit.qualname}, connected by inheritance, is left alone by the configuration"
                where = f"{seen_from(self.context(info).source.path, self.context(culprit).source.path)}"
                reason = f"{why} ({where}:{culprit.node.lineno})"
                yield from self._relative(info, self.offered[self.key(info)], reason)

    def consequences(self, component: Sequence[ClassInfo]) -> Iterator[tuple[ClassInfo, Refusal]]:
        """For the relatives of blocked classes a refusal that names the class which holds them back."""
        guilty = {info for info in component if self.key(info) in self.blocked}
        for info, culprit in culprits_of(component, guilty) if guilty else ():
            first = self.blocked[self.key(culprit)][0]
            where = f"{seen_from(self.context(info).source.path, first.location.path)}:{first.location.line}"
            why = f"{culprit.qualname}, connected by inheritance, stays a TestCase ({first.code}, {where})"
            if self.context(info).config.profile >= Profile.CLASSES:
                yield from self._relative(info, first.rule_id, why)

    def _relative(self, info: ClassInfo, rule: str, why: str) -> Iterator[tuple[ClassInfo, Refusal]]:
        if info.is_testcase:
            yield info, self.context(info).refusal(rule, "B-COMPONENT", info.node, info.qualname, why)


def _block_unfollowed(
    said: Said, offered: Mapping[str, str], blocked: defaultdict[str, list[Refusal]]
) -> None:
    """A class keeps its name where it is used in a file that its rule is kept away from."""
    follows = {name for rewrite in said.rewrites for name in rewrite.follows}
    for foreign in foreign_classes(said.context):
        if foreign.key in offered and foreign.key not in follows | blocked.keys() and foreign.is_renamed:
            rule_id = offered[foreign.key]
            blocked[foreign.key].append(
                said.context.refusal(
                    rule_id,
                    "B-NAME",
                    foreign.first_place or said.context.module.tree.body[0],
                    foreign.info.qualname,
                    f"{rule_id}, which renames {foreign.info.node.name}, is switched off in this file",
                )
            )


def _by_file(
    ballot: Ballot, component: Sequence[ClassInfo], causes: Sequence[tuple[ClassInfo, Refusal]]
) -> Iterator[tuple[str, Kept]]:
    """What each file has of a component that stays for ``causes``."""
    members: defaultdict[str, list[ClassInfo]] = defaultdict(list)
    reported: defaultdict[str, list[tuple[ClassInfo, Refusal]]] = defaultdict(list)
    for info in component:
        members[ballot.path(info)].append(info)
    for info, refusal in causes:
        reported[ballot.path(info)].append((info, refusal))
    family = ballot.context(component[0]).location(component[0].node)
    for path, here in members.items() if causes else ():
        yield path, Kept(family, tuple(here), tuple(reported[path]))


def components(family: Iterable[Said]) -> list[Sequence[ClassInfo]]:
    """The components of inheritance that have a test class."""
    seen: dict[int, Sequence[ClassInfo]] = {}
    for said in family:
        for info in said.context.classes.all:
            component = said.context.classes.component(info)
            if any(c.is_testcase for c in component):
                seen[id(component)] = component
    return list(seen.values())
