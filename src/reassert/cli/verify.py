"""``reassert verify``: prove a migration by running the suite before and after it, in a copy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassert.cli import options as opt
from reassert.cli.certificates import exit_code_of, hand_out, prove_plan, prove_revisions
from reassert.cli.guard import ends

if TYPE_CHECKING:
    from reassert.model.certificate import Certificate

SuitePaths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATHS", help="Test files and folders to migrate in the copy (default: here)."),
]
From = Annotated[
    str | None, typer.Option("--from", metavar="REV", help="The git revision before a migration; with --to.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="REV", help="The git revision after it; with --from.")
]


@ends
def verify(  # noqa: PLR0913, PLR0917 - typer reads the options from the parameters
    paths: SuitePaths = None,
    before: From = None,
    after: To = None,
    mutants: opt.Mutants = 0,
    shuffle: opt.Shuffle = 0,
    seed: opt.Seed = 0,
    unittest: opt.WithUnittest = False,
    coverage: opt.Coverage = True,
    json: opt.JsonFile = None,
    markdown: opt.MarkdownFile = None,
    python: opt.Python = None,
    timeout: opt.Timeout = None,
    select: opt.Select = None,
    ignore: opt.Ignore = None,
    profile: opt.Profile = None,
    unsafe_fixes: opt.UnsafeFixes = None,
    awaken: opt.Awaken = None,
    only_given: opt.OnlyGiven = None,
    jobs: opt.Jobs = None,
    config: opt.Config = None,
    isolated: opt.Isolated = False,
    no_cache: opt.NoCache = False,
    cache_dir: opt.CacheDir = None,
) -> int:
    """Prove that a migration loses nothing: run the suite before and after it, in a copy of the project.

    Nothing is written to the project. Tests, the assertions they execute and what they cover are compared.
    With --from and --to it certifies a migration that is in git already, whoever or whatever made it.

    Exit codes: 0 nothing is lost; 1 something is, and it is listed; 2 when nothing could be proved.
    """
    planning = opt.PlanOptions(
        paths=tuple(paths or [Path()]),
        select=None if select is None else opt.split_ids(select),
        ignore=opt.split_ids(ignore),
        profile=profile,
        unsafe_fixes=unsafe_fixes,
        awaken=awaken,
        only_given=only_given,
        jobs=jobs,
        config=config,
        isolated=isolated,
        cache=not no_cache,
        cache_dir=cache_dir,
    )
    wanted = opt.VerifyOptions(mutants, shuffle, seed, coverage, unittest, json, markdown, python, timeout)
    certificate = _certificate(planning, wanted, before, after)
    hand_out(certificate, wanted)
    return exit_code_of(certificate)


def _certificate(
    planning: opt.PlanOptions, wanted: opt.VerifyOptions, before: str | None, after: str | None
) -> "Certificate":
    from reassert.workflow.usage import UsageError  # noqa: PLC0415 - not needed for help

    if before is None and after is None:
        return prove_plan(planning, wanted, back_off=False).certificate
    if before is None or after is None:
        raise UsageError("--from and --to need one another")
    return prove_revisions(planning, wanted, before, after)
