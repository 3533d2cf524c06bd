"""Reads INI files as pytest does, which is not as configparser does: with iniconfig's grammar.

Source: ``iniconfig/_parse.py``. A continuation line is indented; a comment fills its line; a section or a key
that comes twice is an error.
"""

from __future__ import annotations

import re

Sections = dict[str, dict[str, str]]

_COMMENT = re.compile(r"\s*[#;].*")


class IniError(ValueError):
    """Text that pytest would not read; ``line`` is 1-based."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse_ini(text: str) -> Sections:
    """Give the sections with their values, continuation lines joined by line feeds; raises IniError."""
    reader = _Reader()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        stripped = "" if line.lstrip().startswith(("#", ";")) else line.rstrip()
        if stripped:
            reader.take(stripped, number)
    return reader.sections


class _Reader:
    """The sections so far, and the key that a continuation line belongs to."""

    def __init__(self) -> None:
        self.sections: Sections = {}
        self.values: dict[str, str] | None = None
        self.key: str | None = None

    def take(self, line: str, number: int) -> None:
        """Add a line that is neither blank nor a comment."""
        if line[0].isspace():
            self._go_on(line.strip(), number)
        elif line[0] == "[" and (name := _COMMENT.sub("", line)).endswith("]"):
            self._open(name[1:-1], number)
        elif line[0] == "[":
            self._go_on(line.strip(), number)
        else:
            self._add(line, number)

    def _open(self, name: str, number: int) -> None:
        if name in self.sections:
            raise IniError(f"the section [{name}] comes twice", number)
        self.values = self.sections[name] = {}
        self.key = None

    def _add(self, line: str, number: int) -> None:
        key, sign, value = line.partition("=")
        if not sign or ":" in key:
            key, sign, value = line.partition(":")
        key = key.strip()
        if not sign:
            raise IniError(f"neither a section nor a value: {line}", number)
        if self.values is None:
            raise IniError(f"{key} stands before the first section", number)
        if key in self.values:
            raise IniError(f"{key} is set twice", number)
        self.values[key] = value.strip()
        self.key = key

    def _go_on(self, more: str, number: int) -> None:
        if self.values is None or self.key is None:
            raise IniError(f"a continuation line without a value before it: {more}", number)
        before = self.values[self.key]
        self.values[self.key] = f"{before}\n{more}" if before else more
