"""Suite runs for tests of the certificate, in few words."""

from __future__ import annotations

from dataclasses import replace

from reassert.model.runs import Executed, SuiteRun, TestRun

OLD = "tests/test_a.py::ATests"
NEW = "tests/test_a.py::TestA"


def ran(nodeid, outcome="passed", *assertions, **more):
    """A test; each assertion is ``form:line``, ``form:line*count`` or ``assert CONDITION:line``."""
    file = nodeid.split("::")[0]
    return TestRun(nodeid, outcome, assertions=tuple(executed(text, file) for text in assertions), **more)


def executed(text, file="tests/test_a.py"):
    what, _, place = text.rpartition(":")
    if "@" in place:
        place, _, file = place.partition("@")
    line, _, count = place.partition("*")
    form, _, condition = what.partition(" ")
    return Executed(form, file, int(line), int(count or 1), condition)


def suite(*tests, **more):
    return SuiteRun({test.nodeid: test for test in tests}, order=tuple(t.nodeid for t in tests), **more)


def with_tests(run, *tests):
    """The run with some tests replaced or added."""
    return replace(run, tests={**run.tests, **{test.nodeid: test for test in tests}})


def without(run, *nodeids):
    return replace(run, tests={n: t for n, t in run.tests.items() if n not in nodeids})
