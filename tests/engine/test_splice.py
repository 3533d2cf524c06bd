"""New text at the place where a removal begins is not removed along with it."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from converting import convert_file
from reassert.model.config import RuleConfig
from reassert.model.edits import Edit, Unit, splice

UNIT = Unit("rule", "T")
BUFFER = b"one two three"
INSERTION = Edit(4, 4, (b"2 ",), UNIT)
REMOVAL = Edit(4, 8, (), UNIT, swallows=True)
OTHER = Edit(0, 3, (b"1",), UNIT)


@pytest.mark.parametrize("edits", [*permutations([INSERTION, REMOVAL, OTHER])])
def test_new_text_where_a_removal_begins(edits: tuple[Edit, ...]) -> None:
    assert splice(BUFFER, edits).buffer == b"1 2 three"


def test_new_text_inside_of_a_removal_goes_with_it() -> None:
    assert splice(BUFFER, [Edit(5, 5, (b"2 ",), UNIT), REMOVAL]).buffer == b"one three"


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
