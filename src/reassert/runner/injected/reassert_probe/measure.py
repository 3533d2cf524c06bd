"""Line and branch coverage of the code under test, by the library ``coverage``, in the suite's own process.

The code under test is every Python file below the project's root that is no test: not ``conftest.py``, not
called like one, and not in a folder called ``test`` or ``tests``. What is measured is what runs while tests
are collected, and from a test's set-up to its teardown; not pytest's own work between tests, which a tracer
would follow call by call.
"""

from __future__ import annotations

import fnmatch
import json
import os
import sys
import warnings
from typing import Any, Iterable

from .covering import Covering

_TEST_FOLDERS = ("test", "tests")
_TEST_FILES = ("conftest.py", "test_*.py", "*_test.py", "test*.py")


class Measure:
    """The measurement of one process; the data of all of them lie in one folder.

    ``unfollowed`` are ids of tests during which it is to rest.
    """

    def __init__(self, coverage: Any, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._root: str = settings["root"]
        self._contexts: bool = settings["contexts"]
        name = os.path.join(settings["coverage_data"], "data")
        self._options: dict[str, Any] = {
            "data_file": name,
            "branch": True,
            "config_file": False,
            "source": [self._root],
            "omit": list(_omitted(self._root)),
        }
        self._library = coverage
        self._coverage = coverage.Coverage(data_suffix=True, **self._options)
        # A test may ask for what was measured until now, and make warnings errors.
        self._coverage.set_option("run:disable_warnings", ["no-data-collected"])
        self._paused: Any = None
        self._covering: Covering | None = None
        self.unfollowed: frozenset[str] = frozenset(settings["unfollowed"])

    def start(self) -> None:
        """Begin to measure."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._coverage.start()
        data = getattr(getattr(self._coverage, "_collector", None), "data", None)
        self._covering = Covering(data) if isinstance(data, dict) else None

    def pause(self) -> None:
        """Follow nothing in this thread until it goes on; a way to measure that traces nothing ignores it."""
        tracing = sys.gettrace()
        if tracing is not None:
            self._paused = tracing
            sys.settrace(None)

    def go_on(self) -> None:
        """Take back a pause, if there is one."""
        if self._paused is not None:
            sys.settrace(self._paused)
            self._paused = None

    def switch(self, context: str) -> None:
        """Say which test runs from now on."""
        if self._contexts:
            self._coverage.switch_context(context)

    def take(self, nodeid: str = "", seconds: float = 0.0) -> None:
        """What was executed since the last call was executed by this test, or between tests."""
        if self._covering is None or self._contexts:
            return
        try:
            self._covering.take(nodeid, seconds)
            usable = not self._covering.is_full
        except (AttributeError, TypeError):  # the data are the library's own, and may be other ones some day
            usable = False
        if not usable:
            self._covering.restore()
            self._covering = None

    def executing(self) -> dict[str, Any]:
        """``covering``: tests that suffice to execute all that all do, None if that is not known.

        ``executing``: by file, relative to the root, and line some tests that execute it.
        """
        found = self._covering if not self._contexts else None
        return {
            "covering": None if found is None else found.tests(),
            "executing": {} if found is None else {self._shown(n): v for n, v in found.executing().items()},
        }

    def _shown(self, name: str) -> str:
        return os.path.relpath(os.path.realpath(name), self._root).replace(os.sep, "/")

    def stop(self) -> None:
        """End the measurement of this process and save what it found."""
        if self._covering is not None:
            self._covering.restore()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._coverage.stop()
            self._coverage.save()

    def report(self, patterns: Iterable[str]) -> dict[str, Any]:
        """What all processes together executed, by file; not of files whose name fits one of ``patterns``."""
        target = os.path.join(self._settings["coverage_data"], "report.json")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole = self._library.Coverage(**self._options)
            whole.combine([self._settings["coverage_data"]])
            try:
                whole.json_report(outfile=target, ignore_errors=True, show_contexts=self._contexts)
            except self._library.CoverageException:
                return {}  # no line of the code under test was executed
        with open(target, encoding="utf-8") as stream:
            files = json.load(stream)["files"]
        return {
            self._shown(name): _facts(file)
            for name, file in files.items()
            if not any(fnmatch.fnmatch(os.path.basename(name), pattern) for pattern in patterns)
        }


def open_measure(settings: dict[str, Any]) -> Measure | None:
    """Prepare to measure with the environment's own coverage, or with the one brought; None without."""
    if settings["contexts"]:
        # Faster ways to trace note the first test alone that executes a line.
        os.environ["COVERAGE_CORE"] = "ctrace"
    try:
        return Measure(_import_coverage(settings["coverage_fallback"]), settings)
    except Exception:  # noqa: BLE001 - an unsuited version of a foreign library: the run goes on without
        return None
    finally:
        os.environ.pop("COVERAGE_CORE", None)


def _import_coverage(fallback: str | None) -> Any:
    try:
        import coverage  # noqa: PLC0415 - only where it is asked for
    except ImportError:
        if fallback is None:
            raise
        sys.path.append(fallback)
        try:
            import coverage  # noqa: PLC0415 - as above
        finally:
            sys.path.remove(fallback)
    return coverage


def _omitted(root: str) -> Iterable[str]:
    for name in _TEST_FILES:
        yield from (os.path.join(root, name), os.path.join(root, "**", name))
    for name in _TEST_FOLDERS:
        yield from (os.path.join(root, name, "*"), os.path.join(root, "**", name, "*"))
        yield os.path.join(root, "**", name, "**", "*")


def _facts(file: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "executed": file["executed_lines"],
        "missing": file["missing_lines"],
        "executed_branches": file.get("executed_branches", []),
        "missing_branches": file.get("missing_branches", []),
    }
    contexts: dict[str, list[str]] = file.get("contexts", {})
    named = {line: [name for name in names if name] for line, names in contexts.items()}
    facts["tests"] = {line: names for line, names in named.items() if names}
    return facts
