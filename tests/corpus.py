"""The projects in ``corpus/``: how they are copied and migrated."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import reassert

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
PROJECTS = sorted(path.name for path in CORPUS.iterdir() if (path / "before").is_dir())
# Those whose tests unittest can run; the others are written for pytest, and go on from there.
UNITTEST = ("quickstart",)
# Their assertions went away in Python 3.12: on later versions only the migrated side can pass.
NEEDS_PYTHON_311 = {"quickstart": {"tests/test_old_names.py"}}

_LEFTOVERS = {"__pycache__", ".pytest_cache", ".reassert_cache"}


def copy_before(project: str, target: Path) -> Path:
    """A copy of the project as it was, at ``target``."""
    return Path(
        shutil.copytree(CORPUS / project / "before", target, ignore=shutil.ignore_patterns(*_LEFTOVERS))
    )


def run_tool(root: Path, state: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run ``reassert`` in ``root``, its journal in ``state``; its output has the encodings of the files."""
    source = str(Path(reassert.__file__).resolve().parent.parent)
    environment = {**os.environ, "REASSERT_STATE_DIR": str(state), "PYTHONPATH": source}
    command = [sys.executable, "-m", "reassert", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False, timeout=300)


def migrate(root: Path, state: Path) -> None:
    """Migrate all of ``root``; AssertionError with the tool's own words when that fails."""
    done = run_tool(root, state, "migrate", "--yes", "--allow-dirty", "--no-cache", ".")
    if done.returncode:
        raise AssertionError(f"exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")


def read_tree(root: Path) -> dict[str, bytes]:
    """The bytes of every file, by path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not _LEFTOVERS & set(path.parts)
    }
