"""Reads TOML files, and says where one that cannot be used is wrong."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Document = dict[str, Any]


class SettingsError(Exception):
    """A configuration that cannot be used.

    ``path`` is the file, ``key`` the dotted key at fault (empty: the file), ``line`` is None if unknown.
    """

    def __init__(self, path: Path, key: str, message: str, line: int | None = None) -> None:
        super().__init__(path, key, message, line)
        self.path = path
        self.key = key
        self.message = message
        self.line = line

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


def read_toml(path: Path) -> Document | None:
    """Give a TOML file as dictionaries, None if it does not exist; raises SettingsError with the line."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingsError(path, "", f"cannot be read: {error.strerror or error}") from error
    try:
        return _parser()(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(path, "", "not valid TOML: the file is not UTF-8", line) from error
    except ValueError as error:
        place = re.search(r" \(at line (\d+), column \d+\)$| \(at end of document\)$", str(error))
        reason = str(error)[: place.start()] if place else str(error)
        line = int(place[1]) if place and place[1] else data.count(b"\n") + (not data.endswith(b"\n"))
        raise SettingsError(path, "", f"not valid TOML: {reason}", line) from error


def loads_toml(text: str) -> Document:
    """Give TOML text as dictionaries; raises ValueError."""
    return _parser()(text)


def reads_as(text: str, wanted: Mapping[str, Any]) -> bool:
    """Whether TOML text says just this; what is not TOML says nothing."""
    try:
        return loads_toml(text) == wanted
    except ValueError:
        return False


def _parser() -> Callable[[str], Document]:
    """Import what reads TOML: the standard library's since Python 3.11, and before it the same code apart."""
    name = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    return cast("Callable[[str], Document]", import_module(name).loads)
