import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reassert.model.edits import Unit
from reassert.model.outcomes import (
    Change,
    Failed,
    Finding,
    Location,
    Plan,
    Refusal,
    Safety,
    Skipped,
    Tally,
)
from reassert.report import diff
from reassert.report.highlight import highlighted
from reassert.report.terminal import write_diff, write_page, write_summary
from reassert.report.text import visible

ROOT = Path("/work")
UNIT = Unit("rule", "TestX")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def shown(write, *arguments, **options):
    out = io.StringIO()
    write(*arguments, out, **{"base": ROOT, "colour": False, **options})
    return out.getvalue()


def refusal(name, line, code, reason="because"):
    return Refusal("rule", code, Location(ROOT / name, line), UNIT, reason)


@pytest.fixture
def plan():
    return Plan(
        ROOT,
        changes=(Change(ROOT / "a.py", b"x = 1\ny = 2\n", b"x = 3\ny = 2\n"),),
        refusals=(
            refusal("b.py", 7, "B-BASE", "the base class\nis [bold]unknown[/]"),
            refusal("a.py", 30, "A-EXPR"),
            refusal("a.py", 4, "B-BASE"),
        ),
        findings=(Finding("rule", "C-VACUOUS", Location(ROOT / "a.py", 2), "never ran", "await it"),),
        failures=(
            Failed(ROOT / "bad.py", "invalid syntax", 3),
            Failed(Path("/else/x.py"), "permission denied"),
        ),
        skipped=(Skipped(ROOT / "s.py", "generated"), Skipped(ROOT / "t.py", "generated")),
        tally=Tally(5, 4, 1037, 124, 120),
        test_map={
            "a.py::FooTestCase::test_a": ("a.py::TestFoo::test_a",),
            "a.py::FooTestCase::test_b": ("a.py::TestFoo::test_b",),
            "a.py::TestBar::test_c": ("a.py::TestBar::test_c[1]", "a.py::TestBar::test_c[2]"),
        },
        files=12,
    )


def test_the_plain_diff(plan):
    assert shown(write_diff, plan) == "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x = 1\n+x = 3\n y = 2\n"


def test_the_summary_lists_everything(plan):
    assert shown(write_summary, plan) == (
        "\n"
        "3 tests will have another name\n"
        "  a.py::FooTestCase -> TestFoo (2 tests)\n"
        "  a.py::TestBar::test_c -> a.py::TestBar::test_c[1], a.py::TestBar::test_c[2]\n"
        "\n"
        "3 conversions refused: what is refused stays as it is, and still runs\n"
        "  a.py:4   B-BASE  because\n"
        "  a.py:30  A-EXPR  because\n"
        "  b.py:7   B-BASE  the base class is [bold]unknown[/]\n"
        "\n"
        "1 place to look at\n"
        "  a.py:2  C-VACUOUS  never ran (await it)\n"
        "\n"
        "2 files could not be worked on, and stay as they are\n"
        "  /else/x.py  permission denied\n"
        "  bad.py:3  invalid syntax\n"
        "\n"
        "What to fix first\n"
        "  1 place           B-BASE  because\n"
        "                    a.py:4 in TestX\n"
        "  1 place           A-EXPR  because\n"
        "                    a.py:30 in TestX\n"
        "  1 place           B-BASE  the base class is [bold]unknown[/]\n"
        "                    b.py:7 in TestX\n"
        "\n"
        "1 file to change (12 files looked at)\n"
        "  classes     4 of 5 become plain classes\n"
        "  tests       1,037 in these classes\n"
        "  assertions  120 of 124 converted\n"
        "  names       3 tests will have another name\n"
        "  refused     3 conversions; the code stays and still runs\n"
        "    B-BASE       2\n"
        "    A-EXPR       1\n"
        "  to look at  1 place\n"
        "    C-VACUOUS       1\n"
        "  skipped     2 files: generated\n"
        "  failed      2 files\n"
        "What a code means: reassert explain CODE\n"
    )


def test_refusals_of_a_file_that_say_the_same_share_a_row_for_a_reader():
    refusals = (
        *(refusal("a.py", number, "B-BASE", "unknown  base") for number in (9, 4, 30)),
        refusal("a.py", 9, "A-EXPR"),
        refusal("b.py", 4, "B-BASE", "unknown base"),
        *(refusal("c.py", number, "B-BASE") for number in (7, 8)),
    )
    text = shown(write_summary, Plan(ROOT, refusals=refusals, files=3), grouped=True, verbose=True)
    assert text.splitlines()[:6] == [
        "7 conversions refused: what is refused stays as it is, and still runs",
        "  a.py:4  B-BASE  unknown base (also in lines 9, 30)",
        "  a.py:9  A-EXPR  because",
        "  b.py:4  B-BASE  unknown base",
        "  c.py:7  B-BASE  because (also in line 8)",
        "",
    ]
    assert shown(write_summary, Plan(ROOT, refusals=refusals, files=3)).count("\n  c.py:") == 2


def test_a_reader_sees_causes_in_the_place_of_single_refusals(plan):
    text = shown(write_summary, plan, grouped=True)
    assert "What to fix first\n" in text
    assert "conversions refused" not in text
    assert "B-BASE       2" not in text
    assert "  a.py:2  C-VACUOUS  never ran (await it)\n" in text


def test_the_short_summary_counts_by_code(plan):
    text = shown(write_summary, plan, stat=True)
    assert "What to fix first\n" in text
    assert "    B-BASE       2\n    A-EXPR       1\n" in text
    assert "C-VACUOUS       1\n" in text
    assert "conversions refused" not in text
    assert "TestFoo" not in text
    assert "bad.py:3  invalid syntax" in text


def test_a_name_keeps_its_blanks():
    failures = (Failed(ROOT / "a  b.py", "x"), Failed(ROOT / "c\n\td.py", "y"))
    text = shown(write_summary, Plan(ROOT, files=2, failures=failures))
    assert "  a  b.py  x\n" in text
    assert "  c\u240a\u2409d.py  y\n" in text


def test_one_failure_is_told_in_the_singular():
    text = shown(write_summary, Plan(ROOT, files=1, failures=(Failed(ROOT / "a.py", "is read-only"),)))
    assert "1 file could not be worked on, and stays as it is\n" in text


def test_an_empty_plan_says_so():
    assert shown(write_summary, Plan(ROOT, files=1)) == "Nothing to change (1 file looked at)\n"


def test_a_folder_without_python_says_so():
    assert shown(write_summary, Plan(ROOT)) == "Nothing to change (no Python file found)\n"


def test_colours_change_no_character(plan):
    for write in (write_diff, write_summary):
        coloured = shown(write, plan, colour=True)
        assert "\x1b[" in coloured
        assert ESCAPE.sub("", coloured) == shown(write, plan)


def test_new_code_is_highlighted_and_markup_is_text():
    after = b'def f():\n    return "[red]x[/]"\n'
    text = shown(write_diff, Plan(ROOT, (Change(ROOT / "a.py", None, after),)), colour=True)
    assert "\x1b[34mdef\x1b[0m" in text
    assert "[red]x[/]" in text


def test_a_long_line_is_neither_wrapped_nor_cut():
    body = b"x = '" + b"long " * 400 + b"'\n"
    for colour in (False, True):
        text = shown(write_diff, Plan(ROOT, (Change(ROOT / "a.py", None, body),)), colour=colour)
        assert "+" + body.decode() in ESCAPE.sub("", text)


def test_beyond_the_budget_lines_are_coloured_by_kind(monkeypatch):
    monkeypatch.setattr(diff, "HIGHLIGHT_LINES", 2)
    changes = tuple(Change(ROOT / name, None, b"def f(): pass\n") for name in ("a.py", "b.py", "c.py"))
    text = shown(write_diff, Plan(ROOT, changes), colour=True)
    assert text.count("\x1b[34mdef") == 2
    assert text.count("\x1b[32m+def f(): pass\x1b[0m") == 1


def test_a_missing_final_newline_and_foreign_bytes_are_shown():
    change = Change(ROOT / "a.py", b"x = '\xe9'\r\n", b"x = '\xe8'", encoding="latin-1")
    assert shown(write_diff, Plan(ROOT, (change,))).endswith(
        "@@ -1 +1 @@\n-x = '\u00e9'\n+x = '\u00e8'\n\\ No newline at end of file\n"
    )


def test_nothing_in_a_file_steers_the_terminal():
    body = b"\x1b[2J\x0c\r\x7f\xc2\x9b31m\xe2\x80\xaeabc\t\n"
    text = shown(write_diff, Plan(ROOT, (Change(ROOT / "a\x1b.py", None, body),)))
    assert text == (
        "--- /dev/null\n+++ b/a\u241b.py\n@@ -0,0 +1 @@\n+\u241b[2J\u240c\u240d\u2421\\x9b31m\\u202eabc\t\n"
    )


@pytest.mark.parametrize(
    ("safety", "note"),
    [(Safety.SAFE, ""), (Safety.UNSAFE, " (unsafe: not proved"), (Safety.SUGGEST, " (a suggestion: never")],
)
def test_what_is_not_safe_is_marked(safety, note):
    change = Change(ROOT / "a.py", b"a\n", b"b\n", safety=safety)
    assert f"+++ b/a.py{note}" in shown(write_diff, Plan(ROOT, (change,)))


def test_a_removed_file_is_shown_as_such():
    text = shown(write_diff, Plan(ROOT, (Change(ROOT / "a.py", b"a\n", None),)))
    assert text == "--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"


@given(st.lists(st.text(st.characters(codec="utf-8")).map(visible), min_size=1))
def test_highlighting_keeps_every_line(lines):
    assert ["".join(text for text, _ in row) for row in highlighted(lines)] == lines


def test_a_string_is_one_piece():
    assert highlighted(['x = "a b"']) == [[("x = ", ""), ('"a b"', "yellow")]]


def test_a_page_is_raw_markdown_or_laid_out():
    page = "# Title\n\nSome *words*."
    plain, rich = io.StringIO(), io.StringIO()
    write_page(page, plain, colour=False)
    write_page(page, rich, colour=True)
    assert plain.getvalue() == page + "\n"
    assert "\x1b[" in rich.getvalue()
    assert "Some words." in ESCAPE.sub("", rich.getvalue())


def test_a_laid_out_page_says_which_example_is_which():
    page = "# T\n```python before\na\n```\n```python after path=x.py\nb\n```\n```python unchanged\nc\n```\n"
    out = io.StringIO()
    write_page(page, out, colour=True)
    lines = [line.strip() for line in ESCAPE.sub("", out.getvalue()).splitlines()]
    shown_lines = [line for line in lines if line]
    assert shown_lines[-6:] == [
        "Before:",
        "a",
        "After (x.py):",
        "b",
        "Left as it is:",
        "c",
    ]


def test_of_many_connected_files_some_are_named():
    connected = tuple(ROOT / f"t{number}.py" for number in range(7))
    for stat in (False, True):
        text = shown(write_summary, Plan(ROOT, files=8, connected=connected), stat=stat)
        assert text.splitlines()[:7] == [
            "7 more files change with those given (test classes or pytest connect them)",
            *(f"  t{number}.py" for number in range(5)),
            "  and 2 more",
        ]
