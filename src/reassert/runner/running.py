"""Runs a suite once."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from reassert.model.runs import SuiteRun
from reassert.runner.command import RECORDS, command_of, environment_for, is_pytest, write_settings
from reassert.runner.interpreter import Interpreter, InterpreterError, describe
from reassert.runner.process import execute
from reassert.runner.reading import read_run
from reassert.runner.spec import RunSpec


def run(spec: RunSpec) -> SuiteRun:
    """Run the suite, and say what happened; that it could not be run is said in ``trouble``.

    Nothing is left of the run but what the tests themselves did in the copy.
    """
    try:
        interpreter = describe(spec.python)
    except InterpreterError as error:
        return SuiteRun(trouble=str(error))
    spec, notes = _fitted(spec, interpreter)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=spec.scratch))
    try:
        write_settings(spec, interpreter, folder)
        env = environment_for(spec, interpreter, folder)
        ended = execute(command_of(spec), spec.root, env, timeout=spec.timeout, log=folder / "output")
        found = read_run(folder / RECORDS, ended, spec.timeout)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _shown(replace(found, notes=(*notes, *found.notes)), spec)


def _shown(found: SuiteRun, spec: RunSpec) -> SuiteRun:
    """Let what is said name the user's files by their places in the project, not those of the copy."""
    if spec.root == spec.original_root:
        return found
    copies = [(f"{os.path.realpath(spec.root)}{os.sep}", ""), (f"{spec.root}{os.sep}", "")]
    if spec.tree and spec.original_tree:
        copies.append((str(spec.tree), str(spec.original_tree)))

    def shown(text: str) -> str:
        for copy, place in copies:
            text = text.replace(copy, place)
        return text

    return replace(
        found,
        tests={
            nodeid: replace(test, message=shown(test.message), details=shown(test.details))
            if test.message or test.details
            else test
            for nodeid, test in found.tests.items()
        },
        errors={place: shown(text) for place, text in found.errors.items()},
        skipped={place: shown(text) for place, text in found.skipped.items()},
        trouble=shown(found.trouble),
    )


def _fitted(spec: RunSpec, interpreter: Interpreter) -> tuple[RunSpec, tuple[str, ...]]:
    """The spec without what the project's environment cannot do, and what to say about that."""
    notes = []
    if spec.jobs is not None and "xdist" not in interpreter.packages:
        notes.append("the tests ran in one process: pytest-xdist is not installed in their environment")
        spec = replace(spec, jobs=None)
    if spec.paths and spec.command and not spec.unittest and not is_pytest(spec.command):
        notes.append(f"all tests ran: the command {spec.command[0]} takes no paths")
    return spec, tuple(notes)


def never_collected(by_pytest: SuiteRun, by_unittest: SuiteRun) -> tuple[str, ...]:
    """The tests that unittest ran and pytest never saw, by the node ids that they would have."""
    known = {nodeid.partition("[")[0] for nodeid in by_pytest.tests}
    return tuple(nodeid for nodeid in by_unittest.order if nodeid not in known)
