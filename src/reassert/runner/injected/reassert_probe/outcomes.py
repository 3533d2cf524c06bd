"""Sums up the reports about one test into one record."""

from __future__ import annotations

import re
from typing import Any

from .records import end_of, first_line

_SKIPPED = re.compile(r"^([\w.]+\.)?(Skipped|SkipTest): ")
_REASON = "reason: "
_PLACE = re.compile(r'\s*File ".*", line (\d+)$')


class Outcome:
    """What became of one test, from pytest's reports about its phases and subtests."""

    def __init__(self) -> None:
        self._phases: dict[str, Any] = {}
        self._failed: list[Any] = []
        self._seconds = 0.0
        self._subtests = [0, 0, 0]

    def add(self, report: Any) -> None:
        """Take in a report."""
        if report.outcome == "rerun":
            # A plugin repeats the test: what is known of it so far does not count.
            self.__init__()  # type: ignore[misc]
            return
        self._seconds += getattr(report, "duration", 0.0)
        if hasattr(report, "context"):
            self._add_subtest(report)
            return
        if report.when == "setup":
            self._phases.clear()
        self._phases[report.when] = report
        if report.outcome == "failed":
            self._failed.append(report)

    def _add_subtest(self, report: Any) -> None:
        if hasattr(report, "wasxfail"):
            return  # expected to fail as a whole: that is what the test's own report says
        self._subtests[("passed", "failed", "skipped").index(report.outcome)] += 1
        if report.outcome == "failed":
            self._failed.append(report)

    def record(self) -> dict[str, Any]:
        """The record's values."""
        return {
            "outcome": self._outcome(),
            "message": self._message(),
            "details": end_of("\n\n".join(str(report.longreprtext) for report in self._failed)),
            "seconds": self._seconds,
            "subtests": self._subtests,
        }

    def _outcome(self) -> str:
        call = self._phases.get("call")
        if self._subtests[1] or (call is not None and call.outcome == "failed"):
            return "failed"
        if self._failed:
            return "failed" if self._failed[0].when not in ("setup", "teardown") else "error"
        for report in self._phases.values():
            if hasattr(report, "wasxfail"):
                return "xfailed" if report.outcome == "skipped" else "xpassed"
        skipped = any(report.outcome == "skipped" for report in self._phases.values())
        return "skipped" if skipped else "passed"

    def _message(self) -> str:
        if self._failed:
            return why_failed(self._failed[0])
        for report in self._phases.values():
            if hasattr(report, "wasxfail"):
                said = str(report.wasxfail)
                return first_line(said[len(_REASON) :] if said.startswith(_REASON) else said)
            if report.outcome == "skipped":
                return why_skipped(report)
        return ""


def why_failed(report: Any) -> str:
    """One line about a failure: the exception, with the first line of its message."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = getattr(crash, "message", None)
    if isinstance(message, str) and message.strip():
        return first_line(message)
    lines = [line for line in str(report.longreprtext).splitlines() if line.strip()]
    marked = [line[1:] for line in lines if line.startswith("E ")]
    # Of a syntax error the place comes first, indented, with the line of code.
    raised = min(marked or lines[-1:] or [""], key=lambda line: len(line) - len(line.lstrip()))
    place = _PLACE.match(marked[0]) if marked else None
    return first_line(raised) + (f" (line {place.group(1)})" if place else "")


def why_skipped(report: Any) -> str:
    """The reason that was given for a skip."""
    longrepr = report.longrepr
    said = str(longrepr[2]) if isinstance(longrepr, tuple) and len(longrepr) == 3 else str(longrepr or "")  # noqa: PLR2004
    return first_line(_SKIPPED.sub("", said))
