"""Finds the class that a person names: ``path::Outer.Inner``, or the class alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from reassert.model.source import SourceFile
from reassert.workflow.usage import UsageError
from reassert.workspace.discovery import discover, project_root
from reassert.workspace.reading import read_source

_CLASS = re.compile(rb"^[ \t]*class[ \t]+([\w\x80-\xff]+)", re.MULTILINE)


def address(name: str) -> tuple[Path, str]:
    """The file and the qualified name that ``name`` means; the latter is empty for a file as a whole.

    A class alone is searched in the project around the current folder. Raises UsageError.
    """
    file, _, wanted = name.partition("::")
    if not name.strip(":"):
        raise UsageError("--class needs the name of a class: FILE::CLASS, or the class alone")
    if not _is_file_name(file):
        qualname = name.strip(":").replace("::", ".")
        return _search(qualname), qualname
    if not os.path.lexists(file):
        raise UsageError(f"there is no such file: {file}")
    if Path(file).is_dir():
        raise UsageError(f"{file} is a folder: name a file, or the class alone to search the project for it")
    return Path(file), wanted.replace("::", ".")


def lines_of(path: Path, name: str) -> tuple[str, list[int]]:
    """The class of ``path`` that ``name``, with or without a test's, means; and every line that defines it.

    Raises UsageError if there is none.
    """
    known = _outline(path)
    for qualname in (name, name.rpartition(".")[0]):
        lines = [line for each, line in known if each == qualname]
        if lines:
            return qualname, lines
    raise UsageError(f"{path} has no class '{name}'{_hint(name, (each for each, _ in known))}")


def line_of(path: Path, name: str) -> int:
    """The line of a class that the project's facts know of; the first one if it cannot be found any more."""
    return next((line for each, line in _outline(path) if each == name), 1)


def _is_file_name(name: str) -> bool:
    return name.endswith(".py") or "/" in name or os.sep in name or os.path.lexists(name)


def _outline(path: Path) -> list[tuple[str, int]]:
    """Every class of a file with its line; none if the file cannot be read."""
    from reassert import engine  # noqa: PLC0415 - brings every rule's dependencies with it

    source = read_source(path)
    try:
        return engine.outline(source) if isinstance(source, SourceFile) else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _search(name: str) -> Path:
    root = project_root(())
    meant = {name, name.rpartition(".")[0]}
    wanted = {each.rpartition(".")[2] for each in meant}
    known: set[str] = set()
    hits: list[Path] = []
    for path in discover([root], root=root).files:
        names = _class_names(path)
        known |= names
        if not names.isdisjoint(wanted) and any(qualname in meant for qualname, _ in _outline(path)):
            hits.append(path)
    if len(hits) == 1:
        return hits[0]
    if hits:
        shown = ", ".join(f"{os.path.relpath(path)}::{name}" for path in hits[:3])
        raise UsageError(f"{len(hits)} files have a class '{name}': say which one, as in {shown}")
    raise UsageError(f"no file of {root} has a class '{name}'{_hint(name, known)}")


def _class_names(path: Path) -> set[str]:
    """What looks like a class statement's name; a look at the bytes is enough to leave most files alone."""
    source = read_source(path)
    if not isinstance(source, SourceFile):
        return set()
    return {match.decode(errors="replace") for match in _CLASS.findall(source.buffer)}


def _hint(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only paid for an error

    by_last = {qualname.rpartition(".")[2].lower(): qualname for qualname in sorted(known)}
    near = get_close_matches(name.rpartition(".")[2].lower(), list(by_last), n=3)
    return "; did you mean " + " or ".join(f"'{by_last[each]}'" for each in near) + "?" if near else ""
