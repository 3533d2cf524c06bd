"""``reassert explain``: show a rule's page, what a code means, or why a class stays a TestCase."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassert.cli import options as opt
from reassert.cli.console import wants_colour
from reassert.cli.guard import DONE, ends, outlasting

if TYPE_CHECKING:
    from reassert.workflow.explaining import Explanation

ClassName = Annotated[
    str | None,
    typer.Option(
        "--class",
        metavar="FILE::CLASS",
        help="Say what becomes of a class, and why. The class alone is searched in the project; the file "
        "alone lists its test classes.",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="With --class: shorten no list.")]


@ends
def explain(  # noqa: PLR0913, PLR0917 - typer reads the options from the parameters
    rule: opt.RuleId = None,
    class_name: ClassName = None,
    select: opt.Select = None,
    ignore: opt.Ignore = None,
    profile: opt.Profile = None,
    jobs: opt.Jobs = None,
    config: opt.Config = None,
    isolated: opt.Isolated = False,
    no_cache: opt.NoCache = False,
    cache_dir: opt.CacheDir = None,
    verbose: Verbose = False,
) -> int:
    """Show a rule's page: what it does and when not, with examples.

    Given a code of the summary, such as B-BASE, say what it means and which rules use it.

    With --class, say what a class inherits from, what becomes of it, and what holds it back. The other
    options go with --class, and mean what they mean for `diff`.
    """
    from reassert.workflow.usage import UsageError  # noqa: PLC0415 - not needed for help

    if (rule is None) == (class_name is None):
        raise UsageError("give either a rule or code (`reassert rules` lists all), or --class FILE::CLASS")
    if class_name is None:
        _show_page(rule or "")
        return DONE
    _show_class(
        class_name,
        opt.PlanOptions(
            paths=(),
            select=None if select is None else opt.split_ids(select),
            ignore=opt.split_ids(ignore),
            profile=profile,
            jobs=jobs,
            config=config,
            isolated=isolated,
            cache=not no_cache,
            cache_dir=cache_dir,
        ),
        verbose=verbose,
    )
    return DONE


def _show_page(name: str) -> None:
    from reassert.report.terminal import write_page  # noqa: PLC0415 - not needed for help

    page = _page_of(name)
    with outlasting(sys.stdout) as stream:
        write_page(page, stream, colour=wants_colour(stream))


def _page_of(name: str) -> str:
    from reassert.catalog import audit_ids, load, load_audits, rule_ids  # noqa: PLC0415 - not needed for help
    from reassert.report.rules import code_page, rule_page  # noqa: PLC0415
    from reassert.workflow.usage import UsageError  # noqa: PLC0415
    from reassert.workspace.settings import did_you_mean  # noqa: PLC0415

    known = (*rule_ids(), *audit_ids())
    if name in known:
        return rule_page((load_audits if name in audit_ids() else load)([name])[0])
    page = code_page(name.upper(), [*load(), *load_audits()])
    if not page:
        is_place = "::" in name or name.endswith(".py")
        lists = (
            f" (for a class: reassert explain --class {name})"
            if is_place
            else " (`reassert rules` lists all)"
        )
        raise UsageError(f"unknown rule '{name}'{did_you_mean(name, known) or lists}")
    return page


def _show_class(name: str, options: opt.PlanOptions, *, verbose: bool) -> None:
    from reassert.report.explanation import explanation_rows  # noqa: PLC0415 - not needed for help
    from reassert.report.text import write_rows  # noqa: PLC0415

    explanation = _explanation(name, options)
    with outlasting(sys.stdout) as stream:
        rows = explanation_rows(explanation, Path.cwd(), verbose=verbose)
        write_rows(rows, stream, colour=wants_colour(stream))


def _explanation(name: str, options: opt.PlanOptions) -> "Explanation":
    from dataclasses import replace  # noqa: PLC0415 - not needed for help

    from reassert.batch.executors import LocalExecutor  # noqa: PLC0415
    from reassert.cli.planning import check, plan_request  # noqa: PLC0415
    from reassert.workflow.class_search import address  # noqa: PLC0415
    from reassert.workflow.explaining import explain as explain_class  # noqa: PLC0415

    path, qualname = address(name)
    asked = replace(options, paths=(path,))
    check(asked)
    with LocalExecutor(options.jobs) as executor:
        return explain_class(path, qualname, plan_request(asked), executor)
