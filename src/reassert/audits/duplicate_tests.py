"""Tests that several classes or modules have: where they are, and what could hold them in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import ClassVar

from reassert.model.config import RuleConfig
from reassert.model.outcomes import Finding, Note
from reassert.model.rules import Audit, Inspection
from reassert.syntax.context import Context
from reassert.syntax.meanings import IMPORTED
from reassert.syntax.test_notes import BASE, CONFTEST, FIXTURE, NAME, STATE, test_notes

# How many names are spelled out.
_NAMED = 3
_ROOTS = frozenset({"object", "unittest.TestCase", "unittest.IsolatedAsyncioTestCase"})


class DuplicateTests(Audit[Context]):
    """See the page."""

    title = "tests that several classes or modules have, with what could hold them in common"
    mentions = (b"def test",)
    findings: ClassVar[Mapping[str, str]] = {
        "DUP-SAME": "the same tests run twice, and nothing in the files tells them apart",
        "DUP-INHERITED": "a class repeats tests that it inherits",
        "DUP-BASE": "classes have tests in common that a base class could hold",
        "DUP-FIXTURE": "modules have tests in common that could run once for each value of a fixture",
    }

    def inspect(self, context: Context) -> Inspection:
        """Note every test, with what its names stand for."""
        return Inspection(notes=tuple(test_notes(context, self.id)))

    def compare(self, notes: Sequence[Note], config: RuleConfig) -> Iterable[Finding]:
        """A finding for each set of places that have tests in common, those with the most lines first."""
        shared = [group for group in _groups(notes) if group.lines >= config.limits.duplicate_lines]
        shared.sort(key=lambda group: (-group.lines, group.places))
        return [
            *(group.finding(self.id) for group in shared),
            *(_of_twins(self.id, t) for t in _twins(notes)),
        ]


_Place = tuple[Path, str]


@dataclass(frozen=True)
class _Group:
    """The places that have tests in common, and for each of these tests its notes, in the same order."""

    places: tuple[_Place, ...]
    tests: tuple[tuple[Note, ...], ...]

    @property
    def lines(self) -> int:
        """How many lines there are beside those of one place."""
        return sum(min(note.lines for note in test) for test in self.tests) * (len(self.places) - 1)

    @cached_property
    def differing(self) -> Mapping[str, list[str]]:
        """What is not the same everywhere: what it is about, and what it is at each place."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for number in range(len(self.places)):
            facts = {label: said for test in self.tests for label, said in test[number].facts}
            for label in {label for test in self.tests for note in test for label, _ in note.facts}:
                found[label].append(_settled(self.places[number][0], facts.get(label, "")))
        return {label: said for label, said in sorted(found.items()) if len(set(said)) > 1}

    def finding(self, rule_id: str) -> Finding:
        """All that is said of them, at the first place."""
        code, suggestion = self._suggestion()
        first, *others = self.tests[0]
        names = [test[0].name.rpartition(".")[2] for test in self.tests]
        verb = "is" if len(names) == 1 else "are"
        message = f"{_listed(names)} {verb} also in {self._other_places()}: {self.lines} lines could go"
        return Finding(rule_id, code, first.location, message, suggestion, tuple(n.location for n in others))

    def _other_places(self) -> str:
        owners = list(dict.fromkeys(owner for _, owner in self.places[1:]))
        if not all(owners):
            count = len(self.places) - 1
            return "another module" if count == 1 else f"{count} other modules"
        extra = len(self.places) - 1 - len(owners)
        return _listed(owners) + (f" (in {extra + 1} modules)" if extra and len(owners) == 1 else "")

    # -- what could be done ----------------------------------------------------------------------------------

    def _suggestion(self) -> tuple[str, str]:
        """The code, and what could hold the tests in common."""
        root = self._root()
        if root is not None:
            return "DUP-INHERITED", f"delete them everywhere but in {root}, which the other classes inherit"
        if not self.differing:
            return "DUP-SAME", "see whether one is enough: nothing in these files tells them apart"
        if not all(owner for _, owner in self.places):
            return "DUP-FIXTURE", self._fixture()
        return "DUP-BASE", self._base()

    def _root(self) -> str | None:
        """The class that all others derive from, if the tests mean the same in all of them."""
        if any(label.startswith((NAME, FIXTURE)) for label in self.differing):
            return None
        for path, owner in self.places:
            others = [n for n, place in enumerate(self.places) if place != (path, owner)]
            if owner and all(self._derives(number, path, owner) for number in others):
                return owner
        return None

    def _derives(self, number: int, path: Path, owner: str) -> bool:
        # Behind another base it would matter what that one has.
        first = self._bases(number)[:1]
        return any(_is_class(self.places[number][0], base, path, owner) for base in first)

    def _bases(self, number: int) -> list[str]:
        return [said for label, said in self.tests[0][number].facts if label.startswith(BASE)]

    def _base(self) -> str:
        """A base class, new or known, and what stays in the classes."""
        owners = list(dict.fromkeys(owner for _, owner in self.places))
        named = _listed(owners) if len(owners) > 1 else f"the classes {owners[0]}"
        common = [
            base
            for base in self._bases(0)
            if base not in _ROOTS
            and all(base in self._bases(number) for number in range(1, len(self.places)))
        ]
        below = f", below {common[0].rpartition('.')[2]}" if common else ""
        names = self._spelled(NAME)
        rest = [f"take {names} from a class attribute"] if names else []
        fixtures = self._spelled(FIXTURE)
        rest += [f"let each class have its own {fixtures}"] if fixtures else []
        if STATE in self.differing:
            rest.append("what else differs stays in each class")
        mixin = next((owner for owner in owners if owner.endswith("Mixin")), None)
        others = [owner for owner in owners if owner != mixin]
        if mixin and others:
            return "; ".join([f"let {_listed(others)} inherit {mixin}, and delete them there", *rest])
        return "; ".join([f"move them to one base class of {named}{below}", *rest])

    def _fixture(self) -> str:
        """A fixture, or parameters, for what differs between functions."""
        names, fixtures = self._spelled(NAME), self._spelled(FIXTURE)
        done = [f"parametrize them over {names}"] if names else []
        done += [f"let one fixture with params give {fixtures}"] if fixtures else []
        return "keep them in one module: " + (" and ".join(done) or "its set-up is all that differs")

    def _spelled(self, kind: str) -> str:
        """What differs of one kind, with what it is where that is known by a name."""
        return _listed(
            [
                label.removeprefix(kind) + _meant(said)
                for label, said in self.differing.items()
                if label.startswith(kind)
            ]
        )


def _groups(notes: Sequence[Note]) -> Iterator[_Group]:
    """The tests by the places that have them, one of each place."""
    copies: defaultdict[bytes, dict[_Place, Note]] = defaultdict(dict)
    for note in notes:
        copies[note.key].setdefault((note.location.path, note.name.rpartition(".")[0]), note)
    groups: defaultdict[tuple[_Place, ...], list[tuple[Note, ...]]] = defaultdict(list)
    for found in copies.values():
        if len(found) > 1:
            groups[tuple(found)].append(tuple(found.values()))
    for places, tests in groups.items():
        yield _Group(places, tuple(tests))


def _twins(notes: Sequence[Note]) -> list[list[Note]]:
    """The tests of one place that differ in nothing but their names."""
    found: defaultdict[object, list[Note]] = defaultdict(list)
    for note in notes:
        found[note.key, note.location.path, note.name.rpartition(".")[0]].append(note)
    return [same for same in found.values() if len(same) > 1]


def _of_twins(rule_id: str, twins: Sequence[Note]) -> Finding:
    first, *others = twins
    names = [note.name.rpartition(".")[2] for note in twins]
    message = f"{_listed(names)} are the same: {sum(n.lines for n in others)} lines could go"
    suggestion = "see whether one is enough, or in what the others were to differ"
    return Finding(
        rule_id, "DUP-SAME", first.location, message, suggestion, tuple(n.location for n in others)
    )


def _settled(path: Path, said: str) -> str:
    """A fact as it can be compared: what is relative to the folder of its file is told with it."""
    return f"{said} {path.parent}" if said == CONFTEST or said.startswith(f"{IMPORTED}.") else said


def _meant(said: Sequence[str]) -> str:
    """The dotted names that a name stands for, in brackets; nothing if one of them has none."""
    dotted = list(dict.fromkeys(s.removeprefix(IMPORTED).partition(" ")[0] for s in said))
    known = all(s.startswith(IMPORTED) for s in said) and len(dotted) > 1
    return f" ({_listed(dotted)})" if known else ""


def _is_class(place: Path, base: str, path: Path, owner: str) -> bool:
    """Whether a base, as a class at ``place`` has it, may be the class ``owner`` of the file ``path``."""
    module, _, name = base.rpartition(".")
    if name != owner:
        return False
    if not module:
        return place == path
    dots = len(module) - len(module.lstrip("."))
    folder = place.parents[dots - 1] if 0 < dots <= len(place.parents) else None
    wanted = (*(folder.parts if folder else ()), *module.lstrip(".").split("."))
    parts = PurePath(path).with_suffix("").parts
    return parts[-len(wanted) :] == wanted


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    if more > 1:
        return f"{', '.join(names[:_NAMED])} and {more} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""
