"""Reads source files: PEP 263 encodings, line endings, and every way in which a file can be unreadable."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from pathlib import Path

from reassert.model.outcomes import Failed
from reassert.model.source import SourceFile

MAX_BYTES = 20_000_000

_HEAD = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)?([^\r\n]*)")
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#|$)")
_NOT_BLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_REASONS = {
    errno.ENOENT: "no such file or folder",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "its symbolic links go round in a loop",
    errno.EISDIR: "is a folder, not a file",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "no space is left on the disk",
}


def explain(error: OSError) -> str:
    """The reason in ``error`` in plain words, without the path."""
    known = _REASONS.get(error.errno or 0)
    return known or (error.strerror or str(error)).lower()


def read_source(path: Path, max_bytes: int = MAX_BYTES) -> SourceFile | Failed:
    """Read and decode the file at ``path``, through symbolic links; any trouble is a ``Failed``."""
    data = read_bytes(path, max_bytes)
    return decode(path, data) if isinstance(data, bytes) else data


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes | Failed:
    """The bytes of the file at ``path``, through symbolic links; any trouble is a ``Failed``."""
    try:
        return read_regular(path, max_bytes)
    except OSError as error:
        return Failed(path, explain(error))


def read_regular(path: Path, max_bytes: int) -> bytes | Failed:
    """The bytes of a regular file of at most ``max_bytes``, else ``Failed``; raises OSError."""
    # Opening without blocking: a FIFO named by mistake must not hang the run.
    with open(os.open(path, os.O_RDONLY | _NOT_BLOCKING), "rb") as stream:
        info = os.fstat(stream.fileno())
        if stat.S_ISDIR(info.st_mode):
            return Failed(path, "is a folder, not a file")
        if not stat.S_ISREG(info.st_mode):
            return Failed(path, "is not a regular file")
        if info.st_size > max_bytes:
            return Failed(path, f"larger than {max_bytes / 1e6:g} MB ({info.st_size / 1e6:.1f} MB)")
        return stream.read()


def decode(path: Path, data: bytes) -> SourceFile | Failed:
    """Find the encoding (BOM, PEP 263 cookie, else UTF-8) and line ending of ``data``.

    ``Failed`` unless the text, encoded again, gives exactly the same bytes.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Failed(path, "is UTF-16 or UTF-32, which Python does not read")
    if b"\0" in data:
        return Failed(path, "contains a NUL byte, so it is not Python source", _line_at(data, data.index(0)))
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[3:] if bom else data
    cookie = _find_cookie(body)
    if cookie is None:
        failed = None if body.isascii() else _check_utf8(path, body, "and it has no coding cookie")
        return failed or SourceFile(path, data, "utf-8", _dominant_newline(body))
    return _decode_declared(path, data, body, *cookie)


def _decode_declared(path: Path, data: bytes, body: bytes, name: str, line: int) -> SourceFile | Failed:
    encoding = _codec_name(name)
    if encoding is None:
        return Failed(path, f"unknown encoding {name!r} in its coding cookie", line)
    if encoding != "utf-8" and len(body) != len(data):
        return Failed(path, f"its byte order mark says UTF-8, its coding cookie {name!r}", line)
    if encoding == "utf-8":
        failed = _check_utf8(path, body, "although its coding cookie says so")
    else:
        failed = _check_round_trip(path, body, encoding, line)
    return failed or SourceFile(path, data, encoding, _dominant_newline(body))


def _find_cookie(body: bytes) -> tuple[str, int] | None:
    """The encoding named in one of the first two lines, and the number of that line."""
    head = _HEAD.match(body)
    if head is None or b"coding" not in head[0]:
        return None
    if found := _COOKIE.match(head[1]):
        return found[1].decode("ascii"), 1
    if _BLANK.match(head[1]) and (found := _COOKIE.match(head[2])):
        return found[1].decode("ascii"), 2
    return None


def _codec_name(name: str) -> str | None:
    """The codec's name: ``utf-8`` however it is spelled (``utf8``, ``utf-8-unix``); None if unknown."""
    plain = name.lower().replace("_", "-")
    if plain == "utf-8" or plain.startswith("utf-8-"):
        return "utf-8"
    if plain.startswith(("latin-1-", "iso-8859-1-", "iso-latin-1-")) or plain == "iso-latin-1":
        plain = "latin-1"
    try:
        return codecs.lookup(plain).name
    except (LookupError, ValueError):
        return None


def _check_utf8(path: Path, body: bytes, why: str) -> Failed | None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = body[error.start]
        return Failed(path, f"not UTF-8 (byte 0x{byte:02x}), {why}", _line_at(body, error.start))
    return None


def _check_round_trip(path: Path, body: bytes, encoding: str, line: int) -> Failed | None:
    try:
        text = body.decode(encoding)
        again = text.encode(encoding)
    except UnicodeDecodeError as error:
        return Failed(
            path, f"not {encoding}, although its coding cookie says so", _line_at(body, error.start)
        )
    except (LookupError, ValueError):
        return Failed(path, f"{encoding} is not an encoding for source code", line)
    # A codec in which the cookie itself reads differently (UTF-16, EBCDIC) is not the file's encoding.
    same_cookie = _find_cookie(text.encode("utf-8", "replace")) == _find_cookie(body)
    if again != body or not same_cookie:
        return Failed(path, f"does not survive being decoded from {encoding} and encoded again", line)
    return None


def _dominant_newline(body: bytes) -> str:
    r"""The commonest line ending; ``\n`` if there is none."""
    if b"\r" not in body:
        return "\n"
    both = body.count(b"\r\n")
    counts = {"\n": body.count(b"\n") - both, "\r\n": both, "\r": body.count(b"\r") - both}
    return max(counts, key=lambda ending: counts[ending])


def _line_at(body: bytes, offset: int) -> int:
    before = body[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
