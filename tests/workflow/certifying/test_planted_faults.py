"""Faults planted into a migration that is right otherwise: each gets its label, and names the right test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reassert.model.certificate import Label, Verdict
from reassert.model.runs import SuiteRun, TestRun
from reassert.workflow.certifying.certificate import certificate
from reassert.workflow.certifying.comparing import Runs, compare, disturbed, newly_failing
from reassert.workflow.certifying.matching import match_by_map
from suite_runs import NEW, OLD, ran, suite, with_tests, without

HELPER = "tests/helpers.py"
BEFORE = suite(
    ran(f"{OLD}::test_plain", "passed", "assertEqual:10", "assertTrue:11", "assertIn:12"),
    ran(f"{OLD}::test_loop", "passed", "assertEqual:20*5", "assertIsNone:22"),
    ran(f"{OLD}::test_raises", "passed", "assertRaises:30", "assertEqual:32"),
    ran(f"{OLD}::test_typed", "passed", "assertListEqual:40", "assertCountEqual:41", "assertAlmostEqual:42"),
    ran(f"{OLD}::test_helper", "passed", f"assertEqual:7*2@{HELPER}", "assertRegex:50"),
    ran(f"{OLD}::test_skipped", "skipped", message="not here"),
    ran(f"{OLD}::test_expected", "xfailed"),
    ran(f"{OLD}::test_broken", "failed", message="AssertionError: 1 != 2"),
    ran(f"{OLD}::test_async", "passed", never_ran="coroutine"),
    ran(f"{OLD}::test_subtests", "passed", "assertLess:60*3", subtests=(3, 0, 1)),
    ran(f"{OLD}::test_split", "passed", "assertEqual:70*3"),
    ran(f"{OLD}::test_one", "passed", "assertEqual:80"),
    ran(f"{OLD}::test_two", "passed", "assertEqual:83"),
    ran("tests/test_b.py::test_function", "passed", "assert f() == 1:3", "pytest.raises:4"),
    ran("tests/test_b.py::test_cases[a-1]", "passed", "assert x:9"),
    ran("tests/test_b.py::test_cases[b-2]", "passed", "assert x:9"),
)
AFTER = suite(
    ran(f"{NEW}::test_plain", "passed", "assert a == 1:9", "assert b:10", "assert c in d:11"),
    ran(f"{NEW}::test_loop", "passed", "assert a == b:19*5", "assert a is None:21"),
    ran(f"{NEW}::test_raises", "passed", "pytest.raises:29", "assert str(excinfo.value) == 'x':31"),
    ran(
        f"{NEW}::test_typed",
        "passed",
        "assert isinstance(actual := f(), list):38",
        "assert actual == [1]:39",
        "assertCountEqual:40",
        "assert a == pytest.approx(1.0, abs=5e-8):41",
    ),
    ran(f"{NEW}::test_helper", "passed", f"assert a == b:7*2@{HELPER}", "assert re.search(p, s):49"),
    ran(f"{NEW}::test_skipped", "skipped", message="not here"),
    ran(f"{NEW}::test_expected", "xfailed"),
    ran(f"{NEW}::test_broken", "failed", message="assert 1 == 2"),
    ran(f"{NEW}::test_async", "passed", never_ran="coroutine"),
    ran(f"{NEW}::test_subtests", "passed", "assert a < b:59*3", subtests=(3, 0, 1)),
    ran(f"{NEW}::test_split[1]", "passed", "assert a == b:69"),
    ran(f"{NEW}::test_split[2]", "passed", "assert a == b:69"),
    ran(f"{NEW}::test_split[3]", "passed", "assert a == b:69"),
    ran(f"{NEW}::test_all[test_one]", "passed", "assert a == b:80"),
    ran(f"{NEW}::test_all[test_two]", "passed", "assert a == b:80"),
    ran("tests/test_b.py::test_function", "passed", "assert f() == 1:3", "pytest.raises:4"),
    ran("tests/test_b.py::test_cases[a-1]", "passed", "assert x:9"),
    ran("tests/test_b.py::test_cases[b-2]", "passed", "assert x:9"),
)
MAP = {test.replace(NEW, OLD): (test,) for test in AFTER.tests if test.startswith(NEW)} | {
    f"{OLD}::test_split": (f"{NEW}::test_split",),
    f"{OLD}::test_one": (f"{NEW}::test_all[test_one]",),
    f"{OLD}::test_two": (f"{NEW}::test_all[test_two]",),
}


def certified(after, before=BEFORE, again=None, test_map=None, **more):
    runs = Runs(before, after, again or before, **more)
    matching = match_by_map(before.tests, after.tests, MAP if test_map is None else test_map)
    return certificate(runs, compare(runs, matching))


def losses(document):
    return [(d.label, d.before) for d in document.differences if d.is_loss]


def test_the_right_migration_is_valid():
    document = certified(AFTER)
    assert (document.verdict, losses(document)) == (Verdict.VALID, [])
    assert document.counts == {Label.KEPT: 3, Label.RENAMED: 10, Label.SPLIT: 1, Label.MERGED: 2}
    assert sum(document.counts.values()) == len(BEFORE.tests)
    assert document.assertions.tests == 12
    assert document.assertions.differing == 0


def asserting(name, *assertions, **more):
    """A fault that replaces what one test of the new suite asserts."""
    nodeid = name if "::" in name else f"{NEW}::{name}"
    return lambda run: with_tests(run, ran(nodeid, "passed", *assertions, **more))


def ending(name, outcome, message="boom"):
    """A fault that gives one test another outcome, and the same assertions."""
    nodeid = name if "::" in name else f"{NEW}::{name}"
    return lambda run: with_tests(run, replace(run.tests[nodeid], outcome=outcome, message=message))


def lacking(*names):
    return lambda run: without(run, *(name if "::" in name else f"{NEW}::{name}" for name in names))


def uncollected(run):
    file = "tests/test_b.py"
    left = without(run, *(n for n in run.tests if n.startswith(file)))
    return replace(left, errors={file: "SyntaxError: invalid syntax"})


PLAIN = ("assert a == 1:9", "assert b:10", "assert c in d:11")
TYPED = ("assert actual == [1]:39", "assertCountEqual:40", "assert a == pytest.approx(1.0, abs=5e-8):41")
LOST, FAILS, SKIP, DIFFER = Label.LOST, Label.NEWLY_FAILING, Label.SKIP_CHANGED, Label.ASSERTIONS_DIFFER
CLASS = [f"{OLD}::{name}" for name in ("test_plain", "test_loop")]
FAULTS = {
    "a test is not collected": (lacking("test_plain"), LOST, "test_plain"),
    "a class is not collected": (lacking("test_plain", "test_loop"), LOST, CLASS),
    "a merged case is lost": (lacking("test_all[test_two]"), LOST, "test_two"),
    "a split case is lost": (
        lacking("test_split[1]", "test_split[2]", "test_split[3]"),
        LOST,
        "test_split",
    ),
    "a parametrised case is lost": (
        lacking("tests/test_b.py::test_cases[b-2]"),
        LOST,
        "tests/test_b.py::test_cases[b-2]",
    ),
    "a failing test is lost": (lacking("test_broken"), LOST, "test_broken"),
    "a skipped test is lost": (lacking("test_skipped"), LOST, "test_skipped"),
    "a file cannot be collected": (uncollected, LOST, [n for n in BEFORE.tests if "test_b.py" in n]),
    "a body no longer runs": (asserting("test_plain", never_ran="coroutine"), LOST, "test_plain"),
    "a fixture does not run": (ending("test_plain", "failed", "AttributeError: 'a'"), FAILS, "test_plain"),
    "a fixture fails": (ending("test_loop", "error", "fixture 'x' not found"), FAILS, "test_loop"),
    "one case of a split fails": (ending("test_split[2]", "failed"), FAILS, "test_split"),
    "a subtest fails": (
        asserting("test_subtests", "assert a < b:59*3", subtests=(2, 1, 1)),
        FAILS,
        "test_subtests",
    ),
    "an expected failure fails": (ending("test_expected", "failed"), FAILS, "test_expected"),
    "a pass is now an expected failure": (ending("test_plain", "xfailed"), FAILS, "test_plain"),
    "a skip that became a run": (ending("test_skipped", "passed", ""), SKIP, "test_skipped"),
    "a run that became a skip": (ending("test_helper", "skipped"), SKIP, "test_helper"),
    "one case of a split is skipped": (ending("test_split[3]", "skipped"), SKIP, "test_split"),
    "an expected failure no longer fails": (ending("test_expected", "passed", ""), SKIP, "test_expected"),
    "a failing test is skipped": (ending("test_broken", "skipped"), SKIP, "test_broken"),
    "a pass that would no longer have to": (ending("test_plain", "xpassed"), SKIP, "test_plain"),
    "a skipped subtest runs": (
        asserting("test_subtests", "assert a < b:59*4", subtests=(4, 0, 0)),
        SKIP,
        "test_subtests",
    ),
    "a dropped assertion": (asserting("test_plain", *PLAIN[:2]), DIFFER, "test_plain"),
    "all assertions dropped": (asserting("test_plain"), DIFFER, "test_plain"),
    "an equality weakened to truth": (
        asserting("test_plain", "assert a:9", *PLAIN[1:]),
        DIFFER,
        "test_plain",
    ),
    "two changes that make up for each other": (
        asserting("test_plain", "assert a:9", "assert b == 1:10", PLAIN[2]),
        DIFFER,
        "test_plain",
    ),
    "an assertion that is always true": (
        asserting("test_plain", PLAIN[0], "assert (b, 'message'):10", PLAIN[2]),
        DIFFER,
        "test_plain",
    ),
    "membership weakened to truth": (
        asserting("test_plain", *PLAIN[:2], "assert d:11"),
        DIFFER,
        "test_plain",
    ),
    "identity weakened to falsehood": (
        asserting("test_loop", "assert a == b:19*5", "assert not a:21"),
        DIFFER,
        "test_loop",
    ),
    "a loop that runs less": (
        asserting("test_loop", "assert a == b:19*4", "assert a is None:21"),
        DIFFER,
        "test_loop",
    ),
    "an assertion out of its loop": (
        asserting("test_loop", "assert a == b:19", "assert a is None:21"),
        DIFFER,
        "test_loop",
    ),
    "raises that is gone": (
        asserting("test_raises", "assert str(excinfo.value) == 'x':31"),
        DIFFER,
        "test_raises",
    ),
    "raises around too much": (asserting("test_raises", "pytest.raises:29"), DIFFER, "test_raises"),
    "raises that became a comparison": (
        asserting("test_raises", "assert f() == 1:29", "assert str(error) == 'x':31"),
        DIFFER,
        "test_raises",
    ),
    "elements compared as sets": (
        asserting("test_typed", TYPED[0], "assert set(a) == set(b):40", TYPED[2]),
        DIFFER,
        "test_typed",
    ),
    "elements compared by their number": (
        asserting("test_typed", TYPED[0], "assert len(a) == len(b):40", TYPED[2]),
        DIFFER,
        "test_typed",
    ),
    "a guard in the place of the comparison": (
        asserting("test_typed", "assert isinstance(actual := f(), list):38", *TYPED[1:]),
        DIFFER,
        "test_typed",
    ),
    "a helper's assertion no longer runs": (
        asserting("test_helper", "assert re.search(p, s):49"),
        DIFFER,
        "test_helper",
    ),
    "a helper called once less": (
        asserting("test_helper", f"assert a == b:7@{HELPER}", "assert re.search(p, s):49"),
        DIFFER,
        "test_helper",
    ),
    "a pattern that is not searched": (
        asserting("test_helper", f"assert a == b:7*2@{HELPER}", "assert s:49"),
        DIFFER,
        "test_helper",
    ),
    "a subtest that does not run": (
        asserting("test_subtests", "assert a < b:59*2", subtests=(2, 0, 1)),
        DIFFER,
        "test_subtests",
    ),
    "a split case that asserts nothing": (asserting("test_split[2]"), DIFFER, "test_split"),
    "a merged case that asserts nothing": (asserting("test_all[test_one]"), DIFFER, "test_one"),
    "a plain assertion that asks less": (
        asserting("tests/test_b.py::test_function", "assert f():3", "pytest.raises:4"),
        DIFFER,
        "tests/test_b.py::test_function",
    ),
    "a plain comparison that became nearly": (
        asserting("tests/test_b.py::test_function", "assert f() == pytest.approx(1):3", "pytest.raises:4"),
        DIFFER,
        "tests/test_b.py::test_function",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    plant, label, names = FAULTS[fault]
    document = certified(plant(AFTER))
    expected = names if isinstance(names, list) else [names]
    assert losses(document) == [(label, name if "::" in name else f"{OLD}::{name}") for name in expected]
    assert document.verdict is Verdict.INVALID
    assert all(d.detail for d in document.differences if d.is_loss)


def only(document, label):
    (found,) = [d for d in document.differences if d.label is label]
    return found


def test_a_weakened_assertion_is_shown_on_both_sides():
    plant, *_ = FAULTS["an equality weakened to truth"]
    found = only(certified(plant(AFTER)), DIFFER)
    assert found.evidence == ("weaker: assertEqual (tests/test_a.py:10) -> assert a (tests/test_a.py:9)",)
    assert found.detail == f"1 of 3 executed assertions: {found.evidence[0]}"


def test_a_dropped_assertion_is_shown_where_it_was():
    plant, *_ = FAULTS["a dropped assertion"]
    found = only(certified(plant(AFTER)), DIFFER)
    assert found.evidence == ("missing: assertIn (tests/test_a.py:12)",)


def test_a_loop_says_how_often():
    plant, *_ = FAULTS["a loop that runs less"]
    assert only(certified(plant(AFTER)), DIFFER).evidence == (
        "fewer: assertEqual (tests/test_a.py:20, 5 times) -> assert a == b (tests/test_a.py:19, 4 times)",
    )


def test_all_tests_of_a_file_have_the_same_error_as_evidence():
    document = certified(uncollected(AFTER))
    assert {d.evidence for d in document.differences if d.is_loss} == {
        ("tests/test_b.py: SyntaxError: invalid syntax",)
    }


def test_an_error_of_a_file_that_had_no_tests_is_a_loss():
    document = certified(replace(AFTER, errors={"tests/test_c.py": "ImportError: x"}))
    assert losses(document) == [(LOST, "tests/test_c.py")]


def test_an_error_that_was_there_before_is_a_note():
    errors = {"tests/test_c.py": "ImportError: x"}
    document = certified(replace(AFTER, errors=errors), replace(BEFORE, errors=errors))
    assert document.verdict is Verdict.VALID
    assert "tests/test_c.py could be collected neither before nor after: ImportError: x" in document.notes


@pytest.mark.parametrize(("outcome", "explained"), [("passed", ""), ("failed", "never ran before")])
def test_an_awakened_coroutine_is_listed_and_no_loss(outcome, explained):
    document = certified(with_tests(AFTER, ran(f"{NEW}::test_async", outcome, message="boom")))
    found = only(document, Label.AWAKENED)
    assert (found.before, found.explained) == (f"{OLD}::test_async", explained)
    assert document.verdict is Verdict.VALID


@pytest.mark.parametrize(("outcome", "explained"), [("passed", ""), ("error", "never ran before")])
def test_a_class_that_was_not_collected_before_is_awakened(outcome, explained):
    new = ran("tests/test_a.py::TestMore::test_it", outcome)
    document = certified(with_tests(AFTER, new), by_unittest=SuiteRun({new.nodeid: new}))
    found = only(document, Label.AWAKENED)
    assert (found.before, found.after, found.explained) == (None, (new.nodeid,), explained)
    assert found.detail.startswith("unittest ran it before, pytest did not collect it")
    assert document.verdict is Verdict.VALID


def test_what_only_unittest_runs_is_named():
    ids = frozenset([*BEFORE.tests, "tests/check_a.py::A::test_it"])
    told = "unittest runs 1 test that pytest does not collect before: tests/check_a.py::A::test_it"
    by_unittest = SuiteRun(dict.fromkeys(ids, next(iter(AFTER.tests.values()))))
    assert told in certified(AFTER, by_unittest=by_unittest).notes


def test_a_run_with_unittest_that_fails_is_told():
    notes = certified(AFTER, by_unittest=SuiteRun(trouble="the run was ended by SIGKILL")).notes
    assert "what only unittest runs is not known: the run was ended by SIGKILL" in notes
    assert not any("unittest" in note for note in certified(AFTER).notes)


def test_more_assertions_are_listed_and_no_loss():
    document = certified(asserting("test_plain", *PLAIN, "assert e == 2:12")(AFTER))
    found = only(document, DIFFER)
    assert found.evidence == ("extra: assert e == 2 (tests/test_a.py:12)",)
    assert document.verdict is Verdict.VALID


def test_a_test_that_passes_now_is_listed_and_no_loss():
    document = certified(ending("test_broken", "passed", "")(AFTER))
    assert only(document, Label.NEWLY_PASSING).before == f"{OLD}::test_broken"
    assert document.verdict is Verdict.VALID


def test_a_flaky_test_is_set_aside_by_name():
    again = with_tests(BEFORE, ran(f"{OLD}::test_plain", "failed"))
    document = certified(ending("test_plain", "failed")(AFTER), again=again)
    assert (document.verdict, document.flaky) == (Verdict.VALID, (f"{OLD}::test_plain",))
    assert sum(document.counts.values()) == len(BEFORE.tests) - 1


def test_a_flaky_test_that_is_gone_is_lost():
    again = with_tests(BEFORE, ran(f"{OLD}::test_plain", "failed"))
    assert losses(certified(lacking("test_plain")(AFTER), again=again)) == [(LOST, f"{OLD}::test_plain")]


def test_ids_that_differ_from_run_to_run_are_neither_lost_nor_new():
    def drawn(run, address):
        return with_tests(run, ran(f"tests/test_b.py::test_drawn[{address}]", "passed"))

    document = certified(drawn(AFTER, "0x3"), drawn(BEFORE, "0x1"), drawn(BEFORE, "0x2"))
    assert (document.verdict, len(document.flaky)) == (Verdict.VALID, 2)
    assert Label.AWAKENED not in document.counts


def test_numbers_that_vary_before_are_asked_for_their_kinds_only():
    again = with_tests(BEFORE, ran(f"{OLD}::test_loop", "passed", "assertEqual:20*3", "assertIsNone:22"))
    fewer = asserting("test_loop", "assert a == b:19*2", "assert a is None:21")(AFTER)
    gone = asserting("test_loop", "assert a is None:21")(AFTER)
    more = asserting("test_loop", "assert a == b:19*2", "assert a is None:21", "assert a in b:22")(AFTER)
    assert losses(certified(fewer, again=again)) == []
    assert losses(certified(gone, again=again)) == [(DIFFER, f"{OLD}::test_loop")]
    assert Label.ASSERTIONS_DIFFER not in certified(more, again=again).counts


GARBAGE = "pytest.PytestUnraisableExceptionWarning: Exception ignored in: <file>"


def test_a_test_that_is_blamed_for_garbage_is_explained_if_it_passes_alone():
    after = ending("test_plain", "failed", GARBAGE)(AFTER)
    alone = {"apart_before": BEFORE, "apart_after": AFTER}
    assert losses(certified(after)) == [(FAILS, f"{OLD}::test_plain")]
    found = only(certified(after, **alone), FAILS)
    assert found.explained == "disturbed by another test's garbage; passes without it"
    assert losses(certified(after, apart_before=BEFORE, apart_after=after)) == [(FAILS, f"{OLD}::test_plain")]


@pytest.mark.parametrize("message", [GARBAGE, "ExceptionGroup: multiple unraisable exception warnings (2)"])
def test_a_skipped_test_that_is_blamed_for_garbage_is_explained_if_it_is_skipped_alone(message):
    after = ending("test_skipped", "failed", message)(AFTER)
    found = only(certified(after, apart_before=BEFORE, apart_after=AFTER), FAILS)
    assert found.explained == "disturbed by another test's garbage; is skipped without it"


def disturbing(run, name="test_plain"):
    test = run.tests[f"{OLD}::{name}"]
    return with_tests(run, replace(test, outcome="failed", message=GARBAGE))


def test_an_old_test_is_what_it_is_without_the_garbage_of_others():
    before, failing = disturbing(BEFORE), ending("test_plain", "failed", "AttributeError: x")(AFTER)
    lost = [(FAILS, f"{OLD}::test_plain")]
    assert losses(certified(failing, before, again=BEFORE)) == lost
    assert losses(certified(failing, BEFORE, again=before)) == lost
    assert losses(certified(failing, before, again=before)) == []  # nobody knows better
    assert losses(certified(failing, before, again=before, apart_before=BEFORE)) == lost
    assert losses(certified(AFTER, before, again=BEFORE)) == []
    assert certified(AFTER, before, again=BEFORE).flaky == ()
    weaker = asserting("test_plain", *PLAIN[:2])(AFTER)
    assert losses(certified(weaker, before, again=BEFORE)) == [(DIFFER, f"{OLD}::test_plain")]


def test_an_old_test_that_garbage_disturbs_twice_is_run_alone_if_the_new_one_fails():
    before, failing = disturbing(BEFORE), ending("test_plain", "failed", "AttributeError: x")(AFTER)
    matching = match_by_map(BEFORE.tests, AFTER.tests, MAP)
    wanted = ((f"{OLD}::test_plain", (f"{NEW}::test_plain",)),)
    assert disturbed(Runs(before, failing, before), matching) == wanted
    assert disturbed(Runs(before, failing, BEFORE), matching) == ()
    assert disturbed(Runs(before, AFTER, before), matching) == ()


def test_another_failure_is_not_explained_by_passing_alone():
    after = ending("test_plain", "failed", "AssertionError: 1")(AFTER)
    document = certified(after, apart_before=BEFORE, apart_after=AFTER)
    assert losses(document) == [(FAILS, f"{OLD}::test_plain")]


def test_a_test_that_only_the_counting_disturbs_is_explained():
    after = ending("test_plain", "failed", "assert 2 == 1")(AFTER)
    runs = Runs(BEFORE, after, BEFORE)
    assert newly_failing(runs, match_by_map(BEFORE.tests, after.tests, MAP)) == (f"{NEW}::test_plain",)
    found = only(certified(after, uncounted_after=AFTER), FAILS)
    assert found.explained == "passes in another run, in which assertions are not counted"
    assert losses(certified(after, uncounted_after=after)) == [(FAILS, f"{OLD}::test_plain")]


def test_the_tests_to_run_alone_are_those_blamed_for_garbage():
    after = ending("test_loop", "failed", "boom")(ending("test_plain", "failed", GARBAGE)(AFTER))
    matching = match_by_map(BEFORE.tests, after.tests, MAP)
    assert disturbed(Runs(BEFORE, after), matching) == ((f"{OLD}::test_plain", (f"{NEW}::test_plain",)),)


def test_a_helper_that_pytest_does_not_rewrite_is_a_note():
    unseen = asserting("test_helper", "assert re.search(p, s):49")(AFTER)
    files = frozenset(["tests/test_a.py", "tests/test_b.py"])
    document = certified(replace(unseen, rewritten=files))
    assert document.verdict is Verdict.VALID
    (note,) = [note for note in document.notes if HELPER in note]
    assert note.startswith(f"2 executed assertions in {HELPER} cannot be compared: pytest does not rewrite")
    assert losses(certified(replace(unseen, rewritten=files | {HELPER}))) == [(DIFFER, f"{OLD}::test_helper")]


def test_asserts_that_only_the_new_run_sees_make_up_for_nothing():
    before = replace(BEFORE, rewritten=frozenset(["tests/test_a.py", "tests/test_b.py"]))
    seen = ("assert x == y:90@tests/plain.py", *PLAIN)
    more, less = asserting("test_plain", *seen)(AFTER), asserting("test_plain", seen[0], *seen[2:])(AFTER)
    assert certified(more, before).assertions.differing == 0
    assert losses(certified(less, before)) == [(DIFFER, f"{OLD}::test_plain")]


def test_a_run_that_did_not_end_proves_nothing():
    document = certified(replace(AFTER, trouble="it took longer than 60 seconds"))
    assert document.verdict is Verdict.NOT_RUN
    assert document.reasons == ("the suite after did not come to its end: it took longer than 60 seconds",)


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (replace(BEFORE, tests={}), "no test was collected before"),
        (replace(BEFORE, strays=("pkg.mod",)), "ran code from outside of its copy: pkg.mod"),
        (suite(TestRun("a.py::test", "failed")), "every test fails before"),
    ],
)
def test_nothing_is_known_without_a_sound_run_before(before, reason):
    document = certified(AFTER, before)
    assert document.verdict is Verdict.NOT_RUN
    assert reason in document.reasons[0]
