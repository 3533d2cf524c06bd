"""``[tool.reassert]``: found, inherited, checked, and turned into ``Settings``.

The nearest ``pyproject.toml`` that has the table wins whole, unless it asks for another file by ``extend``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reassert.model.config import Limits, Profile, RuleConfig
from reassert.workspace.folders import Folders
from reassert.workspace.pytest_config import FILES, PytestConfigs
from reassert.workspace.targets import NEWEST_PYTHON, OLDEST_PYTHON, DeclaredVersions, may_declare
from reassert.workspace.toml import SettingsError, read_toml
from reassert.workspace.verify_settings import VERIFY_KEYS, VERIFY_SCHEMA, VerifySettings, verify_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reassert.model.config import Version
    from reassert.model.outcomes import Failed
    from reassert.workspace.toml import Document

__all__ = ["Settings", "SettingsError", "SettingsLoader", "load_settings"]

PROFILES = {"asserts": Profile.ASSERTS, "classes": Profile.CLASSES, "idiomatic": Profile.IDIOMATIC}
PYTHONS = tuple(f"py3{minor}" for minor in range(OLDEST_PYTHON[1], NEWEST_PYTHON[1] + 1))
PYTEST_VERSION = r"^[0-9]+(\.[0-9]+){0,2}$"

Table = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What is configured for the files of one folder; empty ``select`` means every rule.

    ``path`` is the file it comes from (None: defaults). ``exclude`` and the globs of ``per_file_ignores`` are
    relative to that file's folder. Whether the rules exist is not known here. ``pytest_path`` is the
    file that configures pytest (None: none does), ``pytest_problem`` why it cannot be used.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: RuleConfig = field(default_factory=RuleConfig)
    exclude: tuple[str, ...] = ()
    path: Path | None = None
    cache_dir: Path | None = None
    pytest_path: Path | None = None
    pytest_problem: Failed | None = None
    only_given: bool = False
    verify: VerifySettings = field(default_factory=VerifySettings)


def _is_string(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_string, value))


def _is_globs(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_strings, value.values()))


def _is_pytest_version(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(PYTEST_VERSION, value) is not None


@dataclass(frozen=True)
class Key:
    """A key of the table: what it accepts, said in words, and the schema of the same."""

    accepts: Callable[[object], bool]
    allowed: str
    about: str
    schema: Mapping[str, object]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_COUNT: Mapping[str, object] = {"type": "integer", "minimum": 1}
_STRING: Mapping[str, object] = {"type": "string", "pattern": r"\S"}
_STRINGS: Mapping[str, object] = {"type": "array", "items": _STRING}


def _one_of(names: Iterable[str], about: str) -> Key:
    choices = tuple(names)
    allowed = "one of " + ", ".join(f'"{name}"' for name in choices)
    return Key(lambda value: value in choices, allowed, about, {"type": "string", "enum": list(choices)})


def _at_most(about: str) -> Key:
    return Key(_is_count, "a whole number above 0", about, _COUNT)


def _rules(about: str) -> Key:
    return Key(_is_strings, "a list of rule ids", about, _STRINGS)


KEYS: Mapping[str, Key] = {
    "extend": Key(_is_string, "the path of another TOML file", "A file to inherit settings from.", _STRING),
    "select": Key(
        lambda value: value != [] and _is_strings(value),
        "a non-empty list of rule ids",
        "The rules to run; without it, all of them.",
        {**_STRINGS, "minItems": 1},
    ),
    "extend-select": _rules("Rules to run beside those of `select`; adds to an inherited list."),
    "ignore": _rules("Rules not to run."),
    "per-file-ignores": Key(
        _is_globs,
        "a table of globs, each with a list of rule ids",
        "Rules not to run in the files that match a glob.",
        {"type": "object", "additionalProperties": _STRINGS},
    ),
    "profile": _one_of(PROFILES, "How far a class may be converted."),
    "target-version": _one_of(PYTHONS, "The oldest Python that the tests must run on."),
    "pytest-version": Key(
        _is_pytest_version,
        'a version as a string, such as "8.4"',
        "The oldest pytest that the tests must run on.",
        {"type": "string", "pattern": PYTEST_VERSION},
    ),
    "exclude": Key(
        _is_strings, "a list of patterns, as in a .gitignore file", "Files that are never changed.", _STRINGS
    ),
    "unsafe-fixes": Key(
        lambda value: isinstance(value, bool),
        "true or false",
        "Also make changes that are not proved to keep every behaviour.",
        {"type": "boolean"},
    ),
    "awaken": Key(
        lambda value: isinstance(value, bool),
        "true or false",
        "Also convert tests that have never run; they run for the first time then, and may fail.",
        {"type": "boolean"},
    ),
    "only-given": Key(
        lambda value: isinstance(value, bool),
        "true or false",
        "Change no file beyond those given, even if test classes connect it with one of them.",
        {"type": "boolean"},
    ),
    "max-parameters": _at_most(
        "How many arguments a test may get that takes the place of a loop or of copies."
    ),
    "max-rows": _at_most("How many rows the table of such a test may have."),
    "max-value-length": _at_most("How many characters a value may have that copies of a test differ in."),
    "min-copies": _at_most("How many copies of a test there must be for a table to take their place."),
    "min-duplicate-lines": _at_most(
        "How many lines could go, together, for copies of tests in other classes to be reported."
    ),
    "cache-dir": Key(_is_string, "the path of a folder", "Where results are kept between runs.", _STRING),
    "verify": Key(
        lambda value: isinstance(value, dict), "a table", "How the suite is run by `verify`.", VERIFY_SCHEMA
    ),
}
_VERIFY = {name: Key(*parts) for name, parts in VERIFY_KEYS.items()}

_TOML_NAMES = {bool: "a boolean", str: "a string", int: "an integer", float: "a float", list: "an array"}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the nearest known word, or nothing when none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only paid for an error

    near = get_close_matches(word, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def load_settings(for_path: Path, *, config_file: Path | None = None, isolated: bool = False) -> Settings:
    """Give the settings for one file or folder; for many, keep a ``SettingsLoader``. Raises SettingsError."""
    return SettingsLoader(config_file=config_file, isolated=isolated).load(for_path)


class SettingsLoader:
    """Finds settings and remembers them by folder.

    ``config_file`` is used in place of whatever the folders say; ``isolated`` reads no file at all,
    so that the result is the same everywhere.
    """

    def __init__(self, *, config_file: Path | None = None, isolated: bool = False) -> None:
        self.config_file = config_file
        self.isolated = isolated
        self._documents: dict[Path, Document | None] = {}
        self._tables: dict[Path, tuple[Path, Table] | None] = {}
        self._settings: dict[Path, Settings] = {}
        self.folders = Folders()
        self._declared = DeclaredVersions(self._document, self.folders)
        self._pytest = PytestConfigs(self._document)

    def load(self, for_path: Path) -> Settings:
        """Give the settings for one file or folder, which need not exist. Raises SettingsError."""
        if self.isolated:
            return Settings()
        path = os.path.abspath(for_path)
        return self._of(Path(path if os.path.isdir(path) else os.path.dirname(path)))

    @property
    def declared(self) -> DeclaredVersions:
        """What the project says of the packages that it needs."""
        return self._declared

    def _of(self, folder: Path) -> Settings:
        if folder not in self._settings:
            inherits = folder != folder.parent and _says_nothing(self.folders.names(folder))
            self._settings[folder] = self._of(folder.parent) if inherits else self._load(folder)
        return self._settings[folder]

    def _load(self, folder: Path) -> Settings:
        found = self._configured(self.config_file) if self.config_file else self._nearest(folder)
        path, table = found or (None, {})
        top = path.parent if path and not self.config_file else None
        pytest_version, target_version = self._versions(table, folder, top)
        pytest = self._pytest.load(folder, pytest_version)
        return Settings(
            select=_tuple(table, "select"),
            ignore=_tuple(table, "ignore"),
            extend_select=_tuple(table, "extend-select"),
            per_file_ignores={glob: tuple(ids) for glob, ids in table.get("per-file-ignores", {}).items()},
            rules=RuleConfig(
                profile=PROFILES[table.get("profile", "classes")],
                target_version=target_version,
                pytest_version=pytest_version,
                unsafe_fixes=table.get("unsafe-fixes", False),
                awaken=table.get("awaken", False),
                pytest=pytest.config,
                plugins=self._declared.plugins(folder, top),
                limits=_limits(table),
            ),
            exclude=_tuple(table, "exclude"),
            path=path,
            cache_dir=table.get("cache-dir"),
            pytest_path=pytest.path,
            pytest_problem=pytest.problem,
            only_given=table.get("only-given", False),
            verify=verify_settings(table.get("verify", {})),
        )

    def _versions(self, table: Table, folder: Path, top: Path | None) -> tuple[Version, Version]:
        """(pytest, Python): as configured, else as the project declares, else the defaults."""
        pytest_version = _pytest_version(table) or self._declared.pytest(folder, top)
        target_version = _target_version(table) or self._declared.python(folder, top)
        default = RuleConfig()
        return pytest_version or default.pytest_version, target_version or default.target_version

    def _configured(self, config_file: Path) -> tuple[Path, Table]:
        path = Path(os.path.abspath(config_file))
        found = self._tables.get(path) or (path, self._inherited(path, ()))
        self._tables[path] = found
        return found

    def _nearest(self, folder: Path) -> tuple[Path, Table] | None:
        """Find the table that counts in ``folder``; asked once a folder, up to the file system's root."""
        if folder not in self._tables:
            path = folder / "pyproject.toml"
            if _own_table(self._document(path) or {}) is not None:
                self._tables[folder] = path, self._inherited(path, ())
            else:
                self._tables[folder] = None if folder == folder.parent else self._nearest(folder.parent)
        return self._tables[folder]

    def _inherited(self, path: Path, chain: tuple[Path, ...]) -> Table:
        """Give the table of ``path``, checked and laid over the ones that it extends."""
        if path in chain:
            circle = " -> ".join(str(p) for p in (*chain[chain.index(path) :], path))
            raise SettingsError(chain[-1], "tool.reassert.extend", f"the files extend one another: {circle}")
        table, prefix = self._table(path, chain)
        _check(table, path, prefix)
        table = _anchored(table, path)
        if "extend" not in table:
            return table
        base = self._inherited(_beside(path, table["extend"]), (*chain, path))
        more = [*base.get("extend-select", []), *table.get("extend-select", [])]
        return {**base, **table, "extend-select": more}

    def _table(self, path: Path, chain: tuple[Path, ...]) -> tuple[Table, str]:
        """Give the table that a file named by a person holds, and the dotted prefix of its keys."""
        document = self._document(path)
        if document is None:
            named_in, key = (chain[-1], "tool.reassert.extend") if chain else (path, "")
            missing = f"there is no file {path}" if chain else "there is no such file"
            raise SettingsError(named_in, key, missing)
        table = _own_table(document)
        if table is None and path.name == "pyproject.toml":
            raise SettingsError(path, "", "the file has no [tool.reassert] table")
        if table is None:
            return document, ""
        if not isinstance(table, dict):
            raise SettingsError(path, "tool.reassert", f"expected a table, got {_named(table)}")
        return table, "tool.reassert."

    def _document(self, path: Path) -> Document | None:
        """Give the parsed file, None if there is none."""
        if path not in self._documents:
            self._documents[path] = read_toml(path)
        return self._documents[path]


def _says_nothing(names: frozenset[str]) -> bool:
    """Whether nothing in a folder bears on settings, so that they are those of the folder above."""
    return FILES.isdisjoint(names) and not may_declare(names)


def _own_table(document: Document) -> Any:
    tool = document.get("tool")
    return tool.get("reassert") if isinstance(tool, dict) else None


def _check(table: Table, path: Path, prefix: str) -> None:
    """Raise SettingsError for the first key that is unknown or has a value that is not allowed."""
    _check_keys(table, path, prefix, KEYS)
    _check_keys(table.get("verify", {}), path, f"{prefix}verify.", _VERIFY)
    for name in ("exclude", "per-file-ignores"):
        for pattern in table.get(name, ()):
            _check_pattern(pattern, path, prefix + name)


def _check_keys(table: Table, path: Path, prefix: str, keys: Mapping[str, Key]) -> None:
    for name, value in table.items():
        key = keys.get(name)
        if key is None:
            hint = did_you_mean(name, keys)
            raise SettingsError(path, prefix + name, f"unknown key{hint} (allowed: {', '.join(keys)})")
        if not key.accepts(value):
            where, got = _culprit(value, key.schema)
            raise SettingsError(path, prefix + name + where, f"expected {key.allowed}, got {got}")


def _check_pattern(pattern: str, path: Path, key: str) -> None:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - costs 40 ms, and most projects have no pattern

    try:
        GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error) as error:  # the range of `[z-a]` is only looked at by `re`
        message = f'"{pattern}" is not a pattern as in a .gitignore file'
        raise SettingsError(path, key, message) from error


def _culprit(value: object, schema: Mapping[str, Any]) -> tuple[str, str]:
    """Where inside a value the mistake is, as a suffix of the key, and what stands there."""
    if isinstance(value, dict) and value and _holds_lists(schema):
        inner = schema["additionalProperties"]
        glob, ids = next((glob, ids) for glob, ids in value.items() if not _is_strings(ids))
        where, got = _culprit(ids, inner)
        return f'."{glob}"{where}', got
    if value == []:
        return "", "an empty array"
    if isinstance(value, list) and schema.get("type") == "array":
        index, item = next((index, item) for index, item in enumerate(value) if not _is_string(item))
        return f"[{index}]", _named(item)
    return "", _named(value)


def _holds_lists(schema: Mapping[str, Any]) -> bool:
    inner = schema.get("additionalProperties")
    return isinstance(inner, dict) and inner.get("type") == "array"


def _named(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    name = _TOML_NAMES.get(type(value), "a date or time")
    return name if isinstance(value, list) else f"{name} ({_literal(value)})"


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _beside(path: Path, name: str) -> Path:
    return Path(os.path.normpath(path.parent / Path(name).expanduser()))


def _anchored(table: Table, path: Path) -> Table:
    """The table with its paths relative to the file that names them."""
    if "cache-dir" in table:
        table = {**table, "cache-dir": _beside(path, table["cache-dir"])}
    if "python" in table.get("verify", {}):
        verify = {**table["verify"], "python": str(_beside(path, table["verify"]["python"]))}
        table = {**table, "verify": verify}
    return table


def _tuple(table: Table, name: str) -> tuple[str, ...]:
    return tuple(table.get(name, ()))


def _limits(table: Table) -> Limits:
    default = Limits()
    return Limits(
        table.get("max-parameters", default.parameters),
        table.get("max-rows", default.rows),
        table.get("max-value-length", default.value_length),
        table.get("min-copies", default.copies),
        table.get("min-duplicate-lines", default.duplicate_lines),
    )


def _pytest_version(table: Table) -> Version | None:
    if "pytest-version" not in table:
        return None
    parts = [*table["pytest-version"].split("."), "0"]
    return int(parts[0]), int(parts[1])


def _target_version(table: Table) -> Version | None:
    return (3, int(table["target-version"][3:])) if "target-version" in table else None
