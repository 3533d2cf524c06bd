"""The table of rules, the page of one, and what is known of a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reassert.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reassert.model.rules import Codemod
    from reassert.report.text import Row

_STYLES = {"safe": "green", "unsafe": "yellow", "suggest": "cyan"}
_SAFETY = {
    "safe": "safe: applied by default.",
    "unsafe": "unsafe: applied with `{option}` only.",
    "suggest": "a suggestion: shown, never written.",
}


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


def rule_page(rule: Codemod[Any]) -> str:
    """Give a rule's page in Markdown, with what its class says: id, safety, the codes of its refusals."""
    title, _, rest = _page(rule).partition("\n")
    codes = [f"- `{code}`: {one_line(why)}" for code, why in sorted(rule.refusals.items())]
    refusals = "\n".join(["\n## What it refuses\n", *codes, ""]) if codes else ""
    safety = _SAFETY[rule.safety.value].format(option=rule.option)
    return f"{title}\n\n`{rule.id}`, {safety}\n{rest.rstrip()}\n{refusals}"


def code_page(code: str, rules: Iterable[Codemod[Any]]) -> str:
    """Give in Markdown what the rules say of a refusal's or a finding's code; empty if none knows it."""
    lines = []
    for rule in sorted(rules, key=lambda rule: rule.id):
        if code in rule.refusals:
            lines.append(f"- `{rule.id}`: {one_line(rule.refusals[code])}")
        elif f"`{code}`" in _page(rule):
            lines.append(f"- `{rule.id}`: see its page")
    examples = "\n`reassert explain RULE` shows a rule's page, with examples.\n"
    return "\n".join([f"# {code}\n", *lines, examples]) if lines else ""


def _page(rule: Codemod[Any]) -> str:
    return rule.page_path.read_text(encoding="utf-8")
