"""CPU time of pytestify, file by file in one process: ``SCRATCH/venvs/pytestify/bin/python THIS COPY``.

Given a whole tree it ends at the first file that it cannot read or crashes on; so each file is a call of its
own, and such files cost what they cost. COPY is a folder whose Python files are rewritten.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from pathlib import Path

from pytestify._main import main as pytestify  # type: ignore[import-not-found] # only in its own environment


def main() -> None:
    """Rewrite the files and say what it took."""
    files = sorted(Path(sys.argv[1]).rglob("*.py"))
    crashed = sum(not _rewritten(path) for path in files)
    print(f"{len(files)} files, {crashed} crashed, {time.process_time():.1f} s CPU")


def _rewritten(path: Path) -> bool:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            pytestify([str(path)])
    except Exception:  # noqa: BLE001 - whatever it is, the next file has its turn
        return False
    return True


if __name__ == "__main__":
    main()
