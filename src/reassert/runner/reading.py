"""Reads the lines that the probe has written, of a run that ended as planned or not."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reassert.model.runs import Executed, Following, Lines, SuiteRun, TestRun
from reassert.runner.process import Ended

_SIGNALLED = 128
_NORMAL = frozenset({0, 1, 5})  # all passed, some failed, no tests: what pytest documents for its exit codes
_CODES = {2: "the run was interrupted", 3: "pytest has an internal error", 4: "pytest was used wrongly"}
_UNMEASURED = "coverage was not measured: the tests' Python has no coverage library that works"
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

Line = Mapping[str, Any]


@dataclass
class _Read:
    """The lines of all processes, sorted by what they are about."""

    sessions: list[Line] = field(default_factory=list)
    ends: list[Line] = field(default_factory=list)
    tests: dict[str, Line] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    crashes: dict[str, str] = field(default_factory=dict)
    late: list[Line] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    conditions: dict[tuple[str, str, int], Line] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    files: Mapping[str, Any] = field(default_factory=dict)
    followed: list[Line] = field(default_factory=list)


def read_run(records: Path, ended: Ended, timeout: float | None) -> SuiteRun:
    """The run whose records are in the folder ``records``."""
    read = _read(records)
    tests = {nodeid: _test(nodeid, line, read) for nodeid, line in read.tests.items()}
    tests |= {nodeid: TestRun(nodeid, "failed", why, why) for nodeid, why in _crashed(read).items()}
    for line in read.late:
        if (known := tests.get(line["id"])) and known.outcome not in ("failed", "error"):
            tests[known.nodeid] = replace(known, outcome=line["outcome"], message=line["message"])
    own = {nodeid.partition("::")[0] for nodeid in tests}
    files = {path: file for path, file in read.files.items() if path not in own}
    return SuiteRun(
        tests=tests,
        errors=read.errors,
        skipped=read.skipped,
        order=tuple(sorted(tests, key=lambda nodeid: read.started.get(nodeid, 0.0))),
        warnings=tuple(dict.fromkeys(read.warnings)),
        strays=tuple(sorted({stray for end in read.ends for stray in end["strays"]})),
        coverage={path: _lines(file) for path, file in files.items()},
        covered_by=dict(_covered_by(files)),
        following=_following(read.followed),
        notes=() if all(session["coverage"] for session in read.sessions) else (_UNMEASURED,),
        traced=any(session["statements"] for session in read.sessions),
        seconds=ended.seconds,
        exit_code=ended.code,
        python=next((session["python"] for session in read.sessions), ""),
        pytest=next((session["pytest"] for session in read.sessions), ""),
        trouble=_trouble(read, ended, timeout),
        output=ended.output,
    )


def _read(records: Path) -> _Read:
    read = _Read()
    for path in sorted(records.glob("*.jsonl")):
        for line in _lines_of(path):
            _sort(read, line)
    return read


def _lines_of(path: Path) -> Iterator[Line]:
    for text in path.read_bytes().split(b"\n"):
        try:
            line = json.loads(text)
        except ValueError:
            continue  # the process was killed while it wrote its last line
        yield line


def _sort(read: _Read, line: Line) -> None:  # noqa: C901, PLR0912 - one branch a kind of line
    match line["kind"]:
        case "session":
            read.sessions.append(line)
        case "start":
            read.started[line["id"]] = line["at"]
        case "test":
            read.tests[line["id"]] = line
            read.started[line["id"]] = line["at"]
        case "condition":
            read.conditions[line["form"], line["path"], line["line"]] = line
        case "crash":
            read.crashes[line["id"]] = line["message"]
        case "late":
            read.late.append(line)
        case "uncollected":
            read.errors[line["id"]] = line["message"]
        case "skipped":
            read.skipped[line["id"]] = line["message"]
        case "warning":
            read.warnings.append(line["text"])
        case "internal" | "interrupted":
            read.stops.append(line["message"])
        case "coverage":
            read.files = line["files"]
        case "followed":
            read.followed.append(line)
        case "end":
            read.ends.append(line)


def _test(nodeid: str, line: Line, read: _Read) -> TestRun:
    return TestRun(
        nodeid=nodeid,
        outcome=line["outcome"],
        message=line["message"],
        details=line["details"],
        seconds=line.get("seconds", 0.0),
        assertions=tuple(_executed(counted, read) for counted in line.get("assertions", ())),
        subtests=tuple(line.get("subtests", (0, 0, 0))),
        never_ran=line.get("never_ran", ""),
    )


def _executed(counted: tuple[str, str, int, int, str], read: _Read) -> Executed:
    form, path, line, count, expected = counted
    told = read.conditions.get((form, path, line), {})
    text = expected or told.get("text", "")
    return Executed(form, path, line, count, text, told.get("caught", False), told.get("around", 0))


def _crashed(read: _Read) -> dict[str, str]:
    """The tests that ended their worker, of which it could write nothing."""
    return {nodeid: why for nodeid, why in read.crashes.items() if nodeid not in read.tests}


def _lines(file: Mapping[str, Any]) -> Lines:
    return Lines(
        frozenset(file["executed"]),
        frozenset(file["missing"]),
        frozenset((start, end) for start, end in file["missing_branches"]),
        frozenset((start, end) for start, end in file["executed_branches"]),
    )


def _covered_by(files: Mapping[str, Any]) -> Iterator[tuple[tuple[str, int], frozenset[str]]]:
    for path, file in files.items():
        for line, tests in file["tests"].items():
            yield (path, int(line)), frozenset(tests)


def _following(processes: Sequence[Line]) -> Following:
    covering = [process["covering"] for process in processes]
    executing: dict[tuple[str, int], frozenset[str]] = {}
    for process in processes:
        for path, lines in process["executing"].items():
            for line, tests in lines.items():
                key = path, int(line)
                executing[key] = executing.get(key, frozenset()) | frozenset(tests)
    return Following(
        covering=None if None in covering else frozenset(nodeid for some in covering for nodeid in some),
        executing=executing,
    )


def _trouble(read: _Read, ended: Ended, timeout: float | None) -> str:
    unfinished = sorted(read.started.keys() - read.tests.keys(), key=lambda nodeid: read.started[nodeid])
    during = f" during {unfinished[-1]}" if unfinished else ""
    if ended.timed_out:
        return f"the run took longer than {timeout:g} seconds and was ended{during}"
    if not read.sessions:
        said = _said(ended.output)
        return f"the test command ended with code {ended.code} before a test was looked for{said}"
    if ended.code > _SIGNALLED:
        return f"the run was ended by {_signal(ended.code - _SIGNALLED)}{during}"
    if not any(not end["worker"] for end in read.ends):
        why = f": {read.stops[-1]}" if read.stops else ""
        return f"the run ended with code {ended.code} before its end{during}{why}"
    return _trouble_at_end(read, ended)


def _trouble_at_end(read: _Read, ended: Ended) -> str:
    stopped = [end["stopped"] for end in read.ends if end["stopped"] and "maxfail" not in end["stopped"]]
    said = (read.stops or stopped)[-1:]
    if ended.code in _NORMAL and not said:
        return ""
    what = _CODES.get(ended.code, f"the test command ended with code {ended.code}")
    return f"{what}: {said[0]}" if said else what + _said(ended.output)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _said(output: str) -> str:
    """The last lines of an output that tell why: those of an error, else the last one."""
    lines = [line.strip() for line in _COLOUR.sub("", output).splitlines() if line.strip()]
    errors: Sequence[str] = [line for line in lines if "rror" in line][-1:] or lines[-1:]
    return f": {errors[0][:300]}" if errors else ""
