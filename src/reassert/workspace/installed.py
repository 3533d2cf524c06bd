"""The versions of packages that a project has: pinned by its lock files, or in its virtual environment.

All of it is a hint: what cannot be read says nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from reassert.model.config import Version

MAX_BYTES = 20_000_000

# Poetry, uv, PDM and PEP 751 all write TOML with the name and the version of a package in adjacent lines,
# which is found a hundred times faster than the file is parsed.
_TOML_LOCKS = frozenset({"poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"})
_JSON_LOCK = "Pipfile.lock"
LOCKS = _TOML_LOCKS | {_JSON_LOCK}
_ENVIRONMENTS = (".venv", "venv")
_VERSION = re.compile(r"\D*(\d+)(?:\.(\d+))?")


def locked_version(folder: Path, names: Collection[str], package: str) -> Version | None:
    """Give the oldest version of ``package`` in the lock files among ``names``, the entries of ``folder``."""
    found = [*_in_toml(folder, names, package), *_in_json(folder, names, package)]
    return min(filter(None, map(_version, found)), default=None)


def installed_version(folder: Path, names: Collection[str], package: str) -> Version | None:
    """Give the version of ``package`` in the virtual environment of ``folder``, by its metadata's name."""
    start = package.replace("-", "_") + "-"
    for environment in _ENVIRONMENTS:
        for place in _site_packages(folder / environment) if environment in names else ():
            for entry in _entries(place):
                if entry.startswith(start) and entry.endswith(".dist-info"):
                    return _version(entry[len(start) :])
    return None


def _in_toml(folder: Path, names: Collection[str], package: str) -> Iterator[str]:
    start = f'name = "{package}"'.encode()
    for name in sorted(_TOML_LOCKS.intersection(names)):
        data = _data(folder / name)
        if start in data:
            pattern = b"^" + re.escape(start) + rb'\r?\nversion = "([^"]+)"'
            found = re.finditer(pattern, data, re.MULTILINE)
            yield from (match[1].decode("utf-8", "replace") for match in found)


def _in_json(folder: Path, names: Collection[str], package: str) -> Iterator[str]:
    if _JSON_LOCK not in names:
        return
    import json  # noqa: PLC0415 - few projects have such a file

    try:
        document = json.loads(_data(folder / _JSON_LOCK) or b"{}")
    except ValueError:
        return
    for section in ("default", "develop"):
        table = document.get(section) if isinstance(document, dict) else None
        entry = table.get(package) if isinstance(table, dict) else None
        if isinstance(entry, dict) and isinstance(entry.get("version"), str):
            yield entry["version"]


def _site_packages(environment: Path) -> Iterator[Path]:
    yield environment / "Lib" / "site-packages"
    for name in _entries(environment / "lib"):
        yield environment / "lib" / name / "site-packages"


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _data(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        return b""
    return data if len(data) <= MAX_BYTES else b""


def _version(text: str) -> Version | None:
    match = _VERSION.match(text)
    return (int(match[1]), int(match[2] or 0)) if match else None
