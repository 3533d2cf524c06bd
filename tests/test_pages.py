"""Every case of every rule page is a test: the page is the specification of its rule."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from converting import Converted, convert_file, convert_tree
from pages import Case, read_page
from reassert import catalog
from reassert.model.outcomes import Safety
from running import Run, matched, run_pytest, write_tree

RULES = {rule.id: rule for rule in catalog.load()}
CASES = [case for rule in RULES.values() if rule.page_path.exists() for case in read_page(rule.page_path)]
RUNNABLE = [
    case
    for case in CASES
    if case.options.runs and case.changes and RULES[case.page.stem].safety is Safety.SAFE
]
# What must not be said of a converted file: not collected, always true, soon gone.
LOUD = ["PytestCollectionWarning", "PytestAssertRewriteWarning", "PytestRemovedIn10Warning"]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
each_rule = pytest.mark.parametrize("rule_id", RULES)

Convert = Callable[[Case, Mapping[str, str]], Converted]


class Sides(NamedTuple):
    before: Run
    after: Run


@pytest.fixture
def convert(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """The tool, as a case's options want it."""

    def run(case: Case, files: Mapping[str, str]) -> Converted:
        config, rules = case.options.config, case.options.rules
        if len({**case.before, **case.after}) == 1:
            ((path, text),) = files.items()
            return convert_file(path, text, config, rules)
        return convert_tree(tmp_path_factory.mktemp("tree"), files, config, rules)

    return run


@pytest.fixture(scope="session")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Sides:
    """Both sides of all cases, each run by one pytest."""
    root = tmp_path_factory.mktemp("sides")
    loud = [f"-Werror::pytest.{name}" for name in LOUD]
    cases = [case for case in RUNNABLE if not case.is_configured]
    before = _run_side(root / "before", {_folder(case): case.before for case in cases}, [])
    after = _run_side(root / "after", {_folder(case): case.after for case in cases}, loud)
    return Sides(before, after)


def _run_side(root: Path, cases: Mapping[str, Mapping[str, str]], arguments: list[str]) -> Run:
    for folder, files in cases.items():
        write_tree(root / folder, files)
    write_tree(root, {"pytest.ini": "[pytest]\n"})
    return run_pytest(root, root.with_suffix(".json"), [f"--cases={root}", *arguments])


def _folder(case: Case) -> str:
    return f"{case.page.stem}-{case.line}"


def _of(case: Case, values: Mapping[str, str]) -> dict[str, str]:
    start = f"{_folder(case)}/"
    return {key.removeprefix(start): value for key, value in values.items() if key.startswith(start)}


@each_case
def test_gives_exactly_the_result(case: Case, convert: Convert) -> None:
    assert dict(convert(case, case.before).files) == case.after


@each_case
def test_refuses_and_finds_exactly_what_the_page_says(case: Case, convert: Convert) -> None:
    converted = convert(case, case.before)
    assert converted.places(converted.refusals) == case.expected("refuses")
    assert converted.places(converted.findings) == case.expected("finds")


@each_case
def test_a_second_run_changes_nothing(case: Case, convert: Convert) -> None:
    assert dict(convert(case, case.after).files) == case.after


@each_case
def test_the_result_parses(case: Case) -> None:
    for path, text in case.after.items():
        if path.endswith(".py"):
            ast.parse(text, path)


@pytest.mark.parametrize("case", [c for c in RUNNABLE if c.is_configured], ids=lambda case: case.id)
def test_both_sides_have_the_same_outcomes_as_configured(
    case: Case, convert: Convert, tmp_path: Path
) -> None:
    for side, files in (("before", case.before), ("after", case.after)):
        write_tree(tmp_path / side, files)
    before = run_pytest(tmp_path / "before", tmp_path / "before.json").outcomes
    after = run_pytest(tmp_path / "after", tmp_path / "after.json")
    assert before, "no test was collected: a case that cannot run says norun=REASON"
    assert after.outcomes == matched(before, after.outcomes, convert(case, case.before).test_map), (
        after.messages
    )


@pytest.mark.parametrize("case", [c for c in RUNNABLE if not c.is_configured], ids=lambda case: case.id)
def test_both_sides_have_the_same_outcomes(case: Case, convert: Convert, sides: Sides) -> None:
    before, after = _of(case, sides.before.outcomes), _of(case, sides.after.outcomes)
    assert before, "no test was collected: a case that cannot run says norun=REASON"
    expected = matched(before, after, convert(case, case.before).test_map)
    problems = "\n".join(
        [*_of(case, sides.before.messages).values(), *_of(case, sides.after.messages).values()]
    )
    assert after == expected, problems


@each_rule
def test_every_rule_has_a_page_with_cases(rule_id: str) -> None:
    assert any(case.page.stem == rule_id for case in CASES)


@each_rule
def test_every_refusal_has_an_example(rule_id: str) -> None:
    shown = {
        expected.code for case in CASES if case.page.stem == rule_id for expected in case.expected("refuses")
    }
    assert set(RULES[rule_id].refusals) <= shown
