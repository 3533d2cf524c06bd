"""What a request comes to: the files that were asked for, each with its task, and the rest of the project."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reassert.model.config import RuleConfig
from reassert.workflow.executor import Task
from reassert.workflow.selection import Choice, PlanRequest, Selection
from reassert.workflow.usage import UsageError
from reassert.workspace.discovery import Discovery, Exclude, discover, project_root
from reassert.workspace.folders import Folders
from reassert.workspace.settings import SettingsError

if TYPE_CHECKING:
    from reassert.model.outcomes import Failed


@dataclass(frozen=True)
class Target:
    """A task, and the state of its file before anybody reads it (None: it has vanished)."""

    task: Task
    info: os.stat_result | None


@dataclass(frozen=True)
class Survey:
    """``asked`` are the files to plan for; ``failures`` the paths that could not be looked at.

    ``excluded`` are only known if ``whole``: if all of the project was asked for. ``only_given``: no file
    beyond these may change. ``choose`` gives what is done to a file; raises SettingsError and UsageError.
    """

    root: Path
    asked: tuple[Target, ...]
    failures: tuple[Failed, ...]
    exclude: Exclude
    whole: bool
    choose: Callable[[Path], Choice]
    excluded: tuple[Path, ...] = ()
    only_given: bool = False
    folders: Folders = field(default_factory=Folders, compare=False)


@dataclass(frozen=True)
class Others:
    """The project's files that were not asked for; the configuration leaves out those ``excluded``."""

    targets: tuple[Target, ...] = ()
    excluded: frozenset[Path] = frozenset()


def survey(request: PlanRequest, selection: Selection, folders: Folders | None = None) -> Survey:
    """Find the files that are asked for; raises what ``selection`` raises. ``folders``: see ``discover``."""
    folders = folders or Folders()
    root = project_root(request.paths)
    exclude = _exclude_of(selection, root)
    whole = any(Path(os.path.abspath(path)) == root for path in request.paths)  # noqa: PTH100 - keeps links
    found = discover(request.paths, root=root, exclude=exclude, see_excluded=whole, folders=folders)
    targets = []
    for path in found.files:
        info = stat_of(path)
        choice = selection.choice(path)
        targets.append(Target(Task(path, info.st_size if info else 0, choice.rules, choice.config), info))
    only_given = request.only_given
    if only_given is None:
        only_given = bool(targets) and selection.settings(targets[0].task.path.parent).only_given
    return Survey(
        root,
        tuple(targets),
        found.failures,
        exclude,
        whole,
        selection.choice,
        found.excluded,
        only_given,
        folders,
    )


def others(survey: Survey) -> Others:
    """The project's files that were not asked for, to be scanned only; their trouble is nobody's business."""
    asked = {_identity(target.info) for target in survey.asked if target.info}
    found = Discovery((), (), survey.excluded)
    if not survey.whole:
        exclude = forgiving(survey.exclude)
        found = discover(
            [survey.root], root=survey.root, exclude=exclude, see_excluded=True, folders=survey.folders
        )
    stats = ((path, stat_of(path)) for path in (*found.files, *found.excluded))
    targets = tuple(
        Target(Task(path, info.st_size, (), RuleConfig()), info)
        for path, info in stats
        if info and _identity(info) not in asked
    )
    return Others(targets, frozenset(found.excluded))


def _exclude_of(selection: Selection, root: Path) -> Exclude:
    """What is excluded in a folder: by the nearest configuration, relative to where that lies."""

    def exclude(folder: Path) -> tuple[Path, tuple[str, ...]]:
        settings = selection.settings(folder)
        base = settings.path.parent if settings.path else root
        # A file named by --config may lie anywhere.
        return base if folder.is_relative_to(base) else root, settings.exclude

    return exclude


def forgiving(exclude: Exclude) -> Exclude:
    """The same, but a configuration that cannot be used excludes nothing."""

    def lenient(folder: Path) -> tuple[Path, Sequence[str]]:
        try:
            return exclude(folder)
        except (SettingsError, UsageError):
            return folder, ()

    return lenient


def _identity(info: os.stat_result) -> tuple[int, int]:
    return info.st_dev, info.st_ino


def stat_of(path: Path) -> os.stat_result | None:
    """The state of a file; None if it cannot be told."""
    """The state of a file; None if it has vanished."""
    try:
        return os.stat(path)  # noqa: PTH116 - called for every file, pathlib costs twice
    except OSError:
        return None
