"""What becomes of a class and why: where it is, what it inherits from, its relatives, what holds it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reassert.model.explanation import BaseLink
from reassert.report.advice import advice, framework
from reassert.report.causes import kind_of
from reassert.report.text import counted, line, one_line, one_name, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from reassert.model.explanation import ClassStatus, FamilyStatus
    from reassert.model.outcomes import Location, Refusal
    from reassert.report.text import Row
    from reassert.workflow.explaining import Explanation

FILES, CAUSES, BASES, WIDTH = 6, 6, 24, 84
_PLAIN = ("object", "abc.ABC", "typing.Generic", "typing.Protocol")
_ROLES = {"own": "", "inherited": ", which it inherits from", "relative": ", a relative"}

Said = tuple[str, "Refusal", int]
"""The part that the class to blame has for the explained one, what is said of it, at how many places."""


def explanation_rows(explanation: Explanation, base: Path, *, verbose: bool = False) -> Iterator[Row]:
    """Give the explanation with paths relative to ``base``; ``verbose`` shortens no list."""
    if not explanation.name:
        yield from _file_rows(explanation, base)
    elif not explanation.classes or explanation.family is None:
        yield from _stranger_rows(explanation, base)
    else:
        yield from _class_rows(explanation, explanation.family, base, verbose=verbose)
    if explanation.excluded:
        yield line("The configuration excludes this file: it is converted only if it is named.", "yellow")


def _file_rows(explanation: Explanation, base: Path) -> Iterator[Row]:
    found = explanation.classes
    yield line(f"{place(explanation.path, None, base)}: {counted(len(found), 'test class')}", "bold")
    where = [place(status.place.path, status.place.line, base) for status in found]
    names = [one_name(status.qualname) for status in found]
    widths = max(map(len, where), default=0), max(map(len, names), default=0)
    for status, at, name in zip(found, where, names, strict=True):
        columns = (f"  {at:<{widths[0]}}", "cyan"), (f"  {name:<{widths[1]}}", "bold")
        yield *columns, (f"  {outcome(status)}", "")


def _stranger_rows(explanation: Explanation, base: Path) -> Iterator[Row]:
    yield _title(explanation.name, explanation.path, explanation.lines[-1:], base)
    yield line("  is no TestCase, and related to none: there is nothing to convert in it")


def outcome(status: ClassStatus) -> str:
    """Say in words which rung of the ladder a class reaches."""
    if status.becomes is None:
        kind = "stays a TestCase" if status.is_test else "stays as it is"
    elif not status.is_test:
        kind = "goes with the plain classes that inherit from it"
    else:
        kind = "becomes a plain class"
    named = one_name(status.becomes or status.qualname)
    return f"{kind}{'' if named == status.qualname else f' {named}'}; {_assertions(status)}"


def _assertions(status: ClassStatus) -> str:
    total, done = status.assertions, status.converted
    if not status.clear:
        return "its assertions stay, too"
    if not total:
        return "it has no assertions of unittest"
    if done == total:
        return "its assertion converts" if total == 1 else f"all {total:,} assertions convert"
    return f"{done:,} of {counted(total, 'assertion')} convert{'s' if total == 1 else ''}"


def _class_rows(
    explanation: Explanation, family: FamilyStatus, base: Path, *, verbose: bool
) -> Iterator[Row]:
    status = explanation.classes[-1]
    yield _title(status.qualname, explanation.path, explanation.lines, base)
    tests = f"; {counted(status.tests, 'test')} of its own" if status.tests else ""
    yield line(f"  {outcome(status)}{tests}", "bold")
    yield line()
    known = {member.place: member for member in family.members}
    yield line("Inherits from", "bold")
    yield from _tree_rows(status, known, base, verbose=verbose)
    if len(family.members) > 1:
        yield line()
        yield from _family_rows(family, status, base, verbose=verbose)
    if status.becomes is None:
        yield line()
        yield from _cause_rows(family, status, base, verbose=verbose)
    if status.left:
        yield line()
        where = ", as methods of another TestCase" if status.becomes is not None else ""
        yield line(f"Assertions that stay{where}", "bold")
        yield from _said_rows([("own", r, n) for r, n in _merged(status.left)], base, verbose=verbose)
    yield line()
    yield line(f"As for the whole project: reassert diff {place(explanation.root, None, base)}", "dim")


def _title(name: str, path: Path, lines: Sequence[int], base: Path) -> Row:
    more = f" (defined again in line {', '.join(map(str, lines[1:]))})" if len(lines) > 1 else ""
    return (one_name(name), "bold"), (f"  {place(path, lines[0], base)}", "cyan"), (more, "")


def _tree_rows(
    status: ClassStatus, known: Mapping[Location, ClassStatus], base: Path, *, verbose: bool
) -> Iterator[Row]:
    rows = list(_bases(status, known, 1, set()))
    width = max((2 * depth + len(_name(link)) for depth, link, _ in rows), default=0)
    shown = rows if verbose else rows[:BASES]
    for depth, link, again in shown:
        name = f"{'  ' * depth}{_name(link)}"
        if link.place:
            where = place(link.place.path, link.place.line, base)
            note = (
                " (see above)"
                if again
                else ", which is not converted together with this file"
                if link.apart
                else ""
            )
            yield (name.ljust(width), ""), (f"  {where}", "cyan"), (note, "dim")
        else:
            meaning = _meaning(link)
            yield (name.ljust(width if meaning else 0), ""), (f"  {meaning}" if meaning else "", "yellow")
    if len(rows) > len(shown):
        yield line(f"  and {counted(len(rows) - len(shown), 'more line')} (--verbose shows all)", "dim")
    if not rows:
        yield line("  nothing")


def _bases(
    status: ClassStatus, known: Mapping[Location, ClassStatus], depth: int, seen: set[Location]
) -> Iterator[tuple[int, BaseLink, bool]]:
    """The bases, each before its own bases, with their depth, and whether they were there before."""
    for link in status.bases:
        again = link.place in seen
        if link.place or link.name not in _PLAIN:
            yield depth, link, again
        if link.place and not again:
            seen.add(link.place)
            if link.origin:
                yield depth + 1, BaseLink(link.origin, link.origin.strip("?")), False
            elif link.place in known:
                yield from _bases(known[link.place], known, depth + 1, seen)


def _name(link: BaseLink) -> str:
    return one_line(link.name or link.written)


def _meaning(link: BaseLink) -> str:
    """Say what a base is that was not looked at together with its heir."""
    if link.name.startswith(("unittest.", "builtins.")):
        return ""
    whose = framework(link.name)
    if whose:
        return f"of {whose}: classes of test frameworks stay by policy"
    return "from outside of the project" if link.name else "made at run time, so it is not known"


def _family_rows(family: FamilyStatus, status: ClassStatus, base: Path, *, verbose: bool) -> Iterator[Row]:
    files: dict[Path, list[ClassStatus]] = {}
    for member in sorted(family.members, key=lambda member: member.place.path != status.place.path):
        files.setdefault(member.place.path, []).append(member)
    count = counted(len(family.members), "class")
    yield (
        (f"{count} in {counted(len(files), 'file')}", "bold"),
        (" are connected by inheritance: they become plain classes together, or none does", ""),
    )
    shown = dict(list(files.items())[: None if verbose else FILES])
    for path, members in shown.items():
        where = place(path, None, base)
        yield (f"  {where}", "cyan"), (f"  {_named(members, None if verbose else WIDTH - len(where))}", "")
    rest = len(files) - len(shown)
    if rest:
        classes = sum(len(members) for path, members in files.items() if path not in shown)
        yield line(f"  and {counted(classes, 'class')} in {counted(rest, 'more file')}", "dim")


def _named(members: Sequence[ClassStatus], width: int | None) -> str:
    """The names and lines of classes, as many as fit, but one at least."""
    names = [f"{one_name(member.qualname)}:{member.place.line}" for member in members]
    fit = len(names)
    while width is not None and fit > 1 and len(", ".join(names[:fit])) > width:
        fit -= 1
    more = f" and {len(names) - fit} more" if fit < len(names) else ""
    return f"{', '.join(names[:fit])}{more}"


def _cause_rows(family: FamilyStatus, status: ClassStatus, base: Path, *, verbose: bool) -> Iterator[Row]:
    yield line("What holds it back", "bold")
    for path, setting in family.settings.items():
        why = "profile = 'asserts'" if setting == "profile" else "no rule that makes plain classes runs there"
        yield ("  the configuration", "yellow"), (f" of {one_name(_relative(path, family, base))}: {why}", "")
    yield from _said_rows(_roles(family, status), base, verbose=verbose)


def _relative(path: str, family: FamilyStatus, base: Path) -> str:
    return next((place(m.place.path, None, base) for m in family.members if str(m.place.path) == path), path)


def _roles(family: FamilyStatus, status: ClassStatus) -> list[Said]:
    """What is to blame: the class itself, then what it inherits from, then the other relatives."""
    known = {member.place: member for member in family.members}
    above = {link.place for _, link, _ in _bases(status, known, 1, set())}
    by_role: dict[str, list[Refusal]] = {role: [] for role in _ROLES}
    for owner, refusals in family.causes.items():
        by_role["own" if owner == status.place else "inherited" if owner in above else "relative"] += refusals
    return [(role, first, places) for role, said in by_role.items() for first, places in _merged(said)]


def _merged(refusals: Iterable[Refusal]) -> list[tuple[Refusal, int]]:
    """The first of those that say the same, with their number."""
    found: dict[tuple[str, str], list[Refusal]] = {}
    for refusal in refusals:
        found.setdefault(kind_of(refusal), []).append(refusal)
    return [(same[0], len(same)) for same in found.values()]


def _said_rows(said: Sequence[Said], base: Path, *, verbose: bool) -> Iterator[Row]:
    """Give each refusal with its place, and once for each code what could be done."""
    shown = said if verbose else said[:CAUSES]
    width = max((len(refusal.code) for _, refusal, _ in shown), default=0)
    advised: set[str] = set()
    for role, refusal, places in shown:
        yield (f"  {refusal.code:<{width}}", "yellow"), (f"  {one_line(refusal.reason)}", "")
        where = place(refusal.location.path, refusal.location.line, base)
        also = f"; and {counted(places - 1, 'more place')}" if places > 1 else ""
        owner = f" in {one_name(refusal.unit.qualname)}{_ROLES[role]}{also}"
        yield (" " * (width + 4), ""), (where, "cyan"), (owner, "dim")
        if refusal.code not in advised and advice(refusal.code):
            yield line(f"{'':{width + 4}}To do: {advice(refusal.code)}", "green")
            advised.add(refusal.code)
    if len(said) > len(shown):
        yield line(f"  and {counted(len(said) - len(shown), 'more cause')} (--verbose shows all)", "dim")
