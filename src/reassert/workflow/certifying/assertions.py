"""Executed assertions of a test, before and after: what is missing, what asks less, what is new.

An assertion is an ``Executed`` value: how often a form was executed at one place. A test's old assertions
must each have a counterpart among the new ones (``forms.accepts``). That is decided by counts of kinds, as a
flow from old to new ones: statements may move, threads may take turns. Where a plan's map says that
statements kept their order, the places are compared one by one, too, so that two changes cannot make up for
each other.

Of a file whose ``assert`` statements pytest does not rewrite (a helper that is no test module), executed ones
cannot be counted. What is asked of such a file's assertions is only what does not depend on that: ``raises``,
``warns`` and ``assertLogs``; the rest is ``unseen``, is counted as such, and never makes up for anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from reassert.model.runs import Executed, TestRun
from reassert.workflow.certifying.flow import Numbers, unserved
from reassert.workflow.certifying.forms import (
    NEVER_PASSES,
    SEEN_ALWAYS,
    TYPED,
    asks_for_a_text,
    kind,
    parts_of,
)
from reassert.workflow.certifying.places import (
    Change,
    described,
    extras,
    in_order,
    is_guard,
    losses,
    side_by_side,
)
from reassert.workflow.certifying.wholes import Covered, covered

Counts = dict[Executed, int]
_GUARDS = 2  # isinstance checks that a typed comparison may bring


@dataclass(frozen=True)
class View:
    """What is known of the two runs.

    ``ordered``: statements kept their order. ``file_renames`` maps old files to new ones. ``before`` and
    ``after`` are the files whose ``assert`` statements were counted on either side; None: all.
    """

    ordered: bool = False
    file_renames: Mapping[str, str] = field(default_factory=dict)
    before: frozenset[str] | None = None
    after: frozenset[str] | None = None

    def renamed(self, path: str) -> str:
        """Give a file's new name."""
        return self.file_renames.get(path, path)

    def hides_before(self, place: Executed) -> bool:
        """Whether plain ``assert`` statements of a new place's file were not counted in the old run."""
        return self._seen_before is not None and place.path not in self._seen_before

    @cached_property
    def _seen_before(self) -> frozenset[str] | None:
        return None if self.before is None else frozenset(map(self.renamed, self.before))

    def hides_after(self, place: Executed, path: str) -> bool:
        """Whether an assertion of ``path`` may now be, or is, one that the new run cannot count."""
        return self.after is not None and path not in self.after and kind(place).form not in SEEN_ALWAYS


class Compared(NamedTuple):
    """The comparison of one test.

    ``before`` and ``after`` are numbers of executed assertions, ``missing`` and ``extra`` those without a
    counterpart; ``changes`` say where. ``unseen`` counts old assertions by the new file that cannot be seen,
    ``wholes`` are old ones that ask for parts of what is now compared as a whole.
    """

    before: int
    after: int
    missing: int = 0
    extra: int = 0
    changes: tuple[Change, ...] = ()
    unseen: Mapping[str, int] = {}
    wholes: tuple[Change, ...] = ()


def compare_assertions(
    old: Sequence[TestRun], new: Sequence[TestRun], view: View, again: Sequence[TestRun] | None = None
) -> Compared:
    """Compare what the old tests that became one, or the one that was split, asserted before and after.

    ``again`` are the old tests in a second run of the same code: if they did not assert the same there, the
    numbers say nothing, and only that each place still has a counterpart is asked for.
    """
    before, after = _counted(old, max), _counted(new, int.__add__)
    numbers = sum(before.values()), sum(after.values())
    repeated = before if again is None else _counted(again, max)
    steady = before == repeated
    if not steady:
        before, after = _once_each(before, repeated, after, len(old))
    before, after, unseen = _visible(before, after, view)
    ordered = view.ordered and steady and len(old) == len(new) == 1
    result = _compared(before, after, view, ordered=ordered)
    if not steady and not result.missing:
        result = result._replace(extra=0, changes=())
    return Compared(*numbers, result.missing, result.extra, result.changes, unseen, result.wholes)


def _counted(tests: Iterable[TestRun], join: Callable[[int, int], int]) -> Counts:
    """Count by place. Cases add up; of tests that merged the most counts: they may have shared a set-up."""
    counts: Counts = {}
    for test in tests:
        own: Counter[Executed] = Counter()
        for item in test.assertions:
            if item.form not in NEVER_PASSES:
                own[replace(item, count=1)] += item.count
        counts |= {place: join(counts.get(place, 0), number) for place, number in own.items()}
    return counts


def _once_each(before: Counts, again: Counts, after: Counts, tests: int) -> tuple[Counts, Counts]:
    """Ask for each old place that both old runs executed once; where tests merged, for each of these."""
    return dict.fromkeys(before.keys() & again.keys(), 1), dict.fromkeys(after, tests)


def _visible(before: Counts, after: Counts, view: View) -> tuple[Counts, Counts, Counter[str]]:
    """Leave out what one of the runs could not count."""
    if view.after is None:
        return before, after, Counter()
    unseen: Counter[str] = Counter()
    for place, number in before.items():
        if view.hides_after(place, view.renamed(place.path)):
            unseen[view.renamed(place.path)] += number
    old = {p: n for p, n in before.items() if not view.hides_after(p, view.renamed(p.path))}
    return old, {p: n for p, n in after.items() if not view.hides_after(p, p.path)}, unseen


class _Result(NamedTuple):
    missing: int
    extra: int
    changes: tuple[Change, ...]
    wholes: tuple[Change, ...] = ()


def _compared(before: Counts, after: Counts, view: View, *, ordered: bool) -> _Result:
    """Compare apart what stands in files whose plain asserts only the new run could count."""
    results = []
    apart = {place.path for place in after if view.hides_before(place)}
    for path in sorted(apart):
        old = {p: n for p, n in before.items() if view.renamed(p.path) == path}
        new = {p: n for p, n in after.items() if p.path == path}
        found = _decided(old, new, view, ordered=False)
        results.append(_Result(found.missing, 0, found.changes if found.missing else (), found.wholes))
    old = {p: n for p, n in before.items() if view.renamed(p.path) not in apart}
    new = {p: n for p, n in after.items() if p.path not in apart}
    results.append(_decided(old, new, view, ordered=ordered))
    missing, extra, changes, wholes = zip(*results, strict=True)
    return _Result(sum(missing), sum(extra), tuple(chain(*changes)), tuple(chain(*wholes)))


def _decided(before: Counts, after: Counts, view: View, *, ordered: bool) -> _Result:
    missing, left = unserved(_by_kind(before), _by_kind(after))
    if missing:
        texts = _expected_texts(before) & _expected_texts(after)
        parted = _parted(before, texts), _parted(after, texts)
        lacking, _ = unserved(*map(_by_kind, parted))
        if parted != (before, after) and sum(lacking.values()) < sum(missing.values()):
            return _decided(*parted, view, ordered=False)
        found = Covered() if view.ordered else covered(before, after)
        if found.parts:
            return _without(found, before, after, view)
    left = _without_guards(left, sum(n for place, n in before.items() if place.form in TYPED))
    if missing:
        return _Result(sum(missing.values()), 0, losses(before, after, missing, view.file_renames))
    moved = side_by_side(before, after, view.file_renames) if ordered else ()
    if moved or not left:
        return _Result(len(moved), 0, moved)
    return _Result(0, sum(left.values()), extras(before, after, left, view.file_renames))


def _without(found: Covered, before: Counts, after: Counts, view: View) -> _Result:
    """Compare what is left beside the places whose values are now compared as a whole."""
    old = {place: number for place, number in before.items() if place not in found.parts}
    new = {place: number for place, number in after.items() if place not in found.wholes}
    result = _decided(old, new, view, ordered=False)
    parts = in_order(found.parts, view.file_renames)
    told = tuple(Change("asked of the whole value", described(place, before[place])) for place in parts)
    return _Result(result.missing, 0, result.changes if result.missing else (), told)


def _expected_texts(counts: Counts) -> Counter[str]:
    """Count what is expected together with a text."""
    found: Counter[str] = Counter()
    for place, number in counts.items():
        if asks_for_a_text(place.form, place.text):
            found[place.text] += number
    return found


def _parted(counts: Counts, kept: Mapping[str, int]) -> Counts:
    """Take apart what asks for several conditions at once: they are as good as one assertion each.

    Of what is expected with a text so many stay as they are as both sides have (``kept``): the new text must
    not make up for another assertion while yet another one makes up for the old text.
    """
    parted: Counter[Executed] = Counter()
    left = dict(kept)
    for place, number in counts.items():
        whole = min(number, left.get(place.text, 0)) if asks_for_a_text(place.form, place.text) else 0
        left[place.text] = left.get(place.text, 0) - whole
        parts = parts_of(place.form, place.text) if number > whole else ()
        for form, text in parts:
            parted[replace(place, form=form, text=text)] += number - whole
        if taken := whole if parts else number:
            parted[place] += taken
    return dict(parted)


def _by_kind(counts: Counts) -> Numbers:
    kinds: Numbers = {}
    for place, number in counts.items():
        kinds[kind(place)] = kinds.get(kind(place), 0) + number
    return kinds


def _without_guards(left: Numbers, typed: int) -> Numbers:
    allowed = typed * _GUARDS
    kept = {}
    for asserted, number in left.items():
        taken = min(allowed, number) if is_guard(asserted) else 0
        allowed -= taken
        if number > taken:
            kept[asserted] = number - taken
    return kept
