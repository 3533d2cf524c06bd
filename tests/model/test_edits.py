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
