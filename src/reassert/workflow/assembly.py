"""Puts the outcomes of single files together into one plan, ordered by nothing but the paths."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from reassert.model.outcomes import (
    Failed,
    Held,
    Location,
    Outcome,
    Plan,
    Refusal,
    Report,
    Rewritten,
    Skipped,
    Tally,
    Unchanged,
    path_of,
)


def assemble(
    root: Path,
    outcomes: Mapping[Path, Outcome],
    failures: Iterable[Failed] = (),
    asked: Collection[Path] | None = None,
) -> Plan:
    """The plan of ``outcomes``; ``failures`` are of paths that led to no file, and count as files.

    A change of a file that was not ``asked`` for (None: all were) is noted as such.
    """
    lost = tuple(failures)
    ordered = [outcomes[path] for path in sorted(outcomes)]
    reports = [(path_of(o), o.report) for o in ordered if isinstance(o, (Rewritten, Unchanged))]
    failed = [*lost, *(_failure_as_seen_from(root, o) for o in ordered if isinstance(o, Failed))]
    return Plan(
        root=root,
        changes=tuple(o.change for o in ordered if isinstance(o, Rewritten)),
        refusals=tuple(as_seen_from(root, refusal) for _, report in reports for refusal in report.refusals),
        findings=tuple(finding for _, report in reports for finding in report.findings),
        failures=tuple(sorted(failed, key=lambda failure: failure.path)),
        skipped=tuple(o for o in ordered if isinstance(o, Skipped)),
        tally=sum((report.tally for _, report in reports), Tally()),
        test_map=_test_map(root, reports),
        files=len(ordered) + len(lost),
        connected=tuple(
            o.change.path
            for o in ordered
            if isinstance(o, Rewritten) and asked is not None and o.change.path not in asked
        ),
        held=_held([report for _, report in reports]),
    )


def as_seen_from(root: Path, refusal: Refusal) -> Refusal:
    """The refusal with the other files that its reason names relative to the root."""
    if os.sep not in refusal.reason:  # as nearly always
        return refusal
    return replace(refusal, reason=_relative(root, refusal.reason))


def _failure_as_seen_from(root: Path, failure: Failed) -> Failed:
    return replace(failure, error=_relative(root, failure.error))


def _relative(root: Path, text: str) -> str:
    return text.replace(f"{root}{os.sep}", "")


def _test_map(root: Path, reports: Iterable[tuple[Path, Report]]) -> dict[str, tuple[str, ...]]:
    """Node ids as pytest writes them, relative to the root; only those that become something else."""
    total: dict[str, tuple[str, ...]] = {}
    for path, report in reports:
        if not report.test_map:
            continue
        file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
        for old, new in report.test_map.items():
            if new != (old,):
                total[f"{file}::{old}"] = tuple([f"{file}::{name}" for name in new])
    return total


def _held(reports: Iterable[Report]) -> tuple[Held, ...]:
    """What stays, with indices into the refusals of all reports; a component's files are added up."""
    families: dict[Location, Held] = {}
    single: list[Held] = []
    before = 0
    for report in reports:
        for held in report.held:
            causes = tuple([before + index for index in held.causes])
            here = Held(held.family, held.classes, held.assertions, causes, held.reach)
            if here.family is None:
                single.append(here)
            else:
                families[here.family] = _sum(families.get(here.family), here)
        before += len(report.refusals)
    return (*families.values(), *single)


def _sum(known: Held | None, more: Held) -> Held:
    if known is None:
        return more
    return Held(
        known.family,
        known.classes + more.classes,
        known.assertions + more.assertions,
        known.causes + more.causes,
        known.reach + more.reach,
    )
