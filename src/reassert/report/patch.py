"""A plan as a patch, exact to the byte, that ``git apply`` accepts."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reassert.report.hunks import hunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reassert.model.outcomes import Change
    from reassert.report.hunks import Hunk, Line

_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_UNSAFE_IN_NAME = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')
_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def patch(changes: Sequence[Change], base: Path) -> Iterator[bytes]:
    """Give the patch of each change; ``base`` is the folder in which the patch is to be applied."""
    return (file_patch(change, base) for change in changes)


def file_patch(change: Change, base: Path) -> bytes:
    """Give the part of the patch that changes one file."""
    return b"".join([file_header(change, base), *map(hunk_text, hunks(change))])


def file_header(change: Change, base: Path) -> bytes:
    """Give the lines that name the file, as git writes them."""
    name = relative_name(change.path, base)
    old, new = _quoted(b"a/" + name), _quoted(b"b/" + name)
    header = b"diff --git " + old + b" " + new + b"\n"
    if change.before is None:
        header += b"new file mode 100644\n" + (b"" if change.after else b"index 0000000..e69de29\n")
    if change.after is None:
        header += b"deleted file mode 100644\n" + (b"" if change.before else b"index e69de29..0000000\n")
    if not (change.before or change.after):
        return header
    sides = (old, change.before, b"--- "), (new, change.after, b"+++ ")
    return header + b"".join(mark + _side(quoted, data) for quoted, data, mark in sides)


def _side(quoted: bytes, data: bytes | None) -> bytes:
    """Name one side; a name with a space is ended by a tab, without which its end is not known."""
    if data is None:
        return b"/dev/null\n"
    return quoted + (b"\t\n" if b" " in quoted and not quoted.startswith(b'"') else b"\n")


def hunk_text(hunk: Hunk) -> bytes:
    """Give one hunk with its header."""
    return b"".join([hunk.header.encode(), b"\n", *map(_line_text, hunk.lines)])


def _line_text(line: Line) -> bytes:
    text = line.mark + line.text
    return text if text.endswith(b"\n") else text + _NO_NEWLINE


def relative_name(path: Path, base: Path) -> bytes:
    """Name a file as seen from ``base``, with forward slashes, in the bytes of the file system.

    A symbolic link is named by the file that it leads to: that is what is written, and what git takes.
    """
    name = os.path.relpath(os.path.realpath(path), os.path.realpath(base))
    return os.fsencode(name.replace(os.sep, "/"))


def _quoted(name: bytes) -> bytes:
    """Quote a name as git does: like a C string, bytes beyond ASCII in octal."""
    if not _UNSAFE_IN_NAME.search(name):
        return name
    return b'"' + _UNSAFE_IN_NAME.sub(_escaped, name) + b'"'


def _escaped(match: re.Match[bytes]) -> bytes:
    code = match[0][0]
    return f"\\{_ESCAPES[code]}".encode() if code in _ESCAPES else f"\\{code:03o}".encode()
