"""What a certificate checks beside the tests themselves: coverage, mutants, random orders."""

from __future__ import annotations

from reassert.model.runs import SuiteRun
from reassert.workflow.certifying.certificate import Checks
from reassert.workflow.certifying.coverage import coverage_delta
from reassert.workflow.certifying.matching import Matching
from reassert.workflow.certifying.ordering import Shuffled, order_check, order_differences, order_notes
from reassert.workflow.certifying.outcomes import FAILING, standing
from reassert.workflow.mutating import mutant_check
from reassert.workflow.verifying import Bench, Compared, Names, Proof


def checks_of(bench: Bench, compared: Compared, names: Names, proof: Proof) -> Checks:
    """Make all the checks that ``proof`` asks for."""
    runs, flaky = compared.runs, compared.comparison.flaky
    if runs.after.trouble:
        return Checks()
    delta = coverage_delta(runs.before, runs.after, runs.again, exclude=names.changed, flaky=flaky)
    shuffled = [_shuffled(bench, compared, proof.seed + number) for number in range(proof.shuffle)]
    mutants, survived = mutant_check(bench, compared, names, proof)
    return Checks(
        coverage=delta,
        mutants=mutants,
        order=order_check(shuffled),
        differences=(*survived, *order_differences(runs.after, shuffled, compared.matching, flaky)),
        notes=tuple(order_notes(shuffled)),
    )


def _shuffled(bench: Bench, compared: Compared, seed: int) -> Shuffled:
    """The new suite in a random order; where a test fails only then, the old suite in the same order."""
    bench.after()
    after = bench.run(f"after, in the order of seed {seed}", shuffle_seed=seed)
    known = compared.runs.after.tests
    if not any(standing(t) == FAILING != standing(known.get(n)) for n, t in after.tests.items()):
        return Shuffled(seed, after)
    bench.before()
    order = _old_order(after, compared.matching)
    return Shuffled(seed, after, bench.run(f"before, in the same order as {seed}", order=order))


def _old_order(after: SuiteRun, matching: Matching) -> tuple[str, ...]:
    places = {nodeid: place for place, nodeid in enumerate(after.order)}
    found = {
        old: min((places[new] for new in match.after if new in places), default=len(places))
        for old, match in matching.matches.items()
    }
    return tuple(sorted(found, key=found.__getitem__))
