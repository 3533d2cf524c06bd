"""Writes ``corpus/*/after`` anew with the tool as it is: ``python tests/regenerate_corpus.py``.

Read the difference (``git diff corpus``) before it is committed: it is what every user gets.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from corpus import CORPUS, PROJECTS, copy_before, migrate


def regenerate(project: str) -> None:
    """Replace the project's ``after``; exits with the tool's own words when it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        after = copy_before(project, Path(scratch) / "project")
        done = migrate(after, Path(scratch) / "state")
        if done.returncode:
            sys.exit(f"{project}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        shutil.rmtree(CORPUS / project / "after", ignore_errors=True)
        shutil.copytree(after, CORPUS / project / "after")


if __name__ == "__main__":
    for name in PROJECTS:
        regenerate(name)
