"""What edits do to one another: text that is moved is never lost in text that is removed."""

from __future__ import annotations

import pytest

from reassert.model.edits import Edit, OverlapError, Span, Unit, splice

UNIT = Unit("rule", "C")
TEXT = b"one\ntwo\nthree\n"
ONE, TWO, THREE = Span(0, 4), Span(4, 8), Span(8, 14)


def removal(span):
    return Edit(*span, (), UNIT, swallows=True)


def moved(span, place):
    return Edit(place, place, (span,), UNIT)


def test_text_moves_to_where_a_removal_begins():
    edits = [removal(ONE), removal(TWO), moved(ONE, 4)]
    assert splice(TEXT, edits).buffer == b"one\nthree\n"
    assert splice(TEXT, edits[::-1]).buffer == b"one\nthree\n"


def test_text_moves_to_where_a_removal_ends():
    assert splice(TEXT, [removal(ONE), removal(TWO), moved(ONE, 8)]).buffer == b"one\nthree\n"


def test_an_insertion_without_moved_text_goes_with_what_is_removed():
    assert splice(TEXT, [removal(TWO), Edit(4, 4, (b"mark\n",), UNIT)]).buffer == b"one\nthree\n"


def test_text_that_moves_into_a_removal_is_an_error():
    with pytest.raises(OverlapError):
        splice(TEXT, [removal(ONE), removal(Span(4, 14)), moved(ONE, 8)])


def test_text_that_moves_within_a_removal_goes_with_it():
    assert splice(TEXT, [removal(Span(4, 14)), moved(THREE, 8)]).buffer == b"one\n"
