"""Runs the tool in this process on a handful of files given as text."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pages import Expected
from reassert import catalog
from reassert.batch.executors import SerialExecutor
from reassert.engine import Member, rewrite
from reassert.model.config import RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Failed, Finding, Refusal, Rewritten, Unchanged
from reassert.model.source import SourceFile
from reassert.workflow.planning import PlanRequest, make_plan
from running import write_tree


@dataclass(frozen=True)
class Converted:
    """The files afterwards, what was said about them, and which test became which (node ids)."""

    files: Mapping[str, str]
    refusals: Sequence[Refusal] = ()
    findings: Sequence[Finding] = ()
    test_map: Mapping[str, Sequence[str]] = field(default_factory=dict)
    root: Path = Path()

    def places(self, items: Sequence[Refusal] | Sequence[Finding]) -> set[Expected]:
        """``items`` as a page announces them."""
        return {
            Expected(
                item.code, os.path.relpath(self.root / item.location.path, self.root), item.location.line
            )
            for item in items
        }


def convert_file(path: str, text: str, config: RuleConfig, rules: Sequence[str] | None = None) -> Converted:
    """One file that has no relations to others, through the engine alone."""
    source = SourceFile(Path(path), text.encode(), "utf-8", "\n")
    outcome = rewrite(Member(source, catalog.load(rules), FileFacts(), config)).outcome
    if isinstance(outcome, Failed):
        raise AssertionError(f"{path}:{outcome.line}: {outcome.error}")
    if not isinstance(outcome, (Rewritten, Unchanged)):
        return Converted({path: text})
    after = text
    if isinstance(outcome, Rewritten) and outcome.change.after is not None:
        after = outcome.change.after.decode()
    said = outcome.report
    test_map = {f"{path}::{old}": tuple(f"{path}::{n}" for n in new) for old, new in said.test_map.items()}
    return Converted({path: after}, said.refusals, said.findings, test_map)


def convert_tree(
    root: Path, files: Mapping[str, str], config: RuleConfig, rules: Sequence[str] | None = None
) -> Converted:
    """Several files, through planning; ``root`` is an empty folder that gets them."""
    write_tree(root, files)
    settings = root.with_suffix(".toml")
    settings.write_text(_settings(config), encoding="utf-8")
    request = PlanRequest(paths=(root,), select=tuple(rules or ()), config_file=settings)
    plan = make_plan(request, SerialExecutor())
    if plan.failures:
        raise AssertionError(str(plan.failures))
    after = dict(files)
    for change in plan.changes:
        path = os.path.relpath(root / change.path, root)
        if change.after is None:
            del after[path]
        else:
            after[path] = change.after.decode()
    return Converted(after, plan.refusals, plan.findings, plan.test_map, root)


def _settings(config: RuleConfig) -> str:
    (python, minor), pytest = config.target_version, config.pytest_version
    return (
        f'profile = "{config.profile.name.lower()}"\n'
        f'target-version = "py{python}{minor}"\n'
        f'pytest-version = "{pytest[0]}.{pytest[1]}"\n'
        f"unsafe-fixes = {str(config.unsafe_fixes).lower()}\n"
        f"awaken = {str(config.awaken).lower()}\n"
    )
