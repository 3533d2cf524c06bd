"""Draws mutants of the code under test, and says which ones the old suite killed and the new one does not."""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import NamedTuple

from reassert.model.certificate import Difference, Label, MutantCounts
from reassert.model.runs import SuiteRun
from reassert.model.source import SourceFile
from reassert.syntax.mutants import Mutation, mutations
from reassert.workflow.certifying.matching import Match, Matching

_PATIENCE = 2  # turns that strings wait


@dataclass(frozen=True, order=True)
class Mutant:
    """One mutation of one file; ``path`` is relative to the root."""

    path: str
    mutation: Mutation

    def __str__(self) -> str:
        return f"{self.path}:{self.mutation.line}: {self.mutation.operator}"


class Kill(NamedTuple):
    """The test that noticed a mutant, and how: it ``failed``, or it did not end in time (``timeout``)."""

    test: str
    how: str = "failed"


Kills = Mapping[Mutant, "Kill | None"]
"""What became of each mutant that was tried: None is a mutant that survived."""


def draw(
    sources: Mapping[str, SourceFile], covered: Mapping[str, Collection[int]], number: int, seed: int
) -> tuple[Mutant, ...]:
    """Draw up to ``number`` mutants in lines that are covered, spread over the files and their lines.

    ``covered`` are lines by file. The same arguments give the same mutants. A file that is not Python is
    left out, and so is a mutation that does not parse or that changes nothing.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    piles = [_pile(path, sources[path], covered[path], chance) for path in sorted(sources.keys() & covered)]
    chance.shuffle(piles)
    rounds = (mutant for layer in zip_longest(*piles) for mutant in layer if mutant is not None)
    return tuple(islice((m for m in rounds if _is_sound(sources[m.path], m.mutation)), number))


def covering_tests(mutant: Mutant, run: SuiteRun) -> frozenset[str]:
    """Give the tests that execute the mutated line, by the run's ``covered_by``."""
    lines = (mutant.mutation.line, mutant.mutation.statement)
    return frozenset().union(*(run.covered_by.get((mutant.path, line), frozenset()) for line in lines))


def _pile(path: str, source: SourceFile, lines: Collection[int], chance: random.Random) -> list[Mutant]:
    """Shuffle the mutants of one file, so that every line has its turn before one comes again.

    Strings wait: there are more of them than of anything else, and most are messages.
    """
    try:
        found = [m for m in mutations(source) if m.line in lines or m.statement in lines]
    except (SyntaxError, ValueError, RecursionError):
        return []
    chance.shuffle(found)
    turns: Counter[int] = Counter()
    keyed: list[tuple[int, int, Mutation]] = []
    for mutation in found:
        waits = _PATIENCE if mutation.operator == "string" else 0
        keyed.append((turns[mutation.line] + waits, len(keyed), mutation))
        turns[mutation.line] += 1
    return [Mutant(path, mutation) for _, _, mutation in sorted(keyed)]


def _is_sound(source: SourceFile, mutation: Mutation) -> bool:
    try:
        tree = ast.parse(mutation.applied(source.buffer))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return ast.dump(tree) != ast.dump(source.tree)


def survivors(
    before: Kills,
    after: Kills,
    sources: Mapping[str, SourceFile],
    matching: Matching,
    flaky: Collection[str] = (),
) -> tuple[Difference, ...]:
    """Give the mutants that the old suite killed and that survive the new one.

    Only mutants that both were tried with are compared, and none whose killer is ``flaky``.
    """
    return tuple(
        _difference(mutant, kill, matching.matches.get(kill.test, Match()), sources[mutant.path])
        for mutant, kill in sorted(before.items())
        if kill is not None and kill.test not in flaky and after.get(mutant, kill) is None
    )


def mutant_counts(before: Kills, after: Kills, lost: Collection[Difference], seed: int) -> MutantCounts:
    """Count the mutants that were tried with both suites; say so if some were tried with one only."""
    both = sorted(before.keys() & after.keys())
    single = len(before.keys() ^ after.keys())
    return MutantCounts(
        tried=len(both),
        killed_before=sum(before[mutant] is not None for mutant in both),
        killed_after=sum(after[mutant] is not None for mutant in both),
        survivors=len(lost),
        seed=seed,
        note=f"{single} more were tried with one of the suites only" if single else "",
    )


def _difference(mutant: Mutant, kill: Kill, match: Match, source: SourceFile) -> Difference:
    how = "" if kill.how == "failed" else f" ({kill.how})"
    detail = f"{mutant}: killed before{how}, survives after"
    return Difference(
        Label.SURVIVES,
        kill.test,
        match.after,
        detail,
        tuple(mutant_diff(mutant, source)),
        certain=match.certain,
    )


def mutant_diff(mutant: Mutant, source: SourceFile) -> Iterator[str]:
    """Give a mutant as a unified diff with one line of context."""
    mutation = mutant.mutation
    first, last = mutation.line - 1, source.line_of(mutation.end) - 1
    old = _lines(source.buffer)
    new = _lines(mutation.applied(source.buffer))
    changed = new[first : last + 1 + len(new) - len(old)]
    head, tail = old[max(0, first - 1) : first], old[last + 1 : last + 2]
    start, around = first + 1 - len(head), len(head) + len(tail)
    yield f"--- a/{mutant.path}"
    yield f"+++ b/{mutant.path}"
    yield f"@@ -{start},{around + last + 1 - first} +{start},{around + len(changed)} @@"
    yield from _marked(" ", head)
    yield from _marked("-", old[first : last + 1])
    yield from _marked("+", changed)
    yield from _marked(" ", tail)


def _lines(buffer: bytes) -> list[str]:
    """Split where Python's tokenizer does."""
    return buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("utf-8", "replace").split("\n")


def _marked(mark: str, lines: Iterable[str]) -> Iterator[str]:
    return (mark + line for line in lines)
