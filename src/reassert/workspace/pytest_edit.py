"""Sets values in the file that configures pytest; whatever is not set stays as it is, to the byte.

Lines are put in or replaced, and the result is read again: it must say what the file said before, and the new
values, or nothing is done. So whatever these few lines do not see can only lead to a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reassert.workspace.ini import IniError, parse_ini
from reassert.workspace.toml import loads_toml, reads_as

Values = Mapping[str, str]
_MOST = 40
_NATIVE = ("pytest",)
_CLASSIC = ("tool", "pytest", "ini_options")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SECTIONS = {"setup.cfg": "tool:pytest"}


class CannotEditError(Exception):
    """The values cannot be set without a guess; the message says why."""


def with_values(path: Path, data: bytes, values: Values) -> bytes:
    """Give the contents of a configuration file with ``values`` set for pytest; raises CannotEditError.

    The file is one of those that pytest reads, by its name; a table or section is added where there is none.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise CannotEditError("it is not UTF-8") from error
    edit = _in_toml if path.suffix == ".toml" else _in_ini
    return edit(path.name, text, values).encode()


def new_file(values: Values) -> bytes:
    """Give the contents of a ``pytest.ini`` that says nothing else."""
    return "".join(["[pytest]\n", *(f"{key} = {value}\n" for key, value in values.items())]).encode()


# -- TOML ----------------------------------------------------------------------------------------------------


def _in_toml(name: str, text: str, values: Values) -> str:
    before = _parsed(text)
    table = _table_of(name, before)
    for key, value in values.items():
        wanted = _with_value(_parsed(text), table, key, value)
        found = (t for t in _candidates(text, table, key, value) if reads_as(t, wanted))
        text_or_none = next(found, None)
        if text_or_none is None:
            raise CannotEditError(f"there is no sure place for {key} in its table [{'.'.join(table)}]")
        text = text_or_none
    return text


def _parsed(text: str) -> dict[str, Any]:
    try:
        return loads_toml(text)
    except ValueError as error:
        raise CannotEditError(f"it is not valid TOML: {error}") from error


def _table_of(name: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    if name != "pyproject.toml":
        return _NATIVE
    tool = document.get("tool", {})
    pytest = tool.get("pytest", {}) if isinstance(tool, dict) else {}
    own = isinstance(pytest, dict) and pytest and "ini_options" not in pytest
    return _CLASSIC[:2] if own else _CLASSIC


def _with_value(
    document: Mapping[str, Any], table: tuple[str, ...], key: str, value: str
) -> Mapping[str, Any]:
    if not table:
        return {**document, key: value}
    inner = document.get(table[0], {})
    if not isinstance(inner, dict):
        raise CannotEditError(f"{table[0]} is no table")
    return {**document, table[0]: _with_value(inner, table[1:], key, value)}


def _candidates(text: str, table: tuple[str, ...], key: str, value: str) -> Iterator[str]:
    """The text with the value replaced, put last or first in its table, or in a new one."""
    lines, newline = text.splitlines(keepends=True), _newline_of(text)
    header = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(f"[\"']?{part}[\"']?" for part in table) + r"\s*\]")
    assigned = re.compile(rf"(\s*[\"']?{key}[\"']?\s*=\s*)(\"[^\"]*\"|'[^']*')")
    for index, line in enumerate(lines):
        if match := assigned.match(line):
            yield "".join([*lines[:index], match[1], f'"{value}"', line[match.end() :], *lines[index + 1 :]])
    new = f'{key} = "{value}"{newline}'
    for start in [index for index, line in enumerate(lines) if header.match(line)][:_MOST]:
        for place in _places(lines, start):
            yield _inserted(lines, place, new, newline)
    yield _appended(text, f"[{'.'.join(table)}]{newline}{new}", newline)


def _places(lines: list[str], start: int) -> Iterator[int]:
    """Where the table of a header might end, behind its last line that says something; then its beginning."""
    ends = [i for i in range(start + 1, len(lines)) if lines[i].lstrip().startswith("[")]
    for end in (*ends[:_MOST], len(lines)):
        last = end
        while last > start + 1 and _says_nothing(lines[last - 1]):
            last -= 1
        yield last
    yield start + 1


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(("#", ";"))


def _inserted(lines: list[str], place: int, new: str, newline: str) -> str:
    """The lines with ``new`` among them; a file without a line end at its end stays one."""
    head, tail = "".join(lines[:place]), "".join(lines[place:])
    if head and not head.endswith(("\n", "\r")):
        return f"{head}{newline}{new.removesuffix(newline)}{tail}"
    return f"{head}{new}{tail}"


def _appended(text: str, section: str, newline: str) -> str:
    """The text with one more section at its end."""
    if not text.strip("\ufeff"):
        return text + section
    gap = newline if text.endswith(("\n", "\r")) else newline * 2
    return text + gap + section


def _newline_of(text: str) -> str:
    match = _LINE_END.search(text)
    return match[0] if match else "\n"


# -- INI -----------------------------------------------------------------------------------------------------


def _in_ini(name: str, text: str, values: Values) -> str:
    section = _SECTIONS.get(name, "pytest")
    before = _sections(text)
    for key, value in values.items():
        text = _with_line(text, section, key, value, known=before.get(section, {}).get(key))
    after = _sections(text)
    wanted = {**before, section: {**before.get(section, {}), **values}}
    if after != wanted:
        raise CannotEditError(f"there is no sure place for {', '.join(values)} in its section [{section}]")
    return text


def _sections(text: str) -> dict[str, dict[str, str]]:
    try:
        return parse_ini(text)
    except IniError as error:
        raise CannotEditError(f"line {error.line}: {error}") from error


def _with_line(text: str, section: str, key: str, value: str, *, known: str | None) -> str:
    lines, newline = text.splitlines(keepends=True), _newline_of(text)
    start, stop = _extent(lines, section)
    if start is None:
        return _appended(text, f"[{section}]{newline}{key} = {value}{newline}", newline)
    if known is not None:
        return _replaced(lines, range(start, stop), key, known, value)
    joint = _joint(lines[start:stop])
    return _inserted(lines, stop, f"{key}{joint}{value}{newline}", newline)


def _extent(lines: list[str], section: str) -> tuple[int | None, int]:
    """The first line below a section's header, and the one behind the last that says something."""
    start, stop = None, 0
    for index, line in enumerate(lines):
        is_header = line.lstrip("\ufeff").startswith("[") and not _says_nothing(line)
        if is_header and start is not None:
            break
        if is_header and line.lstrip("\ufeff").startswith(f"[{section}]"):
            start = stop = index + 1
        elif start is not None and not _says_nothing(line):
            stop = index + 1
    return start, stop


def _replaced(lines: list[str], extent: range, key: str, known: str, value: str) -> str:
    pattern = re.compile(rf"({re.escape(key)}[ \t]*[=:][ \t]*){re.escape(known)}(?=\s*$)")
    for index in extent:
        if "\n" not in known and (match := pattern.match(lines[index])):
            line = match[1] + value + lines[index][match.end() :]
            return "".join([*lines[:index], line, *lines[index + 1 :]])
    raise CannotEditError(f"the value of {key} is not in the line of its name")


def _joint(lines: list[str]) -> str:
    """How the section writes its equals signs."""
    named = [line for line in lines if re.match(r"\w+\s*=", line)]
    return "=" if named and all(re.match(r"\w+=", line) for line in named) else " = "
