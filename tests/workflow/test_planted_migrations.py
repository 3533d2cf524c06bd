"""Faults planted in migrations, each in a file of its own: one comparison of two revisions finds them all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from planted_faults import FAULTS
from reassert.model.certificate import LOSSES, Label, Verdict
from reassert.workflow.benches import Suite
from reassert.workflow.revisions import prove_between
from reassert.workflow.verifying import Proof
from running import write_tree


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


def commit(root: Path, side: int) -> None:
    for fault in FAULTS:
        sources = {fault.path: (fault.before, fault.after), **fault.helpers}
        write_tree(root, {path: texts[side] for path, texts in sources.items()})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "state")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    root = tmp_path_factory.mktemp("faults")
    git(root, "init", "-q")
    commit(root, 0)
    commit(root, 1)
    return prove_between((root,), ("HEAD~1", "HEAD"), Suite((root,), timeout=120), Proof(), lambda _: None)


def test_the_certificate_is_invalid(certificate):
    assert certificate.verdict is Verdict.INVALID, certificate.reasons


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_found_with_its_label_and_its_test(certificate, fault):
    found = {d.label for d in certificate.differences if d.before == fault.nodeid}
    if fault.label is None:
        assert not found & (LOSSES | {Label.AWAKENED})
    else:
        assert fault.label in found, [d for d in certificate.differences if fault.path in str(d)]


def test_no_other_test_is_accused(certificate):
    planted = {fault.nodeid for fault in FAULTS if fault.label in LOSSES}
    assert {d.before for d in certificate.differences if d.is_loss} == planted


def test_a_lost_test_says_why_it_is_not_collected(certificate):
    details = {d.before: d.detail for d in certificate.differences if d.label is Label.LOST}
    by_name = {fault.name: details.get(fault.nodeid, "") for fault in FAULTS}
    assert by_name["syntax_error"].startswith("cannot be collected: SyntaxError: ")
    assert by_name["syntax_error"].endswith(" (line 2)")
    assert by_name["constructor_added"].startswith("cannot collect test class 'TestA' because")
    assert by_name["same_name_twice"] == "no test of its class ran after"
    assert by_name["method_not_collected"] == "nothing like it ran after"
    assert by_name["class_not_collected"] == "no test of its file ran after"


def test_the_table_is_long_enough():
    assert len([fault for fault in FAULTS if fault.label is not None]) >= 20
