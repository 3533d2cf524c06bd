"""A source file as it lies on disk, and the one buffer in which all positions are counted."""

from __future__ import annotations

import ast
import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class SourceFile:
    """One Python file.

    ``data`` are the bytes on disk, ``encoding`` the codec that PEP 263 names for them
    (without the byte order mark), ``newline`` the line ending that new lines get.
    Positions everywhere in the project are byte offsets into ``buffer``: the text in UTF-8
    without a byte order mark, with the file's own line endings. That is what ``ast`` counts in.
    """

    path: Path
    data: bytes
    encoding: str
    newline: str

    @cached_property
    def has_bom(self) -> bool:
        """Whether the file begins with a UTF-8 byte order mark."""
        return self.data.startswith(codecs.BOM_UTF8)

    @cached_property
    def text(self) -> str:
        """The decoded text, line endings untouched; raises UnicodeDecodeError."""
        body = self.data[3:] if self.has_bom else self.data
        return body.decode(self.encoding)

    @cached_property
    def buffer(self) -> bytes:
        """The text in UTF-8: the buffer that edits are spans of."""
        if self.encoding == "utf-8":
            return self.data[3:] if self.has_bom else self.data
        return self.text.encode("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; raises SyntaxError, ValueError or RecursionError as ``ast.parse`` does."""
        return ast.parse(self.text, str(self.path))

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of each line's first byte; lines end as Python's tokenizer ends them."""
        if b"\r" in self.buffer:
            return [0, *[m.end() for m in _LINE_END.finditer(self.buffer)]]
        starts = list(accumulate([len(line) + 1 for line in self.buffer.split(b"\n")], initial=0))
        return starts[:-1]

    def offset(self, lineno: int, col: int) -> int:
        """Byte offset of a position as ``ast`` gives it (1-based line, UTF-8 column)."""
        return self.line_starts[lineno - 1] + col

    def line_of(self, offset: int) -> int:
        """1-based number of the line that holds the byte at ``offset``."""
        return bisect_right(self.line_starts, offset)

    def with_buffer(self, buffer: bytes) -> bytes:
        """The bytes on disk for a new buffer; raises UnicodeEncodeError."""
        body = buffer if self.encoding == "utf-8" else buffer.decode("utf-8").encode(self.encoding)
        return codecs.BOM_UTF8 + body if self.has_bom else body
