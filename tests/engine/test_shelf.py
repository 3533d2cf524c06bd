"""What waits for the second pass, and how much of it."""

from __future__ import annotations

from pathlib import Path

from reassert.engine import Shelf
from reassert.model.source import SourceFile
from reassert.syntax.module import Module


def module(name, data=b"x = 1\n"):
    return Module(SourceFile(Path(name), data, "utf-8", "\n"))


def test_a_module_is_found_once_by_its_path_and_contents():
    shelf = Shelf()
    kept = module("a.py")
    assert shelf.keep(kept)
    assert shelf.take(Path("b.py"), b"x = 1\n") is None
    assert shelf.take(Path("a.py"), b"x = 1\n") is kept
    assert shelf.take(Path("a.py"), b"x = 1\n") is None


def test_a_file_that_has_changed_since_is_not_found():
    shelf = Shelf()
    shelf.keep(module("a.py"))
    assert shelf.take(Path("a.py"), b"x = 2\n") is None


def test_there_is_room_for_so_many_bytes():
    shelf = Shelf(most_bytes=12)
    assert [shelf.keep(module(name)) for name in ("a.py", "b.py", "c.py")] == [True, True, False]
    shelf.take(Path("a.py"), b"x = 1\n")
    assert shelf.keep(module("c.py"))


def test_a_file_that_is_put_by_again_takes_no_more_room():
    shelf = Shelf(most_bytes=12)
    assert all(shelf.keep(module("a.py", data)) for data in (b"x = 1\n", b"y = 1\n", b"z = 1\n"))


def test_nothing_is_left_of_a_shelf_that_is_cleared():
    shelf = Shelf(most_bytes=6)
    shelf.keep(module("a.py"))
    shelf.clear()
    assert shelf.take(Path("a.py"), b"x = 1\n") is None
    assert shelf.keep(module("b.py"))
