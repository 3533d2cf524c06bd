"""What kind of terminal there is, and the one question that a command may ask."""

import os
import sys
from pathlib import Path
from typing import TextIO


def is_terminal(stream: TextIO) -> bool:
    """Whether a person sits at the other end; a closed stream is no terminal."""
    try:
        return stream.isatty()
    except ValueError:
        return False


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour: NO_COLOR says no, then FORCE_COLOR says yes, else only on a terminal that can."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def can_ask() -> bool:
    """Whether a question would be seen and could be answered."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def ask(question: str) -> bool:
    """Ask on standard error; anything but yes means no. What comes next begins on a new line."""
    sys.stdout.flush()
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):
            sys.stderr.write("\n")
    return answer.strip().lower() in {"y", "yes"}


def patch_base(root: Path) -> Path:
    """Find the folder where ``git apply`` expects a patch's names to start.

    This is the top of the repository; without one the current folder, if ``root`` lies in it, else ``root``.
    """
    here, root = Path.cwd(), root.resolve()
    outside = here if root.is_relative_to(here) else root
    return next((place for place in (root, *root.parents) if (place / ".git").exists()), outside)
