"""The effective configuration of pytest for a folder: which file wins, and what it says.

Source: ``_pytest/config/findpaths.py`` (pytest 9.2) and experiments: exactly one file counts, none is merged.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reassert.model.config import PytestConfig, Version
from reassert.model.outcomes import Failed
from reassert.workspace.ini import IniError, parse_ini
from reassert.workspace.reading import explain, read_regular
from reassert.workspace.toml import SettingsError

MAX_BYTES = 1_000_000
# Since this version there are files and tables of pytest's own in TOML; older ones do not look at them.
_NATIVE: Version = (9, 0)
_NATIVE_FILES = ("pytest.toml", ".pytest.toml")
_OWN_FILES = ("pytest.ini", ".pytest.ini")
_SHARED_FILES = (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))
FILES = frozenset({*_NATIVE_FILES, *_OWN_FILES, "pyproject.toml", *(name for name, _ in _SHARED_FILES)})
_LISTS = ("python_files", "python_classes", "python_functions", "testpaths", "pythonpath")

Values = Mapping[str, Any]
ReadToml = Callable[[Path], "dict[str, Any] | None"]


class _BadConfigError(Exception):
    """What pytest would stop at: a message, and the line if it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class FoundConfig:
    """``path`` is the file that counts (None: there is none), ``problem`` why its values are not used."""

    config: PytestConfig = field(default_factory=PytestConfig)
    path: Path | None = None
    problem: Failed | None = None


class PytestConfigs:
    """Finds the configuration of pytest folder by folder, upwards, and remembers it.

    ``read_toml`` gives a parsed TOML file, or None if there is none, and may raise what it likes for a
    ``pyproject.toml`` that cannot be read. All other trouble is a ``problem``, under pytest's defaults.
    """

    def __init__(self, read_toml: ReadToml) -> None:
        self._read_toml = read_toml
        self._found: dict[tuple[Path, bool], FoundConfig] = {}

    def load(self, folder: Path, version: Version) -> FoundConfig:
        """Give the configuration that pytest of this ``version`` uses when it is started in ``folder``."""
        key = folder, version >= _NATIVE
        if key not in self._found:
            here = self._at(*key)
            if here is None:
                above = folder.parent
                here = FoundConfig() if above == folder else self.load(above, version)
            self._found[key] = here
        return self._found[key]

    def contenders(self, folder: Path) -> list[Path]:
        """Give every file of a folder that says something to pytest, to whichever version, in its order."""
        return [path for path, read in self._readers(folder, native=True) if _said(path, read)]

    def _at(self, folder: Path, native: bool) -> FoundConfig | None:
        """Give what the first file of this folder that counts says."""
        found = (_said(path, read) for path, read in self._readers(folder, native))
        return next(filter(None, found), None)

    def _readers(self, folder: Path, native: bool) -> Iterator[tuple[Path, Callable[[Path], Values | None]]]:
        """Every file that pytest looks at, in its order."""
        for name in _NATIVE_FILES if native else ():
            yield folder / name, self._native
        for name in _OWN_FILES:
            yield folder / name, _own
        yield folder / "pyproject.toml", lambda path: self._pyproject(path, native)
        for name, section in _SHARED_FILES:
            yield folder / name, lambda path, section=section: _shared(path, section)  # type: ignore[misc]

    def _native(self, path: Path) -> Values | None:
        if not path.is_file():
            return None
        document = _toml(self._read_toml, path)
        loose = [key for key, value in document.items() if not isinstance(value, dict)]
        if "pytest" not in document and loose:
            raise _BadConfigError(f"{', '.join(loose)} stand outside of the table [pytest]")
        return _typed(_table(document, "pytest"))

    def _pyproject(self, path: Path, native: bool) -> Values | None:
        table = _table(_table(self._read_toml(path) or {}, "tool"), "pytest")
        own = {key: value for key, value in table.items() if key != "ini_options"} if native else {}
        classic = table.get("ini_options")
        if own and classic:
            raise _BadConfigError("it has both [tool.pytest] and [tool.pytest.ini_options]")
        if own:
            return _typed(own)
        if not isinstance(classic, dict):
            return None
        return {key: value if isinstance(value, list) else str(value) for key, value in classic.items()}


def _said(path: Path, read: Callable[[Path], Values | None]) -> FoundConfig | None:
    """Give what one file says; None if it does not count."""
    try:
        values = read(path)
        return None if values is None else FoundConfig(_interpreted(values), path)
    except _BadConfigError as error:
        message = f"{error.message}; pytest would not start with it, so its defaults are assumed"
        return FoundConfig(path=path, problem=Failed(path, message, error.line))


def _toml(read_toml: ReadToml, path: Path) -> dict[str, Any]:
    try:
        return read_toml(path) or {}
    except SettingsError as error:
        raise _BadConfigError(error.message, error.line) from error


def _table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _typed(values: Values) -> Values:
    """Check the types that pytest wants of native TOML, where nothing is split or converted."""
    for name in (*_LISTS, "addopts", "filterwarnings"):
        value = values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _BadConfigError(f"{name} is not a list of strings")
    return values


def _own(path: Path) -> Values | None:
    """Read a file that counts even when it is empty."""
    text = _text(path)
    return None if text is None else _sections(text).get("pytest", {})


def _shared(path: Path, section: str) -> Values | None:
    """Read a file that others use too, and that counts only with a section for pytest."""
    text = _text(path)
    if text is None or "pytest]" not in text:
        return None
    sections = _sections(text)
    if section != "pytest" and section not in sections and "pytest" in sections:
        raise _BadConfigError(f"its section [pytest] must be called [{section}]")
    return sections.get(section)


def _text(path: Path) -> str | None:
    try:
        data = read_regular(path, MAX_BYTES)
        return data.decode() if isinstance(data, bytes) else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _BadConfigError(explain(error)) from error
    except UnicodeDecodeError as error:
        raise _BadConfigError("it is not UTF-8") from error


def _sections(text: str) -> dict[str, dict[str, str]]:
    try:
        return parse_ini(text)
    except IniError as error:
        raise _BadConfigError(str(error), error.line) from error


def _interpreted(values: Values) -> PytestConfig:
    options = _words(values, "addopts")
    values = {**values, **_overridden(options)}
    found: dict[str, Any] = {name: _words(values, name) for name in _LISTS if name in values}
    lines = values.get("filterwarnings", ())
    lines = lines.split("\n") if isinstance(lines, str) else lines
    found["filterwarnings"] = tuple(line.strip() for line in lines if line.strip())
    found["asyncio_mode"] = _last(options, "--asyncio-mode") or str(values.get("asyncio_mode", "strict"))
    found["asyncio_fixture_scope"] = str(values.get("asyncio_default_fixture_loop_scope", ""))
    found["asyncio_test_scope"] = str(values.get("asyncio_default_test_loop_scope", ""))
    found["import_mode"] = _last(options, "--import-mode") or "prepend"
    return replace(PytestConfig(), **found, plain_asserts=_last(options, "--assert") == "plain")


def _words(values: Values, name: str) -> tuple[str, ...]:
    value = values.get(name, ())
    if not isinstance(value, str):
        return tuple(map(str, value))
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise _BadConfigError(f"{name}: {str(error).lower()}") from error


def _overridden(options: Sequence[str]) -> dict[str, str]:
    """Values that ``addopts`` sets by ``-o name=value``."""
    found = {}
    for given in (*_values(options, "-o"), *_values(options, "--override-ini")):
        name, sign, value = given.partition("=")
        if not sign:
            raise _BadConfigError(f"addopts: -o expects name=value, not {given}")
        found[name] = value
    return found


def _last(options: Sequence[str], name: str) -> str | None:
    given = list(_values(options, name))
    return given[-1] if given else None


def _values(options: Sequence[str], name: str) -> Iterator[str]:
    """Each value given to an option: as the next word, after ``=``, or, for a short one, stuck to it."""
    for index, word in enumerate(options):
        if word == name:
            yield from options[index + 1 : index + 2]
        elif word.startswith(f"{name}="):
            yield word[len(name) + 1 :]
        elif len(name) == 2 and word.startswith(name):  # noqa: PLR2004 - a dash and a letter
            yield word[2:]
