"""``runTest``: the one test of a class that has no other (unittest.TestLoader.loadTestsFromTestCase)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.patches import is_patched
from reassert.syntax.setup_chain import Problem
from reassert.syntax.testcase_api import RUN_TEST


def run_test_problems(context: Context, info: ClassInfo) -> Iterator[Problem]:
    """Why ``runTest`` of a class cannot get a name that pytest collects."""
    if "runTest" not in info.defines:
        return
    method = info.methods.get("runTest")
    reason = _reason(context, info, method)
    if reason:
        yield Problem(info, "B-INTERNALS", method or info.node, reason)


def _reason(context: Context, info: ClassInfo, method: ast.AST | None) -> str:
    component = context.classes.component(info)
    if method is None or method not in info.direct or "runTest" in info.repeated:
        return "runTest is not a plain method of the class"
    heirs = [c for c in component if info in c.lineage]
    if any(t.name != "runTest" for heir in heirs for c in heir.lineage for t in c.tests):
        return "runTest is not collected beside other tests"
    if any(is_patched(c) for heir in heirs for c in heir.lineage):
        return "the class is patched, which does not reach runTest, and would reach a test"
    if "runTest" in component.called:
        return "runTest is called"
    return f"there is a {RUN_TEST} already" if RUN_TEST in component.attributes else ""
