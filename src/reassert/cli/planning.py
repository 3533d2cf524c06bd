"""From typed options to a plan: shared by the commands that plan."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reassert.cli.guard import DONE, TROUBLE
from reassert.cli.options import PlanOptions
from reassert.cli.progress import progress_bar

if TYPE_CHECKING:
    from reassert.model.outcomes import Plan
    from reassert.workflow.selection import PlanRequest


def plan(options: PlanOptions) -> "Plan":
    """Make the plan, with a progress bar on a terminal; raises UsageError and SettingsError."""
    from reassert.batch.executors import LocalExecutor  # noqa: PLC0415 - not needed for help
    from reassert.workflow.planning import make_plan  # noqa: PLC0415

    check(options)
    request = plan_request(options)
    with progress_bar() as progress, LocalExecutor(options.jobs) as executor:
        return make_plan(request, executor, progress)


def check(options: PlanOptions) -> None:
    """Raise UsageError for options that do not go together, and for a path that does not exist."""
    from reassert.workflow.usage import UsageError  # noqa: PLC0415 - not needed for help

    if options.config and options.isolated:
        raise UsageError("--config and --isolated contradict each other: give one of them")
    if options.select == ():
        raise UsageError("--select names no rule; `reassert rules` lists all")
    if options.select and set(options.select) <= set(options.ignore):
        raise UsageError("--ignore names every rule that --select names, so there is nothing to do")
    missing = [str(path) for path in options.paths if not os.path.lexists(path)]
    if missing:
        raise UsageError("there is no such file or folder: " + ", ".join(missing))


def plan_request(options: PlanOptions) -> "PlanRequest":
    """Translate the options; raises SettingsError, for the cache may be configured."""
    from reassert.model.config import Profile  # noqa: PLC0415 - not needed for help
    from reassert.workflow.selection import PlanRequest  # noqa: PLC0415

    return PlanRequest(
        paths=options.paths,
        select=options.select or (),
        ignore=options.ignore,
        profile=Profile[options.profile.name.upper()] if options.profile else None,
        unsafe_fixes=options.unsafe_fixes,
        awaken=options.awaken,
        only_given=options.only_given,
        add_dependencies=options.add_dependencies,
        config_file=options.config,
        isolated=options.isolated,
        cache_dir=_cache_folder(options),
    )


def _cache_folder(options: PlanOptions) -> Path | None:
    """Choose the cache: as typed, else as configured for the first path, else in the project's root."""
    from reassert.workspace.cache import DEFAULT_NAME  # noqa: PLC0415 - not needed for help
    from reassert.workspace.discovery import project_root  # noqa: PLC0415
    from reassert.workspace.settings import load_settings  # noqa: PLC0415

    if not options.cache:
        return None
    if options.cache_dir:
        return options.cache_dir
    settings = load_settings(options.paths[0], config_file=options.config, isolated=options.isolated)
    return settings.cache_dir or project_root(options.paths) / DEFAULT_NAME


def exit_code(plan: "Plan") -> int:
    """Tell success from a run in which nothing at all could be worked on."""
    nothing_worked = plan.failures and len(plan.failures) >= plan.files and not plan.changes
    return TROUBLE if nothing_worked else DONE
