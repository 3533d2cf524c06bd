"""Parsed files that wait for what other files say, so that they need not be parsed a second time."""

from __future__ import annotations

from pathlib import Path

from reassert.syntax.module import Module

# A parsed file takes 55 bytes of memory for a byte of source.
_MOST_BYTES = 6_000_000


class Shelf:
    """Modules by path, as many as ``most_bytes`` of source allow; the others are not kept."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._modules: dict[Path, Module] = {}

    def keep(self, module: Module) -> bool:
        """Put a module by, and say whether there was room for it."""
        self.take(module.source.path, b"")
        size = len(module.source.data)
        if self._bytes + size > self._most_bytes:
            return False
        self._bytes += size
        self._modules[module.source.path] = module
        return True

    def take(self, path: Path, data: bytes) -> Module | None:
        """The module of a file with these contents; it is off the shelf then, also one of other contents."""
        module = self._modules.pop(path, None)
        if module is None:
            return None
        self._bytes -= len(module.source.data)
        return module if module.source.data == data else None

    def clear(self) -> None:
        """Let go of everything."""
        self._modules.clear()
        self._bytes = 0
