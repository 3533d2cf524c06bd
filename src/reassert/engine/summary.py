"""Counts and lists for the report of one file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

from reassert.engine.climbing import Decision, climbs_with_owner, key
from reassert.engine.holding import Kept
from reassert.model.config import Profile
from reassert.model.edits import Edit
from reassert.model.outcomes import (
    NEWLY_EXECUTED,
    STALE_MAIN,
    Finding,
    Held,
    Location,
    Refusal,
    Report,
    Tally,
)
from reassert.model.rules import Rewrite
from reassert.syntax.assertions import in_scope
from reassert.syntax.classes import ClassInfo, Use
from reassert.syntax.context import Context
from reassert.syntax.foreign_names import foreign_classes
from reassert.syntax.makers import made_tests
from reassert.syntax.testcase_api import LEGACY_ASSERTIONS, RUN_TEST

_ASSERT = re.compile(rb"\bassert\b")


def summarise(
    context: Context,
    rewrites: Sequence[Rewrite],
    edits: Sequence[Edit],
    decision: Decision,
) -> Report:
    """The report: refusals in source order, findings, counts, and the test map."""
    climbing = frozenset(
        c.qualname for c in context.classes.all if key(context, c.qualname) in decision.climbing
    )
    path = str(context.source.path)
    said = [r for x in rewrites for r in x.refusals]
    findings = {f for x in rewrites for f in x.findings}
    if context.facts.scope is not None:
        said = [r for r in said if climbs_with_owner(context, r.unit.qualname, decision.climbing)]
        findings = {f for f in findings if _is_within(context, f.location.line, climbing)}
    asleep = {f for f in findings if f.code == NEWLY_EXECUTED and not _may_run(context, f, climbing)}
    findings -= asleep
    if not _loses_tests(context, climbing, decision):
        findings = {f for f in findings if f.code != STALE_MAIN}
    gone = {edit.unit.rule_id for edit in edits}
    findings = {f for f in findings if f.code != STALE_MAIN or f.rule_id not in gone}
    refused = _distinct(said, decision.held_back.get(path, []))
    refusals = sorted(refused, key=lambda r: (r.location, r.code, r.reason))
    uses = legacy_assertions(context)
    left = unconverted(context, uses, edits)
    return Report(
        tuple(refusals),
        tuple(sorted(findings, key=lambda f: (f.location, f.code, f.message))),
        _tally(context, climbing, len(uses), len(uses) - len(left)),
        {**_test_map(context, rewrites, decision), **_imported_map(context, decision)},
        any(_ASSERT.search(part) for e in edits for part in e.parts if isinstance(part, bytes)),
        _held(context, decision.kept.get(path, []), left, refusals),
    )


def _loses_tests(context: Context, climbing: frozenset[str], decision: Decision) -> bool:
    """Whether a class that the file has, or imports from its family, becomes plain."""
    imported = (f"{ref.path}::{ref.qualname}" for ref in context.facts.names.values())
    return bool(climbing) or not decision.climbing.isdisjoint(imported)


def _may_run(context: Context, finding: Finding, climbing: frozenset[str]) -> bool:
    """Whether a test lies in no TestCase, or in one that climbs."""
    line = finding.location.line
    around = [c for c in context.classes.all if c.node.lineno <= line <= (c.node.end_lineno or c.node.lineno)]
    stays = (c for c in around if context.classes.component(c).has_testcase)
    return all(c.qualname in climbing for c in stays)


def _is_within(context: Context, line: int, climbing: frozenset[str]) -> bool:
    """Whether a line belongs to a class that climbs."""
    nodes = (c.node for c in context.classes.all if c.qualname in climbing)
    return any(node.lineno <= line <= (node.end_lineno or node.lineno) for node in nodes)


def _distinct(refused: Sequence[Refusal], held_back: Sequence[Refusal]) -> list[Refusal]:
    """One refusal a place and code."""
    found = {(r.location, r.code): r for r in reversed(refused)}
    for refusal in held_back:
        found.setdefault((refusal.location, refusal.code), refusal)
    return list(found.values())


def _tally(context: Context, climbing: frozenset[str], assertions: int, converted: int) -> Tally:
    asked = [c for c in context.classes.all if context.may_change(c.qualname)]
    classes = [c for c in asked if c.is_testcase and not c.local]
    return Tally(
        classes=len(classes),
        classes_converted=sum(c.qualname in climbing for c in classes),
        tests=sum(len(c.tests) for c in classes),
        assertions=assertions,
        assertions_converted=converted,
    )


def legacy_assertions(context: Context) -> list[tuple[ClassInfo, Use]]:
    """Every use of an assertion method that is unittest's own, with its class."""
    return [
        (info, use)
        for info in context.classes.all
        if context.may_change(info.qualname) and in_scope(context, info)
        for use in info.uses.attributes
        if use.name in LEGACY_ASSERTIONS and use.name not in info.inherited
    ]


def unconverted(
    context: Context, uses: Sequence[tuple[ClassInfo, Use]], edits: Sequence[Edit]
) -> list[tuple[ClassInfo, Use]]:
    """Those of ``uses`` that stay: no edit that happens covers their ``self.assertX``."""
    cover = _Cover(edits)
    handled, span = context.handled, context.module.span
    return [
        (info, use)
        for info, use in uses
        if not (id(use.node) in handled and cover.holds(span(use.node).start))
    ]


def _held(
    context: Context,
    kept: Sequence[Kept],
    left: Sequence[tuple[ClassInfo, Use]],
    refusals: Sequence[Refusal],
) -> tuple[Held, ...]:
    """What stays for which of ``refusals``: classes component by component, then single assertions.

    An assertion stays for its own refusal, or for its class: where that must become plain for it to change.
    """
    number = {(r.location, r.code): index for index, r in enumerate(refusals)}
    home = {info: index for index, k in enumerate(kept) for info in k.members}
    spoken = {r.location: index for index, r in enumerate(refusals) if r.code.startswith("A-")}
    waiting: Counter[int] = Counter()
    single: list[int] = []
    for info, use in left:
        said = spoken.get(context.location(use.node))
        if said is not None:
            single.append(said)
        elif info in home and id(use.node) in context.handled:
            waiting[home[info]] += 1
    wanted = context.config.profile >= Profile.CLASSES  # else they stay in any case
    held = [
        Held(
            k.family,
            wanted * sum(c.is_testcase for c in k.members),
            wanted * waiting[index],
            *_reach(context, k, number),
        )
        for index, k in enumerate(kept)
    ]
    return (*held, *([Held(None, 0, len(single), tuple(single))] if single else ()))


def _reach(
    context: Context, kept: Kept, number: Mapping[tuple[Location, str], int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The indices of the causes, and for each how many classes have or inherit it."""
    found: dict[int, int] = {}
    for info, refusal in kept.causes:
        index = number[refusal.location, refusal.code]
        found[index] = max(found.get(index, 0), 1 + len(context.classes.heirs(info)))
    return tuple(found), tuple(found.values())


class _Cover:
    """Answers whether a position lies inside one of many edits."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        ordered = sorted((e.start, e.end) for e in edits)
        self.starts = [start for start, _ in ordered]
        self.reach = list(accumulate((end for _, end in ordered), max))

    def holds(self, position: int) -> bool:
        index = bisect_right(self.starts, position) - 1
        return index >= 0 and self.reach[index] > position


def _test_map(
    context: Context, rewrites: Sequence[Rewrite], decision: Decision
) -> dict[str, tuple[str, ...]]:
    climbing = decision.climbing
    renames = {o: n for r in rewrites for o, n in r.renames.items() if key(context, o) in climbing}
    replicas = {owner: made for r in rewrites for owner, made in r.replicas.items()}
    table: dict[str, tuple[str, ...]] = {}
    for info in context.classes.all:
        if info.qualname in replicas and info.qualname in renames:
            for made in replicas[info.qualname]:
                tests = _renamed(info, made, renames[info.qualname], decision)
                table.update({old: with_case(news, made) for old, news in tests.items()})
        elif info.is_testcase and info.qualname in renames:
            table.update(_renamed(info, info.qualname, renames[info.qualname], decision))
        elif not info.is_testcase and any(_splits(c, decision) for c in info.lineage):
            table.update(_renamed(info, info.qualname, info.qualname, decision))
    table.update(decision.splits.get(key(context, ""), {}))
    return table


def with_case(names: Sequence[str], case: str) -> tuple[str, ...]:
    """Tests as pytest names them under one more table, which stands further away than those they have."""
    return tuple(f"{name[:-1]}-{case}]" if name.endswith("]") else f"{name}[{case}]" for name in names)


def _imported_map(context: Context, decision: Decision) -> dict[str, tuple[str, ...]]:
    """What pytest does: it collects a test class in every module that imports it, too."""
    table: dict[str, tuple[str, ...]] = {}
    for foreign in foreign_classes(context):
        if foreign.is_bound_here and foreign.key in decision.climbing:
            table.update(_renamed(foreign.info, foreign.info.node.name, foreign.new_name, decision))
    return table


def _renamed(info: ClassInfo, before: str, after: str, decision: Decision) -> dict[str, tuple[str, ...]]:
    """The tests of a class, its own and those it inherits, by the names that they were collected under."""
    tests: dict[str, tuple[str, ...]] = {}
    for owner in reversed(info.mro):
        splits = _splits(owner, decision)
        for name in (*(name for name, _ in made_tests(owner.node)), *(test.name for test in owner.tests)):
            tests[name] = (RUN_TEST if name == "runTest" else name,)
        made = {name.partition("[")[0] for new in splits.values() for name in new}
        tests = {name: new for name, new in tests.items() if name not in made} | dict(splits)
    old, new = before.replace(".", "::"), after.replace(".", "::")
    return {f"{old}::{t}": tuple(f"{new}::{n}" for n in names) for t, names in tests.items()}


def _splits(info: ClassInfo, decision: Decision) -> Mapping[str, tuple[str, ...]]:
    return decision.splits.get(f"{info.module.source.path}::{info.qualname}", {})
