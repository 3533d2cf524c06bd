"""Digests: of contents, of values, of the tool itself, and the marks by which an untouched file is known."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

# Within this time after a write, another one may leave the same time stamp behind (FAT counts in 2 s).
RACY_NS = 2_000_000_000


def content_digest(data: bytes) -> bytes:
    """16 bytes that stand for ``data``."""
    return blake2b(data, digest_size=16).digest()


def value_digest(*values: object) -> bytes:
    """16 bytes that stand for plain values and dataclasses of them, the same in every process."""
    return content_digest("\0".join(_canonical(value) for value in values).encode("utf-8", "surrogatepass"))


_FIELDS: dict[type, tuple[str, ...]] = {}


def _fields(kind: type) -> tuple[str, ...]:
    """The names of the fields of a dataclass; of any other type none."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
    return _FIELDS[kind]


def _canonical(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return repr(value)
    if names := _fields(kind):
        inner = ",".join([_canonical(getattr(value, name)) for name in names])
        return f"{kind.__name__}({inner})"
    if isinstance(value, (tuple, list)):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, (set, frozenset)):
        are_names = all(type(item) is str for item in value)  # by the hundred
        return f"<{sorted(value) if are_names else ','.join(sorted(map(_canonical, value)))!s}>"
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{_canonical(k)}:{_canonical(v)}" for k, v in value.items())) + "}"
    return repr(value)


def stat_mark(info: os.stat_result, now_ns: int) -> str | None:
    """A mark that changes whenever the file does; None if it was written too recently to be sure of that.

    The change time is part of it: unlike the modification time no tool can set it back.
    """
    if not max(info.st_mtime_ns, info.st_ctime_ns) < now_ns - RACY_NS:
        return None
    return f"{info.st_size}:{info.st_mtime_ns}:{info.st_ctime_ns}:{info.st_ino}:{info.st_dev}"


@lru_cache(maxsize=1)
def tool_digest() -> bytes:
    """Stands for this version of reassert and of Python: a cached result of any other is worth nothing."""
    package = Path(__file__).parent.parent
    total = blake2b(f"{sys.version_info} {sys.implementation.name}".encode(), digest_size=16)
    for folder, subfolders, names in os.walk(package):
        subfolders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                total.update(path.removeprefix(str(package)).encode("utf-8", "surrogateescape"))
                with open(path, "rb", buffering=0) as stream:
                    total.update(blake2b(stream.read()).digest())
    return total.digest()
