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


def executed(files, times=lambda _tree: {}):
    """All assertions of some files, each as if it had been executed once, or ``times`` its test runs."""
    files = {path: text for path, text in files.items() if path.endswith(".py")}
    # What Python 3 has not is no assertion, unless a class of the case defines it.
    gone = {name for name in GONE if not any(f"{name} = " in text for text in files.values())}
    found = [
        item
        for path, text in files.items()
        for tree in [ast.parse(text)]
        for runs in [times(tree)]
        for node in ast.walk(tree)
        if (item := assertion(node, path, text, runs.get(node, 1))) is not None and item.form not in gone
    ]
    return TestRun("test", "passed", assertions=tuple(found))


def merges(case):
    """Whether there are fewer tests afterwards: then one statement does what several did."""
    before, after = ("\n".join(files.values()).count("def test") for files in (case.before, case.after))
    return after < before


def rows(tree):
    """How often a parametrized test runs, for each node in it."""
    found = {}
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        tables = [d.args[1] for d in function.decorator_list if "parametrize" in ast.unparse(d)]
        found.update((node, len(tables[0].elts)) for node in ast.walk(function) if tables)
    return found


def assertion(node, path, text, count=1):
    if isinstance(node, ast.Assert):
        return Executed("assert", path, node.lineno, count, ast.get_source_segment(text, node.test))
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    name = node.func.attr
    if ast.unparse(node.func.value) == "pytest" and name in PYTEST:
        return Executed(f"pytest.{name}", path, node.lineno, count)
    return Executed(name, path, node.lineno, count) if name in LEGACY_ASSERTIONS else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_nothing_is_missing_in_a_case_of_a_page(case):
    times = rows if merges(case) else lambda _tree: {}
    before, after = executed(case.before, times), executed(case.after, times)
    compared = compare_assertions([before], [after], View(ordered=not merges(case)))
    assert (compared.missing, [str(change) for change in compared.changes]) == (0, [])
