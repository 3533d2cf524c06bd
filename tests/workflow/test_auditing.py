"""What is said of all files together does not depend on how, or in which order, they were looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reassert import catalog
from reassert.batch.executors import PoolExecutor, SerialExecutor
from reassert.engine import inspect as look
from reassert.model.config import RuleConfig
from reassert.model.outcomes import Unchanged
from reassert.model.source import SourceFile
from reassert.workflow.auditing import audit, inspect
from reassert.workflow.selection import PlanRequest

(AUDIT,) = catalog.load_audits(["duplicate_tests"])
BODIES = [
    "value = {n}; assert value == {n}; assert value + 1 == {n} + 1; assert [value] == [{n}]".replace("{n}", n)
    for n in "123456"
]


def _module(bodies: list[str]) -> str:
    return "".join(
        f"def test_{number}():\n    " + body.replace("; ", "\n    ") + "\n\n\n"
        for number, body in enumerate(bodies)
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(6):
        (tmp_path / f"test_{number}.py").write_text(_module(BODIES[number % 3 : number % 3 + 2]))
    (tmp_path / "test_broken.py").write_text("def test_x(:\n")
    return tmp_path


def test_processes_find_what_one_process_finds(tree: Path) -> None:
    request = PlanRequest(paths=(tree,), isolated=True)
    alone = audit(request, SerialExecutor(work=inspect))
    with PoolExecutor(2, work=inspect) as pool:
        assert audit(request, pool) == alone
    # Two more tests have only one copy each, which is too little to speak of.
    assert [(f.code, len(f.others)) for f in alone.findings] == [("DUP-SAME", 3), ("DUP-SAME", 3)]
    assert [(f.path.name, f.line) for f in alone.failures] == [("test_broken.py", 1)]


@given(st.lists(st.lists(st.sampled_from(BODIES), unique=True, max_size=4), max_size=5))
def test_every_test_that_two_modules_have_is_told_once_with_all_of_its_places(
    modules: list[list[str]],
) -> None:
    notes, expected = [], {}
    for number, bodies in enumerate(modules):
        path = Path(f"test_{number}.py")
        outcome = look(SourceFile(path, _module(bodies).encode(), "utf-8", "\n"), [AUDIT], RuleConfig())
        assert isinstance(outcome, Unchanged)
        notes += outcome.report.notes
        for body in bodies:
            expected.setdefault(body, []).append(path)
    config = replace(RuleConfig(), limits=replace(RuleConfig().limits, duplicate_lines=1))
    found = list(AUDIT.compare(notes, config))
    places = [tuple(place.path for place in (f.location, *f.others)) for f in found]
    assert sorted(places) == sorted({tuple(paths) for paths in expected.values() if len(paths) > 1})
    lines = [int(f.message.split(": ")[1].split()[0]) for f in found]
    assert lines == sorted(lines, reverse=True)
    assert sum(lines) == sum(5 * (len(paths) - 1) for paths in expected.values())


def test_a_mixin_that_has_the_tests_is_the_base_that_others_are_to_inherit(tmp_path: Path) -> None:
    body = "    def test_it(self):\n" + "".join(f"        assert self.made[{n}] == {n}\n" for n in range(6))
    (tmp_path / "mixins.py").write_text(f"class MadeMixin:\n{body}")
    for name in ("One", "Two"):
        (tmp_path / f"test_{name}.py").write_text(f"class Test{name}:\n    made = {name!r}\n\n{body}")
    (finding,) = audit(PlanRequest(paths=(tmp_path,), isolated=True), SerialExecutor(work=inspect)).findings
    assert finding.suggestion.startswith("let TestOne and TestTwo inherit MadeMixin, and delete them there; ")
