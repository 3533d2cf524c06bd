"""What a run of a suite needs to know."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class RunSpec:
    """One run of a suite in a copy of the project.

    ``root`` is the project's root in the copy, ``original_root`` the user's; where more was copied than the
    project, ``tree`` and ``original_tree`` are the folders that were. ``scratch`` is a folder for temporary
    files. ``command`` is the test command (empty: ``python -m pytest``; with ``unittest`` the arguments of
    ``python -m unittest``, empty: ``discover``), ``env`` what is added to the environment. ``timeout`` is in
    seconds. ``jobs`` are the processes of pytest-xdist, where the project has it; None leaves that to the
    project's configuration.

    ``config`` is pytest's configuration file, given where it lies outside of ``tree``, so that pytest would
    not find it. ``paths`` restrict the run to files and folders, ``select`` to node ids. ``order`` are node
    ids in the order to run them, ``shuffle_seed`` makes a random one. ``contexts`` notes by coverage which
    test executes which line; what ``unfollowed`` tests execute is not measured. ``rewrite_modules`` are
    helper modules whose ``assert`` statements pytest must rewrite to have them counted (``name.*``: all of a
    package). ``unittest`` runs the suite with unittest; the fields about order, choice and processes are then
    not used. ``counted``: executed assertions are counted.
    """

    root: Path
    original_root: Path
    python: Path
    scratch: Path | None = None
    tree: Path | None = None
    original_tree: Path | None = None
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    jobs: int | None = None
    config: Path | None = None
    paths: tuple[str, ...] = ()
    coverage: bool = False
    contexts: bool = False
    unfollowed: frozenset[str] = frozenset()
    counted: bool = True
    select: tuple[str, ...] | None = None
    fail_fast: bool = False
    shuffle_seed: int | None = None
    order: tuple[str, ...] | None = None
    rewrite_modules: tuple[str, ...] = ()
    unittest: bool = False


def split_command(command: str | Sequence[str]) -> tuple[str, ...]:
    """A configured command as words. Raises ValueError if a quote in it is not closed."""
    return tuple(shlex.split(command)) if isinstance(command, str) else tuple(command)
