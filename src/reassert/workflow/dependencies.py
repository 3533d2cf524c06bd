"""Packages that new code needs and that the project does not ask for: named, or added if the user agrees."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from reassert.model.edits import Unit
from reassert.model.outcomes import Change, Dependency, Plan
from reassert.workspace.requirements import Place, from_disk, places
from reassert.workspace.targets import DeclaredVersions

RULE = "dependencies"
# By the module that is imported.
_ASYNCIO = "pytest-asyncio"
_PACKAGES = {
    "pytest": "pytest",
    "pytest_asyncio": _ASYNCIO,
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
    unseen: defaultdict[Path, set[str]] = defaultdict(lambda: set(_PACKAGES.values()))
    for change in plan.changes:
        user = change.path
        home = declared.home(user.parent)
        if home is None or not unseen[home]:
            continue
        for name in list(_needed(change, unseen[home])):
            unseen[home].discard(name)
            if not declared.declares(user.parent, name):
                yield name, user, home


def _needed(change: Change, among: Collection[str]) -> Iterator[str]:
    """Those of some packages that a changed file needs and did not need before."""
    if change.path.suffix != ".py":
        yield from {_ASYNCIO}.intersection(among if any(u.qualname == _MODE for u in change.units) else ())
        return
    before, after = change.before or b"", change.after or b""
    for module, name in _PACKAGES.items():
        if (name in among and _imports(module, after) and not _imports(module, before)) or (
            name == _ASYNCIO and name in among and _MARK in after and _MARK not in before
        ):
            yield name


def _imports(module: str, data: bytes) -> bool:
    """Whether a file imports a module, in a way that this tool writes; plain bytes are found first."""
    word = module.encode()
    if word not in data or not (b"import " + word in data or b"from " + word in data):
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
