"""The table of rules, the page of one, and what is known of a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reassert.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reassert.model.rules import Audit, Codemod
    from reassert.report.text import Row

_STYLES = {"safe": "green", "unsafe": "yellow", "suggest": "cyan", "audit": "magenta"}
_SAFETY = {
    "safe": "safe: applied by default.",
    "unsafe": "unsafe: applied with `{option}` only.",
    "suggest": "a suggestion: shown, never written.",
    "audit": "an audit: `reassert audit` reports what it finds, and nothing changes.",
}


def rule_rows(rules: Sequence[Codemod[Any] | Audit[Any]]) -> Iterator[Row]:
    """Give a row for each rule, by id: the id, its safety or that it is an audit, its title."""
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in sorted(rules, key=lambda rule: rule.id):
        safety = _safety(rule)
        yield (
            (rule.id.ljust(width), "bold"),
            (f"  {safety:<7}  ", _STYLES[safety]),
            (one_line(rule.title), ""),
        )


def rule_page(rule: Codemod[Any] | Audit[Any]) -> str:
    """Give a rule's page in Markdown, with what its class says: id, safety, its codes."""
    title, _, rest = _page(rule).partition("\n")
    codes = [f"- `{code}`: {one_line(why)}" for code, why in sorted(_codes(rule).items())]
    heading = "## What it finds" if _safety(rule) == "audit" else "## What it refuses"
    listed = "\n".join([f"\n{heading}\n", *codes, ""]) if codes else ""
    safety = _SAFETY[_safety(rule)].format(option=getattr(rule, "option", ""))
    return f"{title}\n\n`{rule.id}`, {safety}\n{rest.rstrip()}\n{listed}"


def code_page(code: str, rules: Iterable[Codemod[Any] | Audit[Any]]) -> str:
    """Give in Markdown what the rules say of a refusal's or a finding's code; empty if none knows it."""
    lines = []
    for rule in sorted(rules, key=lambda rule: rule.id):
        if code in _codes(rule):
            lines.append(f"- `{rule.id}`: {one_line(_codes(rule)[code])}")
        elif f"`{code}`" in _page(rule):
            lines.append(f"- `{rule.id}`: see its page")
    examples = "\n`reassert explain RULE` shows a rule's page, with examples.\n"
    return "\n".join([f"# {code}\n", *lines, examples]) if lines else ""


def _safety(rule: Codemod[Any] | Audit[Any]) -> str:
    """How safe a codemod is; an audit has nothing to be careful with."""
    return str(rule.safety.value) if hasattr(rule, "safety") else "audit"


def _codes(rule: Codemod[Any] | Audit[Any]) -> Mapping[str, str]:
    codes: Mapping[str, str] = rule.refusals if hasattr(rule, "refusals") else rule.findings
    return codes


def _page(rule: Codemod[Any] | Audit[Any]) -> str:
    return rule.page_path.read_text(encoding="utf-8")
