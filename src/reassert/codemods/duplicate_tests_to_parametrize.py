"""Tests that are copies of one another become rows of one parametrized test (spec F.1, F.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from reassert.model.config import Profile
from reassert.model.edits import Unit
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.context import Context
from reassert.syntax.copies import Group, alike, runs
from reassert.syntax.draft import Draft
from reassert.syntax.imports import imported_as
from reassert.syntax.merging import Merging
from reassert.syntax.parameter_names import merged_name, parameter_names
from reassert.syntax.parametrize import REFUSALS, Objection
from reassert.syntax.siblings import Scope, Sibling, known_elsewhere, knows_its_test, scopes
from reassert.syntax.sifting import Sifted, sifted
from reassert.syntax.statements import fewer_lines
from reassert.syntax.taking_up import Taken, objection_to, taken_up, taking_up, unfit, without

# Above this many lines two copies are told apart too hard in a table.
_SHORT = 6
_NAMED = 3
_PAIR = 2
_LONGER = Objection("PARAM-STRUCTURE", "a table would not be shorter")
# The lines that a file gets by its first import of pytest.
_IMPORT = 2
# Of two tests nobody expects a table that would have these flaws.
_MATTERS_OF_TASTE = frozenset({"PARAM-STRUCTURE", "PARAM-TOO-MANY"})


class DuplicateTestsToParametrize(Codemod[Context]):
    """https://docs.pytest.org/en/stable/how-to/parametrize.html."""

    title = "tests that are copies of one another become one with a table"
    mentions = (b"def test",)
    profile = Profile.IDIOMATIC
    late = True
    refusals: ClassVar[Mapping[str, str]] = {
        **{code: why for code, why in REFUSALS.items() if code != "PARAM-STATEFUL-LOOP"},
        "B-NAME": "something else refers to a test by its name",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """The tables of all classes, and of the module."""
        known = context.module.imports.get("pytest")
        if not (known or {"pytest"}) == {"pytest"} == {imported_as(context, "pytest").decode()}:
            return Rewrite()
        work = _Work(context, self.id, 0)
        work.scopes()
        if not known and 0 < work.saved <= _IMPORT:
            work = _Work(context, self.id, _IMPORT)
            work.scopes()
        return work.rewrite()


class _Work(Draft):
    """One file. ``cost`` is how many lines each table must save and one more, ``saved`` what they all do."""

    def __init__(self, context: Context, rule_id: str, cost: int) -> None:
        super().__init__(context, rule_id)
        self.cost = cost
        self.saved = 0
        # The names of the new tests, by scope.
        self.made: defaultdict[str, set[str]] = defaultdict(set)
        self.taken: dict[str, set[str]] = {}

    def scopes(self) -> None:
        """The tests of all classes, and those of the module."""
        for scope in scopes(self.context):
            self.scope(scope)

    def scope(self, scope: Scope) -> None:
        """The tests of a class or of the module."""
        free = list(self._free(scope, scope.siblings))
        gone: set[str] = set()
        for taken in taken_up(scope, free):
            gone |= self._take_up(taken)
        found = alike(scope, [s for s in free if s.name not in gone])
        for remark in found.remarks:
            self._refuse(scope, remark.members, remark.objection)
        for members in found.groups:
            self._copies(scope, members)

    def _free(self, scope: Scope, siblings: Sequence[Sibling]) -> Iterator[Sibling]:
        for sibling in siblings:
            if not self.context.is_ignored(self.rule_id, sibling.function, scope.qualname + sibling.name):
                yield sibling

    def _take_up(self, taken: Taken) -> set[str]:
        """Give the rows of a parametrized test more of them; the names of the tests that go."""
        scope = taken.scope
        left: Taken | None = taken
        for remark in unfit(
            taken, {c.name: why for c in taken.copies if (why := _bound_to_name(scope, c.name))}
        ):
            self._refuse(scope, remark.members, remark.objection)
            left = left and without(left, remark.members)
        if left is None:
            return set()
        objection = objection_to(left)
        if objection is not None:
            self._refuse(scope, [left.copies[0], left.host], objection)
            return set()
        unit = Unit(self.rule_id, scope.qualname + left.copies[0].name)
        edits = list(taking_up(left, unit))
        saved = fewer_lines(self.context, edits)
        if saved <= self.cost:
            self._refuse(scope, [left.copies[0], left.host], _LONGER)
            return set()
        self.saved += saved
        self.edits += edits
        self._note(scope, left.host.name, left.copies)
        return {copy.name for copy in left.copies}

    def _note(self, scope: Scope, name: str, members: Sequence[Sibling]) -> None:
        """Enter what tests are now cases of."""
        for owner in (scope.qualname, *(f"{heir.qualname}." for heir in scope.heirs)):
            for member in members:
                self.splits[owner + member.name] = (f"{name}[{member.name}]",)

    def _copies(self, scope: Scope, members: Sequence[Sibling]) -> None:
        held = {m.name: why for m in members if (why := _bound_to_name(scope, m.name))}
        left = [m for m in members if m.name not in held]
        for why in dict.fromkeys(held.values()):
            known = [m for m in members if held.get(m.name) == why]
            self._refuse(scope, known, why)
        for run in runs(scope, left):
            if len(run) >= max(_PAIR, self.context.config.limits.copies):
                self._tables(scope, run)

    def _tables(self, scope: Scope, members: Sequence[Sibling]) -> None:
        """One table for all, if nothing keeps them from it; else one without those that do."""
        found = sifted(scope, members)
        if found.groups and knows_its_test(self.context):
            asks = Objection("PARAM-IMPURE", "something in the file asks which test runs")
            found = Sifted((), (), asks)
        problems = [(group, self._merge(group)) for group in found.groups]
        if all(problem for _, problem in problems):
            self._stay(scope, members, found.whole or next((p for _, p in problems), None))
            return
        for remark in found.remarks:
            self._refuse(scope, remark.members, remark.objection)
        for group, problem in problems:
            self._stay(scope, group.members, problem)

    def _stay(self, scope: Scope, members: Sequence[Sibling], objection: Objection | None) -> None:
        """Say why copies stay, if a reader would have expected a table."""
        if objection is not None and (len(members) > _PAIR or objection.code not in _MATTERS_OF_TASTE):
            self._refuse(scope, members, objection)

    def _merge(self, group: Group) -> Objection | None:
        """Take the edits of a group, or say what speaks against them."""
        scope, names = group.scope, {m.name for m in group.members}
        taken, made = self._taken(scope), self.made[scope.qualname]
        name = merged_name(group, lambda n: n in made or (n in taken and n not in names))
        unit = Unit(self.rule_id, scope.qualname + group.first.name)
        merging = Merging(group, parameter_names(group), name, unit)
        edits = list(merging.edits())
        saved = fewer_lines(self.context, edits)
        if _is_long_pair(group):
            return Objection("PARAM-STRUCTURE", f"two copies of more than {_SHORT} lines are no table")
        if saved <= self.cost:
            return _LONGER
        self.saved += saved
        self.edits += edits
        self.again |= merging.shortens
        self.made[scope.qualname].add(name)
        self._note(scope, name, group.members)
        return None

    def _taken(self, scope: Scope) -> set[str]:
        if scope.qualname not in self.taken:
            self.taken[scope.qualname] = _taken(scope)
        return self.taken[scope.qualname]

    def _refuse(self, scope: Scope, members: Sequence[Sibling], objection: Objection) -> None:
        first = members[0]
        names = [m.name for m in members[1:]]
        copies = f"a copy of it is {names[0]}" if len(names) == 1 else f"copies of it are {_listed(names)}"
        reason = f"{objection.reason}; {copies}" if names else objection.reason
        qualname = scope.qualname + first.name
        self.refusals.append(
            self.context.refusal(self.rule_id, objection.code, first.function, qualname, reason)
        )


def _bound_to_name(scope: Scope, name: str) -> Objection | None:
    """Why a test cannot be a row, which has its name as id: see ``case_name``."""
    if not name.isascii():
        return Objection("PARAM-STRUCTURE", "pytest escapes such a name in an id, and -k does not find it")
    why = known_elsewhere(scope, name)
    return Objection("B-NAME", why) if why else None


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _taken(scope: Scope) -> set[str]:
    """The names that a test of a scope cannot get."""
    if scope.owner is None:
        module = scope.context.module
        return set(module.rebound | module.imports.keys() | module.names.keys())
    return {name for info in (*scope.owner.lineage, *scope.heirs) for name in info.inherited}


def _is_long_pair(group: Group) -> bool:
    """Whether a table would be hard to see through for the little that it holds."""
    first = group.first.function
    lines = (first.end_lineno or first.lineno) - first.body[0].lineno + 1
    return len(group.members) == _PAIR and lines > _SHORT
