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
GONE = ("assertItemsEqual", "assertSameElements")
PYTEST = {"raises", "warns", "deprecated_call"}


def executed(files):
    """All assertions of some files, each as if it had been executed once."""
    files = {path: text for path, text in files.items() if path.endswith(".py")}
    # What Python 3 has not is no assertion, unless a class of the case defines it.
    gone = {name for name in GONE if not any(f"{name} = " in text for text in files.values())}
    found = [
        item
        for path, text in files.items()
        for node in ast.walk(ast.parse(text))
        if (item := assertion(node, path, text)) is not None and item.form not in gone
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
    return Executed(name, path, node.lineno, 1) if name in LEGACY_ASSERTIONS else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_nothing_is_missing_in_a_case_of_a_page(case):
    compared = compare_assertions([executed(case.before)], [executed(case.after)], View(ordered=True))
    assert (compared.missing, [str(change) for change in compared.changes]) == (0, [])
