"""What the plan of a whole project depends on: as long as that is the same, the plan is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from reassert.workflow.desk import Desk
from reassert.workflow.selection import Selection
from reassert.workflow.survey import Survey
from reassert.workspace.folders import Folders

_LOADED = ("conftest.py", "__init__.py")


def state_of(surveyed: Survey, selection: Selection, desk: Desk) -> bytes | None:
    """A digest of all that the outcomes depend on; None if that is in motion, or not known before the end.

    That is the files with their rules and configuration, where these come from, and which modules there are
    in the folders around them; of a part of a project it depends on what is connected with it.
    """
    if not surveyed.whole or surveyed.excluded or not surveyed.asked:
        return None
    tops = {
        folder: selection.settings(folder).pytest_path
        for folder in {target.task.path.parent for target in surveyed.asked}
    }
    listed = tuple(_modules(_folders(surveyed.root, tops)))
    asked = {target.task.path for target in surveyed.asked}
    loaded = [folder / name for folder, names in listed for name in _LOADED if name in names]
    others = [path for path in loaded if path not in asked]
    return desk.state_of(surveyed.asked, others, sorted(tops.items()), listed)


def _folders(root: Path, tops: Mapping[Path, Path | None]) -> list[Path]:
    """The folders with files, and those above them as far as pytest looks for modules to load."""
    found: set[Path] = set()
    for folder, config in tops.items():
        top = config.parent if config and root.is_relative_to(config.parent) else root
        found.update(place for place in (folder, *folder.parents) if place.is_relative_to(top))
    return sorted(found)


def _modules(folders: list[Path]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    names = Folders()
    for folder in folders:
        yield folder, tuple(sorted(name for name in names.names(folder) if name.endswith(".py")))
