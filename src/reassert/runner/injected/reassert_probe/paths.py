"""Turns paths into the user's tree to its copy, and finds modules that came from there all the same."""

from __future__ import annotations

import os
import sys
from typing import Any, Iterable

_ENVIRONMENT = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Trees:
    """``original`` is the user's folder that was copied, ``copy`` its copy, ``root`` the project's in it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.original: str = settings["original_tree"]
        self.copy: str = settings["tree"]
        self.root: str = settings["root"]
        self._shown: dict[str, str] = {}

    def mapped(self, path: str) -> str | None:
        """Where a path of the user's tree is in the copy; None if it is not there, or elsewhere."""
        real = os.path.realpath(path)
        if not _is_inside(real, self.original) or _is_inside(real, self.copy):
            return None
        copy = os.path.normpath(os.path.join(self.copy, os.path.relpath(real, self.original)))
        return copy if os.path.exists(copy) else None

    def redirect_imports(self) -> None:
        """Let ``sys.path`` and the finders of editable installs lead to the copy, each at its place."""
        sys.path[:] = [self.mapped(entry) or entry if entry not in ("", OWN) else entry for entry in sys.path]
        for finder in sys.meta_path:
            kind = finder if isinstance(finder, type) else type(finder)
            module = sys.modules.get(kind.__module__)
            for mapping in (getattr(module, "MAPPING", None), getattr(kind, "_redirections", None)):
                if isinstance(mapping, dict):
                    self._redirect(mapping)

    def _redirect(self, mapping: dict[Any, Any]) -> None:
        for name, path in mapping.items():
            # What is mapped to need not be a file's whole name: setuptools leaves out `.py`.
            if isinstance(path, str) and not self.mapped(path) and self.mapped(path + ".py"):
                mapping[name] = self.mapped(path + ".py")[: -len(".py")]  # type: ignore[index]
            elif isinstance(path, str):
                mapping[name] = self.mapped(path) or path

    def strays(self) -> list[str]:
        """The imported modules whose file is the user's: ``name (path)``."""
        found = []
        for name, module in sorted(sys.modules.items(), key=lambda item: str(item[0])):
            file = _file_of(module)
            if isinstance(file, str) and self._is_stray(os.path.realpath(file)):
                found.append(f"{name} ({file})")
        return found

    def _is_stray(self, real: str) -> bool:
        if not _is_inside(real, self.original) or _is_inside(real, self.copy) or _is_inside(real, OWN):
            return False
        return not any(part in real for part in _ENVIRONMENT) and not _in_environment(real, self.original)

    def holds(self, path: str) -> bool:
        """Whether a file is one of the copy's."""
        return not os.path.isabs(self.shown(path))

    def shown(self, path: str) -> str:
        """A file's path relative to the project's root, with slashes; absolute if it is not in the copy."""
        known = self._shown.get(path)
        if known is None:
            known = os.path.realpath(path) if os.path.isabs(path) else path
            if _is_inside(known, self.copy):
                known = os.path.relpath(known, self.root).replace(os.sep, "/")
            self._shown[path] = known
        return known


def _file_of(module: Any) -> Any:
    try:  # what is in `sys.modules` may be any object, and load itself when it is asked for an attribute
        return vars(module).get("__file__")
    except TypeError:
        return None


def _in_environment(path: str, top: str) -> bool:
    """Whether a folder between ``path`` and ``top`` is a virtual environment."""
    folder = os.path.dirname(path)
    return any(os.path.exists(os.path.join(above, "pyvenv.cfg")) for above in _folders(folder, top))


def _folders(folder: str, top: str) -> Iterable[str]:
    while _is_inside(folder, top):
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
