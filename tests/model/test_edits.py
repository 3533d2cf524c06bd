"""The splice: what lies inside of what, where text goes that is brought from elsewhere."""

from __future__ import annotations

import pytest

from reassert.model.edits import Edit, OverlapError, Part, Span, Unit, splice

UNIT = Unit("rule", "T")


def edit(start: int, end: int, *parts: Part, swallows: bool = False) -> Edit:
    return Edit(start, end, parts, UNIT, swallows=swallows)


def removal(start: int, end: int) -> Edit:
    return edit(start, end, swallows=True)


def test_text_is_brought_to_where_something_goes() -> None:
    edits = [removal(0, 1), edit(2, 2, Span(0, 1)), removal(2, 3)]
    assert splice(b"abcd", edits).buffer == b"bad"


def test_text_that_changes_places_takes_along_what_is_added_to_it_only() -> None:
    edits = [removal(0, 1), edit(1, 1, Span(0, 1)), removal(1, 2), edit(1, 1, b"+"), edit(3, 3, Span(1, 2))]
    assert splice(b"abcd", edits).buffer == b"ac+bd"


def test_text_is_brought_into_what_begins_before_it() -> None:
    edits = [edit(0, 3, b"(", Span(1, 3), b")"), edit(1, 1, Span(3, 4)), removal(3, 4)]
    assert splice(b"abcd", edits).buffer == b"(dbc)"


def test_text_from_elsewhere_is_never_swallowed() -> None:
    with pytest.raises(OverlapError, match="lost"):
        splice(b"abcd", [removal(0, 1), edit(2, 2, Span(0, 1)), removal(1, 4)])


def test_what_is_added_to_text_goes_with_it() -> None:
    assert splice(b"abcd", [edit(2, 2, b"+"), removal(1, 3)]).buffer == b"ad"


TEXT = b"one\ntwo\nthree\n"
ONE, TWO, THREE = Span(0, 4), Span(4, 8), Span(8, 14)


def taken(span: Span) -> Edit:
    return Edit(*span, (), UNIT, swallows=True)


def moved(span: Span, place: int) -> Edit:
    return Edit(place, place, (span,), UNIT)


def test_text_moves_to_where_a_removal_begins() -> None:
    edits = [taken(ONE), taken(TWO), moved(ONE, 4)]
    assert splice(TEXT, edits).buffer == b"one\nthree\n"
    assert splice(TEXT, edits[::-1]).buffer == b"one\nthree\n"


def test_text_moves_to_where_a_removal_ends() -> None:
    assert splice(TEXT, [taken(ONE), taken(TWO), moved(ONE, 8)]).buffer == b"one\nthree\n"


def test_an_insertion_without_moved_text_goes_with_what_is_removed() -> None:
    assert splice(TEXT, [taken(TWO), Edit(4, 4, (b"mark\n",), UNIT)]).buffer == b"one\nthree\n"


def test_text_that_moves_into_a_removal_is_an_error() -> None:
    with pytest.raises(OverlapError):
        splice(TEXT, [taken(ONE), taken(Span(4, 14)), moved(ONE, 8)])


def test_text_that_moves_within_a_removal_goes_with_it() -> None:
    assert splice(TEXT, [taken(Span(4, 14)), moved(THREE, 8)]).buffer == b"one\n"


def test_new_text_that_stands_apart_stays_where_something_goes() -> None:
    apart = Edit(4, 4, (b"mark\n",), UNIT, apart=True)
    assert splice(TEXT, [taken(TWO), apart]).buffer == b"one\nmark\nthree\n"
    assert splice(TEXT, [apart, taken(TWO)]).buffer == b"one\nmark\nthree\n"
