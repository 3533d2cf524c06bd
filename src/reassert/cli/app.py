"""The typer application: the commands, and the options that stand before them."""

from typing import Annotated

import typer

from reassert import __version__
from reassert.cli.audit import audit
from reassert.cli.coercion import PlainCommand, PlainGroup
from reassert.cli.diff import diff
from reassert.cli.explain import explain
from reassert.cli.migrate import migrate
from reassert.cli.rules import rules
from reassert.cli.undo import undo
from reassert.cli.verify import verify

# Plain help starts in half the time that rich help does.
app = typer.Typer(
    name="reassert",
    cls=PlainGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (diff, migrate, verify, undo, audit, rules, explain):
    app.command(cls=PlainCommand)(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reassert {__version__}")
        raise typer.Exit


@app.callback(
    epilog="Start with `reassert diff tests`: it shows what would change, and writes nothing. "
    "`reassert migrate tests` shows the same, asks, and writes; `reassert undo` takes it back."
)
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Turn unittest suites into pytest style, and prove that no test was lost.

    What cannot be converted with certainty is left exactly as it is, and reported with its reason.
    """
