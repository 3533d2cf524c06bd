"""Tries mutants of the code under test against the old and the new suite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reassert.model.certificate import Difference, MutantCounts
from reassert.model.runs import SuiteRun
from reassert.model.source import SourceFile
from reassert.workflow.certifying.mutants import Kill, Mutant, covering_tests, draw, mutant_counts, survivors
from reassert.workflow.certifying.outcomes import FAILING, standing
from reassert.workflow.verifying import Bench, Compared, Names, Proof

# A mutant may make a loop endless: so many times what its tests took, and some seconds to start.
_PATIENCE = 10
_START = 20.0


def mutant_check(
    bench: Bench, compared: Compared, names: Names, proof: Proof
) -> tuple[MutantCounts, tuple[Difference, ...]]:
    """Draw mutants in lines that the old suite covers; those it kills must be killed by the new one."""
    if not proof.mutants:
        return MutantCounts(), ()
    runs = compared.runs
    covered = {
        path: lines.executed for path, lines in runs.before.coverage.items() if path not in names.changed
    }
    bench.before()
    sources = _sources(bench, covered)
    mutants = draw(sources, covered, proof.mutants, proof.seed)
    before = _tried(bench, mutants, sources, runs.before)
    bench.after()
    after = _tried(bench, [m for m in mutants if before[m] is not None], sources, runs.after)
    after |= {m: None for m in mutants if before[m] is None}
    lost = survivors(before, after, sources, compared.matching, compared.comparison.flaky)
    return mutant_counts(before, after, lost, proof.seed), lost


def _sources(bench: Bench, paths: Iterable[str]) -> dict[str, SourceFile]:
    found = {path: bench.source(path) for path in paths}
    return {path: source for path, source in found.items() if isinstance(source, SourceFile)}


def _tried(
    bench: Bench, mutants: Iterable[Mutant], sources: Mapping[str, SourceFile], run: SuiteRun
) -> dict[Mutant, Kill | None]:
    return {mutant: _kill(bench, mutant, sources[mutant.path], run) for mutant in mutants}


def _kill(bench: Bench, mutant: Mutant, source: SourceFile, run: SuiteRun) -> Kill | None:
    """The test that notices the mutant; only those are run that pass without it and execute its line."""
    tests = [t for t in run.order if t in covering_tests(mutant, run) and standing(run.tests[t]) != FAILING]
    if not tests:
        return None
    bench.write(mutant.path, source.with_buffer(mutant.mutation.applied(source.buffer)))
    try:
        seconds = sum(run.tests[t].seconds for t in tests)
        limit = _START + _PATIENCE * seconds
        found = bench.run(f"mutant: {mutant}", select=tuple(tests), fail_fast=True, timeout=limit)
    finally:
        bench.write(mutant.path, source.data)
    killers = [t for t in tests if t in found.tests and standing(found.tests[t]) == FAILING]
    if killers:
        return Kill(killers[0])
    if found.trouble or found.errors:
        return Kill(tests[0], "timeout" if "time" in found.trouble else "did not run")
    return None
