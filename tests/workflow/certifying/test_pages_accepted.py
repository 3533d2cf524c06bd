"""Every after-form that the codemods' pages show is one that the certificate accepts for its before-form."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pages import read_page
from reassert.model.runs import Executed, TestRun
from reassert.syntax.testcase_api import LEGACY_ASSERTIONS
from reassert.workflow.certifying.assertions import View, compare_assertions

PAGES = sorted((Path(__file__).parents[3] / "src" / "reassert" / "codemods").glob("*.md"))
CASES = [case for page in PAGES for case in read_page(page) if "unsafe" not in case.options.values]
PYTEST = {"raises", "warns", "deprecated_call"}


def executed(files):
    """All assertions of some files, each as if it had been executed once."""
    found = [
        item
        for path, text in files.items()
        for node in ast.walk(ast.parse(text))
        if (item := assertion(node, path, text)) is not None
    ]
    return TestRun("test", "passed", assertions=tuple(found))


def assertion(node, path, text):
    if isinstance(node, ast.Assert):
        return Executed("assert", path, node.lineno, 1, ast.get_source_segment(text, node.test))
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    name = node.func.attr
    if ast.unparse(node.func.value) == "pytest" and name in PYTEST:
        return Executed(f"pytest.{name}", path, node.lineno, 1)
    known = name in LEGACY_ASSERTIONS - {"assertItemsEqual", "assertSameElements"}
    return Executed(name, path, node.lineno, 1) if known else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_nothing_is_missing_in_a_case_of_a_page(case):
    compared = compare_assertions([executed(case.before)], [executed(case.after)], View(ordered=True))
    assert (compared.missing, [str(change) for change in compared.changes]) == (0, [])
