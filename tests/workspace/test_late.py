"""The details of a change: made when somebody reads them, equal to what was packed; damage shows at once."""

from __future__ import annotations

import pickle

import pytest

from reassert.model.edits import Block, Unit
from reassert.workspace.late import Late, late_blocks, late_units, pack_blocks, pack_units

BLOCKS = (Block(0, 1, 0, 2), Block(70_000, 70_001, 70_001, 70_001))
UNITS = (Unit("a_rule", "T.test"), Unit("a_rule", "<module>"))


@pytest.mark.parametrize("blocks", [(), BLOCKS])
def test_blocks_are_what_was_packed(blocks):
    assert late_blocks(pack_blocks(blocks)) == blocks


@pytest.mark.parametrize("units", [(), UNITS])
def test_units_are_what_was_packed(units):
    assert late_units(pack_units(units)) == units


def test_it_is_as_good_as_a_tuple():
    late = late_units(pack_units(UNITS))
    assert (hash(late), repr(late), len(late), (*late,)) == (hash(UNITS), repr(UNITS), 2, UNITS)
    assert (late[0], late[1:], late == late_units(pack_units(UNITS))) == (UNITS[0], UNITS[1:], True)
    assert late != UNITS[:1]
    assert pickle.loads(pickle.dumps(late)) == UNITS  # noqa: S301 - its own bytes


def test_values_are_made_once_and_only_for_a_reader():
    made = []
    late = Late(lambda: made.append("made") or UNITS)
    assert made == []
    assert late[0] is late[0]
    assert made == ["made"]


@pytest.mark.parametrize("data", [b"x", "x" * 16, None, BLOCKS])
def test_damaged_blocks_show_at_once(data):
    with pytest.raises(Exception, match=r"bytes|buffer"):
        late_blocks(data)


@pytest.mark.parametrize("text", ["a", "a\0", "a\0b", "a\0b\0c", b"a\0b\0", None, UNITS])
def test_damaged_units_show_at_once(text):
    with pytest.raises(ValueError, match="half a unit"):
        late_units(text)


def test_a_name_that_cannot_be_told_from_two_is_not_packed():
    with pytest.raises(pickle.PicklingError, match="ends in the middle"):
        pack_units([Unit("a_rule", "a\0b")])
