"""Counts and lists for the report of one file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from reassert.engine.climbing import Decision, climbs_with_owner, key
from reassert.model.edits import Edit
from reassert.model.outcomes import Refusal, Report, Tally
from reassert.model.rules import Rewrite
from reassert.syntax.assertions import in_scope
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.foreign_names import foreign_classes
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
    held_back = decision.held_back.get(str(context.source.path), [])
    said = [r for x in rewrites for r in x.refusals]
    findings = {f for x in rewrites for f in x.findings}
    if context.facts.scope is not None:
        said = [r for r in said if climbs_with_owner(context, r.unit.qualname, decision.climbing)]
        findings = {f for f in findings if _is_within(context, f.location.line, climbing)}
    refusals = _distinct(said, held_back)
    return Report(
        tuple(sorted(refusals, key=lambda r: (r.location, r.code, r.reason))),
        tuple(sorted(findings, key=lambda f: (f.location, f.code, f.message))),
        _tally(context, edits, climbing),
        {**_test_map(context, rewrites, climbing), **_imported_map(context, decision)},
        any(_ASSERT.search(part) for e in edits for part in e.parts if isinstance(part, bytes)),
    )


def _is_within(context: Context, line: int, climbing: frozenset[str]) -> bool:
    """Whether a line belongs to a class that climbs."""
    nodes = (c.node for c in context.classes.all if c.qualname in climbing)
    return any(node.lineno <= line <= (node.end_lineno or node.lineno) for node in nodes)


def _distinct(refused: Sequence[Refusal], held_back: Sequence[Refusal]) -> list[Refusal]:
    """One refusal a place and code; where an assertion was refused, its being left is not said again."""
    found = {(r.location, r.code): r for r in reversed(refused)}
    spoken = {r.location for r in refused}
    for refusal in held_back:
        if not (refusal.code == "A-EXPR" and refusal.location in spoken):
            found.setdefault((refusal.location, refusal.code), refusal)
    return list(found.values())


def _tally(context: Context, edits: Sequence[Edit], climbing: frozenset[str]) -> Tally:
    """Assertions count as converted where an edit that happens covers the call's ``self.assertX``."""
    asked = [c for c in context.classes.all if context.may_change(c.qualname)]
    classes = [c for c in asked if c.is_testcase and not c.local]
    assertions = converted = 0
    cover = _Cover(edits)
    for info in asked:
        if not in_scope(context, info):
            continue
        for use in info.uses.attributes:
            if use.name in LEGACY_ASSERTIONS and use.name not in info.inherited:
                assertions += 1
                converted += id(use.node) in context.handled and cover.holds(
                    context.module.span(use.node).start
                )
    return Tally(
        classes=len(classes),
        classes_converted=sum(c.qualname in climbing for c in classes),
        tests=sum(len(c.tests) for c in classes),
        assertions=assertions,
        assertions_converted=converted,
    )


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
    context: Context, rewrites: Sequence[Rewrite], climbing: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    renames = {old: new for r in rewrites for old, new in r.renames.items() if old in climbing}
    table: dict[str, tuple[str, ...]] = {}
    for info in context.classes.all:
        if info.is_testcase and info.qualname in renames:
            table.update(_renamed(info, info.qualname, renames[info.qualname]))
    return table


def _imported_map(context: Context, decision: Decision) -> dict[str, tuple[str, ...]]:
    """What pytest does: it collects a test class in every module that imports it, too."""
    table: dict[str, tuple[str, ...]] = {}
    for foreign in foreign_classes(context):
        if foreign.is_bound_here and foreign.key in decision.climbing:
            table.update(_renamed(foreign.info, foreign.info.node.name, foreign.new_name))
    return table


def _renamed(info: ClassInfo, before: str, after: str) -> dict[str, tuple[str, ...]]:
    tests = dict.fromkeys(t.name for c in reversed(info.lineage) for t in c.tests)
    old, new = before.replace(".", "::"), after.replace(".", "::")
    return {f"{old}::{t}": (f"{new}::{RUN_TEST if t == 'runTest' else t}",) for t in tests}
