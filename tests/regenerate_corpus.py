"""Writes ``corpus/*/after`` anew with the tool as it is: ``python tests/regenerate_corpus.py``.

Read the difference (``git diff corpus``) before it is committed: it is what every user gets.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from corpus import CORPUS, PROJECTS, copy_before, migrate


def regenerate(project: str) -> None:
    """Replace the project's ``after``."""
    with tempfile.TemporaryDirectory() as scratch:
        after = copy_before(project, Path(scratch) / "project")
        migrate(after, Path(scratch) / "state")
        shutil.rmtree(CORPUS / project / "after", ignore_errors=True)
        shutil.copytree(after, CORPUS / project / "after")


if __name__ == "__main__":
    for name in PROJECTS:
        regenerate(name)
