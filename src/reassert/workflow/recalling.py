"""What the plan of a whole project depends on: as long as that is the same, the plan is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from reassert.workflow.auto_mode import COMMANDS
from reassert.workflow.desk import Desk
from reassert.workflow.selection import Selection
from reassert.workflow.survey import Survey
from reassert.workspace.folders import Folders
from reassert.workspace.pytest_config import FILES

_LOADED = ("conftest.py", "__init__.py")


def state_of(surveyed: Survey, selection: Selection, desk: Desk) -> bytes | None:
    """A digest of all that the outcomes depend on; None if that is in motion, or not known before the end.

    That is the files with their rules and configuration, where these come from, and which modules there are
    in the folders around them; of a part of a project it depends on what is connected with it.
    """
    if not surveyed.whole or surveyed.excluded or not surveyed.asked:
        return None
    asked = {os.fspath(target.task.path) for target in surveyed.asked}
    folders = map(Path, {os.path.dirname(path) for path in asked})  # noqa: PTH120 - called for every file
    configs = {folder: selection.settings(folder).pytest_path for folder in folders}
    listed = tuple(_modules(_folders(surveyed.root, configs), surveyed.folders))
    loaded = {str(folder / name) for folder, names in listed for name in _LOADED if name in names}
    loaded |= {os.fspath(path) for path in _configuring(surveyed.root, configs)}
    others = [Path(path) for path in sorted(loaded - asked)]
    return desk.state_of(surveyed.asked, others, sorted(configs.items()), listed)


def _folders(root: Path, configs: Mapping[Path, Path | None]) -> list[Path]:
    """The folders with files, and those above them as far as pytest looks for modules to load."""
    found: set[Path] = set()
    for folder, config in configs.items():
        top, place = config.parent if config else root, folder
        while place not in found:
            found.add(place)
            if place in (top, place.parent):
                break
            place = place.parent
    return sorted(found)


def _configuring(root: Path, configs: Mapping[Path, Path | None]) -> Iterator[Path]:
    """The files that configure pytest, and those that may start it with options."""
    for folder in {root, *(path.parent for path in configs.values() if path is not None)}:
        yield from (path for pattern in (*FILES, *COMMANDS) for path in folder.glob(pattern))


def _modules(folders: list[Path], known: Folders) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for folder in folders:
        yield folder, tuple(sorted(name for name in known.names(folder) if name.endswith(".py")))
