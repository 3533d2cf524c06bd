"""How long it takes to find copies among many tests of one module: CPU seconds, printed as a table.

Usage: python benchmarks/copies.py [NUMBER ...]
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from reassert import catalog
from reassert.engine import Member, rewrite
from reassert.model.config import Profile, RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Rewritten
from reassert.model.source import SourceFile

GROUP = 20
RULE = "duplicate_tests_to_parametrize"


def module(number: int) -> str:
    """So many tests of a module, every twenty of them copies of one another, the rest nearly."""
    draw = random.Random(number)  # noqa: S311 - a benchmark
    parts = ["import pytest\n\n"]
    for index in range(number):
        group = index // GROUP
        odd = f"    assert value.index({index}) is not None\n" if draw.random() < 1 / GROUP else ""
        parts.append(
            f"def test_{group}_case_{index}():\n"
            f"    value = function_{group}({draw.randint(0, 10**6)}, mode='m{index}')\n"
            f"    assert value.result == {index}\n"
            f"{odd}    assert 'x{index}' in value.names\n\n"
        )
    return "\n".join(parts)


def measured(number: int) -> tuple[float, int]:
    """CPU seconds for the rule on a module, its parsing included, and the number of tables."""
    source = SourceFile(Path("test_it.py"), module(number).encode(), "utf-8", "\n")
    rules, config = catalog.load([RULE]), RuleConfig(profile=Profile.IDIOMATIC)
    start = time.process_time()
    outcome = rewrite(Member(source, rules, FileFacts(), config)).outcome
    spent = time.process_time() - start
    after = outcome.change.after if isinstance(outcome, Rewritten) else b""
    return spent, (after or b"").count(b"@pytest.mark.parametrize")


def main() -> None:
    """Print a row for each number of tests."""
    numbers = [int(word) for word in sys.argv[1:]] or [100, 1_000, 10_000]
    print("| tests | CPU s | µs a test | tables |\n|---|---|---|---|")
    for number in numbers:
        spent, tables = measured(number)
        print(f"| {number:,} | {spent:.2f} | {spent / number * 1e6:.0f} | {tables:,} |")


if __name__ == "__main__":
    main()
