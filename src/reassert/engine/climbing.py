"""Decides which classes become plain classes: a component of inheritance climbs together or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from reassert.model.config import Profile
from reassert.model.outcomes import Refusal
from reassert.model.rules import Rewrite
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context


def climbing_classes(context: Context, rewrites: Sequence[Rewrite]) -> tuple[frozenset[str], tuple[Refusal, ...]]:
    """The qualified names of the classes that climb, and the refusals that hold the others back."""
    if context.config.profile < Profile.CLASSES:
        return frozenset(), ()
    offered = frozenset(name for r in rewrites for name in r.climbs)
    blocked: dict[str, list[Refusal]] = {}
    for rewrite in rewrites:
        for name, refusals in rewrite.blocked.items():
            blocked.setdefault(name, []).extend(refusals)
    climbing: set[str] = set()
    held_back: list[Refusal] = []
    for component in _components(context):
        names = [c.qualname for c in component]
        if all(n in offered and n not in blocked for n in names):
            climbing.update(names)
        else:
            held_back += _held_back(context, component, blocked)
    return frozenset(climbing), tuple(held_back)


def _components(context: Context) -> list[list[ClassInfo]]:
    seen: dict[int, list[ClassInfo]] = {}
    for info in context.classes.all:
        component = context.classes.component(info)
        if any(c.is_testcase for c in component):
            seen[id(component)] = component
    return list(seen.values())


def _held_back(context: Context, component: list[ClassInfo], blocked: dict[str, list[Refusal]]) -> list[Refusal]:
    """The reasons of the blocked classes, and for their relatives one that names a blocked class."""
    reasons = [r for c in component for r in blocked.get(c.qualname, ())]
    culprit = next((c for c in component if c.qualname in blocked), None)
    if culprit is None:
        return reasons
    first = blocked[culprit.qualname][0]
    for info in component:
        if info.qualname not in blocked and info.is_testcase:
            why = f"{culprit.qualname}, connected by inheritance, stays a TestCase ({first.code} in line {first.location.line})"
            reasons.append(context.refusal(first.rule_id, "B-COMPONENT", info.node, info.qualname, why))
    return reasons
