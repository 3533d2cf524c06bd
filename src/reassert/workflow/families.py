"""Files that are worked on together because their test classes are connected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from reassert.model.outcomes import Failed
from reassert.workflow.executor import Result, Task
from reassert.workflow.survey import Target
from reassert.workspace.fingerprint import content_digest


def with_family_digests(targets: Sequence[Target]) -> list[Target]:
    """The targets, each knowing the contents of its whole family, so that a change of one concerns all."""
    digests: dict[tuple[str, ...], bytes] = {}
    found = []
    for target in targets:
        facts = target.task.facts
        if facts is None or not facts.family:
            found.append(target)
            continue
        if facts.family not in digests:
            digests[facts.family] = content_digest(b"".join(map(_digest, facts.family)))
        known = replace(facts, family_digest=digests[facts.family])
        found.append(replace(target, task=replace(target.task, facts=known)))
    return found


def _digest(path: str) -> bytes:
    try:
        return content_digest(Path(path).read_bytes())
    except OSError:
        return b"unreadable"


def grouped(unknown: Sequence[Task], every: Sequence[Task]) -> list[Task]:
    """One task a family that has an unknown member, with all members; the other unknown tasks as they are."""
    families: dict[tuple[str, ...], list[Task]] = {}
    for task in every:
        if task.facts is not None and task.facts.family:
            families.setdefault(task.facts.family, []).append(task)
    found: list[Task] = []
    done: set[tuple[str, ...]] = set()
    for task in unknown:
        family = task.facts.family if task.facts is not None else ()
        if not family:
            found.append(task)
        elif family not in done:
            done.add(family)
            members = tuple(families[family])
            found.append(replace(members[0], size=sum(m.size for m in members), members=members))
    return found


def members_of(task: Task, result: Result) -> Iterable[tuple[Task, Result]]:
    """Each file of a task with its own result; where the whole task failed, every member failed with it."""
    if not task.members:
        return [(task, result)]
    return list(_shared(task, result))


def _shared(task: Task, result: Result) -> Iterator[tuple[Task, Result]]:
    if result.members:
        yield from zip(task.members, result.members, strict=True)
        return
    for member in task.members:
        error = result.outcome.error if isinstance(result.outcome, Failed) else "no result"
        also = "" if member.path == task.path else f" (together with {task.path})"
        yield member, Result(Failed(member.path, f"{error}{also}"))
