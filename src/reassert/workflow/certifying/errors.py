"""Files and tests that could not be collected, and what that means for a node id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class CollectionError(NamedTuple):
    """One error: the file, folder or node id that it is about, and one line of explanation."""

    place: str
    text: str

    def covers(self, nodeid: str) -> bool:
        """Whether a test with this id cannot be collected because of it."""
        inside = self.place.rstrip("/") or "."
        return inside in (".", nodeid) or nodeid.startswith((f"{inside}::", f"{inside}/", f"{inside}["))

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class Errors:
    """The collection errors of one run, in the order of their places."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self._errors = [CollectionError(place, text) for place, text in sorted(errors.items())]

    def __iter__(self) -> Iterator[CollectionError]:
        return iter(self._errors)

    def about(self, nodeid: str) -> CollectionError | None:
        """Give the error that keeps a test from being collected, if there is one."""
        return next((error for error in self._errors if error.covers(nodeid)), None)
