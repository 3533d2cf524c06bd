"""The table of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reassert.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reassert.model.rules import Codemod
    from reassert.report.text import Row

_STYLES = {"safe": "green", "unsafe": "yellow", "suggest": "cyan"}


def rule_rows(rules: Sequence[Codemod[Any]]) -> Iterator[Row]:
    """Give a row for each rule, by id: the id, its safety, its title."""
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in sorted(rules, key=lambda rule: rule.id):
        safety = rule.safety.value
        yield (
            (rule.id.ljust(width), "bold"),
            (f"  {safety:<7}  ", _STYLES[safety]),
            (one_line(rule.title), ""),
        )
