"""Says of classes what becomes of them and why, by the very steps that convert them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reassert.engine.climbing import Ballot, Said, components, count
from reassert.engine.pipeline import Member, ask_all, happening, parse, release
from reassert.engine.summary import legacy_assertions, unconverted
from reassert.model.config import Profile
from reassert.model.explanation import BaseLink, ClassStatus, FamilyStatus
from reassert.model.outcomes import Failed, Location, Refusal
from reassert.model.source import SourceFile
from reassert.syntax.assertions import in_scope
from reassert.syntax.classes import Classes, ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.module import Module

LineOf = Callable[[Path, str], int]


def outline(source: SourceFile) -> list[tuple[str, int]]:
    """Every class of a file, also those in functions, with its line. Raises what ``ast.parse`` does."""
    parse(source)
    return [(info.qualname, info.node.lineno) for info in Classes(Module(source), {}).all]


def explain_family(members: Sequence[Member], line_of: LineOf) -> tuple[list[FamilyStatus], list[Failed]]:
    """What becomes of every component of test classes in files that are converted together.

    Files that do not parse are told apart. ``line_of`` gives the line of a class in another file.
    Raises RecursionError where the engine does.
    """
    asked = ask_all(members)
    family = [said for said in asked if isinstance(said, Said)]
    ballot, groups = Ballot(family), components(family)
    climbing = count(ballot, groups).climbing
    counts = {info: counts for said in family for info, counts in _assertions(said, climbing)}
    names = {ballot.key(info): _name(said, info) for said in family for info in said.context.classes.all}
    found = []
    for group in groups:
        statuses = [
            _status(
                ballot.context(info),
                info,
                names[ballot.key(info)] if ballot.key(info) in climbing else None,
                counts[info],
                line_of,
            )
            for info in group
        ]
        found.append(FamilyStatus(tuple(statuses), _causes(ballot, group), _settings(ballot, group)))
    release(asked)
    return found, [failed for failed in asked if isinstance(failed, Failed)]


@dataclass
class _Counts:
    """The legacy assertions of a class."""

    total: int
    stay: int
    left: tuple[Refusal, ...]


def _assertions(said: Said, climbing: frozenset[str]) -> Iterator[tuple[ClassInfo, _Counts]]:
    context = said.context
    uses = legacy_assertions(context)
    stay = unconverted(context, uses, happening(said, climbing))
    refusals = {r.location: r for w in reversed(said.rewrites) for r in reversed(w.refusals)}
    for info in context.classes.all:
        mine = (r for r in refusals.values() if _is_in(r, info) and r.code.startswith("A-"))
        left = sorted(mine, key=lambda r: (r.location, r.code))
        total, remaining = (sum(owner is info for owner, _ in some) for some in (uses, stay))
        yield info, _Counts(total, remaining, tuple(left))


def _is_in(refusal: Refusal, info: ClassInfo) -> bool:
    return info.qualname in (refusal.unit.qualname, refusal.unit.qualname.rpartition(".")[0])


def _name(said: Said, info: ClassInfo) -> str:
    """What a class is called if it becomes plain."""
    for rewrite in said.rewrites:
        if info.qualname in rewrite.renames:
            return rewrite.renames[info.qualname]
    return info.qualname


def _status(
    context: Context, info: ClassInfo, becomes: str | None, own: _Counts, line_of: LineOf
) -> ClassStatus:
    return ClassStatus(
        place=context.location(info.node),
        qualname=info.qualname,
        kind=info.kind,
        bases=tuple(_bases(context, info, line_of)),
        becomes=becomes,
        tests=len(info.tests),
        assertions=own.total,
        converted=own.total - own.stay,
        left=own.left,
        clear=in_scope(context, info),
    )


def _bases(context: Context, info: ClassInfo, line_of: LineOf) -> Iterator[BaseLink]:
    for base, node in zip(info.bases, info.node.bases, strict=True):
        written = context.module.text(node)
        if isinstance(base, ClassInfo):
            home = context.family[str(base.module.source.path)]
            yield BaseLink(written, base.qualname, home.location(base.node))
        else:
            known = context.facts.bases.get(base or "")
            name = base or (written if isinstance(node, (ast.Name, ast.Attribute)) else "")
            if known and known.path:
                place = Location(Path(known.path), line_of(Path(known.path), known.qualname))
                yield BaseLink(written, name, place, apart=True, origin=known.origin)
            else:
                yield BaseLink(written, name)


def _causes(ballot: Ballot, group: Sequence[ClassInfo]) -> dict[Location, tuple[Refusal, ...]]:
    """The root causes by the place of the class to blame, the one that most classes inherit from first."""
    found: dict[ClassInfo, list[Refusal]] = {}
    for info, refusal in () if ballot.lets_climb(group) else ballot.causes(group):
        found.setdefault(info, []).append(refusal)
    ranked = sorted(found, key=lambda info: -len(ballot.context(info).classes.heirs(info)))
    return {ballot.context(info).location(info.node): _distinct(found[info]) for info in ranked}


def _distinct(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    return tuple({(r.location, r.code): r for r in refusals}.values())


def _settings(ballot: Ballot, group: Sequence[ClassInfo]) -> dict[str, str]:
    """The files of a component whose configuration keeps classes from climbing."""
    found = {}
    for info in group:
        if ballot.context(info).config.profile < Profile.CLASSES:
            found[ballot.path(info)] = "profile"
        elif ballot.key(info) not in ballot.offered and ballot.key(info) not in ballot.blocked:
            found[ballot.path(info)] = "rules"
    return found
