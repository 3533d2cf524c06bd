"""``reassert migrate``: show the changes, ask once, write them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassert.cli import options as opt
from reassert.cli.console import ask, can_ask
from reassert.cli.diff import show_changes, show_summary
from reassert.cli.guard import DONE, PENDING, TROUBLE, ends, note
from reassert.cli.planning import exit_code, plan

if TYPE_CHECKING:
    from reassert.model.outcomes import Plan

NO_TERMINAL = (
    "there is no terminal to ask on, so nothing was written; look at `reassert diff`, then give --yes"
)

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; write the changes.")]
AllowDirty = Annotated[
    bool, typer.Option("--allow-dirty", help="Also write files that have changes not committed to git.")
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="First run the suite before and after, in a copy; leave out what cannot be proved, and write "
        "the rest only with a valid certificate.",
    ),
]


@ends
def migrate(  # noqa: PLR0913, PLR0917 - typer reads the options from the parameters
    paths: opt.Paths,
    yes: Yes = False,
    allow_dirty: AllowDirty = False,
    verify: Verify = False,
    mutants: opt.Mutants = 0,
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
    add_dependencies: opt.AddDependencies = False,
    jobs: opt.Jobs = None,
    config: opt.Config = None,
    isolated: opt.Isolated = False,
    no_cache: opt.NoCache = False,
    cache_dir: opt.CacheDir = None,
    verbose: opt.Verbose = False,
) -> int:
    """Show what would change, ask once, then write it. `reassert undo` takes it back.

    Each file is replaced as a whole, so that it is always either old or new.

    Exit codes: 0 written, or nothing to do; 1 when the answer was no; 2 when nothing could be done.
    """
    if not yes and not can_ask():
        note(f"error: {NO_TERMINAL}")
        return TROUBLE
    planning = opt.PlanOptions(
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
    if verify:
        proof = opt.VerifyOptions(mutants, json=json, markdown=markdown, python=python, timeout=timeout)
        return _write_verified(planning, proof, yes=yes, allow_dirty=allow_dirty)
    planned = plan(planning)
    show_changes(planned)
    show_summary(planned, verbose=verbose)
    return _write(planned, yes=yes, allow_dirty=allow_dirty)


def _write_verified(
    planning: opt.PlanOptions, proof: opt.VerifyOptions, *, yes: bool, allow_dirty: bool
) -> int:
    from reassert.cli.certificates import exit_code_of, hand_out, prove_plan  # noqa: PLC0415 - not for help

    verified = prove_plan(planning, proof, back_off=True, allow_dirty=allow_dirty)
    show_changes(verified.plan)
    show_summary(verified.plan)
    hand_out(verified.certificate, proof)
    code = exit_code_of(verified.certificate)
    if code != DONE:
        note("Nothing was written: there is no valid certificate.")
        return code
    return _write(verified.plan, yes=yes, allow_dirty=allow_dirty)


def _write(planned: "Plan", *, yes: bool, allow_dirty: bool) -> int:
    from reassert.model.outcomes import Safety  # noqa: PLC0415 - not needed for help
    from reassert.report.text import counted  # noqa: PLC0415
    from reassert.workflow.applying import check_clean  # noqa: PLC0415

    files = sum(change.safety is not Safety.SUGGEST for change in planned.changes)
    if not files:
        return exit_code(planned)
    if not allow_dirty:
        check_clean(planned)
    more = f", {len(planned.connected):,} of them beyond the given paths" if planned.connected else ""
    if not yes and not ask(f"\nApply these changes to {counted(files, 'file')}{more}?"):
        note("Nothing was written.")
        return PENDING
    return _apply(planned, allow_dirty=allow_dirty)


def _apply(planned: "Plan", *, allow_dirty: bool) -> int:
    from reassert.report.text import counted, place  # noqa: PLC0415 - not needed for help
    from reassert.workflow.applying import apply_plan  # noqa: PLC0415

    try:
        applied = apply_plan(planned, allow_dirty=allow_dirty, command=("reassert", *sys.argv[1:]))
    except KeyboardInterrupt:
        note("Interrupted: some files may be written. To take them back: reassert undo")
        raise
    for problem in applied.problems:
        note(f"not written: {place(problem.path, problem.line, Path.cwd())}: {problem.error}")
    if not applied.run_id:
        note("Nothing was written.")
        return TROUBLE
    note(f"Changed {counted(len(applied.written), 'file')}. To take it back: reassert undo {applied.run_id}")
    return PENDING if applied.problems else DONE
