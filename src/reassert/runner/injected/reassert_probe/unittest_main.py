"""Runs a suite with unittest and observes it as the plugin does pytest; ``-m reassert_probe.unittest_main``.

Tests are called as pytest would: the file of the module that unittest found them in, class, method.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import traceback
import unittest
import unittest.util
from typing import Any, Iterator

from . import assertions, bodies
from .measure import Measure, open_measure
from .paths import Trees
from .records import Records, end_of, first_line, load_settings

__unittest = True

_HOLDER = re.compile(r"(?P<what>\w+) \((?P<where>[^)]*)\)$")
_TEST_FILES = ("test*.py",)


class Names:
    """What the tests of a run are called."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._modules: dict[int, Any] = {}

    def observe_loading(self) -> None:
        """Remember in which module unittest found each test: a class may come from another one."""
        loader: Any = unittest.TestLoader
        original = loader.loadTestsFromModule

        def load(this: Any, module: Any, *args: Any, **kwargs: Any) -> Any:
            suite = original(this, module, *args, **kwargs)
            for test in each_test(suite):
                self._modules.setdefault(id(test), module)
            return suite

        loader.loadTestsFromModule = load

    def of(self, test: Any) -> str:
        """The node id of a test."""
        kind = type(test)
        module = self._modules.get(id(test)) or sys.modules.get(kind.__module__)
        file = getattr(module, "__file__", None)
        path = self._trees.shown(os.path.abspath(file)) if isinstance(file, str) else str(kind.__module__)
        method = getattr(test, "_testMethodName", None)
        # Neither a doctest nor a function that became a test is a method of its class.
        if (
            method is None
            or not hasattr(kind, method)
            or kind.__module__.startswith(("unittest.", "doctest"))
        ):
            return f"{path}::{test.id()}"
        return f"{path}::{_name_in(module, kind)}::{method}"


def _name_in(module: Any, kind: Any) -> str:
    """The name that a module has for a class: an imported one may have another than its own."""
    name = str(kind.__qualname__).replace(".", "::")
    known = vars(module) if module is not None else {}
    if "::" in name or known.get(name) is kind:
        return name
    return next((alias for alias, value in known.items() if value is kind), name)


class Result(unittest.TestResult):
    """Writes a record for each test as it ends."""

    def __init__(self, records: Records, trees: Trees, names: Names, measure: Measure | None) -> None:
        super().__init__()
        self._records = records
        self._trees = trees
        self._names = names
        self._measure = measure
        self._ran: dict[str, Any] = {}
        self._holders: dict[str, dict[str, str]] = {}
        self._clear()

    def _clear(self) -> None:
        self._values: dict[str, Any] = {"outcome": "passed", "message": "", "details": ""}
        self._subtests = [0, 0, 0]
        self._started = self._records.now()

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        self._clear()
        nodeid = self._names.of(test)
        self._records.write("start", id=nodeid, at=self._started)
        if self._measure:
            self._measure.switch(nodeid)
        bodies.watch()
        bodies.take()
        assertions.take()

    def stopTest(self, test: Any) -> None:
        super().stopTest(test)
        if not _is_substitute(test):
            self._write(self._names.of(test), test)
        if self._measure:
            self._measure.switch("")

    def _write(self, nodeid: str, test: Any) -> None:
        counted = [
            [form, self._trees.shown(path), line, number, expected]
            for form, path, line, expected, number in assertions.take()
        ]
        self._ran[nodeid] = type(test)
        self._records.write(
            "test",
            id=nodeid,
            at=self._started,
            seconds=self._records.now() - self._started,
            assertions=counted,
            never_ran=bodies.take(),
            subtests=self._subtests,
            **self._values,
        )

    def _set(self, outcome: str, message: str = "", details: str = "") -> None:
        if self._values["outcome"] not in ("failed", "error"):
            self._values = {"outcome": outcome, "message": first_line(message), "details": end_of(details)}

    def _set_failed(self, test: Any, error: Any, outcome: str = "failed") -> None:
        message = "".join(traceback.format_exception_only(error[0], error[1]))
        self._set(outcome, message, self._exc_info_to_string(error, test))  # type: ignore[attr-defined]

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._set_failed(test, err)

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        if _is_substitute(test):
            lines = [line for line in str(err[1]).splitlines() if line.strip()]
            self._records.write("uncollected", id=self._file_of(test), message=first_line(lines[-1]))
        elif isinstance(test, unittest.TestCase):
            # Also of set-up and tear-down: pytest runs all of a TestCase in one phase.
            self._set_failed(test, err)
        else:
            self._hold(test, "error", "".join(traceback.format_exception_only(err[0], err[1])))

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        if _is_substitute(test):
            self._records.write("skipped", id=self._file_of(test), message=first_line(reason))
        elif hasattr(test, "test_case"):
            self._subtests[2] += 1
        elif isinstance(test, unittest.TestCase):
            self._set("skipped", reason)
        else:
            self._hold(test, "skipped", reason)

    def _file_of(self, test: Any) -> str:
        """The file that a test of unittest's own stands for: it could not be loaded."""
        name = str(test._testMethodName)
        path = name.replace(".", "/") + ".py"
        return path if os.path.exists(os.path.join(self._trees.root, path)) else name

    def _hold(self, holder: Any, outcome: str, message: str) -> None:
        """Note what happened in the set-up or tear-down of a class or module."""
        found = _HOLDER.search(str(holder))
        if found and found["what"].startswith("setUp"):
            self._holders[found["where"]] = {"outcome": outcome, "message": first_line(message)}
        elif found:
            ran = [nodeid for nodeid, kind in self._ran.items() if found["where"] in _owners(kind)]
            self._records.write("late", id=(ran or [""])[-1], outcome=outcome, message=first_line(message))

    def finish(self, known: dict[str, Any]) -> None:
        """Write records for the tests that did not run because what is around them was not set up."""
        for nodeid, kind in known.items():
            held = [self._holders[owner] for owner in _owners(kind) if owner in self._holders]
            if held and nodeid not in self._ran:
                now = self._records.now()
                self._records.write("test", id=nodeid, at=now, details="", **held[0])

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self._set("xfailed")

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self._set("failed", "Unexpected success", "Unexpected success")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        self._subtests[0 if err is None else 1] += 1
        if err is not None:
            self._set_failed(test, err)


class Runner:
    """What ``unittest.main`` runs the suite with."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._trees = Trees(settings)
        self._trees.redirect_imports()
        self._records = Records(settings["records"])
        self._names = Names(self._trees)
        self._names.observe_loading()
        self._measure = open_measure(settings) if settings["coverage"] else None
        assertions.count_methods()
        bodies.watch()
        if self._measure:
            self._measure.start()
        python, measured = platform.python_version(), self._measure is not None or not settings["coverage"]
        self._records.write(
            "session", python=python, pytest="", worker="", statements=False, coverage=measured
        )

    def run(self, suite: Any) -> Result:
        """Run it."""
        result = Result(self._records, self._trees, self._names, self._measure)
        result.failfast = self._settings["fail_fast"]
        known = {self._names.of(test): type(test) for test in each_test(suite) if not _is_substitute(test)}
        result.startTestRun()
        suite(result)
        result.stopTestRun()
        result.finish(known)
        return result

    def end(self, status: int) -> None:
        """Write what can be said at the end."""
        if self._measure:
            self._measure.stop()
            self._records.write("coverage", files=self._measure.report(_TEST_FILES))
        self._records.write("end", worker="", status=status, strays=self._trees.strays(), stopped="")


def each_test(suite: Any) -> Iterator[Any]:
    """Every test in a suite, however deep."""
    for test in suite if isinstance(suite, unittest.BaseTestSuite) else ():
        if isinstance(test, unittest.BaseTestSuite):
            yield from each_test(test)
        elif test is not None:
            yield test


def _is_substitute(test: Any) -> bool:
    """Whether unittest made the test itself, to fail or skip for a module that it could not load."""
    return type(test).__module__ == "unittest.loader"


def _owners(kind: Any) -> tuple[str, str]:
    """How unittest calls a class and its module where it speaks of their set-up."""
    return unittest.util.strclass(kind), str(kind.__module__)


def main() -> int:
    """Run unittest with the arguments of the command line."""
    runner = Runner(load_settings())
    program = unittest.main(
        module=None, argv=["python -m unittest", *sys.argv[1:]], testRunner=runner, exit=False
    )
    status = 0 if program.result.wasSuccessful() else 1
    runner.end(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
