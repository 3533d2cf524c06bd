"""The command line, one typer command a file: parses, calls the workflow, hands the result to report."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress


def run() -> None:
    """The console script: ``main``, and an end without the interpreter's.

    That would take the plan apart value by value, a tenth of the time of a run that has nothing to do.
    """
    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            _leave(end.code or 0)
        raise


def _leave(code: int) -> None:
    """End the process once all is written; come back if something cannot be."""
    atexit._run_exitfuncs()  # noqa: SLF001 - what others have registered
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Run the command line; ends in SystemExit: 0 done, 1 something is pending, 2 trouble, 130 Ctrl-C."""
    _open_missing_streams()
    gc.disable()  # a plan is one large tree of values, and what refers to itself is little
    try:
        from reassert.cli.app import app  # noqa: PLC0415 - an interrupt counts from here on

        app(prog_name="reassert")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:  # help and the version are written by typer
        sys.exit(_unwritable(error))
    finally:
        gc.freeze()  # or the interpreter would look through all of it once more at its end


def _open_missing_streams() -> None:
    """Give what the caller has closed (``>&-``) a sink: no file opened later may take its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - stays open


def _unwritable(error: OSError) -> int:
    from reassert.cli.guard import TROUBLE, note, silence  # noqa: PLC0415 - only paid for an error

    silence(sys.stdout)
    note(f"error: cannot write to standard output: {error.strerror or error}")
    return TROUBLE
