"""Starts pytest in a process of its own and reads back what happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reassert.workflow.certifying.matching import match_by_map

_PLUGINS = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """``outcomes`` by node id; ``messages`` of what failed."""

    outcomes: Mapping[str, str]
    messages: Mapping[str, str]


def write_tree(root: Path, files: Mapping[str, str]) -> None:
    """Write ``files`` below ``root``."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())


def run_pytest(folder: Path, report: Path, arguments: Sequence[str] = ()) -> Run:
    """Run the tests under ``folder``; AssertionError with pytest's output when it did not get to the end."""
    command = [sys.executable, "-m", "pytest", "-p", "outcomes_plugin", f"--outcomes={report}", "-q"]
    command += ["-p", "no:cacheprovider", "--continue-on-collection-errors", *arguments, "."]
    path = os.pathsep.join([str(_PLUGINS), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    environment = {key: value for key, value in environment.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if not report.exists():
        raise AssertionError(f"pytest did not finish in {folder}:\n{done.stdout}\n{done.stderr}")
    return Run(**json.loads(report.read_text(encoding="utf-8")))


def matched(
    before: Mapping[str, str], after: Mapping[str, str], test_map: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """What the outcomes ``after`` must be: a test that fails may have become cases of which some pass."""
    expected = {}
    for old, match in match_by_map(before, after, test_map).matches.items():
        news = {new: after.get(new, "missing") for new in match.after}
        partly = len(news) > 1 and before[old] == "failed" and before[old] in news.values()
        expected.update(news if partly else dict.fromkeys(news, before[old]))
    return expected


def mapped(outcomes: Mapping[str, str], test_map: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What ``outcomes`` must be after the tests are renamed by ``test_map`` (node ids without parameters)."""
    renamed = {}
    for nodeid, outcome in outcomes.items():
        name, bracket, parameters = nodeid.partition("[")
        for new in test_map.get(name, (name,)):
            renamed[new + bracket + parameters] = outcome
    return renamed
