"""Reads rule pages: a heading a case, fences for its files, comments for what is expected in them.

A case looks like this::

    ## A message that is a literal  <!-- profile=asserts pytest=8.4 -->
    ```python before path=tests/test_one.py
    ```python after path=tests/test_one.py

``unchanged`` stands for both sides; a file that is only ``after`` is a new one. Files that are no Python are
``ini``, ``toml`` or ``text``; a case that has one is run by a pytest of its own.
A line of ``before`` or ``unchanged`` may end in ``# refuses: CODE`` or ``# finds: CODE`` (several codes:
separated by commas); the comment is part of the source that the tool gets.
Options are words or ``key=value`` (quoted if it holds blanks), on the heading or on a fence; see ``Options``.
"""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from reassert.model.config import Profile, RuleConfig

DEFAULT_PATH = "test_case.py"
_FENCE = re.compile(r"(?P<indent> {0,3})(?P<ticks>`{3,})(?P<info>[^`]*)$")
_HEADING = re.compile(r"#{2,6}\s+(?P<title>.*?)\s*(?:<!--(?P<options>.*?)-->)?\s*$")
_EXPECTED = re.compile(r"#\s*(?P<kind>refuses|finds):\s*(?P<codes>[A-Z0-9-]+(?:\s*,\s*[A-Z0-9-]+)*)")
_LANGUAGES = ("python", "ini", "toml", "text")
_SIDES = ("before", "after", "unchanged")


class PageError(ValueError):
    """A page that cannot be read; the message names the page and the line."""


class Expected(NamedTuple):
    """A refusal or a finding: its code, the file, the 1-based line in that file."""

    code: str
    path: str
    line: int


@dataclass(frozen=True)
class Options:
    """``profile= pytest= target= unsafe awaken rules=a,b norun=REASON`` and so on, as written."""

    values: dict[str, str] = field(default_factory=dict)

    KNOWN = frozenset(
        {
            "profile",
            "pytest",
            "target",
            "unsafe",
            "awaken",
            "rules",
            "norun",
            "min-python",
            "max-python",
            "path",
        }
    )

    @property
    def config(self) -> RuleConfig:
        """The configuration that the case is planned with."""
        config = RuleConfig(unsafe_fixes="unsafe" in self.values, awaken="awaken" in self.values)
        if "profile" in self.values:
            config = replace(config, profile=Profile[self.values["profile"].upper()])
        if "pytest" in self.values:
            config = replace(config, pytest_version=_version(self.values["pytest"]))
        if "target" in self.values:
            config = replace(config, target_version=_version(self.values["target"]))
        return config

    @property
    def rules(self) -> tuple[str, ...] | None:
        """The ids of the rules to run; None for all."""
        return tuple(self.values["rules"].split(",")) if "rules" in self.values else None

    @property
    def runs(self) -> bool:
        """Whether the case's sides can be run, and compared, on this interpreter."""
        lowest = _version(self.values.get("min-python", "3.0"))
        highest = _version(self.values.get("max-python", "3.99"))
        return (
            not {"norun", "unsafe", "awaken"} & set(self.values) and lowest <= sys.version_info[:2] <= highest
        )


@dataclass(frozen=True)
class Case:
    """One heading of a page: what goes in and what must come out, by path."""

    page: Path
    line: int
    title: str
    options: Options
    before: dict[str, str]
    after: dict[str, str]

    @property
    def id(self) -> str:
        """``rule::heading``."""
        return f"{self.page.stem}::{self.title}"

    @property
    def changes(self) -> bool:
        """Whether any file comes out other than it went in."""
        return self.before != self.after

    @property
    def is_configured(self) -> bool:
        """Whether files that are no Python belong to it, such as pytest's configuration."""
        return any(not path.endswith(".py") for path in {**self.before, **self.after})

    def expected(self, kind: str) -> set[Expected]:
        """What the comments announce; ``kind`` is ``refuses`` or ``finds``."""
        return {
            Expected(code, path, number)
            for path, text in self.before.items()
            for number, line in enumerate(text.split("\n"), 1)
            for found in _EXPECTED.finditer(line)
            if found["kind"] == kind
            for code in re.split(r"\s*,\s*", found["codes"])
        }


class _Fence(NamedTuple):
    line: int
    side: str
    options: dict[str, str]
    text: str


@dataclass
class _Section:
    line: int
    title: str
    options: dict[str, str]
    fences: list[_Fence] = field(default_factory=list)


def read_page(page: Path) -> list[Case]:
    """The cases of a page, in order; headings without Python fences are prose. Raises PageError."""
    return parse_page(page.read_text(encoding="utf-8"), page)


def parse_page(text: str, page: Path) -> list[Case]:
    """As ``read_page``, from the page's text."""
    cases = [_case(page, section) for section in _sections(page, text) if section.fences]
    seen: set[str] = set()
    for case in cases:
        if case.title in seen:
            raise PageError(f"{page}:{case.line}: a second case is called {case.title!r}")
        seen.add(case.title)
    return cases


def _sections(page: Path, text: str) -> list[_Section]:
    sections = [_Section(1, "", {})]
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        fence, heading = _FENCE.match(lines[number]), _HEADING.match(lines[number])
        start = number
        number += 1
        if fence:
            number, body = _body(page, lines, start, fence["ticks"])
            _add_fence(page, sections[-1], start + 1, fence["info"], body)
        elif heading:
            options = _options(page, start + 1, heading["options"] or "")
            sections.append(_Section(start + 1, heading["title"], options))
    return sections


def _body(page: Path, lines: list[str], start: int, ticks: str) -> tuple[int, str]:
    for end in range(start + 1, len(lines)):
        if lines[end].strip() == ticks:
            return end + 1, "".join(f"{line}\n" for line in lines[start + 1 : end])
    raise PageError(f"{page}:{start + 1}: the fence is not closed")


def _add_fence(page: Path, section: _Section, line: int, info: str, body: str) -> None:
    words = info.split(maxsplit=2)
    if not words or words[0] not in _LANGUAGES or len(words) == 1:
        return
    if words[1] not in _SIDES:
        raise PageError(f"{page}:{line}: a fence is before, after or unchanged, not {words[1]!r}")
    if not section.title:
        raise PageError(f"{page}:{line}: a case needs a heading")
    section.fences.append(_Fence(line, words[1], _options(page, line, "".join(words[2:])), body))


def _options(page: Path, line: int, text: str) -> dict[str, str]:
    options = {}
    for word in shlex.split(text):
        key, _, value = word.partition("=")
        if key not in Options.KNOWN:
            raise PageError(
                f"{page}:{line}: unknown option {key!r}; known: {', '.join(sorted(Options.KNOWN))}"
            )
        options[key] = value
    if options.get("norun") == "":
        raise PageError(f"{page}:{line}: norun needs a reason")
    return options


def _case(page: Path, section: _Section) -> Case:
    values = dict(section.options)
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for fence in section.fences:
        path = str(PurePosixPath(fence.options.get("path", DEFAULT_PATH)))
        values.update((key, value) for key, value in fence.options.items() if key != "path")
        for side, files in (("before", before), ("after", after)):
            if fence.side in (side, "unchanged"):
                if path in files:
                    raise PageError(f"{page}:{fence.line}: {path} has two {side} sides in one case")
                files[path] = fence.text
    _check_sides(page, section, before, after)
    return Case(page, section.line, section.title, Options(values), before, after)


def _check_sides(page: Path, section: _Section, before: dict[str, str], after: dict[str, str]) -> None:
    lonely = before.keys() - after.keys()
    if lonely or not before:
        odd = ", ".join(sorted(lonely)) or section.title
        raise PageError(f"{page}:{section.line}: {odd} has one side only")
    same = [path for path in before if before[path] == after[path]]
    unchanged = sum(fence.side == "unchanged" for fence in section.fences)
    if len(same) > unchanged:
        raise PageError(f"{page}:{section.line}: {same[0]} is the same before and after: say unchanged")


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)
