"""What the documents say about the code is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from converting import convert_file
from reassert.cli.app import app
from reassert.model.config import RuleConfig
from reassert.workspace.settings import KEYS

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_readme_lists_every_setting() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Configuration")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == set(KEYS)


def test_the_readme_names_only_options_that_exist() -> None:
    words = set(re.findall(r"--[a-z][a-z-]+", (ROOT / "README.md").read_text(encoding="utf-8")))
    commands = get_command(app).commands.values()  # type: ignore[attr-defined]
    options = {name for command in commands for option in command.params for name in option.opts}
    assert words - {"--help"} <= options


def test_the_example_in_the_readme_is_what_the_tool_does() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    before, after = re.findall(r"```python\n(class .*?)```", text, re.DOTALL)
    converted = convert_file("test_readme.py", f"import unittest\n\n\n{before}", RuleConfig())
    assert converted.files["test_readme.py"] == f"import pytest\n\n\n{after}"


def test_decisions_are_numbered_in_order() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
