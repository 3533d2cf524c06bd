"""Packages that new code needs and that the project does not ask for: named, or added if the user agrees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from reassert.model.edits import Unit
from reassert.model.outcomes import Change, Dependency, Plan
from reassert.workspace.requirements import Place, from_disk, places
from reassert.workspace.targets import DeclaredVersions

RULE = "dependencies"
# By the module that is imported.
_PACKAGES = {
    "pytest": "pytest",
    "pytest_asyncio": "pytest-asyncio",
    "freezegun": "freezegun",
    "time_machine": "time-machine",
}
_MODE = "asyncio_mode"
_MARK = b".mark.asyncio"


def with_dependencies(plan: Plan, declared: DeclaredVersions, *, add: bool) -> Plan:
    """The plan with what it needs, as ``dependencies``; with ``add``, as changes where that is sure."""
    missing = list(_missing(plan, declared))
    if not missing:
        return plan
    changes = {change.path: change for change in plan.changes}
    left = []
    for name, user, home in missing:
        place = _place(home, changes, name)
        if place is not None and add:
            changes[place.path] = _changed(place, changes.get(place.path), name)
        elif place is not None:
            left.append(Dependency(name, user, place.path, place.group))
        else:
            left.append(Dependency(name, user))
    ordered = tuple(changes[path] for path in sorted(changes))
    return replace(plan, changes=ordered, dependencies=tuple(left))


def _missing(plan: Plan, declared: DeclaredVersions) -> Iterator[tuple[str, Path, Path]]:
    """Each package once for each project that needs it: its name, the first file that does, the project."""
    seen: set[tuple[str, Path]] = set()
    for name, user in _needed(plan.changes):
        home = declared.home(user.parent)
        if home is not None and (name, home) not in seen:
            seen.add((name, home))
            if not declared.declares(user.parent, name):
                yield name, user, home


def _needed(changes: Iterable[Change]) -> Iterator[tuple[str, Path]]:
    for change in changes:
        if change.path.suffix != ".py":
            if any(unit.qualname == _MODE for unit in change.units):
                yield "pytest-asyncio", change.path
        elif change.after is not None:
            before = change.before or b""
            for module, name in _PACKAGES.items():
                if _imports(module, change.after) and not _imports(module, before):
                    yield name, change.path
            if _MARK in change.after and _MARK not in before:
                yield _PACKAGES["pytest_asyncio"], change.path


def _imports(module: str, data: bytes) -> bool:
    """Whether a file imports a module, in a way that this tool writes; plain bytes are found first."""
    word = module.encode()
    if b"import " + word not in data and b"from " + word not in data:
        return False
    return re.search(rb"^[ \t]*(?:import|from)[ \t]+" + word + rb"\b", data, re.MULTILINE) is not None


def _place(home: Path, changes: Mapping[Path, Change], name: str) -> Place | None:
    """The best place of a project that the package can be added to."""
    for place in places(home, lambda path: _contents(path, changes)):
        data = _contents(place.path, changes)
        if data is not None and place.add(data.decode(), name) is not None:
            return place
    return None


def _contents(path: Path, changes: Mapping[Path, Change]) -> bytes | None:
    change = changes.get(path)
    return change.after if change else from_disk(path)


def _changed(place: Place, change: Change | None, name: str) -> Change:
    before = change.after if change else from_disk(place.path)
    text = place.add((before or b"").decode(), name)
    after = before if text is None else text.encode()
    unit = Unit(RULE, name)
    if change is not None:
        return replace(change, after=after, units=(*change.units, unit), blocks=())
    return Change(place.path, before, after, (unit,))
