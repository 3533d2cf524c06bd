"""How a command ends: its exit code, and one clear line for whatever went wrong."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

DONE, PENDING, TROUBLE, INTERRUPTED = 0, 1, 2, 130
TRACEBACK = "REASSERT_TRACEBACK"

P = ParamSpec("P")


def ends(command: Callable[P, int]) -> Callable[P, None]:
    """Make a typer command of a function that gives an exit code; no exception leaves it as a traceback."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        _never_fail_to_encode()
        try:
            code = command(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            code = _closed_by_reader()
        except KeyboardInterrupt:
            code = INTERRUPTED
        except typer.Exit:
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence: a message, not a traceback
            code = _report(error)
        raise typer.Exit(code)

    return guarded


def note(message: str) -> None:
    """Tell a person something: on standard error, so that standard output stays a patch or a list."""
    typer.echo(message, err=True)


def _never_fail_to_encode() -> None:
    """Show what a stream cannot encode as an escape: source may hold any character."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _closed_by_reader() -> int:
    """End quietly when ``head`` or a pager has read enough; nothing may be flushed to the pipe any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _report(error: Exception) -> int:
    from reassert.workflow.usage import UsageError  # noqa: PLC0415 - only paid for an error
    from reassert.workspace.settings import SettingsError  # noqa: PLC0415

    if os.environ.get(TRACEBACK):
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    if isinstance(error, (UsageError, SettingsError)):
        note(f"error: {error}")
        return TROUBLE
    message = " ".join(str(error).split())
    note(
        f"internal error: {type(error).__name__}: {message}"
        if message
        else f"internal error: {type(error).__name__}"
    )
    note(f"This is a defect of reassert; please report it with what {TRACEBACK}=1 shows when it is set.")
    return TROUBLE
