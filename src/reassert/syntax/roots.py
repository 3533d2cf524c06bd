"""The classes that no file of the project defines, and what a class is that inherits from them."""

from __future__ import annotations

from collections.abc import Mapping

from reassert.model.facts import BaseKind
from reassert.syntax.frameworks import framework_of

# A class is the most restrictive of what its bases are.
RANK: tuple[BaseKind, ...] = ("plain", "testcase", "async", "framework", "unknown")

ROOTS: Mapping[str, BaseKind] = {
    "object": "plain",
    "abc.ABC": "plain",
    "typing.Generic": "plain",
    "typing.Protocol": "plain",
    "unittest.TestCase": "testcase",
    "unittest.IsolatedAsyncioTestCase": "async",
    "unittest.FunctionTestCase": "unknown",
    "unittest.SkipTest": "plain",
}
# What a class of tests inherits from in the end, each with what stands behind it.
TESTCASES: Mapping[str, tuple[str, ...]] = {
    "unittest.TestCase": ("unittest.TestCase",),
    "unittest.IsolatedAsyncioTestCase": ("unittest.IsolatedAsyncioTestCase", "unittest.TestCase"),
}


def known_kind(dotted: str) -> BaseKind:
    """What a class is that no file of the project defines."""
    if dotted in ROOTS:
        return ROOTS[dotted]
    if dotted.startswith("builtins."):
        return "plain"
    framework = framework_of(dotted)
    return "framework" if framework and framework.asserts else "unknown"
