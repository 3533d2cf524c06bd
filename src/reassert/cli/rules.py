"""``reassert rules``: list the rules."""

import sys

from reassert.cli.console import wants_colour
from reassert.cli.guard import DONE, ends, outlasting


@ends
def rules() -> int:
    """List the rules: id, how safe it is, and what it does.

    `safe` rules run by default, `unsafe` ones with --unsafe-fixes or --awaken, as their
    pages say; a `suggest` rule shows and never writes. An `audit` is what `reassert audit` looks for.
    """
    from reassert.catalog import load, load_audits  # noqa: PLC0415 - not needed for help
    from reassert.report.rules import rule_rows  # noqa: PLC0415
    from reassert.report.text import write_rows  # noqa: PLC0415

    with outlasting(sys.stdout) as stream:
        write_rows(rule_rows([*load(), *load_audits()]), stream, colour=wants_colour(stream))
    return DONE
