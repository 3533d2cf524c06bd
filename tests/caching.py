"""What the tests of the cache keep in it."""

from __future__ import annotations

from reassert.model.edits import Block, Unit
from reassert.model.facts import ScannedClass, ScannedFacts
from reassert.model.outcomes import (
    Change,
    Finding,
    Location,
    Refusal,
    Report,
    Rewritten,
    Safety,
    Tally,
)
from reassert.workspace.cache import Known
from reassert.workspace.fingerprint import content_digest

BEFORE = b"import unittest\n"
AFTER = b"import pytest\n"
PURPOSE = b"some purpose"
FACTS = ScannedFacts(
    (ScannedClass("T", ("unittest.TestCase",), frozenset({"a", "b"})),), frozenset({"x.y"}), {"k": "v"}
)
MINUTE = 60 * 10**9
DAY = 86_400 * 10**9


def report(path):
    unit = Unit("a_rule", "T.test")
    return Report(
        (Refusal("a_rule", "CODE", Location(path, 3, 4), unit, "because"),),
        (Finding("a_rule", "CODE", Location(path, 3), "look"),),
        Tally(1, 1, 2, 3, 3),
        {"T::test": ("TestT::test",)},
    )


def rewritten(path, before=BEFORE, after=AFTER):
    units = (Unit("a_rule", "T"),)
    change = Change(path, before, after, units, Safety.UNSAFE, (Block(0, 1, 0, 1),), "latin-1")
    return Rewritten(change, report(path))


def find(cache, path, purpose=PURPOSE):
    return cache.find(path, path.stat(), purpose)


def keep(cache, path, outcome, facts=FACTS, purpose=PURPOSE):
    assert find(cache, path, purpose) is None
    cache.keep(path, purpose, content_digest(path.read_bytes()), Known(outcome, facts))
