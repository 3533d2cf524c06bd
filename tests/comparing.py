"""Converts many hierarchies of test classes at once, and compares what they do before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hierarchies import CONFTEST, Hierarchy
from reassert.batch.executors import SerialExecutor
from reassert.workflow.planning import PlanRequest, make_plan
from running import Run, mapped, run_pytest, write_tree


@dataclass(frozen=True)
class Converted:
    """The files afterwards; ``excused`` are those where the tool says that an error may become an xfail."""

    files: Mapping[str, str]
    failures: Mapping[str, str]
    excused: AbstractSet[str]
    test_map: Mapping[str, Sequence[str]]


class Side(NamedTuple):
    run: Run
    tests: Mapping[str, Sequence[str]]
    classes: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Comparison:
    """Hierarchies by tag, converted and run; ``problem`` says what differs for one of them."""

    hierarchies: Mapping[str, Hierarchy]
    converted: Converted
    again: Converted
    before: Side
    after: Side

    def shown(self, tag: str) -> str:
        """Both sides as text."""
        files = self.hierarchies[tag].render(tag).items()
        return "\n".join(f"# {name}\n{old}\n# becomes\n{self.converted.files[name]}" for name, old in files)

    def texts(self) -> list[str]:
        """What has become of each hierarchy."""
        return [
            "".join(self.converted.files[n] for n in hierarchy.render(tag))
            for tag, hierarchy in self.hierarchies.items()
        ]

    def problem(self, tag: str) -> str:
        """What differs, or an empty string."""
        names = list(self.hierarchies[tag].render(tag))
        for name in names:
            for run in (self.converted, self.again):
                if name in run.failures:
                    return f"{name} could not be worked on: {run.failures[name]}"
            if self.again.files[name] != self.converted.files[name]:
                return f"a second run changes {name}:\n{self.again.files[name]}"
        if self.converted.excused & set(names):
            return ""
        for what, before, after in self._aspects(names):
            if before != after:
                return f"{what} differ\nbefore {before}\nafter  {after}"
        return ""

    def _aspects(self, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        renamed = self.converted.test_map
        outcomes = _of(names, self.after.run.outcomes)
        yield "outcomes", mapped(_of(names, self.before.run.outcomes), renamed), outcomes
        yield "events", mapped(_of(names, self.before.tests), renamed), _of(names, self.after.tests)
        ran = {key for key, outcome in outcomes.items() if outcome != "skipped"}
        yield "class events", _of_classes(names, ran, self.before), _of_classes(names, ran, self.after)


def _of(names: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key.partition("::")[0] in names}


def _of_classes(names: Sequence[str], ran: AbstractSet[str], side: Side) -> dict[str, Any]:
    """What classes and modules did of which a test ran: pytest sets up nothing for tests that it skips."""
    found = {tuple(key.split("::")): value for key, value in _of(names, side.classes).items()}
    places = [key.partition("::") for key in ran]
    return {
        f"{path}::{ident}": value
        for (path, ident), value in found.items()
        if any(file == path and ident in rest for file, _, rest in places)
    }


def compare(
    hierarchies: Mapping[str, Hierarchy], root: Path, trail: str, configuration: str = "[pytest]\n"
) -> Comparison:
    """Convert all of them at once, twice, and run both sides."""
    files = {"trail.py": trail, "conftest.py": CONFTEST, "pytest.ini": configuration}
    for tag, hierarchy in hierarchies.items():
        files |= hierarchy.render(tag)
    converted = _convert(root / "converted", files)
    again = _convert(root / "again", converted.files)
    before, after = _run(root / "before", files), _run(root / "after", converted.files)
    return Comparison(hierarchies, converted, again, before, after)


def _convert(root: Path, files: Mapping[str, str]) -> Converted:
    write_tree(root, files)
    plan = make_plan(PlanRequest(paths=(root,)), SerialExecutor())
    changed = {c.path.name: c.after.decode() for c in plan.changes if c.after is not None}
    failures = {failed.path.name: failed.error for failed in plan.failures}
    excused = frozenset(f.location.path.name for f in plan.findings if f.code == "B-XFAIL")
    return Converted({**files, **changed}, failures, excused, plan.test_map)


def _run(root: Path, files: Mapping[str, str]) -> Side:
    write_tree(root, files)
    run = run_pytest(root, root.with_suffix(".json"), ["--tb=no"])
    events: dict[str, defaultdict[str, list[str]]] = {"test": defaultdict(list), "class": defaultdict(list)}
    for row in (root / "trail.txt").read_text(encoding="utf-8").splitlines():
        kind, key, event = row.split("\t")
        events[kind][key].append(event)
    return Side(run, events["test"], events["class"])
