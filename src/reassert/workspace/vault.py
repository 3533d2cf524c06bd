"""Turns outcomes into bytes and back; bytes from elsewhere can make no value but the model's own.

The cache lies in the project's tree, where anyone who can send a patch can plant one. So loading resolves
only the frozen values of ``reassert.model``; the file's path, its bytes before and those after are not in the
pickle but supplied by the caller: a planted cache can neither run code nor direct a write to another file.
Other paths, where a refusal points at a relative, are kept as seen from the file's folder.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from reassert.model import config, edits, facts, outcomes
from reassert.model.outcomes import Change, Deferred, Failed, Outcome, Rewritten, Skipped, Unchanged
from reassert.workspace.late import late_blocks, late_units, pack_blocks, pack_units

_PATH, _BEFORE, _AFTER = "path", "before", "after"
_ELSEWHERE = b""


def place(relative: str = "") -> Path:
    """Stands in a pickle for the file itself, or for another as seen from its folder; there to be named."""
    raise pickle.UnpicklingError(f"{relative} is known to the unpickler alone")


def _packer(stream: io.BytesIO, path: Path) -> pickle.Pickler:
    """Not by persistent ids or an override: these are asked at every string and number, or at every value."""
    folder = path.parent

    def reduce(other: Path) -> tuple[Any, ...]:
        return place, () if other is path or other == path else (os.path.relpath(other, folder),)

    packer = pickle.Pickler(stream, protocol=5)
    packer.dispatch_table = {**copyreg.dispatch_table, type(path): reduce}
    return packer


class _Unpacker(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, path: Path) -> None:
        super().__init__(stream)
        self._path = path

    def _place(self, relative: str = "") -> Path:
        return Path(os.path.normpath(self._path.parent / relative)) if relative else self._path

    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) == (__name__, place.__name__):
            return self._place
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


def pack(value: object, path: Path) -> bytes:
    """``value`` without ``path``, and without the contents of a change; other paths as seen from it."""
    if isinstance(value, Rewritten):
        value = replace(value, change=_emptied(value.change))
    stream = io.BytesIO()
    _packer(stream, path).dump(value)
    return stream.getvalue()


def _emptied(change: Change) -> Change:
    details: dict[str, Any] = {"units": pack_units(change.units), "blocks": pack_blocks(change.blocks)}
    before = None if change.before is None else _ELSEWHERE
    after = None if change.after is None else _ELSEWHERE
    return replace(change, before=before, after=after, **details)


def unpack(data: bytes, supply: Callable[[str], Any]) -> Any:
    """The value in ``data``; ``supply`` gives what ``path``, ``before`` and ``after`` stand for.

    Whatever is wrong with ``data`` is one UnpicklingError, and so is what ``supply`` raises.
    """
    try:
        value = _Unpacker(io.BytesIO(data), supply(_PATH)).load()
        return _filled(value, supply) if isinstance(value, Rewritten) else value
    except Exception as error:
        raise pickle.UnpicklingError(str(error)) from error


def _filled(outcome: Rewritten, supply: Callable[[str], Any]) -> Rewritten:
    packed: Any = outcome.change
    before = None if packed.before is None else supply(_BEFORE)
    after = None if packed.after is None else supply(_AFTER)
    units: Any = late_units(packed.units)
    blocks: Any = late_blocks(packed.blocks)
    change = Change(packed.path, before, after, units, packed.safety, blocks, packed.encoding)
    return Rewritten(change, outcome.report)


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
