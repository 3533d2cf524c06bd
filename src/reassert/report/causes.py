"""What keeps classes and assertions as they are: refusals by cause, the most costly first."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from reassert.report.text import counted, line, one_line, one_name, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reassert.model.outcomes import Plan, Refusal
    from reassert.report.text import Row

GROUPS, CAUSES = 8, 3
_MARGIN = 20
_TEST = re.compile(r"\btest\w*")


@dataclass
class Cause:
    """One thing to put right: the refusals that say the same, wherever that is.

    ``families`` are the components that it holds back, as numbers; ``assertions`` those that it leaves beside
    them. ``reach`` is the number of classes that have or inherit it.
    """

    refusals: list[Refusal] = field(default_factory=list)
    families: set[int] = field(default_factory=set)
    assertions: int = 0
    reach: int = 0


@dataclass
class Group:
    """Causes that together hold back the same classes: all have to be put right before these can change."""

    causes: list[Cause]
    classes: int = 0
    assertions: int = 0


def groups_of(plan: Plan) -> list[Group]:
    """Sort refusals by what stays for them; what only follows from another refusal is left out."""
    groups: dict[object, Group] = {}
    for cause in _causes(plan):
        groups.setdefault(_key(plan, cause), Group([])).causes.append(cause)
    for group in groups.values():
        for number in set().union(*(cause.families for cause in group.causes)):
            group.classes += plan.held[number].classes
            group.assertions += plan.held[number].assertions
        group.assertions += sum(cause.assertions for cause in group.causes)
        group.causes.sort(key=lambda c: (-c.reach, -len(c.refusals), c.refusals[0].location))
    return sorted(groups.values(), key=_rank)


def _key(plan: Plan, cause: Cause) -> object:
    """The family that most of the classes belong to which a cause holds back, else all of its families."""
    sizes = {number: plan.held[number].classes for number in cause.families}
    largest = max(sorted(sizes), key=sizes.__getitem__, default=-1)
    if sizes and 2 * sizes[largest] > sum(sizes.values()):
        return largest
    return frozenset(sizes) or id(cause)


def _causes(plan: Plan) -> list[Cause]:
    kinds: dict[tuple[str, str], Cause] = {}
    by_words: dict[tuple[str, str], Cause] = {}
    causes: list[Cause] = []
    for refusal in plan.refusals:
        words = refusal.code, refusal.reason
        if words not in by_words:
            by_words[words] = kinds.setdefault(kind_of(refusal), Cause())
        causes.append(by_words[words])
        causes[-1].refusals.append(refusal)
    named = set()
    for number, held in enumerate(plan.held):
        for index, reach in zip_longest(held.causes, held.reach, fillvalue=0):
            cause = causes[index]
            named.add(id(cause))
            if held.family is None:
                cause.assertions += 1
            else:
                cause.families.add(number)
                cause.reach = max(cause.reach, reach)
    return [c for c in kinds.values() if id(c) in named or c.refusals[0].code != "B-COMPONENT"]


def kind_of(refusal: Refusal) -> tuple[str, str]:
    """What a refusal says; which test it is that is odd makes no difference."""
    return refusal.code, _TEST.sub("test", refusal.reason)


def _rank(group: Group) -> tuple[object, ...]:
    places = sum(len(cause.refusals) for cause in group.causes)
    return -group.classes - group.assertions, -group.classes, -places, group.causes[0].refusals[0].location


def cause_rows(plan: Plan, base: Path, *, every: bool = False) -> Iterator[Row]:
    """Give the causes with what stays for each, two rows a cause; the most costly ones, or ``every`` one."""
    groups = groups_of(plan)
    if not groups:
        return
    shown = groups if every else groups[:GROUPS]
    yield line("What to fix first", "bold yellow")
    codes = max(len(cause.refusals[0].code) for group in shown for cause in group.causes)
    for group in shown:
        yield from _group_rows(group, base, codes, every=every)
    rest = sum(len(group.causes) for group in groups[len(shown) :])
    if rest:
        yield line(f"{'':{_MARGIN}}and {counted(rest, 'more cause')}, which cost less (--verbose shows all)")
    yield line()


def _group_rows(group: Group, base: Path, codes: int, *, every: bool) -> Iterator[Row]:
    shown = group.causes if every or len(group.causes) <= CAUSES + 1 else group.causes[:CAUSES]
    stays = [counted(group.classes, "class")] if group.classes else []
    stays += [counted(group.assertions, "assertion")] if group.assertions else []
    stays = stays or [counted(len(shown[0].refusals), "place")]
    for number, cause in enumerate(shown):
        first = cause.refusals[0]
        what, where = (*stays, "", "")[:2] if number == 0 else ("also", "")
        yield (
            (f"  {what:<{_MARGIN - 2}}", "bold" if number == 0 else "dim"),
            (first.code.ljust(codes), "yellow"),
            (f"  {one_line(first.reason)}", ""),
        )
        yield (f"  {where:<{_MARGIN - 2}}", "bold"), *_places(cause, base)
    yield from _rest_rows(group.causes[len(shown) :])


def _places(cause: Cause, base: Path) -> Row:
    first = cause.refusals[0]
    more = len({refusal.location for refusal in cause.refusals}) - 1
    files = len({refusal.location.path for refusal in cause.refusals})
    among = f" in {counted(files, 'file')}" if files > 1 else ""
    also = f" and {counted(more, 'more place')}{among}" if more else ""
    return (place(first.location.path, first.location.line, base), "cyan"), (
        f" in {one_name(first.unit.qualname)}{also}",
        "dim",
    )


def _rest_rows(causes: Sequence[Cause]) -> Iterator[Row]:
    if causes:
        codes = Counter(cause.refusals[0].code for cause in causes)
        named = ", ".join(f"{count} {code}" for code, count in codes.most_common())
        yield line(f"{'':{_MARGIN}}also {counted(len(causes), 'more cause')}: {named}", "dim")
