"""The three forms of a certificate."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reassert.model.certificate import (
    AssertionCounts,
    Certificate,
    CoverageDelta,
    Difference,
    Excluded,
    Label,
    MutantCounts,
    OrderCheck,
    Verdict,
)
from reassert.report.certificate_json import certificate_json
from reassert.report.certificate_markdown import certificate_markdown
from reassert.report.certificate_terminal import certificate_rows
from schema import violations

PUBLISHED = Path(__file__).parents[2] / "docs" / "certificate.schema.json"
SCHEMA = json.loads(PUBLISHED.read_text(encoding="utf-8"))
RENAMED = [
    Difference(Label.RENAMED, f"a.py::ATests::test_{n}", (f"a.py::TestA::test_{n}",)) for n in range(300)
]
NEW = "pytest did not collect it before; now passed"
VALID = Certificate(
    Verdict.VALID,
    (*RENAMED, Difference(Label.AWAKENED, None, ("a.py::TestB::test",), NEW)),
    {Label.KEPT: 100, Label.RENAMED: 300, Label.AWAKENED: 1},
    400,
    401,
    flaky=("a.py::test_flaky",),
    assertions=AssertionCounts(380, 1234, 1240, 0, traced=True),
    coverage=CoverageDelta(measured=True, lines_before=900, lines_after=899, lost={"src/a.py": (3, 4, 5, 9)}),
    mutants=MutantCounts(50, 40, 41, 0, 7),
    order=OrderCheck(3, (1, 2, 3)),
    python="3.11.7",
    pytest="9.2.0",
    seconds={"before": 1.23456},
    command=("python", "-m", "pytest"),
)
LOST = (Label.LOST, Label.NEWLY_FAILING, Label.SKIP_CHANGED, Label.ASSERTIONS_DIFFER)
LOSSES = tuple(
    Difference(
        label, f"a.py::ATests::test_{label.name}_{n}", (f"a.py::TestA::test_{n}",), "why", tuple("123")
    )
    for label in LOST
    for n in range(30)
)
SURVIVOR = Difference(
    Label.SURVIVES,
    "a.py::test_price",
    (),
    "src/a.py:2: comparison: killed before, survives after",
    ("--- a/src/a.py", "+++ b/src/a.py", "@@ -2,1 +2,1 @@", "-    a > b", "+    a >= b"),
)
INVALID = replace(
    VALID,
    verdict=Verdict.INVALID,
    differences=(*VALID.differences, *LOSSES, SURVIVOR),
    counts={**VALID.counts, Label.LOST: 30},
    excluded=(Excluded("a.py", "TestC", Label.NEWLY_FAILING, "AttributeError: x"),),
    notes=("3 tests were matched by similar names alone",),
)
KILLED = "the suite before did not come to its end: killed"
NOT_RUN = Certificate(Verdict.NOT_RUN, reasons=(KILLED, "and more"))
ALL = pytest.mark.parametrize("document", [VALID, INVALID, NOT_RUN], ids=["valid", "invalid", "not run"])


def shown(document):
    return ["".join(text for text, _ in row) for row in certificate_rows(document)]


@pytest.mark.parametrize(
    ("document", "first"),
    [
        (VALID, "VALID: nothing was lost. 400 tests before, 401 after."),
        (INVALID, "INVALID: 121 unexplained differences. 400 tests before, 401 after."),
        (NOT_RUN, "NOT RUN: nothing is known. the suite before did not come to its end: killed"),
    ],
)
def test_the_verdict_comes_first(document, first):
    assert shown(document)[0] == first
    assert certificate_markdown(document).splitlines()[0].replace("*", "") == first


@ALL
def test_it_fits_a_screen(document):
    rows = shown(document)
    assert len(rows) <= 40
    assert all("\n" not in row for row in rows)
    assert max(map(len, rows)) <= 110


def test_the_numbers_are_told():
    assert shown(VALID)[1:7] == [
        "  tests       100 kept, 300 renamed, 1 awakened",
        "  assertions  1,234 executed before, 1,240 after; none is missing",
        "  coverage    900 lines before, 899 after (4 lost, 0 gained)",
        "  mutants     50 tried (seed 7); 40 killed before, 41 after; 0 escape now",
        "  order       3 random orders; 0 tests depend on it",
        "  with        Python 3.11.7, pytest 9.2.0",
    ]


def test_equal_numbers_of_assertions_are_the_same():
    document = replace(VALID, assertions=AssertionCounts(380, 7, 7, 0, traced=True))
    assert "  assertions  7 executed before, 7 after; the same" in shown(document)


def test_renamed_tests_are_told_by_class():
    assert "  a.py::ATests -> TestA (300 tests)" in shown(VALID)
    assert "- `a.py::ATests -> TestA (300 tests)`" in certificate_markdown(VALID)


def renamed(classes, tests):
    return [
        Difference(Label.RENAMED, f"a.py::A{n}Tests::test_{t}", (f"a.py::TestA{n}::test_{t}",))
        for n in range(classes)
        for t in range(tests)
    ]


def test_of_many_renamed_classes_some_are_told():
    rows = shown(replace(VALID, differences=tuple(renamed(200, 10))))
    first = rows.index("renamed: 2,000 tests with another name")
    assert rows[first + 1] == "  a.py::A0Tests -> TestA0 (10 tests)"
    assert "more tests" in rows[first + 15]
    assert len(rows) <= 40


def test_long_lists_say_what_they_leave_out():
    assert "... and 20 more." in certificate_markdown(
        replace(INVALID, differences=tuple(replace(LOSSES[0], detail=f"why {n}") for n in range(70)))
    )
    assert "... and 1,500 more." in certificate_markdown(replace(VALID, differences=tuple(renamed(200, 10))))


@pytest.mark.parametrize("lines", [1, 40])
def test_a_page_can_be_posted_as_a_description(lines):
    evidence = tuple(f"{n}: " + "long message " * 60 for n in range(lines))
    losses = tuple(
        Difference(label, f"tests/test_a.py::A::test_{n}", detail="d", evidence=evidence)
        for label in (Label.LOST, Label.NEWLY_FAILING, Label.ASSERTIONS_DIFFER)
        for n in range(200)
    )
    page = certificate_markdown(replace(INVALID, differences=losses))
    assert len(page) < 65_536
    assert all(f"{label.value}: 200 tests" in page for label in (Label.LOST, Label.NEWLY_FAILING))
    assert page.count("<details") == page.count("</details>")


def test_losses_come_with_their_evidence_and_before_the_rest():
    rows = shown(replace(INVALID, differences=(*RENAMED, *LOSSES[:30])))
    lost = rows.index("lost: 30 tests not run after")
    assert rows[lost + 1 : lost + 5] == [
        "  a.py::ATests::test_LOST_0 -> TestA::test_0 and 29 more like it",
        "    why",
        "    1",
        "    2",
    ]
    assert lost < rows.index("renamed: 300 tests with another name")


def failing(file, name, error, *report):
    nodeid = f"{file}::ATests::{name}"
    detail = f"passed before, failing after: {error}"
    evidence = ("matched by similar names", nodeid, *report)
    return Difference(Label.NEWLY_FAILING, nodeid, (nodeid,), detail, evidence, certain=False)


def test_losses_are_told_by_their_causes():
    missing = "AttributeError: 'Test{}' object has no attribute 'subTest'"
    report = (
        "  a.py:7: in test_0",
        "  E   Error: 'T'",
        "  a.py:9: AttributeError",
        "  /lib/b.py:1: AttributeError",
    )
    losses = (
        failing("b.py", "test_other", "assert 1 == 2"),
        *(failing(f"a{n % 3}.py", f"test_{n}", missing.format(n), *report) for n in range(40)),
    )
    rows = shown(replace(INVALID, differences=losses, notes=()))
    first = rows.index("newly failing: 41 tests that passed before")
    assert rows[first + 1 : first + 8] == [
        "  a0.py::ATests::test_0 and 39 more like it in 3 files [matched by name]",
        "    AttributeError: 'Test0' object has no attribute 'subTest'",
        "    Error: 'T'",
        "    a.py:9: AttributeError",
        "  b.py::ATests::test_other [matched by name]",
        "    assert 1 == 2",
        "",
    ]


def test_more_causes_than_a_screen_holds_are_counted():
    losses = tuple(failing("a.py", f"test_{n}", "x" * n, "  E   y" * n) for n in range(1, 60))
    rows = shown(replace(INVALID, differences=losses, excluded=()))
    assert len(rows) <= 40
    shown_tests = sum(row.startswith("  a.py::") for row in rows)
    assert f"  ... and {59 - shown_tests} more" in rows
    assert shown_tests > 2


def test_what_was_taken_out_says_why():
    units = tuple(Excluded("a.py", name, Label.LOST, f"lost: a.py::test: {name}") for name in ("A", "*", "C"))
    rows = shown(replace(VALID, excluded=units))
    first = rows.index("3 units taken out again, not to lose anything")
    assert rows[first + 1 : first + 4] == ["  a.py::A", "    lost: a.py::test: A", "  ... and 2 more units"]
    assert "a.py (the whole file)" in "\n".join(shown(replace(VALID, excluded=units[1:2])))


def test_a_mutant_is_shown_with_its_diff():
    rows = shown(replace(INVALID, differences=(SURVIVOR,)))
    assert "mutant survives: 1 mutant killed by the old suite, not by the new one" in rows
    assert "    +    a >= b" in rows
    assert "  ```diff\n  --- a/src/a.py\n" in certificate_markdown(INVALID)


def test_what_is_explained_says_why():
    found = Difference(Label.NEWLY_FAILING, "t", ("t",), "fails", (), "passes alone", certain=False)
    document = replace(VALID, differences=(found,))
    assert "  t [matched by name]" in shown(document)
    assert "    fails [passes alone]" in shown(document)
    assert found.is_loss is False


def test_lines_are_shown_as_ranges():
    assert "lines not executed any more: src/a.py:3-5, 9" in shown(VALID)


def test_what_tests_say_cannot_steer_a_terminal_or_a_page():
    evil = Difference(Label.LOST, "a.py::t[\x1b]\u202e", (), "<b>`x`|\x1b[31m", ("```\x1b",))
    document = replace(INVALID, differences=(evil,))
    assert not any("\x1b" in row or "\u202e" in row for row in shown(document))
    page = certificate_markdown(document)
    assert "\x1b" not in page
    assert "\\<b\\>\\`x\\`\\|" in page
    assert "  ````text\n" in page


@ALL
def test_the_document_matches_the_published_schema(document):
    assert violations(json.loads(certificate_json(document)), SCHEMA) == []


def test_the_document_says_what_is_in_the_certificate():
    document = json.loads(certificate_json(INVALID))
    assert (document["verdict"], document["tests"]) == ("invalid", {"before": 400, "after": 401})
    assert document["differences"][301] == {
        "label": "lost",
        "before": "a.py::ATests::test_LOST_0",
        "after": ["a.py::TestA::test_0"],
        "detail": "why",
        "evidence": ["1", "2", "3"],
        "explained": "",
        "certain": True,
        "loss": True,
    }
    assert document["excluded"][0]["label"] == "newly failing"
    assert document["seconds"] == {"before": 1.235}


def test_the_schema_knows_every_label_and_verdict():
    properties = SCHEMA["properties"]
    labels = properties["differences"]["items"]["properties"]["label"]["enum"]
    assert labels == [label.value for label in Label]
    assert set(properties["counts"]["properties"]) == {label.value for label in Label}
    assert properties["verdict"]["enum"] == [verdict.value for verdict in Verdict]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"verdict": "good"}, "$.verdict"),
        ({"more": 1}, "$"),
        ({"tests": {"before": -1, "after": 1}}, "$.tests.before"),
        ({"flaky": [1]}, "$.flaky[0]"),
        ({"counts": {"fine": 1}}, "$.counts"),
    ],
)
def test_another_document_does_not_match_the_schema(change, where):
    document = {**json.loads(certificate_json(VALID)), **change}
    assert [violation.split(": ")[0] for violation in violations(document, SCHEMA)] == [where]
