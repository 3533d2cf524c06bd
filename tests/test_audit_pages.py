"""Every case of every audit's page is a test: what it finds, and that it finds no more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pages import Case, Expected, read_page
from reassert import catalog
from reassert.batch.executors import SerialExecutor
from reassert.workflow.auditing import audit, inspect
from reassert.workflow.selection import PlanRequest
from running import write_tree

AUDITS = {audit.id: audit for audit in catalog.load_audits()}
CASES = [case for each in AUDITS.values() if each.page_path.exists() for case in read_page(each.page_path)]

each_audit = pytest.mark.parametrize("audit_id", AUDITS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_finds_exactly_what_the_page_says(case: Case, tmp_path: Path) -> None:
    write_tree(tmp_path, case.before)
    request = PlanRequest(paths=(tmp_path,), select=(case.page.stem,), isolated=True)
    audited = audit(request, SerialExecutor(work=inspect))
    assert audited.failures == ()
    found = {
        Expected(f.code, os.path.relpath(f.location.path, tmp_path), f.location.line)
        for f in audited.findings
    }
    assert found == case.expected("finds")


@each_audit
def test_every_audit_has_a_page_with_cases_that_find_something_and_others(audit_id: str) -> None:
    own = [bool(case.expected("finds")) for case in CASES if case.page.stem == audit_id]
    assert set(own) == {True, False}


@each_audit
def test_every_code_has_an_example(audit_id: str) -> None:
    shown = {e.code for case in CASES if case.page.stem == audit_id for e in case.expected("finds")}
    assert shown == set(AUDITS[audit_id].findings)


@each_audit
def test_no_page_changes_anything(audit_id: str) -> None:
    assert [case.id for case in CASES if case.page.stem == audit_id and case.changes] == []
