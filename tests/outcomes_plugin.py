"""A pytest plugin: what became of each test, as JSON; ``-p outcomes_plugin --outcomes FILE``.

With ``--cases FOLDER`` each folder directly below FOLDER is a project of its own: its modules see only
each other, whatever the modules of the other folders are called.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

# A test that fails in one phase has failed, whatever the other phases say.
_RANK = ["failed", "xpassed", "xfailed", "skipped", "passed"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", type=Path)
    parser.addoption("--cases", type=Path)


def pytest_configure(config: pytest.Config) -> None:
    if target := config.getoption("outcomes"):
        config.pluginmanager.register(Outcomes(target))
    if cases := config.getoption("cases"):
        config.pluginmanager.register(Isolation(cases.resolve()))


class Outcomes:
    """Writes ``{node id: outcome}``; errors of set-up, tear-down and collection count as failures."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.outcomes: dict[str, str] = {}
        self.messages: dict[str, str] = {}

    def note(self, nodeid: str, outcome: str, message: str) -> None:
        known = self.outcomes.get(nodeid, "passed")
        self.outcomes[nodeid] = min(known, outcome, key=_RANK.index)
        if outcome == "failed":
            self.messages.setdefault(nodeid, message)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if outcome == "skipped" else "xpassed"
        is_subtest = hasattr(report, "context")
        if not is_subtest or outcome == "failed":
            self.note(report.nodeid, outcome, report.longreprtext)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.note(report.nodeid, "failed", report.longreprtext)

    def pytest_sessionfinish(self) -> None:
        result = {"outcomes": self.outcomes, "messages": self.messages}
        self.target.write_text(json.dumps(result), encoding="utf-8")


class Isolation:
    """Swaps ``sys.modules`` and ``sys.path`` as pytest goes from one case's folder to the next."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.current: Path | None = None
        self.parked: dict[Path, dict[str, ModuleType]] = {}

    def enter(self, path: Path) -> None:
        if not path.is_relative_to(self.root) or path == self.root:
            return
        case = self.root / path.relative_to(self.root).parts[0]
        if case == self.current:
            return
        if self.current:
            self.leave(self.current)
        self.current = case
        sys.path.insert(0, str(case))
        sys.modules.update(self.parked.pop(case, {}))

    def leave(self, case: Path) -> None:
        sys.path[:] = [entry for entry in sys.path if not Path(entry).is_relative_to(self.root)]
        mine = {
            name: module
            for name, module in list(sys.modules.items())
            if (file := getattr(module, "__file__", None)) and Path(file).is_relative_to(self.root)
        }
        for name in mine:
            del sys.modules[name]
        self.parked[case] = mine

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        self.enter(collector.path)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.enter(item.path)
        return (yield)
