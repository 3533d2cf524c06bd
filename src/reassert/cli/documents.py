"""Documents that commands write for machines and for other tools: to a file, or to standard output."""

import sys
from collections.abc import Callable
from pathlib import Path

from reassert.cli.guard import outlasting


def write_document(path: Path | None, text: Callable[[], str]) -> None:
    """Write ``text()`` to ``path``, ``-`` being standard output; None: nowhere. Raises UsageError."""
    from reassert.workflow.usage import UsageError  # noqa: PLC0415 - only paid for an error

    if path is None:
        return
    if str(path) == "-":
        with outlasting(sys.stdout) as stream:
            stream.write(text())
        return
    try:
        path.write_text(text(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
