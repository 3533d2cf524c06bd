"""Takes the units behind a loss out of a plan: first the class, then its code, then its file, then more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reassert.model.certificate import Difference, Excluded, Label
from reassert.model.edits import Unit
from reassert.model.outcomes import Plan

Exclusions = Mapping[Path, frozenset[Unit]]

# The rule that makes a TestCase a plain class; without it assertions are still converted.
CLIMB = "testcase_to_plain_class"
# The rule that makes a test a case of another one.
MERGE = "duplicate_tests_to_parametrize"
EVERYTHING = Unit("*", "*")


class Widened(NamedTuple):
    """More exclusions, and what is said of those that are new."""

    exclusions: Exclusions
    reported: tuple[Excluded, ...]


def widen(plan: Plan, losses: Sequence[Difference], exclusions: Exclusions) -> Widened | None:
    """Exclude more of ``plan`` for each loss, one step further than before; None if nothing is left to take.

    The steps for a test: it is no case of another one, if it became one; its class stays a TestCase (its
    function is left alone, if only its assertions differ); the class is left alone; its file; what is no test
    module; every file.
    """
    changed = {change.path for change in plan.changes}
    more: defaultdict[Path, set[Unit]] = defaultdict(set)
    reported: dict[tuple[Path, Unit], Excluded] = {}
    for loss in losses:
        for path, unit in _next_step(plan.root, changed, loss, exclusions):
            more[path].add(unit)
            reported.setdefault((path, unit), _said(plan.root, path, unit, loss))
    if not more:
        return None
    paths = {*exclusions, *more}
    total = {path: exclusions.get(path, frozenset()) | frozenset(more.get(path, ())) for path in paths}
    return Widened(total, tuple(reported.values()))


def _next_step(
    root: Path, changed: Iterable[Path], loss: Difference, exclusions: Exclusions
) -> list[tuple[Path, Unit]]:
    for step in _steps(root, set(changed), loss):
        new = [(path, unit) for path, unit in step if unit not in exclusions.get(path, ())]
        if new:
            return new
    return []


def _steps(root: Path, changed: set[Path], loss: Difference) -> Iterator[list[tuple[Path, Unit]]]:
    """Ever larger parts of the plan; each is tried when those before did not help."""
    path, owner, test = _parts(root, loss.before or loss.after[0])
    if path in changed and loss.before and "[" not in loss.before and any("[" in new for new in loss.after):
        yield [(path, Unit(MERGE, f"{owner}.{test}" if owner else test))]
    if path in changed and owner:
        if loss.label in (Label.ASSERTIONS_DIFFER, Label.SURVIVES):
            yield [(path, Unit("*", f"{owner}.{test}"))]
        else:
            yield [(path, Unit(CLIMB, owner))]
        yield [(path, Unit("*", owner))]
    if path in changed:
        yield [(path, EVERYTHING)]
    helpers = sorted(p for p in changed if not _is_test_module(p))
    if helpers:
        yield [(p, EVERYTHING) for p in helpers]
    yield [(p, EVERYTHING) for p in sorted(changed)]


def _parts(root: Path, nodeid: str) -> tuple[Path, str, str]:
    """The file, the class's qualified name (empty for a function) and the function of a node id."""
    name, *parts = nodeid.partition("[")[0].split("::")
    return root / name, ".".join(parts[:-1]), parts[-1] if parts else ""


def _is_test_module(path: Path) -> bool:
    return path.name.startswith("test_") or path.stem.endswith("_test")


def _said(root: Path, path: Path, unit: Unit, loss: Difference) -> Excluded:
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    test = loss.before or loss.after[0]
    detail = f": {loss.detail}" if loss.detail else ""
    return Excluded(shown, unit.qualname, loss.label, f"{loss.label.value}: {test}{detail}")
