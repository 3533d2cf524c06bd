"""The benchmarks call the engine as it is now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COPIES = Path(__file__).parents[1] / "benchmarks" / "copies.py"


def test_benchmark_of_copies_makes_tables() -> None:
    run = subprocess.run(
        [sys.executable, COPIES, "40"], capture_output=True, text=True, check=False, timeout=60
    )
    cells = [cell.strip() for cell in run.stdout.splitlines()[-1].split("|") if cell.strip()]
    assert (cells[0], cells[-1]) == ("40", "2"), run.stderr
