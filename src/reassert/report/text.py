"""Text for people: rows of styled pieces, and how they become characters for a terminal.

Nothing here wraps, cuts or interprets what it shows; what could steer the terminal is made visible.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Piece = tuple[str, str]
"""Some characters of one line, and their style as rich writes it (empty: none)."""
Row = tuple[Piece, ...]
"""One line."""

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_VISIBLE = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) != "\t"},
    0x7F: "\u2421",
    **{code: f"\\x{code:02x}" for code in range(0x80, 0xA0)},
    **{ord(char): f"\\u{ord(char):04x}" for char in _BIDI},
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def visible(text: str) -> str:
    """Replace the characters that a terminal would obey, not show; tabs stay."""
    return text.translate(_VISIBLE)


def one_line(text: str) -> str:
    """Join the lines of a message, and make it safe to show."""
    return visible(" ".join(text.split()))


def one_name(text: str) -> str:
    """Make a name safe to show on one line, with every blank that it has."""
    return visible(text).replace("\t", "\u2409")


def line(text: str = "", style: str = "") -> Row:
    """Make a row of one piece."""
    return ((text, style),)


def counted(number: int, noun: str) -> str:
    """Say how many there are, with the noun in the right number."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"


def place(path: Path, line_number: int | None, base: Path) -> str:
    """Name a place so that an editor finds it: the path from ``base`` where it lies below, and the line."""
    name = os.fspath(path.relative_to(base) if path.is_relative_to(base) else path)
    return one_name(f"{name}:{line_number}" if line_number else name)


def write_rows(rows: Iterable[Row], stream: TextIO, *, colour: bool) -> None:
    """Write each row as one line; raises OSError as the stream does."""
    paint = _painter() if colour else _bare
    stream.writelines("".join(paint(text, style) for text, style in row) + "\n" for row in rows)


def _bare(text: str, _style: str) -> str:
    return text


@lru_cache(maxsize=1)
def _painter() -> Callable[[str, str], str]:
    """Give what puts a style's escape codes around characters: the sixteen colours of the user's theme."""
    from rich.color import ColorSystem  # noqa: PLC0415 - paid for by coloured output alone
    from rich.style import Style  # noqa: PLC0415

    def paint(text: str, style: str) -> str:
        return Style.parse(style).render(text, color_system=ColorSystem.STANDARD) if style and text else text

    return paint
