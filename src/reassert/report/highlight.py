"""Python source in the sixteen colours of the user's theme, by pygments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]  # pygments has no types
from pygments.token import Token  # type: ignore[import-untyped]  # same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reassert.report.text import Piece

_STYLES = {
    Token.Keyword: "blue",
    Token.Keyword.Constant: "magenta",
    Token.Operator.Word: "blue",
    Token.Name.Builtin.Pseudo: "magenta",
    Token.Name.Builtin: "cyan",
    Token.Name.Class: "bold",
    Token.Name.Function: "bold",
    Token.Name.Decorator: "cyan",
    Token.Literal.String: "yellow",
    Token.Literal.Number: "magenta",
    Token.Comment: "bright_black",
}

_LEXER = PythonLexer(stripnl=False, ensurenl=False, tabsize=0)
_KNOWN: dict[Any, str] = {}


def highlighted(lines: Sequence[str]) -> list[list[Piece]]:
    """Give each line as styled pieces that join to the same text; lines must not hold line ends.

    A string that begins above the first line is not known to be one: colours may be wrong, text never is.
    """
    rows: list[list[Piece]] = [[]]
    for kind, value in _LEXER.get_tokens("\n".join(lines)):
        style = _style(kind)
        first, *others = value.split("\n")
        _add(rows[-1], first, style)
        rows.extend([(other, style)] for other in others)
    shown = ["".join(text for text, _ in row) for row in rows]
    return rows if shown == list(lines) else [[(line, "")] for line in lines]


def _add(row: list[Piece], text: str, style: str) -> None:
    """Add characters to a row, to its last piece if that has the same style."""
    if row and row[-1][1] == style:
        text = row.pop()[0] + text
    row.append((text, style))


def _style(kind: Any) -> str:
    """Find the style of the nearest ancestor that has one."""
    if kind not in _KNOWN:
        _KNOWN[kind] = _STYLES.get(kind) or (_style(kind.parent) if kind.parent else "")
    return _KNOWN[kind]
