from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pages import Case, Expected, PageError, parse_page
from reassert.model.config import Profile

PAGE = Path("some_rule.md")

CHANGE = """\
# Some rule
Prose.

## One file
```python before
a  # refuses: A-EXPR, B-BASE
b  # finds: X-ODD
```
```python after
c
```

```python
not a case
```
"""


def only(text: str) -> Case:
    (case,) = parse_page(text, PAGE)
    return case


def with_options(options: str) -> Case:
    return only(f"## One <!-- {options} -->\n```python unchanged\na\n```\n")


def test_reads_a_case() -> None:
    case = only(CHANGE)
    assert case.id == "some_rule::One file"
    assert case.line == 4
    assert case.before == {"test_case.py": "a  # refuses: A-EXPR, B-BASE\nb  # finds: X-ODD\n"}
    assert case.after == {"test_case.py": "c\n"}
    assert case.changes


def test_reads_what_is_expected() -> None:
    case = only(CHANGE)
    assert case.expected("refuses") == {
        Expected("A-EXPR", "test_case.py", 1),
        Expected("B-BASE", "test_case.py", 1),
    }
    assert case.expected("finds") == {Expected("X-ODD", "test_case.py", 2)}


def test_unchanged_is_both_sides() -> None:
    case = only("## One\n```python unchanged\na  # refuses: A-EXPR\n```\n")
    assert case.before == case.after
    assert not case.changes
    assert case.expected("refuses") == {Expected("A-EXPR", "test_case.py", 1)}


def test_reads_several_files_and_new_ones() -> None:
    case = only(
        "## One\n```python before path=t/base.py\na\n```\n```python after path=t/base.py\nb\n```\n"
        "```python unchanged path=./t/other.py\nc\n```\n```python after path=conftest.py\nd\n```\n"
    )
    assert case.before == {"t/base.py": "a\n", "t/other.py": "c\n"}
    assert case.after == {"t/base.py": "b\n", "t/other.py": "c\n", "conftest.py": "d\n"}


def test_a_longer_fence_holds_fences() -> None:
    case = only("## One\n````python unchanged\n'''\n```\n'''\n````\n")
    assert case.before == {"test_case.py": "'''\n```\n'''\n"}


def test_reads_options_of_heading_and_fence() -> None:
    case = only(
        "## One <!-- profile=asserts pytest=8.4 -->\n"
        "```python unchanged target=3.12 unsafe rules=a,b\na\n```\n"
    )
    config = case.options.config
    assert case.title == "One"
    assert (config.profile, config.pytest_version) == (Profile.ASSERTS, (8, 4))
    assert (config.target_version, config.unsafe_fixes) == ((3, 12), True)
    assert case.options.rules == ("a", "b")


def test_without_options_the_defaults_hold() -> None:
    case = only("## One\n```python unchanged\na\n```\n")
    assert case.options.config.profile is Profile.CLASSES
    assert case.options.rules is None
    assert case.options.runs


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ("", True),
        ("norun='needs Django'", False),
        ("unsafe", False),
        ("min-python=3.99", False),
        ("max-python=3.4", False),
        (f"min-python=3.{sys.version_info.minor} max-python=3.{sys.version_info.minor}", True),
    ],
)
def test_says_whether_a_case_can_be_run(options: str, *, runs: bool) -> None:
    assert with_options(options).options.runs is runs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## One\n```python before\na\n```\n", "some_rule.md:1: test_case.py has one side only"),
        ("## One\n```python after\na\n```\n", "some_rule.md:1: One has one side only"),
        (
            "## One\n```python unchanged\na\n```\n```python after\nb\n```\n",
            "some_rule.md:5: .* two after sides",
        ),
        ("## One\n```python befor\na\n```\n", "some_rule.md:2: .* not 'befor'"),
        ("## One\n```python before\na\n", "some_rule.md:2: the fence is not closed"),
        ("```python unchanged\na\n```\n", "some_rule.md:1: a case needs a heading"),
        ("## One <!-- pyest=8 -->\n", "some_rule.md:1: unknown option 'pyest'; known: "),
        ("## One <!-- norun -->\n", "some_rule.md:1: norun needs a reason"),
        ("## One\n```python before\na\n```\n```python after\na\n```\n", "some_rule.md:1: .* say unchanged"),
        (
            "## A\n```python unchanged\na\n```\n## A\n```python unchanged\nb\n```\n",
            "some_rule.md:5: a second",
        ),
    ],
)
def test_says_where_a_page_is_wrong(text: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        parse_page(text, PAGE)
