"""A cache in a folder of its own, for one small project."""

from __future__ import annotations

import time

import pytest

from caching import BEFORE, MINUTE, keep, rewritten
from reassert.workspace.cache import Cache


class Clock:
    """A wall clock that stands a while after all files of the test were written."""

    def __init__(self) -> None:
        self.now = time.time_ns() + MINUTE

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def path(project):
    path = project / "test_it.py"
    path.write_bytes(BEFORE)
    return path


@pytest.fixture
def opened(folder, project, clock):
    def open_cache(root=project):
        return Cache(folder, root, clock)

    return open_cache


@pytest.fixture
def filled(opened, path):
    """The path of the database, with a rewritten file in it."""
    with opened() as cache:
        keep(cache, path, rewritten(path))
    return opened
