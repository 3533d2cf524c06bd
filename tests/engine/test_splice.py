"""What moves to where something else is taken out stays."""

from __future__ import annotations

from pathlib import Path

from converting import convert_file
from reassert.model.config import RuleConfig

MOVED = """\
import unittest

SEEN = []


class T(unittest.TestCase):
    def test_a(self):
        SEEN.append(1)

    def test_z(self):
        SEEN.append(2)

    def test_c(self):
        SEEN.append(3)

    def test_b(self):
        SEEN.append(4)
"""


def test_a_test_that_moves_to_where_another_one_was_is_kept(tmp_path: Path) -> None:
    after = convert_file(str(tmp_path / "test_t.py"), MOVED, RuleConfig()).files[str(tmp_path / "test_t.py")]
    assert [line.split("(")[0].split()[1] for line in after.splitlines() if "def " in line] == [
        "test_a",
        "test_b",
        "test_c",
        "test_z",
    ]
