"""How a command ends: its exit code, and one clear line for whatever went wrong."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import ParamSpec, TextIO

import typer

DONE, PENDING, TROUBLE, INTERRUPTED = 0, 1, 2, 130
TRACEBACK = "REASSERT_TRACEBACK"

P = ParamSpec("P")


class OutputError(Exception):
    """Standard output cannot be written to; the message says why."""


def ends(command: Callable[P, int]) -> Callable[P, None]:
    """Make a typer command of a function that gives an exit code; no exception leaves it as a traceback."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        _never_fail_to_encode()
        try:
            _stand_somewhere()
            code = command(*args, **kwargs)
        except KeyboardInterrupt:
            code = INTERRUPTED
        except (typer.Exit, typer.BadParameter):
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence: a message, not a traceback
            code = _report(error)
        raise typer.Exit(code)

    return guarded


def _stand_somewhere() -> None:
    from reassert.workflow.usage import UsageError  # noqa: PLC0415 - keeps this module's import cheap

    try:
        os.getcwd()  # noqa: PTH109 - only asked whether it is there
    except OSError as error:
        raise UsageError("the current folder does not exist any more") from error


def note(message: str) -> None:
    """Tell a person something: on standard error, so that standard output stays a patch or a list."""
    with outlasting(sys.stderr) as stream:
        stream.write(f"{message}\n")


@contextmanager
def outlasting(stream: TextIO) -> Iterator[TextIO]:
    """Write to ``stream`` in the body; where ``head`` or a pager has read enough, the command goes on.

    Raises OutputError when it is standard output that fails for any other reason: what was asked for is lost.
    """
    try:
        yield stream
        stream.flush()
    except OSError as error:
        silence(stream)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            raise OutputError(f"cannot write to standard output: {error.strerror or error}") from error


def silence(stream: TextIO) -> None:
    """Let nothing more reach the stream, not even what the interpreter flushes at its end."""
    with suppress(OSError, ValueError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, stream.fileno())
        os.close(sink)


def _never_fail_to_encode() -> None:
    """Show what a stream cannot encode as an escape: source may hold any character."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _report(error: Exception) -> int:
    from reassert.workflow.usage import UsageError  # noqa: PLC0415 - only paid for an error
    from reassert.workspace.settings import SettingsError  # noqa: PLC0415

    if os.environ.get(TRACEBACK):
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    if isinstance(error, (OutputError, UsageError, SettingsError)):
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
