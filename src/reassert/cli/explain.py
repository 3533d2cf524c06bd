"""``reassert explain``: show a rule's page, or what a code means."""

import sys

from reassert.cli import options as opt
from reassert.cli.console import wants_colour
from reassert.cli.guard import DONE, ends, outlasting


@ends
def explain(rule: opt.RuleId) -> int:
    """Show a rule's page: what it does and when not, with examples.

    Given a code of the summary, such as B-BASE, say what it means and which rules use it.
    """
    from reassert.report.terminal import write_page  # noqa: PLC0415 - not needed for help

    page = _page_of(rule)
    with outlasting(sys.stdout) as stream:
        write_page(page, stream, colour=wants_colour(stream))
    return DONE


def _page_of(name: str) -> str:
    from reassert.catalog import load, rule_ids  # noqa: PLC0415 - not needed for help
    from reassert.report.rules import code_page, rule_page  # noqa: PLC0415
    from reassert.workflow.usage import UsageError  # noqa: PLC0415
    from reassert.workspace.settings import did_you_mean  # noqa: PLC0415

    known = rule_ids()
    page = rule_page(load([name])[0]) if name in known else code_page(name.upper(), load())
    if not page:
        hint = did_you_mean(name, known) or " (`reassert rules` lists all)"
        raise UsageError(f"unknown rule '{name}'{hint}")
    return page
