"""``reassert explain``: show a rule's page."""

import sys

from reassert.cli import options as opt
from reassert.cli.console import wants_colour
from reassert.cli.guard import DONE, ends, outlasting


@ends
def explain(rule: opt.RuleId) -> int:
    """Show a rule's page: what it does and when not, with examples."""
    from reassert.catalog import load, rule_ids  # noqa: PLC0415 - not needed for help
    from reassert.report.terminal import write_page  # noqa: PLC0415
    from reassert.workflow.usage import UsageError  # noqa: PLC0415
    from reassert.workspace.settings import did_you_mean  # noqa: PLC0415

    known = rule_ids()
    if rule not in known:
        hint = did_you_mean(rule, known) or " (`reassert rules` lists all)"
        raise UsageError(f"unknown rule '{rule}'{hint}")
    page = load([rule])[0].page_path.read_text(encoding="utf-8")
    with outlasting(sys.stdout) as stream:
        write_page(page, stream, colour=wants_colour(stream))
    return DONE
