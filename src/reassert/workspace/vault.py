"""Turns outcomes into bytes and back; bytes from elsewhere can make no value but the model's own.

The cache lies in the project's tree, where anyone who can send a patch can plant one. So loading resolves
only the frozen values of ``reassert.model``; the file's path, its bytes before and those after are not in the
pickle but supplied by the caller: a planted cache can neither run code nor direct a write to another file.
Other paths, where a refusal points at a relative, are kept as seen from the file's folder.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from reassert.model import config, edits, facts, outcomes
from reassert.model.outcomes import Change, Deferred, Failed, Outcome, Rewritten, Skipped, Unchanged

_PATH, _BEFORE, _AFTER = "path", "before", "after"


class _Packer(pickle.Pickler):
    def __init__(self, stream: io.BytesIO, path: Path, change: Change | None) -> None:
        super().__init__(stream, protocol=5)
        self._path = path
        self._before = change.before if change else None
        self._after = change.after if change else None

    def persistent_id(self, obj: Any) -> str | tuple[str, str] | None:
        if isinstance(obj, Path):
            return _PATH if obj == self._path else (_PATH, os.path.relpath(obj, self._path.parent))
        if type(obj) is bytes:
            if obj is self._before:
                return _BEFORE
            if obj is self._after:
                return _AFTER
        return None


class _Unpacker(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, supply: Callable[[str], Any]) -> None:
        super().__init__(stream)
        self._supply = supply

    def persistent_load(self, pid: Any) -> Any:
        if isinstance(pid, tuple):
            own, other = self._supply(pid[0]), pid[1]
            return Path(os.path.normpath(own.parent / other))
        return self._supply(pid)

    def find_class(self, module_name: str, global_name: str) -> Any:
        known = _KNOWN.get((module_name, global_name))
        if known is None:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is not a value of the model")
        return known


def _values() -> dict[tuple[str, str], type]:
    """The frozen dataclasses, named tuples and enums that ``reassert.model`` itself defines."""
    found: dict[tuple[str, str], type] = {}
    for module in (config, edits, facts, outcomes):
        for name, item in vars(module).items():
            if isinstance(item, type) and item.__module__ == module.__name__ and _is_value(item):
                found[module.__name__, name] = item
    return found


def _is_value(item: type) -> bool:
    return (
        is_dataclass(item) or issubclass(item, Enum) or (issubclass(item, tuple) and hasattr(item, "_fields"))
    )


_KNOWN = {**_values(), ("builtins", "frozenset"): frozenset, ("builtins", "set"): set}


def pack(value: object, path: Path, change: Change | None = None) -> bytes:
    """``value`` without ``path`` and the contents of ``change``; other paths are kept as seen from there."""
    stream = io.BytesIO()
    _Packer(stream, path, change).dump(value)
    return stream.getvalue()


def unpack(data: bytes, supply: Callable[[str], Any]) -> Any:
    """The value in ``data``; ``supply`` gives what ``path``, ``before`` and ``after`` stand for.

    Whatever is wrong with ``data`` is one UnpicklingError, and so is what ``supply`` raises.
    """
    try:
        return _Unpacker(io.BytesIO(data), supply).load()
    except Exception as error:
        raise pickle.UnpicklingError(str(error)) from error


def is_outcome_of(value: object, path: Path, *, is_new: bool = False) -> bool:
    """Whether ``value`` is an outcome of this very file (a planted one may be of any form).

    ``is_new``: the file is not there, so that it can only be made.
    """
    if isinstance(value, Rewritten):
        change = value.change
        return isinstance(change, Change) and change.path is path and _is_edit(change, is_new)
    return isinstance(value, (Unchanged, Skipped, Failed, Deferred)) and value.path is path


def _is_edit(change: Change, is_new: bool) -> bool:
    before_fits = change.before is None if is_new else isinstance(change.before, bytes)
    return before_fits and isinstance(change.after, bytes)


def change_of(outcome: Outcome) -> Change | None:
    """The change in an outcome, if it has one."""
    return outcome.change if isinstance(outcome, Rewritten) else None
