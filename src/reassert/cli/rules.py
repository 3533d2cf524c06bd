"""``reassert rules``: list the rules."""

import sys

from reassert.cli.console import wants_colour
from reassert.cli.guard import DONE, ends


@ends
def rules() -> int:
    """List the rules: id, how safe it is, and what it does.

    `safe` rules run by default, `unsafe` ones with --unsafe-fixes; a `suggest` rule shows and never writes.
    """
    from reassert.catalog import load  # noqa: PLC0415 - not needed for help
    from reassert.report.rules import rule_rows  # noqa: PLC0415
    from reassert.report.text import write_rows  # noqa: PLC0415

    write_rows(rule_rows(load()), sys.stdout, colour=wants_colour(sys.stdout))
    return DONE
