"""Where the assertions of a test differ: old and new places side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from reassert.model.runs import Executed
from reassert.workflow.certifying.forms import ASSERT, TYPED, Kind, accepts, kind, told

Counts = Mapping[Executed, int]
_Pair = tuple[Executed | None, Executed | None]
_LARGEST = 90_000  # pairs of places that are compared to find the best alignment
_GUARDS = 2
_SHOWN = 60  # characters of a condition


class Side(NamedTuple):
    """What was executed at one place, and how often."""

    form: str
    path: str
    line: int
    text: str
    times: int

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= _SHOWN else self.text[: _SHOWN - 3] + "..."
        name = f"{self.form} {shown}" if shown else self.form
        often = f", {self.times} times" if self.times != 1 else ""
        return f"{name} ({self.path}:{self.line}{often})"


class Change(NamedTuple):
    """One place whose assertions differ: ``missing``, ``weaker``, ``fewer`` or ``more`` times, ``extra``."""

    what: str
    before: Side | None = None
    after: Side | None = None

    def __str__(self) -> str:
        return f"{self.what}: {' -> '.join(str(side) for side in (self.before, self.after) if side)}"


def described(place: Executed, count: int) -> Side:
    """Give what a change shows of one side."""
    return Side(place.form, place.path, place.line, " ".join(told(place).split()), count)


def in_order(places: Iterable[Executed], renames: Mapping[str, str] | None = None) -> list[Executed]:
    """Sort places as they stand in their files, old files under their new names."""
    known = renames or {}
    return sorted(places, key=lambda p: (known.get(p.path, p.path), p.line, p.form, p.text))


def guards_left_out(before: Sequence[Executed], after: Sequence[Executed]) -> list[Executed]:
    """Leave out the ``isinstance`` checks that stand before the comparison of a typed one."""
    kept: list[Executed] = []
    spare = _GUARDS
    for place in after:
        old = before[len(kept)] if len(kept) < len(before) else None
        if spare and old is not None and old.form in TYPED and is_guard(kind(place)):
            spare -= 1
        else:
            kept.append(place)
            spare = _GUARDS
    return kept


def is_guard(asserted: Kind) -> bool:
    """Whether an assertion is a plain ``isinstance`` check."""
    return asserted.form == ASSERT and asserted.shape is not None and asserted.shape.op == "isinstance"


def side_by_side(before: Counts, after: Counts, renames: Mapping[str, str]) -> tuple[Change, ...]:
    """Compare place by place, if statements kept their order; nothing if that cannot be told.

    It cannot where the numbers of places differ, or where a line has several assertions.
    """
    old = in_order(before, renames)
    new = guards_left_out(old, in_order(after))
    if len(old) != len(new) or _has_shared_line(old) or _has_shared_line(new):
        return ()
    pairs = zip(old, new, strict=True)
    return tuple(change for pair in pairs if (change := _change(*pair, before, after)) is not None)


def _has_shared_line(places: Sequence[Executed]) -> bool:
    return any((a.path, a.line) == (b.path, b.line) for a, b in pairwise(places))


def _change(old: Executed, new: Executed, before: Counts, after: Counts) -> Change | None:
    if not accepts(kind(old), kind(new)):
        what = "weaker"
    elif after[new] < before[old]:
        what = "fewer"
    else:
        return None
    return Change(what, described(old, before[old]), described(new, after[new]))


def losses(
    before: Counts, after: Counts, missing: Mapping[Kind, int], renames: Mapping[str, str]
) -> tuple[Change, ...]:
    """Say where the assertions of the ``missing`` kinds were, and what stands there now."""
    old = in_order(before, renames)
    lost = [place for place in old if kind(place) in missing]
    found = (_loss(pair, before, after) for pair in _pairs(old, before, after) if pair[0] in lost)
    return tuple(change for change in found if change is not None) or tuple(
        Change("missing", described(place, before[place])) for place in lost
    )


def _loss(pair: _Pair, before: Counts, after: Counts) -> Change | None:
    old, new = pair
    if old is not None and new is not None:
        return _change(old, new, before, after)
    return Change("missing", described(old, before[old])) if old is not None else None


def extras(
    before: Counts, after: Counts, left: Mapping[Kind, int], renames: Mapping[str, str]
) -> tuple[Change, ...]:
    """Say where more is asserted than before; where order does not tell, all places of the kinds ``left``."""
    pairs = _pairs(in_order(before, renames), before, after)
    found = tuple(change for pair in pairs if (change := _extra(pair, before, after)) is not None)
    places = (place for place in in_order(after) if kind(place) in left)
    return found or tuple(Change("extra", None, described(place, after[place])) for place in places)


def _extra(pair: _Pair, before: Counts, after: Counts) -> Change | None:
    old, new = pair
    if new is None or (old is not None and after[new] <= before[old]):
        return None
    return Change("extra" if old is None else "more", _side(old, before), described(new, after[new]))


def _side(place: Executed | None, counts: Counts) -> Side | None:
    return None if place is None else described(place, counts[place])


def _pairs(old: Sequence[Executed], before: Counts, after: Counts) -> list[_Pair]:
    return list(_aligned(old, guards_left_out(old, in_order(after)), before, after))


def _aligned(
    old: Sequence[Executed], new: Sequence[Executed], before: Counts, after: Counts
) -> Iterator[_Pair]:
    """Pair two sequences in order, so that as much as possible fits (Needleman and Wunsch 1970)."""
    if len(old) * len(new) > _LARGEST:
        return

    def score(i: int, j: int) -> int:
        return _score(old[i], new[j], before[old[i]] == after[new[j]])

    best = _best(len(old), len(new), score)
    i = j = 0
    while i < len(old) or j < len(new):
        paired = score(i, j) if i < len(old) and j < len(new) else 0
        if paired and best[i][j] == best[i + 1][j + 1] + paired:
            yield old[i], new[j]
            i, j = i + 1, j + 1
        elif i < len(old) and best[i][j] == best[i + 1][j]:
            yield old[i], None
            i += 1
        else:
            yield None, new[j]
            j += 1


def _best(rows: int, columns: int, score: Callable[[int, int], int]) -> list[list[int]]:
    """Give the best score from each pair of positions to the ends."""
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            best[i][j] = max(best[i + 1][j + 1] + score(i, j), best[i + 1][j], best[i][j + 1])
    return best


def _score(old: Executed, new: Executed, same_count: bool) -> int:
    if (old.form, old.text) == (new.form, new.text):
        return 8
    if accepts(kind(old), kind(new)):
        return 6 if same_count else 4
    return 1 if same_count else 0
