"""``reassert undo``: put back what a run wrote."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassert.cli.guard import DONE, PENDING, ends, note, outlasting

if TYPE_CHECKING:
    from reassert.workflow.undoing import RunInfo


def _complete_run(incomplete: str) -> Iterator[str]:
    from reassert.workflow.undoing import list_runs  # noqa: PLC0415 - only paid for a completion

    return (run.run_id for run in list_runs() if not run.undone and run.run_id.startswith(incomplete))


Run = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="The run that `reassert migrate` named (default: the newest of this project).",
        show_default=False,
        autocompletion=_complete_run,
    ),
]
List = Annotated[bool, typer.Option("--list", help="List the runs, newest first, and undo none.")]


@ends
def undo(run: Run = None, list_: List = False) -> int:
    """Put back what a run of `reassert migrate` wrote.

    A file that was changed since then is left alone, and named.

    Exit codes: 0 all is as before the run; 1 when files were left alone; 2 when nothing could be done.
    """
    if list_ and run is not None:
        raise typer.BadParameter("it undoes no run, so RUN cannot be given.", param_hint="--list")
    if list_:
        return _list_runs()
    from reassert.report.text import counted, place  # noqa: PLC0415 - not needed for help
    from reassert.workflow.undoing import undo as undo_run  # noqa: PLC0415

    undone = undo_run(run, Path.cwd())
    for path, why in undone.kept:
        note(f"left alone: {place(path, None, Path.cwd())}: {why}")
    note(f"Put back {counted(len(undone.restored), 'file')} of run {undone.run_id}.")
    return PENDING if undone.kept else DONE


def _list_runs() -> int:
    from reassert.workflow.undoing import list_runs  # noqa: PLC0415 - not needed for help

    runs = list_runs()
    if not runs:
        note("There is no run.")
    with outlasting(sys.stdout) as stream:
        stream.writelines(f"{_described(info)}\n" for info in runs)
    return DONE


def _described(info: "RunInfo") -> str:
    from reassert.report.text import counted, visible  # noqa: PLC0415 - not needed for help

    started = info.started.astimezone().strftime("%Y-%m-%d %H:%M")
    state = "undone" if info.undone else counted(info.files, "file")
    return visible(f"{info.run_id}  {started}  {state}  {info.root}  {' '.join(info.command)}")
