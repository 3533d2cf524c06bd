from pathlib import Path

import pytest

from reassert.model.certificate import Label, MutantCounts
from reassert.model.runs import SuiteRun
from reassert.model.source import SourceFile
from reassert.workflow.certifying.matching import match_by_map
from reassert.workflow.certifying.mutants import (
    Kill,
    covering_tests,
    draw,
    mutant_counts,
    mutant_diff,
    survivors,
)

TEXT = """\
def price(amount, members):
    if amount > 100 and members:
        return amount - 10
    return amount
"""
SOURCES = {
    name: SourceFile(Path(name), text.encode(), "utf-8", "\n")
    for name, text in {
        "src/a.py": TEXT,
        "src/b.py": "def f(x):\n    return x + 1\n",
        "src/c.py": "x = (\n",
    }.items()
}
COVERED = {"src/a.py": {2, 3}, "src/b.py": {2}, "src/c.py": {1}, "src/gone.py": {1}}
MATCHING = match_by_map(["t::old"], ["t::new"], {"t::old": ("t::new",)})


def drawn(number=100, seed=1):
    return draw(SOURCES, COVERED, number, seed)


def named(operator, line):
    (found,) = [m for m in drawn() if (m.mutation.operator, m.mutation.line) == (operator, line)]
    return found


def test_mutants_are_drawn_from_covered_lines_only():
    places = {(mutant.path, mutant.mutation.line) for mutant in drawn()}
    assert places == {("src/a.py", 2), ("src/a.py", 3), ("src/b.py", 2)}


def test_the_seed_decides():
    assert drawn(5, seed=1) == drawn(5, seed=1)
    assert len({tuple(drawn(3, seed=seed)) for seed in range(8)}) > 1


def test_the_files_and_their_lines_take_turns():
    for seed in range(8):
        assert {mutant.path for mutant in drawn(2, seed)} == {"src/a.py", "src/b.py"}
        lines = [m.mutation.line for m in drawn(100, seed) if m.path == "src/a.py"]
        assert set(lines[:2]) == {2, 3}


def test_no_more_are_drawn_than_there_are():
    assert len(drawn(3)) == 3
    assert len(set(drawn())) == len(drawn()) < 100


def test_the_tests_of_a_mutant_are_those_of_its_line():
    run = SuiteRun(covered_by={("src/a.py", 2): frozenset(["t1"]), ("src/a.py", 3): frozenset(["t2"])})
    assert covering_tests(named("comparison", 2), run) == {"t1"}


def test_a_mutant_that_only_the_old_suite_kills_survives():
    mutant = named("comparison", 2)
    (found,) = survivors({mutant: Kill("t::old")}, {mutant: None}, SOURCES, MATCHING)
    assert (found.label, found.before, found.after) == (Label.SURVIVES, "t::old", ("t::new",))
    assert found.is_loss
    assert found.detail == "src/a.py:2: comparison: killed before, survives after"
    assert found.evidence == (
        "--- a/src/a.py",
        "+++ b/src/a.py",
        "@@ -1,3 +1,3 @@",
        " def price(amount, members):",
        "-    if amount > 100 and members:",
        "+    if amount >= 100 and members:",
        "         return amount - 10",
    )


@pytest.mark.parametrize(
    ("before", "after", "flaky"),
    [
        (Kill("t::old"), Kill("t::new", "timeout"), ()),
        (None, None, ()),
        (None, Kill("t::new"), ()),
        (Kill("t::old"), None, ("t::old",)),
    ],
)
def test_other_mutants_are_no_difference(before, after, flaky):
    mutant = named("comparison", 2)
    assert survivors({mutant: before}, {mutant: after}, SOURCES, MATCHING, flaky) == ()


def test_a_mutant_that_the_new_suite_was_not_tried_with_says_nothing():
    mutant, other = named("comparison", 2), named("return", 3)
    before = {mutant: Kill("t::old"), other: Kill("t::old", "timeout")}
    lost = survivors(before, {other: None}, SOURCES, MATCHING)
    assert [d.detail for d in lost] == ["src/a.py:3: return: killed before (timeout), survives after"]
    assert mutant_counts(before, {other: None}, lost, 4) == MutantCounts(
        1, 1, 0, 1, 4, "1 more were tried with one of the suites only"
    )


def test_a_mutant_over_lines_and_at_the_ends_of_a_file_is_shown():
    text = "call(\n    1,\n)"
    file = SourceFile(Path("m.py"), text.encode(), "utf-8", "\n")
    (mutant,) = [m for m in draw({"m.py": file}, {"m.py": {1}}, 9, 1) if m.mutation.operator == "statement"]
    assert list(mutant_diff(mutant, file))[2:] == ["@@ -1,3 +1,1 @@", "-call(", "-    1,", "-)", "+pass"]
