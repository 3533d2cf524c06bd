import codecs
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reassert.model.outcomes import Failed
from reassert.model.source import SourceFile
from reassert.workspace.reading import decode, read_source

HERE = Path("test_here.py")


def read(data: bytes) -> SourceFile:
    source = decode(HERE, data)
    assert isinstance(source, SourceFile), source
    return source


def failure(data: bytes) -> tuple[str, int | None]:
    failed = decode(HERE, data)
    assert isinstance(failed, Failed), failed
    assert failed.path == HERE
    return failed.error, failed.line


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"", "utf-8", ""),
        (b"x = 1\n", "utf-8", "x = 1\n"),
        ("x = 'é'\n".encode(), "utf-8", "x = 'é'\n"),
        (codecs.BOM_UTF8 + b"x = 1\n", "utf-8", "x = 1\n"),
        (codecs.BOM_UTF8 + b"# coding: UTF8\n", "utf-8", "# coding: UTF8\n"),
        (b"# coding: utf8\n", "utf-8", "# coding: utf8\n"),
        (b"# -*- coding: UTF_8 -*-\n", "utf-8", "# -*- coding: UTF_8 -*-\n"),
        (b"# -*- coding: utf-8-unix -*-\n", "utf-8", "# -*- coding: utf-8-unix -*-\n"),
        (b"# coding: latin-1\nx = '\xe9'\n", "iso8859-1", "# coding: latin-1\nx = 'é'\n"),
        (
            b"#!/usr/bin/python\n# coding=latin1\n'\xe9'\n",
            "iso8859-1",
            "#!/usr/bin/python\n# coding=latin1\n'é'\n",
        ),
        (b"\r\n# vim: set fileencoding=cp1252 :\r\n'\x80'\r\n", "cp1252", None),
        (b"#\r# coding: latin-1-unix\r'\xe9'\r", "iso8859-1", None),
        ("# coding: gbk\n'汉'\n".encode("gbk"), "gbk", "# coding: gbk\n'汉'\n"),
        ("# coding: shift_jis\n'漢'\n".encode("shift_jis"), "shift_jis", "# coding: shift_jis\n'漢'\n"),
        (b"\n\n# coding: latin-1\n", "utf-8", None),
        (b"x = 1\n# coding: latin-1\n", "utf-8", None),
        (b"x = 'coding: latin-1'\n", "utf-8", None),
    ],
)
def test_encoding(data, encoding, text):
    source = read(data)
    assert source.encoding == encoding
    assert source.data == data
    assert source.with_buffer(source.buffer) == data
    if text is not None:
        assert source.text == text


@pytest.mark.parametrize(
    ("data", "newline"),
    [
        (b"", "\n"),
        (b"x = 1", "\n"),
        (b"a\nb\r\nc\n", "\n"),
        (b"a\r\nb\r\nc\n", "\r\n"),
        (b"a\rb\rc\n", "\r"),
        (b"a\r\nb\n", "\n"),
    ],
)
def test_newline(data, newline):
    assert read(data).newline == newline


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"x = 1\ny = '\xe9'\n", "not UTF-8 (byte 0xe9), and it has no coding cookie", 2),
        (b"x = 1\r\n\r\n'\xff'\r\n", "not UTF-8 (byte 0xff), and it has no coding cookie", 3),
        (b"# coding: utf-8\ry = '\xe9'\n", "not UTF-8 (byte 0xe9), although its coding cookie says so", 2),
        (b"\n# coding: klingon\n", "unknown encoding 'klingon' in its coding cookie", 2),
        (b"# coding: hex\n", "hex is not an encoding for source code", 1),
        (b"# coding: undefined\n", "undefined is not an encoding for source code", 1),
        (b"# coding: ascii\n\n'\xe9'\n", "not ascii, although its coding cookie says so", 3),
        (b"# coding: utf-16-le\n", "does not survive being decoded from utf-16-le and encoded again", 1),
        (b"# coding: cp037\n", "does not survive being decoded from cp037 and encoded again", 1),
        (
            b"# coding: unicode_escape\n",
            "does not survive being decoded from unicode-escape and encoded again",
            1,
        ),
        (b"# coding: utf-7\n'+AGE-'\n", "does not survive being decoded from utf-7 and encoded again", 1),
        (
            codecs.BOM_UTF8 + b"# coding: latin-1\n",
            "its byte order mark says UTF-8, its coding cookie 'latin-1'",
            1,
        ),
        ("x = 1\n".encode("utf-16"), "is UTF-16 or UTF-32, which Python does not read", None),
        (b"x = 1\n\0", "contains a NUL byte, so it is not Python source", 2),
    ],
)
def test_what_cannot_be_read(data, message, line):
    assert failure(data) == (message, line)


@given(
    st.text(),
    st.sampled_from(["latin-1", "cp1252", "utf-8", "koi8-r", "gbk", "euc_jp", "utf-7", "iso2022_jp"]),
)
def test_what_is_decoded_encodes_to_the_same_bytes(text, encoding):
    data = f"# coding: {encoding}\n{text}".encode(encoding, "replace")
    source = decode(HERE, data)
    assert isinstance(source, Failed) or source.with_buffer(source.buffer) == data


@given(
    st.binary(), st.sampled_from([b"", codecs.BOM_UTF8, b"# coding: ", b"#\n# coding: ", b"# coding: gbk\n"])
)
def test_any_bytes_are_read_exactly_or_refused(data, start):
    source = decode(HERE, start + data)
    assert isinstance(source, Failed) or source.with_buffer(source.buffer) == start + data


def test_read_source(tmp_path):
    path = tmp_path / "test_x.py"
    path.write_bytes(b"x = 1\r\n")
    assert read_source(path) == SourceFile(path, b"x = 1\r\n", "utf-8", "\r\n")


def test_a_link_is_read_under_its_own_name(tmp_path):
    (tmp_path / "real.py").write_bytes(b"x\n")
    (tmp_path / "link.py").symlink_to("real.py")
    assert read_source(tmp_path / "link.py") == SourceFile(tmp_path / "link.py", b"x\n", "utf-8", "\n")


def test_a_50_mb_file_is_not_read(tmp_path):
    path = tmp_path / "huge.py"
    path.touch()
    os.truncate(path, 50_000_000)
    assert read_source(path) == Failed(path, "larger than 20 MB (50.0 MB)")


def test_the_limit_itself_is_allowed(tmp_path):
    path = tmp_path / "x.py"
    path.write_bytes(b"12345")
    assert isinstance(read_source(path, 5), SourceFile)
    assert isinstance(read_source(path, 4), Failed)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.as_posix, "no such file or folder"),
        (Path.mkdir, "is a folder, not a file"),
        (lambda path: path.symlink_to(path), "its symbolic links go round in a loop"),
        (os.mkfifo, "is not a regular file"),
    ],
    ids=["vanished", "folder", "loop", "fifo"],
)
def test_odd_files(tmp_path, make, reason):
    path = tmp_path / "odd.py"
    make(path)
    assert read_source(path) == Failed(path, reason)


def test_no_permission(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert read_source(tmp_path / "x.py") == Failed(tmp_path / "x.py", "permission denied")
