"""Which tests suffice to execute all that all tests execute, and which ones execute a line: the quickest.

Only the former need be followed in another run of the same tests; where a line is missing then, the latter.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import Any, Iterable, Iterator

_EXECUTING = 5
# Of what so many bytes of masks do not hold, nothing is known: memory is the tests', too.
_MOST_BYTES = 200_000_000
# How coverage's tracer in C packs the two lines of an arc into a number: in so many bits each (the newer
# ones first), with the signs above them. Whatever was executed began with an arc that has a sign.
_WIDTHS = (28, 20)


class Covering:
    """What each test executed of the code under test, taken out of the data that a measurement collects.

    The data are the library's own sets of lines or arcs by file; they are put back by ``restore``.
    """

    def __init__(self, data: Any) -> None:
        self._data = data
        self._all: dict[str, set[Any]] = {}
        self._numbers: dict[tuple[str, Any], int] = {}
        self._tests: list[tuple[float, str, int]] = []
        self._outside = 0
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether there is no room for more tests."""
        return self._bytes > _MOST_BYTES

    def take(self, nodeid: str, seconds: float) -> None:
        """What was executed since this was last called was executed by this test; by none, if it is empty."""
        mask = _mask(self._taken())
        if nodeid:
            self._tests.append((max(seconds, 1e-6), nodeid, mask))
            self._bytes += mask.bit_length() >> 3
        else:
            self._outside |= mask

    def _taken(self) -> Iterator[int]:
        for name in list(self._data):
            executed = self._data[name]
            if not executed:
                continue
            taken = set(executed)
            # Another thread may have added something since: that stays for the next test.
            executed -= taken
            self._all.setdefault(name, set()).update(taken)
            for place in taken:
                yield self._numbers.setdefault((name, place), len(self._numbers))

    def restore(self) -> None:
        """Put back all that was taken out."""
        for name, taken in self._all.items():
            self._data[name] |= taken

    def tests(self) -> list[str]:
        """Tests that together execute all that is executed while tests run, few and quick ones: greedily."""
        known, found = self._outside, []
        heap = [(-_size(mask) / seconds, number) for number, (seconds, _, mask) in enumerate(self._tests)]
        heapq.heapify(heap)
        while heap:
            _, number = heapq.heappop(heap)
            seconds, nodeid, mask = self._tests[number]
            worth = -_size(mask & ~known) / seconds
            if heap and worth > heap[0][0]:
                heapq.heappush(heap, (worth, number))
            elif worth:
                found.append(nodeid)
                known |= mask
        return found

    def executing(self) -> dict[str, dict[int, list[str]]]:
        """By file and line the ids of the quickest tests that execute it."""
        names = list(self._numbers)
        width = _width(place for _, place in names)
        found: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for nodeid, mask in _quickest(self._tests):
            for number in _members(mask):
                file, place = names[number]
                for line in _lines(place, width):
                    if nodeid not in found[file][line]:
                        found[file][line].append(nodeid)
        return found


def _quickest(tests: Iterable[tuple[float, str, int]]) -> Iterator[tuple[str, int]]:
    """The quickest tests for each member of their masks, with those members."""
    left = [(nodeid, mask) for _, nodeid, mask in sorted(tests)]
    for _ in range(_EXECUTING):
        known, others = 0, []
        for nodeid, mask in left:
            yield nodeid, mask & ~known
            others.append((nodeid, mask & known))
            known |= mask
        left = others


def _width(places: Iterable[Any]) -> int:
    largest = max((place for place in places if isinstance(place, int)), default=0)
    return next((width for width in _WIDTHS if largest >> 2 * width), _WIDTHS[0])


def _lines(place: Any, width: int) -> tuple[int, ...]:
    if isinstance(place, tuple):
        return tuple(abs(line) for line in place)
    ones = (1 << width) - 1
    return place & ones, place >> width & ones


def _mask(numbers: Iterable[int]) -> int:
    bits = bytearray()
    for number in numbers:
        if number >> 3 >= len(bits):
            bits.extend(bytes((number >> 3) + 1 - len(bits)))
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def _members(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _size(mask: int) -> int:
    return mask.bit_count() if hasattr(mask, "bit_count") else bin(mask).count("1")  # new in Python 3.10
