"""Dotted paths and node ids in texts of any kind, and the dotted path of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The name of a file ends at what a shell, a configuration file or a sentence would put before it.
_NODE_ID = re.compile(r"[^\s\"'`=,;:()\[\]{}<>|&*?]+\.py(?:::[^\W\d]\w*)+")
_START, _MORE = r"(?<![\w.:/\\-])[^\W\d]\w*", r"(?:(?:::|[.:])[^\W\d]\w*)"
_DOTTED = re.compile(f"{_START}{_MORE}+")
_LOOSE = re.compile(f"{_START}{_MORE}*")
_NAMES = re.compile(r"\w+")
_SEPARATORS = re.compile(r"[/\\]+")


@dataclass(frozen=True)
class Reference:
    """A path in a text. ``file`` are the parts of a node id's file, without ``.py``; None: a dotted path.

    ``spans`` are where the names stand in the text.
    """

    file: tuple[str, ...] | None
    names: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def reference(text: str) -> Reference:
    """Take a node id or a dotted path apart."""
    end = text.rfind(".py::")
    found = list(_NAMES.finditer(text, end + 5 if end >= 0 else 0))
    names, spans = tuple(m[0] for m in found), tuple(m.span() for m in found)
    if end < 0:
        return Reference(None, names, spans)
    parts = (p for p in _SEPARATORS.split(text[:end]) if p not in ("", ".", ".."))
    return Reference(tuple(parts), names, spans)


def paths_in(value: str, *, loose: bool = False) -> Iterator[tuple[int, str]]:
    """The node ids and dotted paths of a string, with their places.

    A single name counts if it is all there is, or anywhere if ``loose``.
    """
    taken: list[tuple[int, int]] = []
    if ".py::" in value:
        for match in _NODE_ID.finditer(value):
            taken.append(match.span())
            yield match.start(), match[0]
    if value.isidentifier():
        yield 0, value
        return
    for match in (_LOOSE if loose else _DOTTED).finditer(value):
        if not any(start <= match.start() < end for start, end in taken):
            yield match.start(), match[0]


def module_parts(path: Path) -> tuple[str, ...]:
    """The dotted path of a module, from the root of the file system on; of a package for its ``__init__``."""
    parts = path.with_suffix("").parts
    return (parts[:-1] or ("",)) if parts[-1] == "__init__" else parts
