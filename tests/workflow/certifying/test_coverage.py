from reassert.model.runs import Lines, SuiteRun
from reassert.workflow.certifying.coverage import NOTHING, coverage_delta


def covering(executed, branches=(), **more):
    lines = {file: Lines(frozenset(numbers)) for file, numbers in executed.items()}
    if branches:
        lines["src/a.py"] = Lines(lines["src/a.py"].executed, executed_branches=frozenset(branches))
    return SuiteRun(coverage=lines, **more)


def test_lines_and_branches_that_differ_are_listed_by_file():
    before = covering({"src/a.py": [1, 2, 5], "src/b.py": [1]}, [(2, 5), (2, -1)])
    after = covering({"src/a.py": [1, 2, 3], "src/c.py": [4]}, [(2, 3), (2, -1)])
    delta = coverage_delta(before, after)
    assert delta.measured
    assert (delta.lines_before, delta.lines_after) == (4, 4)
    assert (delta.branches_before, delta.branches_after) == (2, 2)
    assert delta.lost == {"src/a.py": (5,), "src/b.py": (1,)}
    assert delta.gained == {"src/a.py": (3,), "src/c.py": (4,)}
    assert (delta.lost_branches, delta.gained_branches) == ({"src/a.py": ((2, 5),)}, {"src/a.py": ((2, 3),)})


def test_excluded_files_do_not_count():
    before, after = covering({"src/a.py": [1], "tests/t.py": [1, 2]}), covering({"src/a.py": [1]})
    delta = coverage_delta(before, after, exclude=["tests/t.py"])
    assert (delta.lines_before, delta.lost) == (1, {})


def test_a_line_that_the_old_suite_does_not_always_execute_is_not_lost():
    before, after = covering({"src/a.py": [1, 2, 3]}), covering({"src/a.py": [1]})
    again = covering({"src/a.py": [1, 3]})
    assert coverage_delta(before, after, again).lost == {"src/a.py": (3,)}


def test_a_line_that_only_flaky_tests_execute_is_not_lost():
    covered_by = {("src/a.py", 2): frozenset(["t1"]), ("src/a.py", 3): frozenset(["t1", "t2"])}
    before = covering({"src/a.py": [1, 2, 3]}, covered_by=covered_by)
    assert coverage_delta(before, covering({"src/a.py": [1]}), flaky=["t1"]).lost == {"src/a.py": (3,)}


def test_that_no_code_under_test_ran_is_said():
    run = SuiteRun(coverage={"a.py": Lines(missing=frozenset([1]))})
    delta = coverage_delta(run, run)
    assert (delta.measured, delta.note) == (True, NOTHING)
    assert not coverage_delta(covering({"src/a.py": [1]}), run).note


def test_nothing_is_said_without_both_measurements():
    delta = coverage_delta(covering({"src/a.py": [1]}), SuiteRun())
    assert (delta.measured, delta.note) == (False, "not measured")
