"""Copies without those that keep the others from being one test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reassert.syntax.copies import Group, Remark, drafted, objection_to_shape, odd_ones, runs
from reassert.syntax.parametrize import Objection
from reassert.syntax.siblings import Scope, Sibling

# Of so many copies one may be left out because it differs in more than the others do.
_PART = 3
# Taking out more than a few of them is looking for another group.
_MOST = 8


@dataclass(frozen=True)
class Sifted:
    """The groups that are left, and the copies that are not in them; ``whole`` is what kept all together."""

    groups: Sequence[Group]
    remarks: Sequence[Remark]
    whole: Objection | None = None


def sifted(scope: Scope, members: Sequence[Sibling]) -> Sifted:
    """The copies that can be one test; where order matters as several, as those left out stand between.

    A copy is left out for a value that is no cell of a table, or if without it the others differ in so much
    less that they can have one.
    """
    first = drafted(scope, members)
    if isinstance(first, Objection):
        return Sifted((), (), first)
    odd: dict[str, Objection] = dict(_outliers(first))
    kept = _without(scope, members, odd)
    odd.update((name, why) for group in kept for name, why in odd_ones(group).items())
    groups: list[Group] = []
    problems: list[Objection] = []
    for group in _without(scope, members, odd):
        problem = objection_to_shape(group)
        groups += [] if problem else [group]
        problems += [problem] if problem else []
    whole = objection_to_shape(first) or next(iter(odd.values()), None)
    if not groups:
        return Sifted((), (), whole or next(iter(problems), None) or _ALONE)
    return Sifted(groups, list(_remarks(members, odd)), whole)


_ALONE = Objection("PARAM-STRUCTURE", "they do not differ at all")


def _without(scope: Scope, members: Sequence[Sibling], odd: Mapping[str, object]) -> list[Group]:
    """The copies that are not odd, in groups, as far as they differ."""
    kept = runs(scope, [m for m in members if m.name not in odd])
    found = (drafted(scope, run) for run in kept if len(run) > 1)
    return [group for group in found if isinstance(group, Group)]


def _outliers(group: Group) -> Iterator[tuple[str, Objection]]:
    """The few copies but for which the others would be a table."""
    problem = objection_to_shape(group)
    left = group
    most = min(_MOST, len(group.members) // _PART)
    gone: dict[str, Objection] = {}
    while problem is not None and len(gone) < most:
        name = _oddest(left)
        found = name and drafted(group.scope, [m for m in left.members if m.name != name])
        if not isinstance(found, Group):
            return
        gone[name] = Objection(problem.code, f"with it, {problem.reason}")
        left, problem = found, objection_to_shape(found)
    if problem is None:
        yield from gone.items()


def _oddest(group: Group) -> str:
    """The copy that most often is the only one to differ from the others; empty if there is none."""
    alone: Counter[str] = Counter()
    for parameter in group.parameters:
        counts = Counter(parameter.canonical)
        if len(counts) == 2 and min(counts.values()) == 1:  # noqa: PLR2004 - one value, and that of all others
            rare = min(counts, key=counts.__getitem__)
            alone[group.members[parameter.canonical.index(rare)].name] += 1
    return alone.most_common(1)[0][0] if alone else ""


def _remarks(members: Sequence[Sibling], odd: Mapping[str, Objection]) -> Iterator[Remark]:
    """Why copies were left out, once for each reason."""
    for why in dict.fromkeys(odd.values()):
        yield Remark([m for m in members if odd.get(m.name) == why], why)
