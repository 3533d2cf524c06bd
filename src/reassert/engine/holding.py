"""Why a component of inheritance stays: its root causes, and which of them holds back which class."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reassert.model.outcomes import Location, Refusal
from reassert.syntax.classes import ClassInfo


@dataclass(frozen=True)
class Kept:
    """What one file has of a component that stays: classes, and the root causes that it reports.

    ``family`` is the place of the component's first class; ``causes`` come with the classes they concern.
    """

    family: Location
    members: tuple[ClassInfo, ...]
    causes: tuple[tuple[ClassInfo, Refusal], ...]


def spoken_for(blocking: Iterable[Refusal], said: Mapping[Location, Refusal]) -> Iterator[Refusal]:
    """What blocks a class; where an assertion is left (A-EXPR), what is ``said`` of it, if anything."""
    for refusal in blocking:
        yield said.get(refusal.location, refusal) if refusal.code == "A-EXPR" else refusal


def culprits_of(
    component: Sequence[ClassInfo], guilty: Collection[ClassInfo]
) -> Iterator[tuple[ClassInfo, ClassInfo]]:
    """Each class that is not guilty, with the one that holds it back: an ancestor, else the nearest."""
    near = _nearest(component, guilty)
    for info in component:
        if info not in guilty:
            yield info, next((c for c in info.lineage if c in guilty), near[info])


def _nearest(component: Sequence[ClassInfo], guilty: Collection[ClassInfo]) -> dict[ClassInfo, ClassInfo]:
    """The guilty class that is the fewest steps of inheritance away, up or down."""
    beside: dict[ClassInfo, list[ClassInfo]] = {info: list(info.parents) for info in component}
    for info in component:
        for parent in info.parents:
            beside[parent].append(info)
    found = {info: info for info in component if info in guilty}
    todo = deque(found)
    while todo:
        info = todo.popleft()
        for other in beside[info]:
            if other not in found:
                found[other] = found[info]
                todo.append(other)
    return found


def seen_from(here: Path, there: Path) -> str:
    """The path of a relative as short as it is unambiguous: its name, or the way from the folder."""
    return there.name if there.parent == here.parent else Path(os.path.relpath(there, here.parent)).as_posix()
