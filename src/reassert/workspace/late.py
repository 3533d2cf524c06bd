"""The details of a change in few bytes: the values are made when somebody reads them, and mostly nobody does.

What is wrong with the bytes shows at once all the same.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar, overload

from reassert.model.edits import Block, Unit

Value = TypeVar("Value")
_BLOCK = struct.Struct("<4I")
_END = "\0"


class Late(Sequence[Value]):
    """A tuple, also to whoever compares it with one; its values come from ``make``, which cannot fail."""

    def __init__(self, make: Callable[[], tuple[Value, ...]]) -> None:
        self._make = make

    @cached_property
    def _values(self) -> tuple[Value, ...]:
        return self._make()

    @overload
    def __getitem__(self, index: int) -> Value: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Value]: ...
    def __getitem__(self, index: int | slice) -> Value | Sequence[Value]:
        return self._values[index]

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Value]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        return self._values == (other._values if isinstance(other, Late) else other)

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        return repr(self._values)

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._values,)


def pack_blocks(blocks: Sequence[Block]) -> bytes:
    """The numbers of all blocks."""
    return b"".join([_BLOCK.pack(*block) for block in blocks])


def late_blocks(data: bytes) -> Late[Block]:
    """What was packed; raises TypeError or struct.error for anything else."""
    rows = _BLOCK.iter_unpack(data)
    return Late(lambda: tuple(map(Block._make, rows)))


def pack_units(units: Sequence[Unit]) -> str:
    """The names of all units; raises PicklingError for one that could not be told from two."""
    text = "".join([f"{unit.rule_id}{_END}{unit.qualname}{_END}" for unit in units])
    if text.count(_END) != 2 * len(units):
        raise pickle.PicklingError("a name that ends in the middle")
    return text


def late_units(text: str) -> Late[Unit]:
    """What was packed; raises ValueError for anything else."""
    if not isinstance(text, str) or text.count(_END) % 2 or text[-1:] not in {"", _END}:
        raise ValueError("half a unit")

    def make() -> tuple[Unit, ...]:
        names = text.split(_END)[:-1]
        return tuple(map(Unit, names[::2], names[1::2]))

    return Late(make)
