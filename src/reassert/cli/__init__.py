"""The command line, one typer command a file: parses, calls the workflow, hands the result to report."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; ends in SystemExit: 0 done, 1 something is pending, 2 trouble, 130 Ctrl-C."""
    try:
        from reassert.cli.app import app  # noqa: PLC0415 - an interrupt counts from here on

        app(prog_name="reassert")
    except KeyboardInterrupt:
        sys.exit(130)
