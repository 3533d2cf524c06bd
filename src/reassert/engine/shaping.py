"""The late codemods of one file: each sees the text that all before it have left, and speaks of the user's.

What they do cannot be told from the file on disk: whether two tests are copies shows when both are converted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from reassert.engine.climbing import Decision, Said, key
from reassert.engine.summary import with_case
from reassert.engine.writing import Written, written
from reassert.model.edits import Spliced, Unit
from reassert.model.facts import BaseFacts
from reassert.model.outcomes import (
    Change,
    Failed,
    Finding,
    Location,
    Outcome,
    Refusal,
    Rewritten,
    Safety,
    Unchanged,
)
from reassert.model.rules import Codemod, Rewrite
from reassert.model.source import SourceFile
from reassert.syntax.classes import link
from reassert.syntax.context import Context

# What a codemod makes of a file may show it more to do. Twice is rare; this is to end in any case.
_ROUNDS = 4

TestNames = Mapping[str, tuple[str, ...]]


def shaped(
    said: Said,
    outcome: Outcome,
    spliced: Spliced | None,
    decision: Decision,
    rules: Iterable[Codemod[Context]],
) -> Outcome:
    """``outcome``, with what the late ones of ``rules`` make of it; ``spliced`` is how it came about."""
    original = said.context
    late = [
        r for r in rules if r.late and r.is_wanted(original.config) and not original.is_ignored(r.id, None)
    ]
    if not late or original.facts.scope is not None or not isinstance(outcome, (Rewritten, Unchanged)):
        return outcome
    bases = _settled_bases(original.facts.bases, decision)
    work = _Shaping(original, outcome, spliced, _Names(said, decision), bases)
    for rule in late:
        failed = work.run(rule)
        if failed is not None:
            return failed
    return work.outcome()


def _settled_bases(bases: Mapping[str, BaseFacts], decision: Decision) -> dict[str, BaseFacts]:
    """What the bases in other files are when these are converted, too, under their names of then."""
    found = dict(bases)
    for dotted, base in bases.items():
        name = f"{base.path}::{base.qualname}"
        if name in decision.climbing:
            new = decision.renames.get(name, base.qualname)
            module = dotted.removesuffix(base.qualname)
            plain = replace(base, kind="plain", qualname=new)
            found |= {dotted: plain, f"{module}{new}" if module != dotted else dotted: plain}
    return found


def _inherited(original: Context) -> dict[str, tuple[str, ...]]:
    """The arguments of the methods that bases in other files have, by the name of the method."""
    found: dict[str, tuple[str, ...]] = {}
    for info in (c for own in original.classes.all for c in own.lineage if c.module is not original.module):
        for name, method in info.methods.items():
            found.setdefault(name, tuple(a.arg for a in method.args.args[1:]))
    return found


class _Names:
    """The qualified names of the file's classes, old and new."""

    def __init__(self, said: Said, decision: Decision) -> None:
        renames = (item for r in said.rewrites for item in r.renames.items())
        climbing = {c.qualname for c in said.context.classes.all if _climbs(said, c.qualname, decision)}
        self._new = {old: new for old, new in renames if old in climbing}
        self._old = {new: old for old, new in self._new.items()}

    def new(self, qualname: str) -> str:
        """What the user's ``qualname`` is called now."""
        return _mapped(qualname, self._new)

    def old(self, qualname: str) -> str:
        """What the user calls ``qualname``."""
        return _mapped(qualname, self._old)


def _climbs(said: Said, qualname: str, decision: Decision) -> bool:
    return key(said.context, qualname) in decision.climbing


def _mapped(qualname: str, table: Mapping[str, str]) -> str:
    parts = qualname.split(".")
    for end in range(len(parts), 0, -1):
        known = table.get(".".join(parts[:end]))
        if known is not None:
            return ".".join([known, *parts[end:]])
    return qualname


@dataclass(frozen=True)
class _Origin:
    """Where the pieces of a text stood in the text before."""

    spliced: Spliced

    @cached_property
    def _known(self) -> list[tuple[int, int]]:
        pieces = zip(self.spliced.places, self.spliced.kept, strict=True)
        return [(place, span.start) for place, span in pieces]

    def of(self, offset: int) -> int:
        """The place of what is now at ``offset``; of new text, that of what stands before it."""
        index = bisect_right(self.spliced.places, offset) - 1
        if index < 0:
            return 0
        place, old = self._known[index]
        return min(old + offset - place, max(old, self.spliced.kept[index].end - 1))


class _Shaping:
    """One file on its way through the late codemods."""

    def __init__(
        self,
        original: Context,
        outcome: Rewritten | Unchanged,
        spliced: Spliced | None,
        names: _Names,
        bases: Mapping[str, BaseFacts],
    ) -> None:
        self.original = original
        self.first = outcome
        self.report = outcome.report
        self.names = names
        self.bases = bases
        self.inherited = _inherited(original)
        self.origins = [_Origin(spliced)] if spliced else []
        self.units: list[Unit] = []
        self.safety = Safety.SAFE
        data = outcome.change.after if isinstance(outcome, Rewritten) else None
        self.data = original.source.data if data is None else data

    def run(self, rule: Codemod[Context]) -> Failed | None:
        """Apply one codemod to the present text until it has no more to do, and keep what it says then.

        What it said before counts of that which later rounds neither change nor speak of.
        """
        earlier: dict[str, Refusal] = {}
        for left in reversed(range(_ROUNDS)):
            context = self._context()
            result = rule.rewrite(context)
            done = written(context, result.edits) if result.edits else None
            again = result.again and left > 0
            settled = {*result.splits, *(r.unit.qualname for r in result.refusals)}
            earlier = {name: said for name, said in earlier.items() if name not in settled}
            if again:
                new = {r.unit.qualname: self._refusal(context.source, r) for r in result.refusals}
                earlier.update(new)
            self._note(context, replace(result, refusals=(), findings=()) if again else result)
            context.release()
            if isinstance(done, Failed):
                return done
            if done is not None and done.data != self.data:
                self._take(rule, done)
            if not again:
                break
        self.report = replace(self.report, refusals=(*self.report.refusals, *earlier.values()))
        return None

    def _context(self) -> Context:
        source = replace(self.original.source, data=self.data)
        config = self.original.config
        excluded = frozenset(Unit(u.rule_id, self.names.new(u.qualname)) for u in config.excluded)
        facts = self.original.facts
        kept = frozenset(map(self.names.new, facts.kept_tests))
        context = Context(
            source, replace(facts, kept_tests=kept, bases=self.bases), replace(config, excluded=excluded)
        )
        context.inherited = self.inherited
        context.family = {str(source.path): context}
        link({str(source.path): context.unlinked_classes})
        return context

    def _take(self, rule: Codemod[Context], done: Written) -> None:
        self.data = done.data
        self.origins.append(_Origin(done.spliced))
        self.units += [Unit(e.unit.rule_id, self.names.old(e.unit.qualname)) for e in done.edits]
        if rule.safety is Safety.UNSAFE:
            self.safety = Safety.UNSAFE

    def _note(self, context: Context, result: Rewrite) -> None:
        refusals = [self._refusal(context.source, r) for r in result.refusals]
        findings = [self._finding(context.source, f) for f in result.findings]
        self.report = replace(
            self.report,
            refusals=(*self.report.refusals, *refusals),
            findings=(*self.report.findings, *findings),
            test_map=_followed(self.report.test_map, dict(_node_names(result))),
        )

    def _refusal(self, source: SourceFile, refusal: Refusal) -> Refusal:
        unit = Unit(refusal.unit.rule_id, self.names.old(refusal.unit.qualname))
        return replace(refusal, location=self._place(source, refusal.location), unit=unit)

    def _finding(self, source: SourceFile, finding: Finding) -> Finding:
        return replace(finding, location=self._place(source, finding.location))

    def _place(self, source: SourceFile, location: Location) -> Location:
        """A place of the present text in the user's file."""
        start = source.line_starts[location.line - 1]
        line = source.buffer[start:].split(b"\n", 1)[0].decode()
        offset = start + len(line[: location.column - 1].encode())
        for origin in reversed(self.origins):
            offset = origin.of(offset)
        user = self.original.source
        number = user.line_of(offset)
        before = user.buffer[user.line_starts[number - 1] : offset]
        return Location(location.path, number, len(before.decode(errors="replace")) + 1)

    def outcome(self) -> Outcome:
        """What becomes of the file in the end."""
        source = self.original.source
        if not self.units:
            return replace(self.first, report=self.report)
        if self.data == source.data:
            return Unchanged(source.path, self.report)
        units = self.first.change.units if isinstance(self.first, Rewritten) else ()
        before = None if self.original.facts.creates else source.data
        every = tuple(dict.fromkeys((*units, *self.units)))
        change = Change(source.path, before, self.data, every, self.safety, encoding=source.encoding)
        return Rewritten(change, self.report)


def _node_names(result: Rewrite) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a late codemod makes of tests, as pytest names them: ``Class::test``."""
    for name, news in result.splits.items():
        owner = "".join(f"{part}::" for part in name.split(".")[:-1])
        yield owner + name.rpartition(".")[2], tuple(owner + new for new in news)


def _followed(known: TestNames, late: TestNames) -> Mapping[str, tuple[str, ...]]:
    """The test map, with the names that tests have now; a test that it does not have had its name before."""
    news = {name for names in known.values() for name in names}
    news |= {name.partition("[")[0] for name in news}
    changed = {
        old: tuple(dict.fromkeys(n for name in names for n in _renamed(name, late)))
        for old, names in known.items()
    }
    return {**changed, **{old: names for old, names in late.items() if old not in news}}


def _renamed(name: str, late: TestNames) -> tuple[str, ...]:
    """What becomes of a test, or of one case of it: the table above its class stays."""
    base, bracket, case = name.partition("[")
    if name in late or not bracket or base not in late:
        return late.get(name, (name,))
    return with_case(late[base], case[:-1])
