"""What the names in folders tell of packages and tests."""

from __future__ import annotations

import os
import re
from pathlib import Path

from reassert.model.config import PytestConfig

_TESTS = re.compile(r"(?:^|_)(?:tests?|testsuites?)(?:$|_)", re.IGNORECASE)


class Folders:
    """Looks at folders, each once."""

    def __init__(self) -> None:
        self._names: dict[str, frozenset[str]] = {}
        self._entries: dict[str, list[os.DirEntry[str]]] = {}
        self._paths: dict[str, Path] = {}

    def entries(self, folder: str) -> list[os.DirEntry[str]]:
        """What is in a folder; raises OSError."""
        if folder not in self._entries:
            with os.scandir(folder) as scan:
                self._entries[folder] = list(scan)
        return self._entries[folder]

    def names(self, folder: Path) -> frozenset[str]:
        """The names in a folder; none if it cannot be listed."""
        key = os.fspath(folder)
        if key not in self._names:
            try:
                known = self._entries.get(key)
                names = os.listdir(key) if known is None else [entry.name for entry in known]
                self._names[key] = frozenset(names)
            except OSError:
                self._names[key] = frozenset()
        return self._names[key]

    def path(self, name: str) -> Path:
        """The path of this name, the same value each time: it keeps what it has found out of itself."""
        if name not in self._paths:
            self._paths[name] = Path(name)
        return self._paths[name]

    def is_package(self, folder: Path) -> bool:
        """Whether Python takes the folder for a regular package."""
        return "__init__.py" in self.names(folder)

    def exists(self, path: Path) -> bool:
        """Whether a folder has an entry of this name."""
        return path.name in self.names(path.parent)

    def is_shipped(self, path: Path, top: Path, config: PytestConfig) -> bool:
        """Whether a module belongs to a package that is not there for tests: others may use it.

        ``top`` is the project's folder. Tests are in folders that are called so or hold files that pytest
        collects, and in files that are called so.
        """
        if not self.is_package(path.parent) or _TESTS.search(path.stem):
            return False
        folders = [folder for folder in path.parents if folder.is_relative_to(top)]
        inner = [folder for folder in folders if folder in (path.parent, *folders[:-1])]
        return not any(_TESTS.search(folder.name) or self._holds_tests(folder, config) for folder in inner)

    def _holds_tests(self, folder: Path, config: PytestConfig) -> bool:
        return any(
            name.endswith(".py") and config.is_test_module(folder / name) for name in self.names(folder)
        )
