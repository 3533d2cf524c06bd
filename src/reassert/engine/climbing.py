"""Decides which classes become plain classes: a component of inheritance climbs together or not at all."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reassert.model.config import Profile
from reassert.model.outcomes import Refusal
from reassert.model.rules import Rewrite
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.foreign_names import foreign_classes
from reassert.syntax.module import Module


@dataclass(frozen=True)
class Said:
    """What all rules said of one file; ``rule_ids`` are those of the rewrites, in their order."""

    context: Context
    rewrites: Sequence[Rewrite]
    rule_ids: Sequence[str]


@dataclass(frozen=True)
class Decision:
    """The classes that climb, of all files, as ``path::qualname``; and for each file why others do not."""

    climbing: frozenset[str]
    held_back: dict[str, list[Refusal]]


def decide(family: Sequence[Said]) -> Decision:
    """Resolve what rules offer and block, over all files that are converted together."""
    offered = {
        key(s.context, name): rule_id
        for s in family
        if s.context.config.profile >= Profile.CLASSES
        for r, rule_id in zip(s.rewrites, s.rule_ids, strict=True)
        for name in r.climbs
    }
    blocked = _blocked(family)
    for said in family:
        _block_unfollowed(said, offered, blocked)
    climbing: set[str] = set()
    held_back: defaultdict[str, list[Refusal]] = defaultdict(list)
    contexts = {s.context.module: s.context for s in family}
    for component in _components(family):
        if not any(contexts[c.module].may_change(c.qualname) for c in component):
            continue
        names = [_key_of(contexts, c) for c in component]
        if all(n in offered and n not in blocked for n in names):
            climbing.update(names)
        else:
            for info, refusal in _reasons(contexts, component, blocked):
                held_back[str(contexts[info.module].source.path)].append(refusal)
    return Decision(frozenset(climbing), held_back)


def key(context: Context, name: str) -> str:
    """A class of this file, or one that is already named with its path, as ``path::qualname``."""
    return name if "::" in name else f"{context.source.path}::{name}"


def climbs_with_owner(context: Context, qualname: str, climbing: frozenset[str]) -> bool:
    """Whether a class or what lies in it, as a unit names it, belongs to a class of this file that climbs."""
    parts = qualname.split(".")
    return any(key(context, ".".join(parts[:end])) in climbing for end in range(1, len(parts) + 1))


def _key_of(contexts: dict[Module, Context], info: ClassInfo) -> str:
    return key(contexts[info.module], info.qualname)


def _blocked(family: Iterable[Said]) -> defaultdict[str, list[Refusal]]:
    blocked: defaultdict[str, list[Refusal]] = defaultdict(list)
    for said in family:
        for rewrite in said.rewrites:
            for name, refusals in rewrite.blocked.items():
                blocked[key(said.context, name)] += refusals
    return blocked


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


def _components(family: Iterable[Said]) -> list[list[ClassInfo]]:
    seen: dict[int, list[ClassInfo]] = {}
    for said in family:
        for info in said.context.classes.all:
            component = said.context.classes.component(info)
            if any(c.is_testcase for c in component):
                seen[id(component)] = component
    return list(seen.values())


def _reasons(
    contexts: dict[Module, Context], component: list[ClassInfo], blocked: dict[str, list[Refusal]]
) -> Iterator[tuple[ClassInfo, Refusal]]:
    """The refusals of the blocked classes, and for their relatives one that names a blocked class."""
    culprits = [c for c in component if _key_of(contexts, c) in blocked]
    for info in culprits:
        yield from ((info, r) for r in blocked[_key_of(contexts, info)])
    for info in component:
        context = contexts[info.module]
        if (
            info not in culprits
            and info.is_testcase
            and culprits
            and context.config.profile >= Profile.CLASSES
        ):
            first = blocked[_key_of(contexts, culprits[0])][0]
            where = f"{_seen_from(context.source.path, first.location.path)}:{first.location.line}"
            why = (
                f"{culprits[0].qualname}, connected by inheritance, stays a TestCase ({first.code}, {where})"
            )
            yield info, context.refusal(first.rule_id, "B-COMPONENT", info.node, info.qualname, why)


def _seen_from(here: Path, there: Path) -> str:
    """The path of a relative as short as it is unambiguous: its name, or the way from the folder."""
    return there.name if there.parent == here.parent else Path(os.path.relpath(there, here.parent)).as_posix()
