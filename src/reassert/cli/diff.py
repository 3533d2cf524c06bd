"""``reassert diff``: show what would change; writes no source file."""

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassert.cli import options as opt
from reassert.cli.console import is_terminal, patch_base, wants_colour
from reassert.cli.guard import PENDING, ends, outlasting
from reassert.cli.planning import exit_code, plan

if TYPE_CHECKING:
    from reassert.model.outcomes import Plan


class Format(str, Enum):
    """How the changes are written to standard output."""

    text = "text"
    patch = "patch"


Check = Annotated[bool, typer.Option("--check", help="Exit with 1 if anything would change (for CI).")]
Stat = Annotated[
    bool, typer.Option("--stat", help="Show only the summary, with refusals by cause and counted by code.")
]
OutputFormat = Annotated[
    Format,
    typer.Option(help="`text` to read, or `patch` for a patch that `git apply` accepts, exact to the byte."),
]


@ends
def diff(  # noqa: PLR0913, PLR0917 - typer reads the options from the parameters
    paths: opt.Paths,
    check: Check = False,
    stat: Stat = False,
    output_format: OutputFormat = Format.text,
    select: opt.Select = None,
    ignore: opt.Ignore = None,
    profile: opt.Profile = None,
    unsafe_fixes: opt.UnsafeFixes = None,
    awaken: opt.Awaken = None,
    only_given: opt.OnlyGiven = None,
    add_dependencies: opt.AddDependencies = False,
    jobs: opt.Jobs = None,
    config: opt.Config = None,
    isolated: opt.Isolated = False,
    no_cache: opt.NoCache = False,
    cache_dir: opt.CacheDir = None,
    verbose: opt.Verbose = False,
) -> int:
    """Show what would change, and what would not and why. Writes nothing.

    The changes go to standard output as a unified diff, the summary to standard error.

    Exit codes: 0 done; 1 with --check when something would change; 2 when nothing could be done.
    """
    planned = plan(
        opt.PlanOptions(
            paths=tuple(paths),
            select=None if select is None else opt.split_ids(select),
            ignore=opt.split_ids(ignore),
            profile=profile,
            unsafe_fixes=unsafe_fixes,
            awaken=awaken,
            only_given=only_given,
            add_dependencies=add_dependencies,
            jobs=jobs,
            config=config,
            isolated=isolated,
            cache=not no_cache,
            cache_dir=cache_dir,
        )
    )
    if not stat:
        show_changes(planned, output_format)
    show_summary(planned, stat=stat, verbose=verbose)
    return PENDING if check and planned.changes else exit_code(planned)


def show_changes(planned: "Plan", output_format: Format = Format.text) -> None:
    """Write the changes: for a reader on a terminal or in colour, else as the patch itself."""
    colour = wants_colour(sys.stdout)
    is_patch = output_format is Format.patch or not (colour or is_terminal(sys.stdout))
    base = patch_base(planned.root)
    with outlasting(sys.stdout) as stream:
        if is_patch:
            from reassert.report.patch import patch  # noqa: PLC0415 - not needed for help

            stream.flush()
            stream.buffer.writelines(patch(planned.changes, base))
            stream.buffer.flush()
        else:
            from reassert.report.terminal import write_diff  # noqa: PLC0415 - not needed for help

            write_diff(planned, stream, base=base, colour=colour)


def show_summary(planned: "Plan", *, stat: bool = False, verbose: bool = False) -> None:
    """Write the summary to standard error: causes for a reader on a terminal, for a log also each refusal."""
    from reassert.report.terminal import write_summary  # noqa: PLC0415 - not needed for help

    with outlasting(sys.stderr) as stream:
        look = {
            "colour": wants_colour(stream),
            "stat": stat,
            "grouped": is_terminal(stream),
            "verbose": verbose,
        }
        write_summary(planned, stream, base=Path.cwd(), **look)
