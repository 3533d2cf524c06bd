"""Proving a plan on an invented bench: what is run, what is taken out, what is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reassert.model.certificate import Label, Verdict
from reassert.model.outcomes import Change, Failed, Plan
from reassert.model.runs import Executed, Following, Lines, SuiteRun, TestRun
from reassert.model.source import SourceFile
from reassert.workflow.proving import NOTHING, NOTHING_LEFT, certified, prove
from reassert.workflow.verifying import Names, Proof

ROOT = Path("/project")
PATH = ROOT / "tests" / "test_a.py"
OLD = "tests/test_a.py::ATests::test_x"
NEW = "tests/test_a.py::TestA::test_x"


def ran(nodeid, outcome="passed", message="", count=1):
    executed = Executed(
        "assertEqual" if "ATests" in nodeid else "assert", "tests/test_a.py", 3, count, "a == b"
    )
    return TestRun(nodeid, outcome, message, assertions=(executed,) if outcome == "passed" else ())


def suite(*tests, **more):
    return SuiteRun({t.nodeid: t for t in tests}, order=tuple(t.nodeid for t in tests), **more)


class Bench:
    """Gives the runs it was told to give; remembers what was asked."""

    def __init__(self, before, after):
        self.answers = {"before": before, "before, again": before}
        self.new = after
        self.asked = []
        self.changes = None
        self.state = None
        self.files = {"pkg.py": b"def f(a, b):\n    return a + b\n"}

    def before(self):
        self.state = "before"

    def after(self):
        self.state = "after"

    def plan(self, changes):
        self.changes = changes

    def run(self, name, **how):
        self.asked.append((name, self.state, how))
        if name in self.answers:
            return self.answers[name]
        return self.new(self.changes) if name.startswith("after") else suite()

    def source(self, path):
        data = self.files.get(path)
        return Failed(Path(path), "gone") if data is None else SourceFile(Path(path), data, "utf-8", "\n")

    def write(self, path, data):
        self.files[path] = data


def plan_of(exclusions):
    """A plan with a class to convert; once that is excluded, one that only converts assertions."""
    units = {(u.rule_id, u.qualname) for us in exclusions.values() for u in us}
    if ("*", "ATests") in units or ("*", "*") in units:
        return Plan(ROOT)
    change = Change(PATH, b"old", b"asserts" if units else b"classes")
    return Plan(ROOT, (change,), test_map={} if units else {OLD: (NEW,)})


def always(run):
    return lambda _changes: run


@pytest.fixture
def say():
    said = []
    return said.append


def names(bench):
    return [name for name, _, _ in bench.asked]


def test_a_plan_that_holds_is_valid_after_three_runs(say):
    bench = Bench(suite(ran(OLD)), always(suite(ran(NEW))))
    verified = prove(plan_of, bench, Proof(), say, back_off=True)
    assert verified.certificate.verdict is Verdict.VALID
    assert verified.plan == plan_of({})
    assert [(name, state) for name, state, _ in bench.asked] == [
        ("before", "before"),
        ("before, again", "before"),
        ("after", "after"),
    ]


def test_a_lost_test_makes_it_invalid(say):
    bench = Bench(suite(ran(OLD)), always(suite()))
    verified = prove(plan_of, bench, Proof(), say, back_off=False)
    assert verified.certificate.verdict is Verdict.INVALID
    assert [(d.label, d.before) for d in verified.certificate.differences] == [(Label.LOST, OLD)]


def test_what_is_behind_a_loss_is_taken_out_until_the_rest_holds(say):
    def after(changes):
        return suite(ran(OLD)) if changes[0].after == b"asserts" else suite()

    bench = Bench(suite(ran(OLD)), after)
    verified = prove(plan_of, bench, Proof(), say, back_off=True)
    assert verified.certificate.verdict is Verdict.VALID
    assert [(e.path, e.qualname, e.label) for e in verified.certificate.excluded] == [
        ("tests/test_a.py", "ATests", Label.LOST)
    ]
    assert verified.plan.changes[0].after == b"asserts"


def test_where_nothing_holds_nothing_is_left_of_the_plan(say):
    bench = Bench(suite(ran(OLD)), always(suite()))
    verified = prove(plan_of, bench, Proof(), say, back_off=True)
    assert verified.plan.changes == ()
    assert verified.certificate.notes == (NOTHING_LEFT,)
    assert [e.qualname for e in verified.certificate.excluded] == ["ATests"]


def test_nothing_is_run_for_a_plan_without_changes(say):
    bench = Bench(suite(), always(suite()))
    verified = prove(lambda _: Plan(ROOT), bench, Proof(), say, back_off=True)
    assert verified.certificate.verdict is Verdict.VALID
    assert verified.certificate.notes == (NOTHING,)
    assert bench.asked == []


@pytest.mark.parametrize(
    "before",
    [suite(), suite(ran(OLD), trouble="no result after 5 s"), suite(ran(OLD, "failed"))],
    ids=["no tests", "trouble", "all fail"],
)
def test_an_old_suite_that_proves_nothing_is_said_and_not_compared(before, say):
    bench = Bench(before, always(suite()))
    verified = prove(plan_of, bench, Proof(), say, back_off=True)
    assert verified.certificate.verdict is Verdict.NOT_RUN
    assert len(verified.certificate.reasons) == 1
    assert names(bench) == ["before"]


@pytest.mark.parametrize(
    ("third", "said"),
    [("passed", "failed in one of three runs"), ("failed", "assertions are not counted")],
    ids=["flaky", "notices that it is observed"],
)
def test_a_test_that_passes_when_nothing_is_counted_is_no_loss(say, third, said):
    runs = iter([suite(ran(NEW, "failed", "boom")), suite(ran(NEW)), suite(ran(NEW, third, "boom"))])
    bench = Bench(suite(ran(OLD)), lambda _: next(runs))
    verified = prove(plan_of, bench, Proof(), say, back_off=True)
    assert verified.certificate.verdict is Verdict.VALID
    (found,) = [d for d in verified.certificate.differences if d.label is Label.NEWLY_FAILING]
    assert said in found.explained
    assert bench.asked[-2:] == [
        ("after, again", "after", {"counted": False}),
        ("after, what failed once", "after", {"select": (NEW,)}),
    ]


def test_a_test_that_fails_twice_is_a_loss(say):
    bench = Bench(suite(ran(OLD)), always(suite(ran(NEW, "failed", "boom"))))
    verified = prove(plan_of, bench, Proof(), say, back_off=False)
    assert [d.label for d in verified.certificate.differences if d.is_loss] == [Label.NEWLY_FAILING]


def test_unittest_is_asked_what_pytest_never_collected(say):
    bench = Bench(suite(ran(OLD)), always(suite(ran(NEW))))
    prove(plan_of, bench, Proof(unittest=True), say, back_off=False)
    assert [how for name, _, how in bench.asked if name == "before, with unittest"] == [{"unittest": True}]


def test_a_test_that_fails_in_a_random_order_is_reported_with_the_old_suites_answer(say):
    bench = Bench(suite(ran(OLD)), always(suite(ran(NEW))))
    bench.answers["after, in the order of seed 8"] = suite(ran(NEW, "failed", "boom"))
    bench.answers["before, in the same order as 8"] = suite(ran(OLD, "failed", "boom"))
    verified = prove(plan_of, bench, Proof(shuffle=2, seed=7), say, back_off=False)
    found = [d for d in verified.certificate.differences if d.label is not Label.RENAMED]
    assert [(d.label, d.before, d.after) for d in found] == [(Label.ORDER_DEPENDENT, OLD, (NEW,))]
    assert verified.certificate.order.seeds == (7, 8)
    orders = [(name, how.get("shuffle_seed"), how.get("order")) for name, _, how in bench.asked[3:]]
    assert orders == [
        ("after, in the order of seed 7", 7, None),
        ("after, in the order of seed 8", 8, None),
        ("before, in the same order as 8", None, (OLD,)),
    ]


@pytest.mark.parametrize(
    ("covering", "unfollowed"),
    [({OLD}, {f"{NEW}_too"}), (None, set())],
)
def test_new_tests_are_followed_where_the_old_ones_suffice_for_the_coverage(say, covering, unfollowed):
    lines = {"pkg.py": Lines(frozenset({1, 2}))}
    before = suite(ran(OLD), ran(f"{OLD}_too"), coverage=lines, following=Following(covering))
    bench = Bench(before, always(suite(ran(NEW), ran(f"{NEW}_too"), coverage=lines)))
    prove(plan_of_two, bench, Proof(), say, back_off=False)
    assert names(bench) == ["before", "before, again", "after"]
    assert bench.asked[-1][2]["unfollowed"] == unfollowed


ALONE, ALL = "after, for lines that are missing", "after, all of it followed"


@pytest.mark.parametrize(
    ("executing", "found", "asked", "lost"),
    [
        pytest.param({("pkg.py", 2): {OLD}}, {ALONE: {2}}, [ALONE], {}, id="it executes the line still"),
        pytest.param({("pkg.py", 2): {OLD}}, {ALL: {1, 2, 3}}, [ALONE, ALL], {}, id="only after other tests"),
        pytest.param(
            {("pkg.py", 1): {OLD}}, {ALL: {1, 2, 3}}, [ALL], {}, id="no test is known to execute it"
        ),
        pytest.param({("pkg.py", 2): {OLD}}, {ALL: {1, 3}}, [ALONE, ALL], {"pkg.py": (2,)}, id="it is lost"),
    ],
)
def test_for_a_line_that_is_missing_more_is_followed_until_it_is_found(say, executing, found, asked, lost):
    """Line 9 is executed where a test runs without the others, and that is no gain; line 3 is one."""

    def run(name, **how):
        executed = {"after": {1}, ALONE: {9}}.get(name, set()) | found.get(name, set())
        executed |= {1, 2} if name.startswith("before") else set()
        return replace(
            Bench.run(bench, name, **how), coverage={"pkg.py": Lines(frozenset(executed))}, order=(OLD,)
        )

    bench = Bench(suite(ran(OLD), following=Following(frozenset(), executing)), always(suite(ran(NEW))))
    bench.run = run
    coverage = prove(plan_of, bench, Proof(), say, back_off=False).certificate.coverage
    assert [name for name in names(bench) if name.startswith("after,")] == asked
    assert [how.get("select") for name, _, how in bench.asked if name == ALONE] == [(NEW,)] * (ALONE in asked)
    assert coverage.lost == lost
    assert coverage.gained == ({"pkg.py": (3,)} if ALL in asked else {})


def test_a_missing_line_is_looked_for_in_all_that_a_test_was_split_into(say):
    lines = {"pkg.py": Lines(frozenset({1}))}
    following = Following(frozenset(), {("pkg.py", 1): {OLD}})
    nothing = {"pkg.py": Lines(missing=frozenset({1}))}
    after = suite(ran(f"{NEW}[1]"), ran(f"{NEW}[2]"), coverage=nothing)
    bench = Bench(suite(ran(OLD), following=following, coverage=lines), always(after))
    prove(plan_of, bench, Proof(), say, back_off=False)
    assert [how["select"] for name, _, how in bench.asked if name == ALONE] == [(f"{NEW}[1]", f"{NEW}[2]")]


def test_without_a_plan_all_is_followed():
    """A test that has kept its name may do something else now."""
    before = suite(ran(OLD), following=Following(frozenset()))
    bench = Bench(before, always(suite(ran(OLD))))
    certified(bench, Names(changed=frozenset(["tests/test_a.py"])), Proof())
    assert [how["unfollowed"] for name, _, how in bench.asked if name == "after"] == [frozenset()]


GARBAGE = "pytest.PytestUnraisableExceptionWarning: Exception ignored in: <file>"


@pytest.mark.parametrize(
    ("left", "asked"),
    [
        pytest.param((), [], id="all pass apart from the others"),
        pytest.param((f"{NEW}_too",), [f"alone: {NEW}_too"], id="one disturbs the other"),
    ],
)
def test_what_garbage_disturbs_is_run_in_one_go_without_the_others(say, left, asked):
    def run(name, **how):
        found = Bench.run(bench, name, **how)
        if name.startswith(("alone", "apart")):
            blamed = left if name.startswith("apart") else ()
            return suite(*(ran(n, "failed" if n in blamed else "passed", GARBAGE) for n in how["select"]))
        return found

    failing = [ran(n, "failed", GARBAGE) for n in (NEW, f"{NEW}_too")]
    bench = Bench(suite(ran(OLD), ran(f"{OLD}_too")), always(suite(*failing)))
    bench.run = run
    found = prove(plan_of_two, bench, Proof(), say, back_off=False)
    assert found.certificate.verdict is Verdict.VALID
    apart = "apart from the others"
    assert [n for n in names(bench) if not n.startswith(("before", "after"))] == [apart, *asked, apart]


def plan_of_two(exclusions):
    plan = plan_of(exclusions)
    return replace(plan, test_map={**plan.test_map, f"{OLD}_too": (f"{NEW}_too",)})


def covering(test):
    lines = Lines(frozenset({1, 2}))
    return suite(test, coverage={"pkg.py": lines}, covered_by={("pkg.py", 2): frozenset([test.nodeid])})


def mutated(bench, dies):
    """Answers runs with a mutant: the old suite notices each, the new one only if it ``dies``."""

    def run(name, **how):
        if not name.startswith("mutant"):
            return Bench.run(bench, name, **how)
        bench.asked.append((name, bench.state, how))
        assert bench.files["pkg.py"] != b"def f(a, b):\n    return a + b\n"
        failing = bench.state == "before" or (dies() if callable(dies) else dies)
        (test,) = how["select"]
        return suite(ran(test, "failed" if failing else "passed"))

    bench.run = run
    return bench


def test_a_mutant_that_only_the_old_suite_kills_is_a_loss(say):
    bench = mutated(Bench(covering(ran(OLD)), always(covering(ran(NEW)))), dies=False)
    verified = prove(plan_of, bench, Proof(mutants=1), say, back_off=False)
    (lost,) = [d for d in verified.certificate.differences if d.is_loss]
    assert (lost.label, lost.before, lost.after) == (Label.SURVIVES, OLD, (NEW,))
    assert verified.certificate.mutants.survivors == 1
    assert bench.files["pkg.py"] == b"def f(a, b):\n    return a + b\n"


def test_what_lets_a_mutant_survive_is_taken_out(say):
    def after(changes):
        return covering(ran(OLD if changes[0].after == b"asserts" else NEW))

    bench = Bench(covering(ran(OLD)), after)
    bench = mutated(bench, dies=lambda: bench.changes[0].after == b"asserts")
    verified = prove(plan_of, bench, Proof(mutants=1), say, back_off=True)
    assert verified.certificate.verdict is Verdict.VALID
    assert [(e.qualname, e.label) for e in verified.certificate.excluded] == [
        ("ATests.test_x", Label.SURVIVES)
    ]
    assert verified.plan.changes[0].after == b"asserts"


def test_mutants_that_both_suites_kill_are_counted(say):
    bench = mutated(Bench(covering(ran(OLD)), always(covering(ran(NEW)))), dies=True)
    verified = prove(plan_of, bench, Proof(mutants=2), say, back_off=False)
    assert verified.certificate.verdict is Verdict.VALID
    counts = verified.certificate.mutants
    assert (counts.tried, counts.killed_before, counts.killed_after, counts.survivors) == (2, 2, 2, 0)
    assert [how["select"] for name, _, how in bench.asked if name.startswith("mutant")] == [
        (OLD,),
        (OLD,),
        (NEW,),
        (NEW,),
    ]
