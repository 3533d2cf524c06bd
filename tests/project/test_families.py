"""Which files are converted together."""

from pathlib import Path

import pytest

from reassert import project
from reassert.model.facts import ScannedFacts
from reassert.model.source import SourceFile
from reassert.project import families
from reassert.project.scanning import scan_module
from reassert.syntax.grouping import connected
from reassert.syntax.module import Module

BASE = """
import unittest

class Base(unittest.TestCase):
    pass
"""
HEIR = """
from base import Base

class HeirTest(Base):
    pass
"""
STAYING = BASE.replace("pass", "def run(self, result=None): pass")


def scanned(text: str) -> ScannedFacts:
    return scan_module(Module(SourceFile(Path("x.py"), text.encode(), "utf-8", "\n")))


@pytest.fixture
def tree():
    return {
        Path("base.py"): scanned(BASE),
        Path("test_a.py"): scanned(HEIR),
        Path("test_b.py"): scanned("x = 1"),
    }


def family(facts, name):
    found = facts.get(Path(name))
    return found.family if found else ()


def test_files_that_share_a_base_are_a_family(tree):
    facts = project.link(tree)
    assert family(facts, "base.py") == family(facts, "test_a.py") == ("base.py", "test_a.py")
    assert family(facts, "test_b.py") == ()


def test_a_family_that_is_too_large_stays_apart(tree):
    facts = project.link(tree, None, {Path("base.py"): families.LARGEST, Path("test_a.py"): 1})
    assert family(facts, "base.py") == family(facts, "test_a.py") == ()
    assert facts[Path("base.py")].used_by == {"Base": "test_a.py"}


def test_a_family_as_large_as_allowed_stays_together(tree):
    facts = project.link(tree, None, {Path("base.py"): families.LARGEST - 1, Path("test_a.py"): 1})
    assert family(facts, "test_a.py") == ("base.py", "test_a.py")


def test_a_large_family_falls_apart_where_what_connects_it_stays_anyway(tree):
    more = {
        Path("base.py"): scanned(STAYING),
        Path("root.py"): scanned(BASE.replace("Base", "Root")),
        Path("test_c.py"): scanned("import base\n" + HEIR.replace("base", "root").replace("Base", "Root")),
    }
    sizes = dict.fromkeys([*tree, *more], families.LARGEST // 3)
    facts = project.link({**tree, **more}, None, sizes)
    assert family(facts, "test_c.py") == ("root.py", "test_c.py")


def test_connected_joins_what_shares_a_member():
    groups = connected([("a", "b"), ("c", "d"), ("b", "e")])
    assert groups["a"] == groups["e"] == {"a", "b", "e"}
    assert groups["c"] == {"c", "d"}
