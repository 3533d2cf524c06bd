"""``reassert audit``: report what a person should mend; changes nothing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassert.cli import options as opt
from reassert.cli.console import wants_colour
from reassert.cli.documents import write_document
from reassert.cli.guard import DONE, PENDING, TROUBLE, ends, outlasting

if TYPE_CHECKING:
    from reassert.model.outcomes import Audited

Check = Annotated[bool, typer.Option("--check", help="Exit with 1 if anything is found (for CI).")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the findings as JSON (`-`: stdout).")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every place of a finding.")]


@ends
def audit(  # noqa: PLR0913, PLR0917 - typer reads the options from the parameters
    paths: opt.Paths,
    check: Check = False,
    json: JsonFile = None,
    select: opt.SelectAudits = None,
    ignore: opt.IgnoreAudits = None,
    jobs: opt.Jobs = None,
    config: opt.Config = None,
    isolated: opt.Isolated = False,
    no_cache: opt.NoCache = False,
    cache_dir: opt.CacheDir = None,
    verbose: Verbose = False,
) -> int:
    """Report what a person should mend, with its places and what could be done. Changes nothing.

    The findings go to standard output, the summary to standard error. `reassert rules` lists the audits.

    Exit codes: 0 done; 1 with --check when something is found; 2 when nothing could be looked at.
    """
    audited = _audited(
        opt.PlanOptions(
            paths=tuple(paths),
            select=None if select is None else opt.split_ids(select),
            ignore=opt.split_ids(ignore),
            jobs=jobs,
            config=config,
            isolated=isolated,
            cache=not no_cache,
            cache_dir=cache_dir,
        )
    )
    _show(audited, json, verbose=verbose)
    if audited.failures and len(audited.failures) >= audited.files:
        return TROUBLE
    return PENDING if check and audited.findings else DONE


def _audited(options: opt.PlanOptions) -> "Audited":
    from reassert.batch.executors import LocalExecutor  # noqa: PLC0415 - not needed for help
    from reassert.cli.planning import check, plan_request  # noqa: PLC0415
    from reassert.cli.progress import progress_bar  # noqa: PLC0415
    from reassert.workflow import auditing  # noqa: PLC0415

    check(options)
    request = plan_request(options)
    executor = LocalExecutor(options.jobs, work=auditing.inspect, prepare=auditing.load_audits)
    with progress_bar() as progress, executor:
        return auditing.audit(request, executor, progress)


def _show(audited: "Audited", json: Path | None, *, verbose: bool) -> None:
    """Write the findings, unless standard output is for the document, and the summary."""
    from reassert.report.audit import audit_summary_rows, finding_rows  # noqa: PLC0415 - not needed for help
    from reassert.report.audit_json import audit_json  # noqa: PLC0415
    from reassert.report.text import write_rows  # noqa: PLC0415

    base = Path.cwd()
    write_document(json, lambda: audit_json(audited))
    if json is None or str(json) != "-":
        with outlasting(sys.stdout) as stream:
            rows = finding_rows(audited.findings, base, verbose=verbose)
            write_rows(rows, stream, colour=wants_colour(stream))
    with outlasting(sys.stderr) as stream:
        write_rows(audit_summary_rows(audited, base), stream, colour=wants_colour(stream))
