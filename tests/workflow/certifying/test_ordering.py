from reassert.model.certificate import Label
from reassert.model.runs import SuiteRun
from reassert.workflow.certifying.matching import match_by_map
from reassert.workflow.certifying.ordering import Shuffled, order_check, order_differences, order_notes
from suite_runs import NEW, OLD, ran, suite, with_tests

BEFORE = suite(ran(f"{OLD}::test_a"), ran(f"{OLD}::test_b"), ran(f"{OLD}::test_c", "failed"))
AFTER = suite(ran(f"{NEW}::test_a"), ran(f"{NEW}::test_b"), ran(f"{NEW}::test_c", "failed"))
MATCHING = match_by_map(BEFORE.tests, AFTER.tests, {n.replace(NEW, OLD): (n,) for n in AFTER.tests})


def failing(run, nodeid):
    return with_tests(run, ran(nodeid, "failed", message="KeyError: 'a'"))


def test_a_test_that_fails_in_some_orders_is_reported_with_their_seeds():
    runs = [
        Shuffled(3, failing(AFTER, f"{NEW}::test_b")),
        Shuffled(4, AFTER),
        Shuffled(7, failing(AFTER, f"{NEW}::test_b")),
    ]
    (found,) = order_differences(AFTER, runs, MATCHING)
    assert (found.label, found.before, found.after) == (
        Label.ORDER_DEPENDENT,
        f"{OLD}::test_b",
        (f"{NEW}::test_b",),
    )
    assert found.detail == "fails in 2 random orders (seed 3, 7): KeyError: 'a'"
    assert (found.explained, found.is_loss) == ("", False)
    assert order_check(runs).seeds == (3, 4, 7)


def test_the_old_suite_may_have_the_same_flaw():
    run = Shuffled(3, failing(AFTER, f"{NEW}::test_b"), failing(BEFORE, f"{OLD}::test_b"))
    (found,) = order_differences(AFTER, [run], MATCHING)
    assert found.explained == "the old suite has the same flaw"


def test_the_old_suite_without_the_flaw_explains_nothing():
    (found,) = order_differences(AFTER, [Shuffled(3, failing(AFTER, f"{NEW}::test_b"), BEFORE)], MATCHING)
    assert found.explained == ""


def test_flaky_tests_are_left_out():
    runs = [Shuffled(3, failing(AFTER, f"{NEW}::test_b"))]
    assert order_differences(AFTER, runs, MATCHING, [f"{OLD}::test_b"]) == ()


def test_an_order_that_did_not_end_is_a_note():
    assert list(order_notes([Shuffled(3, SuiteRun(trouble="killed")), Shuffled(4, AFTER)])) == [
        "the order of seed 3 did not come to its end: killed"
    ]
