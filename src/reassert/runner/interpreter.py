"""Finds the Python that runs the suite, and asks it what it has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PROGRAMS = ("bin/python", "Scripts/python.exe", "bin/python3")
_VENVS = (".venv", "venv")
_SECONDS = 60
_QUESTION = """
import importlib.util, json, sys
sys.path[:1] = []
def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
maps = {}
for finder in sys.meta_path:
    kind = finder if isinstance(finder, type) else type(finder)
    module = sys.modules.get(kind.__module__)
    for mapping in (getattr(module, "MAPPING", None), getattr(kind, "_redirections", None)):
        if isinstance(mapping, dict):
            maps.update((str(name), str(path)) for name, path in mapping.items())
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "implementation": sys.implementation.name,
    "path": [entry for entry in sys.path if entry],
    "editable": maps,
    "packages": [name for name in ("pytest", "xdist", "coverage") if has(name)],
}))
"""


class InterpreterError(Exception):
    """There is no Python that could run the suite; the message says what was tried."""


@dataclass(frozen=True)
class Interpreter:
    """A Python. ``search`` is its ``sys.path``, ``editable`` where editable installs say that packages are.

    ``packages`` are those among pytest, xdist and coverage that it has.
    """

    path: Path
    version: tuple[int, ...]
    implementation: str
    search: tuple[str, ...]
    editable: Mapping[str, str]
    packages: frozenset[str]

    @property
    def has_same_binaries(self) -> bool:
        """Whether compiled modules of this process's Python can be loaded."""
        own = sys.version_info[:2]
        return self.version[:2] == own and self.implementation == sys.implementation.name


def find_interpreter(python: Path | None, root: Path, *, needs: str = "pytest") -> Interpreter:
    """The Python for the project in ``root`` (the user's) that has the package ``needs``.

    ``python`` is a program or the folder of an environment (of venv, tox, nox). Without it the first of these
    is taken that has the package: the active environment, ``.venv`` and ``venv`` in ``root``, ``python3`` and
    ``python`` of the search path, this process's own. Raises InterpreterError.
    """
    if python is not None:
        found = describe(_program(python))
        if needs not in found.packages:
            raise InterpreterError(f"{found.path} has no {needs}")
        return found
    tried = []
    for candidate in dict.fromkeys(_candidates(root)):
        try:
            found = describe(candidate)
        except InterpreterError as error:
            tried.append(str(error))
            continue
        if needs in found.packages:
            return found
        tried.append(f"{candidate} has no {needs}")
    raise InterpreterError("no Python for the tests: " + "; ".join(tried))


@lru_cache(maxsize=32)
def describe(program: Path) -> Interpreter:
    """Ask a Python about itself. Raises InterpreterError if it is none."""
    try:
        done = subprocess.run(  # noqa: S603 - the user's own Python
            [str(program), "-c", _QUESTION], capture_output=True, check=False, timeout=_SECONDS
        )
        facts = json.loads(done.stdout)
    except OSError as error:
        raise InterpreterError(f"{program} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise InterpreterError(f"{program} does not answer") from error
    except ValueError as error:
        raise InterpreterError(f"{program} is not a Python that works") from error
    return Interpreter(
        program,
        tuple(facts["version"]),
        facts["implementation"],
        tuple(facts["path"]),
        facts["editable"],
        frozenset(facts["packages"]),
    )


def environment_of(program: Path) -> Path | None:
    """The virtual environment that a program belongs to."""
    folder = program.parent.parent
    return folder if (folder / "pyvenv.cfg").is_file() else None


def _program(python: Path) -> Path:
    path = python.absolute()  # not resolved: an environment's program is a link to its base's
    if not path.is_dir():
        if not path.exists():
            raise InterpreterError(f"{python} does not exist")
        return path
    found = _in_folder(path)
    if found is None:
        raise InterpreterError(f"there is no Python in {python}: {_PROGRAMS[0]} is missing")
    return found


def _in_folder(folder: Path) -> Path | None:
    return next((folder / name for name in _PROGRAMS if (folder / name).exists()), None)


def _candidates(root: Path) -> Iterator[Path]:
    active = os.environ.get("VIRTUAL_ENV")
    folders: Iterable[Path] = [*([Path(active)] if active else []), *(root / name for name in _VENVS)]
    for folder in folders:
        found = _in_folder(folder)
        if found is not None:
            yield found
    for name in ("python3", "python"):
        if program := shutil.which(name):
            yield Path(program)
    yield Path(sys.executable)
